"""How much of the invocation is left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


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
        """The deadline of a Lambda invocation."""
        return cls(context.get_remaining_time_in_millis, reserve_ms)

    @property
    def left_s(self) -> float:
        """Seconds that work may still take; 0 when it is passed."""
        return max(0.0, (self.remaining_ms() - self.reserve_ms) / 1000)

    @property
    def passed(self) -> bool:
        """Whether to stop taking new work."""
        return self.remaining_ms() <= self.reserve_ms
