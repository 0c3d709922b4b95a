"""Record format conversion: rows of JSON to one Parquet file, by the columns of a Glue table."""

from __future__ import annotations

import decimal
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from botocore.exceptions import ClientError

from pixlake.localcloud.firehose.buffering import Row
from pixlake.localcloud.firehose.configuration import ConversionConfiguration
from pixlake.localcloud.firehose.deaggregation import refuse_constant
from pixlake.localcloud.firehose.error_output import Failure
from pixlake.localcloud.firehose.openx import MismatchError, Reader, UnreadableTypeError, reader
from pixlake.localcloud.hive_types import HiveType, HiveTypeError, arrow_type, parse_hive_type

_TRANSIENT_CODES = ("Throttl", "TooManyRequests", "RequestLimit", "InternalService", "OperationTimeout")


class SchemaError(Exception):
    """The table cannot serve as a schema: every row goes to the error output under this code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = f"DataFormatConversion.{code}"
        self.message = message


class _MalformedError(Exception):
    """A row that is no JSON object."""


@dataclass(frozen=True)
class Column:
    """A column: its name and type, the JSON key it is read from, and how."""

    name: str
    key: str
    arrow: pa.DataType
    read: Reader


@dataclass(frozen=True)
class Converted:
    """A file (None if no row fits) with the number of its rows, and the rows that do not fit."""

    parquet: bytes | None
    rows: int
    failures: list[Failure]


class Converter:
    """Rows to Parquet by one version of a table."""

    def __init__(self, configuration: ConversionConfiguration, columns: Sequence[tuple[str, str]]) -> None:
        """Prepare for a table's (name, Hive type) columns; raises `SchemaError`."""
        self._configuration = configuration
        self._lower_case = configuration.case_insensitive
        if not columns:
            raise SchemaError("InvalidSchema", "The schema is invalid. The specified table has no columns.")
        self._columns = [self._column(name, hive_type) for name, hive_type in columns]
        # Only decimals need every digit of a number, and keeping them is slow.
        exact = any("decimal" in hive_type.lower() for _, hive_type in columns)
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_float=decimal.Decimal if exact else None,
            parse_constant=refuse_constant,
        )

    def convert(self, rows: Sequence[Row]) -> Converted:
        """Convert what fits; what does not is returned with its reason. No row can raise."""
        values: list[list[Any]] = []
        kept: list[Row] = []
        failures: list[Failure] = []
        for row in rows:
            try:
                values.append(self._values(row.data))
                kept.append(row)
            except MismatchError as error:
                message = f"Data does not match the schema. {error.problem} at {error.path}"
                failures.append(_failure(row, "MalformedData", message))
            except _MalformedError as error:
                failures.append(_failure(row, "ParseError", f"Encountered malformed JSON. {error}"))
            except Exception as error:  # a row we did not foresee must not stop its neighbours
                failures.append(_failure(row, "InternalError", f"{type(error).__name__}: {error}"))
        if not values:
            return Converted(None, 0, failures)
        try:
            table = self._table(values)
        except (pa.ArrowException, ValueError, TypeError, OverflowError):
            # Readers and Arrow disagree about some value. Find whose it is; the others land.
            good = []
            for row, row_values in zip(kept, values, strict=True):
                try:
                    self._table([row_values])
                    good.append(row_values)
                except (pa.ArrowException, ValueError, TypeError, OverflowError) as error:
                    failures.append(_failure(row, "MalformedData", f"Data does not match the schema. {error}"))
            table = self._table(good)
        return Converted(self._parquet(table) if table.num_rows else None, table.num_rows, failures)

    def _column(self, name: str, type_text: str) -> Column:
        key = self._configuration.column_to_json_key.get(name, name)
        try:
            hive_type: HiveType = parse_hive_type(type_text)
            read = reader(hive_type, lower_case=self._lower_case)
        except (HiveTypeError, UnreadableTypeError) as error:
            raise SchemaError("InvalidSchema", f"The schema is invalid. Column {name}: {error}") from error
        return Column(name, key.lower() if self._lower_case else key, arrow_type(hive_type), read)

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        """Make an object of its pairs, with the keys as the SerDe's options want them."""
        if self._lower_case:
            pairs = [(key.lower(), value) for key, value in pairs]
        if self._configuration.dots_to_underscores:
            pairs = [(key.replace(".", "_"), value) for key, value in pairs]
        found = dict(pairs)
        if len(found) < len(pairs):
            raise ValueError(f"a key is there twice among {', '.join(key for key, _ in pairs)[:200]}")
        return found

    def _values(self, data: bytes) -> list[Any]:
        if not data.strip():
            raise _MalformedError("The record was empty or contained only whitespace.")
        try:
            found = self._decoder.decode(data.decode())
        except (ValueError, RecursionError) as error:
            raise _MalformedError(str(error)) from error
        if not isinstance(found, dict):
            raise _MalformedError(f"A JSON object is expected, not {type(found).__name__}.")
        values = []
        for column in self._columns:
            try:
                values.append(column.read(found.get(column.key)))
            except MismatchError as error:
                raise error.within(column.name) from None
        return values

    def _table(self, values: list[list[Any]]) -> pa.Table:
        arrays = [
            pa.array([row[index] for row in values], type=column.arrow) for index, column in enumerate(self._columns)
        ]
        schema = pa.schema([pa.field(column.name, column.arrow) for column in self._columns])
        return pa.Table.from_arrays(arrays, schema=schema)

    def _parquet(self, table: pa.Table) -> bytes:
        file = io.BytesIO()
        configuration = self._configuration
        pq.write_table(
            table,
            file,
            compression="NONE" if configuration.compression == "UNCOMPRESSED" else configuration.compression,
            use_dictionary=configuration.dictionary,
            data_page_size=configuration.page_size_bytes,
            data_page_version="1.0" if configuration.writer_version == "V1" else "2.0",
            row_group_size=max(1, table.num_rows),
            store_schema=False,  # the file says what any writer's would: types are Parquet's, not Arrow's
        )
        return file.getvalue()


def read_columns(glue: Any, configuration: ConversionConfiguration) -> list[tuple[str, str]]:
    """Return a table's (name, type) columns as Glue has them now.

    A table that is not there, or not to be read, raises `SchemaError`: its rows go to the error output. A Glue that
    does not answer raises botocore's error: the caller tries again, and the rows wait.
    """
    try:
        table = glue.get_table(DatabaseName=configuration.database, Name=configuration.table)["Table"]
    except ClientError as error:
        code, status = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
        if status >= 500 or status == 429 or code.startswith(_TRANSIENT_CODES):
            raise
        if code == "EntityNotFoundException":
            raise SchemaError(
                "EntityNotFound",
                f"The specified table/database could not be found: {configuration.database}.{configuration.table}. "
                "Please ensure that it exists and that the values of SchemaConfiguration are correct.",
            ) from error
        raise SchemaError(code.removesuffix("Exception"), str(error)) from error
    return [(column["Name"], column["Type"]) for column in table.get("StorageDescriptor", {}).get("Columns", [])]


def convert(
    read: Callable[[], list[tuple[str, str]]], configuration: ConversionConfiguration, rows: Sequence[Row]
) -> Converted:
    """Convert rows by the table as `read` finds it now."""
    try:
        converter = Converter(configuration, read())
    except SchemaError as error:
        return Converted(None, 0, [Failure(row.data, row.arrived, error.code, error.message) for row in rows])
    return converter.convert(rows)


def _failure(row: Row, code: str, message: str) -> Failure:
    return Failure(row.data, row.arrived, f"DataFormatConversion.{code}", message)
