"""format(): the numbers of Java's Formatter."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Context, Decimal

from pixlake.localcloud.athena.rendering import java_double

_WIDE = Context(prec=400)


def format_decimal(number: str, flags: str, width: int, digits: int, form: str) -> str:
    """`%f` and `%e` of a number given as text: Java rounds half up what the shortest text of a double shows."""
    if number in ("nan", "inf", "-inf"):
        shown = {"nan": "NaN", "inf": "+Infinity" if "+" in flags else "Infinity"}.get(number, "-Infinity")
        return f"{shown:<{width}}" if "-" in flags else f"{shown:>{width}}"
    exact = Decimal(number)
    place = -digits if form == "f" else (exact.adjusted() if exact else 0) - digits
    rounded = exact.quantize(Decimal(1).scaleb(place), ROUND_HALF_UP, _WIDE)
    if form == "e":
        mantissa, _, exponent = f"{rounded:.{digits}e}".partition("e")
        text = f"{mantissa}e{int(exponent):+03d}"
        return _padded(text, flags, width)
    return _padded(f"{rounded:{',' * (',' in flags)}.{digits}f}", flags, width)


def format_integer(number: int, flags: str, width: int, form: str) -> str:
    """`%d`, `%x`, `%X` and `%o`; the latter three of a negative number show its 64 bits."""
    if form == "d":
        return _padded(f"{number:{',' * (',' in flags)}d}", flags, width)
    return _padded(format(number & 2**64 - 1, form), flags, width)


def format_text(text: str, flags: str, width: int, longest: int) -> str:
    """`%s`; `longest` cuts it, if not negative."""
    cut = text if longest < 0 else text[:longest]
    return cut.ljust(width) if "-" in flags else cut.rjust(width)


def java_text(value: float) -> str:
    """Double.toString."""
    return java_double(value)


def double_digits(value: float) -> str:
    """The shortest text that tells a double from its neighbours."""
    return repr(value) if math.isfinite(value) else str(value)


def _padded(text: str, flags: str, width: int) -> str:
    sign = "-" if text.startswith("-") else "+" if "+" in flags else " " if " " in flags else ""
    number = text.lstrip("-")
    if "-" in flags:
        return (sign + number).ljust(width)
    return sign + number.rjust(width - len(sign), "0") if "0" in flags else (sign + number).rjust(width)


SIGNATURES = {
    format_decimal: "VARCHAR, VARCHAR, INTEGER, INTEGER, VARCHAR -> VARCHAR",
    format_integer: "BIGINT, VARCHAR, INTEGER, VARCHAR -> VARCHAR",
    format_text: "VARCHAR, VARCHAR, INTEGER, INTEGER -> VARCHAR",
    java_text: "DOUBLE -> VARCHAR",
    double_digits: "DOUBLE -> VARCHAR",
}
