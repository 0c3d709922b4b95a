"""The main faults through real processes: a layer in front of the local cloud's endpoint makes them."""

import json
import sys
import urllib.request

import pytest

from tests.conftest import ROOT
from tests.e2e.conftest import running, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("faults")]
CAT = (ROOT / "samples" / "cat.jpg").read_bytes()
PUT = {"service": "firehose", "action": "PutRecordBatch"}


class FaultyCloud:
    """A running local cloud, and the rules of the layer in front of it."""

    def __init__(self, cloud):
        self.cloud, self.bucket = cloud, cloud.bucket
        self._s3 = cloud.client("s3")

    def faults(self, *rules):
        request = urllib.request.Request(f"{self.cloud.url}/_faults", json.dumps(rules).encode(), method="POST")
        urllib.request.urlopen(request).close()

    def done(self):
        with urllib.request.urlopen(f"{self.cloud.url}/_faults") as answer:
            return json.load(answer)

    def upload(self, *keys):
        for key in keys:
            self._s3.put_object(Bucket=self.bucket, Key=key, Body=CAT + key.encode())

    def statuses(self, prefix, view="uploads"):
        sql = f"SELECT object_key, status FROM {view} WHERE starts_with(object_key, '{prefix}') ORDER BY object_key"
        return [(row["object_key"], row["status"]) for row in self.cloud.sql(sql)]

    def settle(self):
        wait_for(lambda: self.cloud.depth(self.cloud.variables["PIXLAKE_QUEUE_URL"]) == 0, "an empty queue")


@pytest.fixture(scope="module")
def faulty():
    quick = ["VisibilityTimeoutSeconds=6", "MaxReceiveCount=2"]
    program = (sys.executable, "-m", "tests.faults.cloud")
    with running(*[each for pair in quick for each in ("--parameter", pair)], program=program) as cloud:
        started = FaultyCloud(cloud)
        started.upload("warm/cat.jpg")
        cloud.rows("status", "warm/", 1)
        yield started


@pytest.fixture(autouse=True)
def mended(faulty):
    yield
    faulty.faults()


def test_given_a_throttled_stream_when_it_recovers_then_each_row_is_there_once(faulty):
    faulty.faults(PUT | {"effect": "refuse", "times": 3})

    faulty.upload("throttled/a.jpg", "throttled/b.jpg")

    faulty.cloud.rows("status", "throttled/", 2)
    faulty.settle()
    assert faulty.statuses("throttled/", "image_scores") == [
        ("throttled/a.jpg", "scored"),
        ("throttled/b.jpg", "scored"),
    ]
    assert faulty.done()["refuse firehose PutRecordBatch"] == 3


def test_given_a_worker_killed_between_put_and_return_then_the_views_count_its_uploads_once(faulty):
    faulty.faults(PUT | {"effect": "kill", "times": 1})

    faulty.upload("killed/a.jpg")

    faulty.cloud.rows("status", "killed/", 2)  # the table beneath has the row twice
    faulty.settle()
    assert faulty.statuses("killed/") == [("killed/a.jpg", "scored")]
    assert faulty.statuses("killed/", "images") == [("killed/a.jpg", "scored")]
    cached = faulty.cloud.sql(
        "SELECT CAST(cached AS json) AS cached FROM image_scores WHERE starts_with(object_key, 'killed/') ORDER BY scored_at"
    )
    assert [row["cached"] for row in cached] == ["[]", '["category","quality","text","nsfw"]']  # and was scored once
    assert faulty.cloud.dead_letters() == 0


def test_given_expired_credentials_when_they_are_renewed_then_nothing_is_lost(faulty):
    code = {"effect": "error", "code": "ExpiredTokenException", "status": 400}
    faulty.faults(
        {
            "service": "s3",
            "action": "GET",
            "path": f"/{faulty.bucket}/expired/a",
            **code,
            "code": "ExpiredToken",
            "times": 1,
        },
        {"service": "dynamodb", "action": "BatchGetItem", **code, "times": 1},
        PUT | code | {"times": 5},
    )

    faulty.upload("expired/a.jpg", "expired/b.jpg")

    faulty.cloud.rows("status", "expired/", 2)
    faulty.settle()
    assert faulty.statuses("expired/") == [("expired/a.jpg", "scored"), ("expired/b.jpg", "scored")]
    assert faulty.done()["error s3 GET"] == 1
    assert faulty.cloud.dead_letters() == 0


def test_given_a_full_dead_letter_queue_when_it_is_replayed_then_every_upload_has_its_row(faulty):
    sqs, queue, dlq = (
        faulty.cloud.client("sqs"),
        faulty.cloud.variables["PIXLAKE_QUEUE_URL"],
        faulty.cloud.variables["PIXLAKE_DLQ_URL"],
    )
    denied = {"effect": "error", "code": "AccessDenied", "status": 403}
    faulty.faults({"service": "s3", "action": "GET", "path": f"/{faulty.bucket}/dead/", **denied})
    faulty.upload(*(f"dead/{number}.jpg" for number in range(4)))
    wait_for(lambda: faulty.cloud.dead_letters() == 4, "four dead letters")
    assert faulty.statuses("dead/") == []

    faulty.faults()
    while messages := sqs.receive_message(QueueUrl=dlq, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            sqs.send_message(QueueUrl=queue, MessageBody=message["Body"])
            sqs.delete_message(QueueUrl=dlq, ReceiptHandle=message["ReceiptHandle"])

    faulty.cloud.rows("status", "dead/", 4)
    faulty.settle()
    assert faulty.statuses("dead/") == [(f"dead/{number}.jpg", "scored") for number in range(4)]
    assert faulty.cloud.dead_letters() == 0
