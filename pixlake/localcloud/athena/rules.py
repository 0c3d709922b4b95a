"""Where Trino and DuckDB differ, one rule a node type (here) or function name (functions.py).

A rule gets a node whose children are translated already and the scope it stands in, and returns what takes its place.
"""

from __future__ import annotations

import re
from functools import reduce
from typing import TYPE_CHECKING

from sqlglot import exp
from sqlglot.expressions import apply_index_offset

from pixlake.localcloud.athena import array_functions, casts, decimals, functions, times
from pixlake.localcloud.athena.aggregates import may_be_nan
from pixlake.localcloud.athena.errors import NotSupported, QueryFailed
from pixlake.localcloud.athena.expressions import Rule, TypeMismatch, call, cast, is_text, number_of
from pixlake.localcloud.athena.scopes import Scope, children, kind

if TYPE_CHECKING:
    from duckdb.sqltypes import DuckDBPyType

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
    other = node.expression
    if isinstance(other, exp.Any | exp.All):  # of a query
        other = other.this if isinstance(other.this, exp.Subquery) else exp.Subquery(this=other.this.copy())
    _require_same_class(scope, f"Cannot apply operator: {{0}} {_OPERATORS[type(node)]} {{1}}", node.this, other)
    # NaN equals nothing and is neither less nor greater; in DuckDB it equals itself and is the greatest.
    side = node.expression if isinstance(node, exp.LT | exp.LTE) else node.this
    if isinstance(side, exp.Literal) and isinstance(node, exp.EQ | exp.NEQ):
        side = node.expression
    if not _may_be_nan(side, scope):
        return node
    is_nan = call("isnan", side.copy())
    if isinstance(node, exp.NEQ):
        return exp.paren(exp.Or(this=node.copy(), expression=is_nan))
    return exp.paren(exp.And(this=node.copy(), expression=exp.Not(this=is_nan)))


def _may_be_nan(node: exp.Expr, scope: Scope) -> bool:
    return not isinstance(node, exp.Any | exp.All) and may_be_nan(node) and kind(scope.type_of(node)) == "float"


def _between(node: exp.Expr, scope: Scope) -> exp.Expr:
    for bound in (node.args["low"], node.args["high"]):
        _require_same_class(scope, "Cannot check if {0} is BETWEEN {1} and {1}", node.this, bound)
    return node


def _in(node: exp.Expr, scope: Scope) -> exp.Expr:
    query = node.args.get("query")
    for item in [*node.expressions, *([query] if query else [])]:
        _require_same_class(scope, "IN value and list items must be the same type: {0}, {1}", node.this, item)
    if node.expressions and _may_be_nan(node.this, scope):
        return exp.paren(exp.And(this=node.copy(), expression=exp.Not(this=call("isnan", node.this.copy()))))
    return node


def _require_same_class(scope: Scope, message: str, left: exp.Expr, right: exp.Expr) -> None:
    """DuckDB coerces strings to timestamps and numbers; Trino does not, and a query that relies on it fails on AWS."""
    one, other = scope.type_of(left), scope.type_of(right)
    if one is not None and other is not None and differ(one, other):
        raise TypeMismatch(message.format(trino_name(one), trino_name(other)))


def differ(one: DuckDBPyType, other: DuckDBPyType) -> bool:
    """Whether neither type can be coerced to the other in Trino."""
    classes = {_CLASSES.get(kind(type_), "") for type_ in (one, other)}
    return len(classes) == 2 and "" not in classes


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
    if kinds == {"date", "integer"}:
        raise TypeMismatch(f"Cannot apply operator: date {_ARITHMETIC[type(node)]} integer")
    if kinds == {"date", "interval"}:  # DuckDB: a timestamp
        return cast(exp.paren(node), "DATE")
    return times.difference(node) if kinds == {"date"} and isinstance(node, exp.Sub) else node


def not_boolean(node: exp.Expr, scope: Scope) -> DuckDBPyType | None:
    """The type of a condition that is no boolean, which DuckDB takes and Trino does not."""
    if isinstance(node, exp.Predicate | exp.Connector | exp.Not | exp.Boolean | exp.Null):
        return None
    type_ = scope.type_of(node)
    return type_ if type_ is not None and kind(type_) not in ("boolean", "null") else None


def _logical(node: exp.Expr, scope: Scope) -> exp.Expr:
    if isinstance(node.parent, exp.Case) and node.parent.this is not None:
        return node  # CASE x WHEN 1: a value to compare with
    for operand in (node.this, node.expression) if isinstance(node, exp.Connector) else (node.this,):
        if (type_ := not_boolean(operand, scope)) is not None:
            raise TypeMismatch(f"Logical expression term must evaluate to a boolean (actual: {trino_name(type_)})")
    return node


def _member(node: exp.Expr, scope: Scope) -> exp.Expr:
    """DuckDB opens a map with a dot, too; `m.k` is read as a table's column until its types are known."""
    owner = node.this if isinstance(node, exp.Dot) else _owner(node, scope)
    if owner is not None and (type_ := scope.type_of(owner)) is not None and type_.id == "map":
        raise TypeMismatch(f"Expression {owner.sql('athena')} is not of type ROW")
    return node


