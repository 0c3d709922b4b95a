"""The bill of a workload, and the questions that are asked of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pixlake.cost.items import ITEMS, Item
from pixlake.cost.prices import PriceList, price_list
from pixlake.cost.workload import Workload


@dataclass(frozen=True)
class Line:
    """An item and its price in US dollars, a month and for a million images."""

    item: Item
    month: float
    million: float


@dataclass(frozen=True)
class Bill:
    """All lines of a workload, in the order of the pipeline."""

    work: Workload
    lines: tuple[Line, ...]

    @property
    def month(self) -> float:
        """US dollars a month."""
        return sum(line.month for line in self.lines)

    @property
    def million(self) -> float:
        """US dollars for a million images."""
        return sum(line.million for line in self.lines)

    @property
    def largest(self) -> Line:
        """The line that dominates."""
        return max(self.lines, key=lambda line: line.month)


def bill(work: Workload, prices: PriceList | None = None) -> Bill:
    """Reckon a month. Tiers are counted for each line by itself, which matters from billions of images on."""
    prices = prices or price_list()
    lines = []
    for item in (make(work) for make in ITEMS):
        month = sum(prices[charge.price].of(charge.quantity) for charge in item.charges)
        lines.append(Line(item, month, month / work.millions))
    return Bill(work, tuple(lines))


@dataclass(frozen=True)
class Setting:
    """A template parameter, and what other values of it would make of the price of a million images (US dollars)."""

    name: str
    value: Any
    now: float
    others: Mapping[Any, float]

    @property
    def spread(self) -> float:
        """How much it matters: the dearest value against the cheapest, for a million images."""
        values = [self.now, *self.others.values()]
        return max(values) - min(values)

    @property
    def best(self) -> tuple[Any, float]:
        """The cheapest value and its price."""
        return min([(self.value, self.now), *self.others.items()], key=lambda pair: pair[1])


# Values that somebody may well choose. What a value costs besides money stands in template.yaml.
CHOICES: Mapping[str, tuple[str, tuple[Any, ...]]] = {
    "MemorySize": ("memory_mb", (1_024, 1_769, 3_538)),
    "BatchSize": ("batch_size", (10, 50, 100)),
    "BatchingWindowSeconds": ("window_s", (1, 5, 20, 60)),
    "ResultCache": ("result_cache", (True, False)),
    "ResultCacheDays": ("result_cache_days", (7, 14, 30)),
    "ReconcileSchedule (hours)": ("reconcile_hours", (1, 6, 24)),
    "FirehoseBufferSeconds": ("buffer_s", (60, 300, 900)),
    "LogRetentionDays": ("log_days", (7, 30, 365)),
}


def settings(work: Workload) -> list[Setting]:
    """Each setting varied by itself, those that matter most first."""
    now = bill(work).million
    found = []
    for name, (field, values) in CHOICES.items():
        value = getattr(work, field)
        others = {each: bill(replace(work, **{field: each})).million for each in values if each != value}
        found.append(Setting(name, value, now, others))
    return sorted(found, key=lambda setting: setting.spread, reverse=True)


def cache_balance(work: Workload, duplicates: float) -> float:
    """What the result cache adds to a million images (US dollars); negative where it pays."""
    with_cache = bill(replace(work, duplicates=duplicates, result_cache=True)).million
    return with_cache - bill(replace(work, duplicates=duplicates, result_cache=False)).million


def cache_break_even(work: Workload) -> float | None:
    """Share of duplicates from which on the result cache pays, None if it never does."""
    low, high = 0.0, 1.0
    if cache_balance(work, high) > 0:
        return None
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (middle, high) if cache_balance(work, middle) > 0 else (low, middle)
    return high
