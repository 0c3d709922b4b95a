"""The error output: one JSON document a line for each row that could not be delivered.

Names of the code and the message are as AWS writes them: `errorCode` and `errorMessage` for what fails before the
buffer, `lastErrorCode` and `lastErrorMessage` for what fails in the conversion. (The conversion's page in the
developer guide has shown `lastErrorCode` and, in other editions, `ErrorCode`; delivered files have the former.)
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

# Values of !{firehose:error-output-type}.
CONVERSION_FAILED = "format-conversion-failed"
EXTRACTION_FAILED = "metadata-extraction-failed"
PARTITIONS_EXCEEDED = "activePartitionExceeded"

# Codes. Those of the conversion are DataFormatConversion.<name>.
EXTRACTION_CODE = "DynamicPartitioning.MetadataExtractionFailed"
PARTITIONS_CODE = "DynamicPartitioning.ActivePartitionLimitExceeded"
PARTITIONS_MESSAGE = "The number of active partitions has exceeded the configured limit"


@dataclass(frozen=True)
class Failure:
    """A row that cannot be delivered: its bytes as they came, and why."""

    raw: bytes
    arrived: float
    code: str
    message: str


def render(failure: Failure, error_type: str, now: float, catalog_table: dict[str, str] | None) -> bytes:
    """Return the document's line. `rawData` is base64 of the row: decode it and put it again to replay."""
    names = ("lastErrorCode", "lastErrorMessage") if error_type == CONVERSION_FAILED else ("errorCode", "errorMessage")
    document: dict[str, Any] = {
        "attemptsMade": 1,
        "arrivalTimestamp": round(failure.arrived * 1000),
        names[0]: failure.code,
        # A message may quote a hostile row: keep it short, and printable where it quotes lone surrogates.
        names[1]: failure.message[:1000].encode(errors="replace").decode(),
        "attemptEndingTimestamp": round(now * 1000),
        "rawData": base64.b64encode(failure.raw).decode(),
    }
    if error_type == CONVERSION_FAILED:
        # Numbers of Kinesis records: a directly put record has none.
        document |= {"sequenceNumber": None, "subSequenceNumber": None, "dataCatalogTable": catalog_table}
    return json.dumps(document, ensure_ascii=False).encode() + b"\n"
