"""Values as Athena writes them into CSV files and GetQueryResults: always text, in Trino's (Java's) forms."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from pixlake.localcloud.athena.errors import NotSupported

Renderer = Callable[[Any], str]


def java_double(value: float) -> str:
    """A double as Java's Double.toString: `0.5`, `1.0E-5`, `1.0E7`, `NaN`, `Infinity`."""
    return _java_number(value, repr(float(value)))


def java_float(value: float) -> str:
    """A real as Java's Float.toString: the shortest digits that tell it from its neighbours at 32 bits."""
    return _java_number(value, str(np.float32(value)))


def _java_number(value: float, shortest: str) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return "-0.0" if shortest.startswith("-") else "0.0"
    sign, digits, exponent = Decimal(shortest).normalize().as_tuple()
    text = "".join(map(str, digits))
    power = len(text) + int(exponent) - 1  # value = d.ddd × 10^power
    minus = "-" if sign else ""
    if -3 <= power < 7:
        if power < 0:
            return f"{minus}0.{'0' * (-power - 1)}{text}"
        whole, rest = text[: power + 1].ljust(power + 1, "0"), text[power + 1 :]
        return f"{minus}{whole}.{rest or '0'}"
    return f"{minus}{text[0]}.{text[1:] or '0'}E{power}"


def renderer(arrow: pa.DataType) -> Renderer:
    """The function that writes a non-NULL Python value (`to_pylist`) of an Arrow type."""
    if pa.types.is_list(arrow) or pa.types.is_large_list(arrow):
        return _list_renderer(arrow)
    if pa.types.is_map(arrow):
        return _map_renderer(arrow)
    if pa.types.is_struct(arrow):
        return _row_renderer(arrow)
    for is_type, render in _SIMPLE:
        if is_type(arrow):
            return render
    if pa.types.is_timestamp(arrow):
        return _zoned if arrow.tz else _timestamp
    return str


def _boolean(value: bool) -> str:
    return "true" if value else "false"


def _timestamp(value: dt.datetime) -> str:
    return f"{value:%Y-%m-%d %H:%M:%S}.{value.microsecond // 1000:03d}"


def _zoned(value: dt.datetime) -> str:
    return f"{_timestamp(value.astimezone(dt.UTC))} UTC"


def _time(value: dt.time) -> str:
    return f"{value:%H:%M:%S}.{value.microsecond // 1000:03d}"


def _binary(value: bytes) -> str:
    return value.hex(" ")


def _decimal(value: Decimal) -> str:
    return f"{value:f}"


def _interval(value: Any) -> str:
    """Day-time intervals as `1 00:00:00.000`; year-month ones are another type, which the engine cannot tell."""
    if value.months:
        raise NotSupported("an interval of months as a result")
    total = value.days * 86_400_000 + value.nanoseconds // 1_000_000
    seconds, milliseconds = divmod(abs(total), 1000)
    days, rest = divmod(seconds, 86_400)
    sign = "-" if total < 0 else ""
    return f"{sign}{days} {rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}.{milliseconds:03d}"


_SIMPLE: list[tuple[Callable[[pa.DataType], bool], Renderer]] = [
    (pa.types.is_boolean, _boolean),
    (pa.types.is_float64, java_double),
    (pa.types.is_float32, java_float),
    (pa.types.is_decimal, _decimal),
    (pa.types.is_binary, _binary),
    (pa.types.is_large_binary, _binary),
    (pa.types.is_date, dt.date.isoformat),
    (pa.types.is_time, _time),
    (pa.types.is_interval, _interval),
]


def _or_null(render: Renderer) -> Renderer:
    return lambda value: "null" if value is None else render(value)


def _list_renderer(arrow: pa.ListType) -> Renderer:
    element = _or_null(renderer(arrow.value_type))
    return lambda values: f"[{', '.join(element(value) for value in values)}]"


def _map_renderer(arrow: pa.MapType) -> Renderer:
    key, item = _or_null(renderer(arrow.key_type)), _or_null(renderer(arrow.item_type))
    return lambda pairs: "{" + ", ".join(f"{key(k)}={item(v)}" for k, v in pairs) + "}"


def _row_renderer(arrow: pa.StructType) -> Renderer:
    fields = [(arrow.field(i).name, _or_null(renderer(arrow.field(i).type))) for i in range(arrow.num_fields)]
    return lambda row: "{" + ", ".join(f"{_field_name(n)}={render(row[n])}" for n, render in fields) + "}"


def _field_name(name: str) -> str:
    """Fields without a name are field0, field1, … in Trino."""
    if found := re.fullmatch(r"_(\d+)", name):
        return f"field{found[1]}"
    if found := re.fullmatch(r"element(\d+)", name):
        return f"field{int(found[1]) - 1}"
    return name
