"""The use case: upload messages in, rows out. Fetch → score → build rows → deliver.

Every message ends in a row (scored, or permanent trouble) or in `BatchOutcome.failures` (transient trouble, so that the
queue delivers it again and at last moves it to the dead-letter queue). Nothing else happens to a message.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime

from inference import Rejected, Scored
from sink.contract import RowContract
from sink.deadline import Deadline
from sink.errors import PermanentError, RowNotAccepted, TransientError
from sink.events import UploadEvent, UploadMessage
from sink.objects import FetchedObject
from sink.ports import ImageScorer, ObjectStore, RowSink
from sink.rows import ImageRow, RowBuilder


@dataclass(frozen=True)
class Upload:
    """One event of one message."""

    message: UploadMessage
    event: UploadEvent


@dataclass(frozen=True)
class Fetched:
    """What a fetch gave: the object, the permanent trouble that makes its row, or None for a removal."""

    upload: Upload
    result: FetchedObject | PermanentError | None
    download_ms: float = 0.0


@dataclass
class BatchOutcome:
    """What became of a batch.

    `failures`: message id to the reason it must be delivered again. `rows`: accepted rows by status.
    """

    failures: dict[str, Exception] = field(default_factory=dict)
    rows: Counter[str] = field(default_factory=Counter)
    bytes_read: int = 0

    @property
    def retry(self) -> list[str]:
        """Ids of the messages that the queue shall deliver again."""
        return list(self.failures)


@dataclass(frozen=True)
class Limits:
    """How much is held in memory: two groups at most, one being scored while the next one downloads."""

    images_a_group: int = 16
    bytes_a_group: int = 64 * 1024 * 1024
    downloads_at_once: int = 16


@dataclass(frozen=True)
class ScoreUploads:
    """Scores the uploads that a batch of messages names."""

    objects: ObjectStore
    scorer: ImageScorer
    sink: RowSink
    build_row: RowBuilder
    contract: RowContract
    limits: Limits = Limits()
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
        known: dict[str, Scored | Rejected] = {}  # by content, so that duplicates within the batch are scored once
        with ThreadPoolExecutor(self.limits.downloads_at_once, "download") as pool:
            for group in self._fetched(pool, uploads, deadline, outcome):
                for upload, row in self._rows(group, known, outcome):
                    rows[row.row_id] = row
                    owners.setdefault(row.row_id, set()).add(upload.message.message_id)
        self._deliver(list(rows.values()), owners, outcome)
        return outcome

    def _fetched(
        self, pool: ThreadPoolExecutor, uploads: Sequence[Upload], deadline: Deadline, outcome: BatchOutcome
    ) -> Iterator[list[Fetched]]:
        """Groups of fetched uploads; while one is scored the next one downloads."""
        waiting: list[tuple[Upload, Future[Fetched]]] = []
        for group in self._groups(uploads):
            if deadline.passed:
                for upload in group:
                    outcome.failures[upload.message.message_id] = TransientError(
                        "no time left in this invocation: give the function more time, or smaller batches"
                    )
                continue
            coming = [(upload, pool.submit(self._fetch, upload)) for upload in group]
            if waiting:
                yield self._results(waiting, outcome)
            waiting = coming
        if waiting:
            yield self._results(waiting, outcome)

    def _groups(self, uploads: Iterable[Upload]) -> Iterator[list[Upload]]:
        group: list[Upload] = []
        size = 0
        for upload in uploads:
            # A message that came back may hold what spoiled its group the last time: it goes alone.
            alone = upload.message.receive_count > 1
            expected = upload.event.size_bytes or 0
            full = len(group) == self.limits.images_a_group or size + expected > self.limits.bytes_a_group
            if group and (full or alone):
                yield group
                group, size = [], 0
            group.append(upload)
            size += expected
            if alone:
                yield group
                group, size = [], 0
        if group:
            yield group

    def _fetch(self, upload: Upload) -> Fetched:
        if upload.event.kind == "removed":
            return Fetched(upload, None)
        start = time.perf_counter()
        result: FetchedObject | PermanentError
        try:
            result = self.objects.fetch(upload.event)
        except PermanentError as error:
            result = error
        return Fetched(upload, result, (time.perf_counter() - start) * 1000)

    def _results(self, group: Iterable[tuple[Upload, Future[Fetched]]], outcome: BatchOutcome) -> list[Fetched]:
        results: list[Fetched] = []
        for upload, future in group:
            try:
                results.append(future.result())
            except Exception as error:  # whatever it is, it must not cost the neighbours their rows
                outcome.failures[upload.message.message_id] = error
        return results

    def _rows(
        self, group: list[Fetched], known: dict[str, Scored | Rejected], outcome: BatchOutcome
    ) -> Iterator[tuple[Upload, ImageRow]]:
        """Rows of a group; an upload whose scoring or row fails goes to `outcome.failures` instead."""
        trouble = self._score(group, known)
        for fetched in group:
            message_id = fetched.upload.message.message_id
            if isinstance(fetched.result, FetchedObject):
                if fetched.result.sha256 not in known:
                    outcome.failures[message_id] = trouble or TransientError("the scorer gave no result for the image")
                    continue
                outcome.bytes_read += len(fetched.result.body)
            row = self._row(fetched, known)
            if violations := list(self.contract.violations(row.values)):
                outcome.failures[message_id] = RowNotAccepted(
                    f"the row breaks schemas/image_scores.json: {'; '.join(violations)}. Run `make schemas`"
                )
            else:
                yield fetched.upload, row

    def _score(self, group: list[Fetched], known: dict[str, Scored | Rejected]) -> Exception | None:
        """Add the results of contents not seen before; all models or none, so a failure is the whole group's."""
        objects = [fetched.result for fetched in group if isinstance(fetched.result, FetchedObject)]
        new = {stored.sha256: stored.body for stored in objects if stored.sha256 not in known}
        try:
            if new:
                known.update(dict(zip(new, self.scorer.score(list(new.values())), strict=True)))
        except Exception as error:
            return error
        return None

    def _row(self, fetched: Fetched, known: dict[str, Scored | Rejected]) -> ImageRow:
        now, event, stored = self.now(), fetched.upload.event, fetched.result
        if stored is None:
            return self.build_row.build(event, "deleted", now=now)
        if isinstance(stored, PermanentError):
            return self.build_row.build(event, stored.status, now=now, error=(stored.code, str(stored)))
        result = known[stored.sha256]
        timing = {"download_ms": fetched.download_ms, "decode_ms": result.decode_ms}
        if isinstance(result, Rejected):
            return self.build_row.build(
                event,
                "rejected",
                now=now,
                fetched=stored,
                error=(result.code, result.message),
                image=result.image,
                timing=timing,
            )
        return self.build_row.build(
            event,
            "scored",
            now=now,
            fetched=stored,
            image=result.image,
            scores=result.scores,
            models=self.scorer.models,
            timing=timing | {"inference_ms": result.inference_ms},
        )

    def _deliver(self, rows: list[ImageRow], owners: dict[str, set[str]], outcome: BatchOutcome) -> None:
        refused = self.sink.put(rows)
        for row in rows:
            if row.row_id not in refused:
                outcome.rows[row.status] += 1
                continue
            for message_id in owners[row.row_id]:
                outcome.failures[message_id] = RowNotAccepted("the delivery stream did not take the row after retries")
