"""Arithmetic that has to be exact, and numbers in other bases."""

from __future__ import annotations

import math
from bisect import bisect_right
from decimal import ROUND_HALF_UP, Context, Decimal, DivisionByZero, InvalidOperation

_EXACT = Context(prec=120, traps=[DivisionByZero, InvalidOperation])
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def quotient(dividend: str, divisor: str, scale: int) -> str:
    """A quotient of decimals, rounded half up (away from zero) at the scale."""
    if not Decimal(divisor):
        raise ValueError("DIVISION_BY_ZERO: Division by zero")
    exact = _EXACT.divide(Decimal(dividend), Decimal(divisor))
    return f"{exact.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP, _EXACT):f}"


def rounded_decimal(number: str, digits: int) -> str:
    """A decimal rounded half up; digits may be negative."""
    return f"{Decimal(number).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP, _EXACT):f}"


def to_base(value: int, radix: int) -> str:
    """An integer's digits in a base of 2 to 36."""
    _require_radix(radix)
    rest, digits = abs(value), ""
    while rest or not digits:
        rest, digit = divmod(rest, radix)
        digits = _DIGITS[digit] + digits
    return "-" * (value < 0) + digits


def from_base(text: str, radix: int) -> int:
    """Its inverse; letters in either case."""
    _require_radix(radix)
    try:
        value = int(text, radix) if text.strip() == text and "_" not in text else None
    except ValueError:
        value = None
    # int() takes the prefix of the base, as in 0x10; Trino does not.
    if value is None or not -(2**63) <= value < 2**63 or not text.lstrip("+-").lower().strip(_DIGITS[:radix]) == "":
        raise ValueError(f"INVALID_FUNCTION_ARGUMENT: Not a valid base-{radix} number: {text}")
    return value


def shifted(value: int, shift: int, bits: int, how: str) -> int:
    """`left`, `right` (filled with zeros) or `arithmetic` (filled with the sign) within so many bits."""
    if how == "arithmetic":
        return value >> min(max(shift, 0), bits)
    unsigned = value & (1 << bits) - 1
    moved = (unsigned << shift if how == "left" else unsigned >> shift) & (1 << bits) - 1 if shift < bits else 0
    return moved - (1 << bits) if moved >> bits - 1 else moved


def width_bucket(value: float, low: float, high: float, buckets: int) -> int:
    """The bucket of equal widths, from 1; 0 below and `buckets` + 1 above."""
    if buckets <= 0:
        raise ValueError("INVALID_FUNCTION_ARGUMENT: bucketCount must be greater than 0")
    if not all(map(math.isfinite, (low, high))) or math.isnan(value) or low == high:
        raise ValueError("INVALID_FUNCTION_ARGUMENT: operand must not be NaN, bounds must be finite and differ")
    first, last = min(low, high), max(low, high)
    bucket = (
        0 if value < first else buckets + 1 if value >= last else int(buckets * (value - first) / (last - first)) + 1
    )
    return bucket if low < high else buckets - bucket + 1


def bin_of(value: float, bounds: list[float]) -> int:
    """How many of the ascending bounds are not above the value."""
    if not bounds:
        raise ValueError("INVALID_FUNCTION_ARGUMENT: Bins cannot be an empty array")
    if sorted(bounds) != bounds:
        raise ValueError("INVALID_FUNCTION_ARGUMENT: Bin values are not sorted in ascending order")
    return bisect_right(bounds, value)


def _require_radix(radix: int) -> None:
    if not 2 <= radix <= 36:
        raise ValueError("INVALID_FUNCTION_ARGUMENT: Radix must be between 2 and 36")


SIGNATURES = {
    quotient: "VARCHAR, VARCHAR, INTEGER -> VARCHAR",
    rounded_decimal: "VARCHAR, INTEGER -> VARCHAR",
    to_base: "BIGINT, BIGINT -> VARCHAR",
    from_base: "VARCHAR, BIGINT -> BIGINT",
    shifted: "BIGINT, BIGINT, INTEGER, VARCHAR -> BIGINT",
    width_bucket: "DOUBLE, DOUBLE, DOUBLE, BIGINT -> BIGINT",
    bin_of: "DOUBLE, DOUBLE[] -> BIGINT",
}
