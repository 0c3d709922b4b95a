"""Uploads in S3, behind `sink.ports.ObjectStore`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from sink.errors import (
    ObjectArchived,
    ObjectMissing,
    ObjectSuperseded,
    ObjectTooLarge,
    PermanentError,
    StoreUnavailable,
    TransientError,
)
from sink.events import UploadEvent
from sink.objects import FetchedObject

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# The permanent answers of GetObject. Everything else (NoSuchBucket, AccessDenied, throttling, 5xx) is our trouble.
_PERMANENT: dict[str, type[PermanentError]] = {
    "NoSuchKey": ObjectMissing,
    "NoSuchVersion": ObjectMissing,
    "MethodNotAllowed": ObjectMissing,  # the version is a delete marker
    "PreconditionFailed": ObjectSuperseded,
    "InvalidObjectState": ObjectArchived,
}


@dataclass(frozen=True)
class S3ObjectStore:
    """Reads uploads with GetObject, by version id or else by ETag, so that it is the object the event speaks of."""

    client: S3Client
    max_object_bytes: int

    def fetch(self, event: UploadEvent, known_sha256: str | None = None) -> FetchedObject:
        """Read one object; see `ObjectStore.fetch`. Nothing is downloaded over the size limit."""
        if event.size_bytes is not None and event.size_bytes > self.max_object_bytes:
            raise self._too_large(event.size_bytes)
        request: dict[str, Any] = {"Bucket": event.bucket, "Key": event.key}
        if event.version_id is not None:
            request["VersionId"] = event.version_id
        elif event.etag is not None:
            request["IfMatch"] = f'"{event.etag}"'
        if known_sha256 is not None and (known := self._described(request, event, known_sha256)) is not None:
            return known
        try:
            response = self.client.get_object(**request)
            with response["Body"] as body:
                if response["ContentLength"] > self.max_object_bytes:
                    raise self._too_large(response["ContentLength"])
                content = body.read()
        except ClientError as error:
            raise _translated(error, event) from error
        except (BotoCoreError, OSError) as error:
            raise StoreUnavailable(f"s3://{event.bucket}/{event.key}: {error}") from error
        return FetchedObject.of(content, **_attributes(response))

    def _described(self, request: dict[str, Any], event: UploadEvent, sha256: str) -> FetchedObject | None:
        """The object without its bytes; None where it is not what the event says, which the download then explains."""
        try:
            response = self.client.head_object(**request)
        except (ClientError, BotoCoreError):
            return None
        known = FetchedObject(body=None, sha256=sha256, size_bytes=response["ContentLength"], **_attributes(response))
        return known if (known.etag, known.size_bytes) == (event.etag, event.size_bytes) else None

    def _too_large(self, size: int) -> ObjectTooLarge:
        return ObjectTooLarge(f"{size} bytes, over the limit of {self.max_object_bytes} (parameter MaxImageBytes)")


def _attributes(response: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "etag": response["ETag"].strip('"'),
        "last_modified": response["LastModified"],
        "version_id": _version(response.get("VersionId")),
        "content_type": response.get("ContentType"),
        "metadata": response.get("Metadata", {}),
    }


def _translated(error: ClientError, event: UploadEvent) -> PermanentError | TransientError:
    code = str(error.response.get("Error", {}).get("Code"))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    message = error.response.get("Error", {}).get("Message", "")
    if (kind := _PERMANENT.get(code)) is not None:
        return kind(message or code)
    return StoreUnavailable(
        f"GetObject s3://{event.bucket}/{event.key}: {code} ({status}) {message}. "
        "If it is AccessDenied, check the scorer's role and the bucket's policy and key."
    )


def _version(version_id: str | None) -> str | None:
    return None if version_id in (None, "", "null") else version_id
