"""The upload queue and its dead-letter queue, behind `sink.ledger.UploadQueue`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from sink.errors import UnreadableMessage
from sink.events import UploadEvent, own_body, parse_body
from sink.ledger import Digest, Elsewhere, QueueState, StoredObject, digest, unread_digest
from sink.rows import row_id

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

logger = Logger(child=True)
_TEN = 10
"""Messages of one SendMessageBatch or ReceiveMessage (SQS quota)."""
_HIDDEN_S = 60
"""How long a message that was looked at stays hidden if it cannot be given back."""
_METRIC_MINUTES = 30
"""SQS sends its metrics each minute while a queue is in use, and up to 15 minutes late after it was idle."""
_PERIOD_S = 60
_POINTS = 3


@dataclass(frozen=True)
class DeadLetter:
    """A message of the dead-letter queue: its body, and how often it was received there and before."""

    message_id: str
    body: str
    received: int
    sent: datetime


@dataclass(frozen=True)
class SqsUploadQueue:
    """`cloudwatch`: a boto3 client, which knows the age of the oldest message. `most`: dead letters looked at."""

    client: SQSClient
    cloudwatch: Any
    url: str
    dead_letter_url: str
    most: int = 1_000
    attempts: int = 3
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    sleep: Callable[[float], None] = time.sleep

    def state(self) -> QueueState:
        """See `UploadQueue`."""
        own, dead = self._attributes(self.url), self._attributes(self.dead_letter_url)
        waiting = int(own["ApproximateNumberOfMessages"]) + int(own["ApproximateNumberOfMessagesDelayed"])
        in_flight = int(own["ApproximateNumberOfMessagesNotVisible"])
        tasks = self.client.list_message_move_tasks(SourceArn=dead["QueueArn"], MaxResults=1).get("Results", [])
        redriven = [datetime.fromtimestamp(task["StartedTimestamp"] / 1000, UTC) for task in tasks]
        return QueueState(
            created=datetime.fromtimestamp(float(own["CreatedTimestamp"]), UTC),
            waiting=waiting,
            in_flight=in_flight,
            oldest_s=self._oldest_s() if waiting + in_flight else 0.0,
            dead_letters=int(dead["ApproximateNumberOfMessages"]) + int(dead["ApproximateNumberOfMessagesNotVisible"]),
            redriven=max(redriven, default=None),
        )

    def _attributes(self, url: str) -> dict[str, str]:
        return dict(self.client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"])  # type: ignore[arg-type]

    def _oldest_s(self) -> float | None:
        """Age of the oldest message, by the metric; None where it says nothing (yet)."""
        now = self.now()
        metric = {
            "Namespace": "AWS/SQS",
            "MetricName": "ApproximateAgeOfOldestMessage",
            "Dimensions": [{"Name": "QueueName", "Value": self.url.rpartition("/")[2]}],
        }
        (answer,) = self.cloudwatch.get_metric_data(
            MetricDataQueries=[
                {"Id": "oldest", "MetricStat": {"Metric": metric, "Period": _PERIOD_S, "Stat": "Maximum"}}
            ],
            StartTime=now - timedelta(minutes=_METRIC_MINUTES),
            EndTime=now + timedelta(minutes=1),
            ScanBy="TimestampDescending",
        )["MetricDataResults"]
        latest = list(zip(answer["Timestamps"], answer["Values"], strict=True))[:_POINTS]
        # A point speaks of the minute that it begins: since then the message has grown older, if it is still there.
        ages = [age + max(0.0, (now - start).total_seconds() - _PERIOD_S) for start, age in latest]
        return max(ages, default=None)

    def send(self, objects: Sequence[StoredObject]) -> set[str]:
        """See `UploadQueue`. A call may succeed and still have refused some messages: those are sent again."""
        left = {stored.row_id: stored for stored in objects}
        for attempt in range(self.attempts):
            if attempt:
                self.sleep(0.2 * 2**attempt)
            for some in _in_tens(list(left.values())):
                for accepted in self._send_batch(some):
                    del left[accepted]
            if not left:
                break
        return set(left)

    def _send_batch(self, objects: Sequence[StoredObject]) -> Iterator[str]:
        """Row ids of the objects that were accepted."""
        entries: Any = [{"Id": str(n), "MessageBody": own_body(each.event())} for n, each in enumerate(objects)]
        try:
            answer = self.client.send_message_batch(QueueUrl=self.url, Entries=entries)
        except (ClientError, BotoCoreError) as error:
            logger.warning("SendMessageBatch failed", extra={"reason": str(error)})
            return
        for failure in answer.get("Failed", []):
            logger.warning("a message was refused", extra={"code": failure["Code"]})
        for success in answer.get("Successful", []):
            yield objects[int(success["Id"])].row_id

    def dead_letters(self) -> Elsewhere:
        """See `UploadQueue`."""
        letters = self.peek(self.most)
        ids: set[Digest] = set()
        for letter in letters:
            try:
                events = parse_body(letter.body)
            except UnreadableMessage:
                continue  # no upload is known by it
            for event in events:
                ids.update(_identities(event))
        return Elsewhere(frozenset(ids), complete=len(letters) < self.most, count=len(letters))

    def peek(self, most: int) -> list[DeadLetter]:
        """Look at up to `most` dead letters, and give them back: they stay where they are."""
        found: dict[str, DeadLetter] = {}
        handles: list[str] = []
        try:
            while len(found) < most:
                answer = self.client.receive_message(
                    QueueUrl=self.dead_letter_url,
                    MaxNumberOfMessages=min(_TEN, most - len(found)),
                    VisibilityTimeout=_HIDDEN_S,
                    WaitTimeSeconds=1,  # long polling asks every server; a short poll may miss a queue of few messages
                    MessageSystemAttributeNames=["ApproximateReceiveCount", "SentTimestamp"],
                )
                messages = answer.get("Messages", [])
                if not messages:
                    break
                for message in messages:
                    handles.append(message["ReceiptHandle"])
                    attributes = message["Attributes"]
                    found[message["MessageId"]] = DeadLetter(
                        message_id=message["MessageId"],
                        body=message["Body"],
                        received=int(attributes["ApproximateReceiveCount"]),
                        sent=datetime.fromtimestamp(int(attributes["SentTimestamp"]) / 1000, UTC),
                    )
        finally:
            for some in _in_tens(handles):
                entries: Any = [
                    {"Id": str(n), "ReceiptHandle": handle, "VisibilityTimeout": 0} for n, handle in enumerate(some)
                ]
                self.client.change_message_visibility_batch(QueueUrl=self.dead_letter_url, Entries=entries)
        return list(found.values())


def _identities(event: UploadEvent) -> Iterator[Digest]:
    """By what a listing's object may be recognised: the version, or else key and ETag."""
    if event.kind == "removed":
        return
    if event.version_id is not None:
        yield digest(row_id(bucket=event.bucket, key=event.key, version_id=event.version_id))
    else:
        yield unread_digest(event.bucket, event.key, event.etag)


def _in_tens(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (items[start : start + _TEN] for start in range(0, len(items), _TEN))
