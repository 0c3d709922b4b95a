"""`connect` and `disconnect` against the local cloud's endpoint, with a queue's policy as in template.yaml."""

import json
from types import SimpleNamespace

import boto3
import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from pixlake.cli import app
from pixlake.cli.connect import NOT_DONE
from pixlake.cli.terminal import CommandError
from pixlake.connection.bucket import NOT_AS_WRITTEN, BucketNotifications
from pixlake.connection.configuration import normal
from pixlake.connection.entry import EVENTS
from pixlake.doctor.deployment import Deployment
from pixlake.doctor.examination import Mark
from pixlake.doctor.uploads import notifications, queue_policy, upload_buckets
from pixlake.localcloud.cloud import _reset_moto
from pixlake.localcloud.front import Front

ACCOUNT = "123456789012"
THUMBS = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:thumbs"
AUDIT = f"arn:aws:sns:us-east-1:{ACCOUNT}:audit"


def of_prefix(prefix):
    return {"Filter": {"Key": {"FilterRules": [{"Name": "Prefix", "Value": prefix}, {"Name": "Suffix", "Value": ""}]}}}


FOREIGN = {
    "LambdaFunctionConfigurations": [
        {"Id": "thumbs", "LambdaFunctionArn": THUMBS, "Events": ["s3:ObjectCreated:*"], **of_prefix("raw/")}
    ],
    "TopicConfigurations": [{"Id": "audit", "TopicArn": AUDIT, "Events": ["s3:ObjectTagging:*"]}],
}


THEIRS = {"Id": "new", "QueueArn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:theirs", "Events": ["s3:ObjectAcl:Put"]}
OURS = {"Id": "pixlake-lake", "QueueArn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:uploads", "Events": list(EVENTS)}
AFTER = {**FOREIGN, "QueueConfigurations": [OURS]}


class World:
    """A stack's queue, a bucket `archive` made by hand with entries of others, and what the command is told of them."""

    def __init__(self, monkeypatch, parameters):
        self.s3, self.sqs, self.sns = boto3.client("s3"), boto3.client("sqs"), boto3.client("sns")
        self.events, self.parameters = boto3.client("events"), parameters
        parameters |= {"ExistingBuckets": "other, archive", "Entry": "notification", "KeyPrefix": "photos/"}
        self.queue = self.sqs.create_queue(QueueName="uploads")["QueueUrl"]
        self.arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:uploads"
        self.let_in("s3.amazonaws.com", "arn:aws:s3:::other", "arn:aws:s3:::archive")
        self.s3.create_bucket(Bucket="archive")
        self.sns.create_topic(Name="audit")
        self.notify(FOREIGN)
        names = {"PIXLAKE_STACK": "lake", "PIXLAKE_QUEUE_URL": self.queue, "PIXLAKE_UPLOAD_BUCKETS": "lake-uploads"}
        for name, value in names.items():
            monkeypatch.setenv(name, value)

    def let_in(self, service, *sources):
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sqs:SendMessage",
            "Resource": self.arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": sources}, "StringEquals": {"aws:SourceAccount": ACCOUNT}},
        }
        self.sqs.set_queue_attributes(
            QueueUrl=self.queue, Attributes={"Policy": json.dumps({"Statement": [statement]})}
        )

    def notify(self, configuration, bucket="archive"):
        self.s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=configuration)

    def configured(self, bucket="archive"):
        answer = self.s3.get_bucket_notification_configuration(Bucket=bucket)
        answer.pop("ResponseMetadata")
        return answer

    def arrived(self):
        """Keys of the notifications in the queue."""
        keys = []
        while found := self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages"):
            for message in found:
                body = json.loads(message["Body"])
                body = json.loads(body["Message"]) if "Message" in body else body
                keys += [record["s3"]["object"]["key"] for record in body.get("Records", []) if "s3" in record]
                keys += [body["detail"]["object"]["key"]] if "detail" in body else []
                self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return sorted(keys)

    def upload(self, *keys):
        for key in keys:
            self.s3.put_object(Bucket="archive", Key=key, Body=b"x")


