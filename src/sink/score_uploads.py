"""The use case: upload messages in, rows out. Fetch → score → build rows → alert → deliver.

Every message ends in a row (scored, or permanent trouble) or in `BatchOutcome.failures` (transient trouble, so that the
queue delivers it again and at last moves it to the dead-letter queue). Nothing else happens to a message.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from inference import Rejected, Scored
from sink.alerts import Alerts
from sink.arrivals import Arrival, Arrivals, Fetched, Limits, Upload
from sink.background import Background
from sink.contract import RowContract
from sink.deadline import Deadline
from sink.errors import AlertNotPublished, OutOfTime, PermanentError, RowNotAccepted, TransientError
from sink.events import UploadMessage
from sink.objects import FetchedObject
from sink.ports import ImageScorer, ObjectStore, RowSink
from sink.result_cache import NOTHING, CachedResult, ResultCache
from sink.rows import ImageRow, RowBuilder

CACHE_WRITES_S = 5.0
"""Longest wait for results on their way into the cache, once the rows are delivered."""


@dataclass(frozen=True)
class Result:
    """The result of one content, with all models' scores; `cached`: names of the models that did not run for it."""

    of: Scored | Rejected
    cached: Sequence[str] = ()
    timing: Mapping[str, float] = field(default_factory=dict)

    def again(self, models: Iterable[str]) -> Result:
        """The same result for a twin, for which nothing ran."""
        return Result(self.of, list(models))


@dataclass
class BatchOutcome:
    """What became of a batch.

    `failures`: message id to the reason it must be delivered again. `rows`: accepted rows by status. `not_inferred`:
    scored images for which no model ran. `cache_failures`: items that the result cache did not read or keep. `flagged`:
    published alerts.
    """

    failures: dict[str, Exception] = field(default_factory=dict)
    rows: Counter[str] = field(default_factory=Counter)
    bytes_read: int = 0
    not_inferred: int = 0
    cache_failures: int = 0
    flagged: int = 0

    @property
    def retry(self) -> list[str]:
        """Ids of the messages that the queue shall deliver again."""
        return list(self.failures)

    @property
    def out_of_time(self) -> int:
        """Messages that the invocation's time did not suffice for."""
        return sum(isinstance(reason, OutOfTime) for reason in self.failures.values())


