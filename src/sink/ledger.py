"""What the completeness ledger speaks of, and the ports through which it sees the bucket, the lake and the queues."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, Protocol

from sink.events import UploadEvent
from sink.rows import row_id

Digest = bytes
"""The first 16 of a SHA-256's 32 bytes: a day of a million uploads is known by about 100 MB of them in a set."""


@dataclass(frozen=True)
class StoredObject:
    """An object of a listing. `etag` without quotes, `last_modified` UTC to the second, `version_id` None if none."""

    bucket: str
    key: str
    etag: str
    last_modified: datetime
    size_bytes: int
    version_id: str | None = None

    @property
    def row_id(self) -> str:
        """Identity of its row: see `sink.rows.row_id`."""
        return row_id(
            bucket=self.bucket,
            key=self.key,
            version_id=self.version_id,
            etag=self.etag,
            last_modified=self.last_modified,
        )

    def event(self) -> UploadEvent:
        """What puts it on the queue again."""
        return UploadEvent(
            kind="created",
            bucket=self.bucket,
            key=self.key,
            event_time=self.last_modified,
            version_id=self.version_id,
            etag=self.etag,
            size_bytes=self.size_bytes,
            source="reconcile",
        )


def digest(hex_id: str) -> Digest:
    """A `row_id` in 16 bytes."""
    return bytes.fromhex(hex_id[:32])


def unread_digest(bucket: str, key: str, etag: str | None) -> Digest:
    """What identifies an upload that was not read, without versions: no listing knows the sequencer in its `row_id`."""
    return hashlib.sha256(f"{bucket}\0{key}\0{etag}".encode()).digest()[:16]


def has_digest(stored: StoredObject, read: Container[Digest], unread: Container[Digest]) -> bool:
    """Whether an object is among those `read`, or among those `unread` as far as that can be told without a version."""
    if digest(stored.row_id) in read:
        return True
    return stored.version_id is None and unread_digest(stored.bucket, stored.key, stored.etag) in unread


@dataclass(frozen=True)
class KeyFilter:
    """Which objects of a bucket are uploads: those whose key begins and ends so, as S3's notifications filter them."""

    prefix: str = ""
    suffix: str = ""

    def takes(self, key: str) -> bool:
        """Whether an object of this key is one."""
        return key.startswith(self.prefix) and key.endswith(self.suffix)


@dataclass(frozen=True)
class Page:
    """Some objects of a listing, and the marker from which the next page goes on; None after the last."""

    objects: Sequence[StoredObject]
    marker: str | None


@dataclass
class KnownRows:
    """The rows of a bucket's day. `read` by row id, `unread` by key and ETag; `by_status` counts each upload once."""

    read: set[Digest] = field(default_factory=set)
    unread: set[Digest] = field(default_factory=set)
    by_status: Counter[str] = field(default_factory=Counter)

    def account_for(self, stored: StoredObject) -> bool:
        """Whether the object has a row."""
        return has_digest(stored, self.read, self.unread)


@dataclass(frozen=True)
class QueueState:
    """What the queues say. `oldest_s`: age of the oldest message in seconds, None where it is not known."""

    created: datetime
    waiting: int
    in_flight: int
    oldest_s: float | None
    dead_letters: int
    redriven: datetime | None = None

    @property
    def depth(self) -> int:
        """Messages on their way."""
        return self.waiting + self.in_flight


@dataclass(frozen=True)
class Elsewhere:
    """Uploads that are accounted for without a row, by what a reader found; not `complete` where there was too much."""

    ids: frozenset[Digest] = frozenset()
    complete: bool = True
    count: int = 0

    def __contains__(self, stored: object) -> bool:
        return isinstance(stored, StoredObject) and has_digest(stored, self.ids, self.ids)


NO_ROW = ("error_output", "dead_letters", "waiting", "unaccounted")
"""Where an upload without a row is: in the error output, in the dead-letter queue, on the queue again, or nowhere."""


