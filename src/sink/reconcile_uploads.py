"""The use case: compare what is in the upload buckets with what the lake knows, and put on the queue what got lost.

A day of a bucket at a time: load the identities of the day's rows, let the listing pass by, see where an object
without a row is, and put it on the queue again if it is nowhere. A day is settled, and looked at no more, when it is
over and each of its uploads has a row; until then, or for `lookback_days`, every run looks at it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property

from sink.deadline import Deadline
from sink.errors import SinkError
from sink.ledger import (
    DayLedger,
    DayState,
    Elsewhere,
    ErrorOutput,
    KeyFilter,
    KnownRows,
    LakeRows,
    LedgerStore,
    QueueState,
    StoredObject,
    UploadListing,
    UploadQueue,
)
from sink.run_report import RunReport

KEYS_SHOWN = 10
"""Keys of lost uploads that a day remembers; the table of attempts has them all."""
NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Rules:
    """How long an upload may be on its way without being missed.

    `delivery`: from its notification to the queue, and from the scorer through the stream to the lake. `message_life`:
    on the queue, beyond the age of the oldest message (which leaves out messages that were received several times);
    nothing where the queue is empty.
    """

    delivery: timedelta
    message_life: timedelta
    attempts: int = 3
    lookback_days: int = 14
    requeued_at_most: int = 10_000


@dataclass(frozen=True)
class WatchedBucket:
    """An upload bucket: how it is listed, what the lake knows of it, and what is kept of it between runs."""

    name: str
    open_listing: Callable[[], UploadListing]
    lake: LakeRows
    store: LedgerStore


@dataclass(frozen=True)
class ReconcileUploads:
    """Looks at every day of every bucket that is not settled."""

    buckets: Sequence[WatchedBucket]
    queue: UploadQueue
    errors: ErrorOutput
    rules: Rules
    keys: KeyFilter = KeyFilter()  # noqa: RUF009 - frozen
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __call__(self, deadline: Deadline) -> RunReport:
        """One run; it stops when the deadline has passed, says what it did not see, and goes on there the next time.

        A bucket that cannot be compared does not keep the others from it: the report says why.
        """
        now = self.now()
        queue = self.queue.state()
        return _Run(self, now, queue, deadline).result()


@dataclass
class _Run:
    """The state of one run."""

    case: ReconcileUploads
    now: datetime
    queue: QueueState
    deadline: Deadline

    def result(self) -> RunReport:
        self.report = RunReport(self.now, self._horizon(), self.queue, error_lines=self.error_output.count)
        looks = [(look, state) for look in self._looks() for state in look.open_days]
        if self.queue.oldest_s is None:
            self.report.notes.append("the age of the queue's oldest message is not known yet: nothing is judged")
            self.report.unseen.extend((look.bucket.name, state.day) for look, state in looks)
            return self.report
        for look, state in sorted(looks, key=lambda pair: _longest_ago(pair[1])):
            name = look.bucket.name
            try:
                if name not in self.report.failed and (self.deadline.passed or not look.at(state)):
                    self.report.unseen.append((name, state.day))
            except SinkError as error:
                self.report.failed[name] = error
        return self.report

    def _looks(self) -> Iterator[_Look]:
        """The buckets that can be looked at."""
        names = [bucket.name for bucket in self.case.buckets]
        for bucket in self.case.buckets:
            since = bucket.store.since(self.queue.created, self.now, names)
            try:
                yield _Look.begin(self, bucket, since)
            except SinkError as error:
                self.report.failed[bucket.name] = error

    def _horizon(self) -> datetime:
        """Uploads from here on may still be on their way. To the second, as S3 keeps time."""
        oldest = timedelta(seconds=self.queue.oldest_s or 0)
        return (self.before_grace - oldest).replace(microsecond=0)

    @property
    def before_grace(self) -> datetime:
        """What was put on the queue before this moment has come to its end, unless an older message is there."""
        rules = self.case.rules
        return self.now - rules.delivery - (rules.message_life if self.queue.depth else timedelta())

    @cached_property
    def error_output(self) -> Elsewhere:
        return self.case.errors.uploads()

    @cached_property
    def dead_letters(self) -> Elsewhere:
        return self.case.queue.dead_letters() if self.queue.dead_letters else Elsewhere()

    @property
    def doubt(self) -> bool:
        """Whether it cannot be told if an upload is lost; a note says why."""
        redriven = self.queue.redriven
        reasons = {
            "the error output is too large to be read: replay or remove it first": not self.error_output.complete,
            "the dead-letter queue is too deep to be read: redrive it first": not self.dead_letters.complete,
            # A redriven message counts as new, and so hides how old its upload is.
            "the dead-letter queue was redriven not long ago: its uploads may be on their way": (
                redriven is not None and redriven > self.before_grace
            ),
            f"{self.report.requeued} uploads are on the queue again; the rest waits for the next run": (
                self.report.requeued >= self.case.rules.requeued_at_most
            ),
        }
        true = [reason for reason, holds in reasons.items() if holds]
        self.report.notes.extend(reason for reason in true if reason not in self.report.notes)
        return bool(true)


@dataclass(frozen=True)
class _Look:
    """A run's look at one bucket."""

    run: _Run
    bucket: WatchedBucket
    since: datetime
    listing: UploadListing
    open_days: Sequence[DayState]

    @classmethod
    def begin(cls, run: _Run, bucket: WatchedBucket, since: datetime) -> _Look:
        """Open the listing and see which days are not done: an unfinished one, and those since `since`."""
        listing = bucket.open_listing()
        until = min(run.report.until, listing.complete_until(run.now))
        first = max(since, run.now - timedelta(days=run.case.rules.lookback_days)).date()
        count = (until.date() - first).days + 1
        states = bucket.store.days(first + timedelta(days=n) for n in range(count)).values()
        open_days = [state for state in states if not _is_done(state, since, until, listing.name)]
        return cls(run, bucket, since, listing, open_days)

    def at(self, state: DayState) -> bool:
        """Look through a day; False where there was no time to finish."""
        run, day = self.run, state.day
        if state.unfinished is not None and state.unfinished.listing != self.listing.name:
            state = replace(state, unfinished=None, marker=None)  # a newer inventory: its markers are others
        if state.unfinished is None:
            until = min(run.report.until, self.listing.complete_until(run.now), _end(day))
            if state.result is not None:  # an older message has come up since: what was judged stays judged
                until = max(until, state.result.until)
            since = max(self.since, _start(day))
            found = DayLedger(self.bucket.name, day, since, until, run.now, self.listing.name)
        else:
            found = replace(state.unfinished, at=run.now)
        known = self.bucket.lake.of_day(day, found.since, found.until)
        found.rows = known.by_status
        for page in self.listing.pages(day, state.marker):
            self._account(page.objects, known, found)
            if page.marker is not None and run.deadline.passed:
                self.bucket.store.save(replace(state, unfinished=found, marker=page.marker))
                return False
        found.settled = (
            not found.no_row.total() and found.until >= _end(day) and self.listing.settled_until(run.now) >= _end(day)
        )
        if not self.bucket.store.save(DayState(day, result=found, version=state.version)):
            run.report.notes.append(f"s3://{self.bucket.name} {day}: another run was faster; its result stands")
        run.report.days.append(found)
        return True

    def _account(self, objects: Iterable[StoredObject], known: KnownRows, found: DayLedger) -> None:
        gaps = []
        for stored in objects:
            if not found.since <= stored.last_modified < found.until or stored.event().is_folder_marker:
                continue
            if not self.run.case.keys.takes(stored.key):
                continue
            found.listed += 1
            if not known.account_for(stored):
                gaps.append(stored)
        lost = [gap for gap in gaps if not self._is_elsewhere(gap, found)]
        for some in _in_hundreds(lost):
            self._requeue(some, found)

    def _is_elsewhere(self, gap: StoredObject, found: DayLedger) -> bool:
        for place, uploads in (("error_output", self.run.error_output), ("dead_letters", self.run.dead_letters)):
            if gap in uploads:
                found.no_row[place] += 1
                return True
        return False

    def _requeue(self, lost: Sequence[StoredObject], found: DayLedger) -> None:
        """Put on the queue what may be; the rest waits, or is unaccounted for."""
        if self.run.doubt:
            found.no_row["waiting"] += len(lost)
            return
        claimed = []
        for stored in lost:
            claim = self.bucket.store.claim(stored, self.run.now, self.run.before_grace, self.run.case.rules.attempts)
            if claim == "claimed":
                claimed.append(stored)
            elif claim == "waiting":
                found.no_row["waiting"] += 1
            else:
                found.no_row["unaccounted"] += 1
                found.lost = [*found.lost, stored.key][:KEYS_SHOWN]
        if not claimed:
            return
        refused = self.run.case.queue.send(claimed)
        for stored in claimed:
            if stored.row_id in refused:
                self.bucket.store.release(stored, self.run.now)
        found.no_row["waiting"] += len(claimed)
        found.requeued += len(claimed) - len(refused)
        self.run.report.requeued += len(claimed) - len(refused)


def _is_done(state: DayState, since: datetime, until: datetime, listing: str) -> bool:
    result = state.result
    if result is None or state.unfinished is not None:
        return _start(state.day) >= until or since >= until
    # An inventory that was read and left nothing open says the same when it is read again.
    same = result.listing == listing and not result.no_row.total()
    return result.settled or (same and min(until, _end(state.day)) <= result.until)


def _longest_ago(state: DayState) -> tuple[datetime, date]:
    if state.unfinished is not None:
        return NEVER, state.day
    return (state.result.at if state.result else NEVER), state.day


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _end(day: date) -> datetime:
    return _start(day + timedelta(days=1))


def _in_hundreds(objects: Sequence[StoredObject]) -> Iterator[Sequence[StoredObject]]:
    return (objects[start : start + 100] for start in range(0, len(objects), 100))
