"""`pixlake doctor`: whether images become rows here, and what to do if not."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from pixlake.cli.reading import printable
from pixlake.cli.terminal import messages, output

if TYPE_CHECKING:
    from pixlake.doctor.examination import Examined

STYLES = {
    "ok": "[green]✓ ok[/]",
    "warn": "[yellow]! warn[/]",
    "fail": "[bold red]✗ fail[/]",
    "not looked at": "[dim]– –[/]",
}


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
    no_upload: Annotated[
        bool, typer.Option("--no-upload", help="Only look: leave out the test image and change nothing.")
    ] = False,
    timeout: Annotated[
        int,
        typer.Option(
            help="Longest wait for the test image's row, in seconds; batching window and FirehoseBufferSeconds count.",
            min=1,
        ),
    ] = 900,
) -> None:
    """Check a deployment part by part and say what to do about each finding; exit status 1 if a check fails.

    Looks at the local cloud after `eval $(pixlake env)`, at a stack after `eval $(pixlake env --stack NAME)`. A
    warning does not keep images from becoming rows; a failure does, and what depends on it is not looked at.

    The last check uploads a small image below pixlake-doctor/ of the upload bucket (of several the first, and below
    KeyPrefix), waits for its row and removes the image: that costs two rows in the lake, the image's and the removal's.
    Whoever else is told of the bucket's uploads is told of it too.
    """
    from pixlake.doctor.checks import CHECKS, ONE_IMAGE  # noqa: PLC0415 - keeps `pixlake --help` fast
    from pixlake.doctor.deployment import Deployment  # noqa: PLC0415
    from pixlake.doctor.examination import Mark, examine  # noqa: PLC0415

    checks = CHECKS if no_upload else (*CHECKS, ONE_IMAGE)
    examined = []
    with messages.status("") as status:
        for each in examine(checks, Deployment(timeout), lambda name: status.update(f"looking at {name}")):
            examined.append(each)
            if not as_json:
                show(each, output)
    failed = [each.name for each in examined if each.finding.mark is Mark.FAIL]
    if as_json:
        document = {
            "healthy": not failed,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "failed": failed,
            "checks": [each.to_json() for each in examined],
        }
        typer.echo(json.dumps(document, ensure_ascii=False))
    else:
        counts = {mark: sum(each.finding.mark is mark for each in examined) for mark in Mark}
        messages.print(" · ".join(f"{count} {mark}" for mark, count in counts.items() if count))
    if failed:
        raise typer.Exit(1)


def show(each: Examined, console: Console) -> None:
    """A line for a check, and one for what to do."""
    line = Table.grid(padding=(0, 2, 0, 0))
    line.add_column(width=6, no_wrap=True)
    line.add_column(width=15, no_wrap=True)
    line.add_column(overflow="fold")
    what = escape(printable(each.finding.what))
    if each.finding.mark == "not looked at":
        what = f"[dim]not looked at: {what}[/]"
    if each.finding.advice:
        what += f"\n[bold]→[/] {escape(printable(each.finding.advice))}"
    line.add_row(STYLES[each.finding.mark], each.name, what)
    console.print(Padding(line, 0))
