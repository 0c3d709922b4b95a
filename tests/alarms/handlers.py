"""What the functions themselves publish: their handlers, run in the template's environment, and what they print."""

import contextlib
import io
import json
import sys
from types import SimpleNamespace

import boto3
import pytest
from moto import mock_aws

from tests.conftest import ROOT
from tests.tables import create_table
from tests.template.conftest import resolve

(VERSION,) = (f"{name}.Version" for name, each in resolve().items() if each["Type"] == "AWS::Lambda::Version")


def context(*remaining_ms):
    """An invocation; its time is told by the given values one after the other, the last of them for ever."""
    left = list(remaining_ms or [100_000])
    return SimpleNamespace(
        function_name="f",
        memory_limit_in_mb=1769,
        invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:f",
        aws_request_id="request-1",
        function_version=VERSION,
        get_remaining_time_in_millis=lambda: left.pop(0) if len(left) > 1 else left[0],
    )


@contextlib.contextmanager
def handler_of(function):
    """Its module, imported in the environment that the template gives it."""
    properties = resolve()[function]["Properties"]
    name = properties["Handler"].rpartition(".")[0]
    variables = properties["Environment"]["Variables"] | {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769"}
    if "PIXLAKE_ALERT_BUS" in variables:
        variables["PIXLAKE_ALERT_BUS"] = "arn:aws:events:us-east-1:123456789012:event-bus/alerts"
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for variable, value in variables.items():
            patch.setenv(variable, str(value))
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        sys.modules.pop(name, None)
        try:
            __import__(name)
            yield sys.modules[name]
        finally:
            sys.modules.pop(name, None)


def emitted(module, event, invocation=None):
    """The metrics of one invocation: (namespace, name) to dimensions and value."""
    written = io.StringIO()
    with contextlib.redirect_stdout(written):
        module.handler(event, invocation or context())
    found = {}
    for line in [json.loads(line) for line in written.getvalue().splitlines() if '"_aws"' in line]:
        (directive,) = line["_aws"]["CloudWatchMetrics"]
        (names,) = directive["Dimensions"]
        dimensions = {name: line[name] for name in names}
        found |= {
            (directive["Namespace"], metric["Name"]): (dimensions, sum(line[metric["Name"]]))
            for metric in directive["Metrics"]
        }
    return found


def message(number, key, etag, event="ObjectCreated:Put", received=1):
    """A message of the upload queue, as Lambda hands it over."""
    record = {
        "eventName": event,
        "eventTime": "2026-11-03T09:15:27.104Z",
        "s3": {"bucket": {"name": "uploads"}, "object": {"key": key, "size": 9, "eTag": etag, "sequencer": "01"}},
    }
    body = json.dumps({"Records": [record]})
    return {"messageId": str(number), "body": body, "attributes": {"ApproximateReceiveCount": str(received)}}


def make_surroundings(cache=True):
    """What the scorer calls: bucket, bus, stream, and the result cache."""
    s3 = boto3.client("s3")
    for bucket in ("uploads", "lake"):
        s3.create_bucket(Bucket=bucket)
    boto3.client("events").create_event_bus(Name="alerts")
    if cache:
        create_table(boto3.client("dynamodb"), "ResultCacheTable", "content")
    destination = {"RoleARN": "arn:aws:iam::123456789012:role/r", "BucketARN": "arn:aws:s3:::lake"}
    boto3.client("firehose").create_delivery_stream(
        DeliveryStreamName="RowStream", ExtendedS3DestinationConfiguration=destination
    )


def upload(key, body):
    """Put an object into the upload bucket; its ETag."""
    return boto3.client("s3").put_object(Bucket="uploads", Key=key, Body=body)["ETag"].strip('"')


CAT = ROOT / "samples" / "cat.jpg"
