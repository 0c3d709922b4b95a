"""Each check against the resources of template.yaml as the local cloud creates them, well and with one answer changed.

An answer is changed on its way to the check, so the resources stay as they are for the other tests.
"""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from adapters.attempts import DynamoDbLedger
from pixlake.cli import environment
from pixlake.cli.terminal import CommandError
from pixlake.doctor.checks import CHECKS, ONE_IMAGE
from pixlake.doctor.deployment import Deployment
from pixlake.doctor.examination import Check, Mark, examine, fail, ok
from pixlake.doctor.one_image import PREFIX
from pixlake.localcloud.clients import client_factory
from pixlake.localcloud.cloud import _reset_moto
from pixlake.localcloud.event_source import EventSourceMapping
from pixlake.localcloud.firehose import FirehoseService
from pixlake.localcloud.front import Front
from pixlake.localcloud.lambda_api import LambdaApi
from pixlake.localcloud.lambda_runtime import LambdaService
from pixlake.localcloud.message_moves import MessageMoves
from pixlake.localcloud.resources import Site
from pixlake.localcloud.stack import Stack
from sink.ledger import DayLedger, DayState
from tests.conftest import ROOT

pytestmark = pytest.mark.xdist_group("doctor")  # one stack for all
REGION = "us-east-1"
BY_NAME = {check.name: check for check in (*CHECKS, ONE_IMAGE)}


@pytest.fixture(scope="module")
def variables(tmp_path_factory):
    """The stack's resources behind one endpoint, no function running: the environment that points there."""
    _reset_moto()
    front = Front(0)
    client = client_factory(front.url, REGION)
    firehose, moves = FirehoseService(front.url, REGION), MessageMoves(REGION)
    front.add(firehose)
    front.add(moves)
    stack = Stack(ROOT / "template.yaml", {}, "pixlake", REGION)
    site = Site(client=client, region=REGION)
    stack.create(site)
    functions = LambdaService(site.functions, front.url, REGION, tmp_path_factory.mktemp("logs"))
    mapping = EventSourceMapping(
        site.mappings[0], client("sqs"), functions.function(site.mappings[0].function_name), REGION, 1
    )
    front.serve_lambda(LambdaApi(functions, [mapping]))
    front.ready(lambda: {"parameters": stack.parameters()})
    yield environment.of_local_cloud(front.url, stack.outputs)
    functions.close()
    moves.close()
    firehose.close()
    front.close()
    _reset_moto()


@pytest.fixture
def deployment(variables, monkeypatch):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    deployment = Deployment(timeout_s=0)
    # Nothing polls the queue here.
    changed(
        deployment,
        "lambda",
        "ListEventSourceMappings",
        lambda a: first(a, "EventSourceMappings").update(State="Enabled"),
    )
    monkeypatch.setattr(Deployment, "ask", staticmethod(lambda sql: [{"uploads": 3}]))
    return deployment


def changed(deployment, service, operation, change):
    """Let `change` alter the service's answers to an operation."""
    client = deployment.client(service)
    name = client.meta.service_model.service_id.hyphenize()
    client.meta.events.register(f"after-call.{name}.{operation}", lambda parsed, **_: change(parsed))


def deployed_with(deployment, **parameters):
    """Let the stack have other parameters."""
    deployment.parameters = {**deployment.parameters, **parameters}
    deployment.__dict__.pop("uploads", None)  # read of them once


def look(deployment, name):
    (examined,) = examine([Check(name, BY_NAME[name].look, BY_NAME[name].if_refused)], deployment, lambda name: None)
    return examined.finding


def first(answer, name):
    return answer[name][0]


def destination(answer):
    return answer["DeliveryStreamDescription"]["Destinations"][0]["ExtendedS3DestinationDescription"]


def only_events(*events):
    def change(answer):
        answer["QueueConfigurations"] = [{**first(answer, "QueueConfigurations"), "Events": list(events)}]

    return change


