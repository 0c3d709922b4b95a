"""Functions of text."""

from __future__ import annotations

import unicodedata
from typing import Literal

_UNITS = (("week", 604800), ("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))


def split(text: str, delimiter: str, limit: int) -> list[str]:
    """At most so many parts; the last holds the rest."""
    if not delimiter:
        raise ValueError("INVALID_FUNCTION_ARGUMENT: The delimiter may not be the empty string")
    if limit <= 0:
        raise ValueError("INVALID_FUNCTION_ARGUMENT: Limit must be positive")
    return text.split(delimiter, limit - 1)


def split_part(text: str, delimiter: str, index: int) -> str | None:
    """The part of that number, from 1; NULL beyond the last."""
    if index < 1:
        raise ValueError("INVALID_FUNCTION_ARGUMENT: Index must be greater than zero")
    parts = text.split(delimiter) if delimiter else list(text)
    return parts[index - 1] if index <= len(parts) else None


def split_pairs(text: str, entries: str, pairs: str, repeated: bool) -> list[list[str]]:
    """Keys and values, as of split_to_map (no key may come twice) and split_to_multimap."""
    found = [entry.split(pairs) for entry in text.split(entries)] if text else []
    if wrong := [pair for pair in found if len(pair) != 2]:
        raise ValueError(
            "INVALID_FUNCTION_ARGUMENT: Key-value delimiter must appear exactly once in each entry. "
            f"Bad input: '{pairs.join(wrong[0])}'"
        )
    keys = [key for key, _ in found]
    if not repeated and len(set(keys)) < len(keys):
        again = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"INVALID_FUNCTION_ARGUMENT: Duplicate keys ({again}) are not allowed")
    return found


def strpos(text: str, part: str, occurrence: int) -> int:
    """The place of the n-th occurrence, from 1; counted from the end if negative; 0 if there is none."""
    if occurrence == 0:
        raise ValueError("INVALID_FUNCTION_ARGUMENT: 'instance' must be a positive or negative number.")
    at, step = (-1, 1) if occurrence > 0 else (len(text) + 1, -1)
    for _ in range(abs(occurrence)):
        at = text.find(part, at + 1) if step > 0 else text.rfind(part, 0, max(at + len(part) - 1, 0))
        if at < 0:
            return 0
    return at + 1


def substr(text: str, start: int, length: int) -> str:
    """From 1, or from the end if negative; nothing where the start is outside."""
    begin = start - 1 if start > 0 else len(text) + start
    return text[begin : begin + max(length, 0)] if start and 0 <= begin < len(text) else ""


def padded(text: str, size: int, filling: str, side: str) -> str:
    """`left` or `right`; longer text is cut."""
    if size < 0:
        raise ValueError("INVALID_FUNCTION_ARGUMENT: Target length must be in the range [0..2147483647]")
    if not filling:
        raise ValueError("INVALID_FUNCTION_ARGUMENT: Padding string must not be empty")
    missing = size - len(text)
    if missing <= 0:
        return text[:size]
    pad = (filling * (missing // len(filling) + 1))[:missing]
    return pad + text if side == "left" else text + pad


def normalized(text: str, form: Literal["NFC", "NFD", "NFKC", "NFKD"]) -> str:
    """A Unicode normal form."""
    return unicodedata.normalize(form, text)


def human_readable_seconds(seconds: float) -> str:
    """`1 minute, 36 seconds`; the sign is dropped."""
    rest, parts = int(abs(seconds) + 0.5), []
    for name, size in _UNITS:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {name}{'s' * (count != 1)}")
    return ", ".join(parts) or "0 seconds"


def luhn_check(digits: str) -> bool:
    """Whether the last digit is the check digit of the others."""
    if not digits.isascii() or not digits.isdigit():
        raise ValueError(f"INVALID_FUNCTION_ARGUMENT: Input '{digits}' contains characters other than digits")
    total = 0
    for place, digit in enumerate(map(int, reversed(digits))):
        doubled = digit * 2 if place % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


SIGNATURES = {
    split: "VARCHAR, VARCHAR, BIGINT -> VARCHAR[]",
    split_part: "VARCHAR, VARCHAR, BIGINT -> VARCHAR",
    split_pairs: "VARCHAR, VARCHAR, VARCHAR, BOOLEAN -> VARCHAR[][]",
    strpos: "VARCHAR, VARCHAR, BIGINT -> BIGINT",
    substr: "VARCHAR, BIGINT, BIGINT -> VARCHAR",
    padded: "VARCHAR, BIGINT, VARCHAR, VARCHAR -> VARCHAR",
    normalized: "VARCHAR, VARCHAR -> VARCHAR",
    human_readable_seconds: "DOUBLE -> VARCHAR",
    luhn_check: "VARCHAR -> BOOLEAN",
}
