"""Named recorders behind the ports of the completeness ledger."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

from sink.ledger import (
    DayState,
    Elsewhere,
    KnownRows,
    Page,
    QueueState,
    StoredObject,
    digest,
    unread_digest,
)

NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)


def stored(key: str, at: datetime = NOON - timedelta(hours=3), **more) -> StoredObject:
    return StoredObject(**{"bucket": "b", "key": key, "etag": f"e-{key}", "last_modified": at, "size_bytes": 5} | more)


class ListedBucket:
    """Lists `objects` in pages of `page_size`; the marker is the next one's place."""

    name = "whole bucket"

    def __init__(self, objects=(), page_size: int = 2) -> None:
        self.objects, self.page_size = list(objects), page_size
        self.asked: list[tuple[date, str | None]] = []
        self.complete = self.settled = None

    def complete_until(self, now):
        return self.complete or now

    def settled_until(self, now):
        return self.settled or now

    def pages(self, day, marker):
        self.asked.append((day, marker))
        places = range(int(marker or 0), max(len(self.objects), 1), self.page_size)
        for place in places:
            last = place + self.page_size >= len(self.objects)
            yield Page(self.objects[place : place + self.page_size], None if last else str(place + self.page_size))


class KnownLake:
    """Knows the rows of `scored` objects, and of `unread` ones by key and ETag."""

    def __init__(self) -> None:
        self.scored: list[StoredObject] = []
        self.unread: list[StoredObject] = []

    def of_day(self, day, since, until):
        of_the_day = [each for each in self.scored + self.unread if each.last_modified.date() == day]
        return KnownRows(
            {digest(each.row_id) for each in self.scored},
            {unread_digest(each.bucket, each.key, each.etag) for each in self.unread},
            Counter(
                "scored" if each in self.scored else "missing"
                for each in of_the_day
                if since <= each.last_modified < until
            ),
        )


class RecordingQueue:
    """Takes everything but the keys in `refuse`; `dead` lie in the dead-letter queue."""

    def __init__(self, **state) -> None:
        self.given = {
            "created": NOON - timedelta(days=1),
            "waiting": 0,
            "in_flight": 0,
            "oldest_s": 0.0,
            "dead_letters": 0,
        } | state
        self.sent: list[str] = []
        self.refuse: set[str] = set()
        self.dead = Elsewhere()

    def state(self):
        return QueueState(**self.given)

    def dead_letters(self):
        return self.dead

    def send(self, objects):
        self.sent.extend(each.key for each in objects if each.key not in self.refuse)
        return {each.row_id for each in objects if each.key in self.refuse}


class ErrorLines:
    """The error output holds the rows of some objects."""

    def __init__(self, *objects: StoredObject, complete: bool = True) -> None:
        ids = frozenset(digest(each.row_id) for each in objects)
        self.found = Elsewhere(ids, complete, len(objects))

    def uploads(self):
        return self.found


class MemoryLedger:
    """What DynamoDB keeps of a bucket, with its conditions; `firsts` is common to all buckets."""

    def __init__(self, bucket: str = "b", firsts: dict[str, tuple] | None = None) -> None:
        self.bucket, self.firsts = bucket, {} if firsts is None else firsts
        self.states: dict[date, DayState] = {}
        self.attempts: dict[str, tuple[int, datetime]] = {}

    def since(self, deployed, now, buckets):
        at, those = self.firsts.setdefault("all", (deployed, tuple(buckets)))
        return at if self.bucket in those else self.firsts.setdefault(self.bucket, (now,))[0]

    def days(self, days):
        return {day: self.states.get(day, DayState(day)) for day in days}

    def save(self, state):
        if state.version != self.states.get(state.day, DayState(state.day)).version:
            return False
        self.states[state.day] = DayState(
            state.day, state.result, state.unfinished, state.marker, version=state.version + 1
        )
        return True

    def claim(self, stored, now, before, most):
        count, last = self.attempts.get(stored.row_id, (0, datetime.min.replace(tzinfo=UTC)))
        if last > before:
            return "waiting"
        if count >= most:
            return "spent"
        self.attempts[stored.row_id] = (count + 1, now)
        return "claimed"

    def release(self, stored, now):
        count, last = self.attempts[stored.row_id]
        if last == now and count:
            self.attempts[stored.row_id] = (count - 1, datetime.min.replace(tzinfo=UTC))
