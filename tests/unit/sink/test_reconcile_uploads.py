from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from sink.deadline import Deadline
from sink.errors import ListingRefused
from sink.ledger import DayLedger, Elsewhere, KeyFilter, digest, unread_digest
from sink.reconcile_uploads import ReconcileUploads, Rules, WatchedBucket
from tests.fakes_ledger import NOON, ErrorLines, KnownLake, ListedBucket, MemoryLedger, RecordingQueue, stored

TODAY = NOON.date()
HOUR = timedelta(hours=1)
PLENTY = Deadline(lambda: 1_000_000, 1)


class World:
    """The use case among fakes, with a clock that is set by hand."""

    def __init__(self, *objects):
        self.listing, self.lake, self.queue = ListedBucket(objects), KnownLake(), RecordingQueue()
        self.errors, self.store, self.clock = ErrorLines(), MemoryLedger(), NOON
        self.rules = Rules(delivery=HOUR, message_life=HOUR, attempts=2)

    def run(self, deadline=PLENTY, **others):
        given = {
            "buckets": [WatchedBucket("b", lambda: self.listing, self.lake, self.store)],
            "queue": self.queue,
            "errors": self.errors,
            "rules": self.rules,
            "now": lambda: self.clock,
        }
        return ReconcileUploads(**given | others)(deadline)

    def today(self, **options):
        return {day.day: day for day in self.run(**options).days}[TODAY]


def test_an_upload_with_a_row_is_accounted_for_and_one_without_goes_on_the_queue():
    world = World(stored("seen"), stored("lost"), stored("also seen"))
    world.lake.scored = [stored("seen"), stored("also seen")]

    today = world.today()

    assert world.queue.sent == ["lost"]
    assert (today.listed, today.uploaded, today.rows, today.no_row) == (3, 3, {"scored": 2}, {"waiting": 1})


def test_rows_of_objects_that_are_gone_count_as_uploads():
    world = World(stored("here"))
    world.lake.scored = [stored("here"), stored("deleted since")]

    today = world.today()

    assert (today.listed, today.uploaded, world.queue.sent) == (1, 2, [])


def test_an_object_that_was_not_read_is_known_by_key_and_etag():
    world = World(stored("too large"), stored("too large but overwritten", etag="other"))
    world.listing.objects.append(stored("too large", version_id="v"))
    world.lake.unread = [stored("too large"), stored("too large but overwritten")]

    world.run()

    assert world.queue.sent == ["too large but overwritten", "too large"], "a version is known by its id"


def test_a_version_is_told_from_another_of_the_same_key():
    world = World(stored("k", version_id="v1"), stored("k", version_id="v2"))
    world.lake.scored = [stored("k", version_id="v1")]

    world.run()

    assert list(world.store.attempts) == [stored("k", version_id="v2").row_id]


def test_folder_markers_are_no_uploads():
    world = World(stored("folder/", size_bytes=0))

    assert world.today().uploaded == 0


EMPTY, BUSY = {}, {"oldest_s": 1800.0, "in_flight": 1}


@pytest.mark.parametrize(
    ("queue", "minutes", "missed"),
    [
        (EMPTY, 61, True),
        (EMPTY, 60, False),  # an hour through stream and lake
        (BUSY, 151, True),
        (BUSY, 150, False),  # that, an hour on the queue, and the oldest message is half an hour old
        (BUSY, 0, False),
    ],
)
def test_what_may_still_be_on_its_way_is_not_judged(queue, minutes, missed):
    world = World(stored("young", NOON - timedelta(minutes=minutes)))
    world.queue.given |= queue

    world.run()

    assert bool(world.queue.sent) is missed


def test_nothing_is_judged_while_the_age_of_the_oldest_message_is_not_known():
    world = World(stored("lost"))
    world.queue.given |= {"oldest_s": None, "waiting": 3}

    report = world.run()

    assert (world.queue.sent, report.days) == ([], [])
    assert "age of the queue's oldest message" in report.notes[0]


def test_only_uploads_since_the_deployment_count_even_when_the_queue_is_made_anew():
    early = datetime(2026, 11, 2, 11, 59, 59, tzinfo=UTC)
    world = World(stored("before", early), stored("after", early + timedelta(seconds=1)))
    world.run()
    assert world.queue.sent == ["after"]

    world.queue.given["created"] = NOON
    world.clock += 3 * HOUR
    world.run()
    assert world.queue.sent == ["after", "after"]


