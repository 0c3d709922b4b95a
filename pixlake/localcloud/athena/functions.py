"""Trino's functions in DuckDB's words, where sqlglot leaves them as they are or says something else."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlglot import exp

from pixlake.localcloud.athena.errors import NotSupported
from pixlake.localcloud.athena.lambdas import substituted
from pixlake.localcloud.athena.scopes import Scope, kind

if TYPE_CHECKING:
    from duckdb.sqltypes import DuckDBPyType

_MILLISECONDS = "%Y-%m-%d %H:%M:%S.%g"
# Joda-Time letters of format_datetime and parse_datetime -> strftime.
_JODA = {
    "yyyy": "%Y", "yy": "%y", "MMMM": "%B", "MMM": "%b", "MM": "%m", "M": "%-m", "dd": "%d", "d": "%-d", "EEEE": "%A",
    "EEE": "%a", "E": "%a", "HH": "%H", "H": "%-H", "hh": "%I", "h": "%-I", "mm": "%M", "m": "%-M", "ss": "%S",
    "s": "%-S", "SSS": "%g", "a": "%p", "DDD": "%j", "Z": "%z", "ZZ": "%z",
}  # fmt: skip


def call(name: str, *arguments: exp.Expr) -> exp.Expr:
    """A function call by name."""
    return exp.Anonymous(this=name, expressions=list(arguments))


def cast(node: exp.Expr, to: str) -> exp.Expr:
    """A cast to a DuckDB type."""
    return exp.Cast(this=node, to=exp.DataType.build(to, dialect="duckdb"))


def as_text(node: exp.Expr, source: DuckDBPyType | None) -> exp.Expr:
    """`CAST(… AS varchar)` as Trino writes the values."""
    value = node.this
    if source is not None and str(source) == "JSON":
        return call("json_extract_string", value, exp.Literal.string("$"))
    match kind(source):
        case "float":
            return call("trino_varchar_of_double", value)
        case "time":
            return call("strftime", value, exp.Literal.string(_MILLISECONDS))
        case "zoned":
            return call("strftime", value, exp.Literal.string(_MILLISECONDS + " UTC"))
    return node


def at_time_zone(value: exp.Expr, zone: exp.Expr, scope: Scope) -> exp.Expr:
    """The wall clock of a zone. In Trino a timestamp without a zone is UTC here; DuckDB takes it as the zone's own."""
    moment = value if kind(scope.type_of(value)) == "zoned" else cast(value, "TIMESTAMPTZ")
    return exp.AtTimeZone(this=moment, zone=zone)


def apply_by_name(node: exp.Anonymous, scope: Scope) -> exp.Expr:
    """Translate a function that sqlglot has no node for."""
    rule = _BY_NAME.get(node.name.lower())
    return rule(node, node.expressions, scope) if rule else node


def _renamed(name: str) -> _ByName:
    return lambda _node, arguments, _scope: call(name, *arguments)


def _matches(macro: str) -> _ByName:
    def rule(_node: exp.Anonymous, arguments: list[exp.Expr], _scope: Scope) -> exp.Expr:
        return call(macro, call("list_transform", *arguments))

    return rule


def _none_match(node: exp.Anonymous, arguments: list[exp.Expr], scope: Scope) -> exp.Expr:
    return exp.Not(this=_matches("trino_any")(node, arguments, scope))


def _zip_with(_node: exp.Anonymous, arguments: list[exp.Expr], _scope: Scope) -> exp.Expr:
    one, other, function = arguments
    pair = [_member("_pair", index) for index in (1, 2)]
    return call("list_transform", call("list_zip", one, other), _lambda("_pair", substituted(function, *pair)))


def _map_entries_function(kept: str) -> _ByName:
    """map_filter, transform_keys and transform_values, over the map's entries."""

    def rule(_node: exp.Anonymous, arguments: list[exp.Expr], _scope: Scope) -> exp.Expr:
        entries, function = call("map_entries", arguments[0]), arguments[1]
        key, value = (
            exp.Dot(this=exp.to_identifier("_entry"), expression=exp.to_identifier(f)) for f in ("key", "value")
        )
        body = substituted(function, key, value)
        if kept == "filter":
            return call("map_from_entries", call("list_filter", entries, _lambda("_entry", body)))
        pair = (body, value) if kept == "value" else (key, body)
        row = call(
            "struct_pack",
            *(exp.PropertyEQ(this=exp.to_identifier(n), expression=e) for n, e in zip(("k", "v"), pair, strict=True)),
        )
        return call("map_from_entries", call("list_transform", entries, _lambda("_entry", row)))

    return rule


