"""EventBridge's schedules: functions invoked by time.

Source: "Schedule expressions" in the EventBridge Scheduler user guide, "Scheduled rules" in the EventBridge one.
"""

from __future__ import annotations

import json
import logging
import re
import threading
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from pixlake.localcloud.event_source import Invocable
from pixlake.localcloud.resources.creator import ACCOUNT_ID

logger = logging.getLogger(__name__)

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)(s?)\)")
_SECONDS = {"minute": 60, "hour": 3600, "day": 86_400}


def seconds_between(expression: str) -> int:
    """Seconds between two invocations of `rate(…)`.

    Raises
    ------
    ValueError
        It is none of the expressions that the local cloud knows.
    """
    match = _RATE.fullmatch(expression.strip())
    count = int(match[1]) if match else 0
    if match is None or count == 0 or (count == 1) == bool(match[3]):
        raise ValueError(
            f"{expression!r} is not supported by the local cloud: write rate(1 minute), rate(5 minutes), rate(1 hour) …"
        )
    return count * _SECONDS[match[2]]


@dataclass(frozen=True)
class ScheduleSettings:
    """A schedule as the template states it. `payload` None: EventBridge's own event."""

    arn: str
    function_arn: str
    seconds: int
    payload: str | None = None
    at_once: bool = False


class Schedule:
    """Invokes one function every so often. What comes due while it still runs is left out."""

    def __init__(self, settings: ScheduleSettings, function: Invocable, region: str) -> None:
        self._settings = settings
        self._function = function
        self._region = region
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"schedule-{settings.arn}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Invoke no more. An invocation that runs ends with its function."""
        self._stopping.set()

    def _run(self) -> None:
        due = self._settings.at_once
        while due or not self._stopping.wait(self._settings.seconds):
            due = False
            try:
                outcome = self._function.invoke(self._payload())
                if outcome.failed:
                    logger.warning("%s failed: %s", self._settings.arn, outcome.payload.decode(errors="replace")[:500])
            except Exception:
                if not self._stopping.is_set():
                    logger.exception("%s could not be invoked", self._settings.arn)

    def _payload(self) -> bytes:
        if self._settings.payload is not None:
            return self._settings.payload.encode()
        event = {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": ACCOUNT_ID,
            "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": self._region,
            "resources": [self._settings.arn],
            "detail": {},
        }
        return json.dumps(event).encode()
