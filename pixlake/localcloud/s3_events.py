"""S3 event notifications as AWS sends them, in place of moto's.

moto leaves out `sequencer`, `versionId` and delete markers, announces a multipart upload twice and quotes `/`.
Two seams are replaced, the narrowest there are:
- `moto.s3.notifications.send_event`: every notification passes through it, and nothing else does.
- `S3Backend.delete_object`: in a versioned bucket moto calls `send_event` for the last version only, so what happened
  can be told only around the deletion.

Messages leave once the request that caused them is answered by moto (`delivery_after`): moto sets an object's
metadata after it has announced it, and a reader must not be faster than that.
"""

from __future__ import annotations

import contextlib
import functools
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from pixlake.localcloud import moto_threads
from pixlake.localcloud import s3_event_shapes as shapes
from pixlake.localcloud.moto_threads import S3_LOCK

logger = logging.getLogger(__name__)

_local = threading.local()
_EMPTY_MD5 = "d41d8cd98f00b204e9800998ecf8427e"


class Sequencer:
    """Hex numbers that only grow: of two events of one key, the later has the greater (S3 promises no more)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def next(self) -> str:
        """Return the next number, 18 digits as S3's are."""
        with self._lock:
            self._last = max(self._last + 1, time.time_ns())
            return f"{self._last:018X}"


_sequencer = Sequencer()


def install() -> None:
    """Replace moto's notifications, once."""
    from moto.s3 import notifications  # noqa: PLC0415
    from moto.s3.models import S3Backend  # noqa: PLC0415

    if notifications.send_event is _announced_by_moto:
        return
    notifications.send_event = _announced_by_moto
    moto_threads.replace(S3Backend, "delete_object", _announced_deletion)


@contextlib.contextmanager
def delivery_after() -> Iterator[None]:
    """Hold back the notifications caused inside, and deliver them at the end."""
    _local.held = []
    try:
        yield
    finally:
        held, _local.held = _local.held, None
        for deliver in held:
            deliver()


def _announced_by_moto(account_id: str, event_name: Any, bucket: Any, key: Any) -> None:
    name = str(getattr(event_name, "value", event_name)).removeprefix("s3:")
    if getattr(_local, "deleting", False):
        return
    if name == "ObjectCreated:Put" and key.multipart is not None:
        return  # moto announces the completion itself, right after this
    details = {"size": key.size, "eTag": key.etag.strip('"')}
    if bucket.is_versioned:
        details["versionId"] = key.version_id
    announce(account_id, name, bucket, key.name, details)


def _announced_deletion(delete_object: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(delete_object)
    def delete(
        backend: Any, bucket_name: str, key_name: str, version_id: str | None = None, bypass: bool = False
    ) -> tuple[bool, dict[str, Any]]:
        bucket = backend.get_bucket(bucket_name)
        with S3_LOCK:
            existed = version_id is None or any(
                str(version.version_id) == str(version_id) for version in bucket.keys.getlist(key_name, [])
            )
            _local.deleting = True
            try:
                done, answer = delete_object(backend, bucket_name, key_name, version_id=version_id, bypass=bypass)
            finally:
                _local.deleting = False
            if done and existed:
                if bucket.is_versioned and version_id is None:
                    details = {"eTag": _EMPTY_MD5, "versionId": answer["version-id"]}
                    announce(backend.account_id, "ObjectRemoved:DeleteMarkerCreated", bucket, key_name, details)
                else:
                    details = {"versionId": version_id} if bucket.is_versioned and version_id else {}
                    announce(backend.account_id, "ObjectRemoved:Delete", bucket, key_name, details)
        return done, answer

    return delete


def announce(account_id: str, event: str, bucket: Any, key: str, details: dict[str, Any]) -> None:
    """Send an event to the bucket's destinations that want it. `details`: size, eTag, versionId as far as known."""
    configuration = bucket.notification_configuration
    if configuration is None:
        return
    sequencer = _sequencer.next()
    now = datetime.now(UTC)
    deliveries: list[Callable[[], None]] = []
    for queue in configuration.queue:
        if queue.matches(f"s3:{event}", key):
            message = json.dumps(shapes.notification(event, bucket, key, details, sequencer, now, queue.id, account_id))
            deliveries.append(functools.partial(_to_queue, account_id, queue.arn, message))
    for topic in configuration.topic:
        if topic.matches(f"s3:{event}", key):
            message = json.dumps(shapes.notification(event, bucket, key, details, sequencer, now, topic.id, account_id))
            deliveries.append(functools.partial(_to_topic, account_id, topic.arn, message))
    if configuration.event_bridge is not None and event.split(":", maxsplit=1)[0] in shapes.DETAIL_TYPES:
        bridged = shapes.bridge_event(event, bucket, key, details, sequencer, now, account_id)
        deliveries.append(functools.partial(_to_rules, account_id, bucket.region_name, bridged))
    held = getattr(_local, "held", None)
    for deliver in deliveries:
        if held is None:
            deliver()
        else:
            held.append(deliver)


def _to_queue(account_id: str, arn: str, message: str) -> None:
    from moto.sqs.models import sqs_backends  # noqa: PLC0415

    _, _, _, region, _, name = arn.split(":")
    try:
        sqs_backends[account_id][region].send_message(queue_name=name, message_body=message)
    except Exception:
        logger.exception("An S3 notification did not reach the queue %s: %s", name, message)


def _to_topic(account_id: str, arn: str, message: str) -> None:
    from moto.sns.models import sns_backends  # noqa: PLC0415

    try:
        backend = sns_backends[account_id][arn.split(":")[3]]
        backend.publish(arn=arn, message=message, subject="Amazon S3 Notification")
    except Exception:
        logger.exception("An S3 notification did not reach the topic %s: %s", arn, message)


def _to_rules(account_id: str, region: str, event: dict[str, Any]) -> None:
    """Deliver to the default bus's rules; moto's own delivery for S3 ignores buses and rewrites the time."""
    from moto.events.models import events_backends  # noqa: PLC0415

    rules: list[Any] = list(events_backends[account_id][region].event_buses["default"].rules.values())
    for rule in rules:
        if rule.state == "ENABLED" and rule.event_pattern.matches_event(event):
            for target in rule.targets:
                if target["Arn"].split(":")[2] == "sqs":
                    _to_queue(account_id, target["Arn"], json.dumps(event))
