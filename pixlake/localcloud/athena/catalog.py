"""The Glue catalogue, as a query sees it: databases, Parquet tables, partition keys and views."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pixlake.localcloud.athena.column_types import duckdb_type
from pixlake.localcloud.athena.errors import NotSupported, QueryFailed
from pixlake.localcloud.hive_types import HiveType, HiveTypeError, parse_hive_type

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient

CATALOG = "awsdatacatalog"
_VIEW_PREFIX = "/* Presto View:"


@dataclass(frozen=True)
class Column:
    """A column of a table or a partition key: lower-case name, Glue's text of the type, the comment."""

    name: str
    hive: str
    comment: str = ""

    @property
    def type(self) -> HiveType:
        """The parsed type; `HiveTypeError` if Glue's text is none."""
        return parse_hive_type(self.hive)

    @property
    def duckdb(self) -> str:
        """The type as the engine writes it."""
        return duckdb_type(self.type)


@dataclass(frozen=True)
class Table:
    """A table whose rows lie in S3."""

    database: str
    name: str
    columns: tuple[Column, ...]
    partition_keys: tuple[Column, ...]
    location: str
    parameters: dict[str, str] = field(default_factory=dict)
    serde: str = ""
    input_format: str = ""
    output_format: str = ""
    table_type: str = ""

    @property
    def qualified(self) -> str:
        """`database.table`, for messages."""
        return f"{self.database}.{self.name}"


@dataclass(frozen=True)
class View:
    """A view: its query, and the database that the query's bare table names mean."""

    database: str
    name: str
    sql: str
    schema: str
    columns: tuple[Column, ...]


class Catalog:
    """Reads Glue, remembering what it read: made anew for every query, so that each sees the catalogue as it is."""

    def __init__(self, glue: GlueClient) -> None:
        self._glue = glue
        self._known: dict[tuple[str, str], Table | View] = {}

    def table(self, database: str, name: str, at: str = "line 1:1") -> Table | View:
        """Find a table or view; `at` is its place in the statement, for the error."""
        key = (database.lower(), name.lower())
        if key not in self._known:
            self._known[key] = self._read(*key, at)
        return self._known[key]

    def find(self, database: str, name: str) -> Table | View | None:
        """A table or view if there is one."""
        try:
            return self.table(database, name)
        except QueryFailed as error:
            if error.reason.startswith("TABLE_NOT_FOUND"):
                return None
            raise

    def databases(self) -> list[str]:
        """All database names, sorted."""
        pages = self._glue.get_paginator("get_databases").paginate()
        return sorted(database["Name"] for page in pages for database in page["DatabaseList"])

    def tables(self, database: str, views_only: bool = False) -> list[str]:
        """All names of a database's tables and views, sorted."""
        self.require_database(database)
        pages = self._glue.get_paginator("get_tables").paginate(DatabaseName=database)
        tables = [table for page in pages for table in page["TableList"]]
        return sorted(t["Name"] for t in tables if not views_only or t.get("TableType") == "VIRTUAL_VIEW")

    def partitions(self, table: Table) -> list[tuple[tuple[str, ...], str]]:
        """Glue's partitions of a table: values as text, and location."""
        pages = self._glue.get_paginator("get_partitions").paginate(DatabaseName=table.database, TableName=table.name)
        return [
            (tuple(partition["Values"]), partition["StorageDescriptor"]["Location"])
            for page in pages
            for partition in page["Partitions"]
        ]

    def require_database(self, database: str, at: str = "line 1:1") -> None:
        """Fail as Athena does when the database does not exist."""
        try:
            self._glue.get_database(Name=database)
        except ClientError as error:
            if error.response["Error"]["Code"] != "EntityNotFoundException":
                raise
            raise QueryFailed(f"SCHEMA_NOT_FOUND: {at}: Schema '{database}' does not exist") from error

    def _read(self, database: str, name: str, at: str) -> Table | View:
        try:
            found: Any = self._glue.get_table(DatabaseName=database, Name=name)["Table"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "EntityNotFoundException":
                raise
            self.require_database(database, at)
            raise QueryFailed(f"TABLE_NOT_FOUND: {at}: Table '{CATALOG}.{database}.{name}' does not exist") from error
        storage = found.get("StorageDescriptor", {})
        columns = _columns(storage.get("Columns", []))
        if found.get("TableType") == "VIRTUAL_VIEW":
            return _view(database, name, found.get("ViewOriginalText", ""), columns)
        return Table(
            database=database,
            name=name,
            columns=columns,
            partition_keys=_columns(found.get("PartitionKeys", [])),
            location=storage.get("Location", ""),
            parameters=found.get("Parameters", {}),
            serde=storage.get("SerdeInfo", {}).get("SerializationLibrary", ""),
            input_format=storage.get("InputFormat", ""),
            output_format=storage.get("OutputFormat", ""),
            table_type=found.get("TableType", ""),
        )


def require_readable(table: Table) -> None:
    """Fail for what Athena reads and the local Athena does not."""
    if "parquet" not in table.serde.lower():
        raise NotSupported(
            f"table {table.qualified}: SerDe {table.serde or '(none)'}: only Parquet tables are read; that"
        )
    for column in (*table.columns, *table.partition_keys):
        try:
            _ = column.type
        except HiveTypeError as error:
            raise QueryFailed(
                f"HIVE_INVALID_METADATA: table {table.qualified}, column {column.name}: {error}"
            ) from error


def _columns(glue_columns: list[dict[str, Any]]) -> tuple[Column, ...]:
    return tuple(Column(c["Name"].lower(), c.get("Type", "string"), c.get("Comment", "")) for c in glue_columns)


def _view(database: str, name: str, text: str, columns: tuple[Column, ...]) -> View:
    """Athena keeps a view as `/* Presto View: <base64 of JSON> */` with originalSql, catalog and schema."""
    if not text.startswith(_VIEW_PREFIX):
        raise QueryFailed(f"INVALID_VIEW: view {database}.{name}: its text does not begin with {_VIEW_PREFIX!r}")
    try:
        stored = json.loads(base64.b64decode(text.removeprefix(_VIEW_PREFIX).removesuffix("*/").strip()))
        return View(database, name, stored["originalSql"], stored.get("schema", database), columns)
    except (ValueError, KeyError) as error:
        raise QueryFailed(f"INVALID_VIEW: view {database}.{name}: its text cannot be read: {error!r}") from error
