import inspect
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.tables import create_table


@pytest.fixture
def url(client):
    return client("sqs").create_queue(QueueName="q", Attributes={"VisibilityTimeout": "1"})["QueueUrl"]


def test_given_sends_and_deletes_at_once_when_done_then_no_message_is_lost_or_handed_out_twice(front):
    from moto.sqs.models import sqs_backends

    backend = sqs_backends["123456789012"]["us-east-1"]
    backend.create_queue("q", VisibilityTimeout=600)
    total, taken, lock = 1200, [], threading.Lock()
    sent = threading.Event()

    def send(start):
        for number in range(start, start + total // 3):
            backend.send_message("q", str(number))

    def take():
        while True:
            finished = sent.is_set()
            messages = backend.receive_message("q", 10, 0, 600)
            for message in messages:
                backend.delete_message("q", message.receipt_handle)
            with lock:
                taken.extend(message.body for message in messages)
            if finished and not messages:
                return

    with ThreadPoolExecutor(6) as pool:
        takers = [pool.submit(take) for _ in range(3)]
        for sender in [pool.submit(send, start) for start in range(0, total, total // 3)]:
            sender.result()
        sent.set()
        for taker in takers:
            taker.result()
    assert sorted(taken, key=int) == [str(number) for number in range(total)]


def test_given_a_queue_at_work_when_a_message_is_deleted_then_it_waits_its_turn(front):
    from moto.sqs.models import sqs_backends

    backend = sqs_backends["123456789012"]["us-east-1"]
    queue = backend.create_queue("q", VisibilityTimeout=600)
    backend.send_message("q", "x")
    (message,) = backend.receive_message("q", 1, 0, 600)
    with ThreadPoolExecutor(1) as pool:
        with queue._messages_lock:
            deleting = pool.submit(backend.delete_message, "q", message.receipt_handle)
            with pytest.raises(TimeoutError):
                deleting.result(timeout=0.2)
        deleting.result(timeout=10)
    assert queue._messages == []


def test_given_a_long_poll_when_a_message_is_sent_then_it_returns_at_once(client, url):
    sqs = client("sqs")
    with ThreadPoolExecutor(1) as pool:
        began = time.monotonic()
        polling = pool.submit(sqs.receive_message, QueueUrl=url, WaitTimeSeconds=10)
        sqs.send_message(QueueUrl=url, MessageBody="hello")
        assert polling.result()["Messages"][0]["Body"] == "hello"
    assert time.monotonic() - began < 5


def test_given_a_long_poll_when_a_visibility_timeout_ends_then_the_message_comes_back(client, url):
    sqs = client("sqs")
    sqs.send_message(QueueUrl=url, MessageBody="again")
    sqs.receive_message(QueueUrl=url)
    (message,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=10, MessageSystemAttributeNames=["All"])["Messages"]
    assert message["Attributes"]["ApproximateReceiveCount"] == "2"


def test_given_an_empty_queue_when_polled_shortly_then_the_answer_is_empty(client, url):
    assert "Messages" not in client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=0)


def test_given_many_writers_of_one_key_when_done_then_every_version_is_there(client):
    s3 = client("s3")
    s3.create_bucket(Bucket="photos")
    s3.put_bucket_versioning(Bucket="photos", VersioningConfiguration={"Status": "Enabled"})
    with ThreadPoolExecutor(8) as pool:
        etags = set(
            pool.map(lambda n: s3.put_object(Bucket="photos", Key="k", Body=str(n).encode())["ETag"], range(40))
        )
    assert {version["ETag"] for version in s3.list_object_versions(Bucket="photos")["Versions"]} == etags
    assert len(etags) == 40


def test_given_motos_seams_when_upgraded_then_the_locked_methods_are_those_we_know(front):
    from moto.s3.models import S3Backend
    from moto.sqs.models import Queue, SQSBackend

    assert {
        method.__qualname__: list(inspect.signature(method).parameters)
        for method in (Queue.delete_message, SQSBackend.receive_message, S3Backend.copy_object)
    }["SQSBackend.receive_message"] == [
        "self",
        "queue_name",
        "count",
        "wait_seconds_timeout",
        "visibility_timeout",
        "message_attribute_names",
    ]
    assert all(
        hasattr(getattr(S3Backend, name), "__wrapped__")
        for name in ("put_object", "copy_object", "complete_multipart_upload", "delete_object")
    )
    assert "with self._messages_lock" in inspect.getsource(Queue.add_message)


def test_given_writers_at_once_when_they_make_the_same_condition_then_it_holds_for_one(client):
    dynamodb = client("dynamodb")
    create_table(dynamodb, "t", "id")

    def claim(key):
        try:
            dynamodb.put_item(TableName="t", Item={"id": {"S": key}}, ConditionExpression="attribute_not_exists(id)")
        except dynamodb.exceptions.ConditionalCheckFailedException:
            return 0
        return 1

    with ThreadPoolExecutor(8) as pool:
        claims = [sum(pool.map(claim, [str(key)] * 8)) for key in range(25)]
    assert claims == [1] * 25
