"""Fault by fault: after each, every upload has its one outcome, and was scored no more often than it was delivered."""

import pytest

from sink.errors import OutOfTime, RowNotAccepted, StoreUnavailable
from tests.faults import views
from tests.faults.ledger import settle
from tests.faults.trouble import TROUBLES, failing, throttled
from tests.faults.world import World

BODIES = {"a.jpg": b"cat", "b.jpg": b"dog", "c.jpg": b"bad one", "d.jpg": b"bird", "e.jpg": b"cat"}


@pytest.fixture(params=["versioned", "unversioned"])
def world(request):
    return uploaded(World(versioned=request.param == "versioned", rows_a_record=1))


def uploaded(world):
    for key, body in BODIES.items():
        world.upload(key, body)
    return world


def balanced(world):
    """The balance of a world that has come to rest without anybody's help."""
    world.drain()
    balance = settle(world)
    assert balance.wrong == []
    assert sum(balance.fates.values()) == len(world.events)
    return balance


@pytest.mark.parametrize("trouble", TROUBLES)
def test_given_s3_that_fails_twice_then_only_the_message_of_that_object_comes_again(world, trouble):
    world.s3.trouble["b.jpg"].extend([trouble, trouble])

    first = world.invoke()
    balance = balanced(world)

    (reason,) = first.outcome.failures.values()
    assert isinstance(reason, StoreUnavailable)
    assert balance.fates == {"row": 5}
    assert balance.repeated["rows written again"] == 0
    assert set(world.scorer.runs.values()) == {1}


def test_given_s3_that_never_answers_then_the_message_is_dead_and_its_replay_gives_the_row(world):
    world.s3.trouble["b.jpg"].extend([throttled] * 9)

    balance = balanced(world)
    world.heal()
    world.replay()

    assert balance.fates == {"row": 4, "dead": 1}
    assert settle(world).fates == {"row": 5}
    assert settle(world).repeated["rows written again"] == 0


@pytest.mark.parametrize("fault", ["some", "all", "throttled", "failing", "lost"])
def test_given_a_stream_that_refuses_three_times_then_its_retries_deliver_each_row_once(world, fault):
    world.firehose.faults.extend([fault] * 3)

    first = world.invoke()

    assert first.outcome.retry == []
    assert balanced(world).repeated["rows written again"] == 0
    assert world.firehose.calls[fault] == 3


@pytest.mark.parametrize("fault", ["some", "all"])
def test_given_a_stream_that_refuses_to_the_end_then_exactly_the_refused_come_again_and_no_model_runs(world, fault):
    world.firehose.faults.extend([fault] * 5)

    first = world.invoke()
    balance = balanced(world)

    refused = len(first.outcome.failures)
    assert {type(reason) for reason in first.outcome.failures.values()} == {RowNotAccepted}
    assert refused == (5 if fault == "all" else 1)  # each attempt takes every other record: 5, 3, 2, 1, 1 left
    assert sum(first.outcome.rows.values()) == 5 - refused
    assert balance.repeated["rows written again"] == 0
    assert set(world.scorer.runs.values()) == {1}


def test_given_an_answer_that_is_lost_after_the_rows_were_taken_then_the_views_count_them_once(world):
    world.firehose.faults.append("taken")

    balance = balanced(world)

    assert balance.repeated["rows written again"] == 5
    assert len(views.uploads(world.firehose.lake)) == 5


def test_given_a_worker_killed_between_put_and_return_then_the_views_count_its_uploads_once(world):
    world.firehose.faults.append("killed after")

    assert world.invoke().outcome is None
    balance = balanced(world)

    assert balance.repeated["rows written again"] == 5
    assert len(views.images(world.firehose.lake)) == 5


def test_given_a_worker_out_of_memory_then_its_batch_comes_again_one_by_one(world):
    world.scorer.kill_at = 3

    assert world.invoke().outcome is None
    balance = balanced(world)

    assert balance.fates == {"row": 5}
    assert balance.repeated["rows written again"] == 0
    assert max(world.scorer.runs.values()) <= 2


def test_given_an_image_that_a_model_fails_on_then_it_alone_is_dead_and_its_replay_gives_the_row(world):
    world.upload("z.jpg", b"poison")

    balance = balanced(world)
    world.scorer.mended = True
    world.replay()

    assert balance.fates == {"row": 5, "dead": 1}
    assert settle(world).fates == {"row": 6}


