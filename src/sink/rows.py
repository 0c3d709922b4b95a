"""The row: one for every upload's final outcome. Contract: schemas/image_scores.json."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sink.errors import Status
from sink.events import UploadEvent
from sink.objects import FetchedObject

if TYPE_CHECKING:  # rows are also identified and replayed where no image library is
    from inference import ImageFacts


@dataclass(frozen=True)
class ImageRow:
    """A row as it is delivered: `values` by column name, and the day `dt` of its partition."""

    row_id: str
    status: Status
    dt: date
    values: Mapping[str, Any] = field(repr=False)

    @property
    def rank(self) -> tuple[bool, str]:
        """Which of several rows of one object speaks for it: one that was read, then that of the newest event.

        Sequencers compare as hex, left-aligned, padded with zeros.
        """
        return self.status not in ("missing", "superseded"), (self.values.get("sequencer") or "").upper().ljust(64, "0")

    def to_json(self) -> dict[str, Any]:
        """The JSON object that Firehose gets: NULLs left out, `dt` added for its dynamic partitioning."""
        return {name: value for name, value in self.values.items() if value is not None} | {"dt": self.dt.isoformat()}


def row_id(
    *,
    bucket: str,
    key: str,
    version_id: str | None = None,
    etag: str | None = None,
    last_modified: datetime | None = None,
    sequencer: str | None = None,
    removal: bool = False,
) -> str:
    """Identity of a stored object, in hex: the same by event, by retry and by listing.

    The version id if there is one, or else ETag and Last-Modified as read, or else, for an object that could not be
    read, ETag and sequencer. A removal is an event, not an object: the version id of a permanent deletion is that of
    the upload, whose row it must not displace, so it has an identity of its own.
    """
    if removal:
        identity = ["removal", version_id, sequencer]
    elif version_id is not None:
        identity = ["version", version_id]
    elif last_modified is not None:
        identity = ["read", etag, timestamp(last_modified.replace(microsecond=0))]
    else:
        identity = ["unread", etag, sequencer]
    return hashlib.sha256(json.dumps([bucket, key, *identity]).encode()).hexdigest()


def timestamp(moment: datetime) -> str:
    """`yyyy-MM-dd HH:mm:ss.SSS` in UTC: the form that Firehose's JSON deserializer reads."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="milliseconds")


@dataclass(frozen=True)
class RowBuilder:
    """Makes rows that differ only in what became of the upload."""

    earliest_upload_date: date
    metadata_names: frozenset[str] = frozenset()

    def build(
        self,
        event: UploadEvent,
        status: Status,
        *,
        now: datetime,
        fetched: FetchedObject | None = None,
        error: tuple[str, str] | None = None,
        image: ImageFacts | None = None,
        scores: Mapping[str, Mapping[str, Any]] | None = None,
        models: Mapping[str, str] | None = None,
        cached: Sequence[str] = (),
        timing: Mapping[str, float] | None = None,
    ) -> ImageRow:
        """Build one row.

        Parameters
        ----------
        fetched
            The `FetchedObject`, or None where the object could not be read.
        error
            Code and message.
        cached
            Names of the models that did not run for this row.
        timing
            Milliseconds by name: `download_ms`, `decode_ms`, `inference_ms`.
        """
        uploaded_at = event.event_time if fetched is None else fetched.last_modified
        etag = event.etag if fetched is None else fetched.etag
        version_id = event.version_id if fetched is None else fetched.version_id
        identity = row_id(
            bucket=event.bucket,
            key=event.key,
            version_id=version_id,
            etag=etag,
            last_modified=None if fetched is None else fetched.last_modified,
            sequencer=event.sequencer,
            removal=event.kind == "removed",
        )
        values: dict[str, Any] = {
            "row_id": identity,
            "status": status,
            "bucket": event.bucket,
            "object_key": event.key,
            "version_id": version_id,
            "etag": etag,
            "sequencer": event.sequencer,
            "object_bytes": event.size_bytes if fetched is None else fetched.size_bytes,
            "content_type": None if fetched is None else fetched.content_type,
            "content_sha256": None if fetched is None else fetched.sha256,
            "metadata": None if fetched is None else self._metadata(fetched.metadata),
            "source": event.source,
            "uploaded_at": timestamp(uploaded_at),
            "event_time": timestamp(event.event_time),
            "scored_at": timestamp(now),
            "error": None if error is None else {"code": error[0], "message": error[1]},
            "image": None if image is None else _present(asdict(image)),
            "models": None if models is None else dict(models),
            "cached": list(cached) if status == "scored" else None,
            "timing": None if timing is None else {name: round(value, 3) for name, value in timing.items()},
            **(scores or {}),
        }
        return ImageRow(identity, status, self._partition(uploaded_at, now), values)

    def _partition(self, uploaded_at: datetime, now: datetime) -> date:
        """The upload's day, kept inside the table's projected range: a row outside of it would vanish."""
        latest = now.astimezone(UTC).date() + timedelta(days=1)
        return max(self.earliest_upload_date, min(uploaded_at.astimezone(UTC).date(), latest))

    def _metadata(self, metadata: Mapping[str, str]) -> dict[str, str]:
        # S3 hands metadata names back in lower case.
        return {name: value for name, value in metadata.items() if name.lower() in self.metadata_names}


def _present(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
