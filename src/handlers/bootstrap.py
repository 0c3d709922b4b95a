"""The composition root: the one place that wires ports to adapters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import boto3
from botocore.config import Config

from adapters import eventbridge, firehose
from adapters.dynamodb import DynamoDBCacheStore
from adapters.eventbridge import EventBridgeAlertBus
from adapters.firehose import FirehoseRowSink
from adapters.s3 import S3ObjectStore
from handlers.score_uploads_settings import ScoreUploadsSettings
from inference import Scorer, ScorerSettings
from sink.alerts import Alerts
from sink.arrivals import Limits
from sink.contract import RowContract
from sink.errors import SettingsError
from sink.policy import JUDGEMENTS, Policy
from sink.result_cache import ResultCache
from sink.rows import RowBuilder
from sink.score_uploads import ScoreUploads


def score_uploads(settings: ScoreUploadsSettings) -> ScoreUploads:
    """The use case with its real collaborators."""
    limits = Limits()
    # Short time-outs: a hanging download must not eat the batch's time. One connection a download.
    download = Config(
        connect_timeout=2,
        read_timeout=10,
        retries={"mode": "standard", "total_max_attempts": 3},
        max_pool_connections=limits.downloads_at_once,
    )
    # One attempt: the row sink retries, by record and only while there is time.
    delivery = Config(
        connect_timeout=firehose.CONNECT_S, read_timeout=firehose.READ_S, retries={"total_max_attempts": 1}
    )
    scorer = Scorer.load(
        ScorerSettings(
            max_pixels=settings.max_image_pixels,
            threads=settings.threads,
            decode_memory_mb=settings.decode_memory_mb,
        )
    )
    contract = RowContract.load()
    return ScoreUploads(
        objects=S3ObjectStore(boto3.client("s3", config=download), settings.max_image_bytes),
        scorer=scorer,
        sink=FirehoseRowSink(boto3.client("firehose", config=delivery), settings.stream),
        build_row=RowBuilder(settings.earliest_upload_date, settings.metadata_names),
        contract=contract,
        limits=limits,
        cache=_result_cache(settings, scorer, contract, limits.downloads_at_once),
        trust_etag=settings.trust_etag,
        alerts=_alerts(settings, scorer),
    )


def _result_cache(
    settings: ScoreUploadsSettings, scorer: Scorer, contract: RowContract, calls_at_once: int
) -> ResultCache | None:
    if settings.result_cache is None:
        return None
    # Shorter still: an answer that takes a second comes too late to save one.
    config = Config(
        connect_timeout=1,
        read_timeout=1,
        retries={"mode": "standard", "total_max_attempts": 2},
        max_pool_connections=calls_at_once,
    )
    return ResultCache(
        store=DynamoDBCacheStore(boto3.client("dynamodb", config=config), settings.result_cache),
        fingerprints=scorer.fingerprints,
        contract=contract,
        time_to_live=timedelta(days=settings.result_cache_days),
        now=lambda: datetime.now(UTC),
    )


def _alerts(settings: ScoreUploadsSettings, scorer: Scorer) -> Alerts | None:
    if settings.alert_bus is None:
        return None
    for name in sorted(settings.alert_on):
        if JUDGEMENTS[name].model not in scorer.models:
            raise SettingsError(
                f"PIXLAKE_ALERT_ON names {name}, but no model {JUDGEMENTS[name].model} is in service, so nothing would "
                "raise this alert: take it out of the parameter AlertOn of template.yaml"
            )
    # One attempt a call, since the adapter tries again, and short ones: rows wait behind the alerts.
    config = Config(
        connect_timeout=eventbridge.CONNECT_S, read_timeout=eventbridge.READ_S, retries={"total_max_attempts": 1}
    )
    return Alerts(
        bus=EventBridgeAlertBus(boto3.client("events", config=config), settings.alert_bus),
        policy=Policy.read(),
        alert_on=settings.alert_on,
    )
