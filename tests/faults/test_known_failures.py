"""Four ways in which pipelines of this kind have failed. Each test shows the naive code fail, and ours not."""

from dataclasses import replace

import pytest

from inference import Scored
from sink.arrivals import Limits
from sink.deadline import Deadline
from sink.packing import pack
from tests.faults import views
from tests.faults.ledger import settle
from tests.faults.world import World, scores_of


class Heedless(Deadline):
    """The naive deadline: nobody looks at the clock."""

    passed = False
    seconds_left = 1e9


def crowd(**options) -> World:
    """150 images of a second each, for a function that has two minutes."""
    world = World(cache=False, limits=Limits(downloads_at_once=1), **options)
    world.scorer.image_s = 1
    for number in range(150):
        world.upload(f"{number}.jpg", b"photo %d" % number)
    return world


def test_a_batch_that_times_out_runs_thousands_of_images_again_and_every_alarm_stays_green():
    naive, ours = crowd(deadline=Heedless), crowd()

    for _ in range(4):
        naive.invoke()
        naive.clock.advance(naive.queue.visibility_s)
    assert (len(naive.queue.dead), sum(naive.scorer.runs.values())) == (150, 3 * 120)  # all for nothing
    assert naive.firehose.buffer == []

    first = ours.invoke()
    assert first.outcome.out_of_time == len(first.outcome.retry) > 0  # what MessagesOutOfTime says
    ours.drain(batch_size=150)
    assert settle(ours).fates == {"row": 150}
    assert set(ours.scorer.runs.values()) == {1}


@pytest.mark.parametrize("versioned", [False, True])
def test_a_stale_duplicate_does_not_overwrite_a_success(versioned):
    world = World(versioned, cache=False)
    old = world.upload("a.jpg", b"cat")
    world.drain()
    world.clock.advance(5)
    new = world.upload("a.jpg", b"dog")
    world.drain()

    world.notify(old)  # hours late, after both were scored
    world.clock.advance(7_200)
    world.drain()

    naive = max(world.firehose.lake, key=lambda row: row["scored_at"])
    assert (naive["etag"], naive["status"]) == (old.etag, "scored" if versioned else "superseded")  # the last one wins
    (image,) = views.images(world.firehose.lake)
    assert (image["etag"], image["nsfw"]) == (new.etag, scores_of(b"dog")["nsfw"])
    assert sorted(row["etag"] for row in views.uploads(world.firehose.lake)) == sorted([old.etag, new.etag])
    assert {row["status"] for row in views.uploads(world.firehose.lake)} == {"scored"}
    assert settle(world).wrong == []


@pytest.mark.parametrize("versioned", [False, True])
@pytest.mark.parametrize("trust_etag", [False, True])
def test_a_new_upload_of_a_key_is_not_served_the_old_result(trust_etag, versioned):
    def run(world: World) -> World:
        for body in (b"cat", b"dog", b"cat"):  # of one size
            world.upload("a.jpg", body)
            world.drain()
            world.clock.advance(5)
        return world

    ours, naive = run(World(versioned, trust_etag=trust_etag)), World(versioned, trust_etag=True)
    cache = naive.use_case.cache
    remembered: dict[int, str] = {}
    cache.remember = lambda etag, size, content: remembered.setdefault(size, content)
    cache.content_of = lambda etag, size: remembered.get(size)  # the key stands for its content
    run(naive)

    assert [row["nsfw"] for row in ours.firehose.lake] == [scores_of(body)["nsfw"] for body in (b"cat", b"dog", b"cat")]
    assert ours.scorer.runs == {b"cat": 1, b"dog": 1}
    assert len(views.uploads(ours.firehose.lake)) == 3
    assert settle(ours).wrong == []
    assert any("not its content's" in line for line in settle(naive).wrong)


def test_throttling_leaves_no_upload_without_a_row_under_a_success():
    class NaiveSink:
        """A 200 is a success."""

        def __init__(self, client):
            self.client = client

        def put(self, rows, deadline=None):
            records = [{"Data": record.data} for record in pack(rows)]
            self.client.put_record_batch(DeliveryStreamName="rows", Records=records)
            return set()

    def run(world: World) -> World:
        world.firehose.faults.extend(["all"] * 2)
        world.upload("a.jpg", b"cat")
        world.drain()
        return world

    ours, naive = World(), World()
    naive.use_case = replace(naive.use_case, sink=NaiveSink(naive.firehose))

    assert settle(run(ours)).fates == {"row": 1}
    assert settle(run(naive)).fates == {"unaccounted": 1}


def test_a_model_that_is_throttled_leaves_no_scores_missing_under_a_success():
    world = World(cache=False)
    score, answers = world.scorer.score, iter([True, False])

    def score_with_half_of_the_models(images, models=None, **alone):
        results = score(images, models, **alone)
        if next(answers, False):
            results = [Scored(one.image, {"nsfw": one.scores["nsfw"]}, 1.0, 1.0) for one in results]
        return results

    world.scorer.score = score_with_half_of_the_models
    world.upload("a.jpg", b"cat")

    first = world.invoke()
    assert (first.outcome.rows, len(first.outcome.retry)) == ({}, 1)
    world.drain()
    (row,) = world.firehose.lake
    assert row["models"].keys() == {name for name in row if name in ("nsfw", "text")} == {"nsfw", "text"}
    assert settle(world).wrong == []


def test_rows_are_delivered_though_the_last_group_was_begun_at_the_last_moment():
    """The reserve: eight images of the slowest kind (2.5 s each), and a stream as slow as its time-outs."""
    world = crowd()
    world.scorer.image_s = 2.5
    put = world.firehose.put_record_batch

    def slow(**request):
        world.clock.advance(7)  # the client's time-outs
        return put(**request)

    world.firehose.put_record_batch = slow
    began = world.clock()

    first = world.invoke()

    assert first.outcome is not None
    assert sum(first.outcome.rows.values()) >= 36
    assert world.clock() - began < world.timeout_s