def of_source(**attributes):
    """Change the upload queue's attributes, not the dead-letter queue's."""

    def change(answer):
        if "RedrivePolicy" in answer["Attributes"]:
            answer["Attributes"].update(attributes)

    return change


def of_dead(**attributes):
    def change(answer):
        if "RedrivePolicy" not in answer["Attributes"]:
            answer["Attributes"].update(attributes)

    return change


def statement(**changes):
    """Change the statement of the queue's policy that lets S3 in."""

    def change(answer):
        if "RedrivePolicy" in answer["Attributes"]:
            policy = json.loads(answer["Attributes"]["Policy"])
            policy["Statement"][0].update(changes)
            answer["Attributes"]["Policy"] = json.dumps(policy)

    return change


def table(change):
    def of_rows(answer):
        change(next(each for each in answer["TableList"] if each["Name"] == "image_scores"))

    return of_rows


def without(answer, name):
    answer["TableList"] = [each for each in answer["TableList"] if each["Name"] != name]


CREATED, REMOVED, EXPIRED = "s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:LifecycleExpiration:*"
FILTER = {"Key": {"FilterRules": [{"Name": "Prefix", "Value": "photos/"}]}}
NOTIFICATION = ("notifications", "s3", "GetBucketNotificationConfiguration")
POLICY = ("queue policy", "sqs", "GetQueueAttributes")
QUEUE = ("queue", "sqs", "GetQueueAttributes")
MAPPING = ("event source", "lambda", "ListEventSourceMappings")
FUNCTION = ("scorer", "lambda", "GetFunctionConfiguration")
STREAM = ("delivery stream", "firehose", "DescribeDeliveryStream")
TABLE = ("table and views", "glue", "GetTables")
FINDINGS = [
    (*NOTIFICATION, lambda a: a.pop("QueueConfigurations"), Mark.FAIL, "does not notify"),
    (
        *NOTIFICATION,
        only_events("s3:ObjectCreated:Put", REMOVED, EXPIRED),
        Mark.FAIL,
        "does not send s3:ObjectCreated:*",
    ),
    (*NOTIFICATION, only_events(CREATED, REMOVED), Mark.WARN, "s3:LifecycleExpiration:* is not sent"),
    (
        *NOTIFICATION,
        lambda a: first(a, "QueueConfigurations").update(Filter=FILTER),
        Mark.WARN,
        "prefix 'photos/', and the stack is made for every key",
    ),
    (
        *NOTIFICATION,
        lambda a: first(a, "QueueConfigurations").update(QueueArn="arn:other"),
        Mark.FAIL,
        "s3:ObjectCreated",
    ),
    (*POLICY, of_source(Policy=""), Mark.FAIL, "does not let s3.amazonaws.com send"),
    (*POLICY, statement(Effect="Deny"), Mark.FAIL, "denies"),
    (*POLICY, statement(Condition={"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::x"}}), Mark.FAIL, "does not let"),
    (*POLICY, statement(Condition={"StringEquals": {"aws:SourceAccount": "1"}}), Mark.FAIL, "does not let"),
    (*POLICY, statement(Condition={"DateLessThan": {"aws:CurrentTime": "2020-01-01"}}), Mark.FAIL, "does not let"),
    (*POLICY, statement(Action="sqs:ReceiveMessage"), Mark.FAIL, "does not let"),
    (*QUEUE, of_source(RedrivePolicy='{"deadLetterTargetArn": "arn:x"}'), Mark.FAIL, "go to arn:x"),
    ("dead letters", "sqs", "GetQueueAttributes", of_dead(ApproximateNumberOfMessages="2"), Mark.WARN, "2 messages"),
    (*MAPPING, lambda a: a.update(EventSourceMappings=[]), Mark.FAIL, "no event source mapping"),
    (*MAPPING, lambda a: first(a, "EventSourceMappings").update(State="Disabled"), Mark.FAIL, "is Disabled"),
    (*MAPPING, lambda a: first(a, "EventSourceMappings").update(FunctionResponseTypes=[]), Mark.FAIL, "partial batch"),
    (*MAPPING, lambda a: first(a, "EventSourceMappings").update(FunctionArn="arn:other"), Mark.FAIL, "arn:other takes"),
    (*FUNCTION, lambda a: a.update(State="Failed", StateReason="no role"), Mark.FAIL, "no role"),
    (*FUNCTION, lambda a: a.update(LastUpdateStatus="Failed"), Mark.FAIL, "its last update Failed"),
    (*FUNCTION, lambda a: a.update(LastUpdateStatus="InProgress"), Mark.WARN, "InProgress"),
    (*FUNCTION, lambda a: a["Environment"]["Variables"].update(PIXLAKE_STREAM="x"), Mark.FAIL, "stream x, not"),
    (
        "result cache",
        "dynamodb",
        "DescribeTable",
        lambda a: a["Table"].update(TableStatus="DELETING"),
        Mark.WARN,
        "DELETING",
    ),
    (
        *STREAM,
        lambda a: a["DeliveryStreamDescription"].update(DeliveryStreamStatus="CREATING"),
        Mark.FAIL,
        "is CREATING",
    ),
    (
        *STREAM,
        lambda a: destination(a)["DataFormatConversionConfiguration"].update(Enabled=False),
        Mark.FAIL,
        "Parquet",
    ),
    (
        *STREAM,
        lambda a: destination(a)["DynamicPartitioningConfiguration"].update(Enabled=False),
        Mark.FAIL,
        "upload day",
    ),
    (*STREAM, lambda a: destination(a).update(BucketARN="arn:aws:s3:::x"), Mark.FAIL, "writes to arn:aws:s3:::x"),
    ("error output", "s3", "ListObjectsV2", lambda a: a.update(KeyCount=4), Mark.WARN, "4 objects below"),
    (*TABLE, lambda a: without(a, "daily"), Mark.FAIL, "has no daily"),
    (*TABLE, table(lambda t: t["Parameters"].pop("projection.enabled")), Mark.FAIL, "no partition projection"),
    (*TABLE, table(lambda t: t["Parameters"].pop("storage.location.template")), Mark.FAIL, "no place"),
    (*TABLE, table(lambda t: t["StorageDescriptor"]["Columns"].pop()), Mark.FAIL, "differs"),
]


