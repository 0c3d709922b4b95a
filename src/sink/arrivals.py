"""From messages to the bytes they name: groups of uploads, downloaded and looked up while the one before is scored."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from sink.background import Background
from sink.deadline import Deadline
from sink.errors import OutOfTime
from sink.events import UploadEvent, UploadMessage
from sink.objects import FetchedObject
from sink.ports import ObjectStore
from sink.result_cache import NOTHING, CachedResult, ResultCache

OUT_OF_TIME = "no time left in this invocation: give the function more time, or smaller batches"


@dataclass(frozen=True)
class Upload:
    """One event of one message."""

    message: UploadMessage
    event: UploadEvent

    @property
    def alone(self) -> bool:
        """Whether its message was delivered before: it may hold what killed its neighbours' process the last time."""
        return self.message.receive_count > 1


@dataclass(frozen=True)
class Fetched:
    """What a fetch gave: the object, the trouble (the permanent kind makes a row), or None for a removal."""

    upload: Upload
    result: FetchedObject | Exception | None
    download_ms: float = 0.0


@dataclass(frozen=True)
class Arrival:
    """A group of uploads, fetched, and what the cache knows of their contents (by sha256)."""

    group: list[Fetched]
    cached: Mapping[str, CachedResult]


@dataclass(frozen=True)
class Limits:
    """How much is held in memory: two groups at most, one being scored while the next one downloads."""

    images_a_group: int = 8  # what a model runs at once; larger groups only take longer to give up
    bytes_a_group: int = 64 * 1024 * 1024
    downloads_at_once: int = 16


@dataclass(frozen=True)
class Arrivals:
    """Reads uploads, a group after the other.

    `models`: names of all models, which tell whether the cache knows enough of a content. With `trust_etag`, an object
    is not downloaded whose ETag and size the cache has seen; see docs/adr/0009-result-cache.md for what that trusts.
    """

    objects: ObjectStore
    models: Collection[str]
    limits: Limits
    cache: ResultCache | None
    trust_etag: bool

    def __call__(self, pool: Background, uploads: Iterable[Upload], deadline: Deadline) -> Iterator[Arrival]:
        """Groups in the order of the uploads; those for which the time does not suffice come last, as trouble."""
        waiting: tuple[list[Upload], Future[Arrival]] | None = None
        late: list[Upload] = []
        for group in self._groups(uploads):
            if deadline.passed:
                late += group
                continue
            # The pool works in order of submission: an arrival never waits for a download that waits for its place.
            coming = pool.submit(self._arrive, [pool.submit(self._fetch, upload) for upload in group])
            if waiting is not None:
                yield from _in_time(*waiting, deadline, late)
            waiting = (group, coming)
        if waiting is not None:
            yield from _in_time(*waiting, deadline, late)
        if late:
            yield Arrival([Fetched(upload, OutOfTime(OUT_OF_TIME)) for upload in late], {})

    def _groups(self, uploads: Iterable[Upload]) -> Iterator[list[Upload]]:
        group: list[Upload] = []
        size = 0
        for upload in uploads:
            expected = upload.event.size_bytes or 0
            full = len(group) == self.limits.images_a_group or size + expected > self.limits.bytes_a_group
            if group and (full or upload.alone):
                yield group
                group, size = [], 0
            group.append(upload)
            size += expected
            if upload.alone:
                yield group
                group, size = [], 0
        if group:
            yield group

    def _fetch(self, upload: Upload, *, download: bool = False) -> Fetched:
        """Read one object; `download` it even if its content is known by ETag."""
        event = upload.event
        if event.kind == "removed":
            return Fetched(upload, None)
        start = time.perf_counter()
        result: FetchedObject | Exception
        try:
            result = self.objects.fetch(event) if download else self._fetch_unless_known(event)
        except Exception as error:  # whatever it is, it must not cost the neighbours their rows
            result = error
        return Fetched(upload, result, (time.perf_counter() - start) * 1000)

    def _fetch_unless_known(self, event: UploadEvent) -> FetchedObject:
        if not self.trust_etag or self.cache is None or event.etag is None or event.size_bytes is None:
            return self.objects.fetch(event)
        stored = self.objects.fetch(event, self.cache.content_of(event.etag, event.size_bytes))
        if stored.body is not None:
            self.cache.remember(stored.etag, stored.size_bytes, stored.sha256)
        return stored

    def _arrive(self, coming: Sequence[Future[Fetched]]) -> Arrival:
        group = [future.result() for future in coming]
        contents = {fetched.result.sha256 for fetched in group if isinstance(fetched.result, FetchedObject)}
        cached = self.cache.read(contents) if self.cache else {}
        return Arrival([self._with_body(fetched, cached) for fetched in group], cached)

    def _with_body(self, fetched: Fetched, cached: Mapping[str, CachedResult]) -> Fetched:
        """Download after all what was known by its ETag, but not all of whose results are."""
        stored = fetched.result
        if not isinstance(stored, FetchedObject) or stored.body is not None:
            return fetched
        answer = cached.get(stored.sha256, NOTHING).answer(self.models)
        return self._fetch(fetched.upload, download=True) if answer is None else fetched


def _in_time(group: list[Upload], coming: Future[Arrival], deadline: Deadline, late: list[Upload]) -> Iterator[Arrival]:
    """The arrival; if it takes too long its uploads are `late`: what is begun must also be scored and delivered."""
    try:
        arrival = coming.result(deadline.seconds_left)
    except TimeoutError:
        arrival = None
    if arrival is None or deadline.passed:
        late += group
    else:
        yield arrival
