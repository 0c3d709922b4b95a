"""What is in the upload bucket, by S3 Inventory: behind `sink.ledger.UploadListing`.

Understood is CSV (gzip) with its `manifest.json`, as S3 writes it below
`<destination prefix>/<source bucket>/<configuration id>/<yyyy-MM-ddTHH-mmZ>/`. Wanted fields: `LastModifiedDate` and
`ETag`, on a versioned bucket all versions with `VersionId` and `IsDeleteMarker`. Keys are URL-encoded in it.
"""

from __future__ import annotations

import csv
import json
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from botocore.exceptions import BotoCoreError, ClientError

from adapters.text_streams import PIECE, gunzipped, lines
from sink.errors import ListingRefused, StoreUnavailable
from sink.ledger import Page, StoredObject

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_TAKEN = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}-\d{2}Z/")
_WANTED = ("Key", "LastModifiedDate", "ETag")
_PAGE = 10_000
LATE = timedelta(hours=24)
"""An inventory is a rolling snapshot: it may lack objects of the hours before it was taken."""


@dataclass(frozen=True)
class InventoryListing:
    """`place`: `s3://bucket/destination-prefix/source-bucket/configuration-id/`. An instance stays with one."""

    client: S3Client
    bucket: str
    place: str

    @property
    def name(self) -> str:
        """See `UploadListing`."""
        return f"inventory {self._manifest['key']}"

    def complete_until(self, now: datetime) -> datetime:
        """When the newest inventory was begun."""
        taken = datetime.fromtimestamp(int(self._manifest["creationTimestamp"]) / 1000, UTC)
        return min(now, taken.replace(microsecond=0))

    def settled_until(self, now: datetime) -> datetime:
        """See `LATE`."""
        return self.complete_until(now) - LATE

    def pages(self, day: date, marker: str | None) -> Iterator[Page]:
        """See `UploadListing`. The marker is the number of the file that comes next, in this inventory."""
        files: list[str] = [file["key"] for file in self._manifest["files"]]
        for place in range(int(marker or 0), len(files)):
            objects: list[StoredObject] = []
            for stored in self._objects(files[place], day):
                objects.append(stored)
                if len(objects) == _PAGE:
                    # Within a file there is no place to go on from: the marker is still that of the file's beginning.
                    yield Page(objects, None)
                    objects = []
            last = place + 1 == len(files)
            yield Page(objects, None if last else str(place + 1))
        if not files:
            yield Page([], None)

    def _objects(self, key: str, day: date) -> Iterator[StoredObject]:
        fields = [name.strip() for name in self._manifest["fileSchema"].split(",")]
        start = day.isoformat()
        for record in self._records(key):
            values = dict(zip(fields, record, strict=True))
            if values["LastModifiedDate"].startswith(start) and values.get("IsDeleteMarker") != "true":
                yield _stored(self.bucket, values)

    def _records(self, key: str) -> Iterator[list[str]]:
        try:
            with closing(self.client.get_object(Bucket=self._destination, Key=key)["Body"]) as body:
                yield from csv.reader(lines(gunzipped(body.iter_chunks(PIECE))))
        except (ClientError, BotoCoreError, OSError, EOFError, zlib.error) as error:
            raise StoreUnavailable(f"the inventory file s3://{self._destination}/{key}: {error}") from error

    @property
    def _destination(self) -> str:
        return self.place.removeprefix("s3://").partition("/")[0]

    @cached_property
    def _manifest(self) -> Mapping[str, Any]:
        """The newest manifest, checked; its own key as `key`."""
        prefix = self.place.removeprefix("s3://").partition("/")[2].rstrip("/") + "/"
        try:
            pages = self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self._destination, Prefix=prefix, Delimiter="/"
            )
            folders = [each["Prefix"] for page in pages for each in page.get("CommonPrefixes", [])]
            taken = sorted(folder for folder in folders if _TAKEN.fullmatch(folder.removeprefix(prefix)))
            for folder in reversed(taken):  # the newest may still be on its way: its manifest comes last
                manifest = self._read(f"{folder}manifest.json")
                if manifest is not None:
                    return self._checked(manifest, folder)
        except (ClientError, BotoCoreError) as error:
            raise StoreUnavailable(f"the inventory {self.place}: {error}") from error
        raise ListingRefused(
            f"there is no inventory below {self.place} (parameter ReconcileInventory): it wants "
            "s3://bucket/destination-prefix/source-bucket/configuration-id/; the first one comes within 48 hours"
        )

    def _read(self, key: str) -> dict[str, Any] | None:
        try:
            with closing(self.client.get_object(Bucket=self._destination, Key=key)["Body"]) as body:
                document: dict[str, Any] = json.loads(body.read())
        except self.client.exceptions.NoSuchKey:
            return None
        return document

    def _checked(self, manifest: dict[str, Any], folder: str) -> dict[str, Any]:
        fields: Sequence[str] = [name.strip() for name in manifest.get("fileSchema", "").split(",")]
        wrong = []
        if manifest.get("fileFormat") != "CSV":
            wrong.append(f"its format is {manifest.get('fileFormat')}: choose CSV")
        elif missing := [name for name in _WANTED if name not in fields]:
            wrong.append(f"it has no {', '.join(missing)}: add the fields Size, LastModifiedDate and ETag")
        if manifest.get("sourceBucket") != self.bucket:
            wrong.append(f"it is of the bucket {manifest.get('sourceBucket')}, not of {self.bucket}")
        if wrong:
            raise ListingRefused(f"the inventory {folder} cannot be used: {'; '.join(wrong)}")
        return manifest | {"key": f"{folder}manifest.json"}


def _stored(bucket: str, values: Mapping[str, str]) -> StoredObject:
    moment = datetime.fromisoformat(values["LastModifiedDate"]).astimezone(UTC)
    version = values.get("VersionId", "")
    return StoredObject(
        bucket=bucket,
        key=unquote_plus(values["Key"]),
        etag=values["ETag"].strip('"'),
        last_modified=moment.replace(microsecond=0),
        size_bytes=int(values.get("Size") or 1),
        version_id=None if version in ("", "null") else version,
    )
