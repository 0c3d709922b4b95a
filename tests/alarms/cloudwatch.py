"""CloudWatch's arithmetic of alarms, as far as the template uses it: periods, statistics, metric math, M out of N.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html. Left out: the few data points
before the range that CloudWatch looks at where some are missing.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from statistics import mean
from typing import Any

MINUTE, HOUR, DAY = 60, 3_600, 86_400
_STATISTICS = {"Sum": sum, "Maximum": max, "Minimum": min, "Average": mean}
_COMPARISONS = {
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
    "LessThanThreshold": lambda value, threshold: value < threshold,
}
_FUNCTIONS = {
    "IF": lambda condition, then, otherwise: then if condition else otherwise,
    "FILL": lambda value, otherwise: otherwise if value is None else value,
}


def _identity(namespace: str, name: str, dimensions: Mapping[str, str]) -> tuple[Any, ...]:
    return namespace, name, tuple(sorted(dimensions.items()))


class Metrics:
    """Values by metric and second; `clock` is the moment at which alarms are looked at."""

    def __init__(self, clock: int = 10 * DAY) -> None:
        self.clock = clock
        self._points: dict[tuple[Any, ...], list[tuple[float, float]]] = defaultdict(list)

    def put(self, namespace: str, name: str, dimensions: Mapping[str, str], value: float, ago: float = 1) -> None:
        """A value that was published `ago` seconds before the clock."""
        self._points[_identity(namespace, name, dimensions)].append((self.clock - ago, value))

    def statistic(self, metric: Mapping[str, Any], name: str, period: int, back: int) -> float | None:
        """Of the period that ended `back` periods ago; None where nothing was published."""
        dimensions = {each["Name"]: each["Value"] for each in metric["Dimensions"]}
        end = self.clock - back * period
        found = self._points[_identity(metric["Namespace"], metric["MetricName"], dimensions)]
        values = [value for at, value in found if end - period <= at < end]
        return _STATISTICS[name](values) if values else None

    def state(self, alarm: Mapping[str, Any], before: str = "INSUFFICIENT_DATA") -> str:
        """An alarm's state: `OK`, `ALARM`, or as it was `before` where data is missing and that is to be ignored."""
        periods = int(alarm["EvaluationPeriods"])
        values = [value for back in range(periods) if (value := self._value(alarm, back)) is not None]
        breaches = _COMPARISONS[alarm["ComparisonOperator"]]
        breaching = sum(breaches(value, float(alarm["Threshold"])) for value in values)
        missing, treated = periods - len(values), alarm["TreatMissingData"]
        if breaching + (missing if treated == "breaching" else 0) >= int(alarm.get("DatapointsToAlarm", periods)):
            return "ALARM"
        return before if treated == "ignore" and missing == periods else "OK"

    def _value(self, alarm: Mapping[str, Any], back: int) -> float | None:
        if "Metrics" not in alarm:
            return self.statistic(alarm, alarm["Statistic"], int(alarm["Period"]), back)
        stats = {each["Id"]: each["MetricStat"] for each in alarm["Metrics"] if "MetricStat" in each}
        values = {
            name: self.statistic(stat["Metric"], stat["Stat"], int(stat["Period"]), back)
            for name, stat in stats.items()
        }
        (expression,) = (each["Expression"] for each in alarm["Metrics"] if "Expression" in each)
        filled = set(re.findall(r"FILL\((\w+),", expression))
        missing = {name for name, value in values.items() if value is None}
        return None if missing - filled or missing == values.keys() else reckon(expression, values)


def reckon(expression: str, values: Mapping[str, float | None]) -> float:
    """A value of metric math. What the template writes is arithmetic in both languages, but for functions."""
    return float(eval(expression, {"__builtins__": {}} | _FUNCTIONS, dict(values)))  # noqa: S307 - the template's text


def read_by(alarm: Mapping[str, Any]) -> Iterable[tuple[str, Mapping[str, Any], int]]:
    """The metrics that an alarm reads: its name in the expression (or `value`), the metric, the period."""
    if "Metrics" not in alarm:
        yield "value", alarm, int(alarm["Period"])
    for each in alarm.get("Metrics", []):
        if "MetricStat" in each:
            yield each["Id"], each["MetricStat"]["Metric"], int(each["MetricStat"]["Period"])
