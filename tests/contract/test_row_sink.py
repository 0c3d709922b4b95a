"""What every row sink must do: asked of the fake that the unit tests use and of Firehose as moto plays it."""

import json
from datetime import date

import boto3
import pytest
from moto import mock_aws

from adapters.firehose import FirehoseRowSink
from sink.rows import ImageRow
from tests.fakes import RecordingRowSink


class FakeWorld:
    def __init__(self):
        self.sink = RecordingRowSink()

    def delivered(self):
        return [row.to_json() for row in self.sink.rows]


class FirehoseWorld:
    def __init__(self):
        self.s3, firehose = boto3.client("s3"), boto3.client("firehose")
        self.s3.create_bucket(Bucket="lake")
        destination = {"RoleARN": "arn:aws:iam::123456789012:role/r", "BucketARN": "arn:aws:s3:::lake"}
        firehose.create_delivery_stream(DeliveryStreamName="rows", ExtendedS3DestinationConfiguration=destination)
        self.sink = FirehoseRowSink(firehose, "rows", sleep=lambda _: None)

    def delivered(self):
        keys = [item["Key"] for item in self.s3.list_objects_v2(Bucket="lake").get("Contents", [])]
        bodies = [self.s3.get_object(Bucket="lake", Key=key)["Body"].read() for key in keys]
        return [json.loads(line) for body in bodies for line in body.splitlines()]


@pytest.fixture(params=["fake", "moto"])
def world(request):
    if request.param == "fake":
        yield FakeWorld()
        return
    with mock_aws():
        yield FirehoseWorld()


def test_every_row_is_delivered_once(world):
    rows = [ImageRow(str(n), "scored", date(2026, 11, 3), {"row_id": str(n), "object_key": "é"}) for n in range(3)]

    assert world.sink.put(rows) == set()
    delivered = sorted(world.delivered(), key=lambda row: row["row_id"])
    assert delivered == [{"row_id": str(n), "object_key": "é", "dt": "2026-11-03"} for n in range(3)]


def test_no_rows_are_no_delivery(world):
    assert world.sink.put([]) == set()
    assert world.delivered() == []


def test_a_stream_that_is_not_there_refuses_its_rows():
    with mock_aws():
        sink = FirehoseRowSink(boto3.client("firehose"), "absent", sleep=lambda _: None)

        assert sink.put([ImageRow("a", "scored", date(2026, 11, 3), {})]) == {"a"}
