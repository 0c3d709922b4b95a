"""CAST of text, which DuckDB reads more generously than Trino, and of doubles to text."""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_EVEN, Decimal

_WHOLE = re.compile(r"[+-]?[0-9]+")
_DOUBLE = re.compile(r"[+-]?(NaN|Infinity|([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?[dDfF]?)")
_BOOLEANS = {"t": True, "true": True, "1": True, "f": False, "false": False, "0": False}
_DATE = re.compile(r"[+-]?[0-9]{4,}-[0-9]{1,2}-[0-9]{1,2}")
_TIMESTAMP = re.compile(_DATE.pattern + r"( [0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,12})?)?)?( ?(UTC|Z|[+-]00:?00))?")


def bigint_of_text(text: str) -> int:
    """Sign and digits alone: no exponent, no fraction."""
    number = int(text.strip()) if _WHOLE.fullmatch(text.strip()) else None
    if number is None or not -(2**63) <= number < 2**63:
        raise _cannot(text, "BIGINT")
    return number


def double_of_text(text: str) -> float:
    """What Java's Double.parseDouble takes, but for hexadecimal forms."""
    if not _DOUBLE.fullmatch(text.strip()):
        raise _cannot(text, "DOUBLE")
    return float(text.strip().rstrip("dDfF") if not text.strip().endswith("Infinity") else text)


def boolean_of_text(text: str) -> bool:
    """`t`, `true`, `1` and their contraries, in any case."""
    if text.lower() not in _BOOLEANS:
        raise _cannot(text, "BOOLEAN")
    return _BOOLEANS[text.lower()]


def date_text(text: str) -> str:
    """The text, if it is of Trino's form."""
    if not _DATE.fullmatch(text.strip()):
        raise ValueError(f"INVALID_CAST_ARGUMENT: Value cannot be cast to date: {text}")
    return text


def timestamp_text(text: str) -> str:
    """The text, if it is of Trino's form; of time zones UTC alone."""
    if not _TIMESTAMP.fullmatch(text.strip()):
        if re.search(r"[0-9] ?([A-Za-z]+(/\w+)+|[+-][0-9]{2}:?[0-9]{2})$", text):
            raise ValueError(
                f"NOT_SUPPORTED: timestamp '{text}': a time zone other than UTC is not supported by the local Athena; "
                "give the moment in UTC"
            )
        raise ValueError(f"INVALID_CAST_ARGUMENT: Value cannot be cast to timestamp: {text}")
    return text


def iso8601_text(text: str) -> str:
    """The text, if its zone is UTC or left out."""
    if re.search(r"T.*[+-][0-9]{2}(:?[0-9]{2})?$", text) and not re.search(r"[+-]00(:?00)?$", text):
        raise ValueError(
            f"NOT_SUPPORTED: from_iso8601_timestamp('{text}'): a time zone other than UTC is not supported by the "
            "local Athena"
        )
    return text


def varchar_of_double(value: float) -> str:
    """Trino's form: `1.0E-1`, `0E0`, `NaN`."""
    return _scientific(value, Decimal(repr(value)))


def varchar_of_real(value: float) -> str:
    """The same of a real, which has seven digits."""
    exact = Decimal(value) if math.isfinite(value) else Decimal(0)
    return _scientific(value, exact.quantize(Decimal(1).scaleb(exact.adjusted() - 6), ROUND_HALF_EVEN))


def _scientific(value: float, digits: Decimal) -> str:
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return "-0E0" if math.copysign(1, value) < 0 else "0E0"
    sign, figures, _ = digits.normalize().as_tuple()
    first, *rest = map(str, figures)
    return f"{'-' * sign}{first}.{''.join(rest) or '0'}E{digits.adjusted()}"


def fitting(text: str, length: int) -> str:
    """A value's text, if a varchar of that length can hold it."""
    if len(text) > length:
        raise ValueError(f"INVALID_CAST_ARGUMENT: Value {text} cannot be represented as varchar({length})")
    return text


def _cannot(text: str, kind: str) -> ValueError:
    return ValueError(f"INVALID_CAST_ARGUMENT: Cannot cast '{text}' to {kind}")


SIGNATURES = {
    bigint_of_text: "VARCHAR -> BIGINT",
    double_of_text: "VARCHAR -> DOUBLE",
    boolean_of_text: "VARCHAR -> BOOLEAN",
    date_text: "VARCHAR -> VARCHAR",
    timestamp_text: "VARCHAR -> VARCHAR",
    iso8601_text: "VARCHAR -> VARCHAR",
    varchar_of_double: "DOUBLE -> VARCHAR",
    varchar_of_real: "FLOAT -> VARCHAR",
    fitting: "VARCHAR, BIGINT -> VARCHAR",
}