def test_an_upload_is_tried_so_often_then_unaccounted_for_until_its_row_comes():
    world = World(stored("lost"))
    seen = []
    for _ in range(4):
        today = world.today()
        seen.append((today.requeued, today.no_row["waiting"], today.no_row["unaccounted"], today.lost))
        world.clock += 2 * HOUR
    assert seen == [(1, 1, 0, []), (1, 1, 0, []), (0, 0, 1, ["lost"]), (0, 0, 1, ["lost"])]

    world.lake.scored = [stored("lost")]
    today = world.today()
    assert (today.no_row, today.uploaded, today.lost) == ({}, 1, [])


@pytest.mark.parametrize(("waiting", "hours"), [(0, 1), (1, 2)])
def test_an_upload_that_was_put_on_the_queue_a_moment_ago_is_left_alone(waiting, hours):
    world = World(stored("lost"))
    world.run()
    world.queue.given["waiting"] = waiting
    world.clock += hours * HOUR - timedelta(seconds=1)

    today = world.today()

    assert (world.queue.sent, today.no_row) == (["lost"], {"waiting": 1})


def test_two_runs_at_once_put_an_upload_on_the_queue_once_and_keep_one_result():
    world = World(*(stored(f"lost {n}") for n in range(4)))
    inner = []

    class Interrupted(ListedBucket):
        """Another run comes and goes while this one lists."""

        def pages(self, day, marker):
            for number, page in enumerate(super().pages(day, marker)):
                if number == 1 and day == TODAY and not inner:
                    inner.append(world.run())
                yield page

    interrupted = WatchedBucket("b", lambda: Interrupted(world.listing.objects), world.lake, world.store)
    outer = world.run(buckets=[interrupted])

    assert sorted(world.queue.sent) == [f"lost {n}" for n in range(4)]
    assert outer.requeued + inner[0].requeued == 4
    assert [count for count, _ in world.store.attempts.values()] == [1, 1, 1, 1]
    assert any("another run was faster" in note for note in outer.notes)
    kept = world.store.states[TODAY].result
    assert (kept.requeued, kept.no_row) == (2, {"waiting": 4})


def test_what_the_queue_refuses_is_no_attempt():
    world = World(stored("refused"), stored("taken"))
    world.queue.refuse = {"refused"}

    first = world.today()
    world.queue.refuse = set()
    world.clock += timedelta(seconds=1)
    second = world.today()

    assert (first.requeued, first.no_row["waiting"]) == (1, 2)
    assert (second.requeued, world.queue.sent) == (1, ["taken", "refused"])


def test_error_lines_and_dead_letters_account_for_their_uploads():
    world = World(stored("unconverted"), stored("dead"), stored("lost"))
    world.errors = ErrorLines(stored("unconverted"))
    world.queue.given["dead_letters"] = 1
    world.queue.dead = Elsewhere(frozenset({digest(stored("dead").row_id)}), count=1)

    report = world.run()

    (today,) = [day for day in report.days if day.day == TODAY]
    assert world.queue.sent == ["lost"]
    assert today.no_row == {"error_output": 1, "dead_letters": 1, "waiting": 1}
    assert (today.uploaded, report.error_lines) == (3, 1)


def test_a_row_that_came_after_its_error_line_is_counted_once():
    world = World(stored("replayed"))
    world.errors = ErrorLines(stored("replayed"))
    world.lake.scored = [stored("replayed")]

    today = world.today()

    assert (today.uploaded, today.no_row) == (1, {})


@pytest.mark.parametrize(
    ("doubt", "said"),
    [
        ({"errors": ErrorLines(complete=False)}, "error output is too large"),
        ({"dead": Elsewhere(complete=False)}, "dead-letter queue is too deep"),
        ({"redriven": NOON - timedelta(minutes=59)}, "redriven not long ago"),
    ],
)
def test_in_doubt_nothing_is_put_on_the_queue_and_the_run_says_why(doubt, said):
    world = World(stored("lost"))
    world.queue.given |= {"dead_letters": 1, "redriven": doubt.get("redriven")}
    world.queue.dead = doubt.get("dead", Elsewhere())
    world.errors = doubt.get("errors", ErrorLines())

    report = world.run()

    assert world.queue.sent == []
    assert [said in note for note in report.notes] == [True]
    assert report.days[-1].no_row == {"waiting": 1}


def test_a_redrive_of_long_ago_is_no_doubt():
    world = World(stored("lost"))
    world.queue.given["redriven"] = NOON - HOUR

    world.run()

    assert world.queue.sent == ["lost"]


