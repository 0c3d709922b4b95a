"""Values as people read them, a column of a result at a time: its name and all of its values tell what they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from pixlake.cli.terminal import human_bytes


def readable(column: str, values: Sequence[Any]) -> list[str]:
    """One text a value.

    Sizes (`…bytes`) are in KB or MB, shares (`share`, `…_share`) in percent, whole numbers grouped by thousands unless
    they are years, times without the zeros that all of them end with; NULL is a dash. Nothing can steer a terminal.
    """
    present = [value for value in values if value is not None]
    write = _writer(column, present)
    return ["–" if value is None else write(value) for value in values]


def printable(value: Any) -> str:
    """A value as text that cannot steer a terminal: control characters are escaped."""
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in str(value))


def _writer(column: str, present: Sequence[Any]) -> Callable[[Any], str]:
    kinds = {_kind(value) for value in present}
    if kinds == {"time"}:
        return _time(present)
    if kinds and kinds <= {"whole", "real"}:
        if column.endswith("bytes"):
            return human_bytes
        if column == "share" or column.endswith("_share"):
            return lambda value: f"{value * 100:.1f} %"
        if kinds == {"whole"}:
            return str if column == "year" or column.endswith(("_year", "hash")) else "{:,}".format
        return _real
    return printable


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "truth"
    if isinstance(value, int):
        return "whole"
    if isinstance(value, float):
        return "real"
    return "time" if isinstance(value, datetime) else "text"


def _real(value: float) -> str:
    text = f"{value:,.4f}".rstrip("0").rstrip(".")
    return text if value == 0 or text not in ("0", "-0") else f"{value:.2g}"


def _time(present: Sequence[datetime]) -> Callable[[datetime], str]:
    if all((moment.hour, moment.minute, moment.second, moment.microsecond) == (0, 0, 0, 0) for moment in present):
        form = "%Y-%m-%d"
    elif all((moment.second, moment.microsecond) == (0, 0) for moment in present):
        form = "%Y-%m-%d %H:%M"
    else:
        form = "%Y-%m-%d %H:%M:%S"
    return lambda moment: moment.strftime(form)
