"""The metric by which a new version of the scorer is judged while it takes over: see the alarm ReleaseAlarm."""

from __future__ import annotations

from aws_lambda_powertools import single_metric
from aws_lambda_powertools.metrics import MetricUnit


def publish_retried(messages: int, retried: int, service: str, version: str) -> None:
    """Share of a batch's messages that come again, by the function's version.

    To Lambda a batch that fails in part is a success, and the other metrics are of all versions together.
    """
    if messages:
        with single_metric("MessagesRetriedPercent", MetricUnit.Percent, 100 * retried / messages) as metric:
            metric.add_dimension("service", service)
            metric.add_dimension("version", version)
