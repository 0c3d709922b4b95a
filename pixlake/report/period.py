"""The days that a report is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

HOURLY = 7
"""Days up to which time is drawn by the hour: 168 bars are still told apart."""


@dataclass(frozen=True)
class Period:
    """Whole days, UTC, from `first` to `last`, both included."""

    first: date
    last: date

    @classmethod
    def ending(cls, last: date, days: int) -> Period:
        """`days` days, of which `last` is the last."""
        return cls(last - timedelta(days=days - 1), last)

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    @property
    def hourly(self) -> bool:
        """Whether time is drawn by the hour, not by the day."""
        return self.days <= HOURLY

    @property
    def bounds(self) -> tuple[str, str]:
        """Both days, as a query takes them."""
        return self.first.isoformat(), self.last.isoformat()

    @property
    def start(self) -> datetime:
        """Its first moment."""
        return datetime.combine(self.first, time(), UTC)

    @property
    def end(self) -> datetime:
        """The first moment after it."""
        return datetime.combine(self.last + timedelta(days=1), time(), UTC)

    @property
    def step(self) -> timedelta:
        """Width of a bar in time."""
        return timedelta(hours=1) if self.hourly else timedelta(days=1)

    def floor(self, moment: datetime) -> datetime:
        """Begin of the bar that a moment falls into."""
        kept = {"minute": 0, "second": 0, "microsecond": 0} | ({} if self.hourly else {"hour": 0})
        return moment.replace(**kept)  # type: ignore[arg-type]  # only integers

    def __str__(self) -> str:
        if self.first == self.last:
            return f"{self.last.day} {self.last:%B %Y}"
        if (self.first.year, self.first.month) == (self.last.year, self.last.month):
            return f"{self.first.day}–{self.last.day} {self.last:%B %Y}"
        year = "" if self.first.year == self.last.year else f" {self.first.year}"
        return f"{self.first.day} {self.first:%B}{year} – {self.last.day} {self.last:%B %Y}"
