import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from pixlake.localcloud.event_source import EventSourceMapping, MappingSettings
from pixlake.localcloud.lambda_runtime import Outcome
from pixlake.localcloud.sqs_batch import failed_items
from pixlake.localcloud.waiting import wait_until

ARN = "arn:aws:sqs:us-east-1:123456789012:work"


class RecordingFunction:
    """Remembers its events; answers by `answer(records)`, which may raise to make the invocation fail."""

    def __init__(self, answer=lambda records: {"batchItemFailures": []}):
        self.events = []
        self.answer = answer

    def invoke(self, payload):
        event = json.loads(payload)
        self.events.append(event)
        try:
            return Outcome("id", json.dumps(self.answer(event["Records"])).encode())
        except ZeroDivisionError:
            return Outcome.error("id", "ZeroDivisionError", "division by zero")

    @property
    def bodies(self):
        return [[record["body"] for record in event["Records"]] for event in self.events]


@pytest.fixture
def queue(client):
    """Create a queue that gives a message up after two tries; return (send, count, dead)."""
    sqs = client("sqs")
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    redrive = {"deadLetterTargetArn": ARN.replace("work", "dead"), "maxReceiveCount": 2}
    url = sqs.create_queue(
        QueueName="work", Attributes={"VisibilityTimeout": "2", "RedrivePolicy": json.dumps(redrive)}
    )["QueueUrl"]

    class Queue:
        def hide_for(self, seconds):
            sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": str(seconds)})

        def send(self, *bodies):
            for body in bodies:
                sqs.send_message(QueueUrl=url, MessageBody=body)

        def counts(self, queue=url):
            names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
            attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
            return tuple(int(attributes[name]) for name in names)

        def empty(self):
            return self.counts() == (0, 0)

        def dead_bodies(self):
            return [
                message["Body"]
                for message in sqs.receive_message(QueueUrl=dead, MaxNumberOfMessages=10).get("Messages", [])
            ]

    Queue.url = url
    return Queue()


@pytest.fixture
def poll(client, monkeypatch):
    monkeypatch.setattr("pixlake.localcloud.event_source._LONG_POLL_SECONDS", 0.2)  # a stop waits for the poll to end
    started = []

    def start(function, workers=2, **settings):
        mapping = EventSourceMapping(
            MappingSettings("f", ARN, **settings), client("sqs"), function, "us-east-1", workers
        )
        mapping.start()
        started.append(mapping)
        return mapping

    yield start
    for mapping in started:
        mapping.stopping()
    for mapping in started:
        mapping.stop(5)


def test_given_messages_when_polled_then_the_event_is_lambdas_and_they_are_deleted(queue, poll, client):
    client("sqs").send_message(
        QueueUrl=queue.url,
        MessageBody="hello ü",
        MessageAttributes={
            "kind": {"DataType": "String", "StringValue": "a"},
            "raw": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
        },
    )
    function = RecordingFunction()
    poll(function)
    wait_until(queue.empty, 10)
    (record,) = function.events[0]["Records"]
    assert set(record) == {
        "messageId", "receiptHandle", "body", "attributes", "messageAttributes", "md5OfBody", "md5OfMessageAttributes",
        "eventSource", "eventSourceARN", "awsRegion",
    }  # fmt: skip
    assert (record["body"], record["eventSource"], record["eventSourceARN"]) == ("hello ü", "aws:sqs", ARN)
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert {"SentTimestamp", "SenderId", "ApproximateFirstReceiveTimestamp"} <= set(record["attributes"])
    assert record["messageAttributes"]["kind"] == {
        "stringValue": "a",
        "stringListValues": [],
        "binaryListValues": [],
        "dataType": "String",
    }
    assert record["messageAttributes"]["raw"]["binaryValue"] == "AP8="


def test_given_a_window_when_polled_then_a_batch_fills_beyond_ten(queue, poll):
    queue.hide_for(30)
    queue.send(*map(str, range(25)))
    function = RecordingFunction()
    poll(function, batch_size=20, window_seconds=1)
    wait_until(queue.empty, 10)
    assert sorted(map(len, function.bodies)) == [5, 20]
    assert sorted(int(body) for bodies in function.bodies for body in bodies) == list(range(25))


def test_given_bodies_that_exceed_six_megabytes_together_when_polled_then_the_batch_is_split(queue, poll):
    queue.hide_for(30)
    queue.send(*["x" * 1_000_000] * 7)
    function = RecordingFunction()
    poll(function, batch_size=10, window_seconds=1, workers=1)
    wait_until(queue.empty, 20)
    assert sum(map(len, function.bodies)) == 7
    assert all(len(json.dumps(event)) <= 6 * 1024 * 1024 for event in function.events)
    assert len(function.events) == 2


