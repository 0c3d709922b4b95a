"""`--data DIR`: what survives a restart, and how it is stored.

DIR holds `state.json` (format, object versions, messages, items), `blobs/<sha256>` (object bodies), `logs/`, `lock`.
A clean stop writes new blobs, then a new `state.json`, which replaces the old one in a single rename, then removes
blobs that nothing refers to; a stop that dies half way leaves the state of the last clean stop.

Kept: objects with every version, delete marker, metadata, content type, ETag and Last-Modified; messages of queues
and dead-letter queues with their ids, receive counts and, for those in flight, the rest of their visibility timeout;
DynamoDB items. Made anew from the template at each start: everything the template describes. Not kept, and named
when it happens: multipart uploads in progress, and buckets, queues and tables that are not the template's. Not kept:
Athena's query history (its results are objects), EventBridge and CloudWatch history, logs of moto.

`kill -9` (or a power cut) loses everything since the last clean stop, including rows that Firehose still buffered.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pixlake.localcloud.errors import StateError

FORMAT = 1


class StateDirectory:
    """One process's hold on a state directory.

    Raises
    ------
    StateError
        Another process holds it, or it cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        try:
            (self.folder / "blobs").mkdir(parents=True, exist_ok=True)
            self._lock = (self.folder / "lock").open("a+")
        except OSError as error:
            raise StateError(f"The state directory {self.folder} cannot be used: {error.strerror}.") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock.close()
            raise StateError(
                f"The state directory {self.folder} is in use by another local cloud. Stop that one, or choose another."
            ) from error

    def load(self) -> dict[str, Any] | None:
        """Return the state of the last clean stop, or None if there was none."""
        path = self.folder / "state.json"
        if not path.exists():
            return None
        try:
            document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"), object_hook=_decode)
        except ValueError as error:
            raise StateError(f"{path} is damaged ({error}). Move {self.folder} away to start empty.") from error
        if document.get("format") != FORMAT:
            raise StateError(
                f"{path} has format {document.get('format')}, this version reads {FORMAT}. "
                f"Move {self.folder} away to start empty, or use the version that wrote it."
            )
        return document

    def save(self, document: dict[str, Any]) -> None:
        """Replace the stored state."""
        self._replace(self.folder / "state.json", json.dumps({"format": FORMAT, **document}, default=_encode).encode())
        wanted = set(_blobs(document))
        for blob in (self.folder / "blobs").iterdir():
            if blob.name not in wanted:
                blob.unlink()

    def put_blob(self, content: bytes) -> str:
        """Store an object's body and return its name."""
        name = hashlib.sha256(content).hexdigest()
        path = self.folder / "blobs" / name
        if not path.exists():
            self._replace(path, content)
        return name

    def get_blob(self, name: str) -> bytes:
        """Return an object's body."""
        try:
            return (self.folder / "blobs" / name).read_bytes()
        except OSError as error:
            raise StateError(f"{self.folder} is damaged: the body {name} is missing ({error.strerror}).") from error

    def close(self) -> None:
        """Let go of the directory."""
        self._lock.close()

    @staticmethod
    def _replace(path: Path, content: bytes) -> None:
        new = path.with_name(f"{path.name}.new")
        with new.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)


def _blobs(document: dict[str, Any]) -> Iterator[str]:
    for versions in document["buckets"].values():
        yield from (version["blob"] for version in versions if "blob" in version)


def _encode(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    raise TypeError(f"{value!r} cannot be stored")


def _decode(value: dict[str, Any]) -> Any:
    return base64.b64decode(value["$bytes"]) if set(value) == {"$bytes"} else value
