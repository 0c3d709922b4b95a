"""Many rows travel in one Firehose record, since each record is billed rounded up to 5 KB.

A record holds rows as concatenated JSON objects, `{…}{…}` (an array is not valid for JSON deaggregation), each on a
line of its own so that a person can read the error output. Limits are Firehose's: see `Limits`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import orjson

from sink.rows import ImageRow


@dataclass(frozen=True)
class Limits:
    """Documented quotas of Firehose's PutRecordBatch and of JSON deaggregation."""

    rows_a_record: int = 500
    bytes_a_record: int = 1_000 * 1024
    records_a_call: int = 500
    bytes_a_call: int = 4 * 1024 * 1024


@dataclass(frozen=True)
class PackedRecord:
    """One Firehose record, and whose rows it holds."""

    data: bytes
    row_ids: tuple[str, ...]


def pack(rows: Iterable[ImageRow], limits: Limits | None = None) -> Iterator[PackedRecord]:
    """Fill records as full as the limits let them be. A single row over the limit makes a record of its own."""
    limits = limits or Limits()
    lines: list[bytes] = []
    row_ids: list[str] = []
    size = 0
    for row in rows:
        line = orjson.dumps(row.to_json(), option=orjson.OPT_APPEND_NEWLINE)
        if lines and (len(lines) == limits.rows_a_record or size + len(line) > limits.bytes_a_record):
            yield PackedRecord(b"".join(lines), tuple(row_ids))
            lines, row_ids, size = [], [], 0
        lines.append(line)
        row_ids.append(row.row_id)
        size += len(line)
    if lines:
        yield PackedRecord(b"".join(lines), tuple(row_ids))


def calls(records: Iterable[PackedRecord], limits: Limits | None = None) -> Iterator[Sequence[PackedRecord]]:
    """Group records into PutRecordBatch calls."""
    limits = limits or Limits()
    group: list[PackedRecord] = []
    size = 0
    for record in records:
        if group and (len(group) == limits.records_a_call or size + len(record.data) > limits.bytes_a_call):
            yield group
            group, size = [], 0
        group.append(record)
        size += len(record.data)
    if group:
        yield group
