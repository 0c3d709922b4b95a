import json
import urllib.parse

import pytest

from pixlake.localcloud.s3_events import Sequencer

STACK = """
Parameters: {Versioning: {Type: String, Default: Suspended}}
Resources:
  Queue: {Type: AWS::SQS::Queue}
  Wrapped: {Type: AWS::SQS::Queue}
  Bridged: {Type: AWS::SQS::Queue}
  Topic: {Type: AWS::SNS::Topic, Properties: {Subscription: [{Protocol: sqs, Endpoint: !GetAtt Wrapped.Arn}]}}
  Rule:
    Type: AWS::Events::Rule
    Properties:
      EventPattern:
        source: [aws.s3]
        detail-type: [Object Created, Object Deleted]
        detail: {bucket: {name: [photos]}}
      Targets: [{Id: queue, Arn: !GetAtt Bridged.Arn}]
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: photos
      VersioningConfiguration: {Status: !Ref Versioning}
      NotificationConfiguration:
        EventBridgeConfiguration: {EventBridgeEnabled: true}
        QueueConfigurations:
          - {Event: "s3:ObjectCreated:*", Queue: !GetAtt Queue.Arn}
          - {Event: "s3:ObjectRemoved:*", Queue: !GetAtt Queue.Arn}
        TopicConfigurations: [{Event: "s3:ObjectCreated:*", Topic: !Ref Topic}]
  Other:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: filtered
      NotificationConfiguration:
        QueueConfigurations:
          - Event: s3:ObjectCreated:*
            Queue: !GetAtt Queue.Arn
            Filter: {S3Key: {Rules: [{Name: Prefix, Value: in put/}, {Name: suffix, Value: .jpg}]}}
"""


@pytest.fixture
def uploads(deploy, client):
    """Deploy the stack and return (s3, a function that takes what reached a queue)."""

    def start(versioning="Suspended"):
        stack = deploy(STACK, {"Versioning": versioning})
        sqs = client("sqs")

        def take(queue="Queue"):
            bodies = []
            while messages := sqs.receive_message(QueueUrl=stack.created[queue].ref, MaxNumberOfMessages=10).get(
                "Messages"
            ):
                bodies += [json.loads(message["Body"]) for message in messages]
                for message in messages:
                    sqs.delete_message(QueueUrl=stack.created[queue].ref, ReceiptHandle=message["ReceiptHandle"])
            return [body for body in bodies if "s3:TestEvent" not in json.dumps(body)]

        return client("s3"), take

    return start


def records(bodies):
    return [record for body in bodies for record in body["Records"]]


@pytest.mark.parametrize(
    ("key", "encoded"),
    [
        ("plain.jpg", "plain.jpg"),
        ("2026/a b+c%41.jpg", "2026/a+b%2Bc%2541.jpg"),
        ("grün/日本.jpg", "gr%C3%BCn/%E6%97%A5%E6%9C%AC.jpg"),
        ("q?x=1&y#z.jpg", "q%3Fx%3D1%26y%23z.jpg"),
    ],
)
def test_given_a_key_when_put_then_the_event_has_aws_shape_and_form_encoding(uploads, key, encoded):
    s3, take = uploads()
    etag = s3.put_object(Bucket="photos", Key=key, Body=b"12345")["ETag"].strip('"')
    (record,) = records(take())
    assert record["eventName"] == "ObjectCreated:Put"
    assert record["eventVersion"].startswith("2.")
    assert record["s3"]["bucket"]["name"] == "photos"
    told = record["s3"]["object"]
    assert told["key"] == encoded
    assert urllib.parse.unquote_plus(told["key"]) == key
    assert (told["size"], told["eTag"]) == (5, etag)
    assert "versionId" not in told
    assert int(told["sequencer"], 16) > 0
    (bridged,) = take("Bridged")
    assert bridged["detail-type"] == "Object Created"
    assert bridged["detail"]["object"]["key"] == key
    assert bridged["detail"]["object"]["sequencer"] == told["sequencer"]
    assert bridged["detail"]["reason"] == "PutObject"
    (envelope,) = take("Wrapped")
    assert (envelope["Type"], envelope["Subject"]) == ("Notification", "Amazon S3 Notification")
    assert records([json.loads(envelope["Message"])])[0]["s3"]["object"] == told


def test_given_puts_and_deletes_of_one_key_when_ordered_by_sequencer_then_that_is_their_order(uploads):
    s3, take = uploads()
    for turn in range(5):
        s3.put_object(Bucket="photos", Key="k", Body=b"x" * turn)
    s3.delete_object(Bucket="photos", Key="k")
    found = sorted(records(take()), key=lambda record: record["s3"]["object"]["sequencer"])
    assert [record["s3"]["object"].get("size") for record in found] == [0, 1, 2, 3, 4, None]
    assert len({record["s3"]["object"]["sequencer"] for record in found}) == 6


def test_given_no_versioning_when_deleted_then_one_removal_is_told(uploads):
    s3, take = uploads()
    s3.put_object(Bucket="photos", Key="k", Body=b"x")
    take(), take("Bridged")
    s3.delete_object(Bucket="photos", Key="k")
    s3.delete_object(Bucket="photos", Key="never there")
    (record,) = records(take())
    assert record["eventName"] == "ObjectRemoved:Delete"
    assert set(record["s3"]["object"]) == {"key", "sequencer"}
    (bridged,) = take("Bridged")
    assert (bridged["detail-type"], bridged["detail"]["deletion-type"]) == ("Object Deleted", "Permanently Deleted")


