"""Alarms that ring by what the scorer publishes: its handler runs into what they are about."""

import itertools

import pytest

from tests.alarms.cloudwatch import HOUR, Metrics
from tests.alarms.handlers import CAT, context, emitted, handler_of, make_surroundings, message, upload
from tests.alarms.states import ALARMS, put_values, state_by_runs

FULL = 24  # messages: more than the 20 below which a share says nothing


@pytest.fixture(scope="module")
def scorer():
    with handler_of("ScoreUploadsFunction") as module:
        make_surroundings(cache=False)
        yield module


@pytest.fixture(scope="module")
def calm(scorer):
    """New messages, removals, which need no cache and no image."""
    return emitted(scorer, {"Records": [message(n, f"{n}.jpg", "", "ObjectRemoved:Delete") for n in range(FULL)]})


def test_a_batch_whose_time_is_over_rings(scorer, calm):
    batch = {"Records": [message(n, f"{n}.jpg", "0" * 32) for n in range(3)]}
    late = emitted(scorer, batch, context(120_000, 120_000, 20_000))

    assert state_by_runs("OutOfTimeAlarm", late) == "ALARM"
    assert state_by_runs("OutOfTimeAlarm", calm) == "OK"


def test_a_new_version_that_puts_messages_off_rings_and_goes_back(scorer, calm):
    batch = {"Records": [message(n, f"{n}.jpg", "0" * 32) for n in range(3)]}
    late = emitted(scorer, batch, context(120_000, 120_000, 20_000))

    assert state_by_runs("ReleaseAlarm", late) == "ALARM"
    assert state_by_runs("ReleaseAlarm", calm) == "OK"


def test_messages_that_came_before_ring(scorer, calm):
    def run(again):
        received = [2] * again + [1] * (FULL - again)
        batch = [message(n, f"{n}.jpg", "", "ObjectRemoved:Delete", times) for n, times in enumerate(received)]
        return emitted(scorer, {"Records": batch})

    assert state_by_runs("RedeliveriesAlarm", run(2), run(2)) == "ALARM"  # 8 %
    assert state_by_runs("RedeliveriesAlarm", run(2), run(1)) == "OK"  # for half an hour, not for a quarter
    assert state_by_runs("RedeliveriesAlarm", calm, calm) == "OK"


def test_a_cache_that_answers_nothing_rings(scorer, calm):
    # As many contents as messages, so that it rings at any rate: a cache that failed is left alone for a while.
    batch = [message(n, f"{n}.txt", upload(f"{n}.txt", b"no image %d" % n)) for n in range(FULL)]
    first, while_it_rests = (emitted(scorer, {"Records": batch}) for _ in range(2))

    assert state_by_runs("CacheFailuresAlarm", while_it_rests, first) == "ALARM"
    assert state_by_runs("CacheFailuresAlarm", calm, calm) == "OK"


def test_images_that_take_long_ring(scorer):
    """Messages as published; the duration is Lambda's own metric, 1,769 MB of which are 1.73 GB."""
    (of_one,) = [emitted(scorer, {"Records": [message(1, "cat.jpg", upload("cat.jpg", CAT.read_bytes()))]})]
    runs = [of_one] * 120

    def state(ms_each):
        alarm, metrics = ALARMS["CostPerUploadAlarm"], Metrics()
        for back, run in itertools.product(range(2), runs):
            for (namespace, metric), (dimensions, value) in run.items():
                metrics.put(namespace, metric, dimensions, value, back * HOUR + 1)
            put_values(metrics, alarm, {"duration": ms_each}, back)
        return metrics.state(alarm)

    assert state(300) == "ALARM"  # 0.52 GB-s
    assert state(280) == "OK"
