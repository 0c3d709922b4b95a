"""The columns of a query that becomes a table, a view or files: each with a name of its own and a Hive type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pixlake.localcloud.athena.column_types import NoHiveTypeError, duckdb_type, hive_type
from pixlake.localcloud.athena.errors import QueryFailed
from pixlake.localcloud.hive_types import HiveType

if TYPE_CHECKING:
    from duckdb.sqltypes import DuckDBPyType


@dataclass(frozen=True)
class OutputColumn:
    """A lower-case name and a type."""

    name: str
    type: HiveType

    def glue(self) -> dict[str, str]:
        """`Column` of Glue."""
        return {"Name": self.name, "Type": str(self.type)}

    @property
    def duckdb(self) -> str:
        """The type as the engine writes it; timestamps hold milliseconds."""
        return duckdb_type(self.type, "TIMESTAMP_MS")


def output_columns(columns: Sequence[tuple[str | None, DuckDBPyType]], place: str) -> list[OutputColumn]:
    """Check and type a query's columns; `place` is the query's, for the errors."""
    found: dict[str, OutputColumn] = {}
    for position, (given, kind) in enumerate(columns, start=1):
        if given is None:
            raise QueryFailed(f"MISSING_COLUMN_NAME: {place}: Column name not specified at position {position}")
        name = given.lower()
        if name in found:
            raise QueryFailed(f"DUPLICATE_COLUMN_NAME: {place}: Column name '{name}' specified more than once")
        if str(kind) == '"NULL"':
            raise QueryFailed(f"COLUMN_TYPE_UNKNOWN: {place}: Column type is unknown at position {position}")
        found[name] = OutputColumn(name, column_type(kind))
    return list(found.values())


def column_type(kind: DuckDBPyType) -> HiveType:
    """The Hive type of a column; fails as Athena does where there is none."""
    try:
        return hive_type(kind)
    except NoHiveTypeError as error:
        raise QueryFailed(f"NOT_SUPPORTED: {error}") from error