def test_given_reported_failures_when_handled_then_only_those_come_back_and_end_in_the_dead_letter_queue(queue, poll):
    function = RecordingFunction(
        lambda records: {
            "batchItemFailures": [{"itemIdentifier": r["messageId"]} for r in records if r["body"] == "bad"]
        }
    )
    queue.send("good", "bad", "fine")
    poll(function, report_batch_item_failures=True)
    dead = wait_until(queue.dead_bodies, 15)
    assert dead == ["bad"]
    seen = [body for bodies in function.bodies for body in bodies]
    assert {body: seen.count(body) for body in seen} == {"good": 1, "bad": 2, "fine": 1}
    assert queue.empty()


def test_given_no_report_when_the_function_fails_then_the_whole_batch_comes_back_after_the_visibility_timeout(
    queue, poll
):
    counts = []

    def fail_once(records):
        counts.extend(int(record["attributes"]["ApproximateReceiveCount"]) for record in records)
        if 2 not in counts:
            raise ZeroDivisionError

    queue.send("a", "b")
    poll(RecordingFunction(fail_once), batch_size=10, window_seconds=1, workers=1)
    wait_until(queue.empty, 15)
    assert sorted(counts) == [1, 1, 2, 2]


def test_given_no_report_types_when_failures_are_returned_then_they_do_not_count(queue, poll):
    queue.send("a")
    poll(RecordingFunction(lambda records: {"batchItemFailures": [{"itemIdentifier": records[0]["messageId"]}]}))
    wait_until(queue.empty, 10)
    assert queue.dead_bodies() == []


def test_given_a_concurrency_when_work_piles_up_then_no_more_batches_run_at_once(queue, poll):
    running, most, lock = [0], [0], threading.Lock()
    leave = threading.Event()

    def slow(records):
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        leave.wait(10)
        with lock:
            running[0] -= 1

    queue.send(*map(str, range(6)))
    poll(RecordingFunction(slow), workers=8, maximum_concurrency=2, batch_size=1)
    wait_until(lambda: running[0] == 2, 10)
    with pytest.raises(TimeoutError):
        wait_until(lambda: running[0] > 2, 0.5)
    assert queue.counts() == (4, 2)  # nothing is taken off the queue that nobody works on
    leave.set()
    wait_until(queue.empty, 10)
    assert most[0] == 2


def test_given_a_running_batch_when_stopped_then_it_finishes_and_the_rest_stays_visible(queue, poll):
    entered, leave = threading.Event(), threading.Event()

    def slow(records):
        entered.set()
        leave.wait(10)

    queue.send("first")
    mapping = poll(RecordingFunction(slow), workers=1, batch_size=1)
    assert entered.wait(10)
    queue.send("second")
    with ThreadPoolExecutor(1) as pool:
        mapping.stopping()
        stopped = pool.submit(mapping.stop, 10)
        leave.set()
        assert stopped.result() is True
    assert queue.counts() == (1, 0)


def test_given_a_batch_that_does_not_end_when_stopped_then_the_wait_is_bounded(queue, poll):
    entered, leave = threading.Event(), threading.Event()

    def stuck(records):
        entered.set()
        leave.wait(20)

    queue.send("x")
    mapping = poll(RecordingFunction(stuck), workers=1)
    assert entered.wait(10)
    assert mapping.stop(0.1) is False
    leave.set()


def test_given_a_window_still_open_when_stopped_then_its_messages_are_given_back(queue, poll, client):
    queue.hide_for(30)
    queue.send("waiting")
    mapping = poll(RecordingFunction(), batch_size=100, window_seconds=60)
    wait_until(lambda: queue.counts() == (0, 1), 10)
    assert mapping.stop(5) is True
    wait_until(lambda: queue.counts() == (1, 0), 5)


@pytest.mark.parametrize(
    ("response", "kept"),
    [
        (b"", ""),
        (b"null", ""),
        (b"{}", ""),
        (b'{"batchItemFailures": null}', ""),
        (b'{"batchItemFailures": []}', ""),
        (b'{"statusCode": 200}', ""),
        (b'{"batchItemFailures": [{"itemIdentifier": "a"}]}', "a"),
        (b'{"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": "b"}]}', "ab"),
        (b"not json", "abc"),
        (b'"text"', "abc"),
        (b'{"batchItemFailures": "a"}', "abc"),
        (b'{"batchItemFailures": ["a"]}', "abc"),
        (b'{"batchItemFailures": [{"itemIdentifier": ""}]}', "abc"),
        (b'{"batchItemFailures": [{"itemIdentifier": null}]}', "abc"),
        (b'{"batchItemFailures": [{"id": "a"}]}', "abc"),
        (b'{"batchItemFailures": [{"itemIdentifier": {"a": 1}}]}', "abc"),
        (b'{"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": "z"}]}', "abc"),
    ],
)
def test_given_a_response_when_read_then_exactly_lambdas_rules_say_what_failed(response, kept):
    assert failed_items(response, {"a", "b", "c"}) == set(kept)
