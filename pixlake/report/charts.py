"""Vega-Lite descriptions of the report's charts: pure functions of figures.

Colours are the page's CSS variables. Every text that comes from the lake has gone through `words.visible`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pixlake.report import words
from pixlake.report.period import Period

Spec = dict[str, Any]
NARROW, MEDIUM, WIDE = 352, 544, 1120
"""Widths in CSS pixels: of a third, of a half and of the whole page; a phone gets the narrow one."""

INK, QUIET, RULE, ACCENT, WARN, OTHER, LIMIT = (
    f"var(--{name})" for name in ("ink", "quiet", "rule", "accent", "warn", "other", "limit")
)
CONFIG = {
    "background": None,
    "font": "system-ui",
    "view": {"stroke": None},
    "axis": {
        "labelColor": QUIET,
        "titleColor": QUIET,
        "labelFontSize": 11,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
        "gridColor": RULE,
        "domainColor": RULE,
        "tickColor": RULE,
        "labelPadding": 5,
    },
    "axisY": {"domain": False, "ticks": False},
    "axisX": {"grid": False, "tickSize": 4},
}
LEAST_VISIBLE = 0.012
"""A bar of anything is at least this part of the highest: one rejected among a million is not nothing."""


@dataclass(frozen=True)
class Bar:
    """Part of a stacked bar in time: `what` is `scored`, `rejected` or `other`."""

    start: datetime
    end: datetime
    what: str
    count: int
    label: str


@dataclass(frozen=True)
class Limit:
    """A threshold of the policy, drawn as a line."""

    value: float
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
    colours = {"scored": ACCENT, "rejected": WARN, "other": OTHER}
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
        "y": {"field": "y", "type": "quantitative", "axis": _count_axis(), "title": None},
        "y2": {"field": "y2"},
        "color": _colours(colours),
        "description": {"field": "label"},
    }
    return _chart(values, width, 190 if width > NARROW else 170, [{"mark": mark, "encoding": encoding}])


def ranked_bars(counts: Sequence[tuple[str, int, str]], colour: str, width: int = NARROW) -> Spec:
    """Names with a bar and a number each, in the order given; each is name, count, tooltip."""
    # A name alone would merge with its equal: the place is the identity, the name only a label.
    values = [
        {"place": place, "name": name, "n": n, "label": label, "shown": words.count(n)}
        for place, (name, n, label) in enumerate(counts)
    ]
    names = "[" + ",".join(_js(name) for name, _, _ in counts) + "]"
    axis = {"labelExpr": f"{names}[datum.value]", "labelLimit": 130, "labelColor": INK, "labelFontSize": 12}
    shared = {
        "y": {"field": "place", "type": "ordinal", "axis": axis, "title": None, "scale": {"paddingInner": 0.35}},
        "x": {"field": "n", "type": "quantitative", "axis": None, "scale": {"domainMin": 0, "zero": True}},
    }
    layers = [
        {
            "mark": {"type": "bar", "color": colour, "minBandSize": 2},
            "encoding": shared | {"description": {"field": "label"}},
        },
        {
            "mark": {"type": "text", "align": "left", "dx": 5, "color": INK, "fontSize": 12},
            "encoding": shared | {"text": {"field": "shown"}},
        },
    ]
    return _chart(values, width, max(1, len(values)) * 24 + 8, layers)


def histogram(
    bins: Sequence[tuple[float, float, int, str]], limits: Sequence[Limit], title: str, width: int = NARROW
) -> Spec:
    """Images by score, with the policy's thresholds; each bin is from, to, count, tooltip."""
    most = max((n for _, _, n, _ in bins), default=1)
    values = [
        {"x": low, "x2": high, "y": 0, "y2": max(n, most * LEAST_VISIBLE), "label": label}
        for low, high, n, label in bins
    ]
    x = {
        "field": "x",
        "type": "quantitative",
        "scale": {"domain": [0, 1], "nice": False},
        "axis": {"values": [0, 0.2, 0.4, 0.6, 0.8, 1], "format": ".1f"},
        "title": title,
    }
    y = {"field": "y", "type": "quantitative", "axis": _count_axis(), "title": None}
    bars = {
        "mark": {"type": "bar", "color": ACCENT, "x2Offset": -1},
        "encoding": {
            "x": x,
            "x2": {"field": "x2"},
            "y": y,
            "y2": {"field": "y2"},
            "description": {"field": "label"},
        },
    }
    return _chart(values, width, 190, [bars, *_limits(limits, "x")], top=16)


