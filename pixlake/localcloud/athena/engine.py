"""DuckDB as the engine of one query: shut off from network and disk but for the cached files, in UTC."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
from duckdb.sqltypes import DOUBLE, VARCHAR

from pixlake.localcloud.athena.rendering import java_double

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation
    from duckdb.sqltypes import DuckDBPyType

_MACROS = """
CREATE MACRO trino_array_at(a, i) AS CASE
    WHEN i < 1 THEN error('SQL array indices start at 1')
    WHEN i > len(a) THEN error('Array subscript must be less than or equal to array length: ' || i || ' > ' || len(a))
    ELSE a[i] END;
CREATE MACRO trino_map_at(m, k) AS CASE
    WHEN m IS NOT NULL AND NOT map_contains(m, k) THEN error('Key not present in map: ' || k)
    ELSE m[k] END;
CREATE MACRO trino_any(flags) AS CASE
    WHEN flags IS NULL THEN NULL
    WHEN list_contains(flags, true) THEN true
    WHEN len(list_filter(flags, lambda flag: flag IS NULL)) > 0 THEN NULL
    ELSE false END;
CREATE MACRO trino_all(flags) AS CASE
    WHEN flags IS NULL THEN NULL
    WHEN list_contains(flags, false) THEN false
    WHEN len(list_filter(flags, lambda flag: flag IS NULL)) > 0 THEN NULL
    ELSE true END;
CREATE MACRO trino_json_scalar(j, p) AS CASE
    WHEN NOT json_valid(j) OR json_type(j, p) IN ('OBJECT', 'ARRAY') THEN NULL
    ELSE json_extract_string(j, p) END;
CREATE MACRO trino_split_part(s, d, n) AS CASE
    WHEN n > len(string_split(s, d)) THEN NULL
    ELSE split_part(s, d, n) END;
CREATE MACRO trino_regexp_extract(s, p, g) AS CASE
    WHEN regexp_matches(s, p) THEN regexp_extract(s, p, g) END;
CREATE MACRO trino_array_position(a, x) AS CASE
    WHEN a IS NULL OR x IS NULL THEN NULL
    ELSE coalesce(list_position(a, x), 0)::BIGINT END;
CREATE MACRO trino_slice(a, s, n) AS CASE
    WHEN s > 0 THEN array_slice(a, s, s + n - 1)
    ELSE array_slice(a, len(a) + s + 1, len(a) + s + n) END;
CREATE MACRO trino_array_distinct(a) AS list_filter(a, lambda x, i: CASE
    WHEN x IS NULL THEN len(list_filter(a[1:i-1], lambda y: y IS NULL)) = 0
    ELSE NOT list_contains(a[1:i-1], x) END);
"""


class Engine:
    """One in-memory DuckDB connection.

    Opened with an empty table for each scanned relation, so that a query can be bound (names, types) before any file
    is fetched; `fill` then puts the files' rows in the table's place.
    """

    def __init__(self, cache: Path, memory_limit: str = "1GB", threads: int = 2) -> None:
        self._connection = duckdb.connect(config={"memory_limit": memory_limit, "threads": threads})
        for setting in (
            f"SET temp_directory='{cache / 'spill'}'",
            "SET autoinstall_known_extensions=false",
            "SET autoload_known_extensions=false",
            "SET python_enable_replacements=false",
            "SET TimeZone='UTC'",
            "SET default_null_order='nulls_last'",  # Trino: NULLs last, ascending and descending
            f"SET allowed_directories=['{cache}']",
            "SET enable_external_access=false",
        ):
            self._connection.execute(setting)
        self._connection.execute(_MACROS)
        self._connection.create_function("trino_varchar_of_double", java_double, [DOUBLE], VARCHAR)
        self._connection.execute("SET lock_configuration=true")

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def interrupt(self) -> None:
        """Stop what runs now, from another thread."""
        self._connection.interrupt()

    def create_empty(self, name: str, columns: Sequence[tuple[str, str]]) -> None:
        """Make a typed empty table."""
        listed = ", ".join(f'"{column}" {kind}' for column, kind in columns)
        self._connection.execute(f'CREATE TABLE "{name}" ({listed})')

    def fill(self, name: str, select: str) -> None:
        """Put a query over files in the place of the empty table `name`."""
        self._connection.execute(f'DROP TABLE "{name}"')
        self.create_view(name, select)

    def create_view(self, name: str, select: str) -> None:
        """Give a query a name."""
        self._connection.execute(f'CREATE VIEW "{name}" AS {select}')

    def register(self, name: str, rows: pa.Table) -> None:
        """Make an Arrow table readable under a name."""
        self._connection.register(name, rows)

    def relation(self, sql: str) -> DuckDBPyRelation:
        """Bind a query: names and types, no rows read yet. Raises `duckdb.Error`."""
        return self._connection.sql(sql)

    def types(self, sql: str) -> list[DuckDBPyType]:
        """The column types of a query."""
        return self.relation(sql).types

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows of a small query."""
        return self.relation(sql).fetchall()

    def batches(self, sql: str, size: int = 10_000) -> Iterator[pa.RecordBatch]:
        """The rows of a query, as Arrow batches."""
        yield from self.relation(sql).to_arrow_reader(size)
