"""What is in the upload bucket, by listing it: behind `sink.ledger.UploadListing`.

S3 cannot list by time. A bucket whose keys tell the upload's day is listed by prefix; a small one as a whole; for a
large one there is S3 Inventory (`adapters.inventory`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from sink.errors import ListingRefused, StoreUnavailable
from sink.ledger import Page, StoredObject

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class BucketListing:
    """Lists versions, since that tells version ids, and on a bucket without versioning simply the objects.

    `prefixes` may hold `{yyyy}`, `{MM}` and `{dd}`: then only the prefixes of the day and of its neighbours are listed,
    for the day in a key may be that of another time zone. Without prefixes, at most `most` objects are listed, those
    whose key begins with `whole`.
    """

    client: S3Client
    bucket: str
    prefixes: Sequence[str] = ()
    most: int = 100_000
    whole: str = ""

    @property
    def name(self) -> str:
        """See `UploadListing`."""
        return "prefixes " + ", ".join(self.prefixes) if self.prefixes else "whole bucket"

    def complete_until(self, now: datetime) -> datetime:
        """S3 lists what it has stored, at once."""
        return now

    def settled_until(self, now: datetime) -> datetime:
        """See `complete_until`."""
        return now

    def pages(self, day: date, marker: str | None) -> Iterator[Page]:
        """See `UploadListing`. The marker is a JSON document: prefix, key, version id, objects seen so far."""
        prefixes = self._prefixes_of(day)
        at = json.loads(marker) if marker else {"prefix": 0, "seen": 0}
        for place in range(at["prefix"], len(prefixes)):
            more: dict[str, Any] = {"KeyMarker": at["key"], "VersionIdMarker": at["version"]} if "key" in at else {}
            while True:
                answer = self._list(prefixes[place], more)
                objects = [_stored(self.bucket, version) for version in answer.get("Versions", [])]
                at = {"prefix": place, "seen": at["seen"] + len(objects)}
                if not self.prefixes and at["seen"] > self.most:
                    raise ListingRefused(
                        f"s3://{self.bucket}/{self.whole} holds more than {self.most} objects (parameter "
                        "ReconcileListAtMost). Set ReconcileInventory to the place of an S3 Inventory, or "
                        "ReconcilePrefixes to prefixes that tell the upload's day, such as photos/{yyyy}/{MM}/{dd}/"
                    )
                if not answer["IsTruncated"]:
                    break
                more = {"KeyMarker": answer["NextKeyMarker"], "VersionIdMarker": answer["NextVersionIdMarker"]}
                at |= {"key": answer["NextKeyMarker"], "version": answer["NextVersionIdMarker"]}
                yield Page(objects, json.dumps(at))
            at = {"prefix": place + 1, "seen": at["seen"]}
            yield Page(objects, json.dumps(at) if place + 1 < len(prefixes) else None)

    def _prefixes_of(self, day: date) -> list[str]:
        if not self.prefixes:
            return [self.whole]
        days = [day + timedelta(days=shift) for shift in (-1, 0, 1)]
        return sorted({filled(prefix, each) for prefix in self.prefixes for each in days})

    def _list(self, prefix: str, more: dict[str, Any]) -> Any:
        try:
            return self.client.list_object_versions(Bucket=self.bucket, Prefix=prefix, **more)
        except (ClientError, BotoCoreError) as error:
            raise StoreUnavailable(f"ListObjectVersions s3://{self.bucket}/{prefix}: {error}") from error


def filled(prefix: str, day: date) -> str:
    """A prefix with the day put in: `{yyyy}`, `{MM}`, `{dd}`."""
    return prefix.replace("{yyyy}", f"{day:%Y}").replace("{MM}", f"{day:%m}").replace("{dd}", f"{day:%d}")


def _stored(bucket: str, version: Any) -> StoredObject:
    version_id = version.get("VersionId")
    return StoredObject(
        bucket=bucket,
        key=version["Key"],
        etag=version["ETag"].strip('"'),
        last_modified=version["LastModified"].astimezone(UTC).replace(microsecond=0),
        size_bytes=version["Size"],
        version_id=None if version_id in (None, "", "null") else version_id,
    )
