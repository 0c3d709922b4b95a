"""What the completeness ledger found last."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from pixlake.cli.reading import printable
from pixlake.doctor.deployment import Deployment
from pixlake.doctor.examination import Finding, fail, ok, warn

DAYS = 14
SLACK = timedelta(hours=1)
"""A run takes up to 15 minutes, and a schedule may be late."""


def ledger(deployment: Deployment) -> Finding:
    """Whether it runs, and accounts for every upload of the last two weeks."""
    from adapters.attempts import DynamoDbLedger  # noqa: PLC0415

    now = datetime.now(UTC)
    days = [now.date() - timedelta(days=shift) for shift in range(DAYS)]
    client, table = deployment.client("dynamodb"), deployment.ledger_table
    stores = [DynamoDbLedger(client, table, bucket) for bucket in deployment.upload_buckets]
    states = [state for store in stores for state in store.days(days).values()]
    found = [state.result for state in states if state.result is not None]
    if not found:
        return warn(
            f"no run has looked at the last {DAYS} days",
            "a new stack's first run comes within ReconcileSchedule; `pixlake ledger --now` runs it at once",
        )
    no_row = sum((result.no_row for result in found), Counter[str]())
    at = max(result.at for result in found)
    facts = {"run_at": at.isoformat(), "unaccounted": no_row["unaccounted"]}
    if no_row["unaccounted"]:
        keys = [printable(key) for result in found for key in result.lost][:3]
        return fail(
            f"{no_row['unaccounted']:,} uploads unaccounted for, such as {', '.join(keys)}",
            "`pixlake ledger` lists them; look for these keys in the scorer's log, then upload them again",
            **facts,
        )
    hours = (now - at).total_seconds() / 3600
    if now - at > longest_pause(deployment.reconcile_schedule) + SLACK:
        return warn(
            f"its last run was {hours:,.0f} hours ago, of {deployment.reconcile_schedule}",
            "look at the log of ReconcileUploadsFunction and at its schedule; `pixlake ledger --now` runs it",
            **facts,
        )
    uploaded = sum(result.uploaded for result in found)
    return ok(f"nothing unaccounted of {uploaded:,} uploads, compared {hours:.1f} h ago", **facts)


def longest_pause(schedule: str) -> timedelta:
    """The longest time between two runs of `rate(…)`; of `cron(…)` at most: a day, a week, a month or a year."""
    kind, _, inner = schedule.rstrip(")").partition("(")
    fields = inner.split()
    if kind == "rate":
        return timedelta(**{fields[1].rstrip("s") + "s": int(fields[0])})
    _, _, day, month, weekday, *_ = fields
    if month not in "*?":
        return timedelta(days=366)
    if day not in "*?":
        return timedelta(days=31)
    return timedelta(days=1 if weekday in "*?" else 7)
