"""Alarms and the dashboard: the metrics that they name exist, each alarm says what to do, thresholds are reckoned."""

import json
import re

import pytest

from tests.alarms.cloudwatch import reckon
from tests.alarms.handlers import CAT, VERSION, emitted, handler_of, make_surroundings, message, upload
from tests.conftest import ROOT
from tests.fakes_ledger import ErrorLines, KnownLake, ListedBucket, MemoryLedger, RecordingQueue
from tests.template.conftest import resolve

# Reviewed against the services' lists of metrics: what they publish, by which dimension, of which resource here.
OF_AWS = {
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    "AWS/SQS": (
        "QueueName",
        {
            "ApproximateAgeOfOldestMessage",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesVisible",
        },
        {"UploadQueue.QueueName", "UploadDeadLetterQueue.QueueName"},
    ),
    # https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    "AWS/Lambda": (
        "FunctionName",
        {"ConcurrentExecutions", "Duration", "Errors", "Invocations", "Throttles"},
        {"ScoreUploadsFunction", "ReconcileUploadsFunction"},
    ),
    # https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-metrics.html: dynamic partitioning and
    # format conversion change nothing of the names of delivery
    "AWS/Firehose": (
        "DeliveryStreamName",
        {
            "DeliveryToS3.Bytes",
            "DeliveryToS3.DataFreshness",
            "FailedConversion.Records",
            "IncomingBytes",
            "ThrottledRecords",
        },
        {"RowStream"},
    ),
}
OF_VERSION = {"Resource": "ScoreUploadsFunction:live", "ExecutedVersion": VERSION}
"""By what else Lambda's metrics of an alias are told apart, all of them together."""

EMAIL = "ops@example.org"


def of_type(resources, kind):
    return {name: each["Properties"] for name, each in resources.items() if each["Type"] == kind}


ALARMS = of_type(resolve(), "AWS::CloudWatch::Alarm")


def stats(alarm):
    """The metrics that an alarm reads: namespace, name, dimensions."""
    found = [each["MetricStat"]["Metric"] for each in alarm.get("Metrics", []) if "MetricStat" in each]
    for metric in found or [alarm]:
        dimensions = {each["Name"]: each["Value"] for each in metric["Dimensions"]}
        yield metric["Namespace"], metric["MetricName"], dimensions


def widgets(resources):
    (dashboard,) = of_type(resources, "AWS::CloudWatch::Dashboard").values()
    return json.loads(dashboard["DashboardBody"])["widgets"]


def drawn(resources):
    """The metrics that the dashboard draws, in the same form."""
    for widget in widgets(resources):
        for metric in widget["properties"].get("metrics", []):
            if isinstance(metric[0], str):
                namespace, name, *dimensions = [part for part in metric if isinstance(part, str)]
                yield namespace, name, dict(zip(dimensions[::2], dimensions[1::2], strict=True))


@pytest.fixture(scope="module")
def recorded():
    """What both handlers emit, with uploads of every outcome in the scorer's batch."""
    with handler_of("ScoreUploadsFunction") as module:
        make_surroundings()
        batch = [
            message(1, "cat.jpg", upload("cat.jpg", CAT.read_bytes())),
            message(2, "text.jpg", upload("text.jpg", b"no image")),
            message(3, "absent.jpg", "0" * 32),
            message(4, "overwritten.jpg", "0" * 32),
            message(5, "gone.jpg", "", "ObjectRemoved:Delete"),
        ]
        upload("overwritten.jpg", b"the second upload")
        found = emitted(module, {"Records": batch})
    with handler_of("ReconcileUploadsFunction") as module:
        from sink.reconcile_uploads import ReconcileUploads, Rules, WatchedBucket
        from tests.fakes_ledger import NOON, timedelta

        module.reconcile_uploads = ReconcileUploads(
            [WatchedBucket("b", ListedBucket, KnownLake(), MemoryLedger())],
            RecordingQueue(),
            ErrorLines(),
            Rules(timedelta(minutes=20), timedelta(minutes=40)),
            now=lambda: NOON,
        )
        found |= emitted(module, {})
    return {metric: dimensions for metric, (dimensions, _) in found.items()}


