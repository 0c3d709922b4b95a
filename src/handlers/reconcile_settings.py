"""The environment of ReconcileUploadsFunction, read once into a frozen typed object."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from handlers.settings import _positive, _read


@dataclass(frozen=True)
class ReconcileUploadsSettings:
    """Settings as template.yaml gives them."""

    upload_bucket: str
    lake_bucket: str
    queue_url: str
    dead_letter_url: str
    table: str
    workgroup: str
    database: str
    earliest_upload_date: date
    delivery: timedelta
    message_life: timedelta
    attempts: int
    lookback_days: int
    list_at_most: int
    prefixes: tuple[str, ...]
    inventory: str

    @classmethod
    def from_env(cls, environment: Mapping[str, str] | None = None) -> ReconcileUploadsSettings:
        """Read the settings; `SettingsError` names what is missing or wrong."""
        env = os.environ if environment is None else environment
        read = partial(_read, env, function="ReconcileUploadsFunction")
        seconds = {
            name: read(f"PIXLAKE_{name}_SECONDS", _not_negative, "a number of seconds")
            for name in ("BATCHING_WINDOW", "FIREHOSE_BUFFER", "VISIBILITY_TIMEOUT", "RECONCILE_GRACE")
        }
        received = read("PIXLAKE_MAX_RECEIVE_COUNT", _positive, "a number of deliveries")
        return cls(
            upload_bucket=read("PIXLAKE_UPLOAD_BUCKET", str, "the upload bucket's name"),
            lake_bucket=read("PIXLAKE_LAKE_BUCKET", str, "the lake bucket's name"),
            queue_url=read("PIXLAKE_QUEUE_URL", str, "the upload queue's URL"),
            dead_letter_url=read("PIXLAKE_DLQ_URL", str, "the dead-letter queue's URL"),
            table=read("PIXLAKE_LEDGER_TABLE", str, "the ledger's table"),
            workgroup=read("PIXLAKE_WORKGROUP", str, "the Athena work group"),
            database=read("PIXLAKE_DATABASE", str, "the Glue database"),
            earliest_upload_date=read("PIXLAKE_EARLIEST_UPLOAD_DATE", date.fromisoformat, "a day, yyyy-MM-dd"),
            delivery=timedelta(seconds=seconds["FIREHOSE_BUFFER"] + seconds["RECONCILE_GRACE"]),
            # A message that was received several times drops out of the queue's age metric: its whole life counts.
            message_life=timedelta(seconds=seconds["BATCHING_WINDOW"] + seconds["VISIBILITY_TIMEOUT"] * received),
            attempts=read("PIXLAKE_RECONCILE_ATTEMPTS", _positive, "a number of attempts"),
            lookback_days=read("PIXLAKE_RECONCILE_DAYS", _positive, "a number of days"),
            list_at_most=read("PIXLAKE_RECONCILE_LIST_AT_MOST", _positive, "a number of objects"),
            prefixes=tuple(
                each.strip() for each in env.get("PIXLAKE_RECONCILE_PREFIXES", "").split(",") if each.strip()
            ),
            inventory=env.get("PIXLAKE_RECONCILE_INVENTORY", "").strip(),
        )


def _not_negative(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number
