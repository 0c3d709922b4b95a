"""Where Trino and DuckDB differ, one rule a node type (here) or function name (functions.py).

A rule gets a node whose children are translated already and the scope it stands in, and returns what takes its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlglot import exp
from sqlglot.expressions import apply_index_offset

from pixlake.localcloud.athena import functions
from pixlake.localcloud.athena.functions import call, cast
from pixlake.localcloud.athena.scopes import Scope, children, kind

if TYPE_CHECKING:
    from duckdb.sqltypes import DuckDBPyType

Rule = Callable[[exp.Expr, Scope], exp.Expr]

_CLASSES = {
    "integer": "number",
    "decimal": "number",
    "float": "number",
    "text": "text",
    "date": "temporal",
    "time": "temporal",
    "zoned": "temporal",
    "boolean": "boolean",
}
_OPERATORS: dict[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
_ARITHMETIC: dict[type[exp.Expr], str] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%"}


class TypeMismatch(Exception):
    """Operands that Trino does not coerce."""


def apply(node: exp.Expr, scope: Scope) -> exp.Expr:
    """Put a node in DuckDB's words."""
    if isinstance(node, exp.Anonymous):
        return functions.apply_by_name(node, scope)
    rule = _RULES.get(type(node)) or functions.BY_NODE.get(type(node))
    return rule(node, scope) if rule else node


def trino_name(type_: DuckDBPyType) -> str:
    """A type's name in Trino's messages and `typeof`."""
    name = str(type_)
    plain = {
        "VARCHAR": "varchar",
        "TIMESTAMP": "timestamp(3)",
        "TIMESTAMP WITH TIME ZONE": "timestamp(3) with time zone",
        "FLOAT": "real",
        "BLOB": "varbinary",
        "HUGEINT": "bigint",
        "UBIGINT": "bigint",
        '"NULL"': "unknown",
    }
    if name in plain:
        return plain[name]
    if type_.id == "list":
        return f"array({trino_name(children(type_)[0][1])})"
    if type_.id == "map":
        return f"map({', '.join(trino_name(child) for _, child in children(type_))})"
    if type_.id == "struct":
        return f"row({', '.join(f'{field} {trino_name(child)}' for field, child in children(type_))})"
    return "timestamp(3)" if kind(type_) == "time" else name.lower()


def _comparison(node: exp.Expr, scope: Scope) -> exp.Expr:
    _require_same_class(
        scope, f"Cannot apply operator: {{0}} {_OPERATORS[type(node)]} {{1}}", node.this, node.expression
    )
    return node


def _between(node: exp.Expr, scope: Scope) -> exp.Expr:
    for bound in (node.args["low"], node.args["high"]):
        _require_same_class(scope, "Cannot check if {0} is BETWEEN {1} and {1}", node.this, bound)
    return node


def _in(node: exp.Expr, scope: Scope) -> exp.Expr:
    for item in node.expressions:
        _require_same_class(scope, "IN value and list items must be the same type: {0}, {1}", node.this, item)
    return node


def _require_same_class(scope: Scope, message: str, left: exp.Expr, right: exp.Expr) -> None:
    """DuckDB coerces strings to timestamps and numbers; Trino does not, and a query that relies on it fails on AWS."""
    one, other = scope.type_of(left), scope.type_of(right)
    one_class, other_class = _CLASSES.get(kind(one)), _CLASSES.get(kind(other))
    if one is not None and other is not None and one_class and other_class and one_class != other_class:
        raise TypeMismatch(message.format(trino_name(one), trino_name(other)))


def _arithmetic(node: exp.Expr, scope: Scope) -> exp.Expr:
    for operand, other in ((node.this, node.expression), (node.expression, node.this)):
        type_, other_type = scope.type_of(operand), scope.type_of(other)
        if kind(type_) == "text" and type_ is not None and other_type is not None:
            left, right = (type_, other_type) if operand is node.this else (other_type, type_)
            raise TypeMismatch(
                f"Cannot apply operator: {trino_name(left)} {_ARITHMETIC[type(node)]} {trino_name(right)}"
            )
    if isinstance(node, exp.Div):
        return _division(node, scope)
    kinds = {kind(scope.type_of(node.this)), kind(scope.type_of(node.expression))}
    if kinds == {"date", "interval"}:  # DuckDB: a timestamp
        return cast(exp.paren(node), "DATE")
    return node


def _division(node: exp.Div, scope: Scope) -> exp.Expr:
    """Integers divide to an integer (towards zero), decimals to a decimal of the larger scale, doubles as IEEE says."""
    left, right = scope.type_of(node.this), scope.type_of(node.expression)
    kinds = {kind(left), kind(right)}
    if kinds == {"integer"}:
        return exp.IntDiv(this=_wrapped(node.this), expression=_wrapped(node.expression))
    if "decimal" in kinds and kinds <= {"integer", "decimal"} and left is not None and right is not None:
        (p1, s1), (_, s2) = _decimal(left), _decimal(right)
        scale = max(s1, s2)
        precision = min(38, p1 + s2 + max(0, s2 - s1))
        # DuckDB divides decimals as doubles: 1/0 would be infinite there and is an error in Trino. `%` raises it.
        quotient = exp.Div(this=_wrapped(node.this), expression=_wrapped(node.expression))
        guard = exp.Mod(this=exp.Literal.number(0), expression=_wrapped(node.expression.copy()))
        return cast(exp.paren(exp.Add(this=quotient, expression=exp.paren(guard))), f"DECIMAL({precision},{scale})")
    return node


