"""What every ledger store must do: asked of the fake that the unit tests use and of DynamoDB as moto plays it."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

import boto3
import pytest
from moto import mock_aws

from adapters.attempts import DynamoDbLedger
from pixlake.localcloud import moto_threads
from sink.ledger import DayLedger, DayState
from tests.fakes_ledger import NOON, MemoryLedger, stored
from tests.tables import create_table

DAY = date(2026, 11, 3)
HOUR = timedelta(hours=1)
RESULT = DayLedger("b", DAY, NOON - HOUR, NOON, NOON, "whole bucket", 3, 1, lost=["naïve +.jpg"])


@pytest.fixture
def dynamodb():
    moto_threads.install()
    with mock_aws():
        client = boto3.client("dynamodb")
        create_table(client, "ledger", "id")
        yield DynamoDbLedger(client, "ledger", "b", own_bucket="b")


@pytest.fixture(params=["fake", "moto"])
def store(request):
    return MemoryLedger() if request.param == "fake" else request.getfixturevalue("dynamodb")


def of_another_bucket(store, bucket):
    """What is kept of another bucket in the same place."""
    if isinstance(store, MemoryLedger):
        return MemoryLedger(bucket, store.firsts)
    return replace(store, bucket=bucket)


def test_the_first_moment_stands(store):
    assert store.since(NOON, NOON + HOUR, ["b"]) == NOON
    assert store.since(NOON + HOUR, NOON + 2 * HOUR, ["b"]) == NOON


def test_buckets_of_the_first_run_count_from_the_deployment_and_later_ones_from_when_they_are_seen(store):
    both = ["b", "a"]
    assert store.since(NOON, NOON + HOUR, both) == NOON
    assert of_another_bucket(store, "a").since(NOON, NOON + 2 * HOUR, both) == NOON, "though that run was broken off"

    added = of_another_bucket(store, "added")
    assert added.since(NOON, NOON + 3 * HOUR, [*both, "added"]) == NOON + 3 * HOUR
    assert added.since(NOON, NOON + 4 * HOUR, [*both, "added"]) == NOON + 3 * HOUR


def test_what_the_ledger_of_0_1_0_kept_is_of_the_stacks_own_bucket(dynamodb):
    """That release wrote no bucket: neither to the first moment nor to the days."""
    result = {name: value for name, value in RESULT.to_json().items() if name != "bucket"}
    day = {"id": {"S": f"day#{DAY}"}, "version": {"N": "3"}, "result": {"S": json.dumps(result)}}
    for item in ({"id": {"S": "since"}, "at": {"S": NOON.isoformat()}}, day):
        dynamodb.client.put_item(TableName="ledger", Item=item)
    added, now = replace(dynamodb, bucket="added"), NOON + HOUR

    assert dynamodb.since(now, now, ["b", "added"]) == NOON
    assert added.since(NOON, now, ["b", "added"]) == now, "a bucket that came with the update"
    assert added.since(NOON, now + HOUR, ["b", "added"]) == now
    # and the day is looked at as one that nobody has seen
    assert dynamodb.days([DAY]) == {DAY: DayState(DAY)}
    assert dynamodb.save(DayState(DAY, RESULT))
    assert dynamodb.days([DAY])[DAY].result == RESULT


def test_a_day_of_one_bucket_says_nothing_of_anothers(store):
    store.save(DayState(DAY, RESULT))

    assert of_another_bucket(store, "a").days([DAY])[DAY] == DayState(DAY)


def test_a_day_is_kept_with_its_result_and_its_unfinished_look(store):
    days = [DAY + timedelta(days=n) for n in range(120)]
    assert store.days(days) == {day: DayState(day) for day in days}

    assert store.save(DayState(DAY, RESULT, replace(RESULT, listed=1), '{"key": "é"}'))

    states = store.days(days)
    assert states[DAY] == DayState(DAY, RESULT, replace(RESULT, listed=1), '{"key": "é"}', version=1)
    assert states[days[-1]] == DayState(days[-1])


def test_of_two_that_save_what_they_read_the_first_wins(store):
    mine, theirs = store.days([DAY])[DAY], store.days([DAY])[DAY]

    assert store.save(replace(theirs, result=RESULT))
    assert not store.save(replace(mine, result=replace(RESULT, listed=99)))

    read = store.days([DAY])[DAY]
    assert read.result == RESULT
    assert store.save(replace(read, result=None))
    assert not store.save(replace(read, result=RESULT))


def test_claims_are_counted_and_spaced(store):
    lost = stored("lost")

    def claim(minutes, most=2):
        now = NOON + timedelta(minutes=minutes)
        return store.claim(lost, now, now - HOUR, most)

    assert [claim(0), claim(1), claim(59), claim(60)] == ["claimed", "waiting", "waiting", "claimed"]
    assert [claim(61), claim(120), claim(600)] == ["waiting", "spent", "spent"]
    assert claim(600, most=3) == "claimed"
    assert store.claim(stored("another"), NOON, NOON - HOUR, 2) == "claimed"


def test_a_claim_that_came_to_nothing_is_taken_back_once(store):
    lost, later = stored("lost"), NOON + timedelta(seconds=1)
    store.claim(lost, NOON, NOON - HOUR, 1)

    store.release(lost, NOON)
    store.release(lost, NOON)

    assert store.claim(lost, later, later - HOUR, 1) == "claimed"
    store.release(lost, NOON)  # by a run whose claim it is not
    assert store.claim(lost, later, later - HOUR, 2) == "waiting"


def test_of_many_that_claim_at_once_one_gets_it(store):
    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(lambda _: store.claim(stored("lost"), NOON, NOON - HOUR, 3), range(8)))

    assert sorted(claims) == ["claimed"] + ["waiting"] * 7


def test_items_expire_but_the_first_moment_does_not(dynamodb):
    dynamodb.since(NOON, NOON, ["b"])
    replace(dynamodb, bucket="added").since(NOON, NOON, ["b", "added"])
    dynamodb.save(DayState(DAY, RESULT))
    dynamodb.claim(stored("lost"), NOON, NOON, 1)

    kept = dynamodb.client.scan(TableName="ledger")["Items"]
    items = {item["id"]["S"].partition("#")[0]: item for item in kept}

    assert [item for item in kept if item["id"]["S"].startswith("since") and "expires" in item] == []
    assert int(items["upload"]["expires"]["N"]) - NOON.timestamp() == 60 * 86_400
    assert int(items["day"]["expires"]["N"]) > NOON.timestamp() + 399 * 86_400
