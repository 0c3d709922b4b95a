"""Figures as people read them."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from typing import Any

from pixlake.cli.terminal import counted, human_bytes

NARROW = "\N{NARROW NO-BREAK SPACE}"

__all__ = ["count", "counted", "duration", "human_bytes", "moment", "score", "share", "visible"]


def count(number: float | None) -> str:
    """`1,234`."""
    return "–" if number is None else f"{number:,.0f}"


def share(part: float | None) -> str:
    """`12 %` of a fraction; what is small but there is `<1 %`, what is nearly all is not all."""
    if part is None:
        return "–"
    if 0 < part < 0.005:
        return f"<1{NARROW}%"
    if 0.995 <= part < 1:
        return f">99{NARROW}%"
    return f"{part * 100:.0f}{NARROW}%"


def score(value: float | None) -> str:
    """A score from 0 to 1 with two places."""
    if value is None:
        return "–"
    return "<0.01" if 0 < value < 0.005 else f"{value:.2f}"


def duration(seconds: float | None) -> str:
    """`340 ms`, `2.1 s`, `3.5 min`, `2.0 h`."""
    if seconds is None:
        return "–"
    if abs(seconds) < 1:
        return f"{seconds * 1000:.0f} ms"
    for unit, size in (("s", 60), ("min", 60), ("h", 24)):
        if abs(seconds) < size:
            return f"{seconds:.0f} {unit}" if seconds >= 10 else f"{seconds:.1f} {unit}"
        seconds /= size
    return f"{seconds:.1f} days"


def moment(value: datetime) -> str:
    """`21 Nov 2026, 15:04`, in UTC."""
    return f"{value.day} {value:%b %Y, %H:%M}"


def utc(value: Any) -> datetime:
    """A timestamp of a result, which is UTC and does not say so."""
    when: datetime = value.to_pydatetime() if hasattr(value, "to_pydatetime") else value
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when


def visible(value: Any) -> str:
    """Text of the lake with nothing in it that cannot be seen: controls, line breaks, turns of direction are escaped.

    Letters of any script stay as they are. Marks that stack on one letter are cut after four.
    """
    shown: list[str] = []
    marks = 0
    for character in str(value):
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks > 4:
            continue
        shown.append(character if character.isprintable() else repr(character)[1:-1])
    return "".join(shown)
