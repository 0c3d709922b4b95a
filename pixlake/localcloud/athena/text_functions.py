"""Functions of text, regular expressions, URLs, JSON and binary values, and format()."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlglot import exp

from pixlake.localcloud.athena.errors import NotSupported, QueryFailed
from pixlake.localcloud.athena.expressions import (
    Rule,
    TypeMismatch,
    arguments,
    call,
    cast,
    is_text,
    literal,
    number_of,
    refused,
    renamed,
    text_of,
)
from pixlake.localcloud.athena.scopes import Scope, kind
from pixlake.localcloud.athena.times import as_text

_WHOLE = 2**31 - 1
_CONVERSION = re.compile(r"%(?:(\d+)\$)?([-#+ 0,(]*)(\d+)?(?:\.(\d+))?([a-zA-Z%])")


def _not_binary(name: str, then: Callable[[exp.Expr], exp.Expr]) -> Rule:
    def rule(node: exp.Expr, scope: Scope) -> exp.Expr:
        for place in (node.args.get("start"), node.args.get("length")):
            if place is not None and is_text(scope.type_of(place)):
                raise TypeMismatch(f"Unexpected parameters (varchar, varchar) for function {name}")
        if kind(scope.type_of(node.this)) == "blob":
            raise NotSupported(f"{name}() of a varbinary")
        return then(node)

    return rule


def _binary(name: str, then: Rule) -> Rule:
    def rule(node: exp.Expr, scope: Scope) -> exp.Expr:
        given = node.expressions[0] if isinstance(node, exp.Anonymous) else node.this
        if is_text(scope.type_of(given)):
            raise TypeMismatch(f"Unexpected parameters (varchar) for function {name}. Expected: {name}(varbinary)")
        return then(node, scope)

    return rule


def _substring(node: exp.Expr) -> exp.Expr:
    start, length = node.args["start"], node.args.get("length")
    if (number_of(start) or 0) > 0 and (length is None or (number_of(length) or -1) >= 0):
        return node  # as DuckDB has it
    return call("trino_substr", node.this, start, length or _WHOLE)


def _length(node: exp.Expr, scope: Scope) -> exp.Expr:
    return call("octet_length", node.this) if kind(scope.type_of(node.this)) == "blob" else node


def _reverse(node: exp.Expr, scope: Scope) -> exp.Expr:
    family = kind(scope.type_of(node.this))
    if family == "blob":
        raise NotSupported("reverse() of a varbinary")
    return call("list_reverse", node.this) if family == "list" else node


def _split(node: exp.Expr, _scope: Scope) -> exp.Expr:
    if node.args.get("limit") is None and text_of(node.expression):
        return node
    return call("trino_split", node.this, node.expression, node.args.get("limit") or _WHOLE)


def _strpos(node: exp.Expr, _scope: Scope) -> exp.Expr:
    occurrence = node.args.get("occurrence")
    return call("trino_strpos", node.this, node.args["substr"], occurrence) if occurrence else node


def _replace(node: exp.Expr, _scope: Scope) -> exp.Expr:
    if text_of(node.expression) == "":
        raise NotSupported("replace() of an empty text")
    return node


def _pad(node: exp.Expr) -> exp.Expr:
    size, side = node.expression, "left" if node.args.get("is_left") else "right"
    return call("trino_padded", node.this, size, node.args.get("fill_pattern") or literal(" "), side)


def _regexp_replace(node: exp.Expr, _scope: Scope) -> exp.Expr:
    replacement = node.args.get("replacement") or literal("")
    if isinstance(replacement, exp.Lambda):
        raise NotSupported("regexp_replace() with a lambda function")
    return call("trino_regexp_replace", node.this, node.expression, replacement)


def _regexp_position(node: exp.Expr, _scope: Scope) -> exp.Expr:
    given = arguments(node)
    return call("trino_regexp_position", *given, *[1, 1][len(given) - 2 :])


def _with_group(name: str) -> Rule:
    return lambda node, _scope: call(name, node.this, node.expression, node.args.get("group") or 0)


def _json(name: str, to: str = "") -> Rule:
    """A function of JSON, which the engine holds as text."""

    def rule(node: exp.Expr, _scope: Scope) -> exp.Expr:
        if node.args.get("json_query"):
            raise NotSupported("json_query()", "json_extract() is")
        value, *others = (
            arguments(node) if isinstance(node, exp.Anonymous) else (node.this, node.args.get("expression"))
        )
        found = call(name, cast(value, "VARCHAR"), *(_path(other) for other in others if other is not None))
        return cast(found, to) if to else found

    return rule


def _path(node: exp.Expr) -> exp.Expr:
    """A path as sqlglot has read it, as text."""
    try:
        return literal(text) if (text := node.sql("duckdb").strip("'")) and isinstance(node, exp.JSONPath) else node
    except ValueError as error:  # recursive descent
        raise QueryFailed("INVALID_FUNCTION_ARGUMENT: Invalid JSON path") from error


def _hmac(algorithm: str) -> Rule:
    return lambda node, _scope: call("trino_hmac_of", algorithm, *arguments(node))


def _url_part(part: str) -> Rule:
    return lambda node, _scope: call("trino_url_part", *arguments(node), part)


def _sha2(node: exp.Expr, _scope: Scope) -> exp.Expr:
    return call("trino_sha512", node.this) if node.args["length"].name == "512" else node


def _from_utf8(node: exp.Expr, _scope: Scope) -> exp.Expr:
    return call("trino_from_utf8", node.this, node.args.get("replace") or "\ufffd")


def _formatted(node: exp.Expr, scope: Scope) -> exp.Expr:
    """format(): its pattern's text between the values as Java's Formatter writes them."""
    pattern = text_of(node.this)
    if pattern is None:
        raise NotSupported("format() with a pattern that is no literal")
    pieces: list[exp.Expr] = [literal("")]
    at = following = 0
    for found in _CONVERSION.finditer(pattern):
        pieces.append(_between(pattern, at, found.start()))
        at = found.end()
        if found[5] in "%n":
            pieces.append(literal("%" if found[5] == "%" else "\n"))
            continue
        following += 0 if found[1] else 1
        index = int(found[1] or following) - 1
        if index >= len(node.expressions):
            raise TypeMismatch(f"Invalid format string: {pattern} (Format specifier '{found[0]}')")
        pieces.append(_converted(found, node.expressions[index].copy(), scope))
    pieces.append(_between(pattern, at, len(pattern)))
    return exp.DPipe(this=pieces[0], expression=call("concat", *pieces[1:])) if pieces[1:] else pieces[0]


def _between(pattern: str, start: int, end: int) -> exp.Expr:
    if "%" in pattern[start:end]:
        raise NotSupported(f"format('{pattern}'): one of its conversions")
    return literal(pattern[start:end])


def _converted(found: re.Match[str], value: exp.Expr, scope: Scope) -> exp.Expr:
    flags, width, digits, letter = found[2], int(found[3] or 0), found[4], found[5]
    family = kind(scope.type_of(value))
    if "(" in flags or "#" in flags:
        raise NotSupported(f"format('{found[0]}')")
    if letter == "s":
        text = call("trino_format_text", _java_text(value, family, scope), flags, width, int(digits or -1))
    elif letter in "dxXo" and family == "integer":
        text = call("trino_format_integer", value, flags, width, letter)
    elif letter in "fe" and family in ("float", "decimal"):
        number = call("trino_double_digits", value) if family == "float" else cast(value, "VARCHAR")
        text = call("trino_format_decimal", number, flags, width, int(digits or 6), letter)
    else:
        raise NotSupported(f"format('{found[0]}') of {'a NULL' if family == 'null' else f'this type ({family})'}")
    # Java writes `null`, in the width.
    return call("coalesce", text, call("trino_format_text", "null", flags.replace("0", ""), width, -1))


def _java_text(value: exp.Expr, family: str, scope: Scope) -> exp.Expr:
    """ToString of the value in Java."""
    if family == "float":
        return call("trino_java_text", value)
    if family not in ("text", "integer", "decimal", "boolean", "date", "null"):
        raise NotSupported(f"format('%s') of this type ({family})", "CAST it to varchar")
    return as_text(value, scope.type_of(value), None)


def _codepoint(node: exp.Expr, scope: Scope) -> exp.Expr:
    """Of a varchar(1) alone: a literal of one character, chr() or a CAST."""
    [value] = arguments(node)
    # A CAST to varchar(1) has become left(…, 1), a name that no statement of Trino's can hold.
    cast_to_one = isinstance(value, exp.Anonymous | exp.Left) and value.sql("duckdb").upper().startswith("LEFT(")
    text = text_of(value)
    if is_text(scope.type_of(value)) and (len(text) != 1 if text is not None else not cast_to_one | _is_chr(value)):
        length = f"({len(text)})" if text is not None else ""
        raise TypeMismatch(f"Unexpected parameters (varchar{length}) for function codepoint. Expected: varchar(1)")
    return call("trino_codepoint", value)


def _is_chr(node: exp.Expr) -> bool:
    return isinstance(node, exp.Chr) or (isinstance(node, exp.Anonymous) and node.name.lower() == "chr")


BY_NODE: dict[type[exp.Expr], Rule] = {
    exp.Substring: _not_binary("substr", _substring),
    exp.Pad: _not_binary("lpad and rpad", _pad),
    exp.Length: _length,
    exp.Reverse: _reverse,
    exp.Upper: lambda node, _scope: call("trino_upper", node.this),
    exp.Split: _split,
    exp.SplitPart: lambda node, _s: call(
        "trino_split_part", node.this, node.args["delimiter"], node.args["part_index"]
    ),
    exp.StrPosition: _strpos,
    exp.Replace: _replace,
    exp.Normalize: lambda node, _s: call(
        "trino_normalized", node.this, node.args["form"].name if node.args.get("form") else "NFC"
    ),
    exp.Format: _formatted,
    exp.RegexpLike: lambda node, _s: call("trino_regexp_like", node.this, node.expression),
    exp.RegexpExtract: _with_group("trino_regexp_extract"),
    exp.RegexpExtractAll: _with_group("trino_regexp_extract_all"),
    exp.RegexpCount: lambda node, _s: call("trino_regexp_count", node.this, node.expression),
    exp.RegexpSplit: lambda node, _s: call("trino_regexp_split", node.this, node.expression),
    exp.RegexpReplace: _regexp_replace,
    exp.JSONExtractScalar: _json("trino_json_extract_scalar"),
    exp.JSONExtract: _json("trino_json_extract", "JSON"),
    exp.ParseJSON: _json("trino_json_parse", "JSON"),
    exp.JSONValue: refused("json_value()", "json_extract_scalar() is"),
    exp.JSONObject: refused("json_object()", "CAST(MAP(…) AS json) is"),
    exp.JSONArray: refused("json_array()", "CAST(ARRAY[…] AS json) is"),
    exp.JSONExists: refused("json_exists()", "json_extract() is"),
    exp.MD5Digest: _binary("md5", lambda node, _s: call("trino_md5", node.this)),
    exp.SHA: _binary("sha1", lambda node, _s: call("trino_sha1", node.this)),
    exp.SHA2Digest: _binary("sha256", _sha2),
    exp.Hex: _binary("to_hex", lambda node, _s: node),
    exp.ToBase64: _binary("to_base64", lambda node, _s: node),
    exp.Unhex: lambda node, _s: call("trino_from_hex", node.this),
    exp.ToBase32: lambda node, _s: call("trino_to_base32", node.this),
    exp.FromBase32: lambda node, _s: call("trino_from_base32", node.this),
    exp.Decode: _binary("from_utf8", _from_utf8),
}
BY_NAME: dict[str, Rule] = {
    "regexp_position": _regexp_position,
    "url_encode": renamed("trino_url_encode"),
    "url_decode": renamed("trino_url_decode"),
    **{f"url_extract_{part}": _url_part(part) for part in ("protocol", "host", "path", "query", "fragment")},
    "url_extract_port": renamed("trino_url_port"),
    "url_extract_parameter": renamed("trino_url_parameter"),
    "json_array_length": _json("trino_json_array_length"),
    "json_size": _json("trino_json_size"),
    "is_json_scalar": _json("trino_is_json_scalar"),
    "json_array": refused("json_array()", "CAST(ARRAY[…] AS json) is"),
    "json_exists": refused("json_exists()", "json_extract() is"),
    "crc32": renamed("trino_crc32"),
    "xxhash64": renamed("trino_xxhash64"),
    **{f"hmac_{name}": _hmac(name) for name in ("md5", "sha1", "sha256", "sha512")},
    "to_base64url": renamed("trino_to_base64url"),
    "from_base64url": renamed("trino_from_base64url"),
    "to_big_endian_64": lambda node, _s: call("trino_to_big_endian", *arguments(node), 8),
    "to_big_endian_32": lambda node, _s: call("trino_to_big_endian", *arguments(node), 4),
    "from_big_endian_64": lambda node, _s: call("trino_from_big_endian", *arguments(node), 8),
    "from_big_endian_32": lambda node, _s: cast(call("trino_from_big_endian", *arguments(node), 4), "INTEGER"),
    "luhn_check": renamed("trino_luhn_check"),
    "codepoint": _codepoint,
    "hamming_distance": renamed("hamming"),
}
