"""What a chart of the report is: its question, words, drawings and table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from markupsafe import Markup

from pixlake.report import charts
from pixlake.report.answers import Answers
from pixlake.report.period import Period
from pixlake.report.svg import draw
from sink.policy import Policy


@dataclass(frozen=True)
class Figure:
    """A chart, or in its place the words that say why there is none."""

    id: str
    question: str
    words: str = ""
    drawings: dict[str, Markup] = field(default_factory=dict)
    """By the width they are made for: `narrow`, and `medium` or `wide`."""
    legend: Sequence[tuple[str, str]] = ()
    """Colour (a variable's name) and what it stands for."""
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    """The same figures as text; the first column is the row's heading."""
    problem: str = ""


@dataclass(frozen=True)
class About:
    """What every figure is made of."""

    answers: Answers
    period: Period
    policy: Policy


def drawings(spec: Callable[[int], dict[str, Any]], label: str, **wider: int) -> dict[str, Markup]:
    """The chart drawn for a phone, and wider where its page has room: `spec` describes it for a width."""
    return {name: draw(spec(width), label) for name, width in ({"narrow": charts.NARROW} | wider).items()}


def when(start: datetime, period: Period) -> str:
    """A bar's time: its hour or its day."""
    return hour(start) if period.hourly else day(start)


def hour(moment: datetime) -> str:
    """`21 Nov, 15:00`."""
    return f"{moment.day} {moment:%b}, {moment:%H:%M}"


def day(moment: datetime) -> str:
    """`21 Nov 2026`."""
    return f"{moment.day} {moment:%b %Y}"
