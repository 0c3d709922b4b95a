"""Aggregate functions, with the FILTER and OVER around them.

A rule works at the outermost of these, since DuckDB takes neither around an expression: what takes an aggregate's place
is built from other aggregates, each with the same FILTER and OVER.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from pixlake.localcloud.athena.decimals import divided, size
from pixlake.localcloud.athena.errors import NotSupported, QueryFailed
from pixlake.localcloud.athena.expressions import Rule, TypeMismatch, call, cast
from pixlake.localcloud.athena.scopes import Scope, kind

Around = Callable[[exp.Expr], exp.Expr]
"""Puts the FILTER and OVER of the replaced aggregate around another one."""

_CLAUSES = (exp.Filter, exp.Window, exp.WithinGroup, exp.IgnoreNulls, exp.RespectNulls)


def translated(node: exp.Expr, scope: Scope) -> exp.Expr:
    """Translate an aggregate, or the clause around one."""
    around = node.parent
    if isinstance(around, _CLAUSES) and id(around.this) == id(node):
        if isinstance(node, exp.Filter) and isinstance(around, exp.Window):
            raise QueryFailed("NOT_SUPPORTED: line 1:1: FILTER is not yet supported for window functions")
        return node
    if isinstance(node, exp.Filter) and kind(scope.type_of(node.expression.this)) not in ("boolean", "null", ""):
        raise TypeMismatch("Filter expression must evaluate to a boolean")
    inner: exp.Expr = node
    while isinstance(inner, _CLAUSES):
        inner = inner.this
    rule = _BY_NAME.get(inner.name.lower()) if isinstance(inner, exp.Anonymous) else _BY_NODE.get(type(inner))
    if rule is None:
        return node
    found: exp.Expr = rule(inner, scope, lambda other: _put(node, inner, other))
    return found


def _put(outer: exp.Expr, inner: exp.Expr, other: exp.Expr) -> exp.Expr:
    if outer is inner:
        return other
    copied: exp.Expr = outer.copy()
    place = copied
    while isinstance(place.this, _CLAUSES):
        place = place.this
    place.set("this", other)
    return copied


def _sum(node: exp.Expr, scope: Scope, around: Around) -> exp.Expr:
    """A sum of integers is a bigint in Trino, a hugeint in DuckDB; that of reals is a real."""
    if kind(scope.type_of(node.this)) == "boolean":
        raise TypeMismatch("Unexpected parameters (boolean) for function sum")
    if (type_ := scope.type_of(node)) is not None and type_.id == "hugeint":
        return cast(around(node), "BIGINT")
    return _real(node, scope, around)


def _avg(node: exp.Expr, scope: Scope, around: Around) -> exp.Expr:
    """An average of decimals is a decimal of the same size."""
    operand = node.this.expressions[0] if isinstance(node.this, exp.Distinct) else node.this
    type_ = scope.type_of(operand)
    if type_ is None or type_.id != "decimal":
        return _real(node, scope, around)
    return divided(around(exp.Sum(this=node.this.copy())), around(exp.Count(this=node.this.copy())), *size(type_))


def _real(node: exp.Expr, scope: Scope, around: Around) -> exp.Expr:
    type_ = scope.type_of(node.this)
    return cast(around(node), "FLOAT") if type_ is not None and type_.id == "float" else around(node)


def _percentile(node: exp.Expr, scope: Scope, around: Around) -> exp.Expr:
    """The value at p·n of the sorted ones, as Trino's digest gives it while it holds each value by itself."""
    if node.args.get("weight") or node.args.get("accuracy"):
        raise NotSupported("approx_percentile with a weight or an accuracy")
    type_ = scope.type_of(node.this)
    if kind(type_) == "decimal":
        raise NotSupported("approx_percentile of decimals", "CAST them to double")
    values = cast(node.this, "BIGINT") if kind(type_) == "integer" else node.this
    return call("trino_at_percentile", around(call("list", values)), node.args["quantile"])


