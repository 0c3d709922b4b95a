"""Alarms that ring by the local queues and processes, or, where AWS alone has the metric, by values as documented.

Each alarm rings in one of the files beside this one; docs/operations.md has the table.
"""

import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from pixlake.localcloud import queue_metrics
from pixlake.localcloud.lambda_runtime import FunctionSettings, LambdaService
from tests.alarms.cloudwatch import DAY, HOUR, Metrics
from tests.alarms.states import ALARMS, put_values, state_of
from tests.conftest import ROOT


def test_each_alarm_is_made_to_ring_here():
    text = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))

    assert set(re.findall(r'"(\w+Alarm)"', text)) == ALARMS.keys()


def test_the_runbook_says_how_each_alarm_was_tried():
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    part = text.split("## How the alarms were tried")[1].split("\n## ")[0]

    assert [name for name in ALARMS if not re.search(rf"\b{name.removesuffix('Alarm')}\b", part)] == []


class TestByTheLocalQueues:
    @pytest.fixture
    def sqs(self, monkeypatch):
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        queue_metrics.install()
        with mock_aws():
            yield boto3.client("sqs")

    @staticmethod
    def published(name, queue):
        """The alarm's metric, as the local CloudWatch tells it of a queue."""
        now = datetime.now(UTC)
        (value,) = boto3.client("cloudwatch").get_metric_data(
            MetricDataQueries=[
                {
                    "Id": "a",
                    "MetricStat": {
                        "Metric": {
                            "Namespace": ALARMS[name]["Namespace"],
                            "MetricName": ALARMS[name]["MetricName"],
                            "Dimensions": [{"Name": "QueueName", "Value": queue}],
                        },
                        "Period": 60,
                        "Stat": ALARMS[name]["Statistic"],
                    },
                }
            ],
            StartTime=now - timedelta(minutes=5),
            EndTime=now + timedelta(minutes=1),
        )["MetricDataResults"][0]["Values"]
        return value

    def test_a_message_that_failed_too_often_rings(self, sqs):
        dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        redrive = f'{{"deadLetterTargetArn": "{arn}", "maxReceiveCount": "2"}}'
        queue = sqs.create_queue(QueueName="work", Attributes={"RedrivePolicy": redrive, "VisibilityTimeout": "0"})
        sqs.send_message(QueueUrl=queue["QueueUrl"], MessageBody="{}")
        assert state_of("DeadLettersAlarm", self.published("DeadLettersAlarm", "dead")) == "OK"

        for _ in range(3):  # two deliveries, and the look that finds them spent
            sqs.receive_message(QueueUrl=queue["QueueUrl"])

        assert state_of("DeadLettersAlarm", self.published("DeadLettersAlarm", "dead")) == "ALARM"

    def test_messages_that_nobody_takes_ring(self, sqs):
        from moto.sqs.models import sqs_backends

        queue = sqs.create_queue(QueueName="work")["QueueUrl"]
        sqs.send_message(QueueUrl=queue, MessageBody="{}")
        (waiting,) = sqs_backends["123456789012"]["us-east-1"].queues["work"]._messages

        def state(age):
            waiting.sent_timestamp = int((time.time() - age) * 1000)
            return state_of("UploadsWaitAlarm", *[self.published("UploadsWaitAlarm", "work")] * 3)

        assert state(910) == "ALARM"
        assert state(890) == "OK"


def test_a_process_that_dies_rings_for_its_function(tmp_path):
    """The local Lambda tells how an invocation ended; a failed one is Lambda's Errors."""
    (tmp_path / "app.py").write_text("import os\ndef handler(event, context):\n    event['die'] and os._exit(1)\n")
    arn = "arn:aws:lambda:us-east-1:123456789012:function:app"
    settings = FunctionSettings("app", arn, "app.handler", tmp_path, "python3.13")
    service = LambdaService([settings], "http://127.0.0.1:9", "us-east-1", tmp_path / "logs")
    try:
        well, badly = (int(service.invoke("app", payload).failed) for payload in (b'{"die": 0}', b'{"die": 1}'))
    finally:
        service.close()

    for name in ("ScorerErrorsAlarm", "LedgerErrorsAlarm"):
        assert state_of(name, badly) == "ALARM"
        assert state_of(name, well) == "OK"


@pytest.mark.parametrize(
    ("name", "rings", "rests"),
    [
        ("ScorerErrorsAlarm", [1], [0]),
        ("ScorerThrottlesAlarm", [1, 1, 1], [1, 1, 0]),
        # The longest batch of five minutes in ms, of a time-out of 120 s: twice out of three
        ("ScorerNearTimeoutAlarm", [{"duration": 108_001}] * 2, [{"duration": 108_001}, {"duration": 108_000}]),
        ("DeliveryLateAlarm", [{"freshness": 901}] * 3, [{"freshness": 900}] * 3),
        ("DeliveryLateAlarm", [{"freshness": 901}] * 3, [{"freshness": 901}] * 2),
        ("ConversionFailuresAlarm", [1], [0]),
        ("DeadLettersAlarm", [1], [0]),
        ("UploadsWaitAlarm", [901] * 3, [901, 901, 900]),
        ("OutOfTimeAlarm", [1], [0]),
        ("RedeliveriesAlarm", [{"again": 51, "received": 1000}] * 2, [{"again": 50, "received": 1000}] * 2),
        ("RedeliveriesAlarm", [{"again": 19, "received": 20}] * 2, [{"again": 19, "received": 19}] * 2),
        ("CacheFailuresAlarm", [{"failures": 51, "received": 1000}] * 2, [{"failures": 50, "received": 1000}] * 2),
        (
            "CostPerUploadAlarm",
            [{"duration": 28_944, "received": 110, "again": 10}] * 2,
            [{"duration": 28_942, "received": 110, "again": 10}] * 2,
        ),
        ("ErrorOutputAlarm", [1], [0]),
        ("UnaccountedAlarm", [1], [0]),
        ("LedgerErrorsAlarm", [1], [0]),
        ("LedgerBehindAlarm", [1], [0]),
        ("ReleaseAlarm", [{"errors": 1, "retried": None}], [{"errors": 0, "retried": None}]),
        ("ReleaseAlarm", [{"errors": None, "retried": 10.1}], [{"errors": None, "retried": 10.0}]),
    ],
)
def test_an_alarm_rings_beyond_its_threshold_and_not_at_it(name, rings, rests):
    assert (state_of(name, *rings), state_of(name, *rests)) == ("ALARM", "OK")


def test_a_ledger_that_did_not_run_for_a_day_rings():
    """Lambda publishes nothing of a function that is not invoked: a new stack rings too, until its first run."""
    alarm, metrics = ALARMS["LedgerSilentAlarm"], Metrics()
    assert metrics.state(alarm) == "ALARM"

    put_values(metrics, alarm, {"value": 1})
    assert metrics.state(alarm) == "OK"
    metrics.clock += DAY - HOUR
    assert metrics.state(alarm) == "OK", "one run a day is enough"
    metrics.clock += HOUR
    assert metrics.state(alarm) == "ALARM"


@pytest.mark.parametrize("name", [name for name in ALARMS if name != "LedgerSilentAlarm"])
def test_silence_rings_for_nothing_else(name):
    before = "OK" if ALARMS[name]["TreatMissingData"] == "ignore" else "INSUFFICIENT_DATA"

    assert Metrics().state(ALARMS[name], before=before) == "OK"
