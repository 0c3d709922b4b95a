"""A process and all its descendants, from Linux's /proc: their CPU time, their memory, signals to them."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import TracebackType

PROC = Path("/proc")
Process = tuple[int, int]
"""Its id and its start in clock ticks: an id alone may have become another process's."""
EVERY_S = 0.25
"""Between two looks. What a process does after the last look at it and before its end is not seen."""


def tree(root: int) -> dict[Process, float]:
    """CPU seconds of a process and of its living descendants."""
    children: dict[int, list[int]] = {}
    seconds: dict[int, tuple[Process, float]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit() and (fields := _fields(int(entry.name))):
            parent, user, system, start = (int(fields[place]) for place in (1, 11, 12, 19))
            number = int(entry.name)
            children.setdefault(parent, []).append(number)
            seconds[number] = (number, start), (user + system) / os.sysconf("SC_CLK_TCK")
    found: dict[Process, float] = {}
    branches = [root]
    while branches:
        number = branches.pop()
        found.update([seconds[number]] if number in seconds else [])
        branches += children.get(number, [])
    return found


def _fields(number: int) -> list[str]:
    """What /proc/…/stat says from the state on (proc(5), fields 3 and up); nothing of a process that has ended."""
    try:
        line = (PROC / str(number) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return line.rpartition(")")[2].split()  # the command before it may hold anything


def memory_mb(processes: Iterable[Process]) -> float:
    """Resident megabytes (10⁶ bytes): what each holds alone, and the largest share that one holds with others."""
    alone, shared = [0], [0]
    for number, _ in processes:
        with suppress(OSError):
            _, resident, common, *_ = map(int, (PROC / str(number) / "statm").read_text(encoding="utf-8").split())
            alone.append(resident - common)
            shared.append(common)
    return (sum(alone) + max(shared)) * os.sysconf("SC_PAGE_SIZE") / 1e6


def send(processes: Iterable[Process], sent: signal.Signals) -> None:
    """Send a signal to those that are still there."""
    for number, start in processes:
        fields = _fields(number)
        if fields and int(fields[19]) == start:
            with suppress(ProcessLookupError):
                os.kill(number, sent)


class Meter:
    """Looks at a process and its descendants while the block runs; those that end stay in the account."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._seconds: dict[Process, float] = {}
        self._looks: list[tuple[float, float]] = []
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.peak_mb = 0.0

    def __enter__(self) -> Meter:
        self._look()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()
        self._look()

    def cpu_s(self, wall_s: float) -> float:
        """CPU seconds of the last `wall_s` seconds, from the look that was next before them."""
        end, total = self._looks[-1]
        return total - next((seconds for at, seconds in reversed(self._looks) if at <= end - wall_s), self._looks[0][1])

    def _watch(self) -> None:
        while not self._done.wait(EVERY_S):
            self._look()

    def _look(self) -> None:
        found = tree(self._root)
        self._seconds.update(found)
        self._looks.append((time.monotonic(), sum(self._seconds.values())))
        self.peak_mb = max(self.peak_mb, memory_mb(found))
