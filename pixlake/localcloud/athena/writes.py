"""Statements that write rows: CREATE TABLE AS, INSERT INTO and UNLOAD."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from pixlake.localcloud.athena.catalog import CATALOG, Catalog, View, require_readable
from pixlake.localcloud.athena.column_types import is_coercible
from pixlake.localcloud.athena.errors import USER, NotSupported, QueryFailed
from pixlake.localcloud.athena.output_columns import OutputColumn, column_type, output_columns
from pixlake.localcloud.athena.parquet_output import Written, partition_path, write_parquet
from pixlake.localcloud.athena.projection import fill, is_projected, location_template
from pixlake.localcloud.athena.results import Result, written_result
from pixlake.localcloud.athena.select import Prepared, Running, SelectRunner
from pixlake.localcloud.athena.statement_reader import Property
from pixlake.localcloud.athena.statements import CreateTableAs, Insert, Query, Unload
from pixlake.localcloud.trino_types import trino_type

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient
    from mypy_boto3_s3 import S3Client

_HIVE = "org.apache.hadoop.hive.ql.io.parquet"
_STORAGE = {
    "InputFormat": f"{_HIVE}.MapredParquetInputFormat",
    "OutputFormat": f"{_HIVE}.MapredParquetOutputFormat",
    "SerdeInfo": {
        "SerializationLibrary": f"{_HIVE}.serde.ParquetHiveSerDe",
        "Parameters": {"serialization.format": "1"},
    },
}
_COMPRESSIONS = {"GZIP", "SNAPPY", "ZSTD", "LZ4", "NONE"}


class WriteRunner:
    """Runs statements that write rows, as Parquet."""

    def __init__(self, s3: S3Client, glue: GlueClient, selects: SelectRunner, directory: Path) -> None:
        self._s3 = s3
        self._glue = glue
        self._selects = selects
        self._directory = directory

    def create_table_as(self, statement: CreateTableAs, query: Query, running: Running) -> Result:
        """CREATE TABLE AS: the location must be empty; partitions are registered in Glue."""
        catalog = Catalog(self._glue)
        database, name = statement.name.database or running.database.lower(), statement.name.table
        options = _Options(
            "CREATE TABLE AS", statement.properties, {"external_location", "write_compression", "parquet_compression"}
        )
        catalog.require_database(database, statement.name.place)
        if catalog.find(database, name) is not None:
            raise QueryFailed(f"TABLE_ALREADY_EXISTS: line 1:1: Table '{CATALOG}.{database}.{name}' already exists")
        asked = options.text("external_location")
        if asked and running.settings.enforced:
            raise QueryFailed(
                "The Create Table As Select query failed because it was submitted with an 'external_location' property "
                "to an Athena Workgroup that enforces a centralized output location for all queries. Please remove the "
                "'external_location' property and resubmit the query."
            )
        location = _prefix(asked or f"{running.settings.output_prefix}tables/{running.id}")
        with self._selects.prepared(query, catalog, running) as prepared:
            columns = output_columns(prepared.columns, query.source.place_of_query())
            data, keys = options.split(columns)
            self._require_empty(location, f"{database}.{name}")
            written = (
                self._write(prepared, data, keys, location, options.compression(), running)
                if statement.with_data
                else Written()
            )
        parameters = {"EXTERNAL": "TRUE", "classification": "parquet", "has_encrypted_data": "false"}
        table: Any = {
            "Name": name,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {**parameters, "parquet.compression": options.compression()},
            "PartitionKeys": [key.glue() for key in keys],
            "StorageDescriptor": {
                "Columns": [column.glue() for column in data], "Location": location.rstrip("/"), **_STORAGE
            },
        }  # fmt: skip
        self._glue.create_table(DatabaseName=database, TableInput=table)
        self._register(database, name, written, table["StorageDescriptor"])
        return written_result(written.rows, written.uris)

    def unload(self, statement: Unload, query: Query, running: Running) -> Result:
        """UNLOAD: as files only; the location must be empty."""
        options = _Options("UNLOAD", statement.properties, {"compression"}, required={"format"})
        location = _prefix(statement.location)
        with self._selects.prepared(query, Catalog(self._glue), running) as prepared:
            columns = output_columns(prepared.columns, query.source.place_of_query())
            data, keys = options.split(columns)
            self._require_empty(location, "unload")
            written = self._write(prepared, data, keys, location, options.compression(), running)
        return written_result(written.rows, written.uris)

    def insert(self, statement: Insert, query: Query, running: Running) -> Result:
        """INSERT INTO: new files beside the table's; new partitions are registered in Glue."""
        catalog = Catalog(self._glue)
        database = statement.name.database or running.database.lower()
        table = catalog.table(database, statement.name.table, statement.name.place)
        if isinstance(table, View):
            raise QueryFailed(f"NOT_SUPPORTED: {statement.name.place}: Inserting into views is not supported")
        require_readable(table)
        every = [OutputColumn(column.name, column.type) for column in (*table.columns, *table.partition_keys)]
        names = [column.name for column in every]
        chosen = statement.columns or names
        if unknown := [name for name in chosen if name not in names]:
            raise QueryFailed(
                f"COLUMN_NOT_FOUND: line 1:1: Insert column name does not exist in target table: {unknown[0]}"
            )
        if repeated := [name for name in chosen if chosen.count(name) > 1]:
            raise QueryFailed(
                f"DUPLICATE_COLUMN_NAME: line 1:1: Insert column name is specified more than once: {repeated[0]}"
            )
        data, keys = every[: len(table.columns)], every[len(table.columns) :]
        known = dict(catalog.partitions(table)) if keys and not is_projected(table) else {}
        template = location_template(table) if keys and is_projected(table) else None

        def location_of(values: tuple[str, ...]) -> str:
            if template is not None:
                return fill(template, dict(zip((key.name for key in keys), values, strict=True)))
            path = partition_path([key.name for key in keys], values)
            return _prefix(known[values]) if values in known else _prefix(table.location) + path

        with self._selects.prepared(query, catalog, running) as prepared:
            _require_fitting(prepared, [every[names.index(name)] for name in chosen])
            values = [f"c{chosen.index(name)}" if name in chosen else "NULL" for name in names]
            prepared.fill()
            written = self._put(prepared, values, data, keys, location_of, "GZIP", running)
        if template is None:
            written.partitions = {v: location for v, location in written.partitions.items() if v not in known}
            storage = self._glue.get_table(DatabaseName=database, Name=table.name)["Table"]["StorageDescriptor"]
            self._register(database, table.name, written, storage)
        return written_result(written.rows, written.uris)

    def _write(
        self,
        prepared: Prepared,
        data: Sequence[OutputColumn],
        keys: Sequence[OutputColumn],
        location: str,
        compression: str,
        running: Running,
    ) -> Written:
        prepared.fill()
        values = [f"c{index}" for index in range(len(prepared.columns))]
        names = [key.name for key in keys]
        return self._put(
            prepared, values, data, keys, lambda v: location + partition_path(names, v), compression, running
        )

    def _put(
        self,
        prepared: Prepared,
        values: Sequence[str],
        data: Sequence[OutputColumn],
        keys: Sequence[OutputColumn],
        location_of: Callable[[tuple[str, ...]], str],
        compression: str,
        running: Running,
    ) -> Written:
        running.check()
        typed = ", ".join(f"CAST({v} AS {c.duckdb})" for v, c in zip(values, [*data, *keys], strict=True))
        given = ", ".join(f"c{index}" for index in range(len(prepared.columns)))
        batches = prepared.engine.batches(f"SELECT {typed} FROM ({prepared.sql}) AS q({given})")  # noqa: S608
        encryption = running.settings.encryption
        return write_parquet(self._s3, batches, data, keys, location_of, compression, encryption, self._directory)

    def _register(self, database: str, table: str, written: Written, storage: Any) -> None:
        for values, location in written.partitions.items():
            partition: Any = {
                "Values": list(values),
                "StorageDescriptor": {**storage, "Location": location.rstrip("/")},
            }
            self._glue.create_partition(DatabaseName=database, TableName=table, PartitionInput=partition)

    def _require_empty(self, location: str, what: str) -> None:
        parts = urlsplit(location)
        try:
            found = self._s3.list_objects_v2(Bucket=parts.netloc, Prefix=parts.path.lstrip("/"), MaxKeys=1)
        except ClientError as error:
            raise QueryFailed(f"HIVE_METASTORE_ERROR: {location} is not accessible: {error}", USER) from error
        if found.get("KeyCount"):
            raise QueryFailed(
                f"HIVE_PATH_ALREADY_EXISTS: Target directory for table '{what}' already exists: {location}. You may "
                "need to manually clean the data at this location before retrying. Athena will not delete data in your "
                "account."
            )