def _lambda(variable: str, body: exp.Expr) -> exp.Lambda:
    return exp.Lambda(this=body, expressions=[exp.to_identifier(variable)])


def _member(variable: str, index: int) -> exp.Expr:
    return exp.Bracket(this=exp.to_identifier(variable), expressions=[exp.Literal.number(index)], offset=1)


def _map_agg(_node: exp.Anonymous, arguments: list[exp.Expr], _scope: Scope) -> exp.Expr:
    """Keys that are NULL are left out, as in Trino."""
    key, value = arguments

    def listed(item: exp.Expr) -> exp.Expr:
        present = exp.Where(this=exp.Not(this=exp.Is(this=key.copy(), expression=exp.Null())))
        return exp.Filter(this=call("list", item), expression=present)

    return call("map", listed(key.copy()), listed(value))


def _bit_count(_node: exp.Anonymous, arguments: list[exp.Expr], _scope: Scope) -> exp.Expr:
    value, bits = arguments
    widths = {"64": "BIGINT", "32": "INTEGER", "16": "SMALLINT", "8": "TINYINT"}
    if bits.name not in widths:
        raise NotSupported(f"bit_count(x, {bits.sql('athena')}): only 8, 16, 32 and 64 bits are known; another width")
    return cast(call("bit_count", cast(value, widths[bits.name])), "BIGINT")


def _to_iso8601(_node: exp.Anonymous, arguments: list[exp.Expr], scope: Scope) -> exp.Expr:
    [value] = arguments
    form = {"date": "%Y-%m-%d", "zoned": "%Y-%m-%dT%H:%M:%S.%gZ"}.get(
        kind(scope.type_of(value)), "%Y-%m-%dT%H:%M:%S.%g"
    )
    return call("strftime", value, exp.Literal.string(form))


def _joda(pattern: exp.Expr) -> exp.Expr:
    if not isinstance(pattern, exp.Literal):
        raise NotSupported("a date pattern that is not a literal")
    pieces = []
    for found in re.finditer(r"'(?P<text>[^']*)'|(?P<letters>([A-Za-z])\3*)|(?P<other>.)", pattern.name):
        text, letters, other = found["text"] or "", found["letters"], found["other"] or ""
        if letters and letters not in _JODA:
            raise NotSupported(f"date pattern {pattern.name!r}: {letters!r}")
        pieces.append(_JODA[letters] if letters else (text or other).replace("%", "%%"))
    return exp.Literal.string("".join(pieces))


def _at_timezone(_node: exp.Anonymous, arguments: list[exp.Expr], scope: Scope) -> exp.Expr:
    return at_time_zone(arguments[0], arguments[1], scope)


_ByName = Callable[[exp.Anonymous, list[exp.Expr], Scope], exp.Expr]
_BY_NAME: dict[str, _ByName] = {
    "any_match": _matches("trino_any"),
    "all_match": _matches("trino_all"),
    "none_match": _none_match,
    "zip_with": _zip_with,
    "map_filter": _map_entries_function("filter"),
    "transform_values": _map_entries_function("value_only"),
    "transform_keys": _map_entries_function("value"),
    "map_agg": _map_agg,
    "bit_count": _bit_count,
    "to_iso8601": _to_iso8601,
    "at_timezone": _at_timezone,
    "with_timezone": lambda _node, a, _scope: exp.AtTimeZone(this=a[0], zone=a[1]),
    "format_datetime": lambda _node, a, _scope: call("strftime", a[0], _joda(a[1])),
    "every": _renamed("bool_and"),
    "zip": _renamed("list_zip"),
    "arrays_overlap": _renamed("list_has_any"),
    "codepoint": _renamed("unicode"),
    "day_of_month": _renamed("day"),
    "day_of_year": _renamed("dayofyear"),
    "doy": _renamed("dayofyear"),
    "hamming_distance": _renamed("hamming"),
    "e": lambda _node, _a, _scope: call("exp", exp.Literal.number(1)),
    "nan": lambda _node, _a, _scope: cast(exp.Literal.string("nan"), "DOUBLE"),
    "infinity": lambda _node, _a, _scope: cast(exp.Literal.string("inf"), "DOUBLE"),
    "is_finite": _renamed("isfinite"),
}


