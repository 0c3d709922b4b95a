"""Buffers: rows wait, partition by partition, until there are enough of them or they waited long enough."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import NamedTuple

RETRY_FIRST_SECONDS = 1.0
RETRY_MOST_SECONDS = 30.0


class Row(NamedTuple):
    """A row's bytes as they came, and when."""

    data: bytes
    arrived: float


@dataclass(frozen=True)
class Target:
    """Where a buffer's rows belong: a partition (its keys), or a kind of error output."""

    keys: tuple[tuple[str, str], ...] = ()
    error_type: str = ""


@dataclass
class Buffer:
    """Rows of one target that wait to become one object."""

    target: Target
    opened: float
    rows: list[Row] = field(default_factory=list)
    size: int = 0


@dataclass
class Delivery:
    """A closed buffer on its way to S3. Its object's name is fixed: a repeated attempt overwrites, it never doubles."""

    target: Target
    rows: list[Row]
    sealed: float
    object_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    attempts: int = 0
    retry_at: float = 0.0

    @property
    def oldest(self) -> float:
        """Arrival of the oldest row, which dates the object's prefix."""
        return min(row.arrived for row in self.rows)

    def failed(self, now: float) -> None:
        """Put off the next attempt: 1 s, 2 s, 4 s … 30 s."""
        self.retry_at = now + min(RETRY_MOST_SECONDS, RETRY_FIRST_SECONDS * 2 ** min(self.attempts, 10))
        self.attempts += 1


class Buffers:
    """All buffers of one stream. Not locked: its owner does that."""

    def __init__(self, size_bytes: int, interval_seconds: float) -> None:
        self._size_bytes = size_bytes
        self._interval_seconds = interval_seconds
        self._open: dict[Target, Buffer] = {}
        self.deliveries: list[Delivery] = []
        """Closed buffers that are not in S3 yet, oldest first."""

    def add(self, target: Target, row: Row, now: float) -> None:
        """Keep a row; the buffer closes once it holds the size that the hints name."""
        buffer = self._open.get(target)
        if buffer is None:
            buffer = self._open[target] = Buffer(target, now)
        buffer.rows.append(row)
        buffer.size += len(row.data)
        if buffer.size >= self._size_bytes:
            self.seal(target, now)

    def seal(self, target: Target, now: float) -> None:
        """Close a target's buffer, if it has one."""
        buffer = self._open.pop(target, None)
        if buffer:
            self.deliveries.append(Delivery(target, buffer.rows, now))

    def seal_due(self, now: float) -> None:
        """Close the buffers that have waited for the interval."""
        for target in [t for t, buffer in self._open.items() if buffer.opened + self._interval_seconds <= now]:
            self.seal(target, now)

    def seal_all(self, now: float) -> None:
        """Close every buffer."""
        for target in list(self._open):
            self.seal(target, now)

    def next_moment(self) -> float | None:
        """Return when something is due next: a buffer's interval or a delivery's next attempt."""
        moments = [buffer.opened + self._interval_seconds for buffer in self._open.values()]
        moments += [delivery.retry_at for delivery in self.deliveries]
        return min(moments, default=None)

    def knows(self, target: Target) -> bool:
        """Say whether the target has a buffer or a delivery on its way."""
        return target in self._open or any(delivery.target == target for delivery in self.deliveries)

    @property
    def active_partitions(self) -> int:
        """Partitions that hold rows; one that cannot be delivered counts until it is (documented)."""
        targets = {*self._open, *(delivery.target for delivery in self.deliveries)}
        return sum(not target.error_type for target in targets)

    @property
    def rows(self) -> int:
        """Data rows that are not in S3 yet; rows of the error output are counted where they failed."""
        waiting = sum(len(b.rows) for t, b in self._open.items() if not t.error_type)
        return waiting + sum(len(d.rows) for d in self.deliveries if not d.target.error_type)
