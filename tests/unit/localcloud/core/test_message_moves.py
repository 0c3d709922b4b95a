import json

import pytest
from botocore.exceptions import ClientError

from pixlake.localcloud.message_moves import MessageMoves
from pixlake.localcloud.waiting import wait_until

REGION = "us-east-1"


class Queues:
    """A queue with its dead-letter queue, and the client that speaks to both."""

    def __init__(self, sqs):
        self.sqs = sqs
        self.dead, self.dead_arn = self.create("dead")
        policy = json.dumps({"deadLetterTargetArn": self.dead_arn, "maxReceiveCount": 1})
        self.work, self.work_arn = self.create("work", RedrivePolicy=policy)

    def create(self, name, **attributes):
        url = self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        return url, self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    def put(self, *bodies):
        for body in bodies:
            self.sqs.send_message(QueueUrl=self.dead, MessageBody=body)

    def bodies(self, url):
        messages = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
        return sorted(message["Body"] for message in messages.get("Messages", []))

    def newest(self):
        (task,) = self.sqs.list_message_move_tasks(SourceArn=self.dead_arn)["Results"]
        return task

    def ended(self):
        return wait_until(lambda: task if (task := self.newest())["Status"] != "RUNNING" else None, 20, "the move")


@pytest.fixture
def queues(front, client):
    moves = MessageMoves(REGION)
    front.add(moves)
    yield Queues(client("sqs"))
    moves.close()


def test_given_dead_letters_when_moved_then_they_are_new_messages_of_their_queue(queues):
    queues.put("a", "b", "c")
    (before,) = queues.sqs.receive_message(QueueUrl=queues.dead, VisibilityTimeout=0)["Messages"]

    handle = queues.sqs.start_message_move_task(SourceArn=queues.dead_arn)["TaskHandle"]

    task = queues.ended()
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 3)
    assert handle
    assert "TaskHandle" not in task
    assert (queues.bodies(queues.dead), queues.bodies(queues.work)) == ([], ["a", "b", "c"])
    moved = queues.sqs.receive_message(QueueUrl=queues.work, MaxNumberOfMessages=10, VisibilityTimeout=0)
    assert before["MessageId"] not in {message["MessageId"] for message in moved.get("Messages", [])}


def test_given_a_destination_when_moved_then_they_go_there(queues):
    other, arn = queues.create("other")
    queues.put("a")

    queues.sqs.start_message_move_task(SourceArn=queues.dead_arn, DestinationArn=arn)

    assert queues.ended()["DestinationArn"] == arn
    assert queues.bodies(other) == ["a"]


def test_given_a_running_move_when_another_is_started_then_it_is_refused_and_a_cancelled_one_stops(queues):
    queues.put(*"abcdef")
    handle = queues.sqs.start_message_move_task(SourceArn=queues.dead_arn, MaxNumberOfMessagesPerSecond=1)["TaskHandle"]

    with pytest.raises(ClientError, match="already a task running"):
        queues.sqs.start_message_move_task(SourceArn=queues.dead_arn)
    assert queues.newest()["TaskHandle"] == handle
    queues.sqs.cancel_message_move_task(TaskHandle=handle)

    task = wait_until(lambda: t if (t := queues.newest())["Status"] == "CANCELLED" else None, 20, "the cancellation")
    moved = task["ApproximateNumberOfMessagesMoved"]
    assert moved < 6
    assert len(queues.bodies(queues.dead)) == 6 - moved
    with pytest.raises(ClientError, match="not running"):
        queues.sqs.cancel_message_move_task(TaskHandle=handle)


@pytest.mark.parametrize(
    ("arns", "said"),
    [
        ({"SourceArn": "arn:aws:sqs:us-east-1:123456789012:absent"}, "ResourceNotFoundException.*SourceArn"),
        ({"SourceArn": "work"}, "must be configured as a Dead Letter Queue"),
        (
            {"SourceArn": "dead", "DestinationArn": "arn:aws:sqs:us-east-1:123456789012:absent"},
            "ResourceNotFoundException.*DestinationArn",
        ),
        ({"SourceArn": "dead", "MaxNumberOfMessagesPerSecond": 501}, "1 to 500"),
    ],
)
def test_given_what_cannot_be_moved_when_started_then_it_is_refused(queues, arns, said):
    known = {"work": queues.work_arn, "dead": queues.dead_arn}

    with pytest.raises(ClientError, match=said):
        queues.sqs.start_message_move_task(**{name: known.get(value, value) for name, value in arns.items()})


def test_given_a_queue_with_messages_when_its_metric_is_asked_for_then_it_tells_the_oldest_ones_age(queues, client):
    from datetime import UTC, datetime, timedelta

    queues.put("a")
    metric = {"Namespace": "AWS/SQS", "MetricName": "ApproximateAgeOfOldestMessage"}
    now = datetime.now(UTC)

    def asked(queue):
        dimensions = [{"Name": "QueueName", "Value": queue}]
        stat = {"Metric": {**metric, "Dimensions": dimensions}, "Period": 60, "Stat": "Maximum"}
        (answer,) = client("cloudwatch").get_metric_data(
            MetricDataQueries=[{"Id": "a", "MetricStat": stat}],
            StartTime=now - timedelta(minutes=30),
            EndTime=now + timedelta(minutes=1),
        )["MetricDataResults"]
        return answer["Values"]

    (age,) = asked("dead")
    assert 0 <= age < 60
    assert asked("work") == []
