import io
from datetime import UTC, datetime

import boto3
import pytest
from botocore.exceptions import ConnectTimeoutError
from botocore.response import StreamingBody
from botocore.stub import Stubber

from adapters.s3 import S3ObjectStore
from sink.errors import ObjectTooLarge, StoreUnavailable
from tests.contract.test_object_store import created


@pytest.fixture
def s3():
    client = boto3.client("s3")
    with Stubber(client) as stub:
        yield client, stub
        stub.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("code", "status"),
    [("AccessDenied", 403), ("SlowDown", 503), ("InternalError", 500), ("ExpiredToken", 400), ("NoSuchBucket", 404)],
)
def test_our_own_trouble_is_transient_and_says_where(s3, code, status):
    client, stub = s3
    stub.add_client_error("get_object", code, "why", status)

    with pytest.raises(StoreUnavailable, match=rf"s3://uploads/a.jpg: {code} \({status}\) why"):
        S3ObjectStore(client, 100).fetch(created("a.jpg", b"abc"))


def test_asks_for_exactly_the_object_of_the_event(s3):
    client, stub = s3
    stub.add_client_error(
        "get_object", "SlowDown", expected_params={"Bucket": "uploads", "Key": "a", "VersionId": "v1"}
    )
    stub.add_client_error("get_object", "SlowDown", expected_params={"Bucket": "uploads", "Key": "a", "IfMatch": '"e"'})

    for event in (created("a", b"", version_id="v1", etag="e"), created("a", b"", etag="e")):
        with pytest.raises(StoreUnavailable):
            S3ObjectStore(client, 100).fetch(event)


@pytest.mark.parametrize(("answered", "version_id"), [("null", None), ("v1", "v1")])
def test_the_version_id_null_counts_as_none(s3, answered, version_id):
    client, stub = s3
    answer = {"Body": StreamingBody(io.BytesIO(b"abc"), 3), "ContentLength": 3, "ETag": '"e"', "VersionId": answered}
    stub.add_response("get_object", answer | {"LastModified": datetime(2026, 11, 3, tzinfo=UTC)})

    assert S3ObjectStore(client, 100).fetch(created("a", b"abc")).version_id == version_id


def test_an_event_that_names_too_large_a_size_asks_for_nothing(s3):
    client, _ = s3

    with pytest.raises(ObjectTooLarge):
        S3ObjectStore(client, 100).fetch(created("a", b"x" * 101))


def test_a_connection_that_breaks_while_reading_is_transient(s3):
    class Broken(io.RawIOBase):
        def read(self, *_):
            raise ConnectTimeoutError(endpoint_url="s3")

    client, stub = s3
    stub.add_response("get_object", {"Body": StreamingBody(Broken(), 3), "ContentLength": 3, "ETag": '"e"'})

    with pytest.raises(StoreUnavailable):
        S3ObjectStore(client, 100).fetch(created("a", b"abc"))
