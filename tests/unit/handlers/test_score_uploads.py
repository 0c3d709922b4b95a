"""The handler with its real collaborators: models, S3 and Firehose as moto plays them."""

import io
import json
import sys
from types import SimpleNamespace
from urllib.parse import quote

import boto3
import pytest
from moto import mock_aws

from tests.conftest import ROOT
from tests.tables import create_table

CONTEXT = SimpleNamespace(
    function_name="score_uploads",
    memory_limit_in_mb=1769,
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:score_uploads",
    aws_request_id="request-1",
    function_version="7",
    get_remaining_time_in_millis=lambda: 100_000,
)


def notification(message_id: str, key: str, etag: str, size: int) -> dict:
    stored = {"key": key, "size": size, "eTag": etag, "sequencer": "01"}
    record = {
        "eventName": "ObjectCreated:Put",
        "eventTime": "2026-11-03T09:15:27.104Z",
        "s3": {"bucket": {"name": "uploads"}, "object": stored},
    }
    return sqs_record(message_id, json.dumps({"Records": [record]}))


def sqs_record(message_id: str, body: str) -> dict:
    return {"messageId": message_id, "body": body, "attributes": {"ApproximateReceiveCount": "1"}}


def emitted(capsys) -> list[dict]:
    """What was said to CloudWatch since the last look."""
    return [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]


def batch_metrics(capsys) -> list[dict]:
    """Those of a batch as a whole, whatever the version."""
    return [each for each in emitted(capsys) if "version" not in each]


def upload(key: str, body: bytes) -> str:
    """Its ETag."""
    return boto3.client("s3").put_object(Bucket="uploads", Key=key, Body=body)["ETag"].strip('"')


@pytest.fixture
def handler_module(monkeypatch):
    for name, value in {
        "PIXLAKE_STREAM": "rows",
        "PIXLAKE_EARLIEST_UPLOAD_DATE": "2026-01-01",
        "PIXLAKE_MAX_IMAGE_BYTES": "1000000",
        "PIXLAKE_MAX_IMAGE_PIXELS": "50000000",
        "PIXLAKE_RESULT_CACHE": "results",
        "PIXLAKE_RESULT_CACHE_DAYS": "30",
        "PIXLAKE_TRUST_ETAG": "off",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
        "PIXLAKE_ALERT_ON": "has_text",
        "PIXLAKE_ALERT_BUS": "arn:aws:events:us-east-1:123456789012:event-bus/alerts",
        "POWERTOOLS_SERVICE_NAME": "score_uploads",
        "POWERTOOLS_METRICS_NAMESPACE": "pixlake",
        "POWERTOOLS_LOG_LEVEL": "INFO",
    }.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket="lake")
        boto3.client("s3").create_bucket(Bucket="uploads")
        boto3.client("events").create_event_bus(Name="alerts")
        create_table(boto3.client("dynamodb"), "results", "content")
        destination = {"RoleARN": "arn:aws:iam::123456789012:role/r", "BucketARN": "arn:aws:s3:::lake"}
        boto3.client("firehose").create_delivery_stream(
            DeliveryStreamName="rows", ExtendedS3DestinationConfiguration=destination
        )
        sys.modules.pop("handlers.score_uploads", None)
        import handlers.score_uploads as module

        yield module
    sys.modules.pop("handlers.score_uploads", None)


def delivered() -> list[dict]:
    """Rows in the order of their delivery."""
    s3 = boto3.client("s3")
    stored = sorted(s3.list_objects_v2(Bucket="lake")["Contents"], key=lambda each: each["LastModified"])
    return [json.loads(s3.get_object(Bucket="lake", Key=each["Key"])["Body"].read()) for each in stored]


def test_a_batch_gives_rows_metrics_one_log_line_and_the_messages_to_retry(handler_module, capsys, caplog):
    photo = (ROOT / "samples" / "cat.jpg").read_bytes()
    etag = upload("my cat.jpg", photo)
    batch = {"Records": [notification("m-1", "my+cat.jpg", etag, len(photo)), sqs_record("m-2", "nonsense")]}

    answer = handler_module.handler(batch, CONTEXT)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "m-2"}]}
    (row,) = delivered()
    assert (row["object_key"], row["status"], row["category"]["family"]) == ("my cat.jpg", "scored", "cat")
    assert row["models"].keys() == {"category", "quality", "text", "nsfw"}

    (metrics,) = batch_metrics(capsys)
    assert (metrics["UploadsScored"], metrics["MessagesRetried"], metrics["ImagesFlagged"]) == ([1.0], [1.0], [0.0])
    retried, done = caplog.records
    assert (retried.message, retried.correlation_id, retried.error) == (
        "message comes again",
        "m-2",
        "UnreadableMessage",
    )
    assert (done.message, done.messages, done.rows) == ("batch done", 2, {"scored": 1})


