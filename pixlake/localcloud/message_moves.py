"""SQS's message move tasks, which moto answers with HTTP 500: messages of a dead-letter queue go back.

Source: StartMessageMoveTask, ListMessageMoveTasks and CancelMessageMoveTask in the SQS API reference.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pixlake.localcloud.protocol import ServiceError
from pixlake.localcloud.resources.creator import ACCOUNT_ID

_REMEMBERED = 10
_FASTEST = 500
"""Messages a second, at most (SQS quota)."""


@dataclass
class Task:
    """One move. `cancelled` stops it before the next message."""

    source_arn: str
    destination_arn: str | None
    rate: int | None
    to_move: int
    handle: str = field(default_factory=lambda: uuid.uuid4().hex)
    started: float = field(default_factory=time.time)
    moved: int = 0
    status: str = "RUNNING"
    failure: str | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)

    def shown(self) -> dict[str, Any]:
        """As ListMessageMoveTasks shows it: only a running task has a handle."""
        given = {
            "TaskHandle": self.handle if self.status == "RUNNING" else None,
            "Status": self.status,
            "SourceArn": self.source_arn,
            "DestinationArn": self.destination_arn,
            "MaxNumberOfMessagesPerSecond": self.rate,
            "ApproximateNumberOfMessagesMoved": self.moved,
            "ApproximateNumberOfMessagesToMove": self.to_move,
            "FailureReason": self.failure,
            "StartedTimestamp": int(self.started * 1000),
        }
        return {name: value for name, value in given.items() if value is not None}


class MessageMoves:
    """The three actions; the rest of SQS is moto's."""

    signing_name = "sqs"
    actions = frozenset({"StartMessageMoveTask", "ListMessageMoveTasks", "CancelMessageMoveTask"})

    def __init__(self, region: str) -> None:
        self._region = region
        self._tasks: list[Task] = []
        self._lock = threading.Lock()

    def handle(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Answer one request."""
        answers: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "StartMessageMoveTask": self._start,
            "ListMessageMoveTasks": self._list,
            "CancelMessageMoveTask": self._cancel,
        }
        return answers[action](payload)

    def close(self) -> None:
        """Stop moving; what was not moved stays where it is."""
        for task in self._tasks:
            task.cancelled.set()

    def _start(self, payload: dict[str, Any]) -> dict[str, Any]:
        source_arn, destination_arn = payload["SourceArn"], payload.get("DestinationArn")
        source = self._queue(source_arn, "SourceArn")
        origins = [queue for queue in self._queues().values() if queue.dead_letter_queue is source]
        if not origins:
            raise ServiceError("InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue.")
        destinations = [self._queue(destination_arn, "DestinationArn")] if destination_arn else origins
        if len(destinations) > 1:
            # AWS remembers where each message came from; moto does not.
            raise ServiceError(
                "UnsupportedOperation", "Several queues share this dead-letter queue: name a DestinationArn."
            )
        rate = payload.get("MaxNumberOfMessagesPerSecond")
        if rate is not None and not 1 <= rate <= _FASTEST:
            raise ServiceError("InvalidParameterValue", f"MaxNumberOfMessagesPerSecond is 1 to {_FASTEST}.")
        with self._lock:
            if any(task.source_arn == source_arn and task.status in ("RUNNING", "CANCELLING") for task in self._tasks):
                raise ServiceError(
                    "InvalidParameterValue",
                    "There is already a task running. Only one active task is allowed for a source queue arn at a "
                    "given time.",
                )
            task = Task(source_arn, destination_arn, rate, len(source._messages))
            self._tasks.append(task)
        threading.Thread(target=_move, args=(task, source, destinations[0]), name="message-move", daemon=True).start()
        return {"TaskHandle": task.handle}

    def _list(self, payload: dict[str, Any]) -> dict[str, Any]:
        self._queue(payload["SourceArn"], "SourceArn")
        most = min(payload.get("MaxResults", 1), _REMEMBERED)
        tasks = [task for task in reversed(self._tasks) if task.source_arn == payload["SourceArn"]]
        return {"Results": [task.shown() for task in tasks[:most]]}

    def _cancel(self, payload: dict[str, Any]) -> dict[str, Any]:
        for task in self._tasks:
            if task.handle == payload["TaskHandle"] and task.status == "RUNNING":
                task.status = "CANCELLING"
                task.cancelled.set()
                return {"ApproximateNumberOfMessagesMoved": task.moved}
        raise ServiceError("ResourceNotFoundException", "Task does not exist, or is not running.", 404)

    def _queues(self) -> dict[str, Any]:
        from moto.sqs.models import sqs_backends  # noqa: PLC0415

        return dict(sqs_backends[ACCOUNT_ID][self._region].queues)

    def _queue(self, arn: str, parameter: str) -> Any:
        for queue in self._queues().values():
            if queue.queue_arn == arn:
                return queue
        raise ServiceError(
            "ResourceNotFoundException",
            f"The resource that you specified for the {parameter} parameter doesn't exist.",
            404,
        )


def _move(task: Task, source: Any, destination: Any) -> None:
    """Move every message that is visible. A moved message is a new one: its id, its time and its count begin anew."""
    from moto.sqs.models import Message  # noqa: PLC0415

    try:
        while not task.cancelled.wait(1 / task.rate if task.rate and task.moved else 0):
            with source._messages_lock:
                message = next((each for each in source._messages if each.visible), None)
                if message is None:
                    break
                source._messages = [each for each in source._messages if each is not message]
            moved = Message(str(uuid.uuid4()), message.body, message.system_attributes)
            moved.message_attributes = message.message_attributes
            moved.mark_sent()
            destination.add_message(moved)
            task.moved += 1
        task.status = "CANCELLED" if task.cancelled.is_set() else "COMPLETED"
    except Exception as error:
        task.failure = f"{type(error).__name__}: {error}"
        task.status = "FAILED"
