"""The SQS events that Lambda hands to the scorer: S3 notifications of uploads, in batches."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from benchmarks.loopback import etag

BUCKET = "uploads"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:uploads"
UPLOADED_AT = "2026-11-01T09:15:27.000Z"


def batches(pictures: Sequence[Path], size: int) -> list[dict[str, Any]]:
    """Events of `size` messages each, an upload a message; every upload has a key of its own."""
    described = {path: (etag(data := path.read_bytes()), len(data)) for path in set(pictures)}
    records = [record(number, path.name, *described[path]) for number, path in enumerate(pictures)]
    return [{"Records": records[start : start + size]} for start in range(0, len(records), size)]


def record(number: int, name: str, tag: str, size: int) -> dict[str, Any]:
    """One SQS record: the notification of the upload of `name`, under a key that the number makes its own."""
    stored = {"key": quote_plus(f"{number}/{name}"), "size": size, "eTag": tag, "sequencer": f"{number:018X}"}
    upload = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "us-east-1",
        "eventTime": UPLOADED_AT,
        "eventName": "ObjectCreated:Put",
        "userIdentity": {"principalId": "AIDAJDPLRKLG7UEXAMPLE"},
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {"x-amz-request-id": "C3D13FE58DE4C810", "x-amz-id-2": "0" * 76},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "uploads",
            "bucket": {
                "name": BUCKET,
                "ownerIdentity": {"principalId": "A3NL1KOZZKExample"},
                "arn": f"arn:aws:s3:::{BUCKET}",
            },
            "object": stored,
        },
    }
    body = json.dumps({"Records": [upload]})
    return {
        "messageId": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{number}/{name}")),
        "receiptHandle": "A" * 184,
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": "1793524527000",
            "SenderId": "AIDAIENQZJOLO23YVJ4VO",
            "ApproximateFirstReceiveTimestamp": "1793524527100",
        },
        "messageAttributes": {},
        "md5OfBody": hashlib.md5(body.encode(), usedforsecurity=False).hexdigest(),
        "eventSource": "aws:sqs",
        "eventSourceARN": QUEUE,
        "awsRegion": "us-east-1",
    }
