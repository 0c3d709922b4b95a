"""Rows into Amazon Data Firehose, behind `sink.ports.RowSink`."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from adapters.backoff import full_jitter
from adapters.refusals import refused
from sink.deadline import Deadline
from sink.packing import Limits, PackedRecord, calls, pack
from sink.rows import ImageRow

if TYPE_CHECKING:
    from mypy_boto3_firehose import FirehoseClient

logger = Logger(child=True)

CONNECT_S, READ_S = 2, 5
"""Time-outs that the client should have: PutRecordBatch answers within tens of milliseconds."""
CALL_S = CONNECT_S + READ_S


@dataclass(frozen=True)
class FirehoseRowSink:
    """Packs rows into records and puts them with PutRecordBatch.

    A call may succeed and still have refused some records (`FailedPutCount` > 0): those are put again, with
    exponential backoff and full jitter, `attempts` times in all, as long as a whole call (`call_s` at worst) still fits
    before the deadline. The client must not retry by itself: its time-outs would multiply.
    """

    client: FirehoseClient
    stream: str
    attempts: int = 5
    first_delay_s: float = 0.1
    call_s: float = CALL_S
    limits: Limits | None = None
    sleep: Callable[[float], None] = time.sleep

    def put(self, rows: Sequence[ImageRow], deadline: Deadline | None = None) -> set[str]:
        """Deliver rows; return the ids of those not accepted after all attempts."""
        refused: set[str] = set()
        for records in calls(pack(rows, self.limits), self.limits):
            for record in self._put_all(records, deadline):
                refused.update(record.row_ids)
        return refused

    def _put_all(self, records: Sequence[PackedRecord], deadline: Deadline | None) -> Sequence[PackedRecord]:
        for attempt in range(self.attempts):
            if attempt:
                self.sleep(full_jitter(self.first_delay_s, attempt))
            needed = self.call_s if attempt else 0
            if deadline is not None and deadline.seconds_left <= needed:
                logger.warning("no time left for PutRecordBatch", extra={"stream": self.stream, "attempts": attempt})
                break
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
        failed, codes = refused(records, response["RequestResponses"])
        if failed:
            logger.warning("PutRecordBatch refused records", extra={"records": len(failed), "codes": codes})
        return failed