def test_a_key_cannot_forge_a_log_line(handler_module, capsys, monkeypatch):
    forged = '{"level":"INFO","message":"batch done","forged":true}'
    body = json.dumps(
        {
            "Records": [
                {
                    "eventName": "ObjectCreated:Put",
                    "eventTime": "2026-11-03T09:15:27.104Z",
                    "s3": {"bucket": {"name": "not-there"}, "object": {"key": f"a%0A{quote(forged)}%0D%1B.jpg"}},
                }
            ]
        }
    )
    written = io.StringIO()
    monkeypatch.setattr(handler_module.logger.registered_handler, "stream", written)

    answer = handler_module.handler({"Records": [sqs_record("m-1", body)]}, CONTEXT)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
    retried, done = map(json.loads, written.getvalue().splitlines())
    assert f"a\n{forged}\r\x1b.jpg" in retried["reason"]
    assert (done["message"], "forged" in done) == ("batch done", False)


def test_a_batch_that_runs_out_of_time_is_a_success_to_lambda_and_shows_in_the_metrics(handler_module, capsys):
    batch = {"Records": [notification("m-1", "a.jpg", "0" * 32, 10), notification("m-2", "b.jpg", "0" * 32, 10)]}
    batch["Records"][0]["attributes"]["ApproximateReceiveCount"] = "2"
    left = iter([100_000])
    context = SimpleNamespace(**{**vars(CONTEXT), "get_remaining_time_in_millis": lambda: next(left, 29_000)})

    answer = handler_module.handler(batch, context)

    assert [item["itemIdentifier"] for item in answer["batchItemFailures"]] == ["m-1", "m-2"]
    (metrics,) = batch_metrics(capsys)
    shown = {name: metrics[name] for name in ("MessagesRedelivered", "MessagesRetried", "MessagesOutOfTime")}
    assert shown == {"MessagesRedelivered": [1.0], "MessagesRetried": [2.0], "MessagesOutOfTime": [2.0]}


def test_a_version_is_judged_by_the_share_of_messages_that_it_puts_off(handler_module, capsys):
    batch = {"Records": [sqs_record(f"m-{number}", "no notification") for number in range(3)]}
    batch["Records"].append(notification("m-4", "a.jpg", upload("a.jpg", b"no image"), 8))

    handler_module.handler(batch, CONTEXT)

    (metric,) = [each for each in emitted(capsys) if "version" in each]
    (directive,) = metric["_aws"]["CloudWatchMetrics"]
    assert directive["Dimensions"] == [["service", "version"]]
    assert (metric["service"], metric["version"]) == ("score_uploads", "7")
    assert metric["MessagesRetriedPercent"] == [75.0]


def test_a_content_seen_before_is_answered_by_the_table_and_flagged_again(handler_module, capsys):
    photo = (ROOT / "samples" / "dahlias-for-sale.jpg").read_bytes()
    for key in ("first.jpg", "second.jpg"):
        event = notification("m", key, upload(key, photo), len(photo))
        assert handler_module.handler({"Records": [event]}, CONTEXT) == {"batchItemFailures": []}

    first, second = sorted(delivered(), key=lambda row: row["object_key"])
    (item,) = boto3.client("dynamodb").scan(TableName="results")["Items"]
    assert item["content"]["S"] == first["content_sha256"]
    assert sum(len(name) + len(*value.values()) for name, value in item.items()) < 1024  # one write unit
    assert (first["cached"], second["cached"]) == ([], ["category", "quality", "text", "nsfw"])
    for column in ("image", "category", "quality", "text", "nsfw", "models"):
        assert second[column] == first[column]
    metrics = batch_metrics(capsys)
    assert [batch["ImagesFromCache"] for batch in metrics] == [[0.0], [1.0]]
    assert [batch["CacheFailures"] for batch in metrics] == [[0.0], [0.0]]
    assert [batch["ImagesFlagged"] for batch in metrics] == [[1.0], [1.0]]
