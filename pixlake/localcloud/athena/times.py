"""Dates and times: how many digits of a second they have, their text, and functions of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlglot import exp

from pixlake.localcloud.athena.errors import NotSupported
from pixlake.localcloud.athena.expressions import Rule, arguments, call, cast, renamed, text_of
from pixlake.localcloud.athena.scopes import Scope, kind

if TYPE_CHECKING:
    from duckdb.sqltypes import DuckDBPyType

_SECONDS = "%Y-%m-%d %H:%M:%S"
# Joda-Time letters of format_datetime and parse_datetime -> strftime.
_JODA = {
    "yyyy": "%Y", "y": "%Y", "YYYY": "%Y", "yy": "%y", "MMMM": "%B", "MMM": "%b", "MM": "%m", "M": "%-m", "dd": "%d",
    "d": "%-d", "EEEE": "%A", "EEE": "%a", "E": "%a", "e": "%u", "HH": "%H", "H": "%-H", "hh": "%I", "h": "%-I",
    "mm": "%M", "m": "%-M", "ss": "%S", "s": "%-S", "SSS": "%g", "a": "%p", "DDD": "%j", "D": "%-j", "ww": "%V",
    "xxxx": "%G",
}  # fmt: skip
# What date_format's and date_parse's letters become; Trino has no others.
_STRFTIME = set("Y y m -m d -d H -H I -I M S f p j a A b B G V % T r".split())  # noqa: SIM905


_KEEP_PRECISION = (
    exp.Paren, exp.TimestampTrunc, exp.DateTrunc, exp.DateAdd, exp.AtTimeZone, exp.Add, exp.Sub,
)  # fmt: skip


def precision(node: exp.Expr) -> int:
    """The digits of a second's fraction that a timestamp has in Trino; the lake's have three."""
    while isinstance(
        node, exp.Paren | exp.TimestampTrunc | exp.DateTrunc | exp.DateAdd | exp.AtTimeZone | exp.Add | exp.Sub
    ):
        node = node.this
    return int(node.meta.get("precision", 3))


def as_text(value: exp.Expr, source: DuckDBPyType | None, digits: int | None) -> exp.Expr:
    """`CAST(… AS varchar)` as Trino writes the values; `digits` is a timestamp's precision."""
    if source is not None and str(source) == "JSON":
        return call("json_extract_string", value, "$")
    match kind(source):
        case "float" if source is not None and source.id == "float":
            return call("trino_varchar_of_real", value)
        case "float":
            return call("trino_varchar_of_double", value)
        case "time":
            return _formatted(value, _SECONDS, digits, "")
        case "zoned":
            return _formatted(value, _SECONDS, digits, " UTC")
    return cast(value, "VARCHAR")


def _formatted(value: exp.Expr, seconds: str, digits: int | None, end: str) -> exp.Expr:
    fraction = {0: "", 3: ".%g"}.get(3 if digits is None else digits)
    if fraction is None:
        raise NotSupported(f"the text of a timestamp with {digits} digits of a second", "CAST it to timestamp(3)")
    return call("strftime", value, seconds + fraction + end)


def rounded(node: exp.Expr, source: DuckDBPyType | None) -> exp.Expr:
    """A cast to a timestamp: of three digits unless it says otherwise, rounded half up."""
    to: exp.DataType = node.args["to"]
    digits = int(to.expressions[0].this.name) if to.expressions else 3
    to.set("expressions", [])  # a precision would choose another DuckDB type
    node.meta["precision"] = digits
    held = precision(node.this)
    given = re.search(r"\.(\d+)", text_of(node.this) or "")
    fits = kind(source) == "date" or (text_of(node.this) is not None and len(given[1] if given else "") <= digits)
    if fits or digits > 3 or (digits == 3 and kind(source) in ("time", "zoned") and held <= 3):
        return node
    whole = call("trino_rounded_time", node, 10 ** (6 - digits))
    whole.meta["precision"] = digits
    return whole


