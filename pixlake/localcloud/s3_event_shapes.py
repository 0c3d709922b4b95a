"""The two shapes in which S3 tells of an object: its own notification, and the EventBridge event.

Source: "Event message structure" and "EventBridge event message structure" in the S3 user guide.
`details` holds size, eTag and versionId as far as they are known.
"""

from __future__ import annotations

import urllib.parse
import uuid
from datetime import datetime
from typing import Any

DETAIL_TYPES = {"ObjectCreated": "Object Created", "ObjectRemoved": "Object Deleted"}
_REASONS = {
    "ObjectCreated:Put": "PutObject",
    "ObjectCreated:Post": "POST Object",
    "ObjectCreated:Copy": "CopyObject",
    "ObjectCreated:CompleteMultipartUpload": "CompleteMultipartUpload",
    "ObjectRemoved:Delete": "DeleteObject",
    "ObjectRemoved:DeleteMarkerCreated": "DeleteObject",
}


def notification(
    event: str,
    bucket: Any,
    key: str,
    details: dict[str, Any],
    sequencer: str,
    now: datetime,
    configuration_id: str,
    account_id: str,
) -> dict[str, Any]:
    """Return the message S3 sends to a queue or a topic. `event`: e.g. `ObjectCreated:Put`."""
    return {
        "Records": [
            {
                "eventVersion": "2.1",
                "eventSource": "aws:s3",
                "awsRegion": bucket.region_name,
                "eventTime": now.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
                "eventName": event,
                "userIdentity": {"principalId": account_id},
                "requestParameters": {"sourceIPAddress": "127.0.0.1"},
                "responseElements": {"x-amz-request-id": uuid.uuid4().hex[:16].upper(), "x-amz-id-2": uuid.uuid4().hex},
                "s3": {
                    "s3SchemaVersion": "1.0",
                    "configurationId": configuration_id,
                    "bucket": {
                        "name": bucket.name,
                        "ownerIdentity": {"principalId": account_id},
                        "arn": f"arn:aws:s3:::{bucket.name}",
                    },
                    # Form-encoded as S3 does it: a space is "+", a plus "%2B", a slash stays.
                    "object": {"key": urllib.parse.quote_plus(key, safe="/"), **details, "sequencer": sequencer},
                },
            }
        ]
    }


def bridge_event(
    event: str, bucket: Any, key: str, details: dict[str, Any], sequencer: str, now: datetime, account_id: str
) -> dict[str, Any]:
    """Return the event S3 sends to EventBridge's default bus."""
    kind = event.split(":", maxsplit=1)[0]
    names = {"eTag": "etag", "versionId": "version-id"}
    detail: dict[str, Any] = {
        "version": "0",
        "bucket": {"name": bucket.name},
        "object": {
            "key": key,
            **{names.get(name, name): value for name, value in details.items()},
            "sequencer": sequencer,
        },
        "request-id": uuid.uuid4().hex[:16].upper(),
        "requester": account_id,
        "source-ip-address": "127.0.0.1",
        "reason": _REASONS[event],
    }
    if kind == "ObjectRemoved":
        marked = event.endswith("DeleteMarkerCreated")
        detail["deletion-type"] = "Delete Marker Created" if marked else "Permanently Deleted"
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": DETAIL_TYPES[kind],
        "source": "aws.s3",
        "account": account_id,
        "time": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": bucket.region_name,
        "resources": [f"arn:aws:s3:::{bucket.name}"],
        "detail": detail,
    }
