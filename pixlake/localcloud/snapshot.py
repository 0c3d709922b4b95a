"""Between moto's backends and a state document: objects, messages and items, taken out and put back.

Versions, delete markers, Last-Modified and receive counts cannot be set through an API, so this reaches into moto.
Putting back sends no notifications.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from pixlake.localcloud.errors import StateError
from pixlake.localcloud.moto_threads import S3_LOCK
from pixlake.localcloud.resources.creator import ACCOUNT_ID
from pixlake.localcloud.state import StateDirectory

_KEY_FIELDS = ("encryption", "kms_key_id", "bucket_key_enabled", "checksum_value", "checksum_type", "checksum_parts")
_MESSAGE_FIELDS = (
    "message_attributes",
    "receipt_handle",
    "sent_timestamp",
    "approximate_first_receive_timestamp",
    "approximate_receive_count",
    "visible_at",
    "delayed_until",
)


def inventory(region: str) -> dict[str, set[str]]:
    """Return the names of what could hold data; taken after creation, it tells the template's from others."""
    from moto.glue.models import glue_backends  # noqa: PLC0415

    tables = {
        f"{database.name}.{table}"
        for database in glue_backends[ACCOUNT_ID][region].databases.values()
        for table in database.tables
    }
    return {
        "bucket": set(_buckets()),
        "queue": set(_queues(region)),
        "DynamoDB table": set(_dynamodb_tables(region)),
        "Glue table": tables,
    }


def take(
    directory: StateDirectory, region: str, items: dict[str, list[Any]], template: dict[str, set[str]]
) -> dict[str, Any]:
    """Return a document of everything kept; bodies go to `directory` at once.

    `items` comes from `take_items`, `template` from `inventory` right after creation.
    """
    with S3_LOCK:
        buckets = {
            name: [_version(directory, entry) for key in bucket.keys for entry in bucket.keys.getlist(key)]
            for name, bucket in _buckets().items()
            if name in template["bucket"]
        }
    queues = {
        name: [_message(message) for message in queue._messages]
        for name, queue in _queues(region).items()
        if name in template["queue"]
    }
    tables = {name: content for name, content in items.items() if name in template["DynamoDB table"]}
    return {"buckets": buckets, "queues": queues, "tables": tables}


def take_items(client: Callable[[str], Any], region: str) -> dict[str, list[Any]]:
    """Return the items of every DynamoDB table, through the API."""
    tables = {}
    for name in _dynamodb_tables(region):
        pages = client("dynamodb").get_paginator("scan").paginate(TableName=name)
        tables[name] = [item for page in pages for item in page["Items"]]
    return tables


def not_kept(region: str, template: dict[str, set[str]]) -> list[str]:
    """Name what a stop now would lose."""
    lost = [
        f"the {kind} {name} (not of the template)"
        for kind, names in inventory(region).items()
        for name in sorted(names - template[kind])
    ]
    for name, bucket in _buckets().items():
        lost.extend(
            f"the multipart upload in progress of s3://{name}/{upload.key_name}"
            for upload in bucket.multiparts.values()
        )
    return lost


def put_back(document: dict[str, Any], directory: StateDirectory, client: Callable[[str], Any], region: str) -> None:
    """Fill the freshly created resources.

    Raises
    ------
    StateError
        The state speaks of resources that this template does not create.
    """
    there = inventory(region)
    missing = [
        f"{kind} {name}"
        for kind, part in (("bucket", "buckets"), ("queue", "queues"), ("DynamoDB table", "tables"))
        for name, content in document[part].items()
        if content and name not in there[kind]
    ]
    if missing:
        raise StateError(
            f"The state in {directory.folder} does not fit the template, which does not create: {', '.join(missing)}. "
            "Use the template that wrote it, or another directory."
        )
    for name, versions in document["buckets"].items():
        if versions:
            _fill_bucket(_buckets()[name], versions, directory, region)
    for name, messages in document["queues"].items():
        if name in there["queue"]:
            _fill_queue(_queues(region)[name], messages)
    for name, items in document["tables"].items():
        for item in items:
            client("dynamodb").put_item(TableName=name, Item=item)


