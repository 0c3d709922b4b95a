"""A bucket that was there before pixlake: connected, an upload becomes a row; disconnected, all is as it was."""

import pytest

from tests.conftest import ROOT
from tests.e2e.conftest import running, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("connect")]
BUCKET = "archive"
ROWS = f"SELECT DISTINCT object_key, status FROM image_scores WHERE bucket = '{BUCKET}'"
ARN = "arn:aws:{}:us-east-1:123456789012:{}"


@pytest.fixture(scope="module")
def cloud():
    """A cloud of its own: what its stack expects is a parameter."""
    # Not recorded: what the roles may do in existing buckets stands in tests/template/test_entries.py.
    template = ("--template", str(ROOT / "template.yaml"))
    with running(*template, "--parameter", f"ExistingBuckets={BUCKET}") as started:
        yield started


def configured(s3):
    answer = s3.get_bucket_notification_configuration(Bucket=BUCKET)
    answer.pop("ResponseMetadata")
    return answer


def test_a_bucket_with_entries_of_others_is_connected_and_disconnected(cloud):
    s3, sqs = cloud.client("s3"), cloud.client("sqs")
    theirs = sqs.create_queue(QueueName="theirs")["QueueUrl"]
    topic = cloud.client("sns").create_topic(Name="audit")["TopicArn"]
    s3.create_bucket(Bucket=BUCKET)

    def only(prefix):
        return {"Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": prefix}]}}}

    created, function = ["s3:ObjectCreated:*"], ARN.format("lambda", "function:thumbs")
    foreign = {
        "QueueConfigurations": [{"Id": "q", "QueueArn": ARN.format("sqs", "theirs"), "Events": created, **only("x/")}],
        "LambdaFunctionConfigurations": [{"Id": "l", "LambdaFunctionArn": function, "Events": created, **only("raw/")}],
        "TopicConfigurations": [{"Id": "t", "TopicArn": topic, "Events": ["s3:ObjectAcl:Put"]}],
    }
    s3.put_bucket_notification_configuration(Bucket=BUCKET, NotificationConfiguration=foreign)
    before = configured(s3)

    refused = cloud.pixlake("connect", BUCKET, "--yes", check=False)
    assert (refused.returncode, "entry 'l' sends s3:ObjectCreated:*" in refused.stderr) == (1, True)
    assert configured(s3) == before

    shown = cloud.pixlake("connect", BUCKET, "--prefix", "photos/", "--yes")
    for key in ("photos/a cat.jpg", "raw/cat.jpg", "x/cat.jpg"):
        s3.upload_file(str(ROOT / "samples" / "cat.jpg"), BUCKET, key)

    assert "+entry pixlake-pixlake" in shown.stdout
    rows = wait_for(lambda: cloud.ask(ROWS), "the row")
    assert rows == [{"object_key": "photos/a cat.jpg", "status": "scored"}]
    bodies = wait_for(
        lambda: [
            found["Body"]
            for found in sqs.receive_message(QueueUrl=theirs, WaitTimeSeconds=1).get("Messages", [])
            if "x/cat.jpg" in found["Body"]
        ],
        "the notification that somebody else gets",
    )
    assert len(bodies) == 1

    cloud.pixlake("disconnect", BUCKET, "--yes")
    assert configured(s3) == before
    wait_for(lambda: cloud.depth(cloud.variables["PIXLAKE_QUEUE_URL"]) == 0, "the end of what was on its way")
    s3.upload_file(str(ROOT / "samples" / "spaniels.jpg"), BUCKET, "photos/late.jpg")
    assert cloud.depth(cloud.variables["PIXLAKE_QUEUE_URL"]) == 0
