"""What every alert bus must do: asked of the fake that the unit tests use and of EventBridge as moto plays it."""

import json

import boto3
import pytest
from moto import mock_aws

from adapters.eventbridge import EventBridgeAlertBus
from sink.alerts import ImageFlagged
from tests.fakes import RecordingAlertBus


def alerts(count):
    return [
        ImageFlagged(str(n), "b", f"é {n}.jpg", {"row_id": str(n), "object_key": f"é {n}.jpg"}) for n in range(count)
    ]


class FakeWorld:
    def __init__(self):
        self.bus = RecordingAlertBus()

    def heard(self):
        return [dict(alert.detail) for alert in self.bus.alerts]


class EventBridgeWorld:
    """A bus with a rule that sends everything of ours to a queue."""

    def __init__(self):
        self.sqs, events = boto3.client("sqs"), boto3.client("events")
        arn = events.create_event_bus(Name="alerts")["EventBusArn"]
        self.queue = self.sqs.create_queue(QueueName="q")["QueueUrl"]
        target = {"Id": "q", "Arn": "arn:aws:sqs:us-east-1:123456789012:q"}
        events.put_rule(Name="r", EventBusName="alerts", EventPattern=json.dumps({"source": ["pixlake"]}))
        events.put_targets(Rule="r", EventBusName="alerts", Targets=[target])
        self.bus = EventBridgeAlertBus(events, arn, sleep=lambda _: None)

    def heard(self):
        details = []
        while messages := self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages"):
            details += [json.loads(message["Body"])["detail"] for message in messages]
        return details


@pytest.fixture(params=["fake", "moto"])
def world(request):
    if request.param == "fake":
        yield FakeWorld()
        return
    with mock_aws():
        yield EventBridgeWorld()


def test_every_alert_is_heard_once(world):
    given = alerts(23)

    assert world.bus.publish(given) == set()
    assert sorted(world.heard(), key=lambda detail: int(detail["row_id"])) == [alert.detail for alert in given]


def test_no_alerts_are_no_event(world):
    assert world.bus.publish([]) == set()
    assert world.heard() == []


def test_a_bus_that_is_not_there_refuses_its_alerts():
    with mock_aws():
        arn = "arn:aws:events:us-east-1:123456789012:event-bus/absent"
        bus = EventBridgeAlertBus(boto3.client("events"), arn, sleep=lambda _: None)

        assert bus.publish(alerts(1)) == {"0"}
