"""What the translation rules build DuckDB's expressions from."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlglot import exp

from pixlake.localcloud.athena.errors import NotSupported
from pixlake.localcloud.athena.scopes import Scope, kind

if TYPE_CHECKING:
    from duckdb.sqltypes import DuckDBPyType

Rule = Callable[[exp.Expr, Scope], exp.Expr]
"""Gets a node whose children are translated, and the scope it stands in; returns what takes its place."""


class TypeMismatch(Exception):
    """Operands or arguments that Trino does not coerce."""


def call(name: str, *arguments: exp.Expr | str | int) -> exp.Expr:
    """A function call by name; texts and numbers become literals."""
    return exp.Anonymous(this=name, expressions=[a if isinstance(a, exp.Expr) else literal(a) for a in arguments])


def literal(value: str | int) -> exp.Expr:
    """A literal."""
    return exp.Literal.string(value) if isinstance(value, str) else exp.Literal.number(value)


def cast(node: exp.Expr, to: str) -> exp.Expr:
    """A cast to a DuckDB type."""
    return exp.Cast(this=node, to=exp.DataType.build(to, dialect="duckdb"))


def lambda_of(variable: str, body: exp.Expr) -> exp.Lambda:
    """A lambda function of one variable."""
    return exp.Lambda(this=body, expressions=[exp.to_identifier(variable)])


def member(variable: str, index: int) -> exp.Expr:
    """A member of an unnamed row, or an array's element, by its place."""
    return exp.Bracket(this=exp.to_identifier(variable), expressions=[exp.Literal.number(index)], offset=1)


def row(*values: exp.Expr) -> exp.Expr:
    """A row whose fields have no names; `ROW(a)` of a column would be named for it."""
    return call("row", *values)


def refused(what: str, instead: str = "") -> Rule:
    """A rule for what the local Athena does not do."""

    def rule(_node: exp.Expr, _scope: Scope) -> exp.Expr:
        raise NotSupported(what, instead)

    return rule


def renamed(name: str) -> Rule:
    """A rule for a function that has another name alone."""
    return lambda node, _scope: call(name, *arguments(node))


def arguments(node: exp.Expr) -> list[exp.Expr]:
    """The arguments of a call that sqlglot has no node for."""
    found: list[exp.Expr] = node.expressions
    return found


def is_text(type_: DuckDBPyType | None) -> bool:
    """Whether it is varchar; JSON is stored as text too, but is a type of its own."""
    return kind(type_) == "text" and str(type_) != "JSON"


def number_of(node: exp.Expr) -> int | None:
    """The value of an integer literal."""
    negative = isinstance(node, exp.Neg)
    inner = node.this if negative else node
    if isinstance(inner, exp.Literal) and not inner.is_string and inner.name.isdigit():
        return -int(inner.name) if negative else int(inner.name)
    return None


def text_of(node: exp.Expr | None) -> str | None:
    """The value of a text literal."""
    return node.name if isinstance(node, exp.Literal) and node.is_string else None
