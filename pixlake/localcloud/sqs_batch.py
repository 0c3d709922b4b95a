"""What passes between Lambda and a function that handles SQS messages: the event, and the report on its items."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any


def record(message: Mapping[str, Any], queue_arn: str, region: str) -> dict[str, Any]:
    """Turn a received message into a record of Lambda's SQS event."""
    attributes = {name: _attribute(value) for name, value in message.get("MessageAttributes", {}).items()}
    made = {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": attributes,
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": region,
    }
    if "MD5OfMessageAttributes" in message:
        made["md5OfMessageAttributes"] = message["MD5OfMessageAttributes"]
    return made


def event(records: list[dict[str, Any]]) -> bytes:
    """Return the payload of an invocation."""
    return json.dumps({"Records": records}, ensure_ascii=False).encode()


def failed_items(payload: bytes, ids: set[str]) -> set[str]:
    """Return the ids of the messages to keep, as a function's ReportBatchItemFailures response states them.

    An empty or null response, or an empty or null list, means complete success. Invalid JSON, an empty, null or
    unknown id, or an item without `itemIdentifier` means complete failure.
    """
    try:
        response = json.loads(payload or b"null")
    except ValueError:
        return ids
    if response is None:
        return set()
    if not isinstance(response, dict):
        return ids
    failures = response.get("batchItemFailures")
    if failures is None:
        return set()
    if not isinstance(failures, list):
        return ids
    failed = [item.get("itemIdentifier") if isinstance(item, dict) else None for item in failures]
    known = [identifier for identifier in failed if isinstance(identifier, str) and identifier in ids]
    return set(known) if len(known) == len(failed) else ids


def _attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    attribute: dict[str, Any] = {"stringListValues": [], "binaryListValues": [], "dataType": value["DataType"]}
    if "StringValue" in value:
        attribute["stringValue"] = value["StringValue"]
    if "BinaryValue" in value:
        attribute["binaryValue"] = base64.b64encode(value["BinaryValue"]).decode()
    return attribute
