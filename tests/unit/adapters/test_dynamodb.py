import boto3
import pytest
from botocore.exceptions import ConnectTimeoutError
from botocore.stub import Stubber
from moto import mock_aws

from adapters.dynamodb import DynamoDBCacheStore
from sink.ports import CacheUnavailable
from tests.tables import create_table

TABLE = "results"


@pytest.fixture
def stubbed():
    client = boto3.client("dynamodb")
    waits: list[float] = []
    with Stubber(client) as stub:
        yield DynamoDBCacheStore(client, TABLE, sleep=waits.append), stub, waits
        stub.assert_no_pending_responses()


@pytest.fixture
def store():
    with mock_aws():
        client = boto3.client("dynamodb")
        create_table(client, TABLE, "content")
        yield DynamoDBCacheStore(client, TABLE)


def found(*keys):
    return [{"content": {"S": key}, "a": {"S": "1"}, "expires_at": {"N": "5"}} for key in keys]


def asked(*keys):
    return {TABLE: {"Keys": [{"content": {"S": key}} for key in keys]}}


def test_writers_of_different_attributes_never_erase_each_other(store):
    store.set("x", {"nsfw#1": "old"}, 10)
    store.set("x", {"nsfw#2": "new", "image#1": "{}"}, 20)

    assert store.get(["x"]) == {
        "x": {"content": "x", "nsfw#1": "old", "nsfw#2": "new", "image#1": "{}", "expires_at": 20}
    }


def test_more_keys_than_a_call_holds_are_all_read(store):
    keys = [f"{n:03}" for n in range(230)]
    for key in keys:
        store.set(key, {"a": key}, 10)

    assert {key: item["a"] for key, item in store.get([*keys, "absent", "000"]).items()} == {key: key for key in keys}


def test_unprocessed_keys_are_asked_for_again(stubbed):
    store, stub, waits = stubbed
    for wanted, answered, left in (("abc", "a", "bc"), ("bc", "", "bc"), ("bc", "c", "b")):
        answer = {"Responses": {TABLE: found(*answered)}, "UnprocessedKeys": asked(*left)}
        stub.add_response("batch_get_item", answer, {"RequestItems": asked(*wanted)})

    assert store.get(["c", "b", "a"]).keys() == {"a", "c"}
    assert len(waits) == 2


@pytest.mark.parametrize("code", ["ProvisionedThroughputExceededException", "ResourceNotFoundException"])
def test_trouble_of_any_kind_is_the_cache_being_unavailable(stubbed, code):
    store, stub, _ = stubbed
    stub.add_client_error("batch_get_item", code)
    stub.add_client_error("update_item", code)

    with pytest.raises(CacheUnavailable, match=f"BatchGetItem {TABLE}: .*{code}"):
        store.get(["a"])
    with pytest.raises(CacheUnavailable, match=f"UpdateItem {TABLE}: .*{code}"):
        store.set("a", {"b": "c"}, 1)


def test_a_table_that_does_not_answer_is_the_cache_being_unavailable(monkeypatch):
    client = boto3.client("dynamodb")
    monkeypatch.setattr(
        client, "_make_api_call", lambda *_: (_ for _ in ()).throw(ConnectTimeoutError(endpoint_url=""))
    )

    with pytest.raises(CacheUnavailable):
        DynamoDBCacheStore(client, TABLE).get(["a"])


def test_types_that_are_never_written_read_as_nothing(stubbed):
    store, stub, _ = stubbed
    item = {"content": {"S": "a"}, "x": {"BOOL": True}, "y": {"N": "1.5"}, "z": {"M": {}}}
    stub.add_response("batch_get_item", {"Responses": {TABLE: [item]}})

    assert store.get(["a"])["a"] == {"content": "a", "x": None, "y": None, "z": None}
