"""What an expression's type is at its place in a query, asked of the engine itself.

Trino and DuckDB differ where a result depends on types (division, UNNEST, casts); sqlglot does not know them. The
engine does: `SELECT <expression> FROM <the sources at that place>` is bound against the empty tables and never run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import duckdb
from sqlglot import exp

from pixlake.localcloud.athena.engine import Engine

if TYPE_CHECKING:
    from duckdb.sqltypes import DuckDBPyType

INTEGERS = frozenset(
    {"tinyint", "smallint", "integer", "bigint", "hugeint", "ubigint", "uinteger", "usmallint", "utinyint"}
)
FLOATS = frozenset({"float", "double"})
TIMES = frozenset({"timestamp", "timestamp_s", "timestamp_ms", "timestamp_ns"})


@dataclass(frozen=True)
class Scope:
    """The sources that are visible at a place: CTEs, FROM items so far, lambda variables, the query around."""

    engine: Engine
    ctes: tuple[exp.CTE, ...] = ()
    sources: tuple[exp.Expr, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    outer: Scope | None = None
    in_try: bool = False
    _asked: dict[str, DuckDBPyType | None] = field(default_factory=dict, compare=False)

    def inside(self, ctes: Sequence[exp.CTE]) -> Scope:
        """The scope of a query nested here."""
        return Scope(self.engine, tuple(ctes), outer=self, in_try=self.in_try)

    def with_source(self, *sources: exp.Expr) -> Scope:
        """The scope and more FROM items."""
        return replace(self, sources=(*self.sources, *sources), _asked={})

    def with_variables(self, variables: Sequence[tuple[str, str]]) -> Scope:
        """The scope and lambda variables (name, DuckDB type)."""
        return replace(self, variables=(*self.variables, *variables), _asked={})

    def trying(self) -> Scope:
        """The scope, inside TRY."""
        return replace(self, in_try=True, _asked={})

    def type_of(self, expression: exp.Expr) -> DuckDBPyType | None:
        """The DuckDB type of a translated expression; None if it cannot be told (the real error comes on binding)."""
        text = expression.sql("duckdb")
        if text not in self._asked:
            try:
                self._asked[text] = self.engine.types(self.probe(text))[0]
            except duckdb.Error:
                self._asked[text] = None
        return self._asked[text]

    def columns_of(self, query: exp.Expr) -> list[DuckDBPyType]:
        """The DuckDB types of a translated query's columns; none if they cannot be told."""
        try:
            return self.engine.types(f"{self._with()}{query.sql('duckdb')}")
        except duckdb.Error:
            return []

    def resolves(self, expression: exp.Expr) -> bool:
        """Whether every name of an expression can be resolved from the sources alone."""
        return self.type_of(expression) is not None

    def names(self) -> set[str]:
        """The names of all sources, in small letters."""
        found: set[str] = set()
        scope: Scope | None = self
        while scope is not None:
            items = (source.this if isinstance(source, exp.Join) else source for source in scope.sources)
            found |= {item.alias_or_name.lower() for item in items}
            scope = scope.outer
        return found

    def probe(self, text: str) -> str:
        """`SELECT <text>` at this place, as DuckDB SQL."""
        select = f"SELECT {text}"
        sources = self._from()
        return self._with() + select + (f" FROM {sources}" if sources else "")  # noqa: S608

    def _with(self) -> str:
        ctes: dict[str, str] = {}
        scope: Scope | None = self
        while scope is not None:
            for cte in scope.ctes:
                ctes.setdefault(cte.alias.lower(), cte.sql("duckdb"))
            scope = scope.outer
        return f"WITH {', '.join(ctes.values())} " if ctes else ""

    def _from(self) -> str:
        text = ""
        scope: Scope | None = self
        while scope is not None:
            for source in scope.sources:
                piece = source.sql("duckdb")
                text += piece if not text else f" {piece}" if isinstance(source, exp.Join) else f", {piece}"
            for name, kind in scope.variables:
                lambda_variable = f'(SELECT CAST(NULL AS {kind}) AS "{name}") AS "_variable_{name}"'
                text = f"{text} CROSS JOIN {lambda_variable}" if text else lambda_variable
            scope = scope.outer
        return text


def children(type_: DuckDBPyType) -> list[tuple[str, DuckDBPyType]]:
    """A nested type's parts: (name, type) of a struct's fields, a map's key and value, a list's element."""
    found: Any = type_.children
    return list(found)


def kind(type_: DuckDBPyType | None) -> str:
    """A type's family: integer, decimal, float, text, date, time, zoned, or DuckDB's own name; '' if unknown."""
    if type_ is None:
        return ""
    name = type_.id
    if name in INTEGERS:
        return "integer"
    if name in FLOATS:
        return "float"
    if name in TIMES:
        return "time"
    return {"varchar": "text", "timestamp with time zone": "zoned", "timestamp_tz": "zoned"}.get(name, name)
