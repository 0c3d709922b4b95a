"""How the command speaks: data on stdout, everything else on stderr."""

from __future__ import annotations

import sys
from typing import NoReturn

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

messages = Console(stderr=True, highlight=False)
# A pipe has no width of its own: 120 columns fold less than the customary 80.
output = Console(highlight=False, width=None if sys.stdout.isatty() else 120)


class CommandError(Exception):
    """What the user should know and do; `status` is the exit status."""

    def __init__(self, message: str, status: int = 1) -> None:
        super().__init__(message)
        self.status = status


def fail(error: CommandError) -> NoReturn:
    """Say what went wrong and stop. A message may quote what came with an upload, so it cannot steer the terminal."""
    from pixlake.cli.reading import printable  # noqa: PLC0415 - it needs this module

    text = "\n".join(map(printable, str(error).split("\n")))
    messages.print(f"[bold red]pixlake:[/] {escape(text)}", soft_wrap=True)
    sys.exit(error.status)


def progress_bar() -> Progress:
    """A progress bar on stderr; silent where stderr is no terminal."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=messages,
        transient=True,
        disable=not messages.is_terminal,
    )


def human_bytes(count: float) -> str:
    """`1.4 MB`, as people read sizes."""
    for unit in ("B", "KB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 100 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def counted(count: int, noun: str) -> str:
    """`1 file`, `2 files`."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