def test_a_run_puts_so_many_on_the_queue_and_leaves_the_rest_for_the_next():
    world = World(*(stored(f"{n:03}") for n in range(250)))
    world.listing.page_size = 250
    world.rules = replace(world.rules, requeued_at_most=100)

    report = world.run()

    assert (report.requeued, len(world.queue.sent)) == (100, 100)
    assert report.days[-1].no_row == {"waiting": 250}
    assert "the rest waits" in report.notes[0]


class Seconds:
    """A deadline that passes after so many looks at the clock."""

    def __init__(self, looks):
        self.left = looks

    def __call__(self):
        self.left -= 1
        return self.left * 1000


def test_a_run_out_of_time_says_what_it_did_not_see_and_the_next_goes_on_there():
    world = World(*(stored(f"lost {n}") for n in range(6)))
    world.queue.given["created"] = NOON - timedelta(hours=4)  # today only
    first = world.run(Deadline(Seconds(3), 0))

    assert (first.days, first.unseen, first.to_json()["complete"]) == ([], [("b", TODAY)], False)
    assert world.store.states[TODAY].result is None
    assert world.queue.sent == ["lost 0", "lost 1", "lost 2", "lost 3"]

    world.clock += timedelta(minutes=5)
    today = world.today()

    assert [marker for _, marker in world.listing.asked] == [None, "4"]
    assert world.queue.sent == [f"lost {n}" for n in range(6)]
    assert (today.listed, today.requeued, today.no_row) == (6, 6, {"waiting": 6})
    assert today.until == NOON - HOUR, "the look ends where it was begun to end"


def test_a_day_that_was_listed_to_its_end_is_whole_though_the_time_is_over():
    world = World(*(stored(f"lost {n}") for n in range(6)))
    world.queue.given["created"] = NOON - timedelta(hours=4)

    report = world.run(Deadline(Seconds(4), 0))

    assert (report.unseen, [day.listed for day in report.days]) == ([], [6])
    assert world.store.states[TODAY].unfinished is None


def test_an_unfinished_look_at_an_older_listing_is_begun_anew():
    world = World(*(stored(f"lost {n}") for n in range(6)))
    world.queue.given["created"] = NOON - timedelta(hours=4)
    world.run(Deadline(Seconds(3), 0))
    world.listing.name = "a newer inventory"

    today = world.today()

    assert (today.listed, today.no_row, world.listing.asked[-1]) == (6, {"waiting": 6}, (TODAY, None))


def test_a_day_is_settled_when_it_is_over_and_each_upload_has_a_row():
    yesterday = stored("yesterday", NOON - timedelta(hours=20))
    world = World(yesterday)
    world.lake.scored = [yesterday]
    world.run()
    world.clock += HOUR

    world.run()

    assert [day for day, _ in world.listing.asked] == [date(2026, 11, 2), TODAY, TODAY]
    assert world.store.states[date(2026, 11, 2)].result.settled


def test_a_day_with_an_open_upload_is_looked_at_for_so_long():
    world = World(stored("lost", NOON - timedelta(hours=20)))
    world.rules = replace(world.rules, lookback_days=3)
    for _ in range(5):
        world.run()
        world.clock += timedelta(days=1)

    days = [day for day, _ in world.listing.asked]

    assert days.count(date(2026, 11, 2)) == 3
    assert world.store.states[date(2026, 11, 2)].result.no_row == {"unaccounted": 1}


def test_a_day_is_not_settled_by_an_inventory_that_may_lack_its_last_hours():
    world = World()
    world.listing.settled = datetime(2026, 11, 2, 23, tzinfo=UTC)

    world.run()

    assert not world.store.states[date(2026, 11, 2)].result.settled


def test_an_inventory_is_read_once_unless_it_left_something_open():
    world = World(stored("a", NOON - timedelta(hours=20)))
    world.queue.given["created"] = NOON - timedelta(hours=21)
    world.lake.scored = list(world.listing.objects)
    world.listing.complete = datetime(2026, 11, 2, 20, tzinfo=UTC)
    world.listing.settled = world.listing.complete - timedelta(days=1)
    world.run()
    world.run()
    assert len(world.listing.asked) == 1

    world.listing.name = "the next inventory"
    world.run()
    assert len(world.listing.asked) == 2