@pytest.mark.parametrize("name", [check.name for check in CHECKS if check.name != "ledger"])
def test_given_the_stack_as_deployed_when_looked_at_then_all_is_well(deployment, name):
    finding = look(deployment, name)
    assert (finding.mark, finding.advice) == (Mark.OK, ""), finding


@pytest.mark.parametrize(("name", "service", "operation", "change", "mark", "words"), FINDINGS)
def test_given_one_thing_wrong_when_looked_at_then_it_is_named_with_what_to_do(
    deployment, name, service, operation, change, mark, words
):
    changed(deployment, service, operation, change)
    finding = look(deployment, name)
    assert finding.mark is mark, finding
    assert words in finding.what
    assert finding.advice


@pytest.mark.parametrize(
    ("name", "variable", "value", "words"),
    [
        ("upload bucket", "PIXLAKE_UPLOAD_BUCKETS", "nobody-has-it", "404"),
        ("queue", "PIXLAKE_QUEUE_URL", "http://127.0.0.1/123456789012/none", "NonExistentQueue"),
        ("scorer", "PIXLAKE_SCORE_FUNCTION", "none", "Function not found"),
        ("delivery stream", "PIXLAKE_STREAM", "none", "none"),
        ("error output", "PIXLAKE_LAKE_BUCKET", "nobody-has-it", "NoSuchBucket"),
        ("table and views", "PIXLAKE_DATABASE", "none", "none"),
        ("ledger", "PIXLAKE_LEDGER_TABLE", "none", "ResourceNotFound"),
    ],
)
def test_given_a_name_that_is_not_there_when_looked_at_then_the_clouds_words_are_told(
    deployment, monkeypatch, name, variable, value, words
):
    monkeypatch.setenv(variable, value)
    finding = look(deployment, name)
    assert (finding.mark, finding.advice) == (Mark.FAIL, BY_NAME[name].if_refused)
    assert words in finding.what
    monkeypatch.delenv(variable)
    assert f"{variable} is not set" in look(deployment, name).what


