"""`ledger`, `redrive` and `replay-errors` against the local cloud's endpoint, without its functions."""

import base64
import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner

from adapters.attempts import DynamoDbLedger
from pixlake.cli import app, ledger, redrive
from pixlake.cli.terminal import CommandError
from pixlake.localcloud.cloud import _reset_moto
from pixlake.localcloud.front import Front
from pixlake.localcloud.message_moves import MessageMoves
from sink.ledger import DayLedger, DayState
from tests.tables import create_table

NOW = datetime.now(UTC).replace(microsecond=0)
NOTIFICATION = {
    "Records": [
        {
            "eventName": "ObjectCreated:Put",
            "eventTime": "2026-11-03T09:15:27.104Z",
            "s3": {"bucket": {"name": "b"}, "object": {"key": "my+cat.jpg", "sequencer": "01"}},
        }
    ]
}


@pytest.fixture
def run():
    return lambda *arguments: CliRunner().invoke(app, list(map(str, arguments)))


class Deployment:
    """Queues, table, buckets and stream of a stack, and its environment."""

    def __init__(self, monkeypatch):
        sqs, self.s3, self.dynamodb = boto3.client("sqs"), boto3.client("s3"), boto3.client("dynamodb")
        self.sqs = sqs
        self.dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=self.dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
        self.queue = sqs.create_queue(QueueName="work", Attributes={"RedrivePolicy": policy})["QueueUrl"]
        self.s3.create_bucket(Bucket="lake")
        create_table(self.dynamodb, "ledger", "id")
        for name, value in {
            "PIXLAKE_DLQ_URL": self.dead,
            "PIXLAKE_QUEUE_URL": self.queue,
            "PIXLAKE_LAKE_BUCKET": "lake",
            "PIXLAKE_UPLOAD_BUCKETS": "uploads,more",
            "PIXLAKE_LEDGER_TABLE": "ledger",
            "PIXLAKE_STREAM": "rows",
            "PIXLAKE_RECONCILE_FUNCTION": "reconcile",
        }.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(ledger, "_deleted", lambda first, last: 0)  # Athena's part: see tests/e2e/test_ledger.py

    def bury(self, *bodies):
        for body in bodies:
            self.sqs.send_message(QueueUrl=self.dead, MessageBody=body)

    def write_error(self, *rows):
        lines = [{"rawData": base64.b64encode(json.dumps(row).encode()).decode(), "errorCode": "E"} for row in rows]
        body = "".join(json.dumps(line) + "\n" for line in lines)
        self.s3.put_object(Bucket="lake", Key="errors/x/1", Body=body.encode())

    def stored(self):
        return [item["Key"] for item in self.s3.list_objects_v2(Bucket="lake").get("Contents", [])]


@pytest.fixture
def deployment(monkeypatch):
    """Behind the local cloud's front, for the message moves."""
    _reset_moto()
    front = Front(0)
    moves = MessageMoves("us-east-1")
    front.add(moves)
    monkeypatch.setenv("AWS_ENDPOINT_URL", front.url)
    yield Deployment(monkeypatch)
    moves.close()
    front.close()
    _reset_moto()


def day(shift, **changes):
    at = NOW - timedelta(days=shift)
    return DayLedger(
        **{
            "bucket": "uploads",
            "day": at.date(),
            "since": at,
            "until": at,
            "at": NOW,
            "rows": Counter(scored=5, rejected=1),
        }
        | changes
    )


def test_the_ledger_adds_up_the_days_it_was_asked_for(run, deployment):
    store = DynamoDbLedger(deployment.dynamodb, "ledger", "uploads")
    for result in (day(0, no_row=Counter(waiting=2, error_output=1)), day(1), day(8)):
        store.save(DayState(result.day, result))
    deployment.bury("x", "y")
    deployment.sqs.send_message(QueueUrl=deployment.queue, MessageBody="z")
    deployment.write_error({"row_id": "0" * 64}, {"row_id": "1" * 64})

    result = run("ledger", "--json")

    found = json.loads(result.stdout)
    assert result.exit_code == 0
    assert (found["uploaded"], found["scored"], found["rejected"], found["waiting"]) == (15, 10, 2, 2)
    assert (found["in_flight_now"], found["dead_letters_now"], found["error_lines_now"]) == (1, 2, 2)
    assert found["run_at"] == NOW.isoformat()
    assert json.loads(run("ledger", "--json", "--days", 9).stdout)["uploaded"] == 21

    shown = run("ledger")
    assert "15 uploaded = 10 scored + 2 rejected + 2 queued again + 1 error output" in shown.stdout
    assert "1 in flight, 2 in the dead-letter queue, 2 lines in the error output" in shown.stderr


def test_the_ledger_adds_up_the_buckets_and_shows_which_is_which(run, deployment):
    for bucket in ("uploads", "more", "not of this stack"):
        result = day(0, bucket=bucket)
        DynamoDbLedger(deployment.dynamodb, "ledger", bucket).save(DayState(result.day, result))

    shown = run("ledger")

    assert "12 uploaded = 10 scored + 2 rejected" in shown.stdout
    assert [line for line in shown.stdout.splitlines() if line.startswith("s3://")] == ["s3://uploads", "s3://more"]


