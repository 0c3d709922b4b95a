import json
from datetime import datetime

import pytest

from pixlake.localcloud import snapshot
from pixlake.localcloud.cloud import _reset_moto
from pixlake.localcloud.errors import StateError
from pixlake.localcloud.state import StateDirectory

REGION = "us-east-1"
STACK = """
Resources:
  Work:
    Type: AWS::SQS::Queue
    Properties: {VisibilityTimeout: 600, RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 5}}
  Dead: {Type: AWS::SQS::Queue}
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: photos
      NotificationConfiguration: {QueueConfigurations: [{Event: "s3:ObjectCreated:*", Queue: !GetAtt Work.Arn}]}
  Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: lake, VersioningConfiguration: {Status: Enabled}}}
  Cache:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: cache
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
"""


@pytest.fixture
def restart(deploy, client, tmp_path):
    """Deploy; then save, forget everything, deploy again (perhaps another template) and restore."""
    deploy(STACK)
    baseline = snapshot.inventory(REGION)
    directory = StateDirectory(tmp_path / "data")

    def restart(text=STACK):
        directory.save(snapshot.take(directory, REGION, snapshot.take_items(client, REGION), baseline))
        _reset_moto()
        deploy(text)
        snapshot.put_back(directory.load(), directory, client, REGION)

    restart.baseline = baseline
    restart.directory = directory
    yield restart
    directory.close()


def drain(sqs, queue):
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    found = []
    while messages := sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"], MessageAttributeNames=["All"]
    ).get("Messages"):
        found += messages
    return found


def names(client):
    urls = client("sqs").list_queues()["QueueUrls"]
    work = next(url for url in urls if "Work" in url).rsplit("/", 1)[1]
    return work, next(url for url in urls if "Dead" in url).rsplit("/", 1)[1]


def test_given_objects_when_restarted_then_bodies_versions_markers_and_metadata_are_the_same(restart, client):
    s3 = client("s3")
    s3.put_object(
        Bucket="photos",
        Key="a b/ü+%.jpg",
        Body=b"body",
        ContentType="image/jpeg",
        Metadata={"listing": "7"},
        Tagging="t=1",
    )
    s3.put_object(Bucket="photos", Key="empty", Body=b"")
    for body in (b"one", b"two"):
        s3.put_object(Bucket="lake", Key="k", Body=body)
    s3.delete_object(Bucket="lake", Key="k")
    s3.put_object(Bucket="lake", Key="k", Body=b"three")
    s3.delete_object(Bucket="lake", Key="k")

    for bucket in snapshot._buckets().values():  # as if they had been written long ago
        for age, key in enumerate(bucket.keys):
            for number, version in enumerate(bucket.keys.getlist(key)):
                version.last_modified = datetime(2026, 1, 1 + age, number, 30)

    def picture():
        head = s3.head_object(Bucket="photos", Key="a b/ü+%.jpg")
        versions = s3.list_object_versions(Bucket="lake")
        return (
            {key: head[key] for key in ("ETag", "LastModified", "ContentType", "ContentLength", "Metadata")},
            s3.get_object_tagging(Bucket="photos", Key="a b/ü+%.jpg")["TagSet"],
            [
                {key: found[key] for key in ("Key", "Size", "ETag")}
                for found in s3.list_objects_v2(Bucket="photos")["Contents"]
            ],
            [(v["VersionId"], v["IsLatest"], v["LastModified"], v["ETag"]) for v in versions["Versions"]],
            [(m["VersionId"], m["IsLatest"], m["LastModified"]) for m in versions["DeleteMarkers"]],
            [
                s3.get_object(Bucket="lake", Key="k", VersionId=v["VersionId"])["Body"].read()
                for v in versions["Versions"]
            ],
        )

    before = picture()
    restart()
    assert picture() == before
    assert "Contents" not in s3.list_objects_v2(Bucket="lake")


def test_given_a_multipart_object_when_restarted_then_its_etag_is_kept(restart, client):
    s3 = client("s3")
    upload = s3.create_multipart_upload(Bucket="photos", Key="big")["UploadId"]
    etag = s3.upload_part(Bucket="photos", Key="big", UploadId=upload, PartNumber=1, Body=b"a")["ETag"]
    done = s3.complete_multipart_upload(
        Bucket="photos", Key="big", UploadId=upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]}
    )
    restart()
    assert s3.head_object(Bucket="photos", Key="big")["ETag"] == done["ETag"]


def test_given_restored_objects_when_overwritten_then_they_behave_as_new_ones_do(restart, client):
    s3 = client("s3")
    first = s3.put_object(Bucket="lake", Key="k", Body=b"one")["VersionId"]
    restart()
    s3.put_object(Bucket="lake", Key="k", Body=b"two")
    s3.put_object(Bucket="photos", Key="p", Body=b"one")
    assert s3.get_object(Bucket="lake", Key="k", VersionId=first)["Body"].read() == b"one"
    s3.delete_object(Bucket="lake", Key="k", VersionId=first)
    assert s3.get_object(Bucket="lake", Key="k")["Body"].read() == b"two"


