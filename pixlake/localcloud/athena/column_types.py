"""Column types in the three languages spoken here: Hive (Glue), DuckDB (the engine) and Athena (results)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pixlake.localcloud.hive_types import Array, Decimal, HiveType, Map, Primitive, Struct, Text

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
