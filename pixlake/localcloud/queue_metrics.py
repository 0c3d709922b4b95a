"""The metric of SQS that something here asks CloudWatch for; moto publishes none of a queue's."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

_installed: list[type] = []
"""moto finds a provider among its base's subclasses, which keeps nobody alive."""


def install() -> None:
    """Make moto's CloudWatch answer for the queues, once: it asks every subclass of its provider class."""
    from moto.cloudwatch.models import MetricDatum  # noqa: PLC0415
    from moto.core.common_models import CloudWatchMetricProvider  # noqa: PLC0415

    if _installed:
        return

    class QueueMetrics(CloudWatchMetricProvider):
        """ApproximateAgeOfOldestMessage now, of each queue that holds a message."""

        @staticmethod
        def get_cloudwatch_metrics(account_id: str, region: str) -> list[Any]:
            """Return one point a queue."""
            from moto.sqs.models import sqs_backends  # noqa: PLC0415

            now = time.time()
            return [
                MetricDatum(
                    namespace="AWS/SQS",
                    name="ApproximateAgeOfOldestMessage",
                    value=max(0.0, now - min(sent) / 1000),
                    dimensions=[{"Name": "QueueName", "Value": name}],
                    timestamp=datetime.now(UTC).replace(tzinfo=None),
                    unit="Seconds",
                )
                for name, queue in list(sqs_backends[account_id][region].queues.items())
                if (sent := [message.sent_timestamp or 0 for message in list(queue._messages)])
            ]

    _installed.append(QueueMetrics)
