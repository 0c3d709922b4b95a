"""What a month's uploads use of each service. Each function gives one line of the bill."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from pixlake.cost.workload import (
    ALARMS,
    BATCH_MS,
    CACHE_ITEM_BYTES,
    DAYS_A_MONTH,
    DUPLICATE_MS,
    GB,
    GETS_A_FILE,
    JQ_US,
    LEDGER_BYTES_A_ROW,
    LEDGER_MEMORY_GB,
    LEDGER_SECONDS_A_LIST,
    LOG_BYTES_A_BATCH,
    LONG_POLL_S,
    MESSAGES_A_RECEIVE,
    METRICS,
    NOTIFICATION_BYTES,
    POLLERS,
    QUERY_SHARE,
    ROW_BYTES,
    SECONDS_A_DAY,
    Workload,
)
from sink.packing import Limits

FIREHOSE_STEP_BYTES = 5 * 1024
"""Firehose bills each record rounded up to a multiple of it."""
ATHENA_LEAST_GB = 10 / 1024
"""Athena bills a query for 10 MB at least."""


@dataclass(frozen=True)
class Charge:
    """A month's quantity of what `price` (a name of prices.toml) is the price of."""

    price: str
    quantity: float


@dataclass(frozen=True)
class Item:
    """A line of the bill."""

    name: str
    charges: tuple[Charge, ...]


def compute(work: Workload) -> Item:
    """Lambda's time × memory: images that are scored, duplicates that are looked up, and what each batch waits for."""
    ms = (1 - work.known) * work.image_ms + work.known * DUPLICATE_MS
    seconds = (work.images * ms / work.speed + work.batches * BATCH_MS) / 1_000
    return Item("Lambda, compute", (Charge("lambda_compute", seconds * work.memory_mb / 1024),))


def requests(work: Workload) -> Item:
    """One invocation a batch."""
    return Item("Lambda, requests", (Charge("lambda_requests", work.batches),))


def downloads(work: Workload) -> Item:
    """Each image is read once; transfer within the region is free."""
    return Item("S3, reading images", (Charge("s3_get", work.images),))


def queue(work: Workload) -> Item:
    """A send an image, receives and deletes in tens, the polls of a queue that is empty; SNS where it stands before.

    EventBridge takes the events of AWS services, and brings them to a queue, without a charge; so does SNS the second.
    """
    tens = math.ceil(work.batch / MESSAGES_A_RECEIVE)
    empty = POLLERS * SECONDS_A_DAY / LONG_POLL_S * DAYS_A_MONTH
    charges = [Charge("sqs_requests", work.images + 2 * work.batches * tens + empty)]
    if work.entry == "sns":
        charges.append(Charge("sns_requests", work.images))
        charges.append(Charge("sns_filtering", work.images * NOTIFICATION_BYTES / GB))
    return Item("SQS", tuple(charges))


def firehose_bytes(rows: float, limits: Limits | None = None) -> float:
    """Bytes billed for a batch of rows, packed as `sink.packing` does: full records, and one for the rest."""
    limits = limits or Limits()
    full = min(limits.rows_a_record, limits.bytes_a_record // ROW_BYTES)
    records = math.floor(rows / full)
    rest = rows - records * full
    return sum(
        count * math.ceil(size * ROW_BYTES / FIREHOSE_STEP_BYTES) * FIREHOSE_STEP_BYTES
        for count, size in ((records, full), (1, rest))
    )


def stream(work: Workload) -> Item:
    """Ingestion, conversion to Parquet, dynamic partitioning with its jq query, and the files' PUTs."""
    gb = work.batches * firehose_bytes(work.batch) / GB
    files = work.files_a_day * DAYS_A_MONTH
    return Item(
        "Firehose",
        (
            Charge("firehose_ingestion", gb),
            Charge("firehose_conversion", gb),
            Charge("firehose_partitioning", gb),
            Charge("firehose_objects", files),
            Charge("firehose_jq", work.images * JQ_US / 1e6 / 3_600),
            Charge("s3_put_list", files),
        ),
    )


def result_cache(work: Workload) -> Item:
    """Half a read unit an image, a write unit for each new content, and the items until they expire."""
    if not work.result_cache:
        return Item("Result cache", ())
    new = (1 - work.duplicates) * work.images
    stored = new / DAYS_A_MONTH * work.result_cache_days * CACHE_ITEM_BYTES / GB
    return Item(
        "Result cache",
        (
            Charge("dynamodb_reads", 0.5 * work.images),
            Charge("dynamodb_writes", new),
            Charge("dynamodb_storage", stored),
        ),
    )


def ledger(work: Workload) -> Item:
    """Listing the bucket by prefixes, asking Athena for the rows' identities, and the function that compares."""
    scanned = work.ledger_runs * max(work.images_per_day * LEDGER_BYTES_A_ROW / GB, ATHENA_LEAST_GB)
    return Item(
        "Ledger",
        (
            Charge("s3_put_list", work.ledger_lists),
            Charge("athena_scan", scanned),
            Charge("lambda_compute", work.ledger_lists * LEDGER_SECONDS_A_LIST * LEDGER_MEMORY_GB),
        ),
    )


def lake(work: Workload) -> Item:
    """The rows, as long as they are kept."""
    return Item("S3, keeping rows", (Charge("s3_storage", work.parquet_gb_a_day * work.lake_days),))


def queries(work: Workload) -> Item:
    """What analysts ask: bytes scanned, and the requests with which Athena reads the files."""
    asked = work.queries_per_day * DAYS_A_MONTH
    each = max(work.query_days * work.parquet_gb_a_day * QUERY_SHARE, ATHENA_LEAST_GB)
    files = work.query_days * work.files_a_day
    return Item("Athena", (Charge("athena_scan", asked * each), Charge("s3_get", asked * files * GETS_A_FILE)))


def alerts(work: Workload) -> Item:
    """One event a flagged image, below 64 KB."""
    return Item("Alerts", (Charge("eventbridge_events", work.images * work.alert_share),))


def observability(work: Workload) -> Item:
    """Log lines of each batch, while they are kept; metrics and alarms, which cost the same at any volume."""
    gb = work.batches * LOG_BYTES_A_BATCH / GB
    return Item(
        "Logs, metrics, alarms",
        (
            Charge("logs_ingestion", gb),
            Charge("logs_storage", gb * work.log_days / DAYS_A_MONTH),
            Charge("metrics", METRICS),
            Charge("alarms", ALARMS),
        ),
    )


ITEMS: tuple[Callable[[Workload], Item], ...] = (
    compute,
    requests,
    downloads,
    queue,
    stream,
    result_cache,
    ledger,
    lake,
    queries,
    alerts,
    observability,
)