class _Options:
    """The properties of CREATE TABLE AS and UNLOAD: those for Parquet; all others are refused by name."""

    def __init__(
        self,
        statement: str,
        given: dict[str, Property],
        known: set[str],
        required: frozenset[str] | set[str] = frozenset(),
    ) -> None:
        self._statement, self._given = statement, given
        self._compressions = sorted(known & {"write_compression", "parquet_compression", "compression"})
        for name in given:
            if name not in known | {"format", "partitioned_by", "table_type", "is_external"}:
                raise NotSupported(f"{statement} with {name}")
        for name in set(required) - given.keys():
            raise QueryFailed(f"INVALID_TABLE_PROPERTY: {statement}: the property {name} is required")
        self._require("format", {"PARQUET"})
        self._require("table_type", {"HIVE"})
        for name in self._compressions:
            self._require(name, _COMPRESSIONS)
        if given.get("is_external", True) is not True:
            raise NotSupported(f"{statement} with is_external = false")

    def text(self, name: str) -> str | None:
        """A property that must be a string."""
        value = self._given.get(name)
        if value is not None and not isinstance(value, str):
            raise QueryFailed(f"INVALID_TABLE_PROPERTY: {self._statement}: {name} must be a string")
        return value

    def compression(self) -> str:
        """GZIP unless said otherwise."""
        return next((text.upper() for name in self._compressions if (text := self.text(name))), "GZIP")

    def split(self, columns: list[OutputColumn]) -> tuple[list[OutputColumn], list[OutputColumn]]:
        """Data columns and partition keys; these must come last, in their order."""
        keys = self._given.get("partitioned_by", [])
        if not isinstance(keys, list):
            raise QueryFailed(f"INVALID_TABLE_PROPERTY: {self._statement}: partitioned_by must be an ARRAY of strings")
        names, wanted = [column.name for column in columns], [key.lower() for key in keys]
        if absent := [key for key in wanted if key not in names]:
            raise QueryFailed(f"INVALID_TABLE_PROPERTY: Partition columns {absent} not present in schema")
        if len(wanted) == len(names):
            raise QueryFailed("INVALID_TABLE_PROPERTY: Table contains only partition columns")
        if wanted and names[-len(wanted) :] != wanted:
            raise QueryFailed(
                "HIVE_COLUMN_ORDER_MISMATCH: Partition keys must be the last columns in the table and in the same "
                f"order as the table properties: {wanted}"
            )
        return columns[: len(columns) - len(wanted)], columns[len(columns) - len(wanted) :]

    def _require(self, name: str, values: set[str]) -> None:
        text = self.text(name)
        if text is not None and text.upper() not in values:
            raise NotSupported(f"{self._statement} with {name} = '{text}'")


def _prefix(location: str) -> str:
    parts = urlsplit(location)
    if parts.scheme != "s3" or not parts.netloc:
        raise QueryFailed(f"INVALID_TABLE_PROPERTY: {location!r} is not an S3 location")
    return location.rstrip("/") + "/"


def _require_fitting(prepared: Prepared, wanted: list[OutputColumn]) -> None:
    """Fail as Trino does where the query's types do not go into the table's without a CAST."""
    given = [None if str(kind) == '"NULL"' else column_type(kind) for _, kind in prepared.columns]
    fits = len(given) == len(wanted) and all(
        g is None or is_coercible(g, w.type) for g, w in zip(given, wanted, strict=True)
    )
    if not fits:
        table = ", ".join(trino_type(column.type) for column in wanted)
        query = ", ".join("unknown" if kind is None else trino_type(kind) for kind in given)
        raise QueryFailed(
            f"TYPE_MISMATCH: line 1:1: Insert query has mismatched column types: Table: [{table}], Query: [{query}]"
        )