def test_given_no_permission_when_looked_at_then_the_advice_names_it(deployment):
    def denied(answer):
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "DescribeDeliveryStream")

    changed(deployment, "firehose", "DescribeDeliveryStream", denied)
    finding = look(deployment, "delivery stream")
    assert finding.mark is Mark.FAIL
    assert "permission for DescribeDeliveryStream" in finding.advice


def test_given_messages_that_wait_too_long_when_looked_at_then_the_scorer_is_behind(deployment):
    now = datetime.now(UTC)
    changed(deployment, "sqs", "GetQueueAttributes", of_source(ApproximateNumberOfMessages="7"))
    changed(
        deployment,
        "cloudwatch",
        "GetMetricData",
        lambda a: a.update(MetricDataResults=[{"Id": "oldest", "Timestamps": [now], "Values": [1000.0]}]),
    )
    finding = look(deployment, "queue")
    assert (finding.mark, finding.facts["waiting"]) == (Mark.WARN, 7)
    assert "the oldest 1000 s old" in finding.what


def test_given_a_rule_of_eventbridge_instead_when_looked_at_then_it_is_a_way(deployment):
    events, arn = deployment.client("events"), deployment.queue_arn()

    def bridged(answer):
        answer.pop("QueueConfigurations")
        answer["EventBridgeConfiguration"] = {}

    changed(deployment, "s3", "GetBucketNotificationConfiguration", bridged)
    assert look(deployment, "notifications").mark is Mark.FAIL  # on, and nothing leads to the queue
    pattern = {"source": ["aws.s3"], "detail-type": ["Object Created", "Object Deleted"]}
    events.put_rule(Name="uploads", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="uploads", Targets=[{"Id": "1", "Arn": arn}])
    try:
        finding = look(deployment, "notifications")
        assert (finding.mark, finding.facts) == (Mark.OK, {"ways": ["EventBridge rule uploads"]})
        assert "does not let events.amazonaws.com send" in look(deployment, "queue policy").what
    finally:
        events.remove_targets(Rule="uploads", Ids=["1"])
        events.delete_rule(Name="uploads")


def test_given_a_rule_of_other_buckets_when_looked_at_then_it_is_no_way(deployment):
    events, arn = deployment.client("events"), deployment.queue_arn()
    changed(deployment, "s3", "GetBucketNotificationConfiguration", lambda a: a.update(EventBridgeConfiguration={}))
    pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": ["another"]}}}
    events.put_rule(Name="others", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="others", Targets=[{"Id": "1", "Arn": arn}])
    try:
        finding = look(deployment, "notifications")
        assert (finding.mark, finding.facts) == (Mark.OK, {"ways": ["S3 notification"]})
    finally:
        events.remove_targets(Rule="others", Ids=["1"])
        events.delete_rule(Name="others")


@pytest.mark.parametrize(("prefix", "mark"), [("photos/", Mark.OK), ("pictures/", Mark.WARN), ("", Mark.WARN)])
def test_given_a_filter_when_looked_at_then_it_is_well_if_it_is_the_stacks(deployment, prefix, mark):
    changed(deployment, *NOTIFICATION[1:], lambda a: [q.update(Filter=FILTER) for q in a["QueueConfigurations"]])
    deployed_with(deployment, KeyPrefix=prefix)
    assert look(deployment, "notifications").mark is mark