def unknown(metrics, recorded):
    """Those that nobody publishes, or not with these dimensions."""
    for namespace, name, dimensions in metrics:
        if namespace in OF_AWS:
            dimension, names, resources = OF_AWS[namespace]
            more = {key: value for key, value in dimensions.items() if key != dimension}
            good = name in names and dimensions[dimension] in resources and more in ({}, OF_VERSION)
        else:
            good = recorded.get((namespace, name)) == dimensions
        if not good:
            yield namespace, name, dimensions


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_watches_metrics_that_there_are(name, recorded):
    assert list(unknown(stats(ALARMS[name]), recorded)) == []


def test_the_dashboard_draws_metrics_that_there_are(resolved, recorded):
    shown = list(drawn(resolved))

    assert 30 < len(shown) <= 50, "above 50 metrics a dashboard is not among an account's free ones"
    assert list(unknown(shown, recorded)) == []


def test_every_outcome_of_an_upload_is_drawn(resolved, recorded):
    outcomes = {name for _, name in recorded if name.startswith("Uploads")}

    assert outcomes == {name for _, name, _ in drawn(resolved) if name.startswith("Uploads")}


def test_all_alarms_are_on_the_dashboard_whose_widgets_do_not_overlap(resolved):
    (shown,) = [each["properties"]["alarms"] for each in widgets(resolved) if each["type"] == "alarm"]
    places = [
        (x, y)
        for each in widgets(resolved)
        for x in range(each["x"], each["x"] + each["width"])
        for y in range(each["y"], each["y"] + each["height"])
    ]

    assert sorted(shown) == sorted(f"{name}.Arn" for name in ALARMS)
    assert len(places) == len(set(places))
    assert max(x for x, _ in places) < 24, "CloudWatch's grid"


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_can_be_evaluated(name):
    alarm = ALARMS[name]
    metrics = alarm.get("Metrics", [])
    returned = [each for each in metrics if each.get("ReturnData", True)]
    periods = {int(each["MetricStat"]["Period"]) for each in metrics if "MetricStat" in each} or {int(alarm["Period"])}

    assert len(returned) == (1 if metrics else 0), "the value that is held against the threshold"
    for each in returned:
        read = set(re.findall(r"\b[a-z]\w*", each["Expression"]))
        assert read == {metric["Id"] for metric in metrics} - {each["Id"]}
    assert len(periods) == 1
    assert max(periods) * int(alarm["EvaluationPeriods"]) <= 86_400, "CloudWatch's limit below a period of an hour"
    assert alarm["TreatMissingData"] in {"notBreaching", "breaching", "ignore"}, "said, not left to the default"


def test_what_a_missing_value_means_is_chosen_for_each_alarm():
    missing = {name: alarm["TreatMissingData"] for name, alarm in ALARMS.items()}

    # Between two runs of the ledger nothing new is known; a ledger that never runs is what one alarm is about.
    assert {name for name, choice in missing.items() if choice == "breaching"} == {"LedgerSilentAlarm"}
    assert {name for name, choice in missing.items() if choice == "ignore"} == {
        "ErrorOutputAlarm",
        "LedgerErrorsAlarm",
        "UnaccountedAlarm",
    }


@pytest.mark.parametrize(
    ("name", "values", "shown"),
    [
        ("RedeliveriesAlarm", {"again": 50, "received": 1000}, 5),
        ("RedeliveriesAlarm", {"again": 3, "received": 10}, 0),  # too few to speak of a share
        ("CacheFailuresAlarm", {"failures": 60, "received": 1000}, 6),
        ("ScorerNearTimeoutAlarm", {"duration": 108_000}, 90),  # of 120 s
        ("ReleaseAlarm", {"errors": None, "retried": 40.0}, 40),
        ("ReleaseAlarm", {"errors": 1, "retried": None}, 100),  # killed: such a batch says nothing of itself
        ("ReleaseAlarm", {"errors": 0, "retried": 0.0}, 0),
        ("DeliveryLateAlarm", {"freshness": 900}, 600),  # the buffer waits 300 s
        # 20 batches of 50 images, 70 ms each, in 1,769 MB: docs/costs.md reckons with it
        ("CostPerUploadAlarm", {"duration": 70_000, "received": 1000, "again": 0}, 0.1209),
        ("CostPerUploadAlarm", {"duration": 70_000, "received": 1000, "again": 500}, 0.2419),
        ("CostPerUploadAlarm", {"duration": 70_000, "received": 60, "again": 0}, 0),
    ],
)
def test_a_share_is_reckoned_right(name, values, shown):
    (expression,) = [each["Expression"] for each in ALARMS[name]["Metrics"] if "Expression" in each]
    assert reckon(expression, values) == pytest.approx(shown, rel=1e-3)