def test_an_unaccounted_upload_is_named_and_fails_the_command(run, deployment):
    lost = day(0, no_row=Counter(unaccounted=1), lost=["lost\x1b.jpg"])
    DynamoDbLedger(deployment.dynamodb, "ledger", "uploads").save(DayState(lost.day, lost))

    result = run("ledger")

    assert result.exit_code == 1
    assert "7 uploaded = 5 scored + 1 rejected + 1 unaccounted" in result.stdout
    assert "lost: lost\\x1b.jpg" in result.stdout


def test_without_a_run_the_ledger_says_how_to_get_one(run, deployment):
    result = run("ledger")

    assert (result.exit_code, result.stdout) == (0, "")
    assert "--now compares at once" in result.stderr


def test_a_day_that_was_not_looked_through_is_told(run, deployment):
    unfinished = day(0)
    DynamoDbLedger(deployment.dynamodb, "ledger", "uploads").save(
        DayState(unfinished.day, unfinished=unfinished, marker="m")
    )

    assert f"{unfinished.day}: not looked through yet" in run("ledger").stderr


def test_a_comparison_that_cannot_be_made_is_told(run, deployment):
    result = run("ledger", "--now")

    assert isinstance(result.exception, CommandError)
    assert "the function reconcile could not be invoked" in str(result.exception)


def test_redrive_shows_what_is_dead_without_touching_it(run, deployment):
    deployment.bury(json.dumps(NOTIFICATION), "nonsense")

    found = json.loads(run("redrive", "--dry-run", "--json").stdout)
    shown = run("redrive", "--dry-run")

    assert found["dead_letters"] == 2
    assert sorted(each["keys"] for each in found["sample"]) == [[], ["my cat.jpg"]]
    assert "my cat.jpg" in shown.stdout
    assert "unreadable: body is not JSON" in shown.stdout
    assert "2 messages in the dead-letter queue, 2 shown; none was moved" in shown.stderr
    names = ["ApproximateNumberOfMessages"]
    assert deployment.sqs.get_queue_attributes(QueueUrl=deployment.dead, AttributeNames=names)["Attributes"] == {
        "ApproximateNumberOfMessages": "2"
    }


def test_redrive_moves_everything_back_and_then_finds_nothing(run, deployment):
    deployment.bury("a", "b")

    moved = run("redrive")
    again = json.loads(run("redrive", "--json").stdout)

    assert "2 messages back on the upload queue (completed)" in moved.stderr
    assert again["status"] == "NOTHING"
    bodies = deployment.sqs.receive_message(QueueUrl=deployment.queue, MaxNumberOfMessages=10)["Messages"]
    assert sorted(message["Body"] for message in bodies) == ["a", "b"]


def test_a_replay_that_runs_already_is_followed(run, deployment):
    deployment.bury("a", "b", "c")
    arns = redrive._queues()
    deployment.sqs.start_message_move_task(SourceArn=arns[1], MaxNumberOfMessagesPerSecond=2)

    result = run("redrive", "--json")

    assert "a replay runs already; following it" in result.stderr
    assert json.loads(result.stdout)["status"] == "COMPLETED"
    bodies = deployment.sqs.receive_message(QueueUrl=deployment.queue, MaxNumberOfMessages=10)["Messages"]
    assert sorted(message["Body"] for message in bodies) == ["a", "b", "c"]


def test_replay_errors_tells_what_it_would_do_and_does_it(run, deployment):
    destination = {"RoleARN": "arn:aws:iam::123456789012:role/r", "BucketARN": "arn:aws:s3:::lake", "Prefix": "rows/"}
    boto3.client("firehose").create_delivery_stream(
        DeliveryStreamName="rows", ExtendedS3DestinationConfiguration=destination
    )
    good = {"row_id": "0" * 64, "status": "scored", "object_key": "cat.jpg", "dt": "2026-11-03"}
    deployment.write_error(good, good | {"status": "odd"})

    planned = run("replay-errors", "--dry-run")
    assert "1 row would be replayed, 1 line not replayable" in planned.stderr
    assert (planned.exit_code, deployment.stored()) == (0, ["errors/x/1"])

    done = run("replay-errors", "--json")
    report = json.loads(done.stdout)
    assert (report["rows"], report["stay"]) == (1, 1)
    assert "1 line cannot be replayed" in str(done.exception)
    (delivered,) = [key for key in deployment.stored() if key.startswith("rows/")]
    assert json.loads(deployment.s3.get_object(Bucket="lake", Key=delivered)["Body"].read()) == good
    assert "replayed/errors/x/1" in deployment.stored()


def test_a_stream_that_refuses_leaves_everything_and_says_so(run, deployment, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _: None)
    deployment.write_error({"row_id": "0" * 64, "status": "scored", "dt": "2026-11-03"})

    result = run("replay-errors")

    assert "the stream rows refused 1 row" in str(result.exception)
    assert deployment.stored() == ["errors/x/1"]


@pytest.mark.parametrize("command", ["ledger", "redrive", "replay-errors"])
def test_without_an_environment_the_commands_say_how_to_get_one(run, command, monkeypatch):
    for name in ("PIXLAKE_DLQ_URL", "PIXLAKE_LEDGER_TABLE", "PIXLAKE_LAKE_BUCKET"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        result = run(command)

    assert "eval $(pixlake env)" in str(result.exception)
