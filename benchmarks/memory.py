"""The most memory that the function takes, by batch size and by size of picture: a new process each time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks import workers
from benchmarks.events import batches
from benchmarks.processes import in_new_process, memory_mb
from benchmarks.server import Server


def peak_mb(models: Path, directory: Path, paths: Sequence[Path], batch: int) -> float:
    """Resident megabytes (10⁶ bytes) at the peak, over all these pictures in batches of that size, with the cache."""
    with Server(directory) as server:
        return in_new_process(_measure, models, server.port, list(paths), batch)


def _measure(models: Path, port: int, paths: list[Path], batch: int) -> float:
    run = workers.handler(models, port, cached=True)
    for event in batches(paths, batch):
        run(event)
    return memory_mb("self", "VmHWM")
