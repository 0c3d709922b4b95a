"""What a new version of the scorer must do before it gets uploads: score one picture and deliver its row."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

SAMPLE_KEY = "pixlake-doctor/release.png"
"""One object for all releases: what is overwritten leaves no removal behind. `pixlake doctor` tests below it too."""

SIDE = 128


@dataclass(frozen=True)
class Put:
    """What S3 says of the object that was put."""

    bucket: str
    etag: str
    version_id: str | None
    size_bytes: int
    at: datetime


@dataclass(frozen=True)
class Answer:
    """How an invocation ended: Lambda's payload, whether it is an error, and the last lines that were logged."""

    payload: bytes
    failed: bool
    log: str


class NewVersion(Protocol):
    """The version that is to be released, and the bucket it will read."""

    def put_sample(self, key: str, body: bytes) -> Put:
        """Put an object into the upload bucket."""

    def invoke(self, event: Mapping[str, Any]) -> Answer:
        """Invoke the version, and wait for its answer."""


def check(new_version: NewVersion, noise: Callable[[int], bytes]) -> str | None:
    """What keeps the version from being released, or None.

    The picture is another each time, so that no cache answers for the models. Its upload is notified as any other, so
    the version in service makes a row of it too: both have one identity, and the views show one upload.
    """
    put = new_version.put_sample(SAMPLE_KEY, picture(noise))
    return trouble(new_version.invoke(_batch(put)))


def trouble(answer: Answer) -> str | None:
    """Why an answer is none that may be released, or None.

    A rejected image is a success to Lambda and to the queue; only the metrics tell that it was scored.
    """
    text = answer.payload.decode(errors="replace")
    document = _document(text)
    if answer.failed:
        return f"the version fails: {document.get('errorType')}: {document.get('errorMessage', text)}"
    if "batchItemFailures" not in document:
        return f"the version answers what no queue understands: {text}"
    logged = [_document(line) for line in answer.log.splitlines()]
    if document["batchItemFailures"]:
        reasons = [line["reason"] for line in logged if line.get("message") == "message comes again"]
        return f"the version puts the sample off: {'; '.join(reasons) or answer.log}"
    outcomes = {name for line in logged if "_aws" in line for name in line if name.startswith("Uploads")}
    if outcomes != {"UploadsScored"}:
        return f"the version did not score the sample: {', '.join(sorted(outcomes)) or answer.log}"
    return None


def picture(noise: Callable[[int], bytes]) -> bytes:
    """A PNG of four random colours, by the standard library alone. Source: PNG specification, chapters 5 and 11."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    half = SIDE // 2
    rows = [b"\0" + noise(3) * half + noise(3) * half for _ in range(2)]  # 0: the row is not filtered
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)  # 8 bits, RGB
    pixels = zlib.compress(rows[0] * half + rows[1] * half)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def _batch(put: Put) -> dict[str, Any]:
    """The event in which Lambda hands over S3's notification of the object; no sequencer, which S3 alone knows."""
    record = {
        "eventName": "ObjectCreated:Put",
        "eventTime": put.at.astimezone(UTC).isoformat(),
        "s3": {
            "bucket": {"name": put.bucket},
            "object": {
                "key": SAMPLE_KEY,  # the same when it is form-encoded
                "size": put.size_bytes,
                "eTag": put.etag,
                "versionId": put.version_id,
            },
        },
    }
    message = {
        "messageId": "release-check",
        "body": json.dumps({"Records": [record]}),
        "attributes": {"ApproximateReceiveCount": "1"},
        "eventSource": "aws:sqs",
    }
    return {"Records": [message]}


def _document(text: str) -> dict[str, Any]:
    """A JSON object, or nothing of what is none: the runtime's own lines are plain text, the first may be cut."""
    try:
        document = json.loads(text)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