def _owner(node: exp.Expr, scope: Scope) -> exp.Column | None:
    table, above = node.args.get("table"), node.args.get("db")
    if table is None or (above is None and table.name.lower() in scope.names()):
        return None
    return exp.Column(this=table.copy(), table=above.copy() if above is not None else None)


def _division(node: exp.Div, scope: Scope) -> exp.Expr:
    """Integers divide to an integer (towards zero), decimals to a decimal, doubles as IEEE says."""
    left, right = scope.type_of(node.this), scope.type_of(node.expression)
    kinds = {kind(left), kind(right)}
    if kinds == {"integer"}:
        return exp.IntDiv(this=_wrapped(node.this), expression=_wrapped(node.expression))
    if "decimal" in kinds and kinds <= {"integer", "decimal"} and left is not None and right is not None:
        return decimals.division(node, left, right)
    return node


def _wrapped(node: exp.Expr) -> exp.Expr:
    return exp.paren(node) if isinstance(node, exp.Binary | exp.Unary) and not isinstance(node, exp.Paren) else node


def _bracket(node: exp.Expr, scope: Scope) -> exp.Expr:
    """`a[i]` beyond the end and `m[k]` without the key are errors in Trino; element_at gives NULL in both.

    The element of number 0 is an error in either.
    """
    if scope.in_try or len(node.expressions) != 1:
        return node
    if node.args.get("safe"):
        return _element_at(node, scope)
    type_ = scope.type_of(node.this)
    offset = 1 - int(node.args.get("offset") or 0)
    if type_ is not None and type_.id in ("struct", "tuple"):
        raise NotSupported("a row's field by its number", "CAST the row to one with names")
    if type_ is None or type_.id not in ("list", "map"):
        return node
    [index] = apply_index_offset(node.this, node.expressions, offset, dialect="duckdb")
    return call("trino_array_at" if type_.id == "list" else "trino_map_at", node.this, index)


def _element_at(node: exp.Expr, scope: Scope) -> exp.Expr:
    [index] = node.expressions
    type_ = scope.type_of(node.this)
    if number_of(index) or type_ is None or type_.id != "list":
        return node
    return call("trino_element_at", node.this, index)


def _concatenation(node: exp.Expr, scope: Scope) -> exp.Expr:
    """`||`, of two values of one kind."""
    kinds = {kind(scope.type_of(side)) for side in (node.this, node.expression)}
    if "null" in kinds and kinds <= {"null", "text", "list"}:
        raise NotSupported("a concatenation with a NULL that has no type", "CAST(NULL AS varchar) is")
    if (joined := array_functions.concatenated(node, scope)) is not None:
        return joined
    one, other = scope.type_of(node.this), scope.type_of(node.expression)
    if one is not None and other is not None and {kind(one), kind(other)} & {"text"} and kind(one) != kind(other):
        known = {kind(one), kind(other)} - {"text"}
        if known & set(_CLASSES):
            raise TypeMismatch(f"Unexpected parameters ({trino_name(one)}, {trino_name(other)}) for function concat")
    return node


def _concat(node: exp.Expr, scope: Scope) -> exp.Expr:
    """concat() as the `||` of its arguments."""
    if len(node.expressions) < 2:
        raise QueryFailed("INVALID_FUNCTION_ARGUMENT: There must be two or more concatenation arguments")
    kinds = {kind(scope.type_of(argument)) for argument in node.expressions}
    if len(node.expressions) > 2 and "list" in kinds and kinds - {"list", ""}:
        raise TypeMismatch("Unexpected parameters for function concat: of more than two all are arrays or none is")
    joined: exp.Expr = reduce(
        lambda one, other: exp.paren(_concatenation(exp.DPipe(this=one, expression=other), scope)), node.expressions
    )
    return joined


def _typeof(node: exp.Expr, scope: Scope) -> exp.Expr:
    """The engine knows neither a varchar's length nor a timestamp's precision: those of columns and literals we do."""
    value = node.this
    type_ = scope.type_of(value)
    if type_ is None:
        return node
    if isinstance(value, exp.Literal) and value.is_string:
        return exp.Literal.string(f"varchar({len(value.name)})")
    if isinstance(value, exp.Cast) and kind(type_) in ("time", "zoned"):
        return exp.Literal.string(trino_name(type_).replace("(3)", f"({times.precision(value)})"))
    name = trino_name(type_)
    told = isinstance(value, exp.Column | exp.Dot | exp.CurrentTimestamp) or (
        isinstance(value, exp.Cast) and is_text(type_)
    )
    if re.search("varchar|timestamp|interval", name) and not told:
        raise NotSupported("typeof() of a computed varchar, timestamp or interval")
    return exp.Literal.string(name)


_RULES: dict[type[exp.Expr], Rule] = {
    **dict.fromkeys(_OPERATORS, _comparison),
    **dict.fromkeys(_ARITHMETIC, _arithmetic),
    exp.Between: _between,
    exp.In: _in,
    exp.Cast: casts.translated,
    exp.TryCast: casts.translated,
    exp.Bracket: _bracket,
    exp.DPipe: _concatenation,
    exp.Concat: _concat,
    **dict.fromkeys((exp.And, exp.Or, exp.Not, exp.If), _logical),
    **dict.fromkeys((exp.Column, exp.Dot), _member),
    exp.Typeof: _typeof,
}