def test_given_versioning_when_put_and_deleted_then_versions_and_markers_are_told(uploads):
    s3, take = uploads("Enabled")
    first = s3.put_object(Bucket="photos", Key="k", Body=b"1")["VersionId"]
    second = s3.put_object(Bucket="photos", Key="k", Body=b"22")["VersionId"]
    created = records(take())
    assert {record["s3"]["object"]["versionId"] for record in created} == {first, second}
    take("Bridged")

    marker = s3.delete_object(Bucket="photos", Key="k")["VersionId"]
    (record,) = records(take())
    assert record["eventName"] == "ObjectRemoved:DeleteMarkerCreated"
    assert record["s3"]["object"]["versionId"] == marker
    (bridged,) = take("Bridged")
    assert bridged["detail"]["deletion-type"] == "Delete Marker Created"
    assert bridged["detail"]["object"]["version-id"] == marker

    for version in (first, second):
        s3.delete_object(Bucket="photos", Key="k", VersionId=version)
    removed = records(take())
    assert [record["eventName"] for record in removed] == ["ObjectRemoved:Delete"] * 2
    assert {record["s3"]["object"]["versionId"] for record in removed} == {first, second}


def test_given_many_deletes_in_one_call_when_done_then_each_is_told(uploads):
    s3, take = uploads("Enabled")
    for key in "abc":
        s3.put_object(Bucket="photos", Key=key, Body=b"1")
    take()
    s3.delete_objects(Bucket="photos", Delete={"Objects": [{"Key": key} for key in "abc"]})
    assert {record["s3"]["object"]["key"] for record in records(take())} == set("abc")


def test_given_a_multipart_upload_when_completed_then_one_event_is_told(uploads):
    s3, take = uploads()
    upload = s3.create_multipart_upload(Bucket="photos", Key="big")["UploadId"]
    parts = []
    for number, body in ((1, b"a" * 5 * 1024 * 1024), (2, b"b")):
        etag = s3.upload_part(Bucket="photos", Key="big", UploadId=upload, PartNumber=number, Body=body)["ETag"]
        parts.append({"PartNumber": number, "ETag": etag})
    done = s3.complete_multipart_upload(Bucket="photos", Key="big", UploadId=upload, MultipartUpload={"Parts": parts})
    (record,) = records(take())
    assert record["eventName"] == "ObjectCreated:CompleteMultipartUpload"
    assert record["s3"]["object"]["eTag"] == done["ETag"].strip('"')
    assert record["s3"]["object"]["eTag"].endswith("-2")
    (bridged,) = take("Bridged")
    assert bridged["detail"]["reason"] == "CompleteMultipartUpload"


def test_given_a_copy_when_done_then_a_copy_is_told(uploads):
    s3, take = uploads()
    s3.put_object(Bucket="photos", Key="k", Body=b"1")
    take()
    s3.copy_object(Bucket="photos", Key="copy", CopySource="photos/k")
    (record,) = records(take())
    assert (record["eventName"], record["s3"]["object"]["key"]) == ("ObjectCreated:Copy", "copy")


@pytest.mark.parametrize(
    ("key", "told"), [("in put/a.jpg", True), ("in put/a.png", False), ("out/a.jpg", False), ("in put/.jpg", True)]
)
def test_given_filters_when_put_then_only_matching_keys_are_told(uploads, key, told):
    s3, take = uploads()
    s3.put_object(Bucket="filtered", Key=key, Body=b"1")
    s3.delete_object(Bucket="filtered", Key=key)
    assert len(take()) == told


def test_given_metadata_when_the_event_arrives_then_the_object_has_it(uploads, monkeypatch):
    """moto announces an object before it sets the metadata; the message must not leave earlier than that."""
    from moto.s3.models import FakeKey

    s3, take = uploads()
    seen = []
    set_metadata = FakeKey.set_metadata

    def look_then_set(key, metadata, replace=False):
        seen.append(len(take()))
        return set_metadata(key, metadata, replace)

    monkeypatch.setattr(FakeKey, "set_metadata", look_then_set)
    s3.put_object(Bucket="photos", Key="k", Body=b"1", ContentType="image/jpeg")
    assert seen == [0]
    assert len(take()) == 1


def test_given_a_clock_that_stands_still_when_numbered_then_sequencers_still_grow(monkeypatch):
    monkeypatch.setattr("time.time_ns", lambda: 5)
    sequencer = Sequencer()
    numbers = [sequencer.next() for _ in range(3)]
    assert numbers == sorted(set(numbers))
    assert {len(number) for number in numbers} == {18}


def test_given_motos_seams_when_upgraded_then_they_are_still_where_we_hook():
    """A moto that announces in other places would bring its own events back beside ours."""
    import inspect

    from moto.s3 import models, notifications

    from pixlake.localcloud import s3_events

    s3_events.install()
    assert notifications.send_event is s3_events._announced_by_moto
    assert models.notifications is notifications
    source = inspect.getsource(models)
    assert source.count("notifications.send_event(") == 10
    assert "from moto.s3.notifications import send_event" not in source
    parameters = list(inspect.signature(models.S3Backend.delete_object).parameters)
    assert parameters == ["self", "bucket_name", "key_name", "version_id", "bypass"]
