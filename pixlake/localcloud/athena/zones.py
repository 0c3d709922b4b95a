"""Moments with a time zone. The local Athena keeps them in UTC; Trino keeps each value's own zone.

So another zone may only be named where its wall clock is read at once (`CAST(t AT TIME ZONE 'Europe/Berlin' AS date)`)
or where the moment alone counts (a comparison); elsewhere it is refused, for the answer would show another zone.
"""

from __future__ import annotations

import re

from sqlglot import exp

from pixlake.localcloud.athena.errors import NotSupported
from pixlake.localcloud.athena.expressions import Rule, call, cast, text_of
from pixlake.localcloud.athena.scopes import Scope, kind
from pixlake.localcloud.athena.times import precision

_READS_THE_CLOCK = (
    exp.TimeToStr, exp.Year, exp.Quarter, exp.Month, exp.Week, exp.WeekOfYear, exp.Day, exp.DayOfMonth, exp.DayOfWeek,
    exp.DayOfWeekIso, exp.DayOfYear, exp.YearOfWeek, exp.YearOfWeekIso, exp.Hour, exp.Minute, exp.Second, exp.Extract,
    exp.Date, exp.LastDay,
)  # fmt: skip
_READS_THE_CLOCK_BY_NAME = {"format_datetime", "day_of_month", "day_of_year", "doy", "dow", "yow", "millisecond"}
_READS_THE_MOMENT = (exp.Predicate, exp.TimeToUnix, exp.DateDiff, exp.AtTimeZone)


def is_utc(zone: exp.Expr | None) -> bool:
    """Whether a zone is UTC's name."""
    return (text_of(zone) or "").upper() in ("UTC", "Z", "GMT", "+00:00")


def at_time_zone(node: exp.Expr, value: exp.Expr, zone: exp.Expr, scope: Scope) -> exp.Expr:
    """`AT TIME ZONE` and at_timezone(). A timestamp without a zone is one of UTC here, the session's zone."""
    moment = value if kind(scope.type_of(value)) == "zoned" else cast(value, "TIMESTAMPTZ")
    moment.meta["precision"] = precision(value)
    if is_utc(zone) or _is_compared(node):
        return moment
    if not _clock_is_read(node):
        raise NotSupported(
            f"AT TIME ZONE {zone.sql('athena')} as a value that keeps its zone",
            "read its wall clock at once, by CAST(… AS timestamp), CAST(… AS date), date_format(), hour() and the like",
        )
    return exp.AtTimeZone(this=moment, zone=zone)


def with_timezone(node: exp.Expr, value: exp.Expr, zone: exp.Expr) -> exp.Expr:
    """The moment at which a zone's clock shows a timestamp."""
    if not is_utc(zone) and not _is_compared(node):
        raise NotSupported(
            f"with_timezone(…, {zone.sql('athena')}) as a value that keeps its zone",
            "put AT TIME ZONE 'UTC' behind it",
        )
    return exp.AtTimeZone(this=value, zone=zone)


def literal_with_zone(node: exp.Expr) -> None:
    """Refuse `TIMESTAMP '… Europe/Berlin'` where its zone would show."""
    zone = re.search(r"\d ?([A-Za-z][\w/+-]*|[+-]\d\d:?\d\d)$", text_of(node.this) or "")
    if zone and not is_utc(exp.Literal.string(zone[1])) and not _is_compared(node):
        raise NotSupported(f"a timestamp of the zone {zone[1]} as a value that keeps its zone", "give it in UTC")


def _from_unixtime(node: exp.Expr, _scope: Scope) -> exp.Expr:
    if node.args.get("zone") and not is_utc(node.args["zone"]) and not _is_compared(node):
        raise NotSupported("from_unixtime(…) with a zone other than UTC as a value that keeps its zone", "use UTC")
    return node


def _from_iso8601(node: exp.Expr, _scope: Scope) -> exp.Expr:
    return cast(call("trino_iso8601_text", node.this), "TIMESTAMPTZ")


def _is_compared(node: exp.Expr) -> bool:
    """Whether the moment alone counts: `AT TIME ZONE` around it, too, asks for the moment."""
    return isinstance(_around(node), _READS_THE_MOMENT) or _called(_around(node)) == "at_timezone"


def _clock_is_read(node: exp.Expr) -> bool:
    around = _around(node)
    while isinstance(around, exp.TimestampTrunc | exp.DateTrunc):
        around = _around(around)
    if isinstance(around, exp.Cast | exp.TryCast):
        return bool(around.args["to"].is_type(exp.DType.DATE, exp.DType.TIMESTAMP, exp.DType.TIMESTAMPNTZ))
    return isinstance(around, _READS_THE_CLOCK) or _called(around) in _READS_THE_CLOCK_BY_NAME


def _around(node: exp.Expr) -> exp.Expr | None:
    around = node.parent
    while isinstance(around, exp.Paren):
        around = around.parent
    return around


def _called(node: exp.Expr | None) -> str:
    return node.name.lower() if isinstance(node, exp.Anonymous) else ""


BY_NODE: dict[type[exp.Expr], Rule] = {
    exp.AtTimeZone: lambda node, scope: at_time_zone(node, node.this, node.args["zone"], scope),
    exp.UnixToTime: _from_unixtime,
    exp.FromISO8601Timestamp: _from_iso8601,
}
BY_NAME: dict[str, Rule] = {
    "at_timezone": lambda node, scope: at_time_zone(node, node.expressions[0], node.expressions[1], scope),
    "with_timezone": lambda node, _scope: with_timezone(node, *node.expressions),
    "current_timezone": lambda _node, _scope: exp.Literal.string("UTC"),
}