def test_given_messages_when_restarted_then_queues_hold_them_and_nothing_is_notified_again(restart, client):
    sqs = client("sqs")
    work, dead = names(client)
    drain(sqs, work)  # the test event
    sqs.purge_queue(QueueUrl=sqs.get_queue_url(QueueName=work)["QueueUrl"])
    client("s3").put_object(Bucket="photos", Key="k", Body=b"1")
    sqs.send_message(
        QueueUrl=sqs.get_queue_url(QueueName=dead)["QueueUrl"],
        MessageBody="dead ü",
        MessageAttributes={"raw": {"DataType": "Binary", "BinaryValue": b"\x00\xff"}},
    )
    restart()
    (message,) = drain(sqs, work)
    assert json.loads(message["Body"])["Records"][0]["s3"]["object"]["key"] == "k"
    (message,) = drain(sqs, dead)
    assert message["Body"] == "dead ü"
    assert message["MessageAttributes"]["raw"]["BinaryValue"] == b"\x00\xff"


def test_given_a_message_in_flight_when_restarted_then_it_stays_hidden_and_its_handle_works(restart, client):
    sqs = client("sqs")
    work, _ = names(client)
    url = sqs.get_queue_url(QueueName=work)["QueueUrl"]
    (message,) = sqs.receive_message(QueueUrl=url, MessageSystemAttributeNames=["All"])["Messages"]
    restart()
    assert drain(sqs, work) == []
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    (again,) = drain(sqs, work)
    assert again["MessageId"] == message["MessageId"]
    assert again["Attributes"]["ApproximateReceiveCount"] == "2"
    assert again["Attributes"]["SentTimestamp"] == message["Attributes"]["SentTimestamp"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert attributes["ApproximateNumberOfMessagesNotVisible"] == "0"


def test_given_table_items_when_restarted_then_they_are_there(restart, client):
    item = {
        "id": {"S": "a"},
        "raw": {"B": b"\x00\xff"},
        "n": {"N": "1.5"},
        "deep": {"M": {"x": {"L": [{"BOOL": True}]}}},
    }
    client("dynamodb").put_item(TableName="cache", Item=item)
    restart()
    assert client("dynamodb").get_item(TableName="cache", Key={"id": {"S": "a"}})["Item"] == item


def test_given_another_template_when_restored_then_what_is_missing_is_named(restart, client):
    client("s3").put_object(Bucket="lake", Key="k", Body=b"1")
    client("dynamodb").put_item(TableName="cache", Item={"id": {"S": "a"}})
    other = STACK[: STACK.index("  Lake:")]
    with pytest.raises(
        StateError, match="does not fit the template, which does not create: bucket lake, DynamoDB table cache"
    ):
        restart(other)


def test_given_what_cannot_be_kept_when_asked_then_it_is_named(restart, client):
    assert snapshot.not_kept(REGION, restart.baseline) == []
    s3 = client("s3")
    s3.create_multipart_upload(Bucket="photos", Key="half/done")
    s3.create_bucket(Bucket="mine")
    client("sqs").create_queue(QueueName="mine")
    client("glue").create_database(DatabaseInput={"Name": "d"})
    client("glue").create_table(DatabaseName="d", TableInput={"Name": "t"})
    assert snapshot.not_kept(REGION, restart.baseline) == [
        "the bucket mine (not of the template)",
        "the queue mine (not of the template)",
        "the Glue table d.t (not of the template)",
        "the multipart upload in progress of s3://photos/half/done",
    ]
    restart()
    assert "mine" not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]


def document(*blobs):
    return {"buckets": {"b": [{"key": blob, "blob": blob} for blob in blobs]}, "queues": {}, "tables": {}}


def test_given_a_directory_in_use_when_opened_again_then_the_second_is_refused(tmp_path):
    first = StateDirectory(tmp_path)
    with pytest.raises(StateError, match="in use by another local cloud"):
        StateDirectory(tmp_path)
    first.close()
    StateDirectory(tmp_path).close()


def test_given_bodies_no_longer_referred_to_when_saved_then_they_are_removed(tmp_path):
    directory = StateDirectory(tmp_path)
    one, two = directory.put_blob(b"1"), directory.put_blob(b"2")
    directory.save(document(one, two))
    directory.save(document(two))
    assert [path.name for path in (tmp_path / "blobs").iterdir()] == [two]
    assert directory.get_blob(two) == b"2"
    directory.close()


def test_given_a_save_that_dies_when_loaded_then_the_state_before_it_is_whole(tmp_path, monkeypatch):
    directory = StateDirectory(tmp_path)
    one = directory.put_blob(b"1")
    directory.save(document(one))

    def die(descriptor):
        raise OSError("disk full")

    monkeypatch.setattr("os.fsync", die)
    with pytest.raises(OSError, match="disk full"):
        directory.save(document())
    assert directory.load()["buckets"] == document(one)["buckets"]
    assert directory.get_blob(one) == b"1"
    directory.close()


@pytest.mark.parametrize(
    ("content", "said"), [("{", "is damaged"), ('{"format": 99}', "has format 99, this version reads 1")]
)
def test_given_a_state_that_cannot_be_read_when_loaded_then_the_error_says_what_to_do(tmp_path, content, said):
    directory = StateDirectory(tmp_path)
    (tmp_path / "state.json").write_text(content)
    with pytest.raises(StateError, match=said) as error:
        directory.load()
    assert "Move" in str(error.value)
    directory.close()


def test_given_a_missing_body_when_read_then_the_damage_is_named(tmp_path):
    directory = StateDirectory(tmp_path)
    with pytest.raises(StateError, match="the body 00ff is missing"):
        directory.get_blob("00ff")
    directory.close()
