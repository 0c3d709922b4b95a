"""The SQS event source mapping: Lambda's poller, which turns messages into invocations.

Source: "Using Lambda with Amazon SQS" and "Handling errors for an SQS event source" in the Lambda developer guide.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, Protocol

from pixlake.localcloud import sqs_batch
from pixlake.localcloud.lambda_runtime.settings import PAYLOAD_LIMIT, Outcome

logger = logging.getLogger(__name__)

_RECEIVE_LIMIT = 10
"""Messages of one ReceiveMessage or DeleteMessageBatch call (SQS quota)."""
_LONG_POLL_SECONDS = 1
"""On AWS the poller waits 20 s; here a stop should not have to."""


class Invocable(Protocol):
    """A function."""

    def invoke(self, payload: bytes) -> Outcome:
        """Run the function once."""


@dataclass(frozen=True)
class MappingSettings:
    """An event source mapping as the template states it."""

    function_name: str
    queue_arn: str
    batch_size: int = 10
    window_seconds: int = 0
    maximum_concurrency: int | None = None
    report_batch_item_failures: bool = False


class EventSourceMapping:
    """Polls one queue and invokes one function with batches of its messages.

    Parameters
    ----------
    sqs
        A boto3 client.
    workers
        How many batches may run at once: on one machine, its processors bound what MaximumConcurrency allows.
    """

    def __init__(self, settings: MappingSettings, sqs: Any, function: Invocable, region: str, workers: int) -> None:
        self.settings = settings
        self.uuid = str(uuid.uuid4())
        self._sqs = sqs
        self._function = function
        self._region = region
        self._queue_url = sqs.get_queue_url(QueueName=settings.queue_arn.split(":")[-1])["QueueUrl"]
        concurrency = min(workers, settings.maximum_concurrency or workers)
        self._slots = threading.Semaphore(concurrency)
        self._pool = ThreadPoolExecutor(concurrency, thread_name_prefix=f"batch-{settings.function_name}")
        self._running: set[Future[None]] = set()
        self._stopping = threading.Event()
        self._carried: dict[str, Any] | None = None
        self._thread = threading.Thread(target=self._poll, name=f"poller-{settings.function_name}", daemon=True)

    @property
    def polls(self) -> bool:
        """Whether messages are looked for."""
        return self._thread.is_alive() and not self._stopping.is_set()

    def start(self) -> None:
        """Begin to poll."""
        self._thread.start()

    def stopping(self) -> None:
        """Begin to stop: poll no more."""
        self._stopping.set()

    def stop(self, drain_seconds: float) -> bool:
        """Poll no more and wait for the batches that run; False if some still ran when the time was over."""
        self._stopping.set()
        deadline = time.monotonic() + drain_seconds
        self._thread.join(max(drain_seconds, _LONG_POLL_SECONDS * 2))
        left = wait(self._running, timeout=max(deadline - time.monotonic(), 0)).not_done
        self._pool.shutdown(wait=False, cancel_futures=True)
        return not left

    def _poll(self) -> None:
        while not self._stopping.is_set():
            # A free slot first: a message taken off the queue with nobody to work on it would only lose its time.
            if not self._slots.acquire(timeout=0.2):
                continue
            batch: list[dict[str, Any]] = []
            try:
                batch = self._gather()
            except Exception:
                if not self._stopping.is_set():
                    logger.exception("The poller of %s could not receive messages", self.settings.function_name)
                self._stopping.wait(1)
            if not batch:
                self._slots.release()
                continue
            if self._stopping.is_set():
                self._slots.release()
                self._give_back(batch)
                continue
            future = self._pool.submit(self._run, batch)
            self._running.add(future)
            future.add_done_callback(self._running.discard)
        if self._carried is not None:
            self._give_back([self._carried])

    def _gather(self) -> list[dict[str, Any]]:
        """Collect messages until the batch is full, its window is over, or its event would exceed 6 MB."""
        batch, size = [], 0
        if self._carried is not None:
            batch, self._carried = [self._carried], None
            size += len(sqs_batch.event(batch))
        deadline = time.monotonic() + self.settings.window_seconds if batch else None
        while len(batch) < self.settings.batch_size and not self._stopping.is_set():
            remaining = _LONG_POLL_SECONDS if deadline is None else deadline - time.monotonic()
            if deadline is not None and remaining <= 0 and self.settings.window_seconds:
                break
            received = self._receive(self.settings.batch_size - len(batch), remaining)
            if not received and (deadline is None or not self.settings.window_seconds):
                break
            if received and deadline is None:
                deadline = time.monotonic() + self.settings.window_seconds
            for index, record in enumerate(received):
                size += len(sqs_batch.event([record]))  # a little more than it adds
                if size > PAYLOAD_LIMIT and batch:
                    self._carried = record
                    self._give_back(received[index + 1 :])
                    return batch
                batch.append(record)
        return batch

    def _receive(self, most: int, seconds: float) -> list[dict[str, Any]]:
        # WaitTimeSeconds is whole: within the window's last second short polls look until it is over.
        seconds = min(seconds, _LONG_POLL_SECONDS)
        if seconds < 1:
            self._stopping.wait(min(max(seconds, 0), 0.05))
        answer = self._sqs.receive_message(
            QueueUrl=self._queue_url,
            MaxNumberOfMessages=min(most, _RECEIVE_LIMIT),
            WaitTimeSeconds=max(int(seconds), 0),
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        messages = answer.get("Messages", [])
        return [sqs_batch.record(message, self.settings.queue_arn, self._region) for message in messages]

    def _run(self, batch: list[dict[str, Any]]) -> None:
        try:
            outcome = self._function.invoke(sqs_batch.event(batch))
            failed = self._failed(outcome, {record["messageId"] for record in batch})
            # What failed is left alone: it becomes visible again when its visibility timeout is over.
            self._delete([record for record in batch if record["messageId"] not in failed])
        except Exception:
            logger.exception("A batch of %s was not finished; its messages will be back", self.settings.function_name)
        finally:
            self._slots.release()

    def _failed(self, outcome: Outcome, ids: set[str]) -> set[str]:
        if outcome.failed:
            reason = outcome.payload.decode(errors="replace")[:500]
            logger.warning("%s failed; its batch will be delivered again: %s", self.settings.function_name, reason)
            return ids
        if not self.settings.report_batch_item_failures:
            return set()
        return sqs_batch.failed_items(outcome.payload, ids)

    def _delete(self, records: Sequence[Mapping[str, Any]]) -> None:
        for some in _in_tens(records):
            entries = [{"Id": str(n), "ReceiptHandle": record["receiptHandle"]} for n, record in enumerate(some)]
            answer = self._sqs.delete_message_batch(QueueUrl=self._queue_url, Entries=entries)
            for failure in answer.get("Failed", []):
                logger.warning("%s was handled but not deleted: %s", some[int(failure["Id"])]["messageId"], failure)

    def _give_back(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Make messages visible at once that were received but not worked on."""
        for some in _in_tens(records):
            entries = [
                {"Id": str(n), "ReceiptHandle": record["receiptHandle"], "VisibilityTimeout": 0}
                for n, record in enumerate(some)
            ]
            self._sqs.change_message_visibility_batch(QueueUrl=self._queue_url, Entries=entries)


def _in_tens(records: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (records[start : start + _RECEIVE_LIMIT] for start in range(0, len(records), _RECEIVE_LIMIT))
