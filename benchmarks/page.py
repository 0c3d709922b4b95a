"""The benchmark's tables in README.md and docs/performance.md, and the plot: `python -m benchmarks.page`.

They are made from results.json alone; a test holds the pages to it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks import chart, tables
from benchmarks.chart import Bar

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results.json"
PLOT = ROOT / "docs" / "images" / "benchmark.png"
PAGES = (ROOT / "README.md", ROOT / "docs" / "performance.md")

TABLES: Mapping[str, Callable[[Mapping[str, Any]], tables.Table]] = {
    "ratios": tables.ratios,
    "shares": tables.shares,
    "rates": tables.rates,
    "latency": tables.latency,
    "memory": tables.memory,
    "start": tables.start,
    "growth": tables.growth,
}

PEERS = (
    ("daft", "int8", "Daft, our int8 models"),
    ("daft", "fp32", "Daft, published fp32 models"),
    ("ray-tuned", "int8", "Ray Data without actors, our int8"),
    ("ray-tuned", "fp32", "Ray Data without actors, published fp32"),
    ("ray", "int8", "Ray Data as its guide shows, our int8"),
    ("ray", "fp32", "Ray Data as its guide shows, published fp32"),
)
BARS = tuple(
    bar
    for models, panel in (("category + nsfw", "category + nsfw"), ("four models", "all four models"))
    for bar in (
        (panel, "decode + inference alone", "limit", f"limit, {models}"),
        (panel, "pixlake", "pixlake", f"handler, {models}"),
        *((panel, name, "peer", f"{peer}, {models}, {weights}") for peer, weights, name in PEERS),
    )
)
"""Panel, name, kind and task of each bar of the plot, from the top."""


def rendered(page: str, results: Mapping[str, Any]) -> str:
    """The page with its tables made anew; each stands between `<!-- benchmark: name -->` and `<!-- end -->`."""

    def table(match: re.Match[str]) -> str:
        return f"{match[1]}\n{TABLES[match[2]](results).for_page()}\n{match[3]}"

    return re.sub(r"(<!-- benchmark: (\w+) -->)\n.*?\n?(<!-- end -->)", table, page, flags=re.DOTALL)


def bars(results: Mapping[str, Any]) -> list[Bar]:
    """The plot's bars: those of `BARS` that were measured."""
    measured = {name: task["images_per_second"] for name, task in results["tasks"].items()}
    return [
        Bar(group, name, kind, measured[task]["median"], measured[task]["low"], measured[task]["high"])
        for group, name, kind, task in BARS
        if task in measured
    ]


def main() -> None:
    """Write the pages and the plot anew."""
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    for page in PAGES:
        page.write_text(rendered(page.read_text(encoding="utf-8"), results), encoding="utf-8")
    one = results["photomath"]["images_per_second"]
    chart.draw(bars(results), one, f"Photomath's report of one VM, {one:.0f} images/s", PLOT)


if __name__ == "__main__":
    main()
