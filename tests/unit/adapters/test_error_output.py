import base64
import gzip
import json

import boto3
import pytest
from moto import mock_aws

from adapters.error_output import S3ErrorOutput
from sink.errors import StoreUnavailable
from tests.fakes_ledger import stored


@pytest.fixture
def output():
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="lake")
        yield S3ErrorOutput(s3, "lake")


def line(**row) -> bytes:
    return json.dumps({"rawData": base64.b64encode(json.dumps(row).encode()).decode()}).encode() + b"\n"


def put(output, key, body):
    output.client.put_object(Bucket="lake", Key=key, Body=body)


def keys(output):
    return [item["Key"] for item in output.client.list_objects_v2(Bucket="lake").get("Contents", [])]


def test_knows_the_uploads_whose_rows_lie_there(output):
    read, unread, version = stored("read"), stored("unread"), stored("unread", version_id="v")
    put(output, "errors/a/1", line(row_id=read.row_id, content_sha256="x", object_key="read", etag="other"))
    put(output, "errors/b/2", line(row_id="0" * 64, bucket="b", object_key="unread", etag=unread.etag) + b"torn\n")
    put(output, "image_scores/3", line(row_id=stored("elsewhere").row_id))

    found = output.uploads()

    assert [each in found for each in (read, unread, stored("elsewhere"))] == [True, True, False]
    assert version not in found, "a version is known by its id"
    assert stored("unread", bucket="another") not in found, "a key is one bucket's"
    assert (found.count, found.complete) == (3, True)


def test_says_when_there_is_more_than_it_reads(output):
    put(output, "errors/a/1", line(row_id="0" * 64))
    put(output, "errors/a/2", line(row_id="1" * 64))
    size = len(line(row_id="0" * 64))

    assert S3ErrorOutput(output.client, "lake", most_bytes=2 * size).uploads().complete
    assert not S3ErrorOutput(output.client, "lake", most_bytes=2 * size - 1).uploads().complete


def test_an_object_is_filed_away_whole_and_what_is_left_takes_its_place(output):
    put(output, "errors/a/1", b"one\ntwo\n\n")
    put(output, "errors/a/2.gz", gzip.compress(b"three\n"))
    assert [list(output.lines(key)) for key in output.pending()] == [[b"one", b"two"], [b"three"]]

    output.file_away("errors/a/1", [b"two"])
    output.file_away("errors/a/2.gz", [])

    assert keys(output) == ["errors/a/1", "replayed/errors/a/1", "replayed/errors/a/2.gz"]
    assert list(output.lines("errors/a/1")) == [b"two"]
    assert list(output.lines("replayed/errors/a/1")) == [b"one", b"two"]


def test_a_copy_that_fails_leaves_the_object(output):
    with pytest.raises(StoreUnavailable, match="errors/absent could not be filed away"):
        output.file_away("errors/absent", [])
