from datetime import UTC, date, datetime

import pytest

from sink.contract import RowContract
from sink.deadline import Deadline
from sink.errors import ObjectArchived, RowNotAccepted, StoreUnavailable, TransientError, UnreadableMessage
from sink.events import UploadEvent, UploadMessage
from sink.rows import RowBuilder
from sink.score_uploads import Limits, ScoreUploads
from tests.fakes import CountingScorer, InMemoryObjectStore, RecordingRowSink, etag_of

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
PLENTY = Deadline(lambda: 60_000, reserve_ms=1_000)


class World:
    """A use case with its fakes, and a bucket `b`."""

    def __init__(self, refuse=(), **limits):
        self.store, self.scorer, self.sink = InMemoryObjectStore(), CountingScorer(), RecordingRowSink(refuse)
        self.use_case = ScoreUploads(
            self.store,
            self.scorer,
            self.sink,
            RowBuilder(date(2026, 1, 1)),
            RowContract.load(),
            Limits(**limits),
            now=lambda: NOW,
        )

    def upload(self, key: str, body: bytes | None = None, received: int = 1, **event) -> UploadMessage:
        body = key.encode() if body is None else body
        self.store.put("b", key, body)
        return created(key, body, received, **event)

    def run(self, *messages, deadline=PLENTY):
        return self.use_case(list(messages), deadline)


def created(key: str, body: bytes, received: int = 1, **event) -> UploadMessage:
    fields = {"etag": etag_of(body), "size_bytes": len(body), "sequencer": "01"} | event
    return UploadMessage(f"m-{key}", received, (UploadEvent("created", "b", key, NOW, **fields),))


@pytest.fixture
def world():
    return World()


def test_every_upload_of_a_batch_becomes_a_row(world):
    outcome = world.run(world.upload("a.jpg"), world.upload("dir/b c.png"))

    rows = world.sink.by_key()
    assert outcome.retry == []
    assert outcome.rows == {"scored": 2}
    assert outcome.bytes_read == len("a.jpg") + len("dir/b c.png")
    assert rows["a.jpg"].values["nsfw"] == {"score": 0.2}
    assert rows["a.jpg"].values["models"] == {"nsfw": "1.0.0-int8"}
    assert rows["a.jpg"].values["timing"].keys() == {"download_ms", "decode_ms", "inference_ms"}


def test_a_bad_image_is_a_row_with_a_reason_and_costs_no_neighbour(world):
    outcome = world.run(world.upload("a"), world.upload("bad.jpg"), world.upload("c"))

    rows = world.sink.by_key()
    assert outcome.retry == []
    assert rows["bad.jpg"].status == "rejected"
    assert rows["bad.jpg"].values["error"] == {"code": "corrupt", "message": "cannot be decoded"}
    assert "nsfw" not in rows["bad.jpg"].values
    assert rows["a"].status == rows["c"].status == "scored"


def test_gone_overwritten_archived_and_too_large_uploads_are_rows(world):
    world.store.put("b", "new", b"newer")
    world.store.trouble["cold"] = ObjectArchived("GLACIER")
    world.store.max_object_bytes = 10

    outcome = world.run(
        created("gone", b"x"), created("new", b"older"), created("cold", b"x"), world.upload("big", b"x" * 11)
    )

    statuses = {key: (row.status, row.values["error"]["code"]) for key, row in world.sink.by_key().items()}
    assert outcome.retry == []
    assert statuses == {
        "gone": ("missing", "missing"),
        "new": ("superseded", "superseded"),
        "cold": ("rejected", "archived"),
        "big": ("rejected", "too_large"),
    }


def test_a_removal_is_a_row_without_a_fetch(world):
    event = UploadEvent("removed", "b", "old", NOW, sequencer="09")
    outcome = world.run(UploadMessage("m", 1, (event,)))

    assert outcome.rows == {"deleted": 1}
    assert world.store.fetched == []
    assert world.sink.rows[0].status == "deleted"


def test_folder_markers_and_test_events_are_acknowledged_without_a_row(world):
    outcome = world.run(world.upload("photos/", b""), UploadMessage("m-test", 1))

    assert outcome.retry == []
    assert world.sink.rows == []
    assert world.store.fetched == []