@pytest.fixture
def world(monkeypatch):
    _reset_moto()
    front, parameters = Front(0), {}
    front.ready(lambda: {"parameters": parameters})
    monkeypatch.setenv("AWS_ENDPOINT_URL", front.url)
    yield World(monkeypatch, parameters)
    front.close()
    _reset_moto()


@pytest.fixture
def run():
    return lambda *arguments: CliRunner().invoke(app, list(map(str, arguments)))


def failed(result, status=1):
    assert isinstance(result.exception, CommandError), result.output
    assert result.exception.status == status
    return str(result.exception)


def test_a_connected_bucket_tells_the_queue_and_a_disconnected_one_is_as_it_was(run, world):
    before = world.configured()

    shown = run("connect", "s3://archive/", "--yes")
    world.upload("photos/a b.jpg", "raw/b.jpg")

    assert shown.exit_code == 0, shown.output
    assert "+entry pixlake-lake" in shown.stdout
    assert "+  keys:     prefix 'photos/'" in shown.stdout
    assert "thumbs" not in "".join(line for line in shown.stdout.splitlines() if line[:1] in "+-")
    after = world.configured()
    assert {name: after[name] for name in FOREIGN} == FOREIGN
    (own,) = after["QueueConfigurations"]
    assert (own["Id"], own["QueueArn"], own["Events"]) == ("pixlake-lake", world.arn, list(EVENTS))
    assert world.arrived() == ["photos/a+b.jpg"]

    run("disconnect", "archive", "--yes")
    world.upload("photos/c.jpg")
    assert world.configured() == before
    assert world.arrived() == []


def test_repeating_is_safe_and_writes_nothing(run, world):
    first = json.loads(run("connect", "archive", "--yes", "--json").stdout)
    again = run("connect", "archive", "--json")
    gone = json.loads(run("disconnect", "archive", "--yes", "--json").stdout)
    nothing = run("disconnect", "archive")

    assert (first["changes"], first["written"]) == (True, True)
    assert (again.exit_code, json.loads(again.stdout)["changes"]) == (0, False)
    assert normal(gone["after"]) == normal(first["before"])
    assert (nothing.exit_code, nothing.stdout) == (0, "")
    assert "nothing to do: s3://archive has no entry of lake" in nothing.stderr


@pytest.mark.parametrize("arguments", [("--dry-run",), ("--dry-run", "--yes"), ("--dry-run", "--json"), ("--json",)])
def test_a_dry_run_shows_what_would_be_written_and_ends_with_a_status_of_its_own(run, world, arguments):
    before = world.configured()

    result = run("connect", "archive", *arguments)

    assert (result.exit_code, world.configured()) == (NOT_DONE, before)
    assert "pixlake-lake" in result.stdout


def test_without_a_terminal_nobody_is_asked(run, world):
    assert "add --yes" in failed(run("connect", "archive"), NOT_DONE)
    assert world.configured() == FOREIGN


def test_an_answer_of_no_writes_nothing(run, world, monkeypatch):
    monkeypatch.setattr("pixlake.cli.connect._asked", lambda bucket: False)

    assert run("connect", "archive").exit_code == NOT_DONE
    assert world.configured() == FOREIGN


def test_an_entry_in_the_way_is_named_with_what_to_do(run, world):
    told = failed(run("connect", "archive", "--prefix", "raw/2026/", "--yes"))

    assert f"entry 'thumbs' sends s3:ObjectCreated:* of prefix 'raw/' to {THUMBS}" in told
    assert all(word in told for word in ("--prefix", "Entry=eventbridge", "UploadTopicArn"))
    assert world.configured() == FOREIGN


