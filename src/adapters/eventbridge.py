"""Alerts onto an EventBridge bus, behind `sink.ports.AlertBus`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson
from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from adapters.backoff import full_jitter
from adapters.refusals import refused
from sink.alerts import ImageFlagged
from sink.deadline import Deadline

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

logger = Logger(child=True)

SOURCE = "pixlake"
DETAIL_TYPE = "ImageFlagged"
ENTRIES_A_CALL = 10  # PutEvents's own limits
BYTES_A_CALL = 256 * 1024 - 1  # "less than"
CONNECT_S, READ_S = 1, 1
"""Time-outs that the client should have: PutEvents answers within tens of milliseconds."""
ROWS_S = 10.0
"""Time that is left to the rows, which wait behind the alerts: a call at worst, and its answer."""


@dataclass(frozen=True)
class Entry:
    """An alert as PutEvents takes it."""

    row_id: str
    detail: str = field(repr=False)
    resource: str | None

    @property
    def size(self) -> int:
        """Bytes, as EventBridge counts them."""
        return sum(len(text.encode()) for text in (SOURCE, DETAIL_TYPE, self.detail, self.resource or ""))


@dataclass(frozen=True)
class EventBridgeAlertBus:
    """Publishes each alert as an event `ImageFlagged` of the source `pixlake`, with PutEvents.

    A call may succeed and still have refused some entries (`FailedEntryCount` > 0): those are put again, with
    exponential backoff and full jitter, `attempts` times in all. A bus that does not answer at all is asked once an
    attempt, not once a call: the batch has rows to deliver in the time that is left.

    Parameters
    ----------
    bus
        The bus's ARN; its partition is that of the objects' ARNs.
    """

    client: EventBridgeClient
    bus: str
    attempts: int = 4
    first_delay_s: float = 0.1
    sleep: Callable[[float], None] = time.sleep

    def publish(self, alerts: Sequence[ImageFlagged], deadline: Deadline | None = None) -> set[str]:
        """Publish alerts; return the ids of those not accepted after all attempts."""
        partition = self.bus.split(":")[1]
        entries = [Entry(alert.row_id, orjson.dumps(alert.detail).decode(), alert.arn(partition)) for alert in alerts]
        for attempt in range(self.attempts):
            if attempt and entries:
                self.sleep(full_jitter(self.first_delay_s, attempt))
            entries = self._put(list(calls(entries)), deadline)
        return {entry.row_id for entry in entries}

    def _put(self, groups: Sequence[Sequence[Entry]], deadline: Deadline | None) -> list[Entry]:
        """Make the calls that there is time for; return the entries that were not taken."""
        left: list[Entry] = []
        for place, group in enumerate(groups):
            if deadline is not None and deadline.seconds_left <= ROWS_S:
                return left + [entry for unasked in groups[place:] for entry in unasked]
            try:
                left += self._put_once(group)
            except BotoCoreError as error:  # no answer: the next call would wait as long for none
                logger.warning("PutEvents was not answered", extra={"bus": self.bus, "reason": str(error)})
                return left + [entry for unasked in groups[place:] for entry in unasked]
        return left

    def _put_once(self, group: Sequence[Entry]) -> Sequence[Entry]:
        """One call; returns the entries that it did not take."""
        try:
            response = self.client.put_events(Entries=[self._entry(entry) for entry in group])
        except ClientError as error:
            logger.warning("PutEvents failed", extra={"bus": self.bus, "reason": str(error)})
            return group
        # A 200 may hold refusals, an entry each (`FailedEntryCount` > 0).
        failed, codes = refused(group, response["Entries"])
        if failed:
            logger.warning("PutEvents refused alerts", extra={"alerts": len(failed), "codes": codes})
        return failed

    def _entry(self, entry: Entry) -> Any:
        return {
            "EventBusName": self.bus,
            "Source": SOURCE,
            "DetailType": DETAIL_TYPE,
            "Detail": entry.detail,
            "Resources": [] if entry.resource is None else [entry.resource],
        }


def calls(entries: Iterable[Entry]) -> Iterator[Sequence[Entry]]:
    """Group entries into PutEvents calls. A single entry over the limit makes a call of its own, and fails alone."""
    group: list[Entry] = []
    size = 0
    for entry in entries:
        if group and (len(group) == ENTRIES_A_CALL or size + entry.size > BYTES_A_CALL):
            yield group
            group, size = [], 0
        group.append(entry)
        size += entry.size
    if group:
        yield group