def test_what_was_judged_stays_judged_when_an_older_message_comes_up():
    world = World(stored("lost"))
    world.run()
    world.queue.given["oldest_s"] = 8 * 3600.0
    world.clock += timedelta(minutes=1)

    world.run()

    assert world.store.states[TODAY].result.uploaded == 1


def test_objects_whose_key_does_not_begin_and_end_as_wanted_are_no_uploads():
    keys = ("photos/a.jpg", "photos/a.txt", "other/a.jpg", "photos/a.JPG")
    world = World(*(stored(key) for key in keys))

    today = world.today(keys=KeyFilter("photos/", ".jpg"))

    assert (world.queue.sent, today.listed) == (["photos/a.jpg"], 1)


class Buckets:
    """Two buckets of one stack, each with a listing, rows and a ledger of its own."""

    def __init__(self, world):
        self.firsts, self.world = {}, world
        self.listings = {name: ListedBucket() for name in ("one", "two")}
        self.lakes = {name: KnownLake() for name in self.listings}
        self.stores = {name: MemoryLedger(name, self.firsts) for name in self.listings}

    def run(self, *names, deadline=PLENTY):
        buckets = [
            WatchedBucket(name, lambda name=name: self.listings[name], self.lakes[name], self.stores[name])
            for name in names or self.listings
        ]
        return self.world.run(deadline, buckets=buckets)


def test_of_two_buckets_each_is_compared_with_its_own_rows():
    buckets = Buckets(World())
    for name in ("one", "two"):
        buckets.listings[name].objects = [stored("same key", bucket=name), stored(f"only in {name}", bucket=name)]
    buckets.lakes["one"].scored = [stored("same key", bucket="one")]
    buckets.world.errors = ErrorLines(stored("only in two", bucket="two"))

    report = buckets.run()

    today = {day.bucket: day for day in report.days if day.day == TODAY}
    assert sorted(buckets.world.queue.sent) == ["only in one", "same key"]
    assert (today["one"].rows, today["one"].no_row) == ({"scored": 1}, {"waiting": 1})
    assert (today["two"].rows, today["two"].no_row) == ({}, {"error_output": 1, "waiting": 1})


def test_an_unread_upload_of_one_bucket_says_nothing_of_the_same_key_in_another():
    buckets = Buckets(World())
    for name in ("one", "two"):
        buckets.listings[name].objects = [stored("too large", bucket=name)]
    buckets.world.queue.given["dead_letters"] = 1
    dead = stored("too large", bucket="one")
    buckets.world.queue.dead = Elsewhere(frozenset({unread_digest("one", dead.key, dead.etag)}), count=1)

    report = buckets.run()

    assert {day.bucket: day.no_row for day in report.days if day.day == TODAY} == {
        "one": {"dead_letters": 1},
        "two": {"waiting": 1},
    }


def test_a_bucket_that_cannot_be_listed_does_not_keep_the_other_from_being_compared():
    class Refused(ListedBucket):
        def pages(self, day, marker):
            raise ListingRefused("too many objects")

    buckets = Buckets(World())
    buckets.listings["one"] = Refused()
    buckets.listings["two"].objects = [stored("lost", bucket="two")]

    report = buckets.run()

    assert buckets.world.queue.sent == ["lost"]
    assert (report.to_json()["failed"], report.to_json()["complete"]) == ({"one": "too many objects"}, False)
    assert {day.bucket for day in report.days} == {"two"}


def test_uploads_to_a_bucket_that_is_added_later_count_from_the_run_that_sees_it_first():
    buckets = Buckets(World())
    buckets.listings["two"].objects = [stored("before", bucket="two"), stored("after", NOON + HOUR, bucket="two")]
    buckets.run("one")

    buckets.run()
    buckets.world.clock += 3 * HOUR
    buckets.run()

    assert buckets.world.queue.sent == ["after"]


def test_a_run_out_of_time_names_the_buckets_days_and_the_next_begins_with_what_waited_the_longest():
    buckets = Buckets(World())
    buckets.world.queue.given["created"] = NOON - timedelta(hours=4)  # today only

    report = buckets.run(deadline=Deadline(Seconds(2), 0))

    assert ([day.bucket for day in report.days], report.unseen) == (["one"], [("two", TODAY)])
    buckets.world.clock += HOUR
    assert [day.bucket for day in buckets.run().days] == ["two", "one"]


def test_a_days_ledger_survives_json():
    world = World(stored("lost"))
    today = world.today()

    assert DayLedger.from_json(today.to_json()) == today
