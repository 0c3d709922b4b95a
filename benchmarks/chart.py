"""The plot of the README: images a second, the scorer beside its limit and its peers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COLOURS = {"pixlake": "#3b6fb6", "limit": "#a9bcd6", "peer": "#c9c4ba"}
LABELS = {"labelLimit": 260, "labelPadding": 8, "minExtent": 190}  # one width, so that the panels stand in line


@dataclass(frozen=True)
class Bar:
    """One bar; `group` is the panel it stands in, `kind` its colour."""

    group: str
    name: str
    kind: str
    images_per_second: float
    low: float
    high: float


def draw(bars: Sequence[Bar], reference: float, reference_name: str, path: Path) -> None:
    """Write a PNG: horizontal bars with their quartiles, a panel a group, and a line at `reference` images a second."""
    import vl_convert  # noqa: PLC0415 - 80 MB that only a drawing needs

    path.write_bytes(vl_convert.vegalite_to_png(_spec(bars, reference, reference_name), scale=2, allowed_base_urls=[]))


def _spec(bars: Sequence[Bar], reference: float, reference_name: str) -> dict[str, Any]:
    groups = list(dict.fromkeys(bar.group for bar in bars))
    longest = max(bar.high for bar in bars) * 1.12
    panels = [_panel([bar for bar in bars if bar.group == group], group, longest, reference) for group in groups]
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "background": "white",
        "padding": 12,
        "config": {"font": "sans-serif", "view": {"stroke": None}, "axis": {"domain": False, "ticks": False}},
        "title": {
            "text": "Images a second, two cores",
            "subtitle": f"1 Mpx JPEGs; median and quartiles of interleaved rounds; dashed: {reference_name}",
            "anchor": "start",
            "fontSize": 15,
            "offset": 14,
            "subtitleColor": "#666",
        },
        "vconcat": panels,
    }


def _panel(bars: Sequence[Bar], title: str, longest: float, reference: float) -> dict[str, Any]:
    rows = [
        {
            "name": bar.name,
            "kind": bar.kind,
            "rate": round(bar.images_per_second, 1),
            "low": bar.low,
            "high": bar.high,
            "reference": reference,
        }
        for bar in bars
    ]
    y = {"field": "name", "type": "nominal", "sort": None, "title": None, "axis": LABELS}
    x = {
        "field": "rate",
        "type": "quantitative",
        "title": None,
        "scale": {"domain": [0, longest]},
        "axis": {"grid": True, "gridColor": "#eee", "tickCount": 6},
    }
    colour = {
        "field": "kind",
        "type": "nominal",
        "scale": {"domain": list(COLOURS), "range": list(COLOURS.values())},
        "legend": None,
    }
    return {
        "title": {"text": title, "anchor": "start", "fontSize": 12},
        "width": 460,
        "height": {"step": 24},
        "data": {"values": rows},
        "layer": [
            {"mark": {"type": "bar", "height": 16}, "encoding": {"y": y, "x": x, "color": colour}},
            {
                "mark": {"type": "rule", "color": "#333"},
                "encoding": {"y": y, "x": {"field": "low", "type": "quantitative"}, "x2": {"field": "high"}},
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 8, "fontSize": 11},
                "encoding": {
                    "y": y,
                    "x": {"field": "high", "type": "quantitative"},
                    "text": {"field": "rate", "format": ".1f"},
                },
            },
            {
                "mark": {"type": "rule", "strokeDash": [4, 3], "color": "#a33"},
                "encoding": {"x": {"aggregate": "max", "field": "reference", "type": "quantitative"}},
            },
        ],
    }
