"""How long one image takes, warm: events of a single message, one after the other."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import quantiles

from benchmarks import workers
from benchmarks.events import batches
from benchmarks.processes import in_new_process
from benchmarks.server import Server

WARM_UP = 20


def latency_ms(models: Path, directory: Path, paths: Sequence[Path]) -> dict[str, float]:
    """Percentiles of the milliseconds from event to answer, download and delivery on loopback included, no cache."""
    with Server(directory) as server:
        workers.pin(server.pid, {1})
        took = in_new_process(_measure, models, server.port, list(paths))
    cuts = quantiles(took, n=100, method="inclusive")
    return {"p50": cuts[49], "p95": cuts[94], "p99": cuts[98], "images": float(len(took))}


def _measure(models: Path, port: int, paths: list[Path]) -> list[float]:
    workers.pin(os.getpid(), {0})
    run = workers.handler(models, port, cached=False)
    events = batches(paths, 1)
    for event in events[:WARM_UP]:
        run(event)
    took = []
    for event in events:
        began = time.perf_counter()
        run(event)
        took.append((time.perf_counter() - began) * 1000)
    return took
