import json
import sys
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from moto import mock_aws

from adapters.inventory import InventoryListing
from adapters.listing import BucketListing
from handlers.reconcile_uploads_settings import ReconcileUploadsSettings
from sink.errors import ListingRefused, SettingsError
from sink.ledger import KeyFilter
from sink.reconcile_uploads import ReconcileUploads, Rules, WatchedBucket
from tests.fakes_ledger import NOON, ErrorLines, KnownLake, ListedBucket, MemoryLedger, RecordingQueue, stored

GOOD = {
    "PIXLAKE_UPLOAD_BUCKETS": "uploads",
    "PIXLAKE_OWN_BUCKET": "pixlake-uploads",
    "PIXLAKE_LAKE_BUCKET": "lake",
    "PIXLAKE_QUEUE_URL": "https://queue",
    "PIXLAKE_DLQ_URL": "https://dead",
    "PIXLAKE_LEDGER_TABLE": "ledger",
    "PIXLAKE_WORKGROUP": "pixlake",
    "PIXLAKE_DATABASE": "pixlake",
    "PIXLAKE_EARLIEST_UPLOAD_DATE": "2026-01-01",
    "PIXLAKE_BATCHING_WINDOW_SECONDS": "20",
    "PIXLAKE_VISIBILITY_TIMEOUT_SECONDS": "720",
    "PIXLAKE_MAX_RECEIVE_COUNT": "5",
    "PIXLAKE_FIREHOSE_BUFFER_SECONDS": "300",
    "PIXLAKE_RECONCILE_GRACE_SECONDS": "0",
    "PIXLAKE_RECONCILE_ATTEMPTS": "3",
    "PIXLAKE_RECONCILE_DAYS": "14",
    "PIXLAKE_RECONCILE_LIST_AT_MOST": "1000",
}
CONTEXT = SimpleNamespace(
    function_name="reconcile_uploads",
    memory_limit_in_mb=1024,
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:reconcile_uploads",
    aws_request_id="request-1",
    get_remaining_time_in_millis=lambda: 100_000,
)


def test_an_upload_may_take_as_long_as_its_message_lives_and_its_row_waits_in_the_buffer():
    settings = ReconcileUploadsSettings.from_env(GOOD)

    assert settings.message_life == timedelta(seconds=20 + 5 * 720)
    assert settings.delivery == timedelta(seconds=300)
    assert settings.earliest_upload_date == date(2026, 1, 1)
    assert (settings.prefixes, settings.inventories) == ((), {})
    assert (settings.upload_buckets, settings.keys) == (("uploads",), KeyFilter())


@pytest.mark.parametrize("name", GOOD)
def test_a_missing_setting_is_named_with_its_function(name):
    with pytest.raises(SettingsError, match=f"{name} is not set: .* to ReconcileUploadsFunction"):
        ReconcileUploadsSettings.from_env({**GOOD, name: ""})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PIXLAKE_RECONCILE_GRACE_SECONDS", "-1"),
        ("PIXLAKE_RECONCILE_ATTEMPTS", "0"),
        ("PIXLAKE_EARLIEST_UPLOAD_DATE", "May"),
    ],
)
def test_a_wrong_setting_is_named_with_its_value(name, value):
    with pytest.raises(SettingsError, match=f"{name} is '{value}'"):
        ReconcileUploadsSettings.from_env({**GOOD, name: value})


@pytest.mark.parametrize(
    ("settings", "listing"),
    [
        ({}, BucketListing(None, "uploads", (), 1000)),
        (
            {"PIXLAKE_RECONCILE_PREFIXES": "a/{yyyy}/, b/{dd}/"},
            BucketListing(None, "uploads", ("a/{yyyy}/", "b/{dd}/"), 1000),
        ),
        (
            {"PIXLAKE_RECONCILE_INVENTORY": "s3://i/p/uploads/daily/"},
            InventoryListing(None, "uploads", "s3://i/p/uploads/daily/"),
        ),
        (
            {"PIXLAKE_UPLOAD_BUCKETS": "uploads,more", "PIXLAKE_RECONCILE_INVENTORY": "s3://i/more/daily"},
            BucketListing(None, "uploads", (), 1000),
        ),
        (
            {"PIXLAKE_UPLOAD_BUCKETS": "more,uploads", "PIXLAKE_RECONCILE_INVENTORY": "s3://i/more/daily"},
            InventoryListing(None, "more", "s3://i/more/daily"),
        ),
        (
            {"PIXLAKE_KEY_PREFIX": "photos/", "PIXLAKE_KEY_SUFFIX": ".jpg"},
            BucketListing(None, "uploads", (), 1000, "photos/"),
        ),
    ],
)
def test_the_settings_choose_the_listing(settings, listing):
    from handlers.bootstrap_reconcile import reconcile_uploads

    with mock_aws():
        opened = reconcile_uploads(ReconcileUploadsSettings.from_env(GOOD | settings)).buckets[0].open_listing()

    assert type(opened) is type(listing)
    assert {**opened.__dict__, "client": None} == listing.__dict__


