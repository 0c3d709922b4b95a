"""The Firehose API, and the thread that delivers."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable
from typing import Any

from pixlake.localcloud.firehose.api_validation import decode_blob, service_model, validate
from pixlake.localcloud.firehose.buffering import RETRY_FIRST_SECONDS, Delivery
from pixlake.localcloud.firehose.clock import Clock, SystemClock
from pixlake.localcloud.firehose.configuration import read_configuration
from pixlake.localcloud.firehose.delivery import ObjectWriter
from pixlake.localcloud.firehose.statistics import Statistics
from pixlake.localcloud.firehose.stream import DeliveryStream
from pixlake.localcloud.protocol import ServiceError

ACCOUNT_ID = "123456789012"
MAX_CALL_BYTES = 4 * 1024 * 1024

logger = logging.getLogger(__name__)


class FirehoseService:
    """Delivery streams to S3 behind the official API.

    Parameters
    ----------
    endpoint_url
        Where S3 and Glue answer.
    region
        The region of the streams' ARNs and of S3.
    clock
        Time; tests inject their own.
    """

    signing_name = "firehose"

    def __init__(self, endpoint_url: str, region: str = "us-east-1", clock: Clock | None = None) -> None:
        # Every action of the API is ours, so that moto never answers for a stream it does not know.
        self.actions = frozenset(service_model().operation_names)
        self._handlers: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "CreateDeliveryStream": self._create,
            "DescribeDeliveryStream": self._describe,
            "ListDeliveryStreams": self._list,
            "DeleteDeliveryStream": self._delete,
            "PutRecord": self._put_record,
            "PutRecordBatch": self._put_record_batch,
        }
        self._region = region
        self._clock = clock or SystemClock()
        self._writer = ObjectWriter(endpoint_url, region)
        self._streams: dict[str, DeliveryStream] = {}
        self._deleted: list[DeliveryStream] = []  # with rows that are not in S3 yet
        self._changed = threading.Condition()  # guards the streams and all they hold
        self._delivering = threading.Lock()  # one delivery at a time; taken before _changed, never after
        self._closing = False
        self._thread = threading.Thread(target=self._deliver_when_due, name="firehose", daemon=True)
        self._thread.start()

    # ------------------------------------------------------------------ what others use

    def handle(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Answer one request; see `JsonService`."""
        if action not in self.actions:
            raise ServiceError("UnknownOperationException", f"{action} is not an action of Amazon Data Firehose")
        if action not in self._handlers:
            raise ServiceError("InvalidArgumentException", f"{action} is not supported by the local Firehose")
        validate(action, payload)
        return self._handlers[action](payload)

    def flush(self) -> int:
        """Write every buffer now; return how many rows S3 did not take (they stay, and are tried again)."""
        with self._delivering:
            with self._changed:
                streams = self._all_streams()
                for stream in streams:
                    stream.buffers.seal_all(self._clock.now())
            for stream in streams:
                self._deliver(stream, lambda _delivery: True)
            with self._changed:
                return sum(len(delivery.rows) for stream in streams for delivery in stream.buffers.deliveries)

    def statistics(self, stream: str) -> Statistics:
        """Return a stream's counters; `statistics.CLOUDWATCH_NAMES` says which metrics they stand for."""
        with self._changed:
            return self._stream({"DeliveryStreamName": stream}).statistics()

    def stream_names(self) -> list[str]:
        """Return the streams' names, sorted."""
        with self._changed:
            return sorted(self._streams)

    def close(self) -> None:
        """Stop the thread and write what is left. May be called twice."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()
        left = self.flush()
        if left:
            logger.error(
                "%d rows of delivery streams are lost: S3 did not take them before the local cloud ended", left
            )
        self._writer.close()

    # ------------------------------------------------------------------ actions

    def _create(self, payload: dict[str, Any]) -> dict[str, Any]:
        name = payload["DeliveryStreamName"]
        configuration = read_configuration(payload, self._region, ACCOUNT_ID)
        arn = f"arn:aws:firehose:{self._region}:{ACCOUNT_ID}:deliverystream/{name}"
        with self._changed:
            if name in self._streams:
                message = f"Firehose {name} under accountId {ACCOUNT_ID} already exists"
                raise ServiceError("ResourceInUseException", message)
            destination = payload["ExtendedS3DestinationConfiguration"]
            self._streams[name] = DeliveryStream(name, arn, destination, configuration, self._clock.now())
        return {"DeliveryStreamARN": arn}

    def _describe(self, payload: dict[str, Any]) -> dict[str, Any]:
        with self._changed:
            return {"DeliveryStreamDescription": self._stream(payload).describe()}

    def _list(self, payload: dict[str, Any]) -> dict[str, Any]:
        names = self.stream_names() if payload.get("DeliveryStreamType", "DirectPut") == "DirectPut" else []
        names = [name for name in names if name > payload.get("ExclusiveStartDeliveryStreamName", "")]
        limit = payload.get("Limit", 10)
        return {"DeliveryStreamNames": names[:limit], "HasMoreDeliveryStreams": len(names) > limit}

    def _delete(self, payload: dict[str, Any]) -> dict[str, Any]:
        with self._changed:
            stream = self._stream(payload)
            del self._streams[stream.name]
            stream.buffers.seal_all(self._clock.now())
            self._deleted.append(stream)  # what it accepted is still delivered
            self._changed.notify_all()
        return {}

    def _put_record(self, payload: dict[str, Any]) -> dict[str, Any]:
        return {"RecordId": self._put(payload, [payload["Record"]])[0], "Encrypted": False}

    def _put_record_batch(self, payload: dict[str, Any]) -> dict[str, Any]:
        responses = [{"RecordId": record_id} for record_id in self._put(payload, payload["Records"])]
        return {"FailedPutCount": 0, "Encrypted": False, "RequestResponses": responses}

    def _put(self, payload: dict[str, Any], records: list[dict[str, Any]]) -> list[str]:
        with self._changed:
            stream = self._stream(payload)
        data = [decode_blob("record.data", record["Data"]) for record in records]
        if sum(map(len, data)) > MAX_CALL_BYTES:
            raise ServiceError("InvalidArgumentException", "Records size exceeds 4 MB limit")
        now = self._clock.now()
        placed = [stream.place(record, now) for record in data]
        with self._changed:
            if self._closing:
                raise ServiceError("ServiceUnavailableException", "The local cloud is ending.", status=503)
            self._stream(payload)  # deleted meanwhile: nothing was accepted, and the caller is told
            for record, rows in zip(data, placed, strict=True):
                stream.accept(len(record), rows, now)
            self._changed.notify_all()
        return [secrets.token_urlsafe(96) for _ in records]

    def _stream(self, payload: dict[str, Any]) -> DeliveryStream:
        name = payload["DeliveryStreamName"]
        if name not in self._streams:
            message = f"Firehose {name} under account {ACCOUNT_ID} not found."
            raise ServiceError("ResourceNotFoundException", message)
        return self._streams[name]

    def _all_streams(self) -> list[DeliveryStream]:
        return [*self._streams.values(), *self._deleted]

    # ------------------------------------------------------------------ delivering

    def _deliver_when_due(self) -> None:
        """The thread: sleeps until a buffer's interval, a retry or news; delivers; never ends on an error."""
        while self._wait():
            try:
                with self._delivering:
                    with self._changed:
                        streams, now = self._all_streams(), self._clock.now()
                        for stream in streams:
                            stream.buffers.seal_due(now)
                    for stream in streams:
                        self._deliver(stream, lambda delivery: delivery.retry_at <= self._clock.now())
            except Exception:  # our own mistake: the rows are still in their buffers, so go on, but not at full speed
                logger.exception("The local Firehose failed to deliver; it goes on")
                with self._changed:
                    self._clock.wait(self._changed, RETRY_FIRST_SECONDS)

    def _wait(self) -> bool:
        """Wait until something is due; False when the service closes."""
        with self._changed:
            while not self._closing:
                moments = [stream.buffers.next_moment() for stream in self._all_streams()]
                next_moment = min((moment for moment in moments if moment is not None), default=None)
                now = self._clock.now()
                if next_moment is not None and next_moment <= now:
                    return True
                self._clock.wait(self._changed, None if next_moment is None else next_moment - now)
            return False

    def _deliver(self, stream: DeliveryStream, ready: Callable[[Delivery], bool]) -> None:
        """Attempt each delivery of a stream once, those of the error output that arise on the way included."""
        attempted: set[str] = set()
        while True:
            with self._changed:
                waiting = [d for d in stream.buffers.deliveries if d.object_id not in attempted and ready(d)]
            if not waiting:
                break
            attempted.add(waiting[0].object_id)
            self._attempt(stream, waiting[0])
        with self._changed:
            if stream in self._deleted and not stream.buffers.deliveries:
                self._deleted.remove(stream)

    def _attempt(self, stream: DeliveryStream, delivery: Delivery) -> None:
        try:
            delivered = self._writer.write(stream, delivery)
        except Exception as error:  # whatever it is, the rows stay: AWS retries S3, and so do we
            with self._changed:
                now = self._clock.now()
                delivery.failed(now)
                stream.count_put_failure()
            logger.warning(
                "Stream %s: %d rows are not in S3 after attempt %d (%s: %s); the next is in %.0f s",
                *(stream.name, len(delivery.rows), delivery.attempts, type(error).__name__, error),
                delivery.retry_at - now,
            )
            return
        with self._changed:
            stream.buffers.deliveries.remove(delivery)
            if delivery.target.error_type:
                stream.count_error_file()
            elif delivered.rows:
                stream.count_delivered(delivered.rows)
            stream.add_conversion_failures(delivered.failures, self._clock.now())
