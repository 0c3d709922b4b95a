"""Execution parameters: the SQL literals that stand for a query's `?`, in the order of the text."""

from __future__ import annotations

from collections.abc import Sequence

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import TokenType

from pixlake.localcloud.athena.errors import COLUMN_NOT_FOUND, QueryFailed
from pixlake.localcloud.athena.query_text import Source, StatementRejected, parse_query
from pixlake.localcloud.athena.statements import Query


def bind(query: Query, values: Sequence[str]) -> Query:
    """Put the values in place of the `?` and parse again.

    The values are SQL text, as in `EXECUTE … USING`: strings come with their single quotes, so an unquoted word is a
    column that cannot be resolved. Athena documents `?` for the WHERE clause only.
    """
    sql = query.source.sql
    marks = [t for t in sqlglot.tokenize(sql, read="athena") if t.token_type is TokenType.PLACEHOLDER]
    if len(marks) != len(values):
        raise QueryFailed(f"Incorrect number of parameters: expected {len(marks)} but found {len(values)}")
    if not marks:
        return query
    for placeholder in query.tree.find_all(exp.Placeholder):
        if not placeholder.find_ancestor(exp.Where):
            raise QueryFailed(
                "SYNTAX_ERROR: a ? parameter may stand in the WHERE clause only (Athena's documented limit); "
                f"found one in: {placeholder.parent.sql('athena') if placeholder.parent else '?'}"
            )
    pieces, at = [], 0
    for mark, value in zip(marks, values, strict=True):
        pieces += [sql[at : mark.start], _literal(value)]
        at = mark.end + 1
    source = Source("".join([*pieces, sql[at:]]))
    try:
        return Query(source, parse_query(source))
    except StatementRejected as error:
        raise QueryFailed(f"SYNTAX_ERROR: {error}") from error


def _literal(value: str) -> str:
    """A value's text, checked to be one constant expression."""
    try:
        trees = sqlglot.parse(f"SELECT ({value})", read="athena")
    except SqlglotError as error:
        raise QueryFailed(f"SYNTAX_ERROR: execution parameter {value!r} is not an SQL literal: {error}") from error
    if len(trees) != 1 or trees[0] is None or isinstance(trees[0].expressions[0], exp.Tuple):
        raise QueryFailed(f"SYNTAX_ERROR: execution parameter {value!r} is not one SQL literal")
    if column := trees[0].find(exp.Column, exp.Subquery):
        unresolved = COLUMN_NOT_FOUND.format(column.name, at="line 1:1")
        raise QueryFailed(f"{unresolved} (execution parameter {value!r}: a string needs single quotes)")
    inner = trees[0].expressions[0].unnest()
    return value if isinstance(inner, exp.Literal | exp.Cast | exp.Neg | exp.Boolean | exp.Null) else f"({value})"
