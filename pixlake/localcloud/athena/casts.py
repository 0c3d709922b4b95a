"""CAST and TRY_CAST: DuckDB reads texts more generously than Trino, and writes values otherwise."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlglot import exp

from pixlake.localcloud.athena import times, zones
from pixlake.localcloud.athena.errors import NotSupported
from pixlake.localcloud.athena.expressions import call, is_text, lambda_of, literal, text_of
from pixlake.localcloud.athena.scopes import Scope, children, kind

if TYPE_CHECKING:
    from duckdb.sqltypes import DuckDBPyType

_TIMESTAMPS = (exp.DType.TIMESTAMP, exp.DType.TIMESTAMPTZ, exp.DType.TIMESTAMPNTZ)
_FROM_TEXT = (
    (tuple(exp.DataType.INTEGER_TYPES), "trino_bigint_of_text", r"[+-]?\d+"),
    ((exp.DType.DOUBLE, exp.DType.FLOAT), "trino_double_of_text", r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?"),
    ((exp.DType.BOOLEAN,), "trino_boolean_of_text", r"(?i)true|false"),
    ((exp.DType.DATE,), "trino_date_text", r"\d{4}-\d\d-\d\d"),
    (_TIMESTAMPS, "trino_timestamp_text", r"\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d(\.\d+)?)?( [\w/+-]+)?"),
)


def translated(node: exp.Expr, scope: Scope) -> exp.Expr:
    """Casts round half up, and numbers and times become text as Trino writes them."""
    to: exp.DataType = node.args["to"]
    source = scope.type_of(node.this)
    if is_text(source) and (checked := _checked(node, to)):
        return _tried(checked, node.this, scope) if isinstance(node, exp.TryCast) else checked
    if to.is_type(*_TIMESTAMPS):
        zones.literal_with_zone(node)
        return times.rounded(node, source)
    if to.is_type(*exp.DataType.INTEGER_TYPES) and kind(source) == "float":
        node.set("this", call("round", node.this))
        return node
    if to.is_type(exp.DType.JSON):
        return _json(node, source)
    if to.is_type(exp.DType.CHAR, exp.DType.NCHAR):
        raise NotSupported("CAST to char(n)", "use varchar")
    if to.is_type(*exp.DataType.TEXT_TYPES):
        return _varchar(node, to, source)
    if to.expressions and source is not None and _loses_form(to, source):
        raise NotSupported(f"CAST of numbers or times within {to.sql('athena')} to varchar", "transform() them")
    return node


def _checked(node: exp.Expr, to: exp.DataType) -> exp.Expr | None:
    """The cast of a text that only Trino's form of the type passes; None where DuckDB reads the same."""
    for types, function, plain in _FROM_TEXT:
        if not to.is_type(*types):
            continue
        given = text_of(node.this)
        if given is not None and re.fullmatch(plain, given):
            return None
        copied = exp.Cast(this=call(function, node.this), to=to)
        return times.rounded(copied, None) if types is _TIMESTAMPS else copied
    return None


def _tried(checked: exp.Expr, value: exp.Expr, scope: Scope) -> exp.Expr:
    """The cast in a TRY: of the value alone, should it be one that DuckDB takes no TRY around, such as `m['k']`."""
    tried = exp.Try(this=checked)
    if scope.type_of(tried) is not None or scope.type_of(value) is None:
        return tried
    variable = exp.to_identifier("_tried")
    of_variable = checked.transform(lambda part: variable.copy() if part == value else part)
    one = exp.Array(expressions=[value.copy()])
    return call("list_extract", call("list_transform", one, lambda_of("_tried", exp.Try(this=of_variable))), literal(1))


def _varchar(node: exp.Expr, to: exp.DataType, source: DuckDBPyType | None) -> exp.Expr:
    digits = times.precision(node.this)
    length = to.expressions[0].this if to.expressions else None
    to.set("expressions", [])
    if is_text(source):
        return call("left", node, length) if isinstance(length, exp.Expr) else node
    text = times.as_text(node.this, source, digits)
    return call("trino_fitting", text, length) if isinstance(length, exp.Expr) else text


def _json(node: exp.Expr, source: DuckDBPyType | None) -> exp.Expr:
    if source is not None and re.search(r"TUPLE|TIMESTAMP|DATE|TIME|BLOB|INTERVAL", str(source)):
        raise NotSupported("CAST to json of rows without names, times or binary values", "CAST them to varchar first")
    return call("to_json", node.this)


def _loses_form(to: exp.DataType, source: DuckDBPyType) -> bool:
    """Whether doubles or times inside of a value are to become text."""
    wants_text = any(part.is_type(*exp.DataType.TEXT_TYPES) for part in to.find_all(exp.DataType))
    return wants_text and _holds(source, ("float", "time", "zoned")) and not _holds(source, ("text",))


def _holds(type_: DuckDBPyType, families: tuple[str, ...]) -> bool:
    if type_.id in ("list", "map", "struct", "tuple"):
        return any(_holds(child, families) for _, child in children(type_))
    return kind(type_) in families
