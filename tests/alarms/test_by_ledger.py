"""Alarms that ring by what the ledger publishes: its handler compares a bucket and a lake that do not agree."""

from datetime import timedelta

import pytest

from tests.alarms.cloudwatch import HOUR, Metrics
from tests.alarms.handlers import context, emitted, handler_of
from tests.alarms.states import ALARMS, state_by_runs
from tests.fakes_ledger import NOON, ErrorLines, KnownLake, ListedBucket, MemoryLedger, RecordingQueue, stored


@pytest.fixture(scope="module")
def run():
    """One comparison among fakes, by the function's own handler."""
    with handler_of("ReconcileUploadsFunction") as module:
        from sink.reconcile_uploads import ReconcileUploads, Rules, WatchedBucket

        def run(objects=(), errors=(), runs=1, invocation=None, **queue):
            clock = [NOON]
            module.reconcile_uploads = ReconcileUploads(
                [WatchedBucket("b", lambda: ListedBucket(objects), KnownLake(), MemoryLedger())],
                RecordingQueue(**queue),
                ErrorLines(*errors),
                Rules(timedelta(minutes=20), timedelta(minutes=40), attempts=1),
                now=lambda: clock[0],
            )
            for _ in range(runs):
                seen = emitted(module, {}, invocation)
                clock[0] += timedelta(hours=2)
            return seen

        yield run


def test_rows_in_the_error_output_ring_until_a_run_finds_none(run):
    lost = stored("unconverted")

    assert state_by_runs("ErrorOutputAlarm", run([lost], errors=[lost])) == "ALARM"
    assert state_by_runs("ErrorOutputAlarm", run()) == "OK"
    assert Metrics().state(ALARMS["ErrorOutputAlarm"], before="ALARM") == "ALARM", "what was said last holds"


def test_an_upload_without_a_row_rings_when_its_attempts_are_spent(run):
    assert state_by_runs("UnaccountedAlarm", run([stored("lost")], runs=1)) == "OK", "it is on the queue again"
    assert state_by_runs("UnaccountedAlarm", run([stored("lost")], runs=2)) == "ALARM"


def test_a_run_that_did_not_see_every_day_ends_no_alarm(run):
    cut = run([stored(str(n)) for n in range(9)], invocation=context(60_000, 60_000, 1_000))
    blind = run([stored("any")], oldest_s=None, waiting=3)

    for seen in (cut, blind):
        assert not [name for _, name in seen if name == "LedgerUnaccounted"]
        assert state_by_runs("LedgerBehindAlarm", seen) == "ALARM"


def test_a_day_without_a_run_that_came_to_its_end_rings(run):
    cut = run([stored(str(n)) for n in range(9)], invocation=context(60_000, 60_000, 1_000))
    alarm, metrics = ALARMS["LedgerBehindAlarm"], Metrics()
    for ago in (1, 6 * HOUR, 20 * HOUR):
        for (namespace, metric), (dimensions, value) in cut.items():
            metrics.put(namespace, metric, dimensions, value, ago)

    assert metrics.state(alarm) == "ALARM"
    for (namespace, metric), (dimensions, value) in run([stored("one")]).items():
        metrics.put(namespace, metric, dimensions, value, 3 * HOUR)
    assert metrics.state(alarm) == "OK"
