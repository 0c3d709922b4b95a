"""Locks that moto lacks. Its backends were made for one thread; behind an HTTP front they have many.

- `Queue.delete_message` builds a new list of messages: one that is sent meanwhile would be lost.
- `SQSBackend.receive_message` looks and then takes: two receivers could take the same message.
- `S3Backend.put_object` reads a key's versions and then writes them; an ETag is computed on first use by moving the
  position of a shared file.
- `DynamoDBBackend` looks at a write's condition and then writes: two writers could both find it true.

The lock of a queue is moto's own `_messages_lock`, a condition that long polling waits on. Those of S3 and DynamoDB are
ours.
"""

from __future__ import annotations

import functools
import hashlib
import threading
import time
from collections.abc import Callable
from typing import Any

S3_LOCK = threading.RLock()
"""Held while objects are put, copied, completed or deleted, so that sequencers follow the order of the writes."""

_DYNAMODB_LOCK = threading.RLock()
_LONGEST_WAIT = 0.5


def install() -> None:
    """Put the locks in place, once."""
    from moto.dynamodb.models import DynamoDBBackend  # noqa: PLC0415
    from moto.s3.models import S3Backend  # noqa: PLC0415
    from moto.sqs.models import Queue, SQSBackend  # noqa: PLC0415

    if hasattr(SQSBackend.receive_message, "__wrapped__"):
        return
    replace(Queue, "delete_message", _locked_by_queue)
    replace(SQSBackend, "receive_message", _receive)
    replace(S3Backend, "put_object", _with_etag)
    for name in ("put_object", "copy_object", "complete_multipart_upload", "delete_object"):
        replace(S3Backend, name, _locked_by(S3_LOCK))
    for name in ("put_item", "update_item", "delete_item", "transact_write_items"):
        replace(DynamoDBBackend, name, _locked_by(_DYNAMODB_LOCK))


def replace(owner: type, name: str, wrap: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    """Put `wrap(method)` in the place of a method."""
    setattr(owner, name, wrap(getattr(owner, name)))


def _locked_by_queue(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def locked(queue: Any, *args: Any, **options: Any) -> Any:
        with queue._messages_lock:
            return method(queue, *args, **options)

    return locked


def _locked_by(lock: threading.RLock) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def wrap(method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def locked(*args: Any, **options: Any) -> Any:
            with lock:
                return method(*args, **options)

        return locked

    return wrap


def _receive(receive_now: Callable[..., Any]) -> Callable[..., Any]:
    """Receive under the queue's lock; wait for messages outside of it."""

    @functools.wraps(receive_now)
    def receive_message(
        backend: Any,
        queue_name: str,
        count: int,
        wait_seconds_timeout: int,
        visibility_timeout: int,
        message_attribute_names: list[str] | None = None,
    ) -> list[Any]:
        queue = backend.get_queue(queue_name)
        deadline = time.monotonic() + int(wait_seconds_timeout or 0)
        with queue._messages_lock:
            while True:
                messages: list[Any] = receive_now(
                    backend, queue_name, count, 0, visibility_timeout, message_attribute_names
                )
                remaining = deadline - time.monotonic()
                if messages or remaining <= 0:
                    return messages
                # A message sent wakes us; one whose visibility timeout ends does not, so look again soon.
                queue._messages_lock.wait(min(remaining, _LONGEST_WAIT))

    return receive_message


def _with_etag(put_object: Callable[..., Any]) -> Callable[..., Any]:
    """Compute the ETag before anybody can see the object."""

    @functools.wraps(put_object)
    def put(backend: Any, bucket_name: str, key_name: str, value: bytes, *args: Any, **options: Any) -> Any:
        if not args and options.get("etag") is None and isinstance(value, bytes):
            options["etag"] = hashlib.md5(value, usedforsecurity=False).hexdigest()
        return put_object(backend, bucket_name, key_name, value, *args, **options)

    return put