def test_a_filter_that_changed_replaces_our_entry(run, world):
    run("connect", "archive", "--yes")
    world.parameters["KeyPrefix"], world.parameters["KeySuffix"] = "scans/", ".tif"

    shown = run("connect", "archive", "--yes")

    assert "-  keys:     prefix 'photos/'" in shown.stdout
    (own,) = world.configured()["QueueConfigurations"]
    assert [rule["Value"] for rule in own["Filter"]["Key"]["FilterRules"]] == ["scans/", ".tif"]


def refuse_policy(world):
    world.let_in("s3.amazonaws.com", "arn:aws:s3:::other")


def elsewhere(world):
    where = {"LocationConstraint": "eu-west-1"}
    boto3.client("s3", region_name="eu-west-1").create_bucket(Bucket="far", CreateBucketConfiguration=where)
    world.parameters["ExistingBuckets"] = "far"


REFUSED = [
    (lambda w: w.parameters.update(ExistingBuckets="other"), "archive", "ExistingBuckets=other,archive"),
    (lambda w: w.parameters.update(ExistingBuckets=""), "archive", "ExistingBuckets=archive"),
    (lambda w: w.parameters.update(ExistingBuckets=""), "lake-uploads", "the stack's own bucket"),
    (refuse_policy, "archive", "does not let s3.amazonaws.com send for arn:aws:s3:::archive"),
    (elsewhere, "far", "in eu-west-1, arn:aws:sqs:us-east-1"),
    (lambda w: w.parameters.update(ExistingBuckets="absent"), "absent", "no bucket absent"),
    (lambda w: w.parameters.update(Entry="eventbridge"), "archive", "no enabled rule of EventBridge"),
]


@pytest.mark.parametrize(("change", "bucket", "words"), REFUSED)
def test_what_s3_would_refuse_is_told_before_anything_is_written(run, world, change, bucket, words):
    change(world)

    assert words in failed(run("connect", bucket, "--yes"))
    assert world.configured() == FOREIGN


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("archive/photos",), "--prefix"),
        (("archive", "--suffix", "*.jpg"), "no wildcards"),
        (("archive", "--entry", "eventbridge", "--prefix", "x"), "the stack's rule filters"),
        (("archive", "--entry", "sns"), "no topic is known"),
        (("archive", "--topic", AUDIT), "--topic is for"),
    ],
)
def test_what_makes_no_sense_is_wrong_usage(run, world, arguments, words):
    assert words in failed(run("connect", *arguments, "--yes"), status=2)


def test_eventbridge_is_turned_on_beside_other_entries_and_off_only_when_told(run, world):
    world.parameters |= {"Entry": "eventbridge", "KeyPrefix": "raw/"}  # where an entry of ours would be refused

    def rule_for(bucket):
        pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": [bucket]}}}
        arn = world.events.put_rule(Name="uploads", EventPattern=json.dumps(pattern))["RuleArn"]
        world.events.put_targets(Rule="uploads", Targets=[{"Id": "1", "Arn": world.arn}])
        return arn

    rule_for("other")
    assert "no enabled rule of EventBridge" in failed(run("connect", "archive", "--yes"))
    rule = rule_for("archive")
    assert "does not let events.amazonaws.com send" in failed(run("connect", "archive", "--yes"))
    world.let_in("events.amazonaws.com", rule)

    shown = run("connect", "archive", "--yes")
    world.upload("raw/a.jpg")

    assert "+EventBridge: on" in shown.stdout
    assert world.configured() == {**FOREIGN, "EventBridgeConfiguration": {}}
    assert world.arrived() == ["raw/a.jpg"]

    kept = run("disconnect", "archive", "--yes")
    assert (kept.exit_code, "--turn-off-eventbridge" in kept.stderr) == (0, True)
    assert "EventBridgeConfiguration" in world.configured()
    run("disconnect", "archive", "--yes", "--turn-off-eventbridge")
    assert world.configured() == FOREIGN


