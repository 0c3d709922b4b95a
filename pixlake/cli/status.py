"""`pixlake status`: what the deployment does now, on one screen."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Group
from rich.table import Table
from rich.text import Text

from pixlake.cli.terminal import CommandError, human_bytes, messages, output

if TYPE_CHECKING:
    from pixlake.doctor.deployment import Deployment


def status(
    watch: Annotated[bool, typer.Option("--watch", help="Look again and again, until Ctrl-C.")] = False,
    interval: Annotated[float, typer.Option(help="Seconds between two looks.", min=0.5)] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document a look, each on a line.")] = False,
) -> None:
    """Show queue depth, outcomes per minute, the cache's share and the newest Parquet file, as they are now.

    Outcomes are those of the last five minutes: on AWS by the stack's metrics in CloudWatch, which are a minute or two
    late; on the local cloud, whose CloudWatch has none of functions, by the lake's rows.

    `pixlake doctor` tells what is wrong, `pixlake ledger` what got lost.
    """
    from pixlake.doctor.deployment import Deployment  # noqa: PLC0415 - keeps `pixlake --help` fast

    deployment = Deployment()
    if not watch:
        _write(_look(deployment), as_json=as_json)
        return
    with _ended_by_ctrl_c() as ended:
        if as_json:
            _write(_look(deployment), as_json=True)
            while not ended.wait(interval):
                _write(_look(deployment), as_json=True)
        else:
            _follow(deployment, interval, ended)


@contextmanager
def _ended_by_ctrl_c() -> Iterator[threading.Event]:
    """Ctrl-C is the way to end it: it interrupts the block, and it is told by the event too.

    A library may be in code that swallows the exception (a finaliser, a callback of C): the next turn then sees it.
    """
    ended = threading.Event()

    def end(*_: object) -> None:
        ended.set()
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, end)
    try:
        yield ended
    except KeyboardInterrupt:
        return
    finally:
        signal.signal(signal.SIGINT, before)


def _follow(deployment: Deployment, interval: float, ended: threading.Event) -> None:
    from rich.live import Live  # noqa: PLC0415

    with messages.status("looking"):
        view = screen(_look(deployment))
    with Live(view, console=output, auto_refresh=False) as live:
        while not ended.wait(interval):
            try:
                view = screen(_look(deployment))
                live.update(view, refresh=True)
            except CommandError as error:  # what was seen last stays, and the next look may succeed
                live.update(Group(view, Text(f"not refreshed: {error}", style="yellow")), refresh=True)


def _look(deployment: Deployment) -> dict[str, Any]:
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    from pixlake.doctor.current import current  # noqa: PLC0415

    try:
        return current(deployment)
    except (BotoCoreError, ClientError) as error:
        raise CommandError(f"the status cannot be read: {error}; `pixlake doctor` says which part fails") from error


def _write(document: dict[str, Any], *, as_json: bool) -> None:
    typer.echo(json.dumps(document, ensure_ascii=False)) if as_json else output.print(screen(document))


def screen(document: dict[str, Any]) -> Group:
    """The view of a look."""
    lines = Table.grid(padding=(0, 2, 0, 0))
    lines.add_column(style="bold", width=14)
    lines.add_column()
    depth = document["waiting"] + document["in_flight"]
    oldest = "unknown" if document["oldest_s"] is None else duration(document["oldest_s"])
    age = f", the oldest {oldest}" if depth else ""
    lines.add_row("queue", f"{document['waiting']:,} waiting, {document['in_flight']:,} in flight{age}")
    dead = document["dead_letters"]
    lines.add_row("dead letters", Text(f"{dead:,}: see `pixlake redrive --dry-run`", style="red") if dead else "0")
    rates = {name: rate for name, rate in document["outcomes_per_minute"].items() if rate}
    told = ", ".join(f"{rate:,.1f} {name}" for name, rate in rates.items()) or "none"
    lines.add_row("per minute", f"{told} (five minutes, by {document['source']})")
    share = document["cache_share"]
    lines.add_row("from cache", "–" if share is None else f"{share:.0%} of the scored")
    file = document["newest_file"]
    told = "none of today or yesterday"
    if file:
        told = f"{duration(file['age_s'])} ago, {human_bytes(file['bytes'])}, {file['key']}"
    lines.add_row("newest file", Text(told))
    lag = document["delivery_lag_s"]
    lines.add_row("freshness", "–" if lag is None else f"rows are in a file at most {duration(lag)} after scoring")
    return Group(Text(f"{document['place']} · {document['at'][:19].replace('T', ' ')} UTC", style="dim"), lines)


def duration(seconds: float) -> str:
    """`42 s`, `5 min`, `3.0 h`."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