def _to_iso8601(node: exp.Expr, scope: Scope) -> exp.Expr:
    [value] = arguments(node)
    family = kind(scope.type_of(value))
    if family == "date":
        return call("strftime", value, "%Y-%m-%d")
    return _formatted(value, "%Y-%m-%dT%H:%M:%S", precision(value), "Z" if family == "zoned" else "")


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


def _mysql(node: exp.Expr, _scope: Scope) -> exp.Expr:
    """date_format and date_parse: sqlglot has put the pattern in strftime's words already."""
    pattern = text_of(node.args["format"])
    if pattern is None:
        raise NotSupported("a date pattern that is not a literal")
    pattern = pattern.replace("%v", "%V")
    for letters in re.findall(r"%(-?.)", pattern):
        if letters not in _STRFTIME:
            raise NotSupported(f"a date pattern that becomes %{letters} of strftime")
    node.set("format", exp.Literal.string(pattern))
    return node


def _truncated(node: exp.Expr, scope: Scope) -> exp.Expr:
    """date_trunc and date_add of a date are dates in Trino, timestamps in DuckDB."""
    if kind(scope.type_of(node.this)) == "date":
        return cast(node, "DATE")
    if isinstance(node, exp.DateAdd) and node.args["unit"].name.lower() == "millisecond" and precision(node.this) < 3:
        raise NotSupported("date_add('millisecond', …) of a timestamp without milliseconds", "CAST it to timestamp(3)")
    return node


def _date_diff(node: exp.Expr, _scope: Scope) -> exp.Expr:
    """Trino counts whole units between two moments; DuckDB's date_diff counts boundaries, its date_sub whole units."""
    unit = exp.Literal.string(node.args["unit"].name.lower())
    return call("date_sub", unit, node.expression, node.this)


def _extract(node: exp.Expr, _scope: Scope) -> exp.Expr:
    """Trino counts the week's days from Monday, 1 to 7."""
    field = node.this.name.upper()
    if field.startswith("TIMEZONE"):
        raise NotSupported(f"extract({field} FROM …)")
    iso = {"DOW": "ISODOW", "DAY_OF_WEEK": "ISODOW", "YOW": "ISOYEAR", "YEAR_OF_WEEK": "ISOYEAR"}
    iso |= {"DAY_OF_YEAR": "DOY", "DAY_OF_MONTH": "DAY"}
    node.set("this", exp.var(iso.get(field, field)))
    return node


def difference(node: exp.Expr) -> exp.Expr:
    """Of two dates, an interval; in DuckDB a number of days."""
    return exp.Sub(this=cast(node.this, "TIMESTAMP"), expression=cast(node.expression, "TIMESTAMP"))


BY_NODE: dict[type[exp.Expr], Rule] = {
    exp.TimestampTrunc: _truncated,
    exp.DateTrunc: _truncated,
    exp.DateAdd: _truncated,
    exp.DateDiff: _date_diff,
    exp.Extract: _extract,
    exp.TimeToStr: _mysql,
    exp.StrToTime: _mysql,
    exp.ParseDatetime: lambda node, _s: cast(call("strptime", node.this, _joda(node.args["format"])), "TIMESTAMPTZ"),
    exp.Localtimestamp: lambda _node, _s: cast(exp.CurrentTimestamp(), "TIMESTAMP"),
    exp.CurrentTimezone: lambda _node, _s: exp.Literal.string("UTC"),
}
BY_NAME: dict[str, Rule] = {
    "to_iso8601": _to_iso8601,
    "format_datetime": lambda node, _s: call("strftime", node.expressions[0], _joda(node.expressions[1])),
    "day_of_month": renamed("day"),
    "day_of_year": renamed("dayofyear"),
    "doy": renamed("dayofyear"),
    "yow": renamed("isoyear"),
    "human_readable_seconds": renamed("trino_human_readable_seconds"),
    "to_milliseconds": lambda node, _s: cast(call("epoch_ms", *node.expressions), "BIGINT"),
}
