"""The measured figures of `workload.py`, measured again; the template's defaults and what it has to be paid for."""

import hashlib
import io
import json
import random
import re
from datetime import UTC, date, datetime, timedelta

import pyarrow
import pyarrow.parquet
import pytest

from inference import Scored, Scorer, ScorerSettings
from pixlake.cost.workload import (
    ALARMS,
    LEDGER_MEMORY_GB,
    METRICS,
    NOTIFICATION_BYTES,
    PARQUET_BYTES,
    ROW_BYTES,
    Workload,
)
from pixlake.localcloud import template as templates
from sink.events import UploadEvent
from sink.objects import FetchedObject
from sink.packing import pack
from sink.rows import RowBuilder
from tests.conftest import ROOT
from tests.template.conftest import resolve

COPIES = 300


@pytest.fixture(scope="module")
def records():
    """The samples' rows, each in some hundred copies of other bytes under other keys, packed as for Firehose."""
    scorer, luck = Scorer.load(ScorerSettings(threads=1)), random.Random(7)
    bodies = [path.read_bytes() for path in sorted((ROOT / "samples").rglob("*")) if path.suffix in {".jpg", ".webp"}]
    results = [(body, result) for body, result in zip(bodies, scorer.score(bodies), strict=True)]
    scored = [(body, result) for body, result in results if isinstance(result, Scored)]
    build, start = RowBuilder(date(2026, 1, 1)), datetime(2026, 11, 3, 9, 15, 27, 123_000, tzinfo=UTC)
    rows = []
    for number in range(COPIES * len(scored)):
        body, result = scored[number % len(scored)]
        body, at = body + str(number).encode(), start + timedelta(milliseconds=7 * number)
        fetched = FetchedObject.of(
            body,
            etag=hashlib.md5(body, usedforsecurity=False).hexdigest(),
            last_modified=at.replace(microsecond=0),
            content_type="image/jpeg",
        )
        key = f"photos/2026/11/03/{luck.randrange(10**12):012d}.jpg"
        event = UploadEvent(
            *("created", "pixlake-uploads-123456789012-us-east-1", key, at),
            etag=fetched.etag,
            size_bytes=len(body),
            sequencer=f"{luck.getrandbits(72):018X}",
        )
        scores = {
            model: {
                name: value * luck.uniform(0.9, 1) if isinstance(value, float) else value
                for name, value in struct.items()
            }
            for model, struct in result.scores.items()
        }
        timing = {name: luck.uniform(10, 50) for name in ("download_ms", "decode_ms", "inference_ms")}
        rows.append(
            build.build(
                event,
                "scored",
                now=at + timedelta(seconds=30),
                fetched=fetched,
                image=result.image,
                scores=scores,
                models=scorer.models,
                timing=timing,
            )
        )
    return list(pack(rows))


def test_a_packed_row_has_as_many_bytes(records):
    rows = sum(len(record.row_ids) for record in records)

    assert sum(len(record.data) for record in records) / rows == pytest.approx(ROW_BYTES, rel=0.03)


def test_a_row_of_parquet_has_as_many_bytes(records):
    lines = [json.loads(line) for record in records for line in record.data.splitlines()]
    table = pyarrow.Table.from_pylist([{**line, "metadata": None} for line in lines])
    file = io.BytesIO()
    pyarrow.parquet.write_table(table, file, compression="snappy")

    assert len(file.getvalue()) / len(lines) == pytest.approx(PARQUET_BYTES, rel=0.1)


def test_a_notification_has_about_as_many_bytes(event):
    assert len(event("s3_object_created")) == pytest.approx(NOTIFICATION_BYTES, rel=0.15)


def test_the_workload_s_settings_are_the_template_s_defaults():
    defaults = templates.load(ROOT / "template.yaml", {}, "us-east-1").parameters
    work = Workload()

    settings = {
        "MemorySize": work.memory_mb,
        "BatchSize": work.batch_size,
        "BatchingWindowSeconds": work.window_s,
        "ResultCacheDays": work.result_cache_days,
        "FirehoseBufferSeconds": work.buffer_s,
        "FirehoseBufferMegabytes": work.buffer_mb,
        "LogRetentionDays": work.log_days,
    }
    assert {name: float(defaults[name]) for name in settings} == settings
    assert (defaults["ResultCache"], defaults["ReconcileSchedule"]) == ("on", "rate(6 hours)")
    assert (work.result_cache, work.reconcile_hours) == (True, 6)
    assert work.entry == defaults["Entry"]
    assert float(defaults["ReconcileMemorySize"]) == LEDGER_MEMORY_GB * 1024


def test_there_are_no_more_alarms_and_metrics_than_are_reckoned_with():
    alarms = [each["Properties"] for each in resolve().values() if each["Type"] == "AWS::CloudWatch::Alarm"]
    # An alarm on metric math is billed for each metric that it reads.
    assert sum(sum("MetricStat" in each for each in alarm.get("Metrics", [])) or 1 for alarm in alarms) <= ALARMS
    handlers = [path.read_text() for path in (ROOT / "src" / "handlers").glob("*.py")]
    calls = [name for text in handlers for name in re.findall(r'add_metric\(f?"([^"]+)"', text)]
    by_status = sum("{" in name for name in calls)
    assert len(calls) + by_status * (5 - 1) <= METRICS  # a metric for each of five statuses
