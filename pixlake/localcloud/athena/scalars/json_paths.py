"""JSON as Trino's json_… functions read and write it.

A number keeps the text it came in, for json_extract_scalar alone writes it as it stood; json_parse and json_extract
write a fraction as a double.
"""

from __future__ import annotations

import json
import re
from typing import Any

from pixlake.localcloud.athena.rendering import java_double

# sqlglot writes `["a b"]` as `."a b"`.
_STEP = re.compile(r"""\.(?P<name>\w+)|\[(?P<index>\d+)\]|(?:\[|\.)"(?P<quoted>(?:[^"\\]|\\.)*)"\]?""")


class _Fraction(str):
    """A number with a fraction or an exponent, as it stood."""

    __slots__ = ()


def json_parse(text: str) -> str:
    """Written anew: without spaces, keys in order, of equal keys the last."""
    return _written(_require(text), in_order=True)


def json_extract(text: str, path: str) -> str | None:
    """The value at a path, as JSON; NULL without one, and for text that is no JSON."""
    found, value = _at(text, path)
    return _written(value) if found else None


def json_extract_scalar(text: str, path: str) -> str | None:
    """The text of the number, string or boolean at a path."""
    found, value = _at(text, path)
    if not found or value is None or isinstance(value, dict | list):
        return None
    return ("false", "true")[value] if isinstance(value, bool) else str(value)


def json_size(text: str, path: str) -> int | None:
    """The members of the object or array at a path; 0 of a scalar."""
    found, value = _at(text, path)
    return (len(value) if isinstance(value, dict | list) else 0) if found else None


def json_array_length(text: str) -> int | None:
    """The length of an array; NULL for anything else."""
    value = _read(text)
    return len(value) if isinstance(value, list) else None


def is_json_scalar(text: str) -> bool:
    """Whether it is a number, a string, a boolean or null."""
    return not isinstance(_require(text), dict | list)


def _at(text: str, path: str) -> tuple[bool, Any]:
    steps, end = [], 1
    for step in _STEP.finditer(path, 1):
        if step.start() != end:
            break
        end = step.end()
        steps.append(step)
    if not path.startswith("$") or end != len(path):
        raise ValueError(
            f"INVALID_FUNCTION_ARGUMENT: Invalid JSON path: '{path}' (the local Athena knows `$`, `.name`, `[1]` and "
            '`["name"]`)'
        )
    try:
        value = json.loads(text, parse_float=_Fraction, object_pairs_hook=_first)
    except ValueError:
        return False, None
    for step in steps:
        key = step["name"] if step["name"] is not None else re.sub(r"\\(.)", r"\1", step["quoted"] or "")
        if step["index"] is not None:
            if not isinstance(value, list) or int(step["index"]) >= len(value):
                return False, None
            value = value[int(step["index"])]
        elif isinstance(value, list) and key.isdigit() and int(key) < len(value):
            value = value[int(key)]
        elif isinstance(value, dict) and key in value:
            value = value[key]
        else:
            return False, None
    return True, value


def _first(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object in which the first of equal keys counts."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        found.setdefault(key, value)
    return found


def _read(text: str) -> Any:
    try:
        return json.loads(text, parse_float=_Fraction)
    except ValueError:
        return None


def _require(text: str) -> Any:
    try:
        return json.loads(text, parse_float=_Fraction)
    except ValueError as error:
        raise ValueError(f"INVALID_FUNCTION_ARGUMENT: Cannot convert value to JSON: '{text}'") from error


def _written(value: Any, in_order: bool = False) -> str:
    if isinstance(value, _Fraction):
        return _double(float(value))
    if isinstance(value, dict):
        keys = sorted(value) if in_order else value
        return "{" + ",".join(f"{_written(key)}:{_written(value[key], in_order)}" for key in keys) + "}"
    if isinstance(value, list):
        return f"[{','.join(_written(item, in_order) for item in value)}]"
    return json.dumps(value, ensure_ascii=False)


def _double(value: float) -> str:
    return java_double(value) if value - value == 0 else json.dumps(java_double(value))


SIGNATURES = {
    json_parse: "VARCHAR -> VARCHAR",
    json_extract: "VARCHAR, VARCHAR -> VARCHAR",
    json_extract_scalar: "VARCHAR, VARCHAR -> VARCHAR",
    json_size: "VARCHAR, VARCHAR -> BIGINT",
    json_array_length: "VARCHAR -> BIGINT",
    is_json_scalar: "VARCHAR -> BOOLEAN",
}
