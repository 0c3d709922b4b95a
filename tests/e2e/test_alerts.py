"""A flagged upload through real processes: subscribers hear of it before its row is there, and of no other."""

import json

import pytest

from tests.conftest import ROOT

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("cloud")]
PREFIX = "alerts/"
PATTERN = {"detail-type": ["ImageFlagged"], "detail": {"object_key": [{"prefix": PREFIX}]}}


@pytest.fixture
def heard(cloud):
    """The events that a subscriber's queue has received, by row_id: deliveries are at least once."""
    events, sqs = cloud.client("events"), cloud.client("sqs")
    queue = sqs.create_queue(QueueName="moderators")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    bus = {"EventBusName": cloud.outputs["AlertBusName"]}
    events.put_rule(Name="flagged", EventPattern=json.dumps(PATTERN), **bus)
    events.put_targets(Rule="flagged", Targets=[{"Id": "queue", "Arn": arn}], **bus)

    def receive():
        messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=0).get("Messages", [])
        received = [json.loads(message["Body"]) for message in messages]
        return {event["detail"]["row_id"]: event for event in received}

    yield receive
    events.remove_targets(Rule="flagged", Ids=["queue"], **bus)
    events.delete_rule(Name="flagged", **bus)
    sqs.delete_queue(QueueUrl=queue)


def test_an_image_with_prohibited_text_is_announced_and_no_other(cloud, heard):
    for name in ("cat.jpg", "dahlias-for-sale.jpg", "broken-upload.jpg"):
        cloud.pixlake("upload", ROOT / "samples" / name, "--prefix", PREFIX)
    # alerts go before rows: when the rows are there, so are the alerts
    columns = "row_id, object_key, status, text.coverage AS coverage"
    rows = {row["object_key"].removeprefix(PREFIX): row for row in cloud.rows(columns, PREFIX, 3)}

    flagged = rows["dahlias-for-sale.jpg"]
    [(row_id, event)] = heard().items()

    assert row_id == flagged["row_id"]
    assert rows["cat.jpg"]["coverage"] < 0.03 < flagged["coverage"]
    assert (event["source"], event["detail-type"]) == ("pixlake", "ImageFlagged")
    assert event["resources"] == [f"arn:aws:s3:::{cloud.bucket}/{PREFIX}dahlias-for-sale.jpg"]
    detail = event["detail"]
    assert detail["flags"] == ["has_text"]
    assert detail["scores"] == {"text": {"coverage": flagged["coverage"]}}
    assert detail["policy"] == {"version": 1, "thresholds": {"has_text": 0.03}}
