"""Upload notifications in the five forms in which they reach the queue.

S3 notification · the same inside an SNS envelope · EventBridge `Object Created` / `Object Deleted` · `s3:TestEvent` ·
our own `pixlake.upload`, for an object that is known by a listing:

    {"source": "pixlake.upload", "by": "reconcile", "bucket": …, "key": …, "etag": …, "version_id": … or null,
     "size_bytes": …, "last_modified": "2026-11-03T09:15:27+00:00"}
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import unquote_plus

from aws_lambda_powertools.utilities.data_classes import S3EventBridgeNotificationEvent, SQSEvent
from aws_lambda_powertools.utilities.data_classes.s3_event import S3EventRecord

from sink.errors import UnreadableMessage

CREATED = ("ObjectCreated:",)
REMOVED = ("ObjectRemoved:", "LifecycleExpiration:")
OWN_SOURCE = "pixlake.upload"
SOURCES = ("backfill", "reconcile", "rescore")
"""Ways, other than a notification of S3, by which an object comes to be scored."""


@dataclass(frozen=True)
class UploadEvent:
    """One object came, or went.

    `key` is decoded. `version_id` is None on a bucket without versioning (S3 also says `null`). `etag` has no quotes.
    `size_bytes` is what the event says, None where it says nothing. `source` becomes the row's column of that name.
    """

    kind: Literal["created", "removed"]
    bucket: str
    key: str
    event_time: datetime
    version_id: str | None = None
    etag: str | None = None
    size_bytes: int | None = None
    sequencer: str | None = None
    source: str = "live"

    @property
    def is_folder_marker(self) -> bool:
        """Consoles make `folder/` objects of zero bytes; nobody wants a row for them."""
        return self.key.endswith("/") and not self.size_bytes


@dataclass(frozen=True)
class UploadMessage:
    """A queue message: what it says, or why it cannot be read."""

    message_id: str
    receive_count: int
    events: tuple[UploadEvent, ...] = ()
    unreadable: UnreadableMessage | None = field(default=None, compare=False)

    @classmethod
    def from_sqs_event(cls, event: Mapping[str, Any]) -> list[UploadMessage]:
        """Read the batch that Lambda hands over. An unreadable body spoils its own message only."""
        messages = []
        for record in SQSEvent(dict(event)).records:
            received = int(record.attributes.approximate_receive_count or 1)
            try:
                messages.append(cls(record.message_id, received, parse_body(record.body)))
            except UnreadableMessage as error:
                messages.append(cls(record.message_id, received, unreadable=error))
        return messages


def parse_body(body: str) -> tuple[UploadEvent, ...]:
    """Events of one message body; none for `s3:TestEvent` and for kinds of event that are no upload.

    Raises
    ------
    UnreadableMessage
        The body has none of the five forms.
    """
    document = _json_object(body)
    if document.get("Type") == "Notification" and "Message" in document:  # SNS envelope
        document = _json_object(document["Message"])
    if document.get("Event") == "s3:TestEvent":
        return ()
    try:
        if "Records" in document:
            records = [S3EventRecord(record) for record in document["Records"]]
            return tuple(event for record in records if (event := _from_s3(record)) is not None)
        if document.get("source") == "aws.s3":
            event = _from_eventbridge(S3EventBridgeNotificationEvent(document))
            return () if event is None else (event,)
        if document.get("source") == OWN_SOURCE:
            return (_from_listing(document),)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise UnreadableMessage(
            f"upload notification with a missing or malformed field ({type(error).__name__}: {error})"
        ) from error
    raise UnreadableMessage("neither an S3, SNS nor EventBridge upload notification: check who else sends to the queue")


def _json_object(text: Any) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (TypeError, ValueError, RecursionError) as error:
        raise UnreadableMessage(f"body is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise UnreadableMessage(f"body is a JSON {type(document).__name__}, not an object")
    return document


def _kind(name: str) -> Literal["created", "removed"] | None:
    name = name.removeprefix("s3:")
    if name.startswith(CREATED):
        return "created"
    return "removed" if name.startswith(REMOVED) else None


def _from_s3(record: S3EventRecord) -> UploadEvent | None:
    kind = _kind(record.event_name)
    if kind is None:
        return None
    stored = record.s3.get_object
    return UploadEvent(
        kind=kind,
        bucket=_text(record.s3.bucket.name),
        key=unquote_plus(_text(stored["key"]), errors="strict"),  # form-encoded, unlike EventBridge's
        event_time=_time(record.event_time),
        version_id=_version(stored.version_id),
        etag=_etag(stored.etag),
        size_bytes=_size(stored.get("size")),
        sequencer=_optional(stored.get("sequencer")),
    )


def _from_eventbridge(event: S3EventBridgeNotificationEvent) -> UploadEvent | None:
    kinds: dict[str, Literal["created", "removed"]] = {"Object Created": "created", "Object Deleted": "removed"}
    kind = kinds.get(event.detail_type)
    if kind is None:
        return None
    stored = event.detail.object
    return UploadEvent(
        kind=kind,
        bucket=_text(event.detail.bucket.name),
        key=_text(stored["key"]),  # plain; the data class's own `.key` would form-decode it and lose every plus sign
        event_time=_time(event.time),
        version_id=_version(stored.get("version-id")),
        etag=_etag(stored.get("etag")),
        size_bytes=_size(stored.get("size")),
        sequencer=_optional(stored.get("sequencer")),
    )


def own_body(event: UploadEvent) -> str:
    """The message of our own that `parse_body` reads as the same event; no listing tells a sequencer."""
    return json.dumps(
        {
            "source": OWN_SOURCE,
            "by": event.source,
            "bucket": event.bucket,
            "key": event.key,
            "etag": event.etag,
            "version_id": event.version_id,
            "size_bytes": event.size_bytes,
            "last_modified": event.event_time.isoformat(),
        },
        ensure_ascii=False,
    )


def _from_listing(document: Mapping[str, Any]) -> UploadEvent:
    if document["by"] not in SOURCES:
        raise ValueError(f"by is one of {', '.join(SOURCES)}, not {document['by']!r}")
    return UploadEvent(
        kind="created",
        bucket=_text(document["bucket"]),
        key=_text(document["key"]),
        event_time=_time(document["last_modified"]),
        version_id=_version(document["version_id"]),
        etag=_etag(document["etag"]),
        size_bytes=_size(document["size_bytes"]),
        source=document["by"],
    )


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"expected a name, found {value!r}")
    value.encode()  # a lone surrogate of a JSON escape is no key that S3 could hold
    return value


def _time(value: str) -> datetime:
    moment = datetime.fromisoformat(value)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _optional(value: Any) -> str | None:
    return None if value in (None, "") else _text(value)


def _version(value: Any) -> str | None:
    return None if value == "null" else _optional(value)


def _etag(value: Any) -> str | None:
    text = _optional(value)
    return text.strip('"') or None if text else None


def _size(value: Any) -> int | None:
    if value is None:
        return None
    size = int(value)
    if not 0 <= size < 1 << 63:  # beyond what the row's column, and any object, holds
        raise ValueError(f"expected a size in bytes, found {value!r}")
    return size
