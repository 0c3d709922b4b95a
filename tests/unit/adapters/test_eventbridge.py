import json

import boto3
import pytest
from botocore.exceptions import ConnectTimeoutError
from botocore.stub import ANY, Stubber

from adapters.eventbridge import EventBridgeAlertBus
from sink.alerts import ImageFlagged

BUS = "arn:aws-cn:events:cn-north-1:123456789012:event-bus/alerts"
OK = {"EventId": "e"}
REFUSED = {"ErrorCode": "ThrottlingException", "ErrorMessage": "Slow down."}


def alerts(*names, **detail):
    return [ImageFlagged(name, "b", f"{name}.jpg", {"row_id": name, **detail}) for name in names]


def entries(*names):
    return [
        {
            "EventBusName": BUS,
            "Source": "pixlake",
            "DetailType": "ImageFlagged",
            "Detail": json.dumps({"row_id": name}, separators=(",", ":")),
            "Resources": [f"arn:aws-cn:s3:::b/{name}.jpg"],
        }
        for name in names
    ]


class Bus:
    """A stubbed EventBridge: answers in turn, and remembers the waits."""

    def __init__(self):
        self.client = boto3.client("events")
        self.stub = Stubber(self.client)
        self.stub.activate()
        self.waits = []
        self.bus = EventBridgeAlertBus(self.client, BUS, attempts=3, sleep=self.waits.append)

    def answers(self, *answers, entries=ANY):
        failed = sum("ErrorCode" in answer for answer in answers)
        response = {"FailedEntryCount": failed, "Entries": list(answers)}
        self.stub.add_response("put_events", response, {"Entries": entries})

    def fails(self):
        self.stub.add_client_error("put_events", "InternalException", "Try again.", 500)


@pytest.fixture
def bus():
    made = Bus()
    yield made
    made.stub.assert_no_pending_responses()


def test_alerts_are_published_with_the_objects_arn_in_the_buss_partition(bus):
    bus.answers(OK, OK, entries=entries("a", "b"))

    assert bus.bus.publish(alerts("a", "b")) == set()
    assert bus.waits == []


def test_no_alerts_are_no_call(bus):
    assert bus.bus.publish([]) == set()
    assert bus.waits == []


def test_only_the_refused_alerts_are_published_again(bus):
    bus.answers(OK, REFUSED, OK, entries=entries("a", "b", "c"))
    bus.answers(OK, entries=entries("b"))

    assert bus.bus.publish(alerts("a", "b", "c")) == set()
    assert len(bus.waits) == 1


def test_a_call_holds_ten_alerts_and_what_failed_of_several_calls_travels_together(bus):
    names = [str(n) for n in range(21)]
    bus.answers(*[OK] * 9, REFUSED, entries=entries(*names[:10]))
    bus.fails()
    bus.answers(OK, entries=entries(names[20]))
    bus.answers(*[OK] * 10, entries=entries(*names[9:19]))
    bus.answers(OK, entries=entries(names[19]))

    assert bus.bus.publish(alerts(*names)) == set()


def sized(name, size):
    """One alert of that many bytes, as EventBridge counts them."""
    [empty] = alerts(name, text="")
    rest = ("pixlake", "ImageFlagged", json.dumps(empty.detail, separators=(",", ":")), f"arn:aws-cn:s3:::b/{name}.jpg")
    return alerts(name, text="x" * (size - len("".join(rest))))


def test_a_call_stays_below_256_kb(bus):
    bus.answers(OK, OK)
    assert bus.bus.publish(sized("a", 100_000) + sized("b", 256 * 1024 - 1 - 100_000)) == set()

    bus.answers(OK)
    bus.answers(OK)
    assert bus.bus.publish(sized("a", 100_000) + sized("b", 256 * 1024 - 100_000)) == set()


def test_an_alert_over_the_limit_fails_alone(bus):
    bus.answers(OK)
    bus.fails()
    bus.answers(OK)
    bus.fails()
    bus.fails()

    assert bus.bus.publish(alerts("a") + sized("huge", 256 * 1024) + alerts("b")) == {"huge"}


def test_a_failing_call_is_made_again_with_growing_waits(bus):
    bus.fails()
    bus.fails()
    bus.answers(OK)

    assert bus.bus.publish(alerts("a")) == set()
    assert [0 <= wait <= 0.1 * 2**n for n, wait in enumerate(bus.waits, 1)] == [True, True]


def test_what_is_refused_to_the_end_is_told_and_logged_without_its_content(bus, caplog):
    bus.answers(OK, REFUSED)
    bus.answers(REFUSED)
    bus.fails()

    assert bus.bus.publish(alerts("a", "b")) == {"b"}
    refused, again, failed = caplog.records
    assert (refused.alerts, refused.codes) == (1, ["ThrottlingException"])
    assert "Try again." in failed.reason
    assert "b.jpg" not in str([record.__dict__ for record in (refused, again, failed)])


def test_a_bus_that_does_not_answer_is_asked_once_an_attempt(bus, monkeypatch):
    asked = []

    def hangs(**request):
        asked.append(len(request["Entries"]))
        raise ConnectTimeoutError(endpoint_url="https://events")

    monkeypatch.setattr(bus.client, "put_events", hangs)
    names = [str(n) for n in range(25)]

    assert bus.bus.publish(alerts(*names)) == set(names)
    assert asked == [10, 10, 10]
