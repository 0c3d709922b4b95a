"""From a closed buffer to an object in S3."""

from __future__ import annotations

import gzip
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from pixlake.localcloud.clients import core_session
from pixlake.localcloud.firehose.buffering import Delivery
from pixlake.localcloud.firehose.conversion import convert, read_columns
from pixlake.localcloud.firehose.error_output import Failure
from pixlake.localcloud.firehose.stream import DeliveryStream


@dataclass(frozen=True)
class Delivered:
    """What an attempt achieved: rows in the object it wrote (0: it wrote none), and rows that did not fit."""

    rows: int
    failures: list[Failure] = field(default_factory=list)


@cache
def _session() -> boto3.session.Session:
    """Load the big models of S3 and Glue once a process."""
    return boto3.session.Session(botocore_session=core_session())


class ObjectWriter:
    """Writes deliveries; any exception means that nothing is lost and another attempt is to be made."""

    def __init__(self, endpoint_url: str, region: str) -> None:
        # One attempt: the delivery itself is attempted again, with a longer memory.
        options: dict[str, Any] = {
            "endpoint_url": endpoint_url,
            "region_name": region,
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
            "config": Config(
                retries={"total_max_attempts": 1},
                connect_timeout=5,
                read_timeout=30,
                s3={"addressing_style": "path"},
            ),
        }
        self._s3 = _session().client("s3", **options)
        self._glue = _session().client("glue", **options)

    def write(self, stream: DeliveryStream, delivery: Delivery) -> Delivered:
        """Convert the rows as the stream wants them and put the object."""
        configuration = stream.configuration
        key = stream.object_key(delivery.target, delivery.oldest, delivery.sealed, delivery.object_id)
        if delivery.target.error_type:
            self._put(configuration.bucket, key, b"".join(row.data for row in delivery.rows))
            return Delivered(len(delivery.rows))
        conversion = configuration.conversion
        if conversion:
            converted = convert(lambda: read_columns(self._glue, conversion), conversion, delivery.rows)
            if converted.parquet is not None:
                self._put(configuration.bucket, key, converted.parquet)
            return Delivered(converted.rows, converted.failures)
        body = b"".join(row.data + configuration.delimiter for row in delivery.rows)
        self._put(configuration.bucket, key, gzip.compress(body) if configuration.gzip else body)
        return Delivered(len(delivery.rows))

    def close(self) -> None:
        """Close the connections."""
        self._s3.close()
        self._glue.close()

    def _put(self, bucket: str, key: str, body: bytes) -> None:
        self._s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/octet-stream")
