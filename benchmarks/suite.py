"""Runs the tasks: keeps the measured processes and the services, and gives each task its pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import workers
from benchmarks.catalogs import TWO, catalogue
from benchmarks.dataset import Dataset, repeated
from benchmarks.events import batches
from benchmarks.peers import artefacts
from benchmarks.peers.peer import Peer
from benchmarks.server import Server
from benchmarks.tasks import CORES, Task
from benchmarks.workers import Workers

GROUP = 8  # images that the scorer holds at once, and the batch that its models like best


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
        self._scratch = Path(self._stack.enter_context(TemporaryDirectory(prefix="pixlake-bench-")))
        self._catalogues: dict[str, Path] = {}
        self._workers: dict[tuple[object, ...], Workers] = {}
        self._peers: dict[Task, Peer] = {}
        self.versions: dict[str, str] = {}

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def run(self, task: Task, number: int) -> Measured:
        """Run a task once, on the part of its set that belongs to this round, so that all rounds cover the set."""
        paths = share(self._dataset.sets[task.pictures], number, self._rounds)
        count = len(paths)
        if task.is_peer:
            ran = self._peer(task).run(paths)
            return Measured(count, ran.wall_s, ran.cpu_s, 0.0, ran.wall_s, {"peak_mb": ran.peak_mb})
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
        """Start every process and run a little of every task, so that no round pays for what happens once.

        A peer is held to the reference scores first, so that it does the same work.
        """
        for task in tasks:
            if task.is_peer:
                self._peer(task).check()
                self._peer(task).run(self._dataset.sets[task.pictures][: GROUP * task.processes])
                continue
            paths = self._dataset.sets[task.pictures][: GROUP * task.processes]
            work = list(_groups(paths, len(paths) // task.processes)) if task.kind == "limit" else batches(paths, GROUP)
            self._team(task).run(work)

    def _team(self, task: Task) -> Workers:
        key = (task.kind, task.models, task.weights, task.cached, task.processes)
        if key not in self._workers:
            models = self._catalogue(task)
            given = (models,) if task.kind == "limit" else (models, self._server.port, task.cached)
            main = workers.limit if task.kind == "limit" else workers.handler
            self._workers[key] = self._stack.enter_context(Workers(main, task.processes, *given))
        return self._workers[key]

    def _peer(self, task: Task) -> Peer:
        if task not in self._peers:
            peer = Peer(task.kind, task.weights, task.models, task.processes)
            self._peers[task] = self._stack.enter_context(peer)
            self.versions |= peer.versions
        return self._peers[task]

    def _catalogue(self, task: Task) -> Path:
        name = f"{'-'.join(task.models)}-{task.weights}"
        if name not in self._catalogues:
            published = artefacts.files("fp32", TWO) if task.weights == "fp32" else {}
            graphs = {model: Path(file) for model, file in published.items()}
            self._catalogues[name] = catalogue(task.models, self._scratch / name, graphs)
        return self._catalogues[name]


def share(paths: Sequence[Path], number: int, rounds: int) -> list[Path]:
    """The part of a set that a round measures: sets are dealt out, so every round sees another part of it."""
    size = len(paths) // rounds
    return list(paths[number * size : (number + 1) * size])


def _groups(paths: Sequence[Path], size: int = GROUP) -> Iterator[list[Path]]:
    for start in range(0, len(paths), size):
        yield list(paths[start : start + size])
