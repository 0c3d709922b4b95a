"""How long the ledger may be silent, by its schedule."""

from datetime import timedelta

import pytest

from pixlake.doctor.ledger import longest_pause


@pytest.mark.parametrize(
    ("schedule", "hours"),
    [
        ("rate(1 hour)", 1),
        ("rate(6 hours)", 6),
        ("rate(90 minutes)", 1.5),
        ("rate(2 days)", 48),
        ("cron(0 3 * * ? *)", 24),
        ("cron(0/15 * * * ? *)", 24),
        ("cron(0 3 ? * MON-FRI *)", 7 * 24),
        ("cron(0 3 1 * ? *)", 31 * 24),
        ("cron(0 3 1 1 ? *)", 366 * 24),
    ],
)
def test_a_schedule_allows_for_a_pause(schedule, hours):
    assert longest_pause(schedule) == timedelta(hours=hours)
