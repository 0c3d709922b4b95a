"""Named recorders behind the ports."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import md5

from inference import Fingerprints, ImageFacts, Rejected, Scored
from sink.alerts import ImageFlagged
from sink.deadline import Deadline
from sink.errors import ObjectMissing, ObjectSuperseded, ObjectTooLarge, SinkError
from sink.events import UploadEvent
from sink.objects import FetchedObject
from sink.ports import CacheUnavailable
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

    def put(self, rows: Sequence[ImageRow], deadline: Deadline | None = None) -> set[str]:
        refused = {row.row_id for row in rows if row.values["object_key"] in self.refuse}
        self.rows.extend(row for row in rows if row.row_id not in refused)
        return refused

    def by_key(self) -> dict[str, ImageRow]:
        return {row.values["object_key"]: row for row in self.rows}


class RecordingAlertBus:
    """Accepts everything but the alerts whose key stands in `refuse`, and remembers what it was given."""

    def __init__(self, refuse: Iterable[str] = ()) -> None:
        self.refuse = set(refuse)
        self.alerts: list[ImageFlagged] = []

    def publish(self, alerts: Sequence[ImageFlagged], deadline: Deadline | None = None) -> set[str]:
        refused = {alert.row_id for alert in alerts if alert.key in self.refuse}
        self.alerts.extend(alert for alert in alerts if alert.row_id not in refused)
        return refused


class CountingScorer:
    """Scores by length, rejects what starts with `bad`, fails as a whole on `poison`.

    Remembers the images of each call, and by image the models that were asked for; `alone`: the images that were to be
    decoded in a process of their own, with the seconds that each was given.
    """

    def __init__(self, **models: str) -> None:
        self.models = models or {"nsfw": "1.0.0-int8"}
        self.calls: list[list[bytes]] = []
        self.asked: dict[bytes, list[str]] = {}
        self.alone: dict[bytes, float] = {}

    @property
    def fingerprints(self) -> Fingerprints:
        return Fingerprints("d" * 64, {name: release.ljust(64, "0") for name, release in self.models.items()})

    def score(self, images: Sequence[bytes], models=None, *, alone_within_s=None) -> list[Scored | Rejected]:
        wanted = [list(self.models)] * len(images) if models is None else models
        self.calls.append(list(images))
        self.asked |= dict(zip(images, wanted, strict=True))
        if alone_within_s is not None:
            self.alone |= dict.fromkeys(images, alone_within_s)
        if any(image.startswith(b"poison") for image in images):
            raise SinkError("the model failed")
        return [self._one(image, names) for image, names in zip(images, wanted, strict=True)]

    def _one(self, image: bytes, names: Sequence[str]) -> Scored | Rejected:
        if image.startswith(b"bad"):
            return Rejected(code="corrupt", message="cannot be decoded", image=None, decode_ms=1.0)
        facts = ImageFacts("JPEG", len(image), 1, "RGB", 1, None, -5)
        scores = {"nsfw": {"score": 1 / len(image)}, "text": {"coverage": 0.5 / len(image), "regions": len(image)}}
        return Scored(
            image=facts,
            scores={name: scores[name] for name in names},
            decode_ms=2.0,
            inference_ms=3.0 if names else 0.0,
        )


class InMemoryCacheStore:
    """Items by key; `down` makes every call fail; remembers the calls."""

    def __init__(self) -> None:
        self.items: dict[str, dict[str, object]] = {}
        self.down = False
        self.calls: list[str] = []

    def get(self, keys):
        self._call("get")
        return {key: dict(self.items[key]) for key in keys if key in self.items}

    def set(self, key, attributes, expires_at):
        self._call("set")
        self.items.setdefault(key, {}).update(attributes, expires_at=expires_at)

    def _call(self, name: str) -> None:
        self.calls.append(name)
        if self.down:
            raise CacheUnavailable("the table is being throttled")
