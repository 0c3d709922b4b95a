"""The composition root of ReconcileUploadsFunction. Not in bootstrap.py, which imports the image libraries."""

from __future__ import annotations

from functools import partial

import boto3
from botocore.config import Config

from adapters.athena import AthenaLakeRows
from adapters.attempts import DynamoDbLedger
from adapters.error_output import S3ErrorOutput
from adapters.inventory import InventoryListing
from adapters.listing import BucketListing
from adapters.queues import SqsUploadQueue
from handlers.reconcile_uploads_settings import ReconcileUploadsSettings
from sink.ledger import UploadListing
from sink.reconcile_uploads import ReconcileUploads, Rules, WatchedBucket


def reconcile_uploads(settings: ReconcileUploadsSettings) -> ReconcileUploads:
    """The use case with its real collaborators."""
    config = Config(connect_timeout=5, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 5})
    s3 = boto3.client("s3", config=config)

    athena = boto3.client("athena", config=config)
    dynamodb = boto3.client("dynamodb", config=config)

    def open_listing(bucket: str) -> UploadListing:
        if bucket in settings.inventories:
            return InventoryListing(s3, bucket, settings.inventories[bucket])
        return BucketListing(s3, bucket, settings.prefixes, settings.list_at_most, settings.keys.prefix)

    def watched(bucket: str) -> WatchedBucket:
        return WatchedBucket(
            name=bucket,
            open_listing=partial(open_listing, bucket),
            lake=AthenaLakeRows(
                client=athena,
                s3=s3,
                workgroup=settings.workgroup,
                database=settings.database,
                bucket=bucket,
                earliest_upload_date=settings.earliest_upload_date,
            ),
            store=DynamoDbLedger(dynamodb, settings.table, bucket, settings.own_bucket),
        )

    return ReconcileUploads(
        buckets=[watched(bucket) for bucket in settings.upload_buckets],
        queue=SqsUploadQueue(
            client=boto3.client("sqs", config=config),
            cloudwatch=boto3.client("cloudwatch", config=config),
            url=settings.queue_url,
            dead_letter_url=settings.dead_letter_url,
        ),
        errors=S3ErrorOutput(s3, settings.lake_bucket),
        rules=Rules(settings.delivery, settings.message_life, settings.attempts, settings.lookback_days),
        keys=settings.keys,
    )
