import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import jsonschema
import pytest

from adapters.eventbridge import BYTES_A_CALL, EventBridgeAlertBus
from inference import ImageFacts
from sink.alerts import VERSION, Alerts
from sink.contract import RowContract
from sink.deadline import Deadline
from sink.errors import AlertNotPublished
from sink.events import UploadEvent, UploadMessage
from sink.objects import FetchedObject
from sink.policy import JUDGEMENTS, Policy
from sink.result_cache import ResultCache
from sink.rows import RowBuilder
from sink.score_uploads import ScoreUploads
from tests.conftest import ROOT
from tests.fakes import (
    CountingScorer,
    InMemoryCacheStore,
    InMemoryObjectStore,
    RecordingAlertBus,
    RecordingRowSink,
    etag_of,
)

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
SCHEMA = json.loads((ROOT / "schemas" / "events" / "image_flagged.json").read_text(encoding="utf-8"))
DETAIL = SCHEMA["properties"]["detail"]["properties"]
EXPOSED = {"nsfw": {"score": 0.9}, "text": {"coverage": 0.125, "regions": 2}, "quality": {"score": 0.1, "noise": 1.5}}


def row(scores=None, key="listings/7/a.jpg", status="scored", metadata=None, version_id=None):
    metadata = metadata or {}
    stored = FetchedObject.of(
        b"x",
        etag="etag",
        last_modified=datetime(2026, 11, 3, 9, 15, 27, tzinfo=UTC),
        metadata=metadata,
        version_id=version_id,
    )
    builder = RowBuilder(date(2026, 1, 1), frozenset(metadata))
    event = UploadEvent("created", "b", key, NOW)
    facts = ImageFacts("JPEG", 1, 1, "RGB", 1, None, -5)
    return builder.build(event, status, now=NOW, fetched=stored, image=facts, scores=scores or EXPOSED)


def raised_by(*rows, alert_on=("is_nsfw", "has_text", "needs_review")):
    return Alerts(RecordingAlertBus(), Policy.read(), alert_on).raised_by(rows)


def event_of(alert):
    """As a subscriber gets it, from what PutEvents is given."""
    calls = []

    class Client:
        def put_events(self, **request):
            calls.extend(request["Entries"])
            return {"Entries": [{"EventId": "1"} for _ in request["Entries"]]}

    assert EventBridgeAlertBus(Client(), "arn:aws:events:us-east-1:123456789012:event-bus/a").publish([alert]) == set()
    [entry] = calls
    return entry, {
        "source": entry["Source"],
        "detail-type": entry["DetailType"],
        "resources": entry["Resources"],
        "detail": json.loads(entry["Detail"]),
    }


def test_an_alert_says_which_upload_why_and_by_which_policy():
    [alert] = raised_by(row(metadata={"listing-id": "7"}, version_id="v1"))

    values = row(metadata={"listing-id": "7"}, version_id="v1").values
    assert alert.detail == {
        "version": 1,
        "row_id": values["row_id"],
        "bucket": "b",
        "object_key": "listings/7/a.jpg",
        "version_id": "v1",
        "etag": "etag",
        "content_sha256": values["content_sha256"],
        "uploaded_at": "2026-11-03T09:15:27.000Z",
        "scored_at": "2026-11-03T12:00:00.000Z",
        "flags": ["has_text", "is_nsfw"],
        "scores": {"nsfw": {"score": 0.9}, "text": {"coverage": 0.125}},
        "policy": {"version": 1, "thresholds": {"has_text": 0.03, "is_nsfw": 0.8}},
        "metadata": {"listing-id": "7"},
    }
    assert alert.detail.keys() == DETAIL.keys()


def test_only_the_judgements_that_were_asked_for_raise_an_alert():
    quiet, loud = row({"nsfw": {"score": 0.5}}), row()

    assert raised_by(quiet, loud, alert_on=["is_nsfw"])[0].detail["flags"] == ["is_nsfw"]
    [review] = raised_by(quiet, loud, alert_on=["needs_review"])
    assert review.detail["policy"]["thresholds"] == {"needs_review": 0.2, "is_nsfw": 0.8}
    assert raised_by(row({"quality": {"score": 0.9}})) == []


@pytest.mark.parametrize("name", JUDGEMENTS)
@pytest.mark.parametrize("version_id", [None, "v1"])
def test_the_event_keeps_to_its_schema(name, version_id):
    scores = {"nsfw": {"score": 0.5}} if name == "needs_review" else EXPOSED
    [alert] = raised_by(row(scores, version_id=version_id, metadata={"listing-id": "7"}), alert_on=[name])

    _, event = event_of(alert)

    jsonschema.validate(event, SCHEMA)
    assert event["detail"]["flags"] == [name]
    assert event["detail"].keys() <= DETAIL.keys()
    for model, scores in event["detail"]["scores"].items():
        assert scores.keys() == DETAIL["scores"]["properties"][model]["properties"].keys()


def test_the_schema_is_of_this_version_and_knows_every_judgement():
    assert DETAIL["version"]["const"] == VERSION
    assert DETAIL["flags"]["items"]["enum"] == list(JUDGEMENTS)


@pytest.mark.parametrize("missing", sorted(SCHEMA["properties"]["detail"]["required"]))
def test_the_schema_refuses_an_event_without_a_field(missing):
    _, event = event_of(*raised_by(row()))
    del event["detail"][missing]

    with pytest.raises(jsonschema.ValidationError, match=missing):
        jsonschema.validate(event, SCHEMA)


def test_the_documented_event_keeps_to_the_schema():
    text = (ROOT / "docs" / "moderation.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```json\n(.*?)```", text, re.DOTALL)

    jsonschema.validate(json.loads(example), SCHEMA)


