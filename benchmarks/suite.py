"""What is measured, and the ratios that follow from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from benchmarks import workers
from benchmarks.dataset import Dataset, repeated
from benchmarks.events import batches
from benchmarks.measures import Spread, ratios
from benchmarks.server import Server
from benchmarks.workers import Workers

GROUP = 8  # images that the scorer holds at once, and the batch that its models like best
DUPLICATES = 0.3
CORES = 2


@dataclass(frozen=True)
class Task:
    """One way to score one set, with `processes` processes, each on a core of its own."""

    name: str
    kind: Literal["limit", "handler"]
    pictures: str = "jpeg_1mpx"
    batch: int = 10
    cached: bool = False
    processes: int = 1
    duplicates: float = 0.0


TASKS = (
    Task("limit, 1 Mpx", "limit"),
    Task("handler, 1 Mpx", "handler"),
    Task("limit, 1 Mpx, 2 processes", "limit", processes=2),
    Task("handler, 1 Mpx, 2 processes", "handler", processes=2),
    Task("handler, 1 Mpx, batches of 50", "handler", batch=50),
    Task("handler, 1 Mpx, batches of 100", "handler", batch=100),
    Task("handler, 1 Mpx, cache", "handler", cached=True),
    Task("handler, 1 Mpx, cache, 30 % duplicates", "handler", cached=True, duplicates=DUPLICATES),
    Task("limit, 12 Mpx", "limit", "jpeg_12mpx"),
    Task("handler, 12 Mpx", "handler", "jpeg_12mpx"),
    Task("limit, PNG and WebP", "limit", "png_webp"),
    Task("handler, PNG and WebP", "handler", "png_webp"),
)


@dataclass(frozen=True)
class Measured:
    """One run. The services' CPU time is theirs: it is in none of the other figures but `charged_s`, which is without.

    `charged_s`: the wall clock, less the time that the services took away from the processes. With a core left over
    they took nothing; with all cores at work, their CPU time spread over these.
    """

    images: int
    wall_s: float
    cpu_s: float
    services_cpu_s: float
    charged_s: float
    usage: Mapping[str, float]

    @property
    def rate(self) -> float:
        """Images a second."""
        return self.images / self.charged_s

    @property
    def cpu_rate(self) -> float:
        """Images a second of CPU time: what a crowded machine distorts least."""
        return self.images / self.cpu_s


class Bench:
    """Keeps the measured processes, which load the models once, and the services."""

    def __init__(self, dataset: Dataset, rounds: int) -> None:
        self._dataset, self._rounds = dataset, rounds
        self._stack = ExitStack()
        self._server = self._stack.enter_context(Server(dataset.directory))
        self._workers: dict[tuple[str, bool, int], Workers] = {}

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def run(self, task: Task, number: int) -> Measured:
        """Run a task once, on the part of its set that belongs to this round, so that all rounds cover the set."""
        paths = share(self._dataset.sets[task.pictures], number, self._rounds)
        count = len(paths)
        if task.duplicates:
            paths = [paths[place] for place in repeated(count, task.duplicates, task.batch)]
        work = list(_groups(paths)) if task.kind == "limit" else batches(paths, task.batch)
        team = self._team(task)
        workers.pin(self._server.pid, set(range(task.processes, CORES)) or set(range(CORES)))
        self._server.reset()
        took = team.run(work)
        usage = self._server.usage()
        if task.kind == "handler" and usage["scored_rows"] != count:
            raise RuntimeError(f"{task.name}: {usage['scored_rows']:.0f} scored rows for {count} uploads")
        services = usage["cpu_s"] if task.kind == "handler" else 0.0
        charged = took.wall_s - (services / CORES if task.processes >= CORES else 0.0)
        return Measured(count, took.wall_s, took.cpu_s, services, charged, usage)

    def warm_up(self, tasks: Sequence[Task]) -> None:
        """Start every process and run a little of every task, so that no round pays for what happens once."""
        for task in tasks:
            paths = self._dataset.sets[task.pictures][: GROUP * task.processes]
            work = list(_groups(paths, len(paths) // task.processes)) if task.kind == "limit" else batches(paths, GROUP)
            self._team(task).run(work)

    def _team(self, task: Task) -> Workers:
        key = (task.kind, task.cached, task.processes)
        if key not in self._workers:
            given = () if task.kind == "limit" else (self._server.port, task.cached)
            main = workers.limit if task.kind == "limit" else workers.handler
            self._workers[key] = self._stack.enter_context(Workers(main, task.processes, *given))
        return self._workers[key]


def share(paths: Sequence[Path], number: int, rounds: int) -> list[Path]:
    """The part of a set that a round measures: sets are dealt out, so every round sees another part of it."""
    size = len(paths) // rounds
    return list(paths[number * size : (number + 1) * size])


def _groups(paths: Sequence[Path], size: int = GROUP) -> Iterator[list[Path]]:
    for start in range(0, len(paths), size):
        yield list(paths[start : start + size])


def figures(measured: Mapping[str, Sequence[Measured]]) -> dict[str, Spread]:
    """The ratios, from the wall clock and, with `_cpu`, from CPU time. Those whose tasks did not run are left out."""
    found: dict[str, Spread] = {}

    def compare(name: str, over: str, under: str) -> None:
        if over in measured and under in measured:
            above, below = measured[over], measured[under]
            found[name] = ratios([one.rate for one in above], [one.rate for one in below])
            found[f"{name}_cpu"] = ratios([one.cpu_rate for one in above], [one.cpu_rate for one in below])

    compare("handler_vs_limit_1mpx", "handler, 1 Mpx", "limit, 1 Mpx")
    compare("handler_vs_limit_1mpx_batch_50", "handler, 1 Mpx, batches of 50", "limit, 1 Mpx")
    compare("handler_vs_limit_1mpx_batch_100", "handler, 1 Mpx, batches of 100", "limit, 1 Mpx")
    compare("handler_vs_limit_1mpx_cache", "handler, 1 Mpx, cache", "limit, 1 Mpx")
    compare("handler_vs_limit_12mpx", "handler, 12 Mpx", "limit, 12 Mpx")
    compare("handler_vs_limit_png_webp", "handler, PNG and WebP", "limit, PNG and WebP")
    # As many uploads, so the ratio of times is that of rates upside down.
    compare("duplicates_time_ratio", "handler, 1 Mpx, cache", "handler, 1 Mpx, cache, 30 % duplicates")
    second = _second_core(measured)
    return {**found, **({"second_core_vs_limit": second} if second else {})}


def _second_core(measured: Mapping[str, Sequence[Measured]]) -> Spread | None:
    """What the second core adds to the handler's rate, over what it adds to the limit's, each as a share of one's."""
    names = [f"{kind}, 1 Mpx{more}" for kind in ("handler", "limit") for more in ("", ", 2 processes")]
    if not all(name in measured for name in names):
        return None
    handler, handler_2, limit, limit_2 = ([one.rate for one in measured[name]] for name in names)
    gains = [
        [both / one - 1 for both, one in zip(pair, single, strict=True)]
        for pair, single in ((handler_2, handler), (limit_2, limit))
    ]
    return ratios(*gains)


def summary(runs: Sequence[Measured]) -> dict[str, Any]:
    """A task's medians and spreads, as results.json holds them."""
    handled = [one for one in runs if one.usage["scored_rows"]]
    return {
        "images_a_round": runs[0].images,
        "images_per_second": Spread.of([one.rate for one in runs]).to_json(),
        "images_per_cpu_second": Spread.of([one.cpu_rate for one in runs]).to_json(),
        "services_cpu_ms_an_image": round(
            sum(one.services_cpu_s for one in runs) / sum(one.images for one in runs) * 1000, 4
        ),
        **(
            {"firehose_billed_vs_rows": round(_total(handled, "billed_bytes") / _total(handled, "row_bytes"), 4)}
            if handled
            else {}
        ),
    }


def _total(runs: Sequence[Measured], name: str) -> float:
    return sum(one.usage[name] for one in runs)