def lines(dots: Sequence[Dot], colours: dict[str, str], period: Period, width: int, **options: Any) -> Spec:
    """Lines in time with a point each; `options` are `limit`, `domain` and `unit` (`seconds`)."""
    values = [{"x": _ms(dot.at), "y": dot.value, "line": dot.line, "label": dot.label} for dot in dots]
    start = min((dot.at for dot in dots), default=period.start)
    scale: dict[str, Any] = {"domain": options["domain"]} if "domain" in options else {"zero": True}
    axis: dict[str, Any] = {"tickCount": 4}
    if options.get("unit") == "seconds":
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
        "color": _colours(colours, "line"),
    }
    layers: list[Spec] = [
        {"mark": {"type": "line", "strokeWidth": 1.75}, "encoding": encoding | {"detail": {"field": "line"}}},
        {
            "mark": {"type": "circle", "opacity": 1, "size": 34 if len(dots) < 100 else 9},
            "encoding": encoding | {"description": {"field": "label"}},
        },
    ]
    limits = [options["limit"]] if "limit" in options else []
    return _chart(values, width, 190, layers + _limits(limits, "y"), top=8)


def split_bar(parts: Sequence[tuple[str, int, str]], width: int = NARROW) -> Spec:
    """One bar of a whole and its parts; each part is its colour, count, tooltip."""
    ends = [0]
    for _, n, _ in parts:
        ends.append(ends[-1] + n)
    values = [
        {"x": low, "x2": high, "colour": str(place), "label": label}
        for place, (low, high, (_, _, label)) in enumerate(zip(ends, ends[1:], parts, strict=False))
    ]
    encoding = {
        "x": {
            "field": "x",
            "type": "quantitative",
            "axis": None,
            "scale": {"domain": [0, max(1, ends[-1])], "nice": False},
        },
        "x2": {"field": "x2"},
        "color": _colours({str(place): colour for place, (colour, _, _) in enumerate(parts)}, "colour"),
        "description": {"field": "label"},
    }
    return _chart(values, width, 34, [{"mark": {"type": "bar", "height": 22, "x2Offset": -1}, "encoding": encoding}])


def _chart(values: list[dict[str, Any]], width: int, height: int, layers: list[Spec], top: int = 4) -> Spec:
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": width,
        "height": height + top,
        "padding": {"left": 1, "right": 8, "top": top, "bottom": 1},
        "autosize": {"type": "fit", "contains": "padding"},
        "data": {"values": values},
        "layer": layers,
        "config": CONFIG,
    }


def _limits(limits: Sequence[Limit], channel: str) -> list[Spec]:
    """Dashed lines across the drawing, each with its words at the line's upper end."""
    layers: list[Spec] = []
    for limit in limits:
        place = {channel: {"datum": limit.value, "type": "quantitative"}}
        # Beside the line, on the side where there is room for the words.
        left = channel == "y" or limit.value < 0.6
        text = {"align": "left" if left else "right", "dx": (4 if left else -4) if channel == "x" else 0}
        text |= {"y": -6} if channel == "x" else {"x": 2, "dy": -6}
        layers += [
            {
                "data": {"values": [{}]},
                "mark": {"type": "rule", "color": LIMIT, "strokeDash": [4, 3]},
                "encoding": place,
            },
            {
                "data": {"values": [{}]},
                "mark": {"type": "text", "color": LIMIT, "fontSize": 11, **text},
                "encoding": place | {"text": {"value": limit.label}},
            },
        ]
    return layers


def _time_axis(start: datetime, period: Period, width: int) -> Spec:
    # A lake younger than the period is not squeezed to the right: half a day of hours, or ten days, are shown at least.
    least = period.end - period.step * (12 if period.hourly else 10)
    domain = [_ms(max(period.start, min(start - period.step, least))), _ms(period.end)]
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


def _count_axis() -> Spec:
    return {"tickCount": 4, "tickMinStep": 1, "format": "~s"}


def _colours(colours: dict[str, str], field: str = "what") -> Spec:
    scale = {"domain": list(colours), "range": list(colours.values())}
    return {"field": field, "type": "nominal", "scale": scale, "legend": None}


def _ms(moment: datetime) -> int:
    return math.floor(moment.timestamp() * 1000)


def _js(text: str) -> str:
    """A string literal of Vega's expression language, in which nothing can end it."""
    return '"' + "".join(c if c.isalnum() or c in " -_." else "".join(_units(c)) for c in text) + '"'


def _units(character: str) -> list[str]:
    data = character.encode("utf-16-be", "surrogatepass")
    return [f"\\u{data[place]:02x}{data[place + 1]:02x}" for place in range(0, len(data), 2)]
