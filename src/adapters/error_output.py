"""Firehose's error output in S3, behind `sink.ledger.ErrorOutput` and `sink.replay_errors.ErrorObjects`."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from sink.errors import StoreUnavailable
from sink.ledger import Digest, Elsewhere, digest, unread_digest
from sink.replay_errors import ErrorLine, Unreplayable

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PREFIX = "errors/"
REPLAYED = "replayed/"


@dataclass(frozen=True)
class S3ErrorOutput:
    """`most_bytes`: how much of it `uploads` reads."""

    client: S3Client
    bucket: str
    prefix: str = PREFIX
    most_bytes: int = 256 * 1024 * 1024

    def pending(self) -> Iterator[str]:
        """See `ErrorObjects`."""
        yield from (item["Key"] for item in self._objects())

    def _objects(self) -> Iterator[Any]:
        try:
            for page in self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.prefix):
                yield from page.get("Contents", [])
        except (ClientError, BotoCoreError) as error:
            raise StoreUnavailable(f"ListObjectsV2 s3://{self.bucket}/{self.prefix}: {error}") from error

    def lines(self, key: str) -> Iterator[bytes]:
        """See `ErrorObjects`. Firehose compresses the error output as it compresses the rows, here not at all."""
        try:
            with closing(self.client.get_object(Bucket=self.bucket, Key=key)["Body"]) as body:
                if key.endswith(".gz"):
                    yield from (line for line in gzip.decompress(body.read()).splitlines() if line.strip())
                else:
                    yield from (line for line in body.iter_lines() if line.strip())
        except (ClientError, BotoCoreError, OSError) as error:
            raise StoreUnavailable(f"GetObject s3://{self.bucket}/{key}: {error}") from error

    def file_away(self, key: str, left: Sequence[bytes]) -> None:
        """See `ErrorObjects`. The copy comes first: whatever stops us, every line stays in one of the two places."""
        try:
            self.client.copy_object(
                Bucket=self.bucket, Key=REPLAYED + key, CopySource={"Bucket": self.bucket, "Key": key}
            )
            if left:
                self.client.put_object(Bucket=self.bucket, Key=key, Body=b"".join(line + b"\n" for line in left))
            else:
                self.client.delete_object(Bucket=self.bucket, Key=key)
        except (ClientError, BotoCoreError) as error:
            raise StoreUnavailable(f"s3://{self.bucket}/{key} could not be filed away: {error}") from error

    def uploads(self) -> Elsewhere:
        """See `ErrorOutput`; `count` is of lines."""
        ids: set[Digest] = set()
        lines = size = 0
        for item in self._objects():
            size += item["Size"]
            if size > self.most_bytes:
                return Elsewhere(frozenset(ids), complete=False, count=lines)
            for text in self.lines(item["Key"]):
                lines += 1
                ids.update(_identities(text))
        return Elsewhere(frozenset(ids), count=lines)


def _identities(text: bytes) -> Iterator[Digest]:
    try:
        rows = ErrorLine.parse(text).rows()
    except Unreplayable:
        return
    for row in rows:
        row_id, bucket, key, etag = (row.get(name) for name in ("row_id", "bucket", "object_key", "etag"))
        if isinstance(row_id, str):
            try:
                yield digest(row_id)
            except ValueError:
                continue  # none of ours
        if isinstance(key, str) and not row.get("content_sha256") and not row.get("version_id"):
            yield unread_digest(str(bucket), key, etag if isinstance(etag, str) else None)
