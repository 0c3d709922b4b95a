"""Measure the scorer against the limit of this machine: `make bench`, or `python -m benchmarks --quick`.

Builds the data set (once), measures all tasks in turns, round after round, writes benchmarks/results.json and prints a
table. Ratios compare neighbours in time, so they stand on a noisy machine where images a second do not.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import cold_start, dataset, package
from benchmarks.measures import Spread, interleaved
from benchmarks.suite import TASKS, Bench, Measured, Task, figures, summary

RESULTS = Path(__file__).parent / "results.json"
LIBRARIES = ("onnxruntime", "numpy", "pillow", "pi-heif", "boto3", "orjson", "aws-lambda-powertools")
console = Console(highlight=False)


def main() -> int:
    """Measure, write, print."""
    arguments = _arguments()
    tasks = [task for task in TASKS if arguments.only in task.name]
    if not tasks:
        console.print(
            f"--only {arguments.only}: no task has that in its name: {'; '.join(task.name for task in TASKS)}"
        )
        return 2
    pictures = dataset.cached(arguments.quick)
    measured = _measured(pictures, tasks, arguments.rounds)
    starts = [cold_start.init_ms() for _ in range(arguments.rounds)]
    parts = [cold_start.parts_ms() for _ in range(arguments.rounds)]
    sizes = package.sizes_mb()
    results = {
        **{name: spread.median for name, spread in figures(measured).items()},
        "init_ms": Spread.of(starts).median,
        "package_mb": sum(sizes.values()),
        "spread": {
            **{name: spread.to_json() for name, spread in figures(measured).items()},
            "init_ms": Spread.of(starts).to_json(),
        },
        "init_parts_ms": {name: Spread.of([each[name] for each in parts]).median for name in parts[0]},
        "package_parts_mb": sizes,
        "tasks": {name: summary(runs) for name, runs in measured.items()},
        "quick": arguments.quick,
        "rounds": arguments.rounds,
        "dataset_sha256": pictures.sha256,
        "machine": _machine(),
        "versions": {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}},
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    arguments.output.write_text(json.dumps(_rounded(results), indent=2) + "\n", encoding="utf-8")
    _show(measured, results)
    console.print(f"\nwritten: {arguments.output}")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small data set and fewer rounds: does it run?")
    parser.add_argument("--rounds", type=int, help="how often everything is measured (5; 2 with --quick)")
    parser.add_argument("--only", default="", metavar="TEXT", help="only tasks with this in their name")
    parser.add_argument("--output", type=Path, metavar="FILE", help="instead of benchmarks/results.json")
    arguments = parser.parse_args()
    arguments.rounds = arguments.rounds or (2 if arguments.quick else 5)
    # Quick figures are no results: they must not take the place of such.
    arguments.output = arguments.output or (dataset.CACHE / "quick.json" if arguments.quick else RESULTS)
    return arguments


def _measured(pictures: dataset.Dataset, tasks: Sequence[Task], rounds: int) -> dict[str, list[Measured]]:
    with Bench(pictures, rounds) as bench, console.status("") as status:

        def run(task: Task, number: int) -> Measured:
            status.update(f"round {number + 1} of {rounds}: {task.name}")
            done = bench.run(task, number)
            if not sys.stdout.isatty():
                console.print(f"round {number + 1} of {rounds}: {task.name}: {done.rate:.1f} images/s")
            return done

        bench.warm_up(tasks)
        return interleaved(
            {task.name: lambda number, task=task: run(task, number) for task in tasks},  # type: ignore[misc]
            rounds,
        )


def _machine() -> dict[str, Any]:
    processor = platform.processor()
    information = Path("/proc/cpuinfo")
    if information.is_file():
        models = [
            line for line in information.read_text(encoding="utf-8").splitlines() if line.startswith("model name")
        ]
        processor = models[0].partition(":")[2].strip() if models else processor
    return {
        "processor": processor,
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "load_average": list(os.getloadavg()),
    }


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_rounded(each) for each in value]
    return round(value, 4) if isinstance(value, float) else value


def _show(measured: Mapping[str, Sequence[Measured]], results: Mapping[str, Any]) -> None:
    table = Table(box=None, pad_edge=False)
    table.add_column("task", no_wrap=True)
    for heading in ("images/s", "quartiles", "images/CPU s", "services"):
        table.add_column(heading, justify="right")
    for name in measured:
        task = results["tasks"][name]
        rate, cpu = task["images_per_second"], task["images_per_cpu_second"]
        table.add_row(
            name,
            f"{rate['median']:.1f}",
            f"{rate['low']:.1f} to {rate['high']:.1f}",
            f"{cpu['median']:.1f}",
            f"{task['services_cpu_ms_an_image']:.2f} ms",
        )
    console.print(table)
    console.print("services: CPU time of the loopback S3, Firehose and DynamoDB an image; charged to nobody\n")
    ratio = Table("figure", box=None, pad_edge=False)
    for heading in ("median", "quartiles"):
        ratio.add_column(heading, justify="right")
    for name, spread in results["spread"].items():
        digits = 0 if name == "init_ms" else 3
        ratio.add_row(
            name, f"{spread['median']:.{digits}f}", f"{spread['low']:.{digits}f} to {spread['high']:.{digits}f}"
        )
    ratio.add_row("package_mb", f"{results['package_mb']:.0f}", "")
    console.print(ratio)


if __name__ == "__main__":
    sys.exit(main())
