"""One image through the whole path, from the upload bucket to a row, and the time that each stage took."""

from __future__ import annotations

import io
import os
import secrets
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from pixlake.doctor.deployment import Deployment
from pixlake.doctor.examination import Finding, fail, ok

PREFIX = "pixlake-doctor/"
ROW_SQL = """\
SELECT status, error.code AS error_code, scored_at, "$path" AS path
FROM image_scores
WHERE dt >= '{day}' AND bucket = '{bucket}' AND object_key = '{key}' AND status <> 'deleted'"""
_PAUSES_S = (0.5, 5.0)
"""First and longest pause between two looks at the lake: each look on AWS is a query."""


def one_image(deployment: Deployment) -> Finding:
    """Upload an image that nobody has seen to the first upload bucket, wait for its row, and remove the image.

    It costs the lake two rows: the image's, and `deleted` for its removal.
    """
    s3, bucket, keys = deployment.client("s3"), deployment.upload_buckets[0], deployment.uploads.keys
    key = f"{keys.prefix}{PREFIX}{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}{keys.suffix or '.png'}"
    start = time.monotonic()
    answer = s3.put_object(Bucket=bucket, Key=key, Body=picture(), ContentType="image/png")
    put_s = time.monotonic() - start
    version = {"VersionId": answer["VersionId"]} if "VersionId" in answer else {}
    try:
        row = _row(deployment, key, start)
        seconds = time.monotonic() - start
    finally:
        s3.delete_object(Bucket=bucket, Key=key, **version)
    if row is None:
        return fail(
            f"s3://{bucket}/{key} has no row after {deployment.timeout_s:g} s: {_whereabouts(deployment)}",
            f"look into the log group {deployment.scorer.get('LoggingConfig', {}).get('LogGroup', 'of the scorer')}; "
            "if it is only slow, give more --timeout than batching window and FirehoseBufferSeconds together",
        )
    if row["status"] != "scored":
        reason = row["error_code"] or row["status"]
        return fail(f"s3://{bucket}/{key} became a row {reason}", "look into the scorer's log for this key")
    # Stages by AWS's clock, whose seconds are whole in two of the three places; the whole by this machine's.
    stored = s3.head_object(**_place(row["path"]))["LastModified"]
    stages = _stages(_moment(answer), _utc(row["scored_at"]), stored, put_s, seconds)
    told = ", ".join(f"{name} {value:.1f} s" for name, value in stages.items())
    return ok(f"scored and queryable after {seconds:.1f} s ({told})", seconds=round(seconds, 3), stages=stages, key=key)


def picture() -> bytes:
    """A small PNG of soft colours, each time another: no result cache knows it."""
    from PIL import Image  # noqa: PLC0415

    file = io.BytesIO()
    Image.frombytes("RGB", (8, 8), os.urandom(192)).resize((128, 128), Image.Resampling.BICUBIC).save(file, "PNG")
    return file.getvalue()


def _row(deployment: Deployment, key: str, start: float) -> Mapping[str, Any] | None:
    """The row, once it is there; None when the time is over."""
    sql = ROW_SQL.format(day=datetime.now(UTC).date(), bucket=deployment.upload_buckets[0], key=key.replace("'", "''"))
    pause, longest = _PAUSES_S
    while True:
        if rows := deployment.ask(sql):
            return rows[0]
        left = start + deployment.timeout_s - time.monotonic()
        if left <= 0:
            return None
        time.sleep(min(pause, left))
        pause = min(pause * 1.5, longest)


def _whereabouts(deployment: Deployment) -> str:
    own, dead = (deployment.queue_attributes(url) for url in (deployment.queue_url, deployment.dead_letter_url))
    return (
        f"{own['ApproximateNumberOfMessages']} messages wait, {own['ApproximateNumberOfMessagesNotVisible']} are in "
        f"flight, {dead['ApproximateNumberOfMessages']} are dead"
    )


def _stages(uploaded: datetime, scored: datetime, stored: datetime, put_s: float, seconds: float) -> dict[str, float]:
    """Seconds of the stages; their sum is `seconds` but for what whole seconds lose."""
    to_score = max(0.0, (scored - uploaded).total_seconds())
    to_parquet = max(0.0, (stored - scored).total_seconds())
    rest = max(0.0, seconds - put_s - to_score - to_parquet)
    stages = {"upload": put_s, "to the score": to_score, "to Parquet": to_parquet, "to the answer": rest}
    return {name: round(value, 3) for name, value in stages.items()}


def _moment(answer: Mapping[str, Any]) -> datetime:
    """When S3 answered, by its own clock."""
    date = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
    return parsedate_to_datetime(date) if date else datetime.now(UTC)


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)


def _place(uri: str) -> dict[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return {"Bucket": bucket, "Key": key}
