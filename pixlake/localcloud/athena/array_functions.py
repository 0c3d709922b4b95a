"""Functions of arrays and maps."""

from __future__ import annotations

from functools import reduce

from sqlglot import exp

from pixlake.localcloud.athena.errors import NotSupported
from pixlake.localcloud.athena.expressions import (
    Rule,
    arguments,
    call,
    cast,
    lambda_of,
    literal,
    member,
    refused,
    renamed,
    row,
)
from pixlake.localcloud.athena.lambdas import substituted
from pixlake.localcloud.athena.scopes import Scope, children, kind


def concatenated(node: exp.Expr, scope: Scope) -> exp.Expr | None:
    """`||` of an array and an element; None for anything else."""
    one, other = scope.type_of(node.this), scope.type_of(node.expression)
    if one is None or other is None or (one.id == "list") == (other.id == "list"):
        return None
    if one.id == "list":
        return call("list_append", node.this, node.expression)
    return call("list_prepend", node.this, node.expression)


def _extreme(macro: str) -> Rule:
    def rule(node: exp.Expr, scope: Scope) -> exp.Expr:
        type_ = scope.type_of(node.this)
        is_float = type_ is not None and type_.id == "list" and kind(children(type_)[0][1]) == "float"
        return call(f"{macro}_number" if is_float else macro, node.this)

    return rule


def _greatest(macro: str) -> Rule:
    """Of doubles, where DuckDB takes NaN for the greatest."""

    def rule(node: exp.Expr, scope: Scope) -> exp.Expr:
        if kind(scope.type_of(node)) != "float":
            return node
        return call(macro, exp.Array(expressions=[node.this, *node.expressions]))

    return rule


def _intersect(node: exp.Expr, _scope: Scope) -> exp.Expr:
    arrays: list[exp.Expr] = node.expressions
    return reduce(lambda one, other: call("trino_array_intersect", one, other), arrays)


def _matches(macro: str) -> Rule:
    return lambda node, _scope: call(macro, call("list_transform", *arguments(node)))


def _none_match(node: exp.Expr, _scope: Scope) -> exp.Expr:
    return exp.Not(this=call("trino_any", call("list_transform", *arguments(node))))


def _zip_with(node: exp.Expr, _scope: Scope) -> exp.Expr:
    one, other, function = arguments(node)
    pair = [member("_pair", index) for index in (1, 2)]
    return call("list_transform", call("list_zip", one, other), lambda_of("_pair", substituted(function, *pair)))


def _on_entries(kept: str) -> Rule:
    """map_filter, transform_keys and transform_values, over the map's entries."""

    def rule(node: exp.Expr, _scope: Scope) -> exp.Expr:
        source, function = arguments(node)
        entries = call("map_entries", source)
        key, value = (
            exp.Dot(this=exp.to_identifier("_entry"), expression=exp.to_identifier(f)) for f in ("key", "value")
        )
        body = substituted(function, key, value)
        if kept == "filter":
            return call("map_from_entries", call("list_filter", entries, lambda_of("_entry", body)))
        pair = (body, value) if kept == "value" else (key, body)
        changed = call(
            "struct_pack",
            *(exp.PropertyEQ(this=exp.to_identifier(n), expression=e) for n, e in zip(("k", "v"), pair, strict=True)),
        )
        return call("map_from_entries", call("list_transform", entries, lambda_of("_entry", changed)))

    return rule


def _map_zip_with(node: exp.Expr, _scope: Scope) -> exp.Expr:
    one, other, function = arguments(node)
    keys = call("trino_array_distinct", call("list_concat", call("map_keys", one), call("map_keys", other)))
    key = exp.to_identifier("_key")
    values = [call("trino_map_value", source.copy(), key.copy()) for source in (one, other)]
    body = substituted(function, key, *values)
    return call("map", keys, call("list_transform", keys.copy(), lambda_of("_key", body)))


def _split_to_map(node: exp.Expr, _scope: Scope) -> exp.Expr:
    delimiters = (node.args["pair_delim"], node.args["key_value_delim"])
    return call("trino_map_of", call("trino_rows", call("trino_split_pairs", node.this, *delimiters, exp.false())))


def _split_to_multimap(node: exp.Expr, _scope: Scope) -> exp.Expr:
    return call("trino_multimap_of", call("trino_split_pairs", *arguments(node), exp.true()))


def _multimap_from_entries(node: exp.Expr, _scope: Scope) -> exp.Expr:
    pair = row(*(member("_entry", index) for index in (1, 2)))
    return call("trino_multimap_of", call("list_transform", *arguments(node), lambda_of("_entry", pair)))


def _of_arrays(name: str, native: str) -> Rule:
    def rule(node: exp.Expr, scope: Scope) -> exp.Expr:
        kinds = [scope.type_of(argument) for argument in arguments(node)]
        if any(type_ is not None and type_.id == "map" for type_ in kinds):
            raise NotSupported(f"{name}() of maps", "that of arrays is")
        return call(native, *_doubles(*arguments(node)))

    return rule