def test_a_topic_brings_the_events_and_what_it_gets_already_is_left_to_others(run, world):
    topic = AUDIT
    world.parameters |= {"Entry": "sns", "KeyPrefix": "", "UploadTopicArn": topic}
    theirs = {"Id": "audit", "TopicArn": topic, "Events": ["s3:ObjectCreated:*", "s3:ObjectAcl:Put"]}
    world.notify({"TopicConfigurations": [theirs]})
    assert f"does not subscribe to {topic}" in failed(run("connect", "archive", "--yes"))
    world.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=world.arn)
    world.let_in("sns.amazonaws.com", topic)

    shown = run("connect", "archive", "--yes")
    world.upload("a.jpg")
    world.s3.delete_object(Bucket="archive", Key="a.jpg")

    assert "s3:ObjectCreated:* comes by the entry 'audit' already" in shown.stderr
    assert "whoever else subscribes" in shown.stderr
    assert f"the policy of {topic} does not let in s3.amazonaws.com" in shown.stderr
    own = next(each for each in world.configured()["TopicConfigurations"] if each["Id"] == "pixlake-lake")
    assert own["Events"] == ["s3:ObjectRemoved:*", "s3:LifecycleExpiration:*"]
    assert world.arrived() == ["a.jpg", "a.jpg"]
    run("disconnect", "archive", "--yes")
    assert world.configured() == {"TopicConfigurations": [theirs]}


def test_what_others_have_closed_to_us_is_no_hindrance_and_is_told(run, world, monkeypatch):
    def denied(*_, **__):
        raise ClientError({"Error": {"Code": "AuthorizationError", "Message": "no"}}, "ListSubscriptionsByTopic")

    own = Deployment.client
    closed = SimpleNamespace(get_paginator=denied, get_topic_attributes=denied)
    monkeypatch.setattr(Deployment, "client", lambda self, name: closed if name == "sns" else own(self, name))

    result = run("connect", "archive", "--yes")

    assert result.exit_code == 0, result.output
    assert "by another way too cannot be told: An error occurred (AuthorizationError)" in result.stderr


def test_a_second_way_to_the_queue_is_told(run, world):
    world.sns.subscribe(TopicArn=AUDIT, Protocol="sqs", Endpoint=world.arn)

    told = run("connect", "archive", "--dry-run").stderr

    assert f"handled once a way: S3 notification, SNS topic {AUDIT}" in told


