"""What every object store must do: asked of the fake that the unit tests use and of S3 as moto plays it."""

from datetime import UTC, datetime

import boto3
import pytest
from moto import mock_aws

from adapters.s3 import S3ObjectStore
from sink.errors import ObjectArchived, ObjectMissing, ObjectSuperseded, ObjectTooLarge, StoreUnavailable
from sink.events import UploadEvent
from tests.fakes import InMemoryObjectStore, etag_of

LIMIT = 1_000
BUCKET = "uploads"


class S3World:
    def __init__(self, client):
        self.client = client
        self.client.create_bucket(Bucket=BUCKET)
        self.store = S3ObjectStore(client, LIMIT)

    def put(self, key, body, **attributes):
        names = {"content_type": "ContentType", "metadata": "Metadata"}
        self.client.put_object(Bucket=BUCKET, Key=key, Body=body, **{names[k]: v for k, v in attributes.items()})

    def remove(self, key):
        self.client.delete_object(Bucket=BUCKET, Key=key)


class FakeWorld:
    def __init__(self):
        self.store = InMemoryObjectStore(LIMIT)

    def put(self, key, body, **attributes):
        self.store.put(BUCKET, key, body, **attributes)

    def remove(self, key):
        self.store.objects.pop((BUCKET, key), None)


@pytest.fixture(params=["fake", "moto"])
def world(request):
    if request.param == "fake":
        yield FakeWorld()
        return
    with mock_aws():
        yield S3World(boto3.client("s3"))


def created(key, body, **event) -> UploadEvent:
    fields = {"etag": etag_of(body), "size_bytes": len(body)} | event
    return UploadEvent("created", BUCKET, key, datetime(2026, 11, 3, tzinfo=UTC), **fields)


def test_reads_the_object_of_the_event(world):
    world.put("dir/naïve + 100%.jpg", b"abc", content_type="image/jpeg", metadata={"listing-id": "7"})

    fetched = world.store.fetch(created("dir/naïve + 100%.jpg", b"abc"))

    assert (fetched.body, fetched.etag, fetched.version_id) == (b"abc", etag_of(b"abc"), None)
    assert (fetched.content_type, dict(fetched.metadata)) == ("image/jpeg", {"listing-id": "7"})
    assert fetched.last_modified.tzinfo is not None


def test_reads_without_an_etag_what_is_there(world):
    world.put("a", b"abc")

    assert world.store.fetch(created("a", b"", etag=None, size_bytes=None)).body == b"abc"


def test_an_empty_object_is_read(world):
    world.put("a", b"")

    assert world.store.fetch(created("a", b"")).body == b""


def test_tells_that_the_object_is_gone(world):
    with pytest.raises(ObjectMissing):
        world.store.fetch(created("a", b"abc"))


def test_tells_that_the_object_was_overwritten(world):
    world.put("a", b"newer")

    with pytest.raises(ObjectSuperseded):
        world.store.fetch(created("a", b"older"))


def test_downloads_nothing_over_the_limit_even_if_the_event_has_no_size(world):
    world.put("a", b"x" * (LIMIT + 1))
    world.put("b", b"x" * LIMIT)

    with pytest.raises(ObjectTooLarge, match="1001 bytes"):
        world.store.fetch(created("a", b"x" * (LIMIT + 1), size_bytes=None))
    assert len(world.store.fetch(created("b", b"x" * LIMIT)).body) == LIMIT


@mock_aws
class TestS3Only:
    def test_a_version_is_read_though_it_was_overwritten(self):
        client = boto3.client("s3")
        client.create_bucket(Bucket=BUCKET)
        client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        version = client.put_object(Bucket=BUCKET, Key="a", Body=b"first")["VersionId"]
        client.put_object(Bucket=BUCKET, Key="a", Body=b"second")

        fetched = S3ObjectStore(client, LIMIT).fetch(created("a", b"first", version_id=version))

        assert (fetched.body, fetched.version_id) == (b"first", version)

    def test_a_deleted_version_is_missing(self):
        client = boto3.client("s3")
        client.create_bucket(Bucket=BUCKET)
        client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        version = client.put_object(Bucket=BUCKET, Key="a", Body=b"first")["VersionId"]
        client.delete_object(Bucket=BUCKET, Key="a", VersionId=version)

        with pytest.raises(ObjectMissing):
            S3ObjectStore(client, LIMIT).fetch(created("a", b"first", version_id=version))

    def test_an_archived_object_says_so(self):
        client = boto3.client("s3")
        client.create_bucket(Bucket=BUCKET)
        client.put_object(Bucket=BUCKET, Key="a", Body=b"abc", StorageClass="GLACIER")

        with pytest.raises(ObjectArchived):
            S3ObjectStore(client, LIMIT).fetch(created("a", b"abc"))

    def test_a_bucket_that_is_not_there_is_our_trouble(self):
        with pytest.raises(StoreUnavailable, match="NoSuchBucket"):
            S3ObjectStore(boto3.client("s3"), LIMIT).fetch(created("a", b"abc"))