def _decimal(type_: DuckDBPyType) -> tuple[int, int]:
    """Precision and scale of a number as Trino coerces it to a decimal."""
    if type_.id == "decimal":
        precision, scale = (int(str(number)) for _, number in children(type_))
        return precision, scale
    return {"tinyint": 3, "smallint": 5, "integer": 10}.get(type_.id, 19), 0


def _wrapped(node: exp.Expr) -> exp.Expr:
    return exp.paren(node) if isinstance(node, exp.Binary | exp.Unary) and not isinstance(node, exp.Paren) else node


def _cast(node: exp.Expr, scope: Scope) -> exp.Expr:
    """Casts round half up, and numbers and times become text as Trino writes them."""
    to: exp.DataType = node.args["to"]
    source = scope.type_of(node.this)
    if to.is_type(exp.DType.TIMESTAMP, exp.DType.TIMESTAMPTZ, exp.DType.TIMESTAMPNTZ):
        to.set("expressions", [])  # a precision would choose another DuckDB type
        return node
    if to.is_type(*exp.DataType.INTEGER_TYPES) and kind(source) == "float":
        node.set("this", call("round", node.this))
        return node
    if to.is_type(exp.DType.JSON):
        return call("to_json", node.this)
    if not to.is_type(*exp.DataType.TEXT_TYPES):
        return node
    text = functions.as_text(node, source)
    length = to.expressions[0].this if to.expressions else None
    to.set("expressions", [])
    return call("left", text, length) if isinstance(length, exp.Expr) else text


def _bracket(node: exp.Expr, scope: Scope) -> exp.Expr:
    """`a[i]` beyond the end and `m[k]` without the key are errors in Trino; element_at gives NULL in both."""
    if node.args.get("safe") or scope.in_try or len(node.expressions) != 1:
        return node
    type_ = scope.type_of(node.this)
    if type_ is None or type_.id not in ("list", "map"):
        return node
    offset = 1 - int(node.args.get("offset") or 0)
    [index] = apply_index_offset(node.this, node.expressions, offset, dialect="duckdb")
    return call("trino_array_at" if type_.id == "list" else "trino_map_at", node.this, index)


def _concatenation(node: exp.Expr, scope: Scope) -> exp.Expr:
    one, other = scope.type_of(node.this), scope.type_of(node.expression)
    if one is not None and other is not None and {kind(one), kind(other)} & {"text"} and kind(one) != kind(other):
        known = {kind(one), kind(other)} - {"text"}
        if known & set(_CLASSES):
            raise TypeMismatch(f"Unexpected parameters ({trino_name(one)}, {trino_name(other)}) for function concat")
    return node


def _count_if(node: exp.Expr, scope: Scope) -> exp.Expr:  # noqa: ARG001
    """In DuckDB it is a sum, and NULL where there is nothing to sum; in Trino it counts, and is 0."""
    return exp.Count(this=exp.Case(ifs=[exp.If(this=node.this, true=exp.Literal.number(1))]))


def _sum(node: exp.Expr, scope: Scope) -> exp.Expr:
    """A sum of integers is a bigint in Trino, a hugeint in DuckDB. The cast goes around FILTER and OVER."""
    if isinstance(node.parent, exp.Filter | exp.Window | exp.WithinGroup | exp.IgnoreNulls | exp.RespectNulls):
        return node
    type_ = scope.type_of(node)
    if type_ is not None and type_.id == "hugeint":
        return cast(node, "BIGINT")
    inner = node.find(exp.Avg) if isinstance(node, exp.Window | exp.Filter | exp.Avg) else None
    operand = scope.type_of(inner.this) if inner is not None else None
    return cast(node, str(operand)) if operand is not None and operand.id == "decimal" else node


def _typeof(node: exp.Expr, scope: Scope) -> exp.Expr:
    type_ = scope.type_of(node.this)
    return exp.Literal.string(trino_name(type_)) if type_ is not None else node


def _at_time_zone(node: exp.Expr, scope: Scope) -> exp.Expr:
    return functions.at_time_zone(node.this, node.args["zone"], scope)


def _regexp_replace(node: exp.Expr, scope: Scope) -> exp.Expr:  # noqa: ARG001
    r"""Groups are `$1` in Trino's replacements, `\1` in DuckDB's."""
    replacement = node.args.get("replacement")
    if replacement is None:
        node.set("replacement", exp.Literal.string(""))
    elif isinstance(replacement, exp.Literal):
        node.set("replacement", exp.Literal.string(re.sub(r"\$(\d)", r"\\\1", replacement.name.replace("\\", "\\\\"))))
    return node


_RULES: dict[type[exp.Expr], Rule] = {
    **dict.fromkeys(_OPERATORS, _comparison),
    **dict.fromkeys(_ARITHMETIC, _arithmetic),
    exp.Between: _between,
    exp.In: _in,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.Bracket: _bracket,
    exp.DPipe: _concatenation,
    exp.Sum: _sum,
    exp.CountIf: _count_if,
    exp.Avg: _sum,
    exp.Filter: _sum,
    exp.Window: _sum,
    exp.Typeof: _typeof,
    exp.AtTimeZone: _at_time_zone,
    exp.RegexpReplace: _regexp_replace,
}