def sections():
    """Headings below `What each alarm means and what to do`, as GitHub makes anchors of them, with their text."""
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    part = re.search(r"^## What each alarm means and what to do\n(.*?)(?=^## )", text, re.M | re.S)[1]
    found = re.findall(r"^### ([^\n]+)\n(.*?)(?=^### |\Z)", part, re.M | re.S)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-"): body for title, body in found}


def test_each_alarm_points_to_its_section_and_each_section_is_of_an_alarm():
    pointers = {}
    for name, alarm in ALARMS.items():
        what, _, pointer = alarm["AlarmDescription"].rpartition(" See docs/operations.md#")
        assert what.endswith("."), name
        pointers[pointer] = name

    assert len(pointers) == len(ALARMS)
    assert pointers.keys() == sections().keys()


@pytest.mark.parametrize("anchor", sections())
def test_a_section_says_causes_and_what_to_run(anchor):
    body = sections()[anchor]

    assert "**Causes.**" in body
    assert "**Do.**" in body
    assert "`" in body.split("**Do.**")[1], "something to run, or a name to look for"


def test_commands_in_the_runbook_exist():
    from typer.main import get_command

    from pixlake.cli import app

    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    used = set(re.findall(r"\bpixlake ([a-z][a-z-]+)", "\n".join(re.findall(r"`([^`]+)`", text))))
    assert used
    assert used <= get_command(app).commands.keys()


def test_messages_that_the_runbook_looks_for_are_logged():
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))

    wanted = set(re.findall(r'filter message = "([^"]+)"', text))
    assert wanted
    assert {message for message in wanted if f'logger.warning("{message}"' not in code} == set()


class TestTopic:
    def test_is_not_there_and_no_alarm_acts_without_an_address(self, resolved):
        assert {each["Type"] for each in resolved.values() if each["Type"].startswith("AWS::SNS")} == set()
        assert {name for name, alarm in ALARMS.items() if alarm.get("AlarmActions")} == set()

    def test_mails_every_alarm_to_the_address(self):
        resources = resolve(AlarmEmail=EMAIL)
        alarms = of_type(resources, "AWS::CloudWatch::Alarm")
        (subscription,) = of_type(resources, "AWS::SNS::Subscription").values()

        assert alarms.keys() == ALARMS.keys()
        assert {tuple(alarm["AlarmActions"]) for alarm in alarms.values()} == {("AlarmTopic",)}
        assert subscription == {"TopicArn": "AlarmTopic", "Protocol": "email", "Endpoint": EMAIL}

    def test_takes_what_alarms_of_this_account_say_by_tls_only(self):
        (policy,) = of_type(resolve(AlarmEmail=EMAIL), "AWS::SNS::TopicPolicy").values()
        allow, deny = policy["PolicyDocument"]["Statement"]
        alarms = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:*"

        assert (allow["Effect"], allow["Principal"]) == ("Allow", {"Service": "cloudwatch.amazonaws.com"})
        assert allow["Condition"] == {
            "ArnLike": {"aws:SourceArn": alarms},
            "StringEquals": {"aws:SourceAccount": "123456789012"},
        }
        assert (deny["Effect"], deny["Principal"], deny["Action"]) == ("Deny", "*", "sns:Publish")
        assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}

    @pytest.mark.parametrize("text", ["nobody", "a b@c", "a@b@c"])
    def test_takes_an_address(self, text):
        with pytest.raises(Exception, match="AlarmEmail"):
            resolve(AlarmEmail=text)
