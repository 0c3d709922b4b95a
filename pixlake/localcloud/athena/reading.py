"""Rows of a scan's files, by the table's columns: what a file lacks is NULL, what it has more is passed over."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pixlake.localcloud.athena.catalog import Column
from pixlake.localcloud.athena.column_types import duckdb_type
from pixlake.localcloud.athena.engine import Engine
from pixlake.localcloud.athena.errors import DATA, QueryFailed
from pixlake.localcloud.athena.files import DataFile
from pixlake.localcloud.athena.relations import Scan
from pixlake.localcloud.hive_types import Array, Decimal, HiveType, Map, Primitive, Struct, Text

_LOCAL_NAME = "local file name"


def fill_scan(engine: Engine, scan: Scan, files: Sequence[tuple[DataFile, Path]]) -> None:
    """Put the rows of local files in the place of the scan's empty table."""
    if not files:
        return
    by_schema: dict[pa.Schema, list[Path]] = {}
    for file, path in files:
        by_schema.setdefault(_schema(file, path), []).append(path)
    table = scan.table
    origins = f"{scan.name}_files"
    _register_origins(engine, origins, scan, files)
    selects = []
    for schema, paths in by_schema.items():
        first = next(file for file, path in files if path == paths[0])
        columns = [f'{_value(column, schema, first)} AS "{column.name}"' for column in table.columns]
        columns.append(f'"{_LOCAL_NAME}"')
        listed = ", ".join(f"'{path}'" for path in paths)
        selects.append(
            f"SELECT {', '.join(columns)} FROM read_parquet([{listed}], "  # noqa: S608
            f"filename='{_LOCAL_NAME}', hive_partitioning=false, union_by_name=false)"
        )
    own = ", ".join(f'"{name}"' for name, _ in scan.columns())
    rows = " UNION ALL ".join(selects)
    engine.fill(scan.name, f'SELECT {own} FROM ({rows}) JOIN "{origins}" USING ("{_LOCAL_NAME}")')  # noqa: S608


def _register_origins(engine: Engine, name: str, scan: Scan, files: Sequence[tuple[DataFile, Path]]) -> None:
    """A table from a local file's name to its partition values and hidden columns."""
    columns: dict[str, pa.Array] = {_LOCAL_NAME: pa.array([str(path) for _, path in files], pa.string())}
    keys = scan.table.partition_keys
    for index in range(len(keys)):
        columns[f"k{index}"] = pa.array([file.values[index] for file, _ in files], pa.string())
    columns["$path"] = pa.array([file.uri for file, _ in files], pa.string())
    columns["$file_modified_time"] = pa.array([file.modified for file, _ in files], pa.timestamp("us", "UTC"))
    columns["$file_size"] = pa.array([file.size for file, _ in files], pa.int64())
    engine.register(f"{name}_text", pa.table(columns))
    typed = [
        f"CAST(NULLIF(k{index}, '__HIVE_DEFAULT_PARTITION__') AS {key.duckdb}) AS \"{key.name}\""
        for index, key in enumerate(keys)
    ]
    hidden = ['"$path"', '"$file_modified_time"', '"$file_size"']
    listed = ", ".join([f'"{_LOCAL_NAME}"', *typed, *hidden])
    engine.create_view(name, f'SELECT {listed} FROM "{name}_text"')  # noqa: S608


def _schema(file: DataFile, path: Path) -> pa.Schema:
    try:
        return pq.read_schema(path).remove_metadata()
    except (pa.ArrowInvalid, OSError) as error:
        raise QueryFailed(f"HIVE_BAD_DATA: Error reading {file.uri}: not a Parquet file: {error}", DATA) from error


def _value(column: Column, schema: pa.Schema, file: DataFile) -> str:
    """The SQL that makes the table's value out of the file's column."""
    wanted = column.type
    found = [field for field in schema if field.name.lower() == column.name]
    if not found:
        return f"CAST(NULL AS {column.duckdb})"
    _require_compatible(column.name, wanted, found[0].type, file)
    value = '"' + found[0].name.replace('"', '""') + '"'
    if _has_timestamp(wanted):
        # Trino reads timestamps as milliseconds, rounded. A zoned one cannot be cast to TIMESTAMP_MS in one step.
        return (
            f"CAST(CAST(CAST({value} AS {column.duckdb}) AS {duckdb_type(wanted, 'TIMESTAMP_MS')}) AS {column.duckdb})"
        )
    return f"CAST({value} AS {column.duckdb})"


def _has_timestamp(hive: HiveType) -> bool:
    match hive:
        case Array(element):
            return _has_timestamp(element)
        case Map(key, value):
            return _has_timestamp(key) or _has_timestamp(value)
        case Struct(fields):
            return any(_has_timestamp(kind) for _, kind in fields)
    return hive == Primitive("timestamp")


def _require_compatible(name: str, hive: HiveType, arrow: pa.DataType, file: DataFile) -> None:
    """Fail as Athena does where a file holds another kind of value than the table states."""
    match hive:
        case Array(element) if _is_list(arrow):
            _require_compatible(f"{name}.element", element, arrow.value_type, file)
        case Map(key, value) if pa.types.is_map(arrow):
            _require_compatible(f"{name}.key", key, arrow.key_type, file)
            _require_compatible(f"{name}.value", value, arrow.item_type, file)
        case Struct(fields) if pa.types.is_struct(arrow):
            inner = {arrow.field(i).name.lower(): arrow.field(i).type for i in range(arrow.num_fields)}
            for field_name, kind in fields:
                if field_name.lower() in inner:
                    _require_compatible(f"{name}.{field_name}", kind, inner[field_name.lower()], file)
        case Array() | Map() | Struct():
            raise _bad_data(name, hive, arrow, file)
        case _ if not _scalar_fits(hive, arrow):
            raise _bad_data(name, hive, arrow, file)


def _is_list(arrow: pa.DataType) -> bool:
    return any(test(arrow) for test in (pa.types.is_list, pa.types.is_large_list))


_BYTES = (
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_binary,
    pa.types.is_large_binary,
    pa.types.is_fixed_size_binary,
)
_FITS = {
    "string": _BYTES,
    "binary": _BYTES,
    "decimal": (pa.types.is_decimal, pa.types.is_integer),
    "boolean": (pa.types.is_boolean,),
    "float": (pa.types.is_floating,),
    "double": (pa.types.is_floating,),
    "date": (pa.types.is_date,),
    "timestamp": (pa.types.is_timestamp,),
}
"""What Arrow makes of the Parquet types that Athena reads for a Hive type; integers for the rest."""


def _scalar_fits(hive: Primitive | Decimal | Text, arrow: pa.DataType) -> bool:
    if pa.types.is_dictionary(arrow):
        arrow = arrow.value_type
    name = hive.name if isinstance(hive, Primitive) else "decimal" if isinstance(hive, Decimal) else "string"
    return any(test(arrow) for test in (pa.types.is_null, *_FITS.get(name, (pa.types.is_integer,))))


def _bad_data(name: str, hive: HiveType, arrow: pa.DataType, file: DataFile) -> QueryFailed:
    return QueryFailed(
        f"HIVE_BAD_DATA: Field {name}'s type {arrow} in parquet file {file.uri} is incompatible with type {hive} "
        "defined in table schema",
        DATA,
    )
