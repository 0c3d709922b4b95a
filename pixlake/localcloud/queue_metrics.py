"""The metrics of SQS that something here asks CloudWatch for; moto publishes none of a queue's."""

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
        """Of each queue now: the messages that wait, and the age of the oldest where it holds one."""

        @staticmethod
        def get_cloudwatch_metrics(account_id: str, region: str) -> list[Any]:
            """Return one point a metric and queue."""
            from moto.sqs.models import sqs_backends  # noqa: PLC0415

            now = time.time()
            points: list[tuple[str, str, float, str]] = []
            for name, queue in list(sqs_backends[account_id][region].queues.items()):
                messages = list(queue._messages)
                waiting = sum(message.visible and not message.delayed for message in messages)
                points.append(("ApproximateNumberOfMessagesVisible", name, waiting, "Count"))
                if messages:
                    oldest = min(message.sent_timestamp or 0 for message in messages)
                    points.append(("ApproximateAgeOfOldestMessage", name, max(0.0, now - oldest / 1000), "Seconds"))
            return [
                MetricDatum(
                    namespace="AWS/SQS",
                    name=metric,
                    value=float(value),
                    dimensions=[{"Name": "QueueName", "Value": queue_name}],
                    timestamp=datetime.now(UTC).replace(tzinfo=None),
                    unit=unit,
                )
                for metric, queue_name, value, unit in points
            ]

    _installed.append(QueueMetrics)
