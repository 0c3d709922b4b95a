"""Rows of the lake by Athena, behind `sink.ledger.LakeRows`."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from adapters.text_streams import PIECE, lines
from sink.errors import LakeUnavailable
from sink.ledger import KnownRows, digest, unread_digest
from sink.rows import timestamp

if TYPE_CHECKING:
    from mypy_boto3_athena import AthenaClient
    from mypy_boto3_s3 import S3Client

# An object that was not read (gone, overwritten, archived, too large) on a bucket without versioning: its row is filed
# under the day of the event, which a slow upload in parts may have on the day after its Last-Modified.
UNREAD = "version_id IS NULL AND content_sha256 IS NULL"
ROWS_SQL = """\
SELECT row_id,
       CASE WHEN dt = '{day}' AND uploaded_at >= TIMESTAMP '{since}' AND uploaded_at < TIMESTAMP '{until}'
            THEN status END AS status,
       CASE WHEN {unread} THEN object_key END AS unread_key,
       CASE WHEN {unread} THEN etag END AS unread_etag
FROM uploads
WHERE dt BETWEEN '{day}' AND '{day_after}'
      AND bucket = '{bucket}'
      AND (dt = '{day}' OR {unread})"""


@dataclass(frozen=True)
class AthenaLakeRows:
    """Asks in a work group, whose result location is read by S3: a page of GetQueryResults holds 1,000 rows only."""

    client: AthenaClient
    s3: S3Client
    workgroup: str
    database: str
    bucket: str
    earliest_upload_date: date
    patience_s: float = 240
    sleep: Callable[[float], None] = time.sleep

    def of_day(self, day: date, since: datetime, until: datetime) -> KnownRows:
        """Rows of one day; see `LakeRows`. An upload before the lake's first day is filed under that day."""
        filed = max(day, self.earliest_upload_date)
        sql = ROWS_SQL.format(
            day=filed,
            day_after=filed + timedelta(days=1),
            since=timestamp(since),
            until=timestamp(until),
            bucket=self.bucket.replace("'", "''"),
            unread=f"({UNREAD})",
        )
        known = KnownRows()
        for row_id, status, key, etag in self._records(sql):
            known.read.add(digest(row_id))
            if key:
                known.unread.add(unread_digest(self.bucket, key, etag or None))
            if status:
                known.by_status[status] += 1
        return known

    def _records(self, sql: str) -> Iterator[list[str]]:
        """The result's records as text; NULL is empty."""
        try:
            bucket, _, key = self._run(sql).removeprefix("s3://").partition("/")
            with closing(self.s3.get_object(Bucket=bucket, Key=key)["Body"]) as body:
                records = csv.reader(lines(body.iter_chunks(PIECE)))
                next(records, None)  # the header
                yield from records
        except (ClientError, BotoCoreError, OSError) as error:
            raise LakeUnavailable(f"Athena, work group {self.workgroup}: {error}") from error

    def _run(self, sql: str) -> str:
        """Where the finished query's result lies."""
        execution = self.client.start_query_execution(
            QueryString=sql, WorkGroup=self.workgroup, QueryExecutionContext={"Database": self.database}
        )["QueryExecutionId"]
        pause, waited = 0.1, 0.0
        while True:
            answer = self.client.get_query_execution(QueryExecutionId=execution)["QueryExecution"]
            status = answer["Status"]
            if status["State"] == "SUCCEEDED":
                return answer["ResultConfiguration"]["OutputLocation"]
            if status["State"] in ("FAILED", "CANCELLED"):
                reason = status.get("StateChangeReason", "")
                raise LakeUnavailable(f"query {execution} {status['State'].lower()}: {reason}")
            if waited >= self.patience_s:
                self.client.stop_query_execution(QueryExecutionId=execution)
                raise LakeUnavailable(f"query {execution} took more than {self.patience_s:g} s and was stopped")
            self.sleep(pause)
            waited += pause
            pause = min(pause * 1.5, 2)