def _buckets() -> dict[str, Any]:
    from moto.s3.models import s3_backends  # noqa: PLC0415

    return dict(s3_backends[ACCOUNT_ID]["aws"].buckets)


def _queues(region: str) -> dict[str, Any]:
    from moto.sqs.models import sqs_backends  # noqa: PLC0415

    return dict(sqs_backends[ACCOUNT_ID][region].queues)


def _dynamodb_tables(region: str) -> dict[str, Any]:
    from moto.dynamodb.models import dynamodb_backends  # noqa: PLC0415

    return dict(dynamodb_backends[ACCOUNT_ID][region].tables)


def _version(directory: StateDirectory, entry: Any) -> dict[str, Any]:
    from moto.s3.models import FakeDeleteMarker, s3_backends  # noqa: PLC0415

    version = {"key": entry.name, "version_id": entry.version_id, "last_modified": entry.last_modified.isoformat()}
    if isinstance(entry, FakeDeleteMarker):
        return version
    tagger = s3_backends[ACCOUNT_ID]["aws"].tagger
    return {
        **version,
        "blob": directory.put_blob(entry.value),
        "etag": entry.etag.strip('"'),
        "versioned": entry._is_versioned,
        "storage_class": entry.storage_class,
        "metadata": dict(entry.metadata),
        "checksum_algorithm": entry.checksum_algorithm,
        "tags": tagger.get_tag_dict_for_resource(entry.arn),
        **{name: getattr(entry, name) for name in _KEY_FIELDS},
    }


def _fill_bucket(bucket: Any, versions: list[dict[str, Any]], directory: StateDirectory, region: str) -> None:
    from moto.s3.models import FakeDeleteMarker, FakeKey, s3_backends  # noqa: PLC0415

    backend = s3_backends[ACCOUNT_ID]["aws"]
    for version in versions:
        name = version["key"]
        existing = bucket.keys.getlist(name, [])
        entry: Any
        if "blob" in version:
            entry = FakeKey(
                name=name,
                value=directory.get_blob(version["blob"]),
                account_id=ACCOUNT_ID,
                region_name=region,
                storage=version["storage_class"],
                etag=version["etag"],
                is_versioned=version["versioned"],
                version_id=version["version_id"],
                bucket_name=bucket.name,
                **{field: version[field] for field in _KEY_FIELDS},
            )
            entry.checksum_algorithm = version["checksum_algorithm"]
            entry.set_metadata(version["metadata"])
            if version["tags"]:
                backend.tagger.tag_resource(
                    entry.arn, [{"Key": key, "Value": value} for key, value in version["tags"].items()]
                )
        else:
            entry = FakeDeleteMarker(key=existing[-1])
            entry._version_id = version["version_id"]
        entry.last_modified = datetime.fromisoformat(version["last_modified"])
        bucket.keys.setlist(name, [*existing, entry])


def _message(message: Any) -> dict[str, Any]:
    return {
        "id": message.id,
        "body": message.body,
        "system_attributes": message.system_attributes,
        "old_receipt_handles": [handle for handle in message._old_receipt_handles if handle],
        **{name: getattr(message, name) for name in _MESSAGE_FIELDS},
    }


def _fill_queue(queue: Any, messages: list[dict[str, Any]]) -> None:
    """Replace the queue's messages: the notification's test event of this start is one too many."""
    from moto.sqs.models import Message  # noqa: PLC0415

    with queue._messages_lock:
        queue._messages = []
        for stored in messages:
            message = Message(stored["id"], stored["body"], stored["system_attributes"])
            message._old_receipt_handles = stored["old_receipt_handles"]
            for name in _MESSAGE_FIELDS:
                setattr(message, name, stored[name])
            queue._messages.append(message)
            if not message.visible:
                queue._pending_messages.add(message)
        queue._messages_lock.notify_all()
