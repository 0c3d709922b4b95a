import json
import threading

import pytest

from pixlake.localcloud.lambda_runtime.settings import Outcome
from pixlake.localcloud.schedules import Schedule, ScheduleSettings, seconds_between

FUNCTION = """
Resources:
  Work:
    Type: AWS::Lambda::Function
    Properties: {Handler: a.b, Runtime: python3.13, Code: {S3Bucket: local-code, S3Key: "%2Ftmp"}}
  Rule:
    Type: AWS::Events::Rule
    Properties: {ScheduleExpression: rate(5 minutes), Targets: [{Id: x, Arn: !GetAtt Work.Arn}]}
  Timer:
    Type: AWS::Scheduler::Schedule
    Properties:
      ScheduleExpression: rate(1 day)
      FlexibleTimeWindow: {Mode: "OFF"}
      Target: {Arn: !GetAtt Work.Arn, RoleArn: r, Input: '{"a": 1}'}
"""


class Awaited:
    """A function that remembers its payloads; some of its invocations fail."""

    def __init__(self, wanted, fail=()):
        self.payloads, self.wanted, self.fail = [], wanted, fail
        self.enough = threading.Event()

    def invoke(self, payload):
        self.payloads.append(json.loads(payload))
        number = len(self.payloads)
        if number >= self.wanted:
            self.enough.set()
        if number in self.fail:
            raise RuntimeError("the function is gone")
        return Outcome("r", b"no", failed=True) if number % 2 else Outcome("r", b"{}")


@pytest.mark.parametrize(
    ("expression", "seconds"), [("rate(1 minute)", 60), ("rate(90 minutes)", 5400), ("rate(2 days)", 172_800)]
)
def test_rates_are_seconds(expression, seconds):
    assert seconds_between(expression) == seconds


@pytest.mark.parametrize(
    "expression", ["rate(1 minutes)", "rate(2 hour)", "rate(0 hours)", "cron(0 3 * * ? *)", "at(x)"]
)
def test_what_the_local_cloud_cannot_time_is_refused(expression):
    with pytest.raises(ValueError, match="not supported by the local cloud"):
        seconds_between(expression)


def test_a_function_is_invoked_in_time_again_and_again_whatever_becomes_of_it():
    function = Awaited(4, fail={2})
    schedule = Schedule(ScheduleSettings("arn:rule", "arn:function", 0), function, "eu-west-1")

    schedule.start()
    assert function.enough.wait(20)
    schedule.stop()

    event = function.payloads[0]
    assert (event["detail-type"], event["source"], event["region"]) == ("Scheduled Event", "aws.events", "eu-west-1")
    assert event["resources"] == ["arn:rule"]


def test_a_schedule_begins_at_once_with_its_own_payload_and_a_rule_after_its_time():
    soon, later = Awaited(1), Awaited(1)
    schedules = [
        Schedule(ScheduleSettings("s", "f", 3600, '{"a": 1}', at_once=True), soon, "us-east-1"),
        Schedule(ScheduleSettings("r", "f", 3600), later, "us-east-1"),
    ]
    for schedule in schedules:
        schedule.start()

    assert soon.enough.wait(20)
    for schedule in schedules:
        schedule.stop()
        schedule._thread.join(20)

    assert (soon.payloads, later.payloads) == ([{"a": 1}], [])


def test_given_a_rule_and_a_schedule_when_created_then_they_are_noted_with_their_function(deploy, site):
    stack = deploy(FUNCTION)

    arn = stack.created["Work"].attributes["Arn"]
    assert [(each.function_arn, each.seconds, each.payload, each.at_once) for each in site.schedules] == [
        (arn, 300, None, False),
        (arn, 86_400, '{"a": 1}', True),
    ]
