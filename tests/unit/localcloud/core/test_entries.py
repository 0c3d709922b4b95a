"""template.yaml's ways from a bucket to the queue: what arrives there, as the scorer's own parser reads it."""

import pytest

from pixlake.localcloud.errors import CreationError
from pixlake.localcloud.firehose import FirehoseService
from pixlake.localcloud.resources import Site
from pixlake.localcloud.stack import Stack
from sink.events import parse_body
from tests.conftest import ROOT

REGION = "us-east-1"
TOPIC = f"arn:aws:sns:{REGION}:123456789012:uploads"
EVENTS = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]
KEYS = ["photos/a b+c.jpg", "photos/notes.txt", "other/d.jpg"]


@pytest.fixture
def deployed(front, client):
    """Create the stack with parameters."""
    firehose = FirehoseService(front.url, REGION)
    front.add(firehose)

    def deployed(**parameters):
        stack = Stack(ROOT / "template.yaml", parameters, "pixlake", REGION)
        stack.create(Site(client=client, region=REGION))
        return stack

    yield deployed
    firehose.close()


@pytest.fixture
def announcing(client):
    """Make a bucket that announces everything, as its owner sets it up for an entry."""

    def announcing(name, entry, queue_url):
        s3 = client("s3")
        s3.create_bucket(Bucket=name)
        attributes = client("sqs").get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"]
        configuration = {
            "notification": {"QueueConfigurations": [{"QueueArn": attributes["QueueArn"], "Events": EVENTS}]},
            "eventbridge": {"EventBridgeConfiguration": {}},
            "sns": {"TopicConfigurations": [{"TopicArn": TOPIC, "Events": EVENTS}]},
        }[entry]
        s3.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration=configuration)

    return announcing


def arrived(client, queue_url):
    """Kind, bucket and key of every event in the queue."""
    found, sqs = [], client("sqs")
    while messages := sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=0).get(
        "Messages"
    ):
        for message in messages:
            found += [(event.kind, event.bucket, event.key) for event in parse_body(message["Body"])]
            sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
    return sorted(found)


def put_and_remove(client, *buckets):
    for bucket in buckets:
        for key in KEYS:
            client("s3").put_object(Bucket=bucket, Key=key, Body=b"x")
        client("s3").delete_object(Bucket=bucket, Key=KEYS[0])


def expected(keys, *buckets):
    return sorted(
        [("created", bucket, key) for bucket in buckets for key in keys]
        + [("removed", bucket, KEYS[0]) for bucket in buckets if KEYS[0] in keys]
    )


BOTH = {"KeyPrefix": "photos/", "KeySuffix": ".jpg"}
PREFIX, SUFFIX = {"KeyPrefix": "photos/"}, {"KeySuffix": ".jpg"}


@pytest.mark.parametrize(
    ("entry", "filters", "keys"),
    [("notification", BOTH, KEYS[:1]), ("eventbridge", SUFFIX, [KEYS[0], KEYS[2]])],
)
def test_given_the_own_bucket_when_objects_come_and_go_then_the_wanted_keys_are_told(
    deployed, client, entry, filters, keys
):
    stack = deployed(Entry=entry, **filters)
    bucket = stack.outputs["UploadBucketName"]
    assert stack.outputs["UploadBuckets"] == bucket

    put_and_remove(client, bucket)

    assert arrived(client, stack.outputs["UploadQueueUrl"]) == expected(keys, bucket)


@pytest.mark.parametrize(
    ("entry", "filters", "keys"),
    [
        ("notification", {}, KEYS),
        ("eventbridge", BOTH, KEYS[:1]),
        ("sns", PREFIX, KEYS[:2]),
        ("sns", SUFFIX, [KEYS[0], KEYS[2]]),
    ],
)
def test_given_existing_buckets_when_objects_come_and_go_then_each_wanted_one_is_told_once(
    deployed, announcing, client, entry, filters, keys
):
    topic = {"UploadTopicArn": TOPIC} if entry == "sns" else {}
    stack = deployed(ExistingBuckets="one,two", Entry=entry, **topic, **filters)
    queue = stack.outputs["UploadQueueUrl"]
    # The third announces in the same place, and is none of the stack's; a queue knows only who is sent to it.
    buckets = ["one", "two"] + ([] if entry == "notification" else ["not-ours"])
    for name in buckets:
        announcing(name, entry, queue)

    put_and_remove(client, *buckets)

    assert arrived(client, queue) == expected(keys, "one", "two")
    assert stack.outputs["UploadBuckets"] == "one,two"
    assert "UploadBucketName" not in stack.outputs


SUBSCRIPTION = """
Resources:
  Queue: {Type: AWS::SQS::Queue}
  Subscription:
    Type: AWS::SNS::Subscription
    Properties: {TopicArn: "arn:aws:sns:eu-west-1:999999999999:uploads", Protocol: sqs, Endpoint: !GetAtt Queue.Arn}
"""


def test_given_a_topic_of_another_account_when_created_then_the_error_says_how_to_name_one(deploy):
    with pytest.raises(CreationError, match=f"name it {TOPIC}"):
        deploy(SUBSCRIPTION)
