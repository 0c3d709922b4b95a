"""Vega-Lite descriptions of the report's charts: pure functions of figures.

Colours are the page's CSS variables. Every text that comes from the lake has gone through `words.visible`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from unicodedata import combining, east_asian_width

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
LONGEST_NAME = 20
"""Columns for a name beside its bar; a longer one is cut, and whole in its tooltip and in the table."""
LEAST_VISIBLE = 0.012
"""A bar of anything is at least this part of the highest: one rejected among a million is not nothing."""


@dataclass(frozen=True)
class Limit:
    """A threshold of the policy, drawn as a line."""

    value: float
    label: str


def ranked_bars(ranks: Sequence[tuple[str, float, str]], colour: str, width: int = NARROW) -> Spec:
    """Names with a bar and a figure each, in the order given; each is name, value, the figure in words."""
    # A name alone would merge with its equal: the place is the identity, the name only a label.
    values = [
        {"place": place, "n": n, "shown": shown, "label": f"{name}: {shown}"}
        for place, (name, n, shown) in enumerate(ranks)
    ]
    names = [_cut(name) for name, _, _ in ranks]
    # The room that the longest name takes in the widest of the page's fonts.
    room = max(map(_columns, names), default=0) * 6.9 + 8
    axis = {"labelExpr": f"[{','.join(map(_js, names))}][datum.value]", "labelAlign": "left", "labelPadding": room}
    axis |= {"labelLimit": 0, "labelColor": INK, "labelFontSize": 12}
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
    return chart(values, width, max(1, len(values)) * 24 + 8, layers)


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
    y = {"field": "y", "type": "quantitative", "axis": count_axis(), "title": None}
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
    return chart(values, width, 190, [bars, *thresholds(limits, "x")], top=16)


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
        "color": colours({str(place): colour for place, (colour, _, _) in enumerate(parts)}, "colour"),
        "description": {"field": "label"},
    }
    return chart(values, width, 34, [{"mark": {"type": "bar", "height": 22, "x2Offset": -1}, "encoding": encoding}])


def chart(values: list[dict[str, Any]], width: int, height: int, layers: list[Spec], top: int = 4) -> Spec:
    """Layers over values, in a drawing of that size; `top` pixels are left above for words."""
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


def thresholds(limits: Sequence[Limit], channel: str) -> list[Spec]:
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


def count_axis() -> Spec:
    """An axis of whole numbers."""
    return {"tickCount": 4, "tickMinStep": 1, "labelExpr": "datum.value == 0 ? '0' : format(datum.value, '~s')"}


def colours(named: dict[str, str], field: str) -> Spec:
    """Colours by the value of a field; the legend stands in the page."""
    scale = {"domain": list(named), "range": list(named.values())}
    return {"field": field, "type": "nominal", "scale": scale, "legend": None}


def _columns(text: str) -> int:
    """Width of a text in Latin letters: an ideograph takes two, a mark above a letter none."""
    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def _cut(name: str) -> str:
    if _columns(name) <= LONGEST_NAME:
        return name
    while _columns(name) >= LONGEST_NAME:
        name = name[:-1]
    return f"{name}…"


def _js(text: str) -> str:
    """A string literal of Vega's expression language, in which nothing can end it."""
    return '"' + "".join(c if c.isalnum() or c in " -_." else "".join(_units(c)) for c in text) + '"'


def _units(character: str) -> list[str]:
    data = character.encode("utf-16-be", "surrogatepass")
    return [f"\\u{data[place]:02x}{data[place + 1]:02x}" for place in range(0, len(data), 2)]