class TestReplacing:
    """What happens when S3, or somebody else, does not do as expected between reading, writing and reading back."""

    @pytest.fixture
    def bucket(self, world):
        """The bucket's notifications by a client whose answers can be changed, and the pauses that it makes."""
        self.client, self.pauses = boto3.client("s3"), []
        return BucketNotifications(self.client, "archive", ACCOUNT, patience_s=5, sleep=self.pauses.append)

    def on(self, when, change):
        self.client.meta.events.register(f"{when}NotificationConfiguration", change)

    def test_what_somebody_changed_since_it_was_read_is_not_overwritten(self, world, bucket):
        world.notify({**FOREIGN, "QueueConfigurations": [THEIRS]})

        with pytest.raises(CommandError, match=r"somebody else changed .* nothing was written(.|\n)*\+entry new"):
            bucket.replace(FOREIGN, AFTER, skip_validation=False)
        assert world.configured() == {**FOREIGN, "QueueConfigurations": [THEIRS]}

    def test_what_somebody_writes_right_after_us_is_told_loudly_with_what_was_there_before(self, world, bucket):
        self.on("after-call.s3.PutBucket", lambda **_: world.notify({"QueueConfigurations": [THEIRS]}))

        with pytest.raises(CommandError, match=r"are not what was written(.|\n)*\+entry new") as raised:
            bucket.replace(FOREIGN, AFTER, skip_validation=False)
        assert raised.value.status == NOT_AS_WRITTEN
        assert "-entry thumbs" in str(raised.value)
        assert json.dumps(FOREIGN) in str(raised.value).splitlines()

    def test_a_stale_answer_after_the_write_is_waited_out(self, bucket, world):
        reads = []

        def stale(parsed, **_):
            reads.append(1)
            if len(reads) in (2, 3):
                parsed.pop("QueueConfigurations", None)

        self.on("after-call.s3.GetBucket", stale)
        bucket.replace(FOREIGN, AFTER, skip_validation=False)

        assert (len(reads), len(self.pauses)) == (4, 2)
        assert normal(world.configured()) == normal(AFTER)

    @pytest.mark.parametrize(
        ("error", "words"),
        [
            ({"Code": "AccessDenied", "Message": "no"}, "denies s3:PutBucketNotification on s3://archive"),
            ({"Code": "OperationAborted", "Message": "conflict"}, "at this moment; nothing was written"),
            (
                {
                    "Code": "InvalidArgument",
                    "Message": "Unable to validate the following destination configurations",
                    "ArgumentName1": f"{AUDIT}, null",
                    "ArgumentValue1": "The destination does not exist",
                },
                f"{AUDIT}, null; The destination does not exist. If it is pixlake's: deploy",
            ),
            ({"Code": "InvalidArgument", "Message": "Configuration is ambiguously defined"}, "ambiguously defined"),
        ],
    )
    def test_what_s3_refuses_is_told_in_words_of_what_to_do(self, bucket, error, words):
        def refuse(**_):
            raise ClientError({"Error": error}, "PutBucketNotificationConfiguration")

        self.on("before-call.s3.PutBucket", refuse)
        with pytest.raises(CommandError) as raised:
            bucket.replace(FOREIGN, AFTER, skip_validation=False)
        assert words in str(raised.value)

    def test_every_call_names_the_owner_and_the_trial_is_skipped_only_when_told(self, bucket):
        asked = []
        self.client.meta.events.register("before-call.s3", lambda params, **_: asked.append(params["headers"]))
        bucket.region()
        bucket.replace(FOREIGN, AFTER, skip_validation=True)
        bucket.replace(AFTER, FOREIGN, skip_validation=False)

        assert {each["x-amz-expected-bucket-owner"] for each in asked} == {ACCOUNT}
        skipped = [each.get("x-amz-skip-destination-validation") for each in asked]
        assert [each for each in skipped if each is not None] == ["true", "false"]


class TestDoctor:
    """The doctor's checks of buckets that exist already."""

    @pytest.fixture
    def deployment(self, world):
        world.parameters["ExistingBuckets"] = "archive,other"
        world.s3.create_bucket(Bucket="other")
        return Deployment()

    def test_a_bucket_that_was_not_connected_is_named_with_the_command(self, run, deployment):
        run("connect", "archive", "--yes")

        found = notifications(deployment)

        assert found.mark is Mark.FAIL
        assert "s3://other does not notify" in found.what
        assert found.advice.startswith("`pixlake connect other`;")

    def test_connected_buckets_are_well_with_the_filter_that_the_stack_is_made_for(self, run, world, deployment):
        for bucket in ("archive", "other"):
            run("connect", bucket, "--yes")

        found = notifications(deployment)

        assert found.mark is Mark.OK, found
        assert found.what.count("of prefix 'photos/' by S3 notification") == 2
        assert (upload_buckets(deployment).mark, queue_policy(deployment).mark) == (Mark.OK, Mark.OK)

        world.parameters["KeyPrefix"] = "scans/"
        changed = notifications(Deployment())
        assert changed.mark is Mark.WARN
        assert "s3://other notifies for prefix 'photos/', and the stack is made for prefix 'scans/'" in changed.what
        assert "`pixlake connect archive`" in changed.advice

    def test_a_queue_that_lets_one_of_them_in_fails(self, run, world, deployment):
        for bucket in ("archive", "other"):
            run("connect", bucket, "--yes")
        world.let_in("s3.amazonaws.com", "arn:aws:s3:::archive")

        found = queue_policy(deployment)

        assert (found.mark, "arn:aws:s3:::other" in found.what) == (Mark.FAIL, True)