@pytest.mark.parametrize("character", ["a", "é", "🖼", '"', "\x01"])
def test_the_longest_key_and_the_most_metadata_stay_far_below_a_calls_limit(character):
    key = character * (1024 // len(character.encode()))
    metadata = {f"name-{n}": "\x01" * 256 for n in range(8)}  # S3 keeps 2 KB of it
    [alert] = raised_by(row(key=key, metadata=metadata))

    entry, event = event_of(alert)

    assert event["detail"]["object_key"] == key
    assert event["resources"] == ([] if character == "\x01" else [f"arn:aws:s3:::b/{key}"])
    jsonschema.validate(event, SCHEMA)
    assert 10 * (len(entry["Detail"].encode()) + len("".join(entry["Resources"]).encode())) < BYTES_A_CALL


class World:
    """A use case that alerts on needs_review: by its scorer, images of two to five bytes are in that band."""

    def __init__(self, refuse_alerts=(), refuse_rows=(), policy=None, cache=None, alert_on=("needs_review",)):
        self.store, self.scorer = InMemoryObjectStore(), CountingScorer()
        self.bus, self.sink = RecordingAlertBus(refuse_alerts), RecordingRowSink(refuse_rows)
        contract = RowContract.load()
        if cache is not None:
            cache = ResultCache(cache, self.scorer.fingerprints, contract, timedelta(days=30), now=lambda: NOW)
        self.use_case = ScoreUploads(
            self.store,
            self.scorer,
            self.sink,
            RowBuilder(date(2026, 1, 1)),
            contract,
            cache=cache,
            alerts=Alerts(self.bus, policy or Policy.read(), alert_on),
            now=lambda: NOW,
        )

    def upload(self, key, body):
        self.store.put("b", key, body)
        event = UploadEvent("created", "b", key, NOW, etag=etag_of(body), size_bytes=len(body), sequencer="01")
        return UploadMessage(f"m-{key}", 1, (event,))

    def run(self, *messages):
        return self.use_case(list(messages), Deadline(lambda: 60_000, reserve_ms=1_000))

    def alerted(self):
        return [alert.key for alert in self.bus.alerts]


def test_a_flagged_image_is_announced_under_its_rows_id_and_its_neighbours_are_not():
    world = World()

    outcome = world.run(world.upload("a", b"nsf"), world.upload("b", b"harmless"), world.upload("c", b"bad"))

    assert world.alerted() == ["a"]
    assert world.bus.alerts[0].row_id == world.sink.by_key()["a"].row_id
    assert (outcome.flagged, outcome.retry, outcome.rows) == (1, [], {"scored": 2, "rejected": 1})


def test_alerts_go_before_rows(monkeypatch):
    world, order = World(), []
    monkeypatch.setattr(world.bus, "publish", lambda alerts, deadline: order.append("alerts") or set())
    monkeypatch.setattr(world.sink, "put", lambda rows, deadline: order.append("rows") or set())

    world.run(world.upload("a", b"nsf"))

    assert order == ["alerts", "rows"]


def test_an_alert_that_was_not_published_returns_its_message_only_and_comes_again_with_its_row():
    world = World(refuse_alerts={"a"})
    messages = [world.upload("a", b"nsf"), world.upload("b", b"ns"), world.upload("c", b"harmless")]

    outcome = world.run(*messages)

    assert outcome.retry == ["m-a"]
    assert isinstance(outcome.failures["m-a"], AlertNotPublished)
    assert (outcome.flagged, outcome.rows) == (1, {"scored": 2})
    assert world.sink.by_key().keys() == {"b", "c"}
    world.bus.refuse = set()
    assert world.run(messages[0]).retry == []
    assert world.alerted() == ["b", "a"]
    assert world.sink.by_key().keys() == {"a", "b", "c"}


def test_a_row_that_was_not_delivered_has_its_alert_again():
    world = World(refuse_rows={"a"})
    message = world.upload("a", b"nsf")

    assert world.run(message).retry == ["m-a"]
    world.sink.refuse = set()
    assert world.run(message).retry == []

    first, second = world.bus.alerts
    assert first.row_id == second.row_id == world.sink.rows[0].row_id


def test_each_upload_of_a_content_is_announced_be_it_of_the_batch_or_of_the_cache():
    cache = InMemoryCacheStore()
    first, second = World(cache=cache), World(cache=cache)

    first.run(first.upload("a", b"nsf"), first.upload("twin", b"nsf"))
    second.run(second.upload("again", b"nsf"))

    assert (first.alerted(), second.alerted()) == (["a", "twin"], ["again"])
    assert second.scorer.calls == []
    assert second.sink.rows[0].values["cached"] == ["nsfw"]


def test_another_threshold_flags_what_the_cache_knows_without_scoring_it_again(tmp_path: Path):
    text = (ROOT / "schemas" / "policy.json").read_text(encoding="utf-8")
    path = tmp_path / "policy.json"
    path.write_text(text.replace('"version": 1', '"version": 2').replace('"value": 0.8', '"value": 0.3'))
    cache = InMemoryCacheStore()
    before = World(cache=cache, alert_on=["is_nsfw"])
    before.run(before.upload("a", b"nsf"))
    kept = {key: dict(item) for key, item in cache.items.items()}

    after = World(cache=cache, alert_on=["is_nsfw"], policy=Policy.read(path))
    after.run(after.upload("b", b"nsf"))

    assert (before.alerted(), after.alerted()) == ([], ["b"])
    assert after.bus.alerts[0].detail["policy"] == {"version": 2, "thresholds": {"is_nsfw": 0.3}}
    assert after.scorer.calls == []
    assert cache.items == kept
