"""A query's rows as Parquet objects: one below a location, or one below `key=value/` for each partition."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from pixlake.localcloud.athena.errors import QueryFailed
from pixlake.localcloud.athena.output_columns import OutputColumn
from pixlake.localcloud.athena.rendering import renderer
from pixlake.localcloud.athena.results import put_object
from pixlake.localcloud.hive_types import arrow_schema

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MAX_PARTITIONS = 100
NULL_VALUE = "__HIVE_DEFAULT_PARTITION__"
_ESCAPED = frozenset("\"#%'*/:=?\\{[]^\x7f") | {chr(code) for code in range(32)}


@dataclass
class Written:
    """What was written: the count of rows, the objects' URIs, and the location of each partition's values."""

    rows: int = 0
    uris: list[str] = field(default_factory=list)
    partitions: dict[tuple[str, ...], str] = field(default_factory=dict)


def write_parquet(
    s3: S3Client,
    batches: Iterable[pa.RecordBatch],
    columns: Sequence[OutputColumn],
    keys: Sequence[OutputColumn],
    location_of: Callable[[tuple[str, ...]], str],
    compression: str,
    encryption: dict[str, str],
    directory: Path,
) -> Written:
    """Write batches whose columns are the data columns, then the partition keys.

    `location_of` gives the prefix (with a slash at its end) of a partition's values; of `()` without keys. Objects are
    put when all rows are there, so a query that fails half-way leaves nothing behind.
    """
    schema = arrow_schema((column.name, column.type) for column in columns)
    written = Written()
    with ExitStack() as stack:
        parts: dict[tuple[str, ...], tuple[IO[bytes], pq.ParquetWriter]] = {}
        for batch in batches:
            written.rows += batch.num_rows
            for values, rows in _by_partition(batch, len(columns)):
                if values not in parts:
                    if len(parts) == MAX_PARTITIONS:
                        raise QueryFailed(
                            f"HIVE_TOO_MANY_OPEN_PARTITIONS: Exceeded limit of {MAX_PARTITIONS} open writers for "
                            "partitions/buckets"
                        )
                    file: IO[bytes] = stack.enter_context(tempfile.TemporaryFile(dir=directory))
                    writer = stack.enter_context(pq.ParquetWriter(file, schema, compression=compression))
                    parts[values] = file, writer
                data = pa.Table.from_batches([rows]).select(list(range(len(columns))))
                parts[values][1].write_table(data.rename_columns(schema.names).cast(schema))
        for values, (body, finished) in parts.items():
            finished.close()
            body.seek(0)
            location = location_of(values)
            uri = f"{location}{uuid.uuid4()}"
            put_object(s3, uri, body, encryption)
            written.uris.append(uri)
            if keys:
                written.partitions[values] = location
    return written


def partition_path(keys: Sequence[str], values: Sequence[str]) -> str:
    """`key=value/key=value/`, escaped as Hive does."""
    return "".join(f"{key}={_escaped(value)}/" for key, value in zip(keys, values, strict=True))


def _escaped(value: str) -> str:
    return "".join(f"%{ord(letter):02X}" if letter in _ESCAPED else letter for letter in value)


def _by_partition(batch: pa.RecordBatch, width: int) -> Iterable[tuple[tuple[str, ...], pa.RecordBatch]]:
    if width == batch.num_columns:
        return [((), batch)] if batch.num_rows else []
    texts = [_texts(batch.column(index)) for index in range(width, batch.num_columns)]
    indices: dict[tuple[str, ...], list[int]] = {}
    for row, values in enumerate(zip(*texts, strict=True)):
        indices.setdefault(values, []).append(row)
    return [(values, batch.take(pa.array(rows))) for values, rows in indices.items()]


def _texts(column: Any) -> list[str]:
    render = renderer(column.type)
    return [NULL_VALUE if value is None else render(value) for value in column.to_pylist()]
