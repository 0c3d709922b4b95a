"""Compare the upload buckets with the lake, on a schedule, and put on the queue again what got lost."""

from __future__ import annotations

from collections import Counter
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers import bootstrap_reconcile
from handlers.reconcile_uploads_settings import ReconcileUploadsSettings
from sink.deadline import Deadline
from sink.run_report import RunReport

RESERVE_MS = 30_000
"""Time kept to put the last page's gaps on the queue and to save how far the run came."""

logger = Logger()
metrics = Metrics()
reconcile_uploads = bootstrap_reconcile.reconcile_uploads(ReconcileUploadsSettings.from_env())


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 - a schedule says nothing
    """Answer with what the run saw, as `pixlake ledger` shows it; fail, after that is kept, where a bucket did."""
    outcome = reconcile_uploads(Deadline.of(context, RESERVE_MS))
    report(outcome)
    for failure in outcome.failed.values():
        raise failure
    return outcome.to_json()


def report(outcome: RunReport) -> None:
    """One log line and one metrics flush a run. Counts are of the days that it looked through."""
    rows, no_row = Counter[str](), Counter[str]()
    for day in outcome.days:
        rows += day.rows
        no_row += day.no_row
    logger.info("run done", extra={name: value for name, value in outcome.to_json().items() if name != "days"})
    for bucket, failure in outcome.failed.items():
        logger.error("a bucket could not be compared", extra={"bucket": bucket, "reason": str(failure)})
    for lost in (day for day in outcome.days if day.no_row["unaccounted"]):
        logger.error(
            "uploads unaccounted for",
            extra={"bucket": lost.bucket, "day": str(lost.day), "keys": lost.lost, **lost.no_row},
        )
    metrics.add_metric("LedgerUploaded", MetricUnit.Count, sum(day.uploaded for day in outcome.days))
    for status in ("scored", "rejected", "superseded", "missing"):
        metrics.add_metric(f"Ledger{status.capitalize()}", MetricUnit.Count, rows[status])
    metrics.add_metric("LedgerInFlight", MetricUnit.Count, outcome.queue.depth)
    metrics.add_metric("LedgerDeadLetters", MetricUnit.Count, outcome.queue.dead_letters)
    metrics.add_metric("LedgerErrorOutput", MetricUnit.Count, outcome.error_lines)
    metrics.add_metric("LedgerRequeued", MetricUnit.Count, outcome.requeued)
    if no_row["unaccounted"] or not outcome.unseen:  # a run that did not see every day must not end the alarm
        metrics.add_metric("LedgerUnaccounted", MetricUnit.Count, no_row["unaccounted"])
    metrics.add_metric("LedgerUnseenDays", MetricUnit.Count, len(outcome.unseen))