def _percentiles(node: exp.Expr, scope: Scope, around: Around) -> exp.Expr:
    wanted = node.args["quantile"]
    type_ = scope.type_of(wanted)
    if type_ is None or type_.id != "list":
        return _percentile(node, scope, around)
    if type_ and isinstance(wanted, exp.Array):
        singly = (exp.ApproxQuantile(this=node.this.copy(), quantile=share) for share in wanted.expressions)
        return exp.Array(expressions=[_percentile(one, scope, around) for one in singly])
    raise NotSupported("approx_percentile with percentages that are no ARRAY[…] in the query")


def _skewness(node: exp.Expr, _scope: Scope, around: Around) -> exp.Expr:
    """The population's, as in Trino; DuckDB gives the sample's."""
    return call("trino_skewness", around(node), around(exp.Count(this=node.this.copy())))


def _map_agg(node: exp.Expr, _scope: Scope, around: Around) -> exp.Expr:
    """Of a key that comes again the first value counts; keys that are NULL are left out."""
    return call("trino_map_of", around(_pairs(node)))


def _multimap_agg(node: exp.Expr, _scope: Scope, around: Around) -> exp.Expr:
    return call("trino_multimap_of", around(_pairs(node)))


def _map_union(node: exp.Expr, _scope: Scope, around: Around) -> exp.Expr:
    entries = call("flatten", around(call("list", call("map_entries", node.expressions[0]))))
    return call("trino_map_of", call("trino_entries", entries))


def _pairs(node: exp.Expr) -> exp.Expr:
    return call("list", call("row", *(argument.copy() for argument in node.expressions)))


def _bits(node: exp.Expr, _scope: Scope, around: Around) -> exp.Expr:
    node.set("this", cast(node.this, "BIGINT"))
    return around(node)


def _count_if(node: exp.Expr, scope: Scope, around: Around) -> exp.Expr:
    """In DuckDB it is a sum, and NULL where there is nothing to sum; in Trino it counts, and is 0."""
    if kind(scope.type_of(node.this)) not in ("boolean", "null", ""):
        raise TypeMismatch("Unexpected parameters for function count_if. Expected: count_if(boolean)")
    return around(exp.Count(this=exp.Case(ifs=[exp.If(this=node.this, true=exp.Literal.number(1))])))


def _count(node: exp.Expr, _scope: Scope, around: Around) -> exp.Expr:
    if node.expressions or (isinstance(node.this, exp.Distinct) and len(node.this.expressions) > 1):
        raise TypeMismatch("Unexpected parameters for function count. Expected: count(), count(t)")
    return around(node)


def _extreme(node: exp.Expr, scope: Scope, around: Around) -> exp.Expr:
    """NaN is the least or the greatest here as there is any other value."""
    if node.expressions or kind(scope.type_of(node.this)) != "float" or not may_be_nan(node.this):
        return around(node)
    number = exp.Case(ifs=[exp.If(this=exp.Not(this=call("isnan", node.this.copy())), true=node.this.copy())])
    return call("coalesce", around(type(node)(this=number)), around(node))


def may_be_nan(node: exp.Expr) -> bool:
    """Whether an expression of doubles is computed: neither a literal nor a column as the lake has it."""
    while isinstance(node, exp.Paren | exp.Neg | exp.Cast):
        node = node.this
    return not isinstance(node, exp.Literal) or node.name.lower() == "nan"


_BY_NODE: dict[type[exp.Expr], Callable[[exp.Expr, Scope, Around], exp.Expr]] = {
    exp.Sum: _sum,
    exp.Avg: _avg,
    exp.CountIf: _count_if,
    exp.Count: _count,
    exp.ApproxQuantile: _percentiles,
    exp.Skewness: _skewness,
    exp.BitwiseAndAgg: _bits,
    exp.BitwiseOrAgg: _bits,
    exp.BitwiseXorAgg: _bits,
    exp.Max: _extreme,
    exp.Min: _extreme,
}
_BY_NAME: dict[str, Callable[[exp.Expr, Scope, Around], exp.Expr]] = {
    "map_agg": _map_agg,
    "multimap_agg": _multimap_agg,
    "map_union": _map_union,
}
BY_NODE: dict[type[exp.Expr], Rule] = dict.fromkeys((*_BY_NODE, exp.Filter, exp.Window), translated)
BY_NAME: dict[str, Rule] = dict.fromkeys(_BY_NAME, translated)
