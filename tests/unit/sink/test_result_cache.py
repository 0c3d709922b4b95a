import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import pytest

from inference import Fingerprints, ImageFacts, Rejected, Scored
from sink.contract import RowContract
from sink.result_cache import REST_S, CachedResult, ResultCache
from tests.fakes import InMemoryCacheStore

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
CONTENT = "ab" * 32
FACTS = ImageFacts("JPEG", 640, 480, "RGB", 1, 6, -(2**62))
SCORES = {"nsfw": {"score": 0.1 + 0.2}, "text": {"coverage": 1 / 3, "regions": 4}}
SCORED = Scored(FACTS, SCORES, decode_ms=2.0, inference_ms=3.0)
REJECTED = Rejected("truncated", "ends early: „…\udc80“", FACTS, decode_ms=1.0)


class Clock:
    def __init__(self):
        self.seconds, self.now = 0.0, NOW

    def forward(self, **time):
        step = timedelta(**time)
        self.seconds += step.total_seconds()
        self.now += step


class World:
    def __init__(self):
        self.store, self.clock = InMemoryCacheStore(), Clock()

    def cache(self, decoding="d", **models):
        fingerprints = Fingerprints(decoding * 64, {"nsfw": "n" * 64, "text": "t" * 64} | models)
        return ResultCache(
            self.store,
            fingerprints,
            RowContract.load(),
            timedelta(days=30),
            now=lambda: self.clock.now,
            clock=lambda: self.clock.seconds,
        )

    def spoil(self, attribute, value):
        """Put a value into the item's attribute of that name, whatever its fingerprint."""
        item = self.store.items[CONTENT]
        [name] = [name for name in item if name.split("#")[0] == attribute]
        item[name] = value


@pytest.fixture
def world():
    return World()


def test_what_was_written_is_read_to_the_last_digit(world):
    world.cache().write(CONTENT, SCORED, SCORES)

    [(content, result)] = world.cache().read([CONTENT, "cd" * 32]).items()

    assert content == CONTENT
    assert result.answer(["nsfw", "text"]) == Scored(FACTS, SCORES, 0.0, 0.0)


def test_a_rejection_is_kept_with_its_reason(world):
    world.cache().write(CONTENT, REJECTED, [])

    answer = world.cache().read([CONTENT])[CONTENT].answer(["nsfw", "text"])

    assert answer == Rejected("truncated", REJECTED.message, FACTS, 0.0)


@pytest.mark.parametrize("code", ["decoder_crash", "decode_timeout"])
def test_a_rejection_that_circumstances_may_have_caused_is_not_kept(world, code):
    world.cache().write(CONTENT, Rejected(code, "", None, 1.0), [])

    assert world.store.items == {}


def test_a_changed_model_misses_alone_and_two_versions_keep_their_scores(world):
    old, new = world.cache(), world.cache(text="u" * 64)
    old.write(CONTENT, SCORED, SCORES)

    result = new.read([CONTENT])[CONTENT]
    assert result == CachedResult(FACTS, {"nsfw": SCORES["nsfw"]})
    assert (result.lacks(["nsfw", "text"]), result.answer(["nsfw", "text"])) == (["text"], None)

    newer = {"text": {"coverage": 0.75, "regions": 1}}
    new.write(CONTENT, Scored(FACTS, newer, 1.0, 1.0), ["text"])
    assert old.read([CONTENT])[CONTENT].scores == SCORES
    assert new.read([CONTENT])[CONTENT].scores == SCORES | newer


def test_a_changed_decoder_trusts_neither_facts_nor_rejections(world):
    world.cache().write(CONTENT, SCORED, SCORES)
    world.cache().write("cd" * 32, REJECTED, [])

    results = world.cache(decoding="e").read([CONTENT, "cd" * 32])

    assert results == {CONTENT: CachedResult(None, SCORES)}
    assert results[CONTENT].answer(SCORES) is None


