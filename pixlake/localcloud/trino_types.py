"""Types as Trino writes them: in the text of a view, and in messages."""

from __future__ import annotations

from pixlake.localcloud.hive_types import Array, HiveType, Map, Primitive, Struct

_TRINO_OF_HIVE = {
    "string": "varchar",
    "int": "integer",
    "float": "real",
    "binary": "varbinary",
    "timestamp": "timestamp(3)",
}


def trino_type(hive: HiveType) -> str:
    """A Hive type as Trino signs it; field names are quoted, since some are words of SQL."""
    match hive:
        case Array(element):
            return f"array({trino_type(element)})"
        case Map(key, value):
            return f"map({trino_type(key)}, {trino_type(value)})"
        case Struct(fields):
            members = ('"{}" {}'.format(name.replace('"', '""'), trino_type(kind)) for name, kind in fields)
            return f"row({', '.join(members)})"
        case Primitive(name):
            return _TRINO_OF_HIVE.get(name, name)
    return str(hive)
