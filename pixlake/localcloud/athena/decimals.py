"""Decimals: Trino's scales and its rounding half up, exactly; DuckDB divides and averages them as doubles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from pixlake.localcloud.athena.errors import NotSupported
from pixlake.localcloud.athena.expressions import Rule, TypeMismatch, call, cast, literal
from pixlake.localcloud.athena.scopes import Scope, children, kind

if TYPE_CHECKING:
    from duckdb.sqltypes import DuckDBPyType


def size(type_: DuckDBPyType) -> tuple[int, int]:
    """Precision and scale of a number as Trino coerces it to a decimal."""
    if type_.id == "decimal":
        precision, scale = (int(str(number)) for _, number in children(type_))
        return precision, scale
    return {"tinyint": 3, "smallint": 5, "integer": 10}.get(type_.id, 19), 0


def divided(dividend: exp.Expr, divisor: exp.Expr, precision: int, scale: int) -> exp.Expr:
    """A quotient as a decimal of that size."""
    texts = (cast(part, "VARCHAR") for part in (dividend, divisor))
    return cast(call("trino_quotient", *texts, scale), f"DECIMAL({precision},{scale})")


def division(node: exp.Expr, left: DuckDBPyType, right: DuckDBPyType) -> exp.Expr:
    """A quotient of decimals has the larger of both scales."""
    (p1, s1), (_, s2) = size(left), size(right)
    return divided(node.this, node.expression, min(38, p1 + s2 + max(0, s2 - s1)), max(s1, s2))


def _rounded(node: exp.Expr, scope: Scope) -> exp.Expr:
    """A decimal rounded to so many digits keeps its scale."""
    type_, digits = scope.type_of(node.this), node.args.get("decimals")
    if type_ is None or type_.id != "decimal" or digits is None:
        return node
    precision, scale = size(type_)
    rounded = call("trino_rounded_decimal", cast(node.this, "VARCHAR"), cast(digits, "INTEGER"))
    return cast(rounded, f"DECIMAL({min(38, precision + 1)},{scale})")


def _truncated(node: exp.Expr, scope: Scope) -> exp.Expr:
    type_, digits = scope.type_of(node.this), node.args.get("decimals")
    if digits is None or type_ is None:
        return node
    if type_.id != "decimal":
        if kind(type_) == "integer":
            raise NotSupported("truncate(x, n) of an integer", "CAST it to a decimal")
        raise TypeMismatch("Unexpected parameters (double, integer) for function truncate")
    return cast(node, str(type_))


def _sign(node: exp.Expr, scope: Scope) -> exp.Expr:
    """Of the operand's type."""
    type_ = scope.type_of(node.this)
    if type_ is None:
        return node
    return cast(node, "DECIMAL(1,0)" if type_.id == "decimal" else str(type_))


BY_NODE: dict[type[exp.Expr], Rule] = {exp.Round: _rounded, exp.Trunc: _truncated, exp.Sign: _sign}


def name_sizes(tree: exp.Expr, sql: str) -> None:
    """Say the size of each decimal that has none: that of the digits of `DECIMAL '1.50'`, else Trino's (38, 0)."""
    for node in tree.find_all(exp.Cast, exp.TryCast):
        to: exp.DataType = node.args["to"]
        for kind_ in to.find_all(exp.DataType):
            if not kind_.is_type(exp.DType.DECIMAL) or kind_.expressions:
                continue
            start = node.this.meta.get("start") if isinstance(node.this, exp.Literal) and kind_ is to else None
            digits = node.this.name.strip().lstrip("+-") if start is not None else ""
            is_literal = start is not None and sql[:start].rstrip().upper().endswith("DECIMAL")
            whole, _, fraction = digits.partition(".")
            precision = max(1, len(whole.lstrip("0")) + len(fraction)) if is_literal else 38
            scale = len(fraction) if is_literal else 0
            kind_.set("expressions", [exp.DataTypeParam(this=literal(n)) for n in (precision, scale)])
