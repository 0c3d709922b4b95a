"""Vega-Lite descriptions of the charts over time; see `charts`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pixlake.report.charts import ACCENT, INK, NARROW, OTHER, WARN, Limit, Spec, chart, colours, count_axis, thresholds
from pixlake.report.period import Period


@dataclass(frozen=True)
class Bar:
    """Part of a stacked bar in time: `what` is `scored`, `rejected` or `other`."""

    start: datetime
    end: datetime
    what: str
    count: int
    label: str


@dataclass(frozen=True)
class Dot:
    """A point of a line in time."""

    at: datetime
    value: float
    line: str
    label: str


def stacked_bars(bars: Sequence[Bar], period: Period, width: int) -> Spec:
    """Counts in time, what became of them one above the other."""
    named = {"scored": ACCENT, "rejected": WARN, "other": OTHER}
    tops: dict[datetime, int] = {}
    values = []
    for bar in bars:
        base = tops.get(bar.start, 0)
        tops[bar.start] = base + bar.count
        values.append(
            {"x": _ms(bar.start), "x2": _ms(bar.end), "y": base, "y2": base + bar.count}
            | {"what": bar.what, "label": bar.label}
        )
    start = min((bar.start for bar in bars), default=period.start)
    mark = {"type": "bar", "x2Offset": -1 if len(tops) < width / 6 else -0.3}
    encoding = {
        "x": _time_axis(start, period, width),
        "x2": {"field": "x2"},
        "y": {"field": "y", "type": "quantitative", "axis": count_axis(), "title": None},
        "y2": {"field": "y2"},
        "color": colours(named, "what"),
        "description": {"field": "label"},
    }
    return chart(values, width, 190 if width > NARROW else 170, [{"mark": mark, "encoding": encoding}])


def lines(
    dots: Sequence[Dot],
    named: dict[str, str],
    period: Period,
    width: int,
    *,
    limit: Limit | None = None,
    domain: tuple[float, float] | None = None,
    seconds: bool = False,
    last: str = "",
) -> Spec:
    """Lines in time with a point each, by their names' colours; `last` stands beside the last point."""
    values = [{"x": _ms(dot.at), "y": dot.value, "line": dot.line, "label": dot.label} for dot in dots]
    start = min((dot.at for dot in dots), default=period.start)
    scale: dict[str, Any] = {"domain": domain} if domain else {"zero": True}
    axis: dict[str, Any] = {"tickCount": 4}
    if seconds:
        axis["labelExpr"] = (
            "datum.value >= 3600 ? format(datum.value / 3600, '~r') + ' h' : "
            "datum.value >= 60 ? format(datum.value / 60, '~r') + ' min' : format(datum.value, '~r') + ' s'"
        )
        positive = [dot.value for dot in dots if dot.value > 0]
        if positive and max(positive) > 20 * min(positive):
            scale = {"type": "symlog", "constant": min(positive)}
            axis["values"] = [1, 10, 60, 600, 3600, 36000]
    encoding = {
        "x": _time_axis(start, period, width),
        "y": {"field": "y", "type": "quantitative", "axis": axis, "scale": scale, "title": None},
        "color": colours(named, "line"),
    }
    layers: list[Spec] = [
        {"mark": {"type": "line", "strokeWidth": 1.75}, "encoding": encoding | {"detail": {"field": "line"}}},
        {
            "mark": {"type": "circle", "opacity": 1, "size": 34 if len(dots) < 100 else 9},
            "encoding": encoding | {"description": {"field": "label"}},
        },
    ]
    if last:
        newest = max(dots, key=lambda dot: dot.at)
        layers.append(
            {
                "data": {"values": [{"x": _ms(newest.at), "y": newest.value, "shown": last}]},
                "mark": {"type": "text", "align": "left", "dx": 8, "color": INK, "fontSize": 12, "fontWeight": 600},
                "encoding": {key: encoding[key] for key in ("x", "y")} | {"text": {"field": "shown"}},
            }
        )
    crossed = [limit] if limit else []
    return chart(values, width, 190, layers + thresholds(crossed, "y"), top=8)


def time_start(first: datetime, period: Period) -> datetime:
    """Where a drawing begins whose first figure is of that time.

    A lake younger than the period is not squeezed to the right: a day of hours, or ten days, are shown at least.
    """
    least = period.end - period.step * (24 if period.hourly else 10)
    return max(period.start, min(first - period.step, least))


def _time_axis(start: datetime, period: Period, width: int) -> Spec:
    domain = [_ms(time_start(start, period)), _ms(period.end)]
    day = "utcFormat(datum.value, '%-d %b')"
    hour = f"utchours(datum.value) == 0 ? {day} : utcFormat(datum.value, '%H:%M')"
    axis = {"labelExpr": hour if period.hourly else day, "tickCount": max(3, width // 110), "labelOverlap": True}
    return {
        "field": "x",
        "type": "temporal",
        "scale": {"type": "utc", "domain": domain, "nice": False},
        "axis": axis,
        "title": None,
    }


def _ms(moment: datetime) -> int:
    return math.floor(moment.timestamp() * 1000)
