"""Processes that are measured: each loads the models once, then runs work when told and answers with its times."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any

from pixlake.cost.workload import VCPU_MB

STREAM, TABLE = "image-scores", "results"
FUNCTION_SECONDS = 300
ALLOCATOR = {"MALLOC_MMAP_THRESHOLD_": "33554432", "MALLOC_TRIM_THRESHOLD_": "268435456"}
"""The C library reads these when a process starts, so whoever starts the measured processes must have them set."""


@dataclass(frozen=True)
class Took:
    """Time of one run in one process."""

    wall_s: float
    cpu_s: float


class Workers:
    """Processes of one kind, one a core, which run their shares of the work at once.

    Parameters
    ----------
    main
        Runs in each process: gets `given`, prepares itself and returns the function that runs one share of work.
    """

    def __init__(self, main: Callable[..., Callable[[Any], None]], processes: int, *given: Any) -> None:
        context = multiprocessing.get_context("spawn")
        self._started = []
        for core in range(processes):
            mine, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs, main, core, given), daemon=True)
            process.start()
            theirs.close()
            self._started.append((process, mine))
        self._answers()

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process, connection in self._started:
            connection.close()
            process.join()

    def run(self, work: Sequence[Any]) -> Took:
        """Deal the items of work out; the time is that of the slowest process, the CPU time that of all."""
        count = len(self._started)
        for number, (_, connection) in enumerate(self._started):
            connection.send(list(work[number::count]))
        took = self._answers()
        return Took(max(wall for wall, _ in took), sum(cpu for _, cpu in took))

    def _answers(self) -> list[tuple[float, float]]:
        answers = [connection.recv() for _, connection in self._started]
        for answer in answers:
            if isinstance(answer, Exception):
                raise RuntimeError(f"a measured process failed: {answer}") from answer
        return answers


def _serve(connection: Connection, main: Callable[..., Callable[[Any], None]], core: int, given: Sequence[Any]) -> None:
    pin(os.getpid(), {core})
    try:
        run = main(*given)
        connection.send((0.0, 0.0))
        while True:
            items = connection.recv()
            wall, cpu = time.perf_counter(), time.process_time()
            for item in items:
                run(item)
            connection.send((time.perf_counter() - wall, time.process_time() - cpu))
    except EOFError:  # the other end is closed: no more work
        return
    except Exception as error:
        connection.send(error)


def pin(process: int, cores: set[int]) -> None:
    """Keep a process on these cores, where the system can: a Lambda of one vCPU has no second core for its threads."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(process, {core % (os.cpu_count() or 1) for core in cores})


def limit(models: Path) -> Callable[[list[Path]], None]:
    """Decode and run the models, and nothing else; a share of work is a group of files, already in the page cache.

    The same artefacts, threads and batches as the scorer's, from the catalogue's directory `models`. No row, no labels,
    no hash: the outputs are dropped.
    """
    from inference.catalog import Catalog  # noqa: PLC0415 - in the process that is measured
    from inference.decoders import bind_decoder  # noqa: PLC0415
    from inference.prepare import prepare  # noqa: PLC0415
    from inference.scorer import ScorerSettings  # noqa: PLC0415
    from inference.session import GraphSession  # noqa: PLC0415

    settings = ScorerSettings()
    specs = Catalog.load(models).scoring
    graphs = {spec.name: GraphSession(spec, settings.threads) for spec in specs if spec.artefact}
    formulas = {spec.name: bind_decoder(spec) for spec in specs if not spec.artefact}

    def run(paths: list[Path]) -> None:
        prepared = [prepare(path.read_bytes(), specs, settings.max_pixels) for path in paths]
        for name, graph in graphs.items():
            graph.run([one.inputs[name][0] for one in prepared])
        for name, formula in formulas.items():
            for one in prepared:
                formula(*one.inputs[name])

    return run


def handler(models: Path, port: int, cached: bool) -> Callable[[dict[str, Any]], None]:
    """Start the function as Lambda does; a share of work is one event. It logs as usual, but nobody reads it."""
    from inference.catalog import Catalog  # noqa: PLC0415

    os.environ.update(environment(port, cached))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    Catalog.load = partial(Catalog.load, models)  # type: ignore[method-assign] # the deployed one has no such setting
    entry = importlib.import_module("handlers.score_uploads").handler

    def run(event: dict[str, Any]) -> None:
        if failures := entry(event, _Context())["batchItemFailures"]:
            raise RuntimeError(
                f"{len(failures)} of {len(event['Records'])} messages failed: is src/ in order (make test)?"
            )

    return run


def environment(port: int, cached: bool) -> dict[str, str]:
    """The function's variables, as template.yaml sets them, with the services on this machine."""
    return {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(VCPU_MB),
        **ALLOCATOR,
        "PIXLAKE_STREAM": STREAM,
        "PIXLAKE_EARLIEST_UPLOAD_DATE": "2026-01-01",
        "PIXLAKE_MAX_IMAGE_BYTES": str(50 * 1024 * 1024),
        "PIXLAKE_MAX_IMAGE_PIXELS": "50000000",
        "PIXLAKE_METADATA_NAMES": "",
        "PIXLAKE_RESULT_CACHE": TABLE if cached else "",
        "PIXLAKE_RESULT_CACHE_DAYS": "90",
        "PIXLAKE_TRUST_ETAG": "off",
        "PIXLAKE_ALERT_ON": "",
        "PIXLAKE_ALERT_BUS": "",
        "POWERTOOLS_SERVICE_NAME": "score_uploads",
        "POWERTOOLS_METRICS_NAMESPACE": "pixlake",
        "POWERTOOLS_LOG_LEVEL": "INFO",
    }


class _Context:
    """What Lambda hands to an invocation besides its event."""

    function_name = "score_uploads"
    function_version = "$LATEST"
    memory_limit_in_mb = VCPU_MB
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:score_uploads"
    aws_request_id = "6bc28136-xmpl-4365-b021-0ce6b2e64ab0"

    def __init__(self) -> None:
        self._until = time.monotonic() + FUNCTION_SECONDS

    def get_remaining_time_in_millis(self) -> int:
        return int((self._until - time.monotonic()) * 1000)
