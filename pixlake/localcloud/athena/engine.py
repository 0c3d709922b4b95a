"""DuckDB as the engine of one query: shut off from network and disk but for the cached files, in UTC."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from pixlake.localcloud.athena import scalars

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation
    from duckdb.sqltypes import DuckDBPyType

_MACROS = """
CREATE MACRO trino_array_at(a, i) AS CASE
    WHEN i < 1 THEN error('SQL array indices start at 1')
    WHEN i > len(a) THEN error('Array subscript must be less than or equal to array length: ' || i || ' > ' || len(a))
    ELSE a[i] END;
CREATE MACRO trino_element_at(a, i) AS CASE
    WHEN i = 0 THEN error('SQL array indices start at 1')
    ELSE a[i] END;
CREATE MACRO trino_codepoint(s) AS CASE
    WHEN length(s) <> 1 THEN error('Input string must be a single character string')
    ELSE unicode(s) END;
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
CREATE MACRO trino_array_position(a, x) AS CASE
    WHEN a IS NULL OR x IS NULL THEN NULL
    ELSE coalesce(list_position(a, x), 0)::BIGINT END;
CREATE MACRO trino_slice(a, s, n) AS CASE
    WHEN s > 0 THEN array_slice(a, s, s + n - 1)
    ELSE array_slice(a, len(a) + s + 1, len(a) + s + n) END;
CREATE MACRO trino_array_distinct(a) AS list_filter(a, lambda x, i: CASE
    WHEN x IS NULL THEN len(list_filter(a[1:i-1], lambda y: y IS NULL)) = 0
    ELSE NOT list_contains(a[1:i-1], x) END);
CREATE MACRO trino_has_null(a) AS len(list_filter(a, lambda y: y IS NULL)) > 0;
CREATE MACRO trino_holds(a, x) AS CASE WHEN x IS NULL THEN trino_has_null(a) ELSE list_contains(a, x) END;
CREATE MACRO trino_contains(a, x) AS CASE
    WHEN a IS NULL OR x IS NULL THEN NULL
    WHEN list_contains(a, x) THEN true
    WHEN trino_has_null(a) THEN NULL
    ELSE false END;
CREATE MACRO trino_array_max(a) AS CASE WHEN NOT trino_has_null(a) THEN list_max(a) END;
CREATE MACRO trino_array_min(a) AS CASE WHEN NOT trino_has_null(a) THEN list_min(a) END;
CREATE MACRO trino_array_max_number(a) AS CASE
    WHEN NOT trino_has_null(a) THEN coalesce(list_max(list_filter(a, lambda y: NOT isnan(y))), list_max(a)) END;
CREATE MACRO trino_array_min_number(a) AS CASE WHEN NOT trino_has_null(a) THEN list_min(a) END;
CREATE MACRO trino_array_except(a, b) AS CASE
    WHEN b IS NOT NULL THEN list_filter(trino_array_distinct(a), lambda x: NOT trino_holds(b, x)) END;
CREATE MACRO trino_array_intersect(a, b) AS CASE
    WHEN b IS NOT NULL THEN list_filter(trino_array_distinct(a), lambda x: trino_holds(b, x)) END;
CREATE MACRO trino_array_remove(a, x) AS CASE
    WHEN x IS NOT NULL THEN list_filter(a, lambda y: y IS DISTINCT FROM x) END;
CREATE MACRO trino_arrays_overlap(a, b) AS CASE
    WHEN a IS NULL OR b IS NULL THEN NULL
    WHEN list_has_any(a, b) THEN true
    WHEN trino_has_null(a) OR trino_has_null(b) THEN NULL
    ELSE false END;
CREATE MACRO trino_repeat(x, n) AS list_transform(range(n), lambda i: x);
CREATE MACRO trino_trim_array(a, n) AS CASE
    WHEN n < 0 OR n > len(a) THEN error('size must be within the array')
    ELSE a[1:len(a) - n] END;
CREATE MACRO trino_ngrams(a, n) AS CASE
    WHEN n < 1 THEN error('N must be positive')
    WHEN n >= len(a) THEN [a]
    ELSE list_transform(range(1, len(a) - n + 2), lambda i: a[i:i + n - 1]) END;
CREATE MACRO trino_map_value(m, k) AS m[k];
CREATE MACRO trino_map_entries(m) AS list_transform(map_entries(m), lambda e: row(e.key, e.value));
CREATE MACRO trino_rows(pairs) AS list_transform(pairs, lambda p: row(p[1], p[2]));
CREATE MACRO trino_entries(entries) AS list_transform(entries, lambda e: row(e.key, e.value));
CREATE MACRO trino_map_of(pairs) AS map_from_entries(list_filter(pairs, lambda p, i:
    p[1] IS NOT NULL AND list_position(list_transform(pairs, lambda q: q[1]), p[1]) = i));
CREATE MACRO trino_multimap_of(pairs) AS map(
    trino_array_distinct(list_filter(list_transform(pairs, lambda p: p[1]), lambda k: k IS NOT NULL)),
    list_transform(
        trino_array_distinct(list_filter(list_transform(pairs, lambda p: p[1]), lambda k: k IS NOT NULL)),
        lambda k: list_transform(list_filter(pairs, lambda p: p[1] = k), lambda p: p[2])));
CREATE MACRO trino_at_percentile(a, p) AS CASE
    WHEN p < 0 OR p > 1 THEN error('Percentile must be between 0 and 1')
    ELSE list_extract(list_sort(list_filter(a, lambda x: x IS NOT NULL)), CAST(least(
        floor(p * len(list_filter(a, lambda x: x IS NOT NULL))), len(list_filter(a, lambda x: x IS NOT NULL)) - 1
    ) AS BIGINT) + 1) END;
CREATE MACRO trino_skewness(g, n) AS g * (n - 2) / sqrt(n * (n - 1));
CREATE MACRO trino_upper(s) AS array_to_string(list_transform(string_split(s, 'ß'), lambda x: upper(x)), 'ß');
CREATE MACRO trino_rounded_time(t, unit) AS make_timestamp(CAST((epoch_us(t) + unit // 2) // unit * unit AS BIGINT));
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
        scalars.register(self._connection)
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
