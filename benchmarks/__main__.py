"""Measure the scorer against the limit of this machine and against its peers: `make bench`.

Builds the data set (once), measures all tasks in turns, round after round, then what needs no comparison; writes
benchmarks/results.json and prints its tables. Ratios compare neighbours in time, so they stand on a noisy machine where
images a second do not. `python -m benchmarks.page` puts the results into the README.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from benchmarks import collect, dataset, tables
from benchmarks.measures import interleaved
from benchmarks.suite import Bench, Measured
from benchmarks.tasks import GROUPS, Task
from benchmarks.workers import ALLOCATOR

RESULTS = Path(__file__).parent / "results.json"
console = Console(highlight=False)


def main() -> int:
    """Measure, write, print."""
    arguments = _arguments()
    os.environ.update(ALLOCATOR)
    groups = [_chosen(group, arguments) for group in GROUPS]
    if not any(groups):
        known = "; ".join(task.name for group in GROUPS for task in group)
        console.print(f"--only {arguments.only}: no task has that in its name: {known}")
        return 2
    pictures = dataset.cached(arguments.quick)
    measured: dict[str, list[Measured]] = {}
    versions: dict[str, str] = {}
    for group in filter(None, groups):
        measured |= _measured(pictures, group, arguments.rounds, versions)
    with console.status("") as status:
        others = collect.besides(pictures, arguments.rounds, status.update)
    results = collect.results(measured, others, pictures, versions, arguments.quick)
    arguments.output.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    for table in tables.all_tables(results):
        console.print(table.for_terminal())
        console.print()
    console.print(f"written: {arguments.output}")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small data set and fewer rounds: does it run?")
    parser.add_argument("--rounds", type=int, help="how often everything is measured (5; 2 with --quick)")
    parser.add_argument("--only", default="", metavar="TEXT", help="only tasks with this in their name")
    parser.add_argument("--no-peers", action="store_true", help="without Ray Data and Daft, and without their 850 MB")
    parser.add_argument("--output", type=Path, metavar="FILE", help="instead of benchmarks/results.json")
    arguments = parser.parse_args()
    arguments.rounds = arguments.rounds or (2 if arguments.quick else 5)
    # Quick and partial figures are no results: they must not take the place of such.
    partial = arguments.quick or arguments.only or arguments.no_peers
    arguments.output = arguments.output or (dataset.CACHE / "quick.json" if partial else RESULTS)
    return arguments


def _chosen(group: Sequence[Task], arguments: argparse.Namespace) -> list[Task]:
    return [task for task in group if arguments.only in task.name and not (task.is_peer and arguments.no_peers)]


def _measured(
    pictures: dataset.Dataset, tasks: Sequence[Task], rounds: int, versions: dict[str, str]
) -> dict[str, list[Measured]]:
    """Runs by task; the peers' versions go to `versions`."""
    with Bench(pictures, rounds) as bench, console.status("processes are started") as status:

        def run(task: Task, number: int) -> Measured:
            status.update(f"round {number + 1} of {rounds}: {task.name}")
            done = bench.run(task, number)
            if not sys.stdout.isatty():
                console.print(f"round {number + 1} of {rounds}: {task.name}: {done.rate:.1f} images/s")
            return done

        bench.warm_up(tasks)
        versions |= bench.versions
        return interleaved(
            {task.name: lambda number, task=task: run(task, number) for task in tasks},  # type: ignore[misc]
            rounds,
        )


if __name__ == "__main__":
    sys.exit(main())