def _doubles(*vectors: exp.Expr) -> list[exp.Expr]:
    return [cast(vector, "DOUBLE[]") for vector in vectors]


def _joined(node: exp.Expr, scope: Scope) -> exp.Expr:
    """Elements as their CAST to varchar has them."""
    type_ = scope.type_of(node.this)
    if type_ is not None and type_.id == "list":
        element = children(type_)[0][1]
        if kind(element) == "float":
            of = "trino_varchar_of_real" if element.id == "float" else "trino_varchar_of_double"
            node.set("this", call("list_transform", node.this, lambda_of("_x", call(of, exp.to_identifier("_x")))))
        elif kind(element) in ("time", "zoned", "list", "map", "struct", "tuple"):
            raise NotSupported("array_join() of times, arrays, maps or rows", "transform() them to varchar first")
    # Of NULLs alone Trino's is empty, DuckDB's NULL.
    given = (node.this.copy(), node.expression.copy())
    none = exp.Case(
        ifs=[exp.If(this=exp.Not(this=exp.Is(this=e, expression=exp.Null())), true=literal("")) for e in given[:1]]
    )
    return call("coalesce", node, none)


def _sequence(node: exp.Expr, scope: Scope) -> exp.Expr:
    start, end, step = node.args["start"], node.args["end"], node.args.get("step")
    if kind(scope.type_of(start)) != "date":
        return node
    day = exp.Interval(this=exp.Literal.string("1"), unit=exp.var("DAY"))
    return cast(call("generate_series", start, end, step or day), "DATE[]")


def _reduce(node: exp.Expr, _scope: Scope) -> exp.Expr:
    """DuckDB has no output function: its body takes the reduced value in the variable's place."""
    finish = node.args.get("finish")
    reduced = call("list_reduce", node.this, node.args["merge"], node.args["initial"])
    return substituted(finish, reduced) if isinstance(finish, exp.Lambda) else reduced


def _array_sort(node: exp.Expr, _scope: Scope) -> exp.Expr:
    if isinstance(node.args.get("expression"), exp.Lambda):
        raise NotSupported("array_sort() with a comparison function")
    return node


BY_NODE: dict[type[exp.Expr], Rule] = {
    exp.ArrayContains: lambda node, _scope: call("trino_contains", node.this, node.expression),
    exp.ArrayMax: _extreme("trino_array_max"),
    exp.ArrayMin: _extreme("trino_array_min"),
    exp.ArrayExcept: lambda node, _scope: call("trino_array_except", node.this, node.expression),
    exp.ArrayIntersect: _intersect,
    exp.ArrayRemove: lambda node, _scope: call("trino_array_remove", node.this, node.expression),
    exp.ArraySlice: lambda node, _s: call("trino_slice", node.this, node.args["start"], node.args["end"]),
    exp.ArrayPosition: lambda node, _s: call("trino_array_position", node.this, node.expression),
    exp.ArrayDistinct: lambda node, _s: call("trino_array_distinct", node.this),
    exp.ArraySize: lambda node, _s: cast(call("cardinality", node.this), "BIGINT"),
    exp.ArrayToString: _joined,
    exp.ArraySort: _array_sort,
    exp.GenerateSeries: _sequence,
    exp.Reduce: _reduce,
    exp.Greatest: _greatest("trino_array_max_number"),
    exp.Least: _greatest("trino_array_min_number"),
    exp.Repeat: lambda node, _scope: call("trino_repeat", node.this, node.args["times"]),
    exp.DotProduct: lambda node, _s: call("list_inner_product", *_doubles(node.this, node.expression)),
    exp.EuclideanDistance: lambda node, _s: call("list_distance", *_doubles(node.this, node.expression)),
    exp.StrToMap: _split_to_map,
    exp.Struct: lambda node, _scope: (
        node if any(isinstance(e, exp.PropertyEQ) for e in node.expressions) else row(*node.expressions)
    ),
}
BY_NAME: dict[str, Rule] = {
    "array_histogram": refused("array_histogram()", "histogram() over UNNEST is"),
    "any_match": _matches("trino_any"),
    "all_match": _matches("trino_all"),
    "none_match": _none_match,
    "zip_with": _zip_with,
    "zip": renamed("list_zip"),
    "map_filter": _on_entries("filter"),
    "transform_values": _on_entries("value_only"),
    "transform_keys": _on_entries("value"),
    "map_zip_with": _map_zip_with,
    "map_entries": renamed("trino_map_entries"),
    "multimap_from_entries": _multimap_from_entries,
    "split_to_multimap": _split_to_multimap,
    "array_union": lambda node, _scope: call("trino_array_distinct", call("list_concat", *arguments(node))),
    "arrays_overlap": renamed("trino_arrays_overlap"),
    "trim_array": renamed("trino_trim_array"),
    "ngrams": renamed("trino_ngrams"),
    "cosine_similarity": _of_arrays("cosine_similarity", "list_cosine_similarity"),
    "cosine_distance": _of_arrays("cosine_distance", "list_cosine_distance"),
}
