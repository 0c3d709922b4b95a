"""Trino's scalar functions that DuckDB lacks or means otherwise, in Python; the engine knows them as `trino_…`.

Each takes and gives plain values and is not called for a NULL. What Trino fails at raises `ValueError` whose text
begins with Trino's name for the error; errors.py passes it on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, wraps
from typing import TYPE_CHECKING, Any, NamedTuple

from duckdb.sqltypes import DuckDBPyType

from pixlake.localcloud.athena.scalars import casts, digests, formats, json_paths, numbers, regexps, text, urls

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class Scalar(NamedTuple):
    """A function with the DuckDB types of its arguments and of its value."""

    name: str
    function: Callable[..., Any]
    arguments: list[str]
    value: str


def scalars() -> Iterator[Scalar]:
    """All of them; a signature reads `VARCHAR, BIGINT -> DOUBLE`."""
    for module in (casts, digests, formats, json_paths, numbers, regexps, text, urls):
        for function, signature in module.SIGNATURES.items():
            arguments, value = signature.split(" -> ")
            yield Scalar(f"trino_{function.__name__}", function, arguments.split(", "), value)


def register(connection: DuckDBPyConnection) -> None:
    """Make them known to a connection."""
    for name, function, arguments, value in scalars():
        # With DuckDB's own handling of NULL, a function could not answer NULL.
        kinds: Any = [_type(kind) for kind in arguments], _type(value)
        connection.create_function(name, _strict(function), *kinds, null_handling="special")  # type: ignore[call-overload]


@cache
def _type(name: str) -> DuckDBPyType:
    """Read once: a connection is made for each query."""
    return DuckDBPyType(name)


def _strict(function: Callable[..., Any]) -> Callable[..., Any]:
    """NULL where an argument is NULL."""

    @wraps(function)
    def called(*arguments: Any) -> Any:
        return None if None in arguments else function(*arguments)

    return called
