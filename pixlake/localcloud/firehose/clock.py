"""Time for buffers: what it is now, and how to wait for a moment or for news."""

from __future__ import annotations

import threading
import time
from typing import Protocol


class Clock(Protocol):
    """What the flusher needs of time; tests inject a clock that they turn by hand."""

    def now(self) -> float:
        """Seconds since the epoch."""

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        """Wait, holding `condition`, until it is notified or `seconds` have passed (None: no limit)."""


class SystemClock:
    """The machine's clock. It never runs backwards, so that an adjusted wall clock delays no flush."""

    def __init__(self) -> None:
        self._offset = time.time() - time.monotonic()

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._offset + time.monotonic()

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        """Wait on the condition itself: no polling."""
        condition.wait(seconds)
