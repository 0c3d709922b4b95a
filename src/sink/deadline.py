"""How much of the invocation is left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

ANSWER_MS = 1_000
"""Time kept to write the log and the metrics and to answer."""


class InvocationContext(Protocol):
    """The part of Lambda's context object that knows the time."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda kills the invocation."""


@dataclass(frozen=True)
class Deadline:
    """Passed when no more than `reserve_ms` remain: what has been scored must still be delivered."""

    remaining_ms: Callable[[], float]
    reserve_ms: float

    @classmethod
    def of(cls, context: InvocationContext, reserve_ms: float) -> Deadline:
        """The deadline of a Lambda invocation. At most half of its time is reserve, so that every batch gets on."""
        remaining_ms = context.get_remaining_time_in_millis
        return cls(remaining_ms, min(reserve_ms, remaining_ms() / 2))

    @property
    def passed(self) -> bool:
        """Whether to stop taking new work."""
        return self.seconds_left <= 0

    @property
    def seconds_left(self) -> float:
        """Time until it passes; 0 afterwards."""
        return max(self.remaining_ms() - self.reserve_ms, 0) / 1000

    @property
    def delivery(self) -> Deadline:
        """The deadline by which rows must have been delivered or given up: later, just before the answer."""
        return Deadline(self.remaining_ms, min(self.reserve_ms, ANSWER_MS))
