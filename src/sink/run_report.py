"""What a run of the completeness ledger saw, as the function answers and the command line shows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sink.errors import SinkError
from sink.ledger import DayLedger, QueueState


@dataclass
class RunReport:
    """What a run saw. `unseen`: buckets' days that it did not get through; `notes`: what else a reader must know.

    `failed`: why a bucket could not be compared, by its name; the others were.
    """

    at: datetime
    until: datetime
    queue: QueueState
    days: list[DayLedger] = field(default_factory=list)
    unseen: list[tuple[str, date]] = field(default_factory=list)
    failed: dict[str, SinkError] = field(default_factory=dict)
    requeued: int = 0
    error_lines: int = 0
    notes: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Plain values, as the function answers."""
        return {
            "at": self.at.isoformat(),
            "until": self.until.isoformat(),
            "complete": not self.unseen and not self.failed,
            "unseen_days": [{"bucket": bucket, "day": day.isoformat()} for bucket, day in self.unseen],
            "failed": {bucket: str(error) for bucket, error in self.failed.items()},
            "requeued": self.requeued,
            "in_flight": self.queue.depth,
            "dead_letters": self.queue.dead_letters,
            "error_lines": self.error_lines,
            "notes": self.notes,
            "days": [day.to_json() for day in self.days],
        }