def test_given_a_time_out_in_the_middle_of_a_batch_then_what_was_scored_is_delivered_and_the_rest_comes_again(world):
    world.scorer.image_s = 31  # the first group of three leaves less than the reserve

    first = world.invoke()
    balance = balanced(world)

    assert sum(first.outcome.rows.values()) > 0
    assert {type(reason) for reason in first.outcome.failures.values()} == {OutOfTime}
    assert balance.fates == {"row": 5}
    assert set(world.scorer.runs.values()) == {1}


def test_given_a_result_cache_that_fails_then_no_row_is_lost_and_none_is_wrong(world):
    world.table.trouble.extend([failing, throttled] * 3)
    world.table.unprocessed = 3

    assert world.invoke().outcome.retry == []
    assert balanced(world).fates == {"row": 5}


def test_given_expired_credentials_then_everything_comes_again_and_nothing_is_lost(world):
    world.expire_credentials()

    first = world.invoke()
    world.expire_credentials(False)
    balance = balanced(world)

    assert len(first.outcome.retry) == 5
    assert balance.fates == {"row": 5}
    assert set(world.scorer.runs.values()) == {1}


def test_given_duplicate_reordered_and_delayed_notifications_then_each_upload_counts_once(world):
    for event in world.events[:3]:
        world.notify(event, delay_s=300)
        world.notify(event)

    world.invoke(world.queue.visible()[::-1])
    balance = balanced(world)

    assert balance.repeated["rows written again"] > 0
    assert len(views.uploads(world.firehose.lake)) == 5


@pytest.mark.parametrize("versioned", [False, True])
def test_given_an_object_overwritten_or_deleted_before_the_fetch_then_the_upload_has_a_row_that_says_so(versioned):
    world = World(versioned)
    world.upload("over.jpg", b"first")
    world.upload("over.jpg", b"second")
    world.upload("gone.jpg", b"third")
    world.delete("gone.jpg", for_good=versioned)
    if versioned:
        world.upload("gone.jpg", b"fourth")
        world.delete("gone.jpg")

    assert balanced(world).fates == {"row": len(world.events)}

    statuses = sorted(row["status"] for row in views.uploads(world.firehose.lake))
    assert statuses == (["missing", "scored", "scored", "scored"] if versioned else ["missing", "scored", "superseded"])
    assert [row["object_key"] for row in views.images(world.firehose.lake)] == ["over.jpg"]


def test_given_a_version_removed_for_good_then_the_one_before_it_is_the_image():
    world = World(versioned=True)
    first = world.upload("a.jpg", b"first")
    world.upload("a.jpg", b"second")
    world.delete("a.jpg", for_good=True)

    balanced(world)

    (image,) = views.images(world.firehose.lake)
    assert image["version_id"] == first.version_id


@pytest.mark.parametrize("versioned", [False, True])
@pytest.mark.parametrize("order", [1, -1])
def test_given_the_same_key_three_times_within_a_batch_then_the_last_upload_is_the_image(versioned, order):
    world = World(versioned)
    for body in (b"cat", b"dog", b"cat"):  # within one second: only sequencers tell them apart
        world.upload("a.jpg", body)

    world.invoke(world.queue.visible()[::order])

    balanced(world)
    (image,) = views.images(world.firehose.lake)
    assert (image["status"], image["etag"]) == ("scored", world.events[-1].etag)
    assert max(world.scorer.runs.values()) == 1


def test_given_rows_in_the_error_output_when_they_are_put_again_then_each_upload_has_its_row(world):
    world.invoke()
    world.firehose.deliver(lambda row: row["object_key"] in ("a.jpg", "c.jpg"))

    before = balanced(world)
    world.replay()

    assert before.fates == {"row": 3, "error output": 2}
    assert settle(world).fates == {"row": 5}
    assert settle(world).wrong == []


def test_given_a_full_dead_letter_queue_when_it_is_replayed_then_every_upload_has_its_row_and_no_twin(world):
    world.expire_credentials()
    for _ in range(5):
        world.invoke()
        world.clock.advance(world.queue.visibility_s)
    assert len(world.queue.dead) == 5
    assert settle(world).fates == {"dead": 5}

    world.heal()
    world.replay()

    balance = settle(world)
    assert (balance.wrong, balance.fates, balance.repeated["rows written again"]) == ([], {"row": 5}, 0)
