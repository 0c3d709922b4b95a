"""Log groups, log streams, alarms and dashboards."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pixlake.localcloud.resources.creator import Created, Request, creates
from pixlake.localcloud.resources.properties import DECIMAL, FLAG, NUMBER, TAGS, TEXT, Api, Items, NoEffect, Struct


@creates(
    "AWS::Logs::LogGroup",
    {
        "LogGroupName": TEXT,
        "RetentionInDays": NUMBER,
        "Tags": TAGS,
        "KmsKeyId": NoEffect("logs are not encrypted"),
        "LogGroupClass": NoEffect("logs cost nothing here"),
    },
    attributes=("Arn",),
)
def log_group(request: Request) -> Created:
    """Create a log group. Functions log to files in the state directory, so it stays empty."""
    logs, name = request.site.client("logs"), request.name("LogGroupName", most=512)
    logs.create_log_group(logGroupName=name)
    if "RetentionInDays" in request.properties:
        logs.put_retention_policy(logGroupName=name, retentionInDays=request.properties["RetentionInDays"])
    return Created(name, {"Arn": request.arn("logs", f"log-group:{name}:*")})


@creates("AWS::Logs::LogStream", {"LogGroupName": TEXT, "LogStreamName": TEXT}, required=("LogGroupName",))
def log_stream(request: Request) -> Created:
    """Create a log stream."""
    name = request.name("LogStreamName", most=512)
    request.site.client("logs").create_log_stream(logGroupName=request.properties["LogGroupName"], logStreamName=name)
    return Created(name)


_ALARM: dict[str, Any] = {
    "AlarmDescription": TEXT,
    "AlarmActions": Items(TEXT),
    "OKActions": Items(TEXT),
    "InsufficientDataActions": Items(TEXT),
    "ActionsEnabled": FLAG,
    "MetricName": TEXT,
    "Namespace": TEXT,
    "Statistic": TEXT,
    "ExtendedStatistic": TEXT,
    "Unit": TEXT,
    "Period": NUMBER,
    "EvaluationPeriods": NUMBER,
    "DatapointsToAlarm": NUMBER,
    "Threshold": DECIMAL,
    "ComparisonOperator": TEXT,
    "TreatMissingData": TEXT,
    "Dimensions": Items(Struct({"Name": TEXT, "Value": TEXT})),
    "Metrics": Api("cloudwatch", "PutMetricAlarm", "Metrics"),
}


@creates(
    "AWS::CloudWatch::Alarm",
    {"AlarmName": TEXT, "Tags": TAGS, **_ALARM},
    required=("ComparisonOperator", "EvaluationPeriods"),
    attributes=("Arn",),
)
def alarm(request: Request) -> Created:
    """Create an alarm. No metrics are published here, so what it is created with is all it shows."""
    name = request.name("AlarmName", most=255)
    given = {key: value for key, value in request.properties.items() if key in _ALARM}
    request.site.client("cloudwatch").put_metric_alarm(AlarmName=name, **given)
    return Created(name, {"Arn": request.arn("cloudwatch", f"alarm:{name}")})


def _can_dashboard(properties: Mapping[str, Any]) -> Iterable[str]:
    try:
        json.loads(properties["DashboardBody"])
    except ValueError as error:
        yield f"DashboardBody is not JSON: {error}."


@creates(
    "AWS::CloudWatch::Dashboard",
    {"DashboardName": TEXT, "DashboardBody": TEXT},
    required=("DashboardBody",),
    check=_can_dashboard,
)
def dashboard(request: Request) -> Created:
    """Create a dashboard; it can be read back, and has nothing to show."""
    name = request.name("DashboardName", most=255)
    body = request.properties["DashboardBody"]
    request.site.client("cloudwatch").put_dashboard(DashboardName=name, DashboardBody=body)
    return Created(name)
