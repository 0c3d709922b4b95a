"""The partitions that a scan reads: projected, or Glue's, or the table's location; those its conditions leave."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa
from sqlglot import exp

from pixlake.localcloud.athena.catalog import Catalog, Table
from pixlake.localcloud.athena.engine import Engine
from pixlake.localcloud.athena.errors import NotSupported, QueryFailed
from pixlake.localcloud.athena.lineage import Conditions
from pixlake.localcloud.athena.projection import KeyProjection, fill, is_projected, location_template, project

_MAX_PARTITIONS = 1_000_000


@dataclass(frozen=True)
class Partition:
    """Key values as text, and the location (an s3:// prefix)."""

    values: tuple[str, ...]
    location: str


def wanted_partitions(
    catalog: Catalog, engine: Engine, table: Table, alternatives: Sequence[Conditions], now: dt.datetime
) -> list[Partition]:
    """The partitions whose keys meet one of the alternatives."""
    if not table.partition_keys:
        return [Partition((), table.location)]
    if not is_projected(table):
        known = [Partition(values, location) for values, location in catalog.partitions(table)]
        kept = set(_meeting(engine, table, [partition.values for partition in known], alternatives))
        return [partition for index, partition in enumerate(known) if index in kept]
    template = location_template(table)
    names = [key.name for key in table.partition_keys]
    projections = [_narrowed(engine, table, p, alternatives) for p in project(table, now)]
    count = math.prod(len(values) for values in projections)
    if count > _MAX_PARTITIONS:
        raise NotSupported(f"table {table.qualified}: a scan of {count} projected partitions (over {_MAX_PARTITIONS})")
    rows = list(itertools.product(*projections))
    kept_rows = [rows[index] for index in _meeting(engine, table, rows, alternatives)]
    return [Partition(row, fill(template, dict(zip(names, row, strict=True)))) for row in kept_rows]


def _narrowed(
    engine: Engine, table: Table, projection: KeyProjection, alternatives: Sequence[Conditions]
) -> tuple[str, ...]:
    """One key's values, those left out that no alternative can want: keeps the product of several keys small."""
    if projection.values is None:
        return _injected(table, projection.name, alternatives)
    own = [[c for c in conditions if _keys_of(c) == {projection.name}] for conditions in alternatives]
    index = [key.name for key in table.partition_keys].index(projection.name)
    rows = [(value,) for value in projection.values]
    kept = _meeting(engine, table, rows, own, only=index)
    return tuple(projection.values[i] for i in kept)


def _injected(table: Table, name: str, alternatives: Sequence[Conditions]) -> tuple[str, ...]:
    values: dict[str, None] = {}
    for conditions in alternatives:
        named = [value for condition in conditions for value in _static_values(condition, name)]
        if not named:
            raise QueryFailed(
                f"CONSTRAINT_VIOLATION: For the injected projected partition column {name}, the WHERE clause must "
                f"contain only static equality conditions, and at least one such condition must be present. "
                f"(table {table.qualified})"
            )
        values.update(dict.fromkeys(named))
    return tuple(values)


def _static_values(condition: exp.Expr, name: str) -> list[str]:
    if isinstance(condition, exp.EQ):
        for column, value in ((condition.left, condition.right), (condition.right, condition.left)):
            if isinstance(column, exp.Column) and column.name == name and isinstance(value, exp.Literal):
                return [value.name]
    if isinstance(condition, exp.In) and isinstance(condition.this, exp.Column) and condition.this.name == name:
        return [value.name for value in condition.expressions if isinstance(value, exp.Literal)]
    return []


def _keys_of(condition: exp.Expr) -> set[str]:
    return {column.name for column in condition.find_all(exp.Column)}


def _meeting(
    engine: Engine,
    table: Table,
    rows: Sequence[tuple[str, ...]],
    alternatives: Sequence[Conditions],
    only: int | None = None,
) -> list[int]:
    """Indexes of the rows of key values that meet an alternative; the engine itself evaluates the conditions."""
    if not rows or any(not conditions for conditions in alternatives):
        return list(range(len(rows)))
    keys = table.partition_keys if only is None else (table.partition_keys[only],)
    columns = {f"k{i}": pa.array([row[i] for row in rows], pa.string()) for i in range(len(keys))}
    engine.register("partition_values", pa.table({"row": pa.array(range(len(rows)), pa.int64()), **columns}))
    typed = ", ".join(f'{_from_text(i, key.duckdb)} AS "{key.name}"' for i, key in enumerate(keys))
    either = " OR ".join(" AND ".join(f"({c.sql('duckdb')})" for c in conditions) for conditions in alternatives)
    try:
        kept = engine.rows(f"SELECT row FROM (SELECT row, {typed} FROM partition_values) WHERE {either} ORDER BY row")  # noqa: S608
    except duckdb.Error:
        return list(range(len(rows)))  # the query itself will meet the same trouble, and tell
    return [int(row[0]) for row in kept]


def _from_text(index: int, kind: str) -> str:
    """A key's value: Hive writes NULL as __HIVE_DEFAULT_PARTITION__."""
    return f"CAST(NULLIF(k{index}, '__HIVE_DEFAULT_PARTITION__') AS {kind})"