@dataclass
class DayLedger:
    """What a run found about the uploads of one day to one bucket.

    `since` and `until` bound the uploads looked at (Last-Modified). `listed`: objects in the bucket. `rows`: uploads of
    the day by the status of their row, also those whose object is gone by now. `no_row`: objects by where they are
    instead. `lost`: some keys of the unaccounted.
    """

    bucket: str
    day: date
    since: datetime
    until: datetime
    at: datetime
    listing: str = ""
    listed: int = 0
    requeued: int = 0
    rows: Counter[str] = field(default_factory=Counter)
    no_row: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    settled: bool = False

    @property
    def uploaded(self) -> int:
        """Uploads: each has a row, or is somewhere else."""
        return self.rows.total() + self.no_row.total()

    def to_json(self) -> dict[str, Any]:
        """Plain values, as they are kept and shown."""
        return {
            **{name: getattr(self, name) for name in ("bucket", "listing", "listed", "requeued", "lost", "settled")},
            "day": self.day.isoformat(),
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "at": self.at.isoformat(),
            "rows": dict(self.rows),
            "no_row": {name: self.no_row[name] for name in NO_ROW},
            "uploaded": self.uploaded,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> DayLedger:
        """The reverse of `to_json`."""
        return cls(
            bucket=values["bucket"],
            day=date.fromisoformat(values["day"]),
            since=datetime.fromisoformat(values["since"]),
            until=datetime.fromisoformat(values["until"]),
            at=datetime.fromisoformat(values["at"]),
            listing=values["listing"],
            listed=values["listed"],
            requeued=values["requeued"],
            lost=list(values["lost"]),
            settled=values["settled"],
            rows=Counter(values["rows"]),
            no_row=Counter({name: count for name, count in values["no_row"].items() if count}),
        )


@dataclass(frozen=True)
class DayState:
    """What is kept of a day: the last whole result, and a look that was not finished, with the marker to go on from."""

    day: date
    result: DayLedger | None = None
    unfinished: DayLedger | None = None
    marker: str | None = None
    version: int = 0


Claim = Literal["claimed", "waiting", "spent"]
"""`claimed`: ours to put on the queue. `waiting`: it was put there not long ago. `spent`: often enough."""


class UploadListing(Protocol):
    """What is in an upload bucket."""

    @property
    def name(self) -> str:
        """What kind of listing it is, and which."""

    def complete_until(self, now: datetime) -> datetime:
        """Uploads after this moment may not be in it."""

    def settled_until(self, now: datetime) -> datetime:
        """Uploads before this moment are in it for certain."""

    def pages(self, day: date, marker: str | None) -> Iterator[Page]:
        """Objects among which are those of the day, from the marker on.

        Raises
        ------
        ListingRefused
            The bucket cannot be listed so; the message says what to configure.
        """


class LakeRows(Protocol):
    """What the lake knows of the uploads to one bucket."""

    def of_day(self, day: date, since: datetime, until: datetime) -> KnownRows:
        """Rows of the day's uploads; the counts are of those uploaded from `since` until before `until`."""


class UploadQueue(Protocol):
    """The upload queue and its dead-letter queue."""

    def state(self) -> QueueState:
        """Depths and ages now."""

    def dead_letters(self) -> Elsewhere:
        """Uploads whose messages lie in the dead-letter queue; they stay there."""

    def send(self, objects: Sequence[StoredObject]) -> set[str]:
        """Put objects on the queue; return the row ids of those that were not accepted."""


class ErrorOutput(Protocol):
    """Firehose's error output."""

    def uploads(self) -> Elsewhere:
        """Uploads whose rows lie there."""


class LedgerStore(Protocol):
    """What is kept of one bucket between runs. Two runs at once do no harm."""

    def since(self, deployed: datetime, now: datetime, buckets: Collection[str]) -> datetime:
        """The moment from which uploads to the bucket count.

        For the buckets of the first run of all it is what that run called the deployment; for a bucket that is added
        later, the first run that sees it: `now`.
        """

    def days(self, days: Iterable[date]) -> dict[date, DayState]:
        """What is known of each of the days; a state of version 0 where nothing is."""

    def save(self, state: DayState) -> bool:
        """Keep the state; False, and nothing kept, where somebody else has saved the day since it was read."""

    def claim(self, stored: StoredObject, now: datetime, before: datetime, most: int) -> Claim:
        """Claim the right to put an object on the queue, at most `most` times, the last of them before `before`."""

    def release(self, stored: StoredObject, now: datetime) -> None:
        """Take back a claim of this moment: the object did not reach the queue."""
