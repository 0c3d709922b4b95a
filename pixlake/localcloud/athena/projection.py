"""Partition projection: the values of partition keys as a table's parameters state them, without a catalogue entry.

https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pixlake.localcloud.athena.catalog import Table
from pixlake.localcloud.athena.errors import NotSupported, QueryFailed

_MAX_VALUES = 500_000
_STEPS = {"SECOND": "seconds", "MINUTE": "minutes", "HOUR": "hours", "DAY": "days", "WEEK": "weeks"}
_JAVA_LETTERS = {
    "yyyy": "%Y", "uuuu": "%Y", "yy": "%y", "MM": "%m", "MMM": "%b", "dd": "%d", "DDD": "%j",
    "HH": "%H", "mm": "%M", "ss": "%S",
}  # fmt: skip


@dataclass(frozen=True)
class KeyProjection:
    """The values of one partition key, as they stand in locations; None: those that a query names (injected)."""

    name: str
    values: tuple[str, ...] | None


def is_projected(table: Table) -> bool:
    """Whether the table's partitions are projected, so that Glue's own are ignored."""
    return table.parameters.get("projection.enabled", "").strip().lower() == "true"


def project(table: Table, now: dt.datetime) -> list[KeyProjection]:
    """The projections of all partition keys, in their order."""
    return [_project_key(table, key.name, now) for key in table.partition_keys]


def location_template(table: Table) -> str:
    """Where a partition lies: `storage.location.template`, or else `<location>/key=value/…` as Hive lays it out."""
    template = table.parameters.get("storage.location.template")
    if template is None:
        keys = "/".join(f"{key.name}=${{{key.name}}}" for key in table.partition_keys)
        template = f"{table.location.rstrip('/')}/{keys}"
    for key in table.partition_keys:
        if f"${{{key.name}}}" not in template:
            raise _invalid(table, f"storage.location.template {template!r} does not contain ${{{key.name}}}")
    return template.rstrip("/") + "/"


def fill(template: str, values: Mapping[str, str]) -> str:
    """A template with values in the place of `${key}`."""
    return re.sub(r"\$\{([^}]+)\}", lambda found: values[found[1].lower()], template)


def _project_key(table: Table, key: str, now: dt.datetime) -> KeyProjection:
    parameters = {name.lower(): value for name, value in table.parameters.items()}

    def get(setting: str) -> str | None:
        return parameters.get(f"projection.{key}.{setting}")

    def require(setting: str) -> str:
        value = get(setting)
        if value is None:
            raise _invalid(table, f"projection.{key}.{setting} is not set")
        return value

    kind = require("type").strip().lower()
    if kind == "enum":
        return KeyProjection(key, tuple(require("values").split(",")))
    if kind == "injected":
        return KeyProjection(key, None)
    if kind == "integer":
        return KeyProjection(key, tuple(_integers(table, key, require("range"), get("interval"), get("digits"))))
    if kind == "date":
        values = _dates(table, key, require("range"), require("format"), get("interval"), get("interval.unit"), now)
        return KeyProjection(key, tuple(dict.fromkeys(values)))
    raise _invalid(table, f"projection.{key}.type {kind!r} is none of enum, integer, date, injected")


def _integers(table: Table, key: str, range_: str, interval: str | None, digits: str | None) -> Iterator[str]:
    try:
        first, last = (int(part) for part in range_.split(","))
        step, width = int(interval or 1), int(digits or 1)
    except ValueError as error:
        raise _invalid(
            table, f"projection.{key}: range {range_!r}, interval {interval!r} or digits {digits!r} is no number"
        ) from error
    if (last - first) // step > _MAX_VALUES:
        raise NotSupported(f"projection.{key}.range {range_!r} (over {_MAX_VALUES} values)")
    yield from (f"{number:0{width}d}" for number in range(first, last + 1, step))


def _dates(
    table: Table, key: str, range_: str, java_format: str, interval: str | None, unit: str | None, now: dt.datetime
) -> Iterator[str]:
    form = _strftime(table, key, java_format)
    bounds = range_.split(",")
    if len(bounds) != 2:
        raise _invalid(table, f"projection.{key}.range {range_!r} is not two dates with a comma between them")
    first, last = (_bound(table, key, bound.strip(), form, now) for bound in bounds)
    step, unit = int(interval or 1), (unit or _default_unit(table, key, form)).strip().upper().removesuffix("S")
    # A bound relative to NOW begins in the middle of a day: values are told apart by their text, so begin at its start.
    moment, index = dt.datetime.strptime(first.strftime(form), form), 0
    start = moment
    while moment <= last:
        if index > _MAX_VALUES:
            raise NotSupported(f"projection.{key}.range {range_!r} (over {_MAX_VALUES} values)")
        yield moment.strftime(form)
        index += 1
        moment = _plus(start, index * step, unit) or _unknown_unit(table, key, unit)


def _bound(table: Table, key: str, text: str, form: str, now: dt.datetime) -> dt.datetime:
    if found := re.fullmatch(r"(?i)NOW(?:\s*([+-])\s*(\d+)\s*([A-Z]+?)S?)?", text):
        sign, count, unit = found.groups()
        if not sign:
            return now
        return _plus(now, int(f"{sign}{count}"), unit.upper()) or _unknown_unit(table, key, unit)
    try:
        return dt.datetime.strptime(text, form)
    except ValueError as error:
        raise _invalid(
            table, f"projection.{key}.range: {text!r} does not have the format of projection.{key}.format"
        ) from error


def _plus(moment: dt.datetime, count: int, unit: str) -> dt.datetime | None:
    if unit in _STEPS:
        return moment + dt.timedelta(**{_STEPS[unit]: count})
    if unit not in ("MONTH", "YEAR"):
        return None
    months = moment.year * 12 + moment.month - 1 + count * (12 if unit == "YEAR" else 1)
    year, month = divmod(months, 12)
    last_day = (dt.date(year + (month == 11), (month + 1) % 12 + 1, 1) - dt.timedelta(days=1)).day
    return moment.replace(year=year, month=month + 1, day=min(moment.day, last_day))


def _unknown_unit(table: Table, key: str, unit: str) -> dt.datetime:
    raise _invalid(
        table, f"projection.{key}: unit {unit!r} is none of YEARS, MONTHS, WEEKS, DAYS, HOURS, MINUTES, SECONDS"
    )


def _default_unit(table: Table, key: str, form: str) -> str:
    """Athena steps by a day or a month where the format ends there; finer formats must say their unit."""
    if any(finer in form for finer in ("%H", "%M", "%S")):
        raise _invalid(table, f"projection.{key}.interval.unit is not set, and the format is finer than a day")
    return "DAYS" if "%d" in form or "%j" in form else "MONTHS" if "%m" in form or "%b" in form else "YEARS"


def _strftime(table: Table, key: str, java_format: str) -> str:
    pieces = []
    for found in re.finditer(r"'([^']*)'|(([A-Za-z])\3*)|(.)", java_format):
        text, letters, _, other = found.groups()
        if letters and letters not in _JAVA_LETTERS:
            raise NotSupported(f"table {table.qualified}: projection.{key}.format {java_format!r}: {letters!r}")
        pieces.append(_JAVA_LETTERS[letters] if letters else (text or other or "").replace("%", "%%"))
    return "".join(pieces)


def _invalid(table: Table, what: str) -> QueryFailed:
    return QueryFailed(f"INVALID_TABLE_PROPERTY: table {table.qualified}: {what}")
