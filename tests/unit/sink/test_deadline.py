from types import SimpleNamespace

import pytest

from sink.deadline import Deadline


@pytest.mark.parametrize(
    ("remaining", "passed", "seconds_left", "to_deliver"),
    [(120_000, False, 90, 119), (30_001, False, 0.001, 29.001), (30_000, True, 0, 29), (500, True, 0, 0)],
)
def test_work_stops_in_time_to_deliver_and_delivery_in_time_to_answer(remaining, passed, seconds_left, to_deliver):
    deadline = Deadline(lambda: remaining, reserve_ms=30_000)

    assert (deadline.passed, deadline.seconds_left) == (passed, seconds_left)
    assert deadline.delivery.seconds_left == pytest.approx(to_deliver)


def test_a_short_invocation_works_for_half_of_its_time():
    clock = SimpleNamespace(left=10_000)
    deadline = Deadline.of(SimpleNamespace(get_remaining_time_in_millis=lambda: clock.left), reserve_ms=30_000)

    assert deadline.seconds_left == 5
    clock.left = 5_000
    assert deadline.passed
