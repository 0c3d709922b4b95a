import json
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from moto import mock_aws

from adapters.queues import SqsUploadQueue
from sink.events import parse_body
from tests.fakes_ledger import NOON, stored


class Answers:
    """A client of which some calls are answered here, the others by moto; remembers what was asked."""

    def __init__(self, client, **answers):
        self._client, self._answers, self.asked = client, answers, []

    def __getattr__(self, name):
        if name not in self._answers:
            return getattr(self._client, name)

        def answer(**request):
            self.asked.append(request)
            given = self._answers[name]
            return given(request) if callable(given) else given

        return answer


@pytest.fixture
def queue():
    with mock_aws():
        sqs = boto3.client("sqs")
        urls = [sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("uploads", "dead")]
        client = Answers(sqs, list_message_move_tasks={"Results": []})
        yield SqsUploadQueue(client, None, *urls, now=lambda: NOON, sleep=lambda _: None)


def metric(*points):
    times, values = zip(*points, strict=True) if points else ((), ())
    answer = {"MetricDataResults": [{"Id": "oldest", "Timestamps": list(times), "Values": list(values)}]}
    return Answers(None, get_metric_data=answer)


def with_(queue, **changes):
    return SqsUploadQueue(**{**queue.__dict__, **changes})


def test_an_empty_queue_has_no_old_message_and_no_metric_is_asked_for(queue):
    state = queue.state()

    assert (state.depth, state.oldest_s, state.dead_letters, state.redriven) == (0, 0.0, 0, None)
    assert abs(state.created - datetime.now(UTC)) < timedelta(minutes=5)


def test_the_oldest_message_has_grown_older_since_its_metric(queue):
    queue.client.send_message(QueueUrl=queue.url, MessageBody="x")
    ago = [NOON - timedelta(minutes=minutes) for minutes in (2, 3, 4, 5)]
    asked = metric((ago[0], 10.0), (ago[1], 400.0), (ago[2], 5.0), (ago[3], 9_000.0))

    state = with_(queue, cloudwatch=asked).state()

    assert state.oldest_s == 400 + 120  # of the last three points, each of which speaks of a whole minute
    (query,) = asked.asked[0]["MetricDataQueries"]
    assert query["MetricStat"]["Metric"]["Dimensions"] == [{"Name": "QueueName", "Value": "uploads"}]


def test_an_age_that_no_metric_tells_is_not_known(queue):
    queue.client.send_message(QueueUrl=queue.url, MessageBody="x")

    assert with_(queue, cloudwatch=metric()).state().oldest_s is None


def test_the_last_redrive_is_told(queue):
    started = {"Results": [{"Status": "COMPLETED", "StartedTimestamp": int(NOON.timestamp() * 1000)}]}

    assert with_(queue, client=Answers(queue.client, list_message_move_tasks=started)).state().redriven == NOON


def test_objects_are_sent_as_messages_that_the_scorer_reads(queue):
    lost = [stored(f"naïve {n} + 100%.jpg", version_id="v" if n % 2 else None) for n in range(23)]

    assert queue.send(lost) == set()

    bodies = []
    while messages := queue.client.receive_message(QueueUrl=queue.url, MaxNumberOfMessages=10).get("Messages"):
        bodies += [message["Body"] for message in messages]
    read = sorted((parse_body(body)[0] for body in bodies), key=lambda event: event.key)
    assert read == sorted((each.event() for each in lost), key=lambda event: event.key)
    assert {event.source for event in read} == {"reconcile"}


def test_what_a_batch_refuses_is_sent_again_and_at_last_told(queue):
    def send(request):
        ids = [entry["Id"] for entry in request["Entries"]]
        bad = [i for i, e in zip(ids, request["Entries"], strict=True) if "stubborn" in e["MessageBody"]]
        shy = [] if len(client.asked) > 1 else [i for i in ids if i not in bad][:1]
        return {
            "Successful": [{"Id": i} for i in ids if i not in bad + shy],
            "Failed": [{"Id": i, "Code": "InternalError"} for i in bad + shy],
        }

    client = Answers(queue.client, send_message_batch=send)
    stubborn = stored("stubborn")

    refused = with_(queue, client=client).send([stubborn, stored("shy"), stored("good")])

    assert refused == {stubborn.row_id}
    sizes = [len(request["Entries"]) for request in client.asked]
    assert sizes == [3, 2, 1]


def test_dead_letters_are_known_by_version_or_by_key_and_etag_and_stay_where_they_are(queue):
    version, plain, other = stored("v", version_id="1"), stored("p"), stored("p", etag="other")
    for body in (*(json.dumps(_notification(each)) for each in (version, plain)), "nonsense"):
        queue.client.send_message(QueueUrl=queue.dead_letter_url, MessageBody=body)

    dead = queue.dead_letters()

    assert [each in dead for each in (version, plain, other)] == [True, True, False]
    assert (dead.complete, dead.count) == (True, 3)
    assert len(queue.dead_letters().ids) == len(dead.ids), "they were given back"
    assert queue.state().dead_letters == 3


def test_more_dead_letters_than_may_be_read_are_no_complete_answer(queue):
    for number in range(3):
        queue.client.send_message(QueueUrl=queue.dead_letter_url, MessageBody=str(number))

    assert not with_(queue, most=3).dead_letters().complete
    assert with_(queue, most=4).dead_letters().complete


def _notification(each):
    held = {"key": each.key, "eTag": each.etag, "versionId": each.version_id, "sequencer": "01"}
    event = {"eventName": "ObjectCreated:Put", "eventTime": "2026-11-03T09:15:27.104Z"}
    return {"Records": [event | {"s3": {"bucket": {"name": each.bucket}, "object": held}}]}
