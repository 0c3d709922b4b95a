"""The whole path on this machine: uploads into the local cloud, until Athena counts a row for each."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.processes import in_new_process
from pixlake.cli import environment, query
from pixlake.localcloud import LocalCloud

TEMPLATE = Path(__file__).parents[1] / "template.yaml"
ENOUGH_S = 600.0
SQL = """
SELECT count(*) AS images,
       approx_percentile(date_diff('millisecond', uploaded_at, scored_at), 0.5) AS p50,
       approx_percentile(date_diff('millisecond', uploaded_at, scored_at), 0.95) AS p95
FROM uploads WHERE status = 'scored'
"""


def whole_path(paths: Sequence[Path]) -> dict[str, Any]:
    """Images a second from the first upload to the last queryable row; S3, SQS, Firehose and Athena share the cores.

    `upload_to_scored_ms`: from each upload's time, as its notification states it, to its scoring.
    """
    return in_new_process(_measure, list(paths))


def _measure(paths: list[Path]) -> dict[str, Any]:
    with LocalCloud(TEMPLATE) as cloud, ThreadPoolExecutor(4) as pool:
        os.environ.update(environment.of_local_cloud(cloud.endpoint_url, cloud.outputs))
        s3, bucket = cloud.client("s3"), cloud.outputs["UploadBuckets"]

        def counted() -> dict[str, Any] | None:
            [row] = query.records(query.run(SQL))
            return row if row["images"] == len(paths) else None

        began = time.perf_counter()
        list(pool.map(lambda path: s3.put_object(Bucket=bucket, Key=path.name, Body=path.read_bytes()), paths))
        uploaded = time.perf_counter()
        row = cloud.wait_until(counted, ENOUGH_S, f"{len(paths)} rows")
        ended = time.perf_counter()
    if row is None:
        raise RuntimeError(f"not all of {len(paths)} rows came within {ENOUGH_S:.0f} s")
    return {
        "images": len(paths),
        "images_per_second": len(paths) / (ended - began),
        "upload_s": uploaded - began,
        "last_row_s": ended - uploaded,
        "upload_to_scored_ms": {"p50": row["p50"], "p95": row["p95"]},
    }
