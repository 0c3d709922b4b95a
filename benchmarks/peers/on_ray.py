"""Ray Data: `read_binary_files` and `map_batches`, one task a core. Runs in the peers' environment.

Tasks whose processes keep the models, not a pool of actors, are what was fastest: see README.md.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np
import onnxruntime
import ray
import ray.data

from benchmarks.peers.scoring import Models
from benchmarks.peers.serving import Job, Score, Scored

VERSIONS = {"ray": ray.__version__, "onnxruntime": onnxruntime.__version__}
OBJECT_STORE_BYTES = 500_000_000
BATCH = 8


@cache
def models(files: tuple[tuple[str, str], ...]) -> Models:
    """Load the models once a process: Ray keeps a process a core for the next tasks."""
    return Models(dict(files), threads=1)


def scored(batch: dict[str, Any], files: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """Score a batch of Ray Data: columns `path` and `bytes` to `path` and the figures."""
    scores = models(files).score(batch["bytes"])
    return {"path": batch["path"], **{name: np.array([score[name] for score in scores]) for name in scores[0]}}


@contextmanager
def started(job: Job) -> Iterator[None]:
    """Ray on this machine alone, without its dashboard."""
    ray.init(
        num_cpus=job.cores,
        include_dashboard=False,
        object_store_memory=OBJECT_STORE_BYTES,
        logging_level=logging.ERROR,
        log_to_driver=False,
        _temp_dir=job.temporary,
    )
    ray.data.DataContext.get_current().enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    try:
        yield
    finally:
        ray.shutdown()


@contextmanager
def program(job: Job) -> Iterator[Score]:
    """Start Ray; its processes load the models with the first run."""
    files = tuple(job.files.items())

    def score(paths: list[str]) -> Scored:
        read = ray.data.read_binary_files(paths, include_paths=True)
        rows = read.map_batches(scored, batch_size=BATCH, fn_kwargs={"files": files}).take_all()
        return Scored({row.pop("path"): {name: float(value) for name, value in row.items()} for row in rows})

    with started(job):
        yield score
