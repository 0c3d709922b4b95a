"""Tables for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pixlake.cli.reading import printable, readable

NARROWEST = 8
"""Characters that a column of any query's result takes at least."""

SURE = 0.3
"""A label below is a guess, and shown with a question mark."""


def scores_table(rows: Iterable[Mapping[str, Any]]) -> Table:
    """Image rows, one line each.

    `rows` have `object`, `status` (or the code of the rejection), `format`, `width`, `height`, `category_label`,
    `category_score`, `quality_score`, `text_coverage`, `nsfw_score`; what is missing is shown as a dash.
    """
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    table.add_column("object", overflow="fold", min_width=16)
    table.add_column("outcome", no_wrap=True)
    table.add_column("image", no_wrap=True)
    table.add_column("category", overflow="fold", min_width=12)
    for name in ("quality", "text", "nsfw"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(
            Text(printable(row["object"])),
            _outcome(row["status"]),
            f"{row['format']} {row['width']}×{row['height']}" if row.get("width") else "–",
            _category(row.get("category_label"), row.get("category_score")),
            *(_share(row.get(name)) for name in ("quality_score", "text_coverage", "nsfw_score")),
        )
    return table


def records_table(columns: list[str], records: Iterable[Iterable[Any]], width: int) -> RenderableType:
    """Any query's result: a table, or where its columns would not fit into `width`, a block a row."""
    rows = [list(record) for record in records]
    texts = [readable(column, [row[place] for row in rows]) for place, column in enumerate(columns)]
    if len(columns) * NARROWEST > width:
        return Group(*(_block(number, columns, row) for number, row in enumerate(zip(*texts, strict=True), 1)))
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for place, column in enumerate(columns):
        numbers = all(isinstance(row[place], int | float) or row[place] is None for row in rows)
        table.add_column(Text(printable(column)), justify="right" if numbers and rows else "left", overflow="fold")
    for row in zip(*texts, strict=True):
        table.add_row(*map(Text, row))
    return table


def _block(number: int, columns: list[str], row: Iterable[str]) -> Table:
    block = Table(box=None, show_header=False, pad_edge=False, title=f"row {number:,}", title_justify="left")
    block.add_column(style="dim", no_wrap=True)
    block.add_column(overflow="fold")
    for column, text in zip(columns, row, strict=True):
        block.add_row(Text(printable(column)), Text(text))
    return block


def _outcome(status: str) -> Text:
    return Text(status, style="green" if status == "scored" else "yellow")


def _category(label: str | None, score: float | None) -> str:
    if label is None or score is None:
        return "–"
    return f"{label}{'' if score >= SURE else '?'} {_share(score)}"


def _share(value: float | None) -> str:
    if value is None:
        return "–"
    return "<1%" if 0 < value < 0.005 else f"{value * 100:.0f}%"
