"""What `pixlake status` counts on AWS, by CloudWatch; the lake's way is in tests/e2e/test_doctor.py."""

from datetime import UTC, datetime, timedelta

import boto3
import pytest
from moto import mock_aws

from pixlake.cli.status import duration, screen
from pixlake.cli.terminal import output
from pixlake.doctor.current import MINUTES, current
from pixlake.doctor.deployment import Deployment

ROWS = "image_scores/dt={day}/{name}.parquet"


@pytest.fixture
def deployment(monkeypatch):
    with mock_aws():
        sqs, s3 = boto3.client("sqs"), boto3.client("s3")
        s3.create_bucket(Bucket="lake")
        monkeypatch.setenv("PIXLAKE_QUEUE_URL", sqs.create_queue(QueueName="work")["QueueUrl"])
        monkeypatch.setenv("PIXLAKE_DLQ_URL", sqs.create_queue(QueueName="dead")["QueueUrl"])
        monkeypatch.setenv("PIXLAKE_LAKE_BUCKET", "lake")
        monkeypatch.setenv("PIXLAKE_STREAM", "rows")
        deployment = Deployment()
        variables = {"Variables": {"POWERTOOLS_METRICS_NAMESPACE": "pictures"}}
        deployment.__dict__["scorer"] = {"Environment": variables}  # as Lambda tells it; moto wants a package
        # moto has no message moves; the local cloud has.
        monkeypatch.setattr(deployment.client("sqs"), "list_message_move_tasks", lambda **_: {"Results": []})
        yield deployment


def emit(name, value, minutes_ago, namespace="pictures", dimension=("service", "score_uploads")):
    at = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=minutes_ago)
    dimensions = [{"Name": dimension[0], "Value": dimension[1]}]
    point = {"MetricName": name, "Value": value, "Timestamp": at, "Dimensions": dimensions}
    boto3.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=[point])


def test_given_metrics_when_asked_then_the_last_minutes_of_the_scorer_count(deployment):
    emit("UploadsScored", 30, 1)
    emit("UploadsScored", 20, 2)
    emit("UploadsRejected", 5, 2)
    emit("ImagesFromCache", 10, 1)
    emit("UploadsScored", 1_000, MINUTES + 3)
    emit("UploadsScored", 1_000, 1, dimension=("service", "somebody_else"))
    emit("DeliveryToS3.DataFreshness", 290, 1, "AWS/Firehose", ("DeliveryStreamName", "rows"))
    asked = []
    deployment.client("cloudwatch").meta.events.register(
        "provide-client-params.cloudwatch.GetMetricData",
        lambda params, **_: asked.extend(each["MetricStat"]["Metric"] for each in params["MetricDataQueries"]),
    )
    found = current(deployment)
    # moto gives the values of every namespace, so that the question has to be looked at.
    assert {each["Namespace"] for each in asked} == {"pictures", "AWS/Firehose"}
    assert found["outcomes_per_minute"] == {"scored": 10, "rejected": 1, "superseded": 0, "missing": 0, "deleted": 0}
    assert (found["cache_share"], found["delivery_lag_s"]) == (0.2, 290)
    assert found["source"] == "CloudWatch, namespace pictures"


def test_given_files_when_asked_then_the_newest_is_told_whatever_its_day(deployment):
    today = datetime.now(UTC).date()
    assert current(deployment)["newest_file"] is None
    s3 = boto3.client("s3")
    s3.put_object(Bucket="lake", Key=ROWS.format(day=today, name="a"), Body=b"123")
    found = current(deployment)["newest_file"]
    assert (found["key"], found["bytes"]) == (ROWS.format(day=today, name="a"), 3)


def test_given_messages_when_shown_then_dead_ones_come_with_what_to_do(deployment):
    sqs = boto3.client("sqs")
    sqs.send_message(QueueUrl=deployment.dead_letter_url, MessageBody="x")
    sqs.send_message(QueueUrl=deployment.queue_url, MessageBody="x")
    document = current(deployment)
    assert (document["waiting"], document["dead_letters"]) == (1, 1)
    assert document["oldest_s"] in (None, 0)  # moto knows no age, unless the local cloud has been loaded beside it
    with output.capture() as shown:
        output.print(screen(document))
    assert "pixlake redrive --dry-run" in shown.get()
    assert "1 waiting" in shown.get()


@pytest.mark.parametrize(("seconds", "text"), [(0, "0 s"), (119, "119 s"), (300, "5 min"), (10_800, "3.0 h")])
def test_durations_are_told_in_their_unit(seconds, text):
    assert duration(seconds) == text