def test_given_several_buckets_when_looked_at_then_the_one_that_does_not_notify_is_named(deployment):
    (own,), other = deployment.upload_buckets, deployment.lake_bucket
    deployed_with(deployment, ExistingBuckets=f"{own},{other}")
    assert look(deployment, "upload bucket").facts == {"buckets": [own, other]}
    finding = look(deployment, "notifications")
    assert (finding.mark, finding.advice.startswith(f"`pixlake connect {other}`")) == (Mark.FAIL, True)
    assert f"s3://{other} does not notify" in finding.what
    assert f"s3://{own}" not in finding.what
    deployed_with(deployment, ExistingBuckets=f"{own},{own}")
    finding = look(deployment, "notifications")
    assert (finding.mark, finding.facts) == (Mark.OK, {"ways": ["S3 notification"] * 2})


def test_given_a_topic_instead_when_looked_at_then_it_is_a_way_once_the_queue_is_subscribed_and_lets_it_in(deployment):
    sns, arn = deployment.client("sns"), deployment.queue_arn()
    topic = sns.create_topic(Name="uploads")["TopicArn"]
    rules = [{"Name": "Prefix", "Value": "photos/"}]

    def announced(answer, **more):
        answer.pop("QueueConfigurations", None)
        every = {"TopicArn": topic, "Events": [CREATED, REMOVED, EXPIRED], **more}
        answer["TopicConfigurations"] = [every, {"TopicArn": topic, "Events": [CREATED]}]

    def let_in(answer):
        allow = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
        policy = {"Statement": [{**allow, "Condition": {"ArnLike": {"aws:SourceArn": topic}}}]}
        answer.get("Attributes", {})["Policy"] = json.dumps(policy)

    try:
        changed(deployment, "s3", "GetBucketNotificationConfiguration", announced)
        assert look(deployment, "notifications").mark is Mark.FAIL  # nobody listens for the queue
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        finding = look(deployment, "notifications")
        assert (finding.mark, finding.facts) == (Mark.OK, {"ways": [f"SNS topic {topic}"]})
        assert "does not let sns.amazonaws.com send" in look(deployment, "queue policy").what
        changed(deployment, "sqs", "GetQueueAttributes", let_in)
        finding = look(deployment, "queue policy")
        assert (finding.mark, "does not let in s3.amazonaws.com" in finding.what) == (Mark.WARN, True)
        s3_may = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sns:Publish"}
        policy = json.dumps({"Statement": [s3_may | {"Resource": topic}]})
        sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
        assert look(deployment, "queue policy").mark is Mark.OK
        filtered = {"Filter": {"Key": {"FilterRules": rules}}}
        changed(deployment, "s3", "GetBucketNotificationConfiguration", lambda answer: announced(answer, **filtered))
        assert "prefix 'photos/', and the stack is made for every key" in look(deployment, "notifications").what
    finally:
        sns.delete_topic(TopicArn=topic)


def test_given_no_result_cache_when_looked_at_then_that_is_well(deployment):
    changed(
        deployment,
        "lambda",
        "GetFunctionConfiguration",
        lambda a: a["Environment"]["Variables"].pop("PIXLAKE_RESULT_CACHE"),
    )
    assert look(deployment, "result cache").facts == {"enabled": False}


def test_given_a_failing_query_when_looked_at_then_its_reason_is_told(deployment, monkeypatch):
    def refuse(sql):
        raise CommandError("the query failed: scan limit")

    monkeypatch.setattr(Deployment, "ask", staticmethod(refuse))
    finding = look(deployment, "query")
    assert (finding.mark, finding.what, finding.advice) == (
        Mark.FAIL,
        "the query failed: scan limit",
        BY_NAME["query"].if_refused,
    )


