"""The OpenX JSON SerDe as Firehose uses it: JSON values read as a Hive type's values.

Documented, and kept: keys are matched in lower case unless told otherwise; unknown keys are dropped and missing ones
are NULL; timestamps come as `yyyy-MM-dd'T'HH:mm:ss[.S]'Z'`, `yyyy-[M]M-[d]d HH:mm:ss[.S]` (fractions to 9 digits) or
epoch seconds or milliseconds, whole or with a fraction.

As the SerDe's source has it: a number, boolean, object or array in a `string` column is kept as its JSON text; text
that spells a number is read in a numeric column; integers widen to `double`, and never the other way.

Choices where it has none or a harmful one, each to the side of the error output: a boolean column takes only `true`
and `false` (the SerDe reads any other text as false); an array column takes only arrays (some versions wrap a scalar);
numbers out of a column's range and keys given twice fail their row. Finer fractions are rounded half up to
milliseconds: that is what Athena shows of them.
"""

from __future__ import annotations

import decimal
import json
import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from pixlake.localcloud.hive_types import INTEGER_BITS, Array, Decimal, HiveType, Map, Primitive, Struct, Text

Reader = Callable[[Any], Any]

_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,10})?")
_DATE = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_LENIENT_TIMESTAMP = re.compile(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2}) ([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:\.([0-9]{1,9}))?"
)
_ISO_TIMESTAMP = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?Z")
_EPOCH_MILLISECONDS_FROM = 10**12  # a number below is seconds
_EARLIEST_MS = int(datetime(1, 1, 1, tzinfo=UTC).timestamp()) * 1000
_LATEST_MS = int(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp()) * 1000 + 999
_FLOAT32_MAX = 3.4028234663852886e38


class MismatchError(Exception):
    """A value that is not of the column's type; the path to it grows on the way out."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.path = ""

    def within(self, name: str) -> MismatchError:
        """Prepend a column's or field's name to the path."""
        self.path = f"{name}.{self.path}" if self.path and self.path[0] != "[" else f"{name}{self.path}"
        return self


class UnreadableTypeError(ValueError):
    """A column's type that this SerDe cannot read from JSON."""


def reader(hive_type: HiveType, *, lower_case: bool) -> Reader:
    """Compile a reader of JSON values; it raises `MismatchError`. NULL is NULL in every type.

    Timestamps are returned as milliseconds since the epoch, so that Arrow takes them as they are.
    """
    read = _reader(hive_type, lower_case=lower_case)
    return lambda value: None if value is None else read(value)


def _reader(hive_type: HiveType, *, lower_case: bool) -> Reader:
    match hive_type:
        case Primitive(name) if name in INTEGER_BITS:
            return _integer(hive_type, INTEGER_BITS[name])
        case Primitive("string"):
            return _string
        case Primitive("boolean"):
            return _boolean
        case Primitive("float" | "double" as name):
            return _float(hive_type, _FLOAT32_MAX if name == "float" else math.inf)
        case Primitive("date"):
            return _date
        case Primitive("timestamp"):
            return _timestamp
        case Text(_, length):
            return lambda value: _string(value)[:length]
        case Decimal():
            return _decimal(hive_type)
        case Array(element):
            return _array(hive_type, reader(element, lower_case=lower_case))
        case Map(key, element):
            return _map(hive_type, reader(key, lower_case=False), reader(element, lower_case=lower_case))
        case Struct(fields):
            names = [(n, n.lower() if lower_case else n, reader(t, lower_case=lower_case)) for n, t in fields]
            return _struct(hive_type, names)
    raise UnreadableTypeError(f"{hive_type} cannot be read from JSON")


def _mismatch(hive_type: HiveType | str, value: Any) -> MismatchError:
    shown = value if isinstance(value, str) else json.dumps(value, default=str)
    return MismatchError(f'For input string: "{shown[:100]}" ({hive_type} is expected)')


def _string(value: Any) -> str:
    text = value if isinstance(value, str) else _json_text(value)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:  # half of a surrogate pair: JSON can spell it, UTF-8 cannot
            raise _mismatch("string", ascii(text)) from None
    return text


def _json_text(value: Any) -> str:
    if isinstance(value, decimal.Decimal):
        return str(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=float)


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise _mismatch("boolean", value)


