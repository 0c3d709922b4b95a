"""Column types in the languages spoken here: Hive (Glue), DuckDB (the engine), Athena (results)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pixlake.localcloud.hive_types import Array, Decimal, HiveType, Map, Primitive, Struct, Text

if TYPE_CHECKING:
    from duckdb.sqltypes import DuckDBPyType

_DUCKDB_OF_HIVE = {
    "string": "VARCHAR",
    "boolean": "BOOLEAN",
    "tinyint": "TINYINT",
    "smallint": "SMALLINT",
    "int": "INTEGER",
    "bigint": "BIGINT",
    "float": "FLOAT",
    "double": "DOUBLE",
    "date": "DATE",
    "binary": "BLOB",
}


def duckdb_type(hive: HiveType, timestamp: str = "TIMESTAMP") -> str:
    """Write a Hive type as DuckDB's; `timestamp` lets a caller choose the precision. Field names in lower case."""
    match hive:
        case Array(element):
            return f"{duckdb_type(element, timestamp)}[]"
        case Map(key, value):
            return f"MAP({duckdb_type(key, timestamp)}, {duckdb_type(value, timestamp)})"
        case Struct(fields):
            members = ", ".join(f'"{name.lower()}" {duckdb_type(kind, timestamp)}' for name, kind in fields)
            return f"STRUCT({members})"
        case Decimal(precision, scale):
            return f"DECIMAL({precision},{scale})"
        case Text():
            return "VARCHAR"
        case Primitive("timestamp"):
            return timestamp
        case Primitive(name):
            return _DUCKDB_OF_HIVE[name]


@dataclass(frozen=True)
class AthenaType:
    """A result column's type as GetQueryResults shows it."""

    name: str
    precision: int = 0
    scale: int = 0


_ATHENA_OF_DUCKDB = {
    "BOOLEAN": AthenaType("boolean"),
    "TINYINT": AthenaType("tinyint", 3),
    "SMALLINT": AthenaType("smallint", 5),
    "INTEGER": AthenaType("integer", 10),
    "BIGINT": AthenaType("bigint", 19),
    "UBIGINT": AthenaType("bigint", 19),
    "HUGEINT": AthenaType("bigint", 19),  # DuckDB's sum of bigints; Trino's is a bigint
    "FLOAT": AthenaType("float", 17),
    "DOUBLE": AthenaType("double", 17),
    "DATE": AthenaType("date"),
    "BLOB": AthenaType("varbinary", 1073741824),
    "TIMESTAMP WITH TIME ZONE": AthenaType("timestamp with time zone", 3),
    "JSON": AthenaType("json"),
    "TIME": AthenaType("time", 3),
    "INTERVAL": AthenaType("interval day to second"),  # of months, rendering.py refuses a value
    '"NULL"': AthenaType("unknown"),
}
_VARCHAR = AthenaType("varchar", 2147483647)


def athena_type(duckdb: str) -> AthenaType:
    """The type of a result column, from the type DuckDB gives it."""
    if duckdb.endswith("]"):
        return AthenaType("array")
    if duckdb.startswith("MAP("):
        return AthenaType("map")
    if duckdb.startswith(("STRUCT(", "TUPLE(")):
        return AthenaType("row")
    if found := re.fullmatch(r"DECIMAL\((\d+),\s?(\d+)\)", duckdb):
        return AthenaType("decimal", int(found[1]), int(found[2]))
    if duckdb.startswith("TIMESTAMP") and "ZONE" not in duckdb:
        return AthenaType("timestamp", 3)
    return _ATHENA_OF_DUCKDB.get(duckdb, _VARCHAR)


class NoHiveTypeError(ValueError):
    """A value's type that no Hive table can hold; says which, in Trino's words."""


_HIVE_OF_DUCKDB = {duckdb.lower(): hive for hive, duckdb in _DUCKDB_OF_HIVE.items()}
_HIVE_OF_DUCKDB |= {"hugeint": "bigint", "ubigint": "bigint", "uinteger": "bigint", "timestamp": "timestamp"}
_HIVE_OF_DUCKDB |= {"timestamp_s": "timestamp", "timestamp_ms": "timestamp", "timestamp_ns": "timestamp"}


def hive_type(duckdb: DuckDBPyType) -> HiveType:
    """The Hive type that holds values of a DuckDB type; `NoHiveTypeError` where Trino has none either."""
    text = str(duckdb)
    parts: list[Any] = list(duckdb.children) if duckdb.id in ("list", "map", "struct", "decimal") else []
    match duckdb.id:
        case "list":
            return Array(hive_type(parts[0][1]))
        case "map":
            return Map(hive_type(parts[0][1]), hive_type(parts[1][1]))
        case "struct" if not any(re.fullmatch(r"_\d+", name) for name, _ in parts):
            return Struct(tuple((name.lower(), hive_type(kind)) for name, kind in parts))
        case "decimal":
            return Decimal(parts[0][1], parts[1][1])
        case "struct" | "tuple":
            raise NoHiveTypeError(
                "Anonymous row type is not supported in Hive. Please give each field a name by a CAST"
            )
    if text == "JSON" or duckdb.id not in _HIVE_OF_DUCKDB:
        name = athena_type(text).name if text.startswith(("JSON", "TIMESTAMP")) else text.lower()
        raise NoHiveTypeError(f"Unsupported Hive type: {name}")
    return Primitive(_HIVE_OF_DUCKDB[duckdb.id])


_WIDTHS = ["tinyint", "smallint", "int", "bigint"]


def is_coercible(given: HiveType, wanted: HiveType) -> bool:
    """Whether Trino puts a value of one type into a column of another without a CAST."""
    match given, wanted:
        case Primitive(a), Primitive(b) if a in _WIDTHS:
            return b in ("float", "double") or (b in _WIDTHS and _WIDTHS.index(a) <= _WIDTHS.index(b))
        case Primitive(a), Decimal(precision, scale) if a in _WIDTHS:
            return precision - scale >= (3, 5, 10, 19)[_WIDTHS.index(a)]
        case Decimal(), Primitive("float" | "double"):
            return True
        case Decimal(p, s), Decimal(precision, scale):
            return s <= scale and p - s <= precision - scale
        case Primitive("float"), Primitive("double"):
            return True
        case Primitive("date"), Primitive("timestamp"):
            return True
        case (Primitive("string") | Text(), Primitive("string") | Text()):
            return True
        case Array(a), Array(b):
            return is_coercible(a, b)
        case Map(a, b), Map(c, d):
            return is_coercible(a, c) and is_coercible(b, d)
        case Struct(a), Struct(b):
            return len(a) == len(b) and all(is_coercible(x[1], y[1]) for x, y in zip(a, b, strict=True))
    return given == wanted
