"""The table contract as the code checks it: schemas/image_scores.json, with Hive types."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

CONTRACT = Path(__file__).parent / "schemas" / "image_scores.json"
Check = Callable[[Any], str | None]
"""Says what is wrong with a value, or None."""

_TIMESTAMP = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}\.\d{3}")
_INTEGER_BITS = {"int": 32, "bigint": 64}


@dataclass(frozen=True)
class RowContract:
    """Columns by name, with a check each; the fields of those that are structs."""

    checks: Mapping[str, Check]
    fields: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path = CONTRACT) -> RowContract:
        """Read the contract file that ships with the code."""
        columns = json.loads(path.read_text(encoding="utf-8"))["columns"]
        types = {column["name"]: column["type"] for column in columns}
        return cls(
            {name: check_of(hive_type) for name, hive_type in types.items()},
            {name: frozenset(_members(hive_type)) for name, hive_type in types.items() if hive_type[:7] == "struct<"},
        )

    def violations(self, values: Mapping[str, Any]) -> Iterator[str]:
        """What Firehose would drop (an unknown column) or send to the error output (a wrong type)."""
        for name, value in values.items():
            check = self.checks.get(name)
            if check is None:
                yield f"{name}: no such column"
            elif value is not None and (wrong := check(value)) is not None:
                yield f"{name}: {wrong}"


@cache
def check_of(hive_type: str) -> Check:
    """Build the check of a Hive type: string, int, bigint, double, timestamp, array<>, map<string,>, struct<>."""
    if hive_type == "string":
        return lambda value: None if isinstance(value, str) and _is_text(value) else _wrong("a string", value)
    if hive_type in _INTEGER_BITS:
        return _integer(_INTEGER_BITS[hive_type])
    if hive_type == "double":
        return lambda value: (
            None
            if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
            else _wrong("a finite number", value)
        )
    if hive_type == "timestamp":
        return lambda value: (
            None if isinstance(value, str) and _TIMESTAMP.fullmatch(value) else _wrong("yyyy-MM-dd HH:mm:ss.SSS", value)
        )
    kind, _, inner = hive_type.removesuffix(">").partition("<")
    if kind == "array" and inner:
        return _array(check_of(inner))
    if kind == "map" and inner.startswith("string,"):
        return _map(check_of(inner.removeprefix("string,")))
    if kind == "struct" and inner:
        return _struct({name: check_of(member) for name, member in _members(hive_type).items()})
    raise ValueError(
        f"the type {hive_type!r} is not known here: use string, int, bigint, double, timestamp or nest them"
    )


def _members(struct: str) -> dict[str, str]:
    """Types of a struct's fields, by name."""
    parts = _split(struct.removeprefix("struct<").removesuffix(">"))
    return {name: member for name, _, member in (part.partition(":") for part in parts)}


def _is_text(value: str) -> bool:
    """Whether it has a UTF-8 form: lone surrogates, which JSON escapes can spell, have none."""
    return value.isascii() or not any("\ud800" <= character <= "\udfff" for character in value)


def _wrong(expected: str, value: Any) -> str:
    return f"expected {expected}, found {type(value).__name__} {str(value)[:80]!r}"


def _integer(bits: int) -> Check:
    limit = 1 << (bits - 1)

    def check(value: Any) -> str | None:
        fits = isinstance(value, int) and not isinstance(value, bool) and -limit <= value < limit
        return None if fits else _wrong(f"an integer of {bits} bits", value)

    return check


def _array(check_item: Check) -> Check:
    def check(value: Any) -> str | None:
        if not isinstance(value, list):
            return _wrong("an array", value)
        return next((wrong for item in value if (wrong := check_item(item)) is not None), None)

    return check


def _map(check_value: Check) -> Check:
    def check(value: Any) -> str | None:
        if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
            return _wrong("a map with string keys", value)
        return next((f"{key}: {w}" for key, item in value.items() if (w := check_value(item)) is not None), None)

    return check


def _struct(fields: Mapping[str, Check]) -> Check:
    def check(value: Any) -> str | None:
        if not isinstance(value, Mapping):
            return _wrong("a struct", value)
        for name, item in value.items():
            if name not in fields:
                return f"{name}: no such field"
            if item is not None and (wrong := fields[name](item)) is not None:
                return f"{name}: {wrong}"
        return None

    return check


def _split(fields: str) -> Iterator[str]:
    """Split at the commas that stand in no bracket."""
    depth, start = 0, 0
    for place, character in enumerate(fields):
        depth += (character == "<") - (character == ">")
        if character == "," and depth == 0:
            yield fields[start:place]
            start = place + 1
    yield fields[start:]