def _integer(hive_type: HiveType, bits: int) -> Reader:
    limit = 1 << (bits - 1)

    def read(value: Any) -> int:
        if isinstance(value, str) and _INTEGER.fullmatch(value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not -limit <= value < limit:
            raise _mismatch(hive_type, value)
        return value

    return read


def _float(hive_type: HiveType, most: float) -> Reader:
    def read(value: Any) -> float:
        if isinstance(value, bool) or not _is_number(value):
            raise _mismatch(hive_type, value)
        try:
            number = float(value)
        except OverflowError:  # an integer beyond every double
            raise _mismatch(hive_type, value) from None
        if math.isinf(number) or abs(number) > most:
            raise _mismatch(hive_type, value)
        return number

    return read


def _decimal(hive_type: Decimal) -> Reader:
    quantum = decimal.Decimal(1).scaleb(-hive_type.scale)
    whole_digits = hive_type.precision - hive_type.scale
    context = decimal.Context(prec=hive_type.precision + 1, rounding=decimal.ROUND_HALF_UP)

    def read(value: Any) -> decimal.Decimal:
        if isinstance(value, bool) or not _is_number(value):
            raise _mismatch(hive_type, value)
        number = decimal.Decimal(value)
        try:
            number = number.quantize(quantum, context=context)
        except decimal.InvalidOperation:
            raise _mismatch(hive_type, value) from None
        if number and number.adjusted() >= whole_digits:
            raise _mismatch(hive_type, value)
        return number

    return read


def _date(value: Any) -> date:
    match = _DATE.fullmatch(value) if isinstance(value, str) else None
    if match:
        try:
            return date(*(int(part) for part in match.groups()))
        except ValueError:
            pass
    raise _mismatch("date", value)


def _timestamp(value: Any) -> int:
    milliseconds = None
    if isinstance(value, str):
        match = _LENIENT_TIMESTAMP.fullmatch(value) or _ISO_TIMESTAMP.fullmatch(value)
        if match:
            milliseconds = _civil(match)
    if milliseconds is None and not isinstance(value, bool) and _is_number(value):
        milliseconds = _epoch(decimal.Decimal(value))
    if milliseconds is None:
        raise _mismatch("timestamp", value)
    return milliseconds


def _civil(match: re.Match[str]) -> int | None:
    *parts, fraction = match.groups()
    try:
        moment = datetime(*(int(part) for part in parts), tzinfo=UTC)  # type: ignore[arg-type,misc]
    except ValueError:
        return None
    nanoseconds = int((fraction or "").ljust(9, "0"))
    return round(moment.timestamp()) * 1000 + (nanoseconds + 500_000) // 1_000_000


def _epoch(number: decimal.Decimal) -> int | None:
    if not number.is_finite() or number.adjusted() > 17:  # far out of range; not to be written out in digits
        return None
    scaled = number if abs(number) >= _EPOCH_MILLISECONDS_FROM else number * 1000
    milliseconds = int(scaled.to_integral_value(rounding=decimal.ROUND_HALF_UP))
    return milliseconds if _EARLIEST_MS <= milliseconds <= _LATEST_MS else None


def _array(hive_type: HiveType, read: Reader) -> Reader:
    def read_array(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise _mismatch(hive_type, value)
        elements = []
        for index, element in enumerate(value):
            try:
                elements.append(read(element))
            except MismatchError as error:
                raise error.within(f"[{index}]") from None
        return elements

    return read_array


def _map(hive_type: HiveType, read_key: Reader, read_value: Reader) -> Reader:
    def read_map(value: Any) -> list[tuple[Any, Any]]:
        if not isinstance(value, dict):
            raise _mismatch(hive_type, value)
        entries = []
        for key, element in value.items():
            try:
                entries.append((read_key(key), read_value(element)))
            except MismatchError as error:
                raise error.within(f"[{ascii(key)[:60]}]") from None
        return entries

    return read_map


def _struct(hive_type: HiveType, fields: list[tuple[str, str, Reader]]) -> Reader:
    def read_struct(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise _mismatch(hive_type, value)
        found = {}
        for name, key, read in fields:
            try:
                found[name] = read(value.get(key))
            except MismatchError as error:
                raise error.within(name) from None
        return found

    return read_struct


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        return bool(_NUMBER.fullmatch(value))
    return isinstance(value, int | float | decimal.Decimal)
