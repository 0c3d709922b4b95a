"""The composition root: the one place that wires ports to adapters."""

from __future__ import annotations

import boto3
from botocore.config import Config

from adapters.firehose import FirehoseRowSink
from adapters.s3 import S3ObjectStore
from handlers.settings import ScoreUploadsSettings
from inference import Scorer, ScorerSettings
from sink.contract import RowContract
from sink.rows import RowBuilder
from sink.score_uploads import Limits, ScoreUploads


def score_uploads(settings: ScoreUploadsSettings) -> ScoreUploads:
    """The use case with its real collaborators."""
    limits = Limits()
    # Short time-outs: a hanging download must not eat the batch's time. One connection a download.
    config = Config(
        connect_timeout=5,
        read_timeout=20,
        retries={"mode": "standard", "total_max_attempts": 3},
        max_pool_connections=limits.downloads_at_once,
    )
    return ScoreUploads(
        objects=S3ObjectStore(boto3.client("s3", config=config), settings.max_image_bytes),
        scorer=Scorer.load(ScorerSettings(max_pixels=settings.max_image_pixels)),
        sink=FirehoseRowSink(boto3.client("firehose", config=config), settings.stream),
        build_row=RowBuilder(settings.earliest_upload_date, settings.metadata_names),
        contract=RowContract.load(),
        limits=limits,
    )
