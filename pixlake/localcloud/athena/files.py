"""Objects under prefixes, and local copies of them: fetched once for a (bucket, key, ETag)."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from pixlake.localcloud.athena.errors import QueryFailed
from pixlake.localcloud.athena.partitions import Partition

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# Up to so many prefixes are listed one by one; beyond, one listing of what they have in common is less work.
_LISTINGS = 16


@dataclass(frozen=True)
class DataFile:
    """An object that holds rows of a partition."""

    bucket: str
    key: str
    etag: str
    size: int
    modified: dt.datetime
    values: tuple[str, ...]

    @property
    def uri(self) -> str:
        """`s3://bucket/key`: what `"$path"` says."""
        return f"s3://{self.bucket}/{self.key}"


def list_files(s3: S3Client, partitions: Sequence[Partition]) -> list[DataFile]:
    """The data files under partitions' locations, in the order of their keys.

    Athena passes over objects whose name (or a folder below the location) begins with `_` or `.`, and empty ones.
    """
    files: list[DataFile] = []
    by_bucket: dict[str, dict[str, Partition]] = {}
    for partition in partitions:
        parts = urlsplit(partition.location)
        prefix = parts.path.lstrip("/")
        by_bucket.setdefault(parts.netloc, {})[prefix if not prefix or prefix.endswith("/") else prefix + "/"] = (
            partition
        )
    for bucket, by_prefix in by_bucket.items():
        if len(by_prefix) <= _LISTINGS:
            for prefix, partition in by_prefix.items():
                files += _listed(s3, bucket, prefix, {prefix: partition})
        else:
            files += _listed(s3, bucket, _common_prefix(by_prefix), by_prefix)
    return sorted(files, key=lambda file: (file.bucket, file.key))


def _common_prefix(prefixes: Iterable[str]) -> str:
    """What all begin with, letter by letter: the first and the last in order differ the earliest."""
    first, last = min(prefixes), max(prefixes)
    same = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    return first[:same]


def _listed(s3: S3Client, bucket: str, prefix: str, by_prefix: dict[str, Partition]) -> Iterator[DataFile]:
    last = max(by_prefix)
    try:
        # What sorts before the first location is passed over; listing ends behind the last.
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, StartAfter=min(by_prefix))
        for page in pages:
            for item in page.get("Contents", []):
                key = item["Key"]
                if key > last and not key.startswith(last):
                    return
                location = _location_of(key, by_prefix)
                if location is None or item["Size"] == 0 or _is_hidden(key[len(location) :]):
                    continue
                values = by_prefix[location].values
                yield DataFile(bucket, key, item["ETag"].strip('"'), item["Size"], item["LastModified"], values)
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchBucket":
            raise QueryFailed(
                f"HIVE_METASTORE_ERROR: The S3 location of the table is not accessible: bucket {bucket} does not exist"
            ) from error
        raise


def _location_of(key: str, by_prefix: dict[str, Partition]) -> str | None:
    """The longest of the locations that the key lies under."""
    end = key.rfind("/") + 1
    while end > 0:
        if key[:end] in by_prefix:
            return key[:end]
        end = key.rfind("/", 0, end - 1) + 1
    return "" if "" in by_prefix else None


def _is_hidden(path: str) -> bool:
    return any(part.startswith(("_", ".")) for part in path.split("/")) or path.endswith("_$folder$")


class FileCache:
    """A directory of fetched objects, shared by all queries of a service."""

    def __init__(self, s3: S3Client, directory: Path) -> None:
        self._s3 = s3
        self._directory = directory
        self._lock = threading.Lock()
        self._fetching: dict[Path, threading.Lock] = {}

    def fetch(self, file: DataFile) -> Path:
        """The local copy of an object; fetched now if it is not there yet."""
        name = hashlib.sha256(f"{file.bucket}\0{file.key}\0{file.etag}".encode()).hexdigest()
        path = self._directory / f"{name}.parquet"
        with self._lock:
            one_at_a_time = self._fetching.setdefault(path, threading.Lock())
        with one_at_a_time:
            if path.exists():
                return path
            try:
                body = self._s3.get_object(Bucket=file.bucket, Key=file.key)["Body"]
            except ClientError as error:
                raise QueryFailed(
                    f"HIVE_CANNOT_OPEN_SPLIT: Error opening Hive split {file.uri}: {error}", 1001
                ) from error
            part = path.with_suffix(".part")
            with part.open("wb") as out:
                for chunk in body.iter_chunks(1 << 20):
                    out.write(chunk)
            os.replace(part, path)  # noqa: PTH105 - rename over, also where the target exists
            return path
