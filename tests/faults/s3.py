"""A model of S3 behind the calls that the scorer makes, and of the notifications that it sends."""

import json
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import md5
from io import BytesIO
from urllib.parse import quote_plus

from tests.faults.trouble import client_error, cut_short, expired

BUCKET = "uploads"


@dataclass(frozen=True)
class Event:
    """What S3 told: an upload, or a removal."""

    number: int
    kind: str
    key: str
    at: float
    sequencer: str
    etag: str | None = None
    version_id: str | None = None
    body: bytes | None = None

    def notification(self) -> str:
        """The message body, of the fields that the scorer reads."""
        stored = {"key": quote_plus(self.key), "sequencer": self.sequencer}
        if self.kind == "created":
            stored |= {"size": len(self.body), "eTag": self.etag}
        if self.version_id is not None:
            stored["versionId"] = self.version_id
        name = "ObjectCreated:Put" if self.kind == "created" else "ObjectRemoved:Delete"
        at = datetime.fromtimestamp(self.at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        record = {"eventName": name, "eventTime": at, "s3": {"bucket": {"name": BUCKET}, "object": stored}}
        return json.dumps({"Records": [record]})


@dataclass(frozen=True)
class Version:
    """A stored object, or a delete marker (`body` is None)."""

    version_id: str
    etag: str
    last_modified: datetime
    body: bytes | None


class SimulatedS3:
    """One bucket, versioned or not. `trouble` holds what the next reads of a key meet, in order."""

    def __init__(self, clock: Callable[[], float], versioned: bool) -> None:
        self._clock, self.versioned = clock, versioned
        self.versions: dict[str, list[Version]] = defaultdict(list)
        self.trouble: dict[str, deque[Callable[[str], Exception]]] = defaultdict(deque)
        self.credentials_expired = False
        self.reads = 0
        self._events = 0

    # ------------------------------------------------------------------ what uploaders do

    def put(self, key: str, body: bytes) -> Event:
        event = self._event("created", key, md5(body, usedforsecurity=False).hexdigest(), body)
        moment = datetime.fromtimestamp(int(event.at), UTC)  # S3 keeps seconds
        version = Version(event.version_id or "null", event.etag, moment, body)
        self.versions[key] = [*(self.versions[key] if self.versioned else []), version]
        return event

    def delete(self, key: str) -> Event:
        """Remove a key: for good, or behind a delete marker."""
        event = self._event("removed", key)
        if self.versioned:
            marker = Version(event.version_id, "", datetime.fromtimestamp(int(event.at), UTC), None)
            self.versions[key].append(marker)
        else:
            self.versions[key] = []
        return event

    def delete_version(self, key: str) -> Event:
        """Remove the newest version, or delete marker, for good."""
        version_id = self.versions[key].pop().version_id
        return self._event("removed", key, version_id=version_id)

    def _event(self, kind, key, etag=None, body=None, version_id=None) -> Event:
        self._events += 1
        if self.versioned and version_id is None:
            version_id = f"v{self._events}"
        sequencer = f"{self._events:018X}"
        return Event(self._events, kind, key, self._clock(), sequencer, etag, version_id, body)

    def current(self) -> dict[str, Version]:
        """Objects that exist, by key."""
        last = {key: versions[-1] for key, versions in self.versions.items() if versions}
        return {key: version for key, version in last.items() if version.body is not None}

    # ------------------------------------------------------------------ the client

    def get_object(self, **request) -> dict:
        found, cut = self._find("GetObject", **request)
        body = _CutBody() if cut else BytesIO(found.body)
        return {**self._described(found), "Body": body}

    def head_object(self, **request) -> dict:
        found, _ = self._find("HeadObject", **request)
        return self._described(found)

    def _described(self, found: Version) -> dict:
        version = {"VersionId": found.version_id} if self.versioned else {}
        described = {"ETag": f'"{found.etag}"', "LastModified": found.last_modified, "ContentLength": len(found.body)}
        return {**described, **version, "ContentType": "image/jpeg", "Metadata": {}}

    def _find(self, call, *, Bucket, Key, VersionId=None, IfMatch=None) -> tuple[Version, bool]:  # noqa: N803
        assert Bucket == BUCKET
        self.reads += 1
        if self.credentials_expired:
            raise expired(call)
        cut = False
        if self.trouble[Key]:
            trouble = self.trouble[Key].popleft()
            cut = trouble is cut_short and call == "GetObject"
            if not cut:
                raise trouble(call)
        versions = self.versions[Key]
        if VersionId is not None:
            versions = [version for version in versions if version.version_id == VersionId]
        if not versions or (VersionId is None and versions[-1].body is None):
            raise client_error("NoSuchKey" if VersionId is None else "NoSuchVersion", 404, call)
        found = versions[-1]
        if found.body is None:
            raise client_error("MethodNotAllowed", 405, call)
        if IfMatch is not None and IfMatch != f'"{found.etag}"':
            raise client_error("PreconditionFailed", 412, call)
        return found, cut


class _CutBody(BytesIO):
    """A connection that breaks off in the middle of the object."""

    def read(self, *_: int) -> bytes:
        raise cut_short("GetObject")
