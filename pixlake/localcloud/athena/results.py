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
    """Columns and rendered rows. A query's result is a CSV file with a header; all else is plain text.

    A statement that writes gives no rows but their count, and the URIs of the objects it wrote (`manifest`).
    """

    columns: list[ResultColumn]
    rows: list[Row] = field(default_factory=list)
    is_text: bool = False
    update_count: int = 0
    manifest: list[str] | None = None
    row_count: int = 0

    def __post_init__(self) -> None:
        self.row_count = len(self.rows)

    def taken_rows(self) -> list[Row]:
        """The rows, which this result holds no longer: once written, they are kept elsewhere."""
        rows, self.rows = self.rows, []
        return rows

    def page(self, rows_of_all: Sequence[Row], start: int, size: int) -> dict[str, Any]:
        """One page; the header is the first row of a query's first page, and counts."""
        header: list[Row] = [] if self.is_text else [[column.name for column in self.columns]]
        total = len(header) + len(rows_of_all)
        rows = [*header[start:], *rows_of_all[max(0, start - len(header)) :][: size - len(header[start:])]]
        answer: dict[str, Any] = {
            "UpdateCount": self.update_count,
            "ResultSet": {
                "Rows": [{"Data": [{} if v is None else {"VarCharValue": v} for v in row]} for row in rows],
                "ResultSetMetadata": {"ColumnInfo": [column.info() for column in self.columns]},
            },
        }
        if start + len(rows) < total:
            answer["NextToken"] = str(start + len(rows))
        return answer

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


def manifest_location(output_location: str) -> str:
    """Where a statement that writes lists the objects it wrote, one URI a line."""
    return f"{output_location}-manifest.csv"


def put(s3: S3Client, location: str, result: Result, query_execution_id: str, encryption: dict[str, str]) -> None:
    """Write the result, or the manifest of what was written, and the metadata to the output location."""
    if result.manifest is None:
        objects = {location: result.body()}
    else:
        objects = {manifest_location(location): "\n".join(result.manifest).encode()}
    objects[f"{location}.metadata"] = result.metadata(query_execution_id)
    for uri, body in objects.items():
        put_object(s3, uri, body, encryption)


def put_object(s3: S3Client, uri: str, body: Any, encryption: dict[str, str]) -> None:
    """Write one object, encrypted as the work group says."""
    parts = urlsplit(uri)
    options: Any = {}
    if encryption:
        options["ServerSideEncryption"] = "AES256" if encryption["EncryptionOption"] == "SSE_S3" else "aws:kms"
        if encryption.get("KmsKey"):
            options["SSEKMSKeyId"] = encryption["KmsKey"]
    try:
        s3.put_object(Bucket=parts.netloc, Key=parts.path.lstrip("/"), Body=body, **options)
    except ClientError as error:
        raise QueryFailed(f"Access denied when writing output to url: {uri} : {error}", 401) from error


def text_result(names: Sequence[str] = (), lines: Sequence[str] = ()) -> Result:
    """Lines of plain text, as DDL and utility statements answer; `names` are what Athena calls the columns."""
    return Result([ResultColumn(name, AthenaType("string")) for name in names], [[line] for line in lines], True)


def written_result(count: int, uris: list[str]) -> Result:
    """What a statement that wrote rows answers."""
    return Result([ResultColumn("rows", AthenaType("bigint", 19))], [], True, count, uris)


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
