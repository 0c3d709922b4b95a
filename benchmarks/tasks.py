"""What is measured side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from benchmarks.catalogs import FOUR, TWO

DUPLICATES = 0.3
CORES = 2


@dataclass(frozen=True)
class Task:
    """One way to score one set, with `processes` processes, each on a core of its own.

    `models` run on every picture; `weights`: the committed int8 artefacts, or the published fp32 ones (of `text` the
    committed one, which is fp32). `kind` is "limit", "handler", or a peer's name.
    """

    name: str
    kind: Literal["limit", "handler", "daft", "ray"]
    pictures: str = "jpeg_1mpx"
    batch: int = 10
    cached: bool = False
    processes: int = 1
    duplicates: float = 0.0
    models: tuple[str, ...] = FOUR
    weights: Literal["int8", "fp32"] = "int8"


OURS = (
    Task("limit, 1 Mpx", "limit"),
    Task("handler, 1 Mpx", "handler"),
    Task("limit, 1 Mpx, 2 processes", "limit", processes=2),
    Task("handler, 1 Mpx, 2 processes", "handler", processes=2),
    Task("handler, 1 Mpx, batches of 50", "handler", batch=50),
    Task("handler, 1 Mpx, batches of 100", "handler", batch=100),
    Task("handler, 1 Mpx, cache", "handler", batch=50, cached=True),
    Task("handler, 1 Mpx, cache, 30 % duplicates", "handler", batch=50, cached=True, duplicates=DUPLICATES),
    Task("limit, 12 Mpx", "limit", "jpeg_12mpx"),
    Task("handler, 12 Mpx", "handler", "jpeg_12mpx"),
    Task("limit, PNG and WebP", "limit", "png_webp"),
    Task("handler, PNG and WebP", "handler", "png_webp"),
)
COMPARED = (
    Task("limit, category + nsfw", "limit", processes=CORES, models=TWO),
    Task("limit, category + nsfw, fp32", "limit", processes=CORES, models=TWO, weights="fp32"),
    Task("handler, category + nsfw", "handler", batch=50, processes=CORES, models=TWO),
)
