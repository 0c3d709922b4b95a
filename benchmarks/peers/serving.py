"""The other end of `Peer`: a program that says when it is ready, then scores what it is told, by lines of JSON.

Runs in the peers' environment: `python -m benchmarks.peers.serving MODULE JOB`. Reads `{"paths": […]}` from standard
input and answers `{"wall_s": …, "scores": {path: {figure: value}}}` on standard output until its input ends. What
libraries print goes to standard error.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, cast

Scores = dict[str, dict[str, float]]


@dataclass(frozen=True)
class Job:
    """What a program is started with: model files by model, the cores that it may use, a directory of its own."""

    files: Mapping[str, str]
    cores: int
    temporary: str


@dataclass(frozen=True)
class Scored:
    """The figures by path. `ready_at`: when the models were loaded, where a framework loads them for every run."""

    scores: Scores
    ready_at: float | None = None


Score = Callable[[list[str]], Scored]


class Program(Protocol):
    """What a module must hold to be served: how to prepare, hand out the function that scores, and clean up."""

    VERSIONS: Mapping[str, str]
    program: Callable[[Job], AbstractContextManager[Score]]


def serve(served: Program, job: Job) -> None:
    """Answer until the input ends.

    The clock runs from the request, or from `ready_at`: the loading of models is not measured, of nobody.
    """
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with served.program(job) as score:
        print(json.dumps({"versions": dict(served.VERSIONS)}), file=answers)
        for line in sys.stdin:
            began = time.monotonic()
            scored = score(json.loads(line)["paths"])
            wall = time.monotonic() - (scored.ready_at or began)
            print(json.dumps({"wall_s": wall, "scores": scored.scores}), file=answers)


if __name__ == "__main__":
    # By its name, so that a framework's processes can import what they are sent from it.
    serve(cast(Program, importlib.import_module(sys.argv[1])), Job(**json.loads(sys.argv[2])))