def test_given_the_ledgers_runs_when_looked_at_then_age_and_losses_are_told(deployment, monkeypatch):
    now = datetime.now(UTC)
    assert deployment.reconcile_schedule == "rate(6 hours)", "the template's default, by the stack's output"
    (bucket,) = deployment.upload_buckets
    store = DynamoDbLedger(deployment.client("dynamodb"), deployment.ledger_table, bucket)

    def ran(at, version, **no_row):
        result = DayLedger(bucket, now.date(), at, at, at, no_row=Counter(no_row), lost=["a\x1b.jpg"] if no_row else [])
        assert store.save(DayState(now.date(), result=result, version=version))
        return look(deployment, "ledger")

    assert look(deployment, "ledger").mark is Mark.WARN
    assert ran(now - timedelta(hours=3), 0).mark is Mark.OK, "the next one is due in three hours"
    monkeypatch.setenv("PIXLAKE_RECONCILE_SCHEDULE", "rate(1 hour)")
    assert "3 hours ago, of rate(1 hour)" in ran(now - timedelta(hours=3), 1).what
    lost = ran(now, 2, unaccounted=2)
    assert (lost.mark, lost.facts["unaccounted"]) == (Mark.FAIL, 2)
    assert "\x1b" not in lost.what


class TestImage:
    @pytest.fixture
    def lake(self, deployment, monkeypatch):
        """Answer the image's query with a row of a Parquet file that is there."""

        def answer(**row):
            key = "image_scores/dt=2026-11-21/rows.parquet"
            deployment.client("s3").put_object(Bucket=deployment.lake_bucket, Key=key, Body=b"")
            place = f"s3://{deployment.lake_bucket}/{key}"
            known = {"error_code": None, "scored_at": datetime.now(UTC).replace(tzinfo=None), "path": place, **row}
            monkeypatch.setattr(Deployment, "ask", staticmethod(lambda sql: [known] if row else []))
            return look(deployment, "test image")

        yield answer
        assert "Contents" not in deployment.client("s3").list_objects_v2(
            Bucket=deployment.upload_buckets[0], Prefix=PREFIX
        )

    def test_given_its_row_when_asked_then_the_stages_add_up(self, lake):
        finding = lake(status="scored")
        assert finding.mark is Mark.OK
        assert finding.facts["stages"]["upload"] <= finding.facts["seconds"]

    def test_given_a_filter_of_keys_when_asked_then_the_images_key_passes_it(self, deployment, lake):
        deployed_with(deployment, KeyPrefix="photos/", KeySuffix=".jpg")
        key = lake(status="scored").facts["key"]
        assert key.startswith(f"photos/{PREFIX}")
        assert key.endswith(".jpg")

    def test_given_no_row_in_time_when_asked_then_it_says_where_messages_are(self, lake):
        finding = lake()
        assert finding.mark is Mark.FAIL
        assert "no row after 0 s" in finding.what
        assert "are in flight" in finding.what

    def test_given_a_row_without_scores_when_asked_then_it_says_why(self, lake):
        assert "a row truncated" in lake(status="rejected", error_code="truncated").what


def test_given_a_failed_check_when_examined_then_what_needs_it_is_not_looked_at_and_the_rest_is():
    looked = []

    def check(name, finding, *needs):
        return Check(name, lambda deployment: looked.append(name) or finding, "", needs)

    checks = [
        check("a", fail("broken", "mend it")),
        check("b", ok("never said"), "a"),
        check("c", ok("never said"), "b"),
        check("d", ok("well")),
    ]
    found = {each.name: each.finding for each in examine(checks, Deployment(), lambda name: None)}
    assert looked == ["a", "d"]
    assert [finding.mark for finding in found.values()] == [Mark.FAIL, Mark.SKIPPED, Mark.SKIPPED, Mark.OK]
    assert found["c"].what == "needs b"


def test_what_a_check_needs_comes_before_it():
    known: set[str] = set()
    for check in (*CHECKS, ONE_IMAGE):
        assert set(check.needs) <= known, check.name
        known.add(check.name)
