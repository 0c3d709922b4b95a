"""Cached results in DynamoDB, behind `sink.ports.CacheStore`."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from adapters.backoff import full_jitter
from sink.ports import CacheUnavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

logger = Logger(child=True)

KEY = "content"
KEYS_A_CALL = 100  # BatchGetItem's own limit


@dataclass(frozen=True)
class DynamoDBCacheStore:
    """One item a key, in a table whose partition key is `content`.

    BatchGetItem may leave keys unprocessed (throttling, 16 MB of answer): those are asked for again, with exponential
    backoff and full jitter, `attempts` times in all; what is still missing then counts as absent.
    """

    client: DynamoDBClient
    table: str
    attempts: int = 3
    first_delay_s: float = 0.05
    sleep: Callable[[float], None] = time.sleep

    def get(self, keys: Collection[str]) -> Mapping[str, Mapping[str, Any]]:
        """Items by key; see `CacheStore.get`. Eventually consistent reads: half the price, and a miss costs no row."""
        wanted = sorted(set(keys))
        items: dict[str, Mapping[str, Any]] = {}
        for start in range(0, len(wanted), KEYS_A_CALL):
            items |= self._get(wanted[start : start + KEYS_A_CALL])
        return items

    def set(self, key: str, attributes: Mapping[str, str], expires_at: int) -> None:
        """Set attributes; see `CacheStore.set`. Other attributes stay, so that two writers never erase each other."""
        values: dict[str, Any] = {name: {"S": text} for name, text in attributes.items()}
        values["expires_at"] = {"N": str(expires_at)}
        places = {name: place for place, name in enumerate(values)}
        try:
            self.client.update_item(
                TableName=self.table,
                Key={KEY: {"S": key}},
                UpdateExpression="SET " + ", ".join(f"#{place} = :{place}" for place in places.values()),
                ExpressionAttributeNames={f"#{place}": name for name, place in places.items()},
                ExpressionAttributeValues={f":{place}": values[name] for name, place in places.items()},
            )
        except (ClientError, BotoCoreError) as error:
            raise self._unavailable("UpdateItem", error) from error

    def _get(self, keys: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        items: dict[str, Mapping[str, Any]] = {}
        request: Mapping[str, Any] = {self.table: {"Keys": [{KEY: {"S": key}} for key in keys]}}
        for attempt in range(self.attempts):
            if attempt:
                self.sleep(full_jitter(self.first_delay_s, attempt))
            try:
                response = self.client.batch_get_item(RequestItems=request)
            except (ClientError, BotoCoreError) as error:
                raise self._unavailable("BatchGetItem", error) from error
            for item in response["Responses"].get(self.table, []):
                items[item[KEY]["S"]] = {name: _plain(value) for name, value in item.items()}
            request = response.get("UnprocessedKeys") or {}
            if not request:
                break
        return items

    def _unavailable(self, call: str, error: Exception) -> CacheUnavailable:
        logger.warning("the result cache failed", extra={"table": self.table, "call": call, "reason": str(error)})
        return CacheUnavailable(f"{call} {self.table}: {error}")


def _plain(value: Mapping[str, Any]) -> Any:
    """A text or a whole number; None for what this code never writes."""
    if "N" in value:
        return int(value["N"]) if value["N"].isdecimal() else None
    return value.get("S")
