import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from sink.arrivals import Limits
from sink.contract import RowContract
from sink.deadline import Deadline
from sink.errors import ObjectArchived, ObjectMissing, OutOfTime, RowNotAccepted, StoreUnavailable, UnreadableMessage
from sink.events import UploadEvent, UploadMessage
from sink.result_cache import ResultCache
from sink.rows import RowBuilder
from sink.score_uploads import ScoreUploads
from tests.fakes import CountingScorer, InMemoryCacheStore, InMemoryObjectStore, RecordingRowSink, etag_of

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
PLENTY = Deadline(lambda: 60_000, reserve_ms=1_000)


class World:
    """A use case with its fakes, and a bucket `b`."""

    def __init__(self, refuse=(), scorer=None, cache=None, trust_etag=False, **limits):
        self.store, self.sink = InMemoryObjectStore(), RecordingRowSink(refuse)
        self.scorer = scorer or CountingScorer()
        contract = RowContract.load()
        if cache is not None:
            cache = ResultCache(cache, self.scorer.fingerprints, contract, timedelta(days=30), now=lambda: NOW)
        self.use_case = ScoreUploads(
            self.store,
            self.scorer,
            self.sink,
            RowBuilder(date(2026, 1, 1)),
            contract,
            Limits(**limits),
            cache,
            trust_etag,
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


def test_a_message_that_came_back_is_decoded_in_a_process_of_its_own_within_the_time_that_is_left(world):
    world.run(
        world.upload("a"), world.upload("b", received=2), world.upload("c"), deadline=Deadline(lambda: 9_500, 8_000)
    )

    assert world.scorer.calls == [[b"a"], [b"b"], [b"c"]]
    assert world.scorer.alone == {b"b": 1.5}


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


class Watch:
    """Remaining time that a scorer uses up: so many milliseconds an image."""

    def __init__(self, remaining_ms: float, an_image_ms: float = 1_000):
        self.remaining_ms, self.an_image_ms, self.score = remaining_ms, an_image_ms, None

    def around(self, scorer: CountingScorer) -> CountingScorer:
        score = scorer.score

        def slow(images, models=None, **alone):
            self.remaining_ms -= self.an_image_ms * len(images)
            return score(images, models, **alone)

        scorer.score = slow
        return scorer

    def deadline(self, reserve_ms: float) -> Deadline:
        return Deadline(lambda: self.remaining_ms, reserve_ms)


def test_when_time_runs_out_the_rows_at_hand_are_delivered_and_the_rest_comes_again():
    watch = Watch(3_500)
    world = World(images_a_group=1, scorer=watch.around(CountingScorer()))

    outcome = world.run(*[world.upload(key) for key in "abcdef"], deadline=watch.deadline(reserve_ms=2_000))

    assert world.sink.by_key().keys() == {"a", "b"}
    assert sorted(outcome.retry) == ["m-c", "m-d", "m-e", "m-f"]
    assert all(isinstance(reason, OutOfTime) for reason in outcome.failures.values())
    assert outcome.out_of_time == 4
    assert world.store.fetched == ["a", "b", "c"]
    assert watch.remaining_ms == 1_500  # what was begun in time has used no more than the reserve


def test_a_download_that_hangs_costs_its_group_and_not_the_invocation():
    world, release = World(images_a_group=1, downloads_at_once=2), threading.Event()
    fetch = world.store.fetch
    world.store.fetch = lambda event, known=None: (event.key == "hangs" and release.wait(60)) or fetch(event)

    try:
        outcome = world.run(
            world.upload("a"),
            world.upload("hangs"),
            world.upload("c"),
            deadline=Deadline(lambda: 1_060 if world.scorer.calls else 60_000, reserve_ms=1_050),
        )
        assert not release.is_set()
    finally:
        release.set()

    assert world.sink.by_key().keys() == {"a"}
    assert sorted(outcome.retry) == ["m-c", "m-hangs"]


def test_of_two_events_of_one_stored_object_the_newest_speaks_for_it(world):
    newest, late = world.upload("a", sequencer="0A1"), created("a", b"a", sequencer="0a")

    world.run(newest, UploadMessage("m-late", 1, late.events))

    assert [row.values["sequencer"] for row in world.sink.rows] == ["0A1"]


@pytest.mark.parametrize("gone_at", [0, 1])
def test_of_two_rows_of_one_version_the_one_that_was_read_is_delivered(world, gone_at):
    message = world.upload("a", version_id="v1")
    stored, answers = world.store.objects["b", "a"], iter(range(2))

    def fetch(event, known_sha256=None):
        if next(answers) == gone_at:
            raise ObjectMissing("removed for good between the two reads")
        return replace(stored, version_id="v1")

    world.store.fetch = fetch
    world.run(message, UploadMessage("m-twin", 2, message.events))

    assert [row.status for row in world.sink.rows] == ["scored"]


def test_what_no_row_can_hold_is_no_row_and_costs_no_neighbour(world):
    outcome = world.run(created("gone", b"x", etag="\ud800"), world.upload("a"))

    assert outcome.retry == ["m-gone"]
    assert world.sink.by_key().keys() == {"a"}


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


BOTH = {"nsfw": "1.0.0-int8", "text": "1.0.0"}


def test_a_content_seen_in_another_batch_is_answered_by_the_cache():
    table = InMemoryCacheStore()
    first, second = World(cache=table, scorer=CountingScorer(**BOTH)), World(cache=table, scorer=CountingScorer(**BOTH))
    first.run(first.upload("a", b"photo"), first.upload("broken", b"bad"))

    outcome = second.run(second.upload("b", b"photo"), second.upload("c", b"bad one"), second.upload("d", b"bad"))

    rows, before = second.sink.by_key(), first.sink.by_key()
    assert second.scorer.calls == [[b"bad one"]]
    for column in ("image", "nsfw", "text", "models"):
        assert rows["b"].values[column] == before["a"].values[column]
    assert rows["b"].values["cached"] == ["nsfw", "text"]
    assert rows["b"].values["timing"].keys() == {"download_ms"}
    assert before["a"].values["cached"] == []
    assert (rows["d"].status, rows["d"].values["error"]) == ("rejected", before["broken"].values["error"])
    assert (outcome.not_inferred, outcome.cache_failures) == (1, 0)


def test_a_changed_model_runs_alone_on_contents_seen_before():
    table = InMemoryCacheStore()
    before = World(cache=table, scorer=CountingScorer(**BOTH))
    before.run(before.upload("a", b"photo"))
    after = World(cache=table, scorer=CountingScorer(nsfw="1.0.0-int8", text="2.0.0"))

    outcome = after.run(after.upload("b", b"photo"), after.upload("new", b"picture"))

    assert after.scorer.asked == {b"photo": ["text"], b"picture": ["nsfw", "text"]}
    row = after.sink.by_key()["b"].values
    assert row["nsfw"] == before.sink.by_key()["a"].values["nsfw"]
    assert row["text"] == {"coverage": 0.1, "regions": 5}
    assert (row["cached"], row["models"]) == (["nsfw"], {"nsfw": "1.0.0-int8", "text": "2.0.0"})
    assert row["timing"].keys() == {"download_ms", "decode_ms", "inference_ms"}
    assert outcome.not_inferred == 0


def test_a_twin_within_the_batch_says_that_no_model_ran_for_it():
    world = World()

    outcome = world.run(world.upload("a", b"photo"), world.upload("b", b"photo"))

    rows = world.sink.by_key()
    assert (rows["a"].values["cached"], rows["b"].values["cached"]) == ([], ["nsfw"])
    assert rows["b"].values["timing"].keys() == {"download_ms"}
    assert outcome.not_inferred == 1


def test_a_cache_that_is_down_costs_no_row():
    table = InMemoryCacheStore()
    table.down = True
    world = World(cache=table, images_a_group=1)

    outcome = world.run(*(world.upload(key) for key in ("a", "b", "c")))

    assert outcome.rows == {"scored": 3}
    assert outcome.cache_failures == 6, "three contents, neither read nor kept"
    assert table.calls == ["get"]


def test_results_are_kept_even_if_their_rows_are_refused():
    table = InMemoryCacheStore()
    world = World(cache=table, refuse=["a"])
    assert world.run(world.upload("a", b"photo")).retry == ["m-a"]

    world.sink.refuse.clear()
    assert world.run(world.upload("a", b"photo", received=2)).retry == []
    assert world.scorer.calls == [[b"photo"]]


def test_a_model_that_fails_leaves_nothing_in_the_cache():
    table = InMemoryCacheStore()
    world = World(cache=table)

    assert world.run(world.upload("a", b"poison")).retry == ["m-a"]
    assert table.items == {}


def test_a_trusted_etag_saves_the_download_of_a_known_content():
    table = InMemoryCacheStore()
    world = World(cache=table, trust_etag=True)
    world.run(world.upload("a", b"photo"))

    outcome = world.run(world.upload("b", b"photo"), world.upload("c", b"other"))

    assert (world.store.fetched, world.store.described) == (["a", "c"], ["b"])
    rows = world.sink.by_key()
    assert rows["b"].values["nsfw"] == rows["a"].values["nsfw"]
    for column in ("content_sha256", "object_bytes", "uploaded_at", "etag"):
        assert rows["b"].values[column] == rows["a"].values[column]
    assert rows["b"].row_id != rows["a"].row_id
    assert outcome.bytes_read == len(b"other")


def test_a_trusted_etag_whose_results_are_gone_is_downloaded_after_all():
    table = InMemoryCacheStore()
    world = World(cache=table, trust_etag=True)
    world.run(world.upload("a", b"photo"))
    table.items = {key: item for key, item in table.items.items() if key.startswith("etag:")}

    outcome = world.run(world.upload("b", b"photo"))

    assert outcome.rows == {"scored": 1}
    assert world.store.fetched == ["a", "b"]
    assert world.scorer.calls == [[b"photo"], [b"photo"]]


def test_an_etag_is_not_trusted_unless_told():
    world = World(cache=InMemoryCacheStore())
    world.run(world.upload("a", b"photo"))
    world.run(world.upload("b", b"photo"))

    assert (world.store.fetched, world.store.described) == (["a", "b"], [])