def test_every_bucket_has_a_ledger_and_rows_of_its_own_and_the_filter_is_for_all():
    from handlers.bootstrap_reconcile import reconcile_uploads

    given = {"PIXLAKE_UPLOAD_BUCKETS": "one, two", "PIXLAKE_KEY_SUFFIX": ".jpg"}
    with mock_aws():
        case = reconcile_uploads(ReconcileUploadsSettings.from_env(GOOD | given))

    assert [(each.name, each.lake.bucket, each.store.bucket) for each in case.buckets] == [
        ("one", "one", "one"),
        ("two", "two", "two"),
    ]
    assert case.keys == KeyFilter("", ".jpg")


@pytest.mark.parametrize(
    ("places", "why"),
    [
        ("s3://i/elsewhere/daily/", "of the bucket elsewhere"),
        ("s3://i/one/daily/,s3://i/one/weekly/", "a second one of the bucket one"),
        ("s3://i/one/daily/,s3://j/two/daily/", "several destination buckets"),
    ],
)
def test_an_inventory_that_cannot_serve_is_refused_at_start(places, why):
    given = {"PIXLAKE_UPLOAD_BUCKETS": "one,two", "PIXLAKE_RECONCILE_INVENTORY": places}

    with pytest.raises(SettingsError, match=why):
        ReconcileUploadsSettings.from_env(GOOD | given)


@pytest.fixture
def module(monkeypatch):
    for name, value in {**GOOD, "POWERTOOLS_SERVICE_NAME": "reconcile_uploads"}.items():
        monkeypatch.setenv(name, value)
    sys.modules.pop("handlers.reconcile_uploads", None)
    with mock_aws():
        import handlers.reconcile_uploads as module

        yield module
    sys.modules.pop("handlers.reconcile_uploads", None)


def test_a_run_answers_with_its_report_and_counts_everything_by_its_place(module, monkeypatch, capsys, caplog):
    lake, queue, store = KnownLake(), RecordingQueue(waiting=4, dead_letters=2), MemoryLedger()
    lake.scored, errors = [stored("seen")], ErrorLines(stored("unconverted"))
    store.attempts[stored("given up").row_id] = (3, NOON - timedelta(days=1))
    objects = [stored(name) for name in ("seen", "unconverted", "lost", "given up")]
    monkeypatch.setattr(
        module,
        "reconcile_uploads",
        ReconcileUploads(
            [WatchedBucket("b", lambda: ListedBucket(objects), lake, store)],
            queue,
            errors,
            Rules(timedelta(minutes=20), timedelta(minutes=40)),
            now=lambda: NOON,
        ),
    )

    answer = module.handler({}, CONTEXT)

    assert json.loads(json.dumps(answer)) == answer
    assert (answer["complete"], answer["requeued"], answer["in_flight"]) == (True, 1, 4)
    (metrics,) = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    counted = {name: value[0] for name, value in metrics.items() if name.startswith("Ledger")}
    assert counted == {
        "LedgerUploaded": 4,
        "LedgerScored": 1,
        "LedgerRejected": 0,
        "LedgerSuperseded": 0,
        "LedgerMissing": 0,
        "LedgerInFlight": 4,
        "LedgerDeadLetters": 2,
        "LedgerErrorOutput": 1,
        "LedgerRequeued": 1,
        "LedgerUnaccounted": 1,
        "LedgerUnseenDays": 0,
    }
    assert [(record.levelname, record.message) for record in caplog.records] == [
        ("INFO", "run done"),
        ("ERROR", "uploads unaccounted for"),
    ]
    assert caplog.records[1].keys == ["given up"]


def test_a_bucket_that_cannot_be_compared_fails_the_run_after_the_others_are_counted(
    module, monkeypatch, capsys, caplog
):
    def refuse():
        raise ListingRefused("too many objects: set ReconcilePrefixes")

    lost, store = stored("lost", bucket="good"), MemoryLedger("good")
    buckets = [
        WatchedBucket("bad", refuse, KnownLake(), MemoryLedger("bad")),
        WatchedBucket("good", lambda: ListedBucket([lost]), KnownLake(), store),
    ]
    queue, rules = RecordingQueue(), Rules(timedelta(minutes=20), timedelta(minutes=40))
    case = ReconcileUploads(buckets, queue, ErrorLines(), rules, now=lambda: NOON)
    monkeypatch.setattr(module, "reconcile_uploads", case)

    with pytest.raises(ListingRefused, match="set ReconcilePrefixes"):
        module.handler({}, CONTEXT)

    assert queue.sent == ["lost"]
    assert store.states[NOON.date()].result.bucket == "good"
    assert '"LedgerRequeued":[1.0]' in capsys.readouterr().out
    (failure,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert (failure.message, failure.bucket) == ("a bucket could not be compared", "bad")
