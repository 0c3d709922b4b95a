"""JSON deaggregation: one record's concatenated objects, `{…}{…}` or one a line, become rows of their own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, NoReturn

MAX_SUB_RECORDS = 500
"""Documented cap. A record with more is not taken apart at all: AWS passes it on whole."""

_WHITESPACE = " \t\r\n"


@dataclass(frozen=True)
class Split:
    """The objects of a record, and what was left when reading stopped (`problem` says why; empty: all was read)."""

    objects: list[bytes]
    rest: bytes = b""
    problem: str = ""


def refuse_constant(name: str) -> NoReturn:
    """Refuse NaN and Infinity, which Python reads and JSON does not have."""
    raise ValueError(f"{name} is not JSON")


_decoder = json.JSONDecoder(parse_constant=refuse_constant)


def split_json_objects(data: bytes) -> Split:
    """Split concatenated JSON objects, with or without whitespace between them.

    Objects before an unreadable place are kept: they are whole. What follows cannot be told apart, so it is `rest`.
    """
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        return Split([], data, f"not UTF-8: {error.reason} at byte {error.start}")
    objects: list[bytes] = []
    ascii_only = text.isascii()  # then offsets in the text are offsets in the bytes
    position = _skip(text, 0)
    if position == len(text):
        return Split([], data, "The record was empty or contained only whitespace.")
    while position < len(text):
        problem = ""
        try:
            value, end = _read(text, position)
            if not isinstance(value, dict):
                problem = f"a JSON object is expected at character {position}, not {text[position : position + 20]!r}"
        except (ValueError, RecursionError) as error:  # RecursionError: nested deeper than any row
            problem = str(error)
        if problem:
            return Split(objects, data[position:] if ascii_only else text[position:].encode(), problem)
        objects.append(data[position:end] if ascii_only else text[position:end].encode())
        position = _skip(text, end)
    return Split(objects)


def _read(text: str, position: int) -> tuple[Any, int]:
    return _decoder.raw_decode(text, position)


def _skip(text: str, position: int) -> int:
    while position < len(text) and text[position] in _WHITESPACE:
        position += 1
    return position
