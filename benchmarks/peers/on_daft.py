"""Daft: `download` and a class with a batch method, an instance a core. Runs in the peers' environment."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import daft
import onnxruntime
from daft import DataType

from benchmarks.peers.scoring import FIGURES, Models
from benchmarks.peers.serving import Job, Score, Scored

VERSIONS = {"daft": daft.__version__, "onnxruntime": onnxruntime.__version__}
BATCH = 8
READY_AT = "ready_at"


def scorer(job: Job) -> Any:
    """Daft's class of this job: Daft makes an instance in each of its processes, and does so for every query."""
    names = [figure for name in job.files for figure in FIGURES[name]]
    returned = DataType.struct({name: DataType.float64() for name in (*names, READY_AT)})

    @daft.cls(max_concurrency=job.cores)
    class Scorer:
        def __init__(self, files: dict[str, str]) -> None:
            self.models = Models(files, threads=1)
            self.ready_at = time.monotonic()

        @daft.method.batch(return_dtype=returned, batch_size=BATCH)  # type: ignore[untyped-decorator] # Daft is not in our environment
        def score(self, encoded: Any) -> list[dict[str, float]]:
            return [{**score, READY_AT: self.ready_at} for score in self.models.score(encoded.to_pylist())]

    return Scorer(dict(job.files))


@contextmanager
def program(job: Job) -> Iterator[Score]:
    """Keep the class; Daft's own runner needs no start."""
    model = scorer(job)

    def score(paths: list[str]) -> Scored:
        frame = daft.from_pydict({"path": paths})
        frame = frame.select("path", model.score(daft.col("path").download()).alias("scores"))
        rows = frame.to_pydict()
        scores = dict(zip(rows["path"], rows["scores"], strict=True))
        # The instances are ready one after the other; the mean is the moment from which all of them had the same time.
        ready = {score.pop(READY_AT) for score in scores.values()}
        return Scored(scores, sum(ready) / len(ready))

    yield score
