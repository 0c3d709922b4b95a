"""Trino's functions in DuckDB's words, where sqlglot leaves them as they are or says something else: all the tables."""

from __future__ import annotations

from sqlglot import exp

from pixlake.localcloud.athena import aggregates, array_functions, decimals, text_functions, times, zones
from pixlake.localcloud.athena.errors import NotSupported
from pixlake.localcloud.athena.expressions import Rule, arguments, call, cast, literal, renamed
from pixlake.localcloud.athena.scopes import Scope

_BITS = {"tinyint": 8, "smallint": 16, "integer": 32}


def apply_by_name(node: exp.Anonymous, scope: Scope) -> exp.Expr:
    """Translate a function that sqlglot has no node for."""
    rule = _BY_NAME.get(node.name.lower())
    return rule(node, scope) if rule else node


def _bit_count(node: exp.Expr, _scope: Scope) -> exp.Expr:
    value, bits = arguments(node)
    widths = {"64": "BIGINT", "32": "INTEGER", "16": "SMALLINT", "8": "TINYINT"}
    if bits.name not in widths:
        raise NotSupported(f"bit_count(x, {bits.sql('athena')}): only 8, 16, 32 and 64 bits are known; another width")
    return cast(call("bit_count", cast(value, widths[bits.name])), "BIGINT")


def _shifted(how: str) -> Rule:
    """Within the bits of the value's type."""

    def rule(node: exp.Expr, scope: Scope) -> exp.Expr:
        value, shift = arguments(node)
        type_ = scope.type_of(value)
        shifted = call("trino_shifted", value, shift, _BITS.get(type_.id, 64) if type_ else 64, how)
        return cast(shifted, str(type_)) if type_ else shifted

    return rule


def _width_bucket(node: exp.Expr, _scope: Scope) -> exp.Expr:
    if node.args.get("num_buckets") is None:
        return call("trino_bin_of", cast(node.this, "DOUBLE"), cast(node.args["min_value"], "DOUBLE[]"))
    bounds = (cast(node.args[name], "DOUBLE") for name in ("min_value", "max_value"))
    return call("trino_width_bucket", cast(node.this, "DOUBLE"), *bounds, node.args["num_buckets"])


def _random(node: exp.Expr, _scope: Scope) -> exp.Expr:
    if node.this is None:
        return node
    return cast(call("floor", exp.Mul(this=exp.Rand(), expression=exp.paren(node.this))), "BIGINT")


def _bigint_bits(node: exp.Expr, _scope: Scope) -> exp.Expr:
    node.set("this", cast(node.this, "BIGINT"))
    if node.args.get("expression") is not None:
        node.set("expression", cast(node.expression, "BIGINT"))
    return node


BY_NODE: dict[type[exp.Expr], Rule] = {
    exp.Rand: _random,
    exp.WidthBucket: _width_bucket,
    exp.FromBase: lambda node, _scope: call("trino_from_base", node.this, node.expression),
    exp.Grouping: lambda node, _scope: cast(node, "INTEGER"),
    **dict.fromkeys((exp.BitwiseXor, exp.BitwiseAnd, exp.BitwiseOr, exp.BitwiseNot), _bigint_bits),
    **decimals.BY_NODE,
    **zones.BY_NODE,
    **times.BY_NODE,
    **text_functions.BY_NODE,
    **array_functions.BY_NODE,
    **aggregates.BY_NODE,
}
_BY_NAME: dict[str, Rule] = {
    "bit_count": _bit_count,
    "bitwise_left_shift": _shifted("left"),
    "bitwise_right_shift": _shifted("right"),
    "bitwise_right_shift_arithmetic": _shifted("arithmetic"),
    "to_base": renamed("trino_to_base"),
    "every": renamed("bool_and"),
    "e": lambda _node, _s: call("exp", 1),
    "nan": lambda _node, _s: cast(literal("nan"), "DOUBLE"),
    "infinity": lambda _node, _s: cast(literal("inf"), "DOUBLE"),
    "is_finite": renamed("isfinite"),
    "is_infinite": renamed("isinf"),
    **zones.BY_NAME,
    **times.BY_NAME,
    **text_functions.BY_NAME,
    **array_functions.BY_NAME,
    **aggregates.BY_NAME,
}
