"""A query's result: its columns and rows, the objects Athena writes, and the pages of GetQueryResults."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from pixlake.localcloud.athena.column_types import AthenaType
from pixlake.localcloud.athena.errors import QueryFailed

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Row = Sequence[str | None]
_UNKNOWN_NULLABLE = 3


@dataclass(frozen=True)
class ResultColumn:
    """One column of a result."""

    name: str
    type: AthenaType

    def info(self) -> dict[str, Any]:
        """`ColumnInfo` of GetQueryResults."""
        return {
            "CatalogName": "hive",
            "SchemaName": "",
            "TableName": "",
            "Name": self.name,
            "Label": self.name,
            "Type": self.type.name,
            "Precision": self.type.precision,
            "Scale": self.type.scale,
            "Nullable": "UNKNOWN",
            "CaseSensitive": self.type.name == "varchar",
        }


@dataclass
class Result:
    """Columns and rendered rows. A query's result is a CSV file with a header; SHOW and DESCRIBE give plain text."""

    columns: list[ResultColumn]
    rows: list[Row] = field(default_factory=list)
    is_text: bool = False

    @property
    def suffix(self) -> str:
        """`.csv` or `.txt`: how the result's object ends."""
        return ".txt" if self.is_text else ".csv"

    def page(self, token: str | None, size: int) -> dict[str, Any]:
        """One page; the header is the first row of a query's first page, and counts."""
        header: list[Row] = [] if self.is_text else [[column.name for column in self.columns]]
        start = int(token or 0)
        total = len(header) + len(self.rows)
        rows = (
            [*header, *self.rows[: max(0, size - 1)]][:size] if start == 0 else self._slice(start - len(header), size)
        )
        answer: dict[str, Any] = {
            "UpdateCount": 0,
            "ResultSet": {
                "Rows": [{"Data": [{} if v is None else {"VarCharValue": v} for v in row]} for row in rows],
                "ResultSetMetadata": {"ColumnInfo": [column.info() for column in self.columns]},
            },
        }
        if start + len(rows) < total:
            answer["NextToken"] = str(start + len(rows))
        return answer

    def _slice(self, start: int, size: int) -> list[Row]:
        return list(self.rows[start : start + size])

    def body(self) -> bytes:
        """The result object: every value in double quotes, NULL as nothing at all; text is lines as they are."""
        if self.is_text:
            return "".join("\t".join(value or "" for value in row) + "\n" for row in self.rows).encode()
        header: Row = [column.name for column in self.columns]
        lines = (
            ",".join("" if v is None else '"' + v.replace('"', '""') + '"' for v in row) for row in [header, *self.rows]
        )
        return ("\n".join(lines) + "\n").encode()

    def metadata(self, query_execution_id: str) -> bytes:
        """The `.metadata` object beside the result: the columns as a protocol buffer, as Athena's drivers read it."""
        columns = b"".join(_message(4, _column_message(column)) for column in self.columns)
        return _text(1, query_execution_id) + columns


def put(s3: S3Client, location: str, result: Result, query_execution_id: str, encryption: dict[str, str]) -> None:
    """Write the result and its metadata to the output location."""
    parts = urlsplit(location)
    key = parts.path.lstrip("/")
    options: Any = {}
    if encryption:
        options["ServerSideEncryption"] = "AES256" if encryption["EncryptionOption"] == "SSE_S3" else "aws:kms"
        if encryption.get("KmsKey"):
            options["SSEKMSKeyId"] = encryption["KmsKey"]
    try:
        s3.put_object(Bucket=parts.netloc, Key=key, Body=result.body(), **options)
        s3.put_object(Bucket=parts.netloc, Key=f"{key}.metadata", Body=result.metadata(query_execution_id), **options)
    except ClientError as error:
        raise QueryFailed(f"Access denied when writing output to url: {location} : {error}", 401) from error


def _column_message(column: ResultColumn) -> bytes:
    return (
        _text(1, "hive")
        + _text(4, column.name)
        + _text(5, column.name)
        + _text(6, column.type.name)
        + _number(7, column.type.precision)
        + _number(8, column.type.scale)
        + _number(9, _UNKNOWN_NULLABLE)
        + _number(10, int(column.type.name == "varchar"))
    )


def _text(field_number: int, value: str) -> bytes:
    return _message(field_number, value.encode())


def _message(field_number: int, value: bytes) -> bytes:
    return _varint(field_number << 3 | 2) + _varint(len(value)) + value


def _number(field_number: int, value: int) -> bytes:
    return _varint(field_number << 3) + _varint(value)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])
