"""The long form: `make soak`, or `python -m tests.soak --events 1000000 --images 20000 --seed 1`.

Drives synthetic events through the scorer with every fault on, and real images through the local cloud with killed
workers; prints where each of them ended; exits with 1 if one is unaccounted for or something does not add up.
"""

import argparse
import logging
import sys
import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from tests.soak import consumer, images

console = Console()


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="make soak", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "--events", type=int, default=1_000_000, help="synthetic events (default: %(default)s; 0: none)"
    )
    parser.add_argument("--images", type=int, default=20_000, help="real images (default: %(default)s; 0: none)")
    parser.add_argument("--seed", type=int, default=1, help="of everything random (default: %(default)s)")
    arguments = parser.parse_args()
    wrong: list[str] = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bar:
        if arguments.events:
            task, began = bar.add_task("events", total=arguments.events), time.perf_counter()
            told = consumer.soak(arguments.events, arguments.seed, lambda done: bar.advance(task, done))
            wrong += _show_events(told, time.perf_counter() - began)
        if arguments.images:
            tasks = {what: bar.add_task(what, total=arguments.images) for what in ("uploaded", "handled")}
            began = time.perf_counter()
            with images.faulty_cloud(arguments.seed) as cloud:
                seen = images.soak(
                    cloud,
                    arguments.images,
                    arguments.seed,
                    lambda what, done: bar.update(tasks[what], completed=max(done, 0)),
                )
            wrong += _show_images(seen, time.perf_counter() - began)
    for line in wrong[:50]:
        console.print(f"[red]{line}")
    console.print("[red]imbalance" if wrong else "[green]balanced: unaccounted 0")
    return 1 if wrong else 0


def _show_events(report: consumer.Report, seconds: float) -> list[str]:
    table = Table(title=f"{report.events} events in {seconds:.0f} s ({report.events / seconds:.0f} a second)")
    table.add_column("before the replay")
    table.add_column("after it")
    for fate in ("row", "dead", "error output", "unaccounted"):
        table.add_row(f"{fate}: {report.first[fate]}", f"{fate}: {report.final[fate]}")
    console.print(table)
    console.print("uploads, each once:", dict(report.statuses))
    console.print("done again:", dict(report.repeated))
    console.print("scored again, because:", dict(report.scored_again))
    console.print(f"memory: {report.memory_mb[0]:.0f} MB at first, {report.memory_mb[-1]:.0f} MB at last")
    return report.wrong


def _show_images(report: images.Report, seconds: float) -> list[str]:
    done = report.uploaded + report.removed
    table = Table(title=f"{done} uploads and removals in {seconds:.0f} s ({done / seconds:.1f} a second)")
    table.add_column("outcome")
    table.add_column("uploads", justify="right")
    for status in ("scored", "rejected", "superseded", "missing", "deleted"):
        table.add_row(status, str(report.statuses[status]))
    for name in ("dead", "in_error_output", "unaccounted"):
        table.add_row(name.replace("_", " "), str(getattr(report, name)))
    console.print(table)
    console.print(f"redriven from the dead-letter queue: {report.redriven}")
    console.print(f"rows written again: {report.written_again}; uploads whose models ran again: {report.scored_again}")
    console.print("faults:", report.faults)
    return report.wrong


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)  # every fault would be a line
    sys.exit(main())
