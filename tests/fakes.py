"""Named recorders behind the ports."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import md5

from inference import ImageFacts, Rejected, Scored
from sink.errors import ObjectMissing, ObjectSuperseded, ObjectTooLarge, SinkError
from sink.events import UploadEvent
from sink.objects import FetchedObject
from sink.rows import ImageRow


def etag_of(body: bytes) -> str:
    return md5(body, usedforsecurity=False).hexdigest()


class InMemoryObjectStore:
    """Keeps one object a key; `trouble` raises for a key; remembers what was asked."""

    def __init__(self, max_object_bytes: int = 1_000_000) -> None:
        self.max_object_bytes = max_object_bytes
        self.objects: dict[tuple[str, str], FetchedObject] = {}
        self.trouble: dict[str, Exception] = {}
        self.fetched: list[str] = []
        self.described: list[str] = []

    def put(self, bucket: str, key: str, body: bytes, **attributes) -> FetchedObject:
        attributes = {"last_modified": datetime(2026, 11, 3, 9, 15, 27, tzinfo=UTC)} | attributes
        stored = FetchedObject.of(body, etag=etag_of(body), **attributes)
        self.objects[bucket, key] = stored
        return stored

    def fetch(self, event: UploadEvent, known_sha256: str | None = None) -> FetchedObject:
        if event.key in self.trouble:
            raise self.trouble[event.key]
        stored = self.objects.get((event.bucket, event.key))
        if stored is None:
            raise ObjectMissing("The specified key does not exist.")
        if event.version_id is None and event.etag is not None and event.etag != stored.etag:
            raise ObjectSuperseded("At least one of the pre-conditions you specified did not hold")
        if len(stored.body) > self.max_object_bytes:
            raise ObjectTooLarge(f"{len(stored.body)} bytes, over the limit of {self.max_object_bytes}")
        if known_sha256 is not None and stored.size_bytes == event.size_bytes:
            self.described.append(event.key)
            return replace(stored, body=None, sha256=known_sha256)
        self.fetched.append(event.key)
        return stored


class RecordingRowSink:
    """Accepts everything but the rows whose key stands in `refuse`, and remembers what it was given."""

    def __init__(self, refuse: Iterable[str] = ()) -> None:
        self.refuse = set(refuse)
        self.rows: list[ImageRow] = []

    def put(self, rows: Sequence[ImageRow]) -> set[str]:
        refused = {row.row_id for row in rows if row.values["object_key"] in self.refuse}
        self.rows.extend(row for row in rows if row.row_id not in refused)
        return refused

    def by_key(self) -> dict[str, ImageRow]:
        return {row.values["object_key"]: row for row in self.rows}


class CountingScorer:
    """Scores by length, rejects what starts with `bad`, fails as a whole on `poison`; remembers each call."""

    def __init__(self) -> None:
        self.models = {"nsfw": "1.0.0-int8"}
        self.calls: list[list[bytes]] = []

    def score(self, images: Sequence[bytes], models=None) -> list[Scored | Rejected]:
        self.calls.append(list(images))
        if any(image.startswith(b"poison") for image in images):
            raise SinkError("the model failed")
        return [self._one(image) for image in images]

    def _one(self, image: bytes) -> Scored | Rejected:
        if image.startswith(b"bad"):
            return Rejected(code="corrupt", message="cannot be decoded", image=None, decode_ms=1.0)
        facts = ImageFacts("JPEG", len(image), 1, "RGB", 1, None, -5)
        return Scored(image=facts, scores={"nsfw": {"score": 1 / len(image)}}, decode_ms=2.0, inference_ms=3.0)