@dataclass(frozen=True)
class ScoreUploads:
    """Scores the uploads that a batch of messages names; `trust_etag`: see `Arrivals`."""

    objects: ObjectStore
    scorer: ImageScorer
    sink: RowSink
    build_row: RowBuilder
    contract: RowContract
    limits: Limits = field(default_factory=Limits)
    cache: ResultCache | None = None
    trust_etag: bool = False
    alerts: Alerts | None = None
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __call__(self, messages: Sequence[UploadMessage], deadline: Deadline) -> BatchOutcome:
        """Handle a batch; never raises for what a message, an image or a neighbour does."""
        outcome = BatchOutcome()
        for message in messages:
            if message.unreadable is not None:
                outcome.failures[message.message_id] = message.unreadable
        uploads = [Upload(m, event) for m in messages for event in m.events if not event.is_folder_marker]
        rows: dict[str, ImageRow] = {}  # by row_id: one object notified twice needs one row
        owners: dict[str, set[str]] = {}
        known: dict[str, Result] = {}  # by content, so that duplicates within the batch are scored once
        told: set[str] = set()  # contents with a row: the next one is a duplicate
        arrivals = Arrivals(self.objects, list(self.scorer.models), self.limits, self.cache, self.trust_etag)
        cache_failures = self.cache.failures if self.cache else 0
        pool = Background(self.limits.downloads_at_once)
        try:
            for arrival in arrivals(pool, uploads, deadline):
                for upload, row in self._rows(arrival, known, told, pool, deadline, outcome):
                    # A late or a failed twin must not take the place of the row that knows more.
                    rows[row.row_id] = max(rows.get(row.row_id, row), row, key=lambda each: each.rank)
                    owners.setdefault(row.row_id, set()).add(upload.message.message_id)
            self._deliver(list(rows.values()), owners, deadline.delivery, outcome)
        finally:
            pool.finish(min(deadline.delivery.seconds_left, CACHE_WRITES_S))
        outcome.cache_failures = self.cache.failures - cache_failures if self.cache else 0
        return outcome

    def _rows(
        self,
        arrival: Arrival,
        known: dict[str, Result],
        told: set[str],
        pool: Background,
        deadline: Deadline,
        outcome: BatchOutcome,
    ) -> Iterator[tuple[Upload, ImageRow]]:
        """Rows of a group; an upload whose scoring or row fails goes to `outcome.failures` instead."""
        trouble = self._score(arrival, known, pool, deadline)
        for fetched in arrival.group:
            message_id, stored = fetched.upload.message.message_id, fetched.result
            result = None
            if isinstance(stored, FetchedObject):
                result = known.get(stored.sha256)
                if result is None:
                    outcome.failures[message_id] = trouble or TransientError("the scorer gave no result for the image")
                    continue
                if stored.sha256 in told:
                    result = result.again(self.scorer.models)
                told.add(stored.sha256)
                outcome.bytes_read += len(stored.body or b"")
                outcome.not_inferred += isinstance(result.of, Scored) and len(result.cached) == len(self.scorer.models)
            elif isinstance(stored, Exception) and not isinstance(stored, PermanentError):
                outcome.failures[message_id] = stored
                continue
            row = self._row(fetched, result)
            if violations := list(self.contract.violations(row.values)):
                outcome.failures[message_id] = RowNotAccepted(
                    f"the row breaks schemas/image_scores.json: {'; '.join(violations)}. Run `make schemas`"
                )
            else:
                yield fetched.upload, row

    def _score(
        self, arrival: Arrival, known: dict[str, Result], pool: Background, deadline: Deadline
    ) -> Exception | None:
        """Add the results of contents not seen before; all models or none, so a failure is the whole group's."""
        models = list(self.scorer.models)
        bodies: dict[str, bytes] = {}
        for fetched in arrival.group:
            stored = fetched.result
            if not isinstance(stored, FetchedObject) or stored.sha256 in known:
                continue
            answer = arrival.cached.get(stored.sha256, NOTHING).answer(models)
            if answer is not None:
                known[stored.sha256] = Result(answer, models)
            elif stored.body is not None:
                bodies[stored.sha256] = stored.body
        missing = {content: arrival.cached.get(content, NOTHING).lacks(models) for content in bodies}
        alone_within_s = deadline.seconds_left if any(fetched.upload.alone for fetched in arrival.group) else None
        try:
            results = (
                self.scorer.score(list(bodies.values()), list(missing.values()), alone_within_s=alone_within_s)
                if bodies
                else []
            )
            scored = dict(zip(bodies, results, strict=True))
            known |= {each: _completed(scored[each], arrival.cached.get(each, NOTHING), models) for each in scored}
        except Exception as error:
            return error
        for content, result in scored.items():
            if self.cache is not None:
                pool.submit(self.cache.write, content, result, missing[content])
        return None

    def _row(self, fetched: Fetched, result: Result | None) -> ImageRow:
        now, event, stored = self.now(), fetched.upload.event, fetched.result
        if isinstance(stored, PermanentError):
            return self.build_row.build(event, stored.status, now=now, error=(stored.code, str(stored)))
        if not isinstance(stored, FetchedObject) or result is None:
            return self.build_row.build(event, "deleted", now=now)
        timing = {"download_ms": fetched.download_ms, **result.timing}
        if isinstance(result.of, Rejected):
            return self.build_row.build(
                event,
                "rejected",
                now=now,
                fetched=stored,
                error=(result.of.code, result.of.message),
                image=result.of.image,
                timing=timing,
            )
        return self.build_row.build(
            event,
            "scored",
            now=now,
            fetched=stored,
            image=result.of.image,
            scores=result.of.scores,
            models=self.scorer.models,
            cached=result.cached,
            timing=timing,
        )

    def _deliver(
        self, rows: list[ImageRow], owners: dict[str, set[str]], deadline: Deadline, outcome: BatchOutcome
    ) -> None:
        rows = self._alert(rows, owners, deadline, outcome)
        refused = self.sink.put(rows, deadline)
        for row in rows:
            if row.row_id not in refused:
                outcome.rows[row.status] += 1
                continue
            for message_id in owners[row.row_id]:
                outcome.failures[message_id] = RowNotAccepted("the delivery stream did not take the row after retries")

    def _alert(
        self, rows: list[ImageRow], owners: dict[str, set[str]], deadline: Deadline, outcome: BatchOutcome
    ) -> list[ImageRow]:
        """Publish the alerts; return the rows to deliver. One whose alert failed comes again, alert and row."""
        if self.alerts is None:
            return rows
        raised = self.alerts.raised_by(rows)
        failed = self.alerts.bus.publish(raised, deadline)
        outcome.flagged = len(raised) - len(failed)
        for row_id in failed:
            for message_id in owners[row_id]:
                outcome.failures[message_id] = AlertNotPublished("the event bus did not take the alert after retries")
        return [row for row in rows if row.row_id not in failed]


def _completed(result: Scored | Rejected, cached: CachedResult, models: Sequence[str]) -> Result:
    """A result of which some models' scores may come from the cache."""
    if isinstance(result, Rejected):
        return Result(result, timing={"decode_ms": result.decode_ms})
    scores = {name: result.scores[name] if name in result.scores else dict(cached.scores[name]) for name in models}
    return Result(
        Scored(result.image, scores, result.decode_ms, result.inference_ms),
        [name for name in models if name not in result.scores],
        {"decode_ms": result.decode_ms, "inference_ms": result.inference_ms},
    )
