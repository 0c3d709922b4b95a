"""Rows into Amazon Data Firehose, behind `sink.ports.RowSink`."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from sink.packing import PackedRecord, calls, pack
from sink.rows import ImageRow

if TYPE_CHECKING:
    from mypy_boto3_firehose import FirehoseClient

logger = Logger(child=True)


@dataclass(frozen=True)
class FirehoseRowSink:
    """Packs rows into records and puts them with PutRecordBatch.

    A call may succeed and still have refused some records (`FailedPutCount` > 0): those are put again, with
    exponential backoff and full jitter, `attempts` times in all.
    """

    client: FirehoseClient
    stream: str
    attempts: int = 5
    first_delay_s: float = 0.1
    sleep: Callable[[float], None] = time.sleep

    def put(self, rows: Sequence[ImageRow]) -> set[str]:
        """Deliver rows; return the ids of those not accepted after all attempts."""
        refused: set[str] = set()
        for records in calls(pack(rows)):
            for record in self._put_all(records):
                refused.update(record.row_ids)
        return refused

    def _put_all(self, records: Sequence[PackedRecord]) -> Sequence[PackedRecord]:
        for attempt in range(self.attempts):
            if attempt:
                self.sleep(random.uniform(0, self.first_delay_s * 2**attempt))  # noqa: S311 - jitter is no secret
            records = self._put_once(records)
            if not records:
                break
        return records

    def _put_once(self, records: Sequence[PackedRecord]) -> Sequence[PackedRecord]:
        """One call; returns the records that it did not take."""
        try:
            response = self.client.put_record_batch(
                DeliveryStreamName=self.stream, Records=[{"Data": record.data} for record in records]
            )
        except (ClientError, BotoCoreError) as error:
            logger.warning("PutRecordBatch failed", extra={"stream": self.stream, "reason": str(error)})
            return records
        # A 200 may hold refusals, a record each (`FailedPutCount` > 0).
        answers = response["RequestResponses"]
        failed = [record for record, answer in zip(records, answers, strict=True) if answer.get("ErrorCode")]
        if failed:
            codes = sorted({answer["ErrorCode"] for answer in answers if answer.get("ErrorCode")})
            logger.warning("PutRecordBatch refused records", extra={"records": len(failed), "codes": codes})
        return failed
