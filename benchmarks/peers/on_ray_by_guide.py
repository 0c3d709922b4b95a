"""Ray Data as its guides to images and to batch inference show: `read_images`, `map`, a class in a pool of actors.

Runs in the peers' environment.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import ray.data
from PIL import Image

from benchmarks.peers.on_ray import BATCH, VERSIONS, started
from benchmarks.peers.scoring import Models, prepare
from benchmarks.peers.serving import Job, Score, Scored

__all__ = ["VERSIONS", "program"]
READY_AT = "ready_at"
PATIENCE_S = 120


def prepared(row: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """A decoded picture to the inputs of the models; those of `quality` are two."""
    inputs = prepare(Image.fromarray(row["image"]), names)
    if "quality" in inputs:
        inputs["luminance"], inputs["colour"] = inputs.pop("quality")
    return {"path": row["path"], **inputs}


class Scorer:
    """An actor: loads the models once."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.models = Models(files, threads=1)
        self.ready_at = time.monotonic()

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Score a batch of inputs."""
        rows = [dict(zip(batch, values, strict=True)) for values in zip(*batch.values(), strict=True)]
        for row in rows:
            if "luminance" in row:
                row["quality"] = (row.pop("luminance"), row.pop("colour"))
        scores = self.models.run(rows)
        figures = {name: np.array([score[name] for score in scores]) for name in scores[0]}
        return {"path": batch["path"], READY_AT: np.full(len(rows), self.ready_at), **figures}


@contextmanager
def program(job: Job) -> Iterator[Score]:
    """Start Ray. The actors start with every run; until they are ready nothing is read, or it would not be measured."""

    def score(paths: list[str]) -> Scored:
        pictures = ray.data.read_images(paths, include_paths=True, mode="RGB")
        inputs = pictures.map(prepared, fn_kwargs={"names": tuple(job.files)})
        rows = inputs.map_batches(
            Scorer, batch_size=BATCH, concurrency=job.cores, num_cpus=0.5, fn_constructor_args=(dict(job.files),)
        ).take_all()
        ready = {float(row.pop(READY_AT)) for row in rows}
        scores = {row.pop("path"): {name: float(value) for name, value in row.items()} for row in rows}
        return Scored(scores, sum(ready) / len(ready))

    with started(job):
        ray.data.DataContext.get_current().wait_for_min_actors_s = PATIENCE_S
        yield score