def _trunc_to_unit(node: exp.Expr, scope: Scope) -> exp.Expr:
    """date_trunc and date_add of a date are dates in Trino, timestamps in DuckDB."""
    return cast(node, "DATE") if kind(scope.type_of(node.this)) == "date" else node


def _date_diff(node: exp.Expr, _scope: Scope) -> exp.Expr:
    """Trino counts whole units between two moments; DuckDB's date_diff counts boundaries, its date_sub whole units."""
    unit = exp.Literal.string(node.args["unit"].name.lower())
    return call("date_sub", unit, node.expression, node.this)


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


def _json_scalar(node: exp.Expr, _scope: Scope) -> exp.Expr:
    return call("trino_json_scalar", node.this, node.expression)


def _approx_percentile(node: exp.Expr, _scope: Scope) -> exp.Expr:
    if node.args.get("weight") or node.args.get("accuracy"):
        raise NotSupported("approx_percentile with a weight or an accuracy")
    return node


def _random(node: exp.Expr, _scope: Scope) -> exp.Expr:
    if node.this is None:
        return node
    return cast(call("floor", exp.Mul(this=exp.Rand(), expression=exp.paren(node.this))), "BIGINT")


def _reverse(node: exp.Expr, scope: Scope) -> exp.Expr:
    return call("list_reverse", node.this) if kind(scope.type_of(node.this)) == "list" else node


def _refused(what: str) -> Callable[[exp.Expr, Scope], exp.Expr]:
    def rule(_node: exp.Expr, _scope: Scope) -> exp.Expr:
        raise NotSupported(what)

    return rule


def _bigint_bits(node: exp.Expr, _scope: Scope) -> exp.Expr:
    node.set("this", cast(node.this, "BIGINT"))
    node.set("expression", cast(node.expression, "BIGINT"))
    return node


BY_NODE: dict[type[exp.Expr], Callable[[exp.Expr, Scope], exp.Expr]] = {
    exp.TimestampTrunc: _trunc_to_unit,
    exp.DateTrunc: _trunc_to_unit,
    exp.DateAdd: _trunc_to_unit,
    exp.DateDiff: _date_diff,
    exp.GenerateSeries: _sequence,
    exp.Reduce: _reduce,
    exp.JSONExtractScalar: _json_scalar,
    exp.JSONExtract: lambda node, _scope: call("json_extract", node.this, node.expression),
    exp.ApproxQuantile: _approx_percentile,
    exp.Rand: _random,
    exp.Reverse: _reverse,
    exp.Repeat: _refused("repeat()"),
    exp.ParseDatetime: lambda node, _s: cast(call("strptime", node.this, _joda(node.args["format"])), "TIMESTAMPTZ"),
    exp.RegexpExtract: lambda node, _scope: call(
        "trino_regexp_extract", node.this, node.expression, node.args.get("group") or exp.Literal.number(0)
    ),
    exp.SplitPart: lambda node, _s: call(
        "trino_split_part", node.this, node.args["delimiter"], node.args["part_index"]
    ),
    exp.ArraySlice: lambda node, _s: call("trino_slice", node.this, node.args["start"], node.args["end"]),
    exp.ArrayPosition: lambda node, _s: call("trino_array_position", node.this, node.expression),
    exp.ArrayDistinct: lambda node, _s: call("trino_array_distinct", node.this),
    exp.ArraySize: lambda node, _s: cast(call("cardinality", node.this), "BIGINT"),
    exp.Format: lambda node, _s: call("printf", node.this, *node.expressions),
    exp.Localtimestamp: lambda _node, _s: cast(exp.CurrentTimestamp(), "TIMESTAMP"),
    exp.BitwiseXor: _bigint_bits,
    exp.BitwiseAnd: _bigint_bits,
    exp.BitwiseOr: _bigint_bits,
}
