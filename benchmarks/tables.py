"""What results.json says, as tables: for the terminal and for the pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.table import Table as TerminalTable

TARGETS = {
    "handler_vs_limit_1mpx": ("≥", 0.90),
    "handler_vs_limit_12mpx": ("≥", 0.85),
    "second_core_vs_limit": ("≥", 0.95),
    "vs_daft_fp32": ("≥", 2.0),
    "vs_daft_int8": ("≥", 1.3),
    "vs_ray_fp32": ("≥", 3.5),
    "vs_ray_int8": ("≥", 2.5),
    "duplicates_time_ratio": ("≤", 0.72),
    "firehose_billed_vs_rows": ("≤", 1.1),
    "init_ms": ("≤", 1500),
    "package_mb": ("≤", 200),
    "peak_mb_batch_10_12mpx": ("≤", 1000),
    "usd_per_million": ("≤", 3.50),
}
"""What the project holds itself to."""

SAID = {
    "handler_vs_limit_1mpx": "handler ÷ limit, 1 Mpx JPEGs, four models",
    "handler_vs_limit_12mpx": "handler ÷ limit, 12 Mpx JPEGs",
    "second_core_vs_limit": "what a second core adds, handler ÷ limit",
    "vs_daft_fp32": "category + nsfw, ÷ Daft with the published fp32 models",
    "vs_daft_int8": "… ÷ Daft with our int8 models",
    "vs_ray_fp32": "… ÷ Ray Data, as its guide shows, with the published fp32 models",
    "vs_ray_int8": "… ÷ Ray Data, as its guide shows, with our int8 models",
    "vs_ray_tuned_fp32": "… ÷ Ray Data without actors, its fastest form, fp32",
    "vs_ray_tuned_int8": "… ÷ Ray Data without actors, int8",
    "duplicates_time_ratio": "time with 30 % duplicates ÷ time without",
    "firehose_billed_vs_rows": "bytes that Firehose bills ÷ bytes of the rows",
    "init_ms": "cold start: init phase, ms",
    "package_mb": "package, unzipped, MB",
    "peak_mb_batch_10_12mpx": "peak memory, 10 photos of 12 Mpx, MB",
    "growth_100000_vs_1000": "time an event, 100,000 events ÷ 1,000",
    "usd_per_million": "dollars a million images, all in, at 10 M a day",
}


@dataclass(frozen=True)
class Table:
    """Headings and rows of words; the first column is text, the others stand to the right."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]

    def for_terminal(self) -> TerminalTable:
        """As rich prints it."""
        table = TerminalTable(title=self.title, title_justify="left", box=None, pad_edge=False)
        for place, heading in enumerate(self.headings):
            table.add_column(heading, justify="right" if place else "left", no_wrap=place > 0)
        for row in self.rows:
            table.add_row(*row)
        return table

    def for_page(self) -> str:
        """As Markdown."""
        lines = [self.headings, ["---", *["---:"] * (len(self.headings) - 1)], *self.rows]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def all_tables(results: Mapping[str, Any]) -> list[Table]:
    """Every table that these results have figures for."""
    compared = [shares(results)] if "vs_daft_fp32" in results else []
    return [
        ratios(results),
        *compared,
        rates(results),
        latency(results),
        memory(results),
        start(results),
        growth(results),
    ]


def ratios(results: Mapping[str, Any]) -> Table:
    """The figures that the project holds itself to."""
    rows = []
    for name, words in SAID.items():
        if results.get(name) is None:
            continue
        sign, bound = TARGETS.get(name, ("", 0.0))
        spread = results["spread"].get(name)
        quartiles = f"{_number(spread['low'])} to {_number(spread['high'])}" if spread else ""
        rows.append([words, _number(results[name]), quartiles, f"{sign} {_number(bound)}" if sign else ""])
    return Table("Ratios and bounds", ["", "median", "quartiles", "aim"], rows)


def shares(results: Mapping[str, Any]) -> Table:
    """What makes the difference to Daft with the published models, factor by factor."""
    rows = [
        ["int8 in the place of fp32, limit ÷ limit", f"× {results['int8_vs_fp32']:.2f}"],
        [
            "decode at reduced scale, one picture for all inputs: limit in fp32 ÷ Daft in fp32",
            f"× {results['limit_fp32_vs_daft_fp32']:.2f}",
        ],
        ["fetching, hashing, rows, delivery: handler ÷ limit", f"× {results['handler_vs_limit_category_nsfw']:.2f}"],
        ["together", f"× {results['vs_daft_fp32']:.2f}"],
    ]
    return Table("Where the difference to Daft comes from, category + nsfw", ["", "factor"], rows)


def rates(results: Mapping[str, Any]) -> Table:
    """Images a second of every task."""
    rows = []
    for name, task in results["tasks"].items():
        rate, cpu = task["images_per_second"], task["images_per_cpu_second"]
        rows.append(
            [
                name,
                f"{rate['median']:.1f}",
                f"{rate['low']:.1f} to {rate['high']:.1f}",
                f"{cpu['median']:.1f}",
                f"{task['services_cpu_ms_an_image']:.2f}" if task["services_cpu_ms_an_image"] else "",
            ]
        )
    return Table("Images a second", ["task", "median", "quartiles", "a CPU second", "services, CPU ms"], rows)


def latency(results: Mapping[str, Any]) -> Table:
    """One image at a time, and the whole path."""
    one, path = results["latency_ms"], results["whole_path"]
    rows = [
        ["one image, event to answer, ms: p50, p95, p99", *(f"{one[name]:.0f}" for name in ("p50", "p95", "p99"))],
        ["local cloud, upload to queryable row, images a second", f"{path['images_per_second']:.1f}", "", ""],
    ]
    return Table("Latency", ["", "", "", ""], rows)


def memory(results: Mapping[str, Any]) -> Table:
    """Peak by batch size."""
    sizes = list(results["peak_mb"]["jpeg_1mpx"])
    rows = [
        [name, *(f"{results['peak_mb'][pictures][size]:.0f}" for size in sizes)]
        for pictures, name in (("jpeg_1mpx", "1 Mpx JPEGs"), ("jpeg_12mpx", "12 Mpx JPEGs"))
    ]
    return Table("Peak memory, MB", ["batch of", *sizes], rows)


def start(results: Mapping[str, Any]) -> Table:
    """The init phase and the package, by part."""
    parts = results["init_parts_ms"]
    rows = [
        ["init phase, ms", f"{results['init_ms']:.0f}"],
        ["– imports, ms", f"{parts['imports']:.0f}"],
        ["– models and clients, ms", f"{parts['models_and_clients']:.0f}"],
        ["resident then, MB", f"{results['init_mb']:.0f}"],
        *([f"package: {name}, MB", f"{size:.1f}"] for name, size in _largest(results["package_parts_mb"])),
    ]
    return Table("Cold start and package", ["", ""], rows)


def growth(results: Mapping[str, Any]) -> Table:
    """Time an event, by the number of events."""
    grown = results["growth_us_an_event"]
    return Table(
        "Consumer, models left out: µs an event",
        ["events", *(f"{int(size):,}" for size in grown)],
        [["", *(f"{us:.0f}" for us in grown.values())]],
    )


def _largest(sizes: Mapping[str, float]) -> list[tuple[str, float]]:
    shown = sorted(((name, size) for name, size in sizes.items() if size >= 2), key=lambda each: -each[1])
    return [*shown, ("all else", sum(size for size in sizes.values() if size < 2))]


def _number(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.2f}"
