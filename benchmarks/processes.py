"""A function in a process of its own, whose memory is nobody else's; and how much memory a process has."""

from __future__ import annotations

import math
import multiprocessing
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

Result = TypeVar("Result")


def in_new_process(function: Callable[..., Result], *given: object) -> Result:
    """Run a function of a module with these arguments, all picklable, in a new interpreter, and return its result."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, given)


def memory_mb(process: int | str, which: str) -> float:
    """Resident megabytes (10⁶ bytes): `VmRSS` now, `VmHWM` at the peak since the program began. NaN but on Linux.

    Not `getrusage`, whose peak counts what the process was before it became this program.
    """
    status = Path(f"/proc/{process}/status")
    if not status.is_file():
        return math.nan
    [line] = [line for line in status.read_text(encoding="ascii").splitlines() if line.startswith(f"{which}:")]
    return int(line.split()[1]) * 1024 / 1_000_000
