"""The ledger's environment, read once into a frozen typed object."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from handlers.environment import Environment, not_negative, positive
from sink.errors import SettingsError
from sink.ledger import KeyFilter


@dataclass(frozen=True)
class ReconcileUploadsSettings:
    """Settings as template.yaml gives them."""

    upload_buckets: tuple[str, ...]
    own_bucket: str
    """The name of the bucket that a stack without existing ones has."""
    keys: KeyFilter
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
    inventories: Mapping[str, str]
    """Places of S3 Inventories by upload bucket."""

    @classmethod
    def from_env(cls, variables: Mapping[str, str] | None = None) -> ReconcileUploadsSettings:
        """Read the settings; `SettingsError` names what is missing or wrong."""
        function = "ReconcileUploadsFunction"
        env = Environment(function) if variables is None else Environment(function, variables)
        read = env.read
        seconds = {
            name: read(f"PIXLAKE_{name}_SECONDS", not_negative, "a number of seconds")
            for name in ("BATCHING_WINDOW", "FIREHOSE_BUFFER", "VISIBILITY_TIMEOUT", "RECONCILE_GRACE")
        }
        buckets = read("PIXLAKE_UPLOAD_BUCKETS", _names, "the upload buckets' names")
        received = read("PIXLAKE_MAX_RECEIVE_COUNT", positive, "a number of deliveries")
        return cls(
            upload_buckets=buckets,
            own_bucket=read("PIXLAKE_OWN_BUCKET", str, "the name of the stack's own upload bucket"),
            keys=KeyFilter(env.text("PIXLAKE_KEY_PREFIX"), env.text("PIXLAKE_KEY_SUFFIX")),
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
            attempts=read("PIXLAKE_RECONCILE_ATTEMPTS", positive, "a number of attempts"),
            lookback_days=read("PIXLAKE_RECONCILE_DAYS", positive, "a number of days"),
            list_at_most=read("PIXLAKE_RECONCILE_LIST_AT_MOST", positive, "a number of objects"),
            prefixes=env.items("PIXLAKE_RECONCILE_PREFIXES"),
            inventories=_by_bucket(env.items("PIXLAKE_RECONCILE_INVENTORY"), buckets),
        )


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _by_bucket(places: Collection[str], buckets: Collection[str]) -> dict[str, str]:
    """Each inventory's bucket is the folder before its configuration's."""
    found: dict[str, str] = {}
    for place in places:
        bucket = place.rstrip("/").split("/")[-2]
        if bucket not in buckets or bucket in found:
            wrong = "a second one of" if bucket in found else "of"
            raise SettingsError(
                f"{place} is {wrong} the bucket {bucket} (parameter ReconcileInventory): it wants one of each upload "
                f"bucket at most, s3://bucket/destination-prefix/source-bucket/configuration-id/; these are "
                f"{', '.join(buckets)}"
            )
        found[bucket] = place
    if len({place.split("/")[2] for place in places}) > 1:
        raise SettingsError("ReconcileInventory names several destination buckets: the function may read one")
    return found
