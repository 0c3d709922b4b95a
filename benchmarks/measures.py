"""Repeated measurements: medians, their spread, and ratios of measurements that were taken in turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median, quantiles
from typing import TypeVar

Result = TypeVar("Result")


@dataclass(frozen=True)
class Spread:
    """The median, the quartiles around it, and how many measurements they are of."""

    median: float
    low: float
    high: float
    rounds: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Of one or more values; the quartiles of a single one are the value itself."""
        if len(values) == 1:
            return cls(values[0], values[0], values[0], 1)
        low, _, high = quantiles(values, n=4, method="inclusive")
        return cls(median(values), low, high, len(values))

    def to_json(self) -> dict[str, float]:
        """As results.json holds it."""
        return {name: round(value, 4) for name, value in asdict(self).items()}


def interleaved(runs: Mapping[str, Callable[[int], Result]], rounds: int) -> dict[str, list[Result]]:
    """Call every run once a round, with the round's number: what else the machine does then falls on all of them.

    Every other round goes backwards, so that none always follows the same one.
    """
    results: dict[str, list[Result]] = {name: [] for name in runs}
    for number in range(rounds):
        order = list(runs)
        for name in order if number % 2 == 0 else reversed(order):
            results[name].append(runs[name](number))
    return results


def ratios(over: Sequence[float], under: Sequence[float]) -> Spread:
    """The quotient, round by round: neighbours in time share the noise."""
    return Spread.of([above / below for above, below in zip(over, under, strict=True)])
