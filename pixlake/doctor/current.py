"""What a deployment does at this moment; `pixlake status` shows it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pixlake.doctor.deployment import Deployment

MINUTES = 5
"""Outcomes are counted over the last minutes."""
STATUSES = ("scored", "rejected", "superseded", "missing", "deleted")
RECENT_SQL = """\
SELECT status,
       count(*) AS outcomes,
       count_if(cardinality(cached) > 0) AS from_cache,
       max(to_unixtime("$file_modified_time") - to_unixtime(scored_at)) AS lag_s
FROM image_scores
WHERE dt >= '{day}' AND scored_at >= TIMESTAMP '{since}'
GROUP BY status"""


@dataclass(frozen=True)
class Recent:
    """Outcomes of the last `MINUTES` by status, images answered by the cache, and the delivery's lag in seconds."""

    source: str
    outcomes: Mapping[str, int]
    from_cache: int
    lag_s: float | None

    @property
    def cache_share(self) -> float | None:
        """Of the scored ones, 0 to 1; None where none was scored."""
        scored = self.outcomes.get("scored", 0)
        return min(1.0, self.from_cache / scored) if scored else None


def current(deployment: Deployment) -> dict[str, Any]:
    """Queues, outcomes and the newest file, as `--json` prints them. Raises botocore's errors and `CommandError`."""
    from adapters.queues import SqsUploadQueue  # noqa: PLC0415

    now = datetime.now(UTC)
    queue = SqsUploadQueue(
        deployment.client("sqs"), deployment.client("cloudwatch"), deployment.queue_url, deployment.dead_letter_url
    ).state()
    # The local CloudWatch keeps no metrics of functions: there the rows themselves are counted.
    recent = _from_lake(deployment, now) if os.environ.get("AWS_ENDPOINT_URL") else _from_metrics(deployment, now)
    return {
        "at": now.isoformat(timespec="seconds"),
        "place": deployment.place,
        "waiting": queue.waiting,
        "in_flight": queue.in_flight,
        "oldest_s": None if queue.oldest_s is None else round(queue.oldest_s),
        "dead_letters": queue.dead_letters,
        "source": recent.source,
        "outcomes_per_minute": {name: recent.outcomes.get(name, 0) / MINUTES for name in STATUSES},
        "cache_share": recent.cache_share,
        "delivery_lag_s": recent.lag_s,
        "newest_file": _newest_file(deployment, now),
    }


def _from_lake(deployment: Deployment, now: datetime) -> Recent:
    since = now - timedelta(minutes=MINUTES)
    # A batch is filed by upload day: one that was uploaded before midnight may be scored after it.
    day = since.date() - timedelta(days=1)
    rows = deployment.ask(RECENT_SQL.format(day=day, since=f"{since:%Y-%m-%d %H:%M:%S}"))
    lags = [float(row["lag_s"]) for row in rows if row["lag_s"] is not None]
    return Recent(
        source="rows in the lake",
        outcomes={row["status"]: int(row["outcomes"]) for row in rows},
        from_cache=sum(int(row["from_cache"]) for row in rows),
        lag_s=round(max(lags), 1) if lags else None,
    )


def _from_metrics(deployment: Deployment, now: datetime) -> Recent:
    stack = deployment.scorer_variable("POWERTOOLS_METRICS_NAMESPACE")  # the stack's name: others do not count
    scorer = [{"Name": "service", "Value": "score_uploads"}]
    wanted = {f"uploads_{name}": (stack, f"Uploads{name.capitalize()}", scorer, "Sum") for name in STATUSES}
    wanted["from_cache"] = (stack, "ImagesFromCache", scorer, "Sum")
    stream = [{"Name": "DeliveryStreamName", "Value": deployment.stream}]
    wanted["lag"] = ("AWS/Firehose", "DeliveryToS3.DataFreshness", stream, "Maximum")
    queries = [
        {
            "Id": name,
            "MetricStat": {
                "Metric": {"Namespace": namespace, "MetricName": metric, "Dimensions": dimensions},
                "Period": 60,
                "Stat": statistic,
            },
        }
        for name, (namespace, metric, dimensions, statistic) in wanted.items()
    ]
    end = now.replace(second=0, microsecond=0)  # the minute that runs is not whole yet
    answer = deployment.client("cloudwatch").get_metric_data(
        MetricDataQueries=queries, StartTime=end - timedelta(minutes=MINUTES), EndTime=end
    )
    values = {each["Id"]: each["Values"] for each in answer["MetricDataResults"]}
    return Recent(
        source=f"CloudWatch, namespace {stack}",
        outcomes={name: round(sum(values.get(f"uploads_{name}", []))) for name in STATUSES},
        from_cache=round(sum(values.get("from_cache", []))),
        lag_s=max(values.get("lag", []), default=None),
    )


def _newest_file(deployment: Deployment, now: datetime) -> dict[str, Any] | None:
    """The newest Parquet file of today's and yesterday's uploads."""
    found = []
    paginator = deployment.client("s3").get_paginator("list_objects_v2")
    for day in (now.date(), now.date() - timedelta(days=1)):
        for page in paginator.paginate(Bucket=deployment.lake_bucket, Prefix=f"image_scores/dt={day}/"):
            found += page.get("Contents", [])
    if not found:
        return None
    newest = max(found, key=lambda each: each["LastModified"])
    modified = newest["LastModified"]
    return {
        "key": newest["Key"],
        "bytes": newest["Size"],
        "modified": modified.isoformat(),
        "age_s": max(0, round((now - modified).total_seconds())),
    }
