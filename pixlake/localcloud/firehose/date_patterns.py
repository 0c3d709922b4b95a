"""Java `DateTimeFormatter` patterns, as far as object prefixes need them; other letters are refused by name."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_TOKEN = re.compile(r"'(?:[^']|'')*'|([A-Za-z])\1*|[^A-Za-z']+|'")


def _name(names: tuple[str, ...], index: int, width: int) -> str:
    return names[index][:3] if width <= 3 else names[index]


def _year(moment: datetime, width: int) -> str:
    return f"{moment.year % 100:02}" if width == 2 else f"{moment.year:0{width}}"


def _month(moment: datetime, width: int) -> str:
    return f"{moment.month:0{width}}" if width <= 2 else _name(_MONTHS, moment.month - 1, width)


# Names of months and days are English whatever the machine's locale: strftime would follow it.
_FIELDS: dict[str, Callable[[datetime, int], str]] = {
    "y": _year,
    "u": _year,
    "M": _month,
    "L": _month,
    "d": lambda moment, width: f"{moment.day:0{width}}",
    "D": lambda moment, width: f"{moment.timetuple().tm_yday:0{width}}",
    "E": lambda moment, width: _name(_DAYS, moment.weekday(), width),
    "a": lambda moment, _: "AM" if moment.hour < 12 else "PM",
    "H": lambda moment, width: f"{moment.hour:0{width}}",
    "h": lambda moment, width: f"{(moment.hour + 11) % 12 + 1:0{width}}",
    "m": lambda moment, width: f"{moment.minute:0{width}}",
    "s": lambda moment, width: f"{moment.second:0{width}}",
    "S": lambda moment, width: f"{moment.microsecond:06}".ljust(width, "0")[:width],
}


def check_pattern(pattern: str) -> None:
    """Raise `ValueError` for a pattern that cannot be formatted here."""
    format_date(pattern, datetime(2000, 1, 1))


def format_date(pattern: str, moment: datetime) -> str:
    """Format a moment; text in single quotes is literal, `''` is a quote."""
    pieces = []
    for match in _TOKEN.finditer(pattern):
        piece, letter = match[0], match[1]
        if letter in _FIELDS:
            pieces.append(_FIELDS[letter](moment, len(piece)))
        elif letter:
            raise ValueError(f"the letter {letter!r} of the date pattern {pattern!r} is not supported")
        elif piece == "'":
            raise ValueError(f"the date pattern {pattern!r} has a quote that does not end")
        elif piece == "''":
            pieces.append("'")
        else:
            pieces.append(piece[1:-1].replace("''", "'") if piece[0] == "'" else piece)
    return "".join(pieces)
