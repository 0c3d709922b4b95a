"""Whether two engines gave the same answer."""

import base64
import math
import re
from typing import Any

from pixlake.localcloud.athena.rendering import java_double
from tests.queries.engines import Answer

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:E-?\d+)?")
_NESTED = ("array", "map", "row")
_ATHENA_NAMES = {"real": "float"}


def athena_type(trino: str) -> str:
    """A Trino type's name as Athena's ColumnInfo has it: `varchar(3)` → `varchar`, `row(…)` → `row`."""
    name = re.sub(r"\(.*\)", "", trino).lower()
    return _ATHENA_NAMES.get(name, name)


def athena_value(value: Any, kind: str = "") -> Any:
    """A Trino value as an `Answer` has it: plain where it is a number, a boolean or NULL, or else Athena's text.

    Trino's protocol has binary values in base64, Athena in hexadecimal pairs.
    """
    if kind == "varbinary" and value is not None:
        return base64.b64decode(value).hex(" ")
    return value if value is None or isinstance(value, bool | int | float) else _text(value)


def _text(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case float():
            return java_double(value)
        case list():
            return f"[{', '.join(map(_text, value))}]"
        case dict():
            return "{" + ", ".join(f"{key}={_text(item)}" for key, item in value.items()) + "}"
        case _:
            return str(value)


def disagreements(local: Answer, trino: Answer, ordered: bool) -> list[str]:
    """What differs between the engines' answers, as lines; empty if nothing does.

    Doubles may differ by 1e-9 of their size, also those inside of arrays, maps and rows.
    """
    if (local.columns, local.types) != (trino.columns, trino.types):
        ours, theirs = (list(zip(a.columns, a.types, strict=True)) for a in (local, trino))
        return [f"column {a} and on Trino {b}" for a, b in zip(ours, theirs, strict=False) if a != b] or [
            f"columns {local.columns} and on Trino {trino.columns}"
        ]
    if len(local.rows) != len(trino.rows):
        return [f"{len(local.rows)} rows and on Trino {len(trino.rows)}", *_only(local, trino)]
    ours, theirs = (a.rows if ordered else sorted(a.rows, key=_order) for a in (local, trino))
    return [
        f"row {number}, {name}: {a!r} and on Trino {b!r}"
        for number, (one, other) in enumerate(zip(ours, theirs, strict=True), start=1)
        for name, kind, a, b in zip(local.columns, local.types, one, other, strict=True)
        if not _same(a, b, kind)
    ]


def _order(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A key to sort by, in which doubles count last: engines may add them up in different orders."""
    exact = [(value is None, str(value)) for value in row if not isinstance(value, float)]
    return exact, [value for value in row if isinstance(value, float)]


def _same(one: Any, other: Any, kind: str) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        return _close(one, other)
    if kind in _NESTED and isinstance(one, str):
        if kind == "map":  # a map's entries have no order
            one, other = (" ".join(sorted(text.strip("{}").split(", "))) for text in (one, other))
        pairs = zip(_NUMBER.findall(one), _NUMBER.findall(other), strict=False)
        return _NUMBER.sub("#", one) == _NUMBER.sub("#", other) and all(_close(float(a), float(b)) for a, b in pairs)
    return bool(one == other)


def _close(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-9) or (math.isnan(one) and math.isnan(other))


def _only(local: Answer, trino: Answer) -> list[str]:
    here = [f"only in the local answer: {row}" for row in local.rows if row not in trino.rows]
    there = [f"only in Trino's: {row}" for row in trino.rows if row not in local.rows]
    return here[:3] + there[:3]
