"""What the ledger keeps between runs, in DynamoDB, behind `sink.ledger.LedgerStore`.

One table for all buckets, key `id`:

- `since`: the buckets of the first run of all, and the moment from which their uploads count. Release 0.1.0 knew only
  the stack's own bucket, and did not write which.
- `since#<bucket>`: that moment for a bucket that was added later.
- `day#<bucket>#2026-11-21`: the day's last whole result and an unfinished look, with a version that a save must know.
- `upload#<row_id>`: how often the upload was put on the queue again, and when last.

Every write has a condition, so that two runs at once neither put an upload on the queue twice nor lose a count. Items
but `since` and `since#…` expire; one past its time may still be read, and does no harm: its day is looked at no more.
Release 0.1.0's days (`day#2026-11-21`) are not read: the days that it kept open or settled are looked at once more.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from sink.ledger import Claim, DayLedger, DayState, StoredObject

UPLOADS_KEPT = timedelta(days=60)
DAYS_KEPT = timedelta(days=400)
_BATCH = 100
"""Keys of one BatchGetItem."""


@dataclass(frozen=True)
class DynamoDbLedger:
    """`client`: a boto3 DynamoDB client. `bucket`: the upload bucket whose days these are.

    `own_bucket`: the upload bucket that the stack has, or had before it was given existing ones.
    """

    client: Any
    table: str
    bucket: str
    own_bucket: str = ""

    def since(self, deployed: datetime, now: datetime, buckets: Collection[str]) -> datetime:
        """See `LedgerStore`."""
        first = self._first("since", deployed, {"buckets": {"SS": sorted(buckets)}})
        if self.bucket not in first.get("buckets", {"SS": [self.own_bucket]})["SS"]:
            first = self._first(f"since#{self.bucket}", now, {})
        return datetime.fromisoformat(first["at"]["S"])

    def _first(self, name: str, at: datetime, more: dict[str, Any]) -> dict[str, Any]:
        """The item as whoever came first has written it."""
        try:
            self.client.put_item(
                TableName=self.table,
                Item={"id": {"S": name}, "at": {"S": at.isoformat()}, **more},
                ConditionExpression="attribute_not_exists(id)",
            )
        except ClientError as error:
            _only_a_failed_condition(error)
        item: dict[str, Any] = self.client.get_item(TableName=self.table, Key={"id": {"S": name}}, ConsistentRead=True)[
            "Item"
        ]
        return item

    def days(self, days: Iterable[date]) -> dict[date, DayState]:
        """See `LedgerStore`."""
        states = {day: DayState(day) for day in days}
        wanted = [{"id": {"S": self._day_id(day)}} for day in states]
        while wanted:
            request = {self.table: {"Keys": wanted[:_BATCH], "ConsistentRead": True}}
            answer = self.client.batch_get_item(RequestItems=request)
            for item in answer["Responses"].get(self.table, []):
                state = _state(item)
                states[state.day] = state
            wanted = answer.get("UnprocessedKeys", {}).get(self.table, {}).get("Keys", []) + wanted[_BATCH:]
        return states

    def save(self, state: DayState) -> bool:
        """See `LedgerStore`."""
        item = {
            "id": {"S": self._day_id(state.day)},
            "version": {"N": str(state.version + 1)},
            "expires": _number(datetime.combine(state.day, datetime.min.time()) + DAYS_KEPT),
        }
        for name, ledger in (("result", state.result), ("unfinished", state.unfinished)):
            if ledger is not None:
                item[name] = {"S": json.dumps(ledger.to_json(), ensure_ascii=False)}
        if state.marker is not None:
            item["marker"] = {"S": state.marker}
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(id)"}
        if state.version:
            condition = {
                "ConditionExpression": "#version = :known",
                "ExpressionAttributeNames": {"#version": "version"},
                "ExpressionAttributeValues": {":known": {"N": str(state.version)}},
            }
        try:
            self.client.put_item(TableName=self.table, Item=item, **condition)
        except ClientError as error:
            _only_a_failed_condition(error)
            return False
        return True

    def _day_id(self, day: date) -> str:
        return f"day#{self.bucket}#{day.isoformat()}"

    def claim(self, stored: StoredObject, now: datetime, before: datetime, most: int) -> Claim:
        """See `LedgerStore`."""
        try:
            self.client.update_item(
                TableName=self.table,
                Key={"id": {"S": f"upload#{stored.row_id}"}},
                UpdateExpression="SET last_at = :now, expires = :expires, object_key = :key ADD attempts :one",
                ConditionExpression="attribute_not_exists(id) OR (last_at <= :before AND attempts < :most)",
                ExpressionAttributeValues={
                    ":now": {"S": _moment(now)},
                    ":before": {"S": _moment(before)},
                    ":expires": _number(now + UPLOADS_KEPT),
                    ":key": {"S": stored.key},
                    ":one": {"N": "1"},
                    ":most": {"N": str(most)},
                },
            )
        except ClientError as error:
            _only_a_failed_condition(error)
            return self._refused(stored, before, most)
        return "claimed"

    def _refused(self, stored: StoredObject, before: datetime, most: int) -> Claim:
        answer = self.client.get_item(
            TableName=self.table, Key={"id": {"S": f"upload#{stored.row_id}"}}, ConsistentRead=True
        )
        item = answer.get("Item", {})
        spent = int(item.get("attempts", {"N": "0"})["N"]) >= most and item["last_at"]["S"] <= _moment(before)
        return "spent" if spent else "waiting"

    def release(self, stored: StoredObject, now: datetime) -> None:
        """See `LedgerStore`. Its time is set back, so that the next run may claim it at once."""
        try:
            self.client.update_item(
                TableName=self.table,
                Key={"id": {"S": f"upload#{stored.row_id}"}},
                UpdateExpression="SET last_at = :never ADD attempts :minus_one",
                ConditionExpression="last_at = :now AND attempts > :none",
                ExpressionAttributeValues={
                    ":now": {"S": _moment(now)},
                    ":never": {"S": ""},
                    ":minus_one": {"N": "-1"},
                    ":none": {"N": "0"},
                },
            )
        except ClientError as error:
            _only_a_failed_condition(error)


def _only_a_failed_condition(error: ClientError) -> None:
    if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
        raise error


def _state(item: dict[str, Any]) -> DayState:
    ledgers = {
        name: DayLedger.from_json(json.loads(item[name]["S"])) for name in ("result", "unfinished") if name in item
    }
    return DayState(
        day=date.fromisoformat(item["id"]["S"].rpartition("#")[2]),
        result=ledgers.get("result"),
        unfinished=ledgers.get("unfinished"),
        marker=item["marker"]["S"] if "marker" in item else None,
        version=int(item["version"]["N"]),
    )


def _moment(moment: datetime) -> str:
    """A UTC moment as text that sorts by time."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _number(moment: datetime) -> dict[str, str]:
    """Seconds since the epoch, as TTL wants them."""
    return {"N": str(int(moment.timestamp()))}