def test_an_item_past_its_time_is_not_trusted(world):
    world.cache().write(CONTENT, SCORED, SCORES)
    world.cache().remember("etag", 5, CONTENT)

    world.clock.forward(days=30, seconds=-1)
    assert world.cache().read([CONTENT])
    assert world.cache().content_of("etag", 5) == CONTENT

    world.clock.forward(seconds=1)
    assert world.cache().read([CONTENT]) == {}
    assert world.cache().content_of("etag", 5) is None


RUBBISH = {
    "no text": 7,
    "no JSON": "{",
    "no object": "[1]",
    "nothing": "null",
    "nested beyond measure": "[" * 100_000,
    "a field too few": json.dumps({"coverage": 0.1}),
    "a field too many": json.dumps({"coverage": 0.1, "regions": 1, "more": 1}),
    "a wrong type": json.dumps({"coverage": "0.1", "regions": 1}),
    "not finite": '{"coverage": NaN, "regions": 1}',
    "another column's": json.dumps({"score": 0.1}),
}


@pytest.mark.parametrize("rubbish", RUBBISH.values(), ids=RUBBISH.keys())
def test_rubbish_among_the_scores_costs_that_model_only(world, rubbish):
    world.cache().write(CONTENT, SCORED, SCORES)
    world.spoil("text", rubbish)

    assert world.cache().read([CONTENT])[CONTENT] == CachedResult(FACTS, {"nsfw": SCORES["nsfw"]})


def facts(**changed):
    return json.dumps(asdict(FACTS) | changed)


@pytest.mark.parametrize("rubbish", ["{", '{"format": "JPEG"}', facts(format=None), facts(height=2**40), facts(x=1)])
def test_rubbish_among_the_facts_is_a_miss(world, rubbish):
    world.cache().write(CONTENT, SCORED, SCORES)
    world.spoil("image", rubbish)

    assert world.cache().read([CONTENT])[CONTENT].answer(SCORES) is None


@pytest.mark.parametrize("rubbish", ['{"code": 1, "message": "", "image": null}', '{"code": "corrupt"}', "{}", "1"])
def test_rubbish_in_a_rejection_is_a_miss(world, rubbish):
    world.cache().write(CONTENT, REJECTED, [])
    world.spoil("rejected", rubbish)

    assert world.cache().read([CONTENT]) == {}


def test_a_rejection_of_a_decoded_image_is_not_believed(world):
    world.cache().write(CONTENT, SCORED, SCORES)
    world.cache().write(CONTENT, REJECTED, [])

    assert world.cache().read([CONTENT]) == {}


@pytest.mark.parametrize("expiry", [None, "tomorrow"])
def test_an_item_without_a_time_is_not_trusted(world, expiry):
    world.cache().write(CONTENT, SCORED, SCORES)
    world.store.items[CONTENT]["expires_at"] = expiry

    assert world.cache().read([CONTENT]) == {}


def test_a_cache_that_is_down_answers_nothing_and_rests(world):
    cache = world.cache()
    cache.write(CONTENT, SCORED, SCORES)
    world.store.down = True
    world.store.calls.clear()

    assert cache.read([CONTENT]) == {}
    cache.write(CONTENT, SCORED, SCORES)
    assert cache.content_of("etag", 5) is None
    assert world.store.calls == ["get"]
    assert cache.failures == 3, "what it did not do while it rests counts, or a store that is down would hardly show"

    world.store.down = False
    assert cache.read([CONTENT]) == {}
    world.clock.forward(seconds=REST_S)
    assert cache.read([CONTENT])
    assert cache.failures == 4


def test_an_etag_stands_for_a_content_together_with_the_size(world):
    cache = world.cache()
    cache.remember("etag", 5, CONTENT)

    assert cache.content_of("etag", 5) == CONTENT
    assert cache.content_of("etag", 6) is None
    world.store.items["etag:etag:5"]["sha256"] = "../../etc/passwd"
    assert cache.content_of("etag", 5) is None


def test_nothing_is_asked_for_nothing(world):
    assert world.cache().read([]) == {}
    assert world.store.calls == []