def test_an_unreadable_message_fails_alone(world):
    unreadable = UploadMessage("m-bad", 1, unreadable=UnreadableMessage("not JSON"))

    outcome = world.run(unreadable, world.upload("a"))

    assert outcome.retry == ["m-bad"]
    assert world.sink.by_key().keys() == {"a"}


@pytest.mark.parametrize("trouble", [StoreUnavailable("SlowDown"), RuntimeError("a bug")])
def test_trouble_of_ours_returns_its_message_only(world, trouble):
    message = world.upload("a")
    world.store.trouble["a"] = trouble

    outcome = world.run(message, world.upload("b"))

    assert outcome.failures == {"m-a": trouble}
    assert world.sink.by_key().keys() == {"b"}


def test_refused_rows_return_exactly_the_messages_they_came_from():
    world = World(refuse={"b"})

    outcome = world.run(world.upload("a"), world.upload("b"), world.upload("c"))

    assert outcome.retry == ["m-b"]
    assert isinstance(outcome.failures["m-b"], RowNotAccepted)
    assert outcome.rows == {"scored": 2}


def test_a_failing_model_writes_no_partial_row_and_returns_its_group_only():
    world = World(images_a_group=2)

    outcome = world.run(*[world.upload(key) for key in ("a", "poison", "c", "d")])

    assert sorted(outcome.retry) == ["m-a", "m-poison"]
    assert world.sink.by_key().keys() == {"c", "d"}


def test_a_message_that_came_back_is_scored_alone_so_that_it_spoils_no_neighbour(world):
    outcome = world.run(world.upload("a"), world.upload("poison", received=2), world.upload("c"))

    assert outcome.retry == ["m-poison"]
    assert world.sink.by_key().keys() == {"a", "c"}


def test_duplicates_within_a_batch_are_scored_once_and_have_a_row_each():
    world = World(images_a_group=2)

    world.run(*[world.upload(key, b"same") for key in ("a", "b", "c", "d")])

    assert world.scorer.calls == [[b"same"]]
    assert {row.values["nsfw"]["score"] for row in world.sink.rows} == {0.25}
    assert len({row.row_id for row in world.sink.rows}) == 4


def test_the_same_object_notified_twice_is_one_row_and_both_messages_hang_on_it():
    world = World(refuse={"a"})
    message = world.upload("a")
    twin = UploadMessage("m-twin", 1, message.events)

    outcome = world.run(message, twin)

    assert sorted(outcome.retry) == ["m-a", "m-twin"]
    world.sink.refuse = set()
    assert world.run(message, twin).rows == {"scored": 1}


def test_groups_keep_to_the_memory_limits():
    world = World(images_a_group=3, bytes_a_group=10)

    world.run(*[world.upload(str(n), bytes([n]) * size) for n, size in enumerate([4, 4, 4, 1, 1, 1, 20, 1])])

    assert [len(call) for call in world.scorer.calls] == [2, 3, 1, 1, 1]
    assert len(world.sink.rows) == 8


def test_when_time_runs_out_the_rows_at_hand_are_delivered_and_the_rest_comes_again():
    world = World(images_a_group=1)
    remaining = iter([5_000, 4_000, 900, 800])

    outcome = world.run(
        *[world.upload(key) for key in "abcd"], deadline=Deadline(lambda: next(remaining), reserve_ms=1_000)
    )

    assert world.sink.by_key().keys() == {"a", "b"}
    assert outcome.retry == ["m-c", "m-d"]
    assert all(isinstance(reason, TransientError) for reason in outcome.failures.values())
    assert world.store.fetched == ["a", "b"]


def test_a_row_that_breaks_the_contract_is_not_sent(world, monkeypatch):
    monkeypatch.setattr(world.scorer, "models", {"nsfw": 1})

    outcome = world.run(world.upload("a"))

    assert world.sink.rows == []
    assert "models: nsfw: expected a string" in str(outcome.failures["m-a"])


def test_a_message_with_several_events_fails_if_one_of_them_does(world):
    first, second = world.upload("a"), world.upload("b")
    world.store.trouble["b"] = StoreUnavailable("SlowDown")

    outcome = world.run(UploadMessage("m", 1, first.events + second.events))

    assert outcome.retry == ["m"]
    assert world.sink.by_key().keys() == {"a"}
