"""What is measured side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from benchmarks.catalogs import FOUR, TWO

DUPLICATES = 0.3
CORES = 2

Kind = Literal["limit", "handler", "daft", "ray", "ray-tuned"]
Weights = Literal["int8", "fp32"]
WEIGHTS: tuple[Weights, ...] = ("int8", "fp32")


@dataclass(frozen=True)
class Task:
    """One way to score one set, with `processes` processes, each on a core of its own.

    `models` run on every picture; `weights`: the committed int8 artefacts, or the published fp32 ones (of `text` the
    committed one, which is fp32). `kind` is "limit", "handler", or a peer's name.
    """

    name: str
    kind: Kind
    pictures: str = "jpeg_1mpx"
    batch: int = 10
    cached: bool = False
    processes: int = 1
    duplicates: float = 0.0
    models: tuple[str, ...] = FOUR
    weights: Weights = "int8"

    @property
    def is_peer(self) -> bool:
        """Whether another framework does the work."""
        return self.kind not in ("limit", "handler")


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


def _against(label: str, models: tuple[str, ...], peers: tuple[Kind, ...]) -> tuple[Task, ...]:
    """The scorer and its peers on the same models, on all cores."""
    return (
        Task(f"limit, {label}", "limit", processes=CORES, models=models),
        Task(f"limit, {label}, fp32", "limit", processes=CORES, models=models, weights="fp32"),
        Task(f"handler, {label}", "handler", batch=50, processes=CORES, models=models),
        *(
            Task(f"{peer}, {label}, {weights}", peer, processes=CORES, models=models, weights=weights)
            for peer in peers
            for weights in WEIGHTS
        ),
    )


GROUPS = (
    OURS,
    _against("category + nsfw", TWO, ("daft", "ray", "ray-tuned")),
    _against("four models", FOUR, ("daft", "ray")),
)
"""Tasks that are measured in turns with each other; peers take so much memory that not all are kept at once."""
