"""Approximations are not equal on both engines: each keeps to the error that Trino states for its own."""

import pytest

pytestmark = pytest.mark.trino
MANY = 3000
RANK_ERROR = 0.02  # of a t-digest of compression 100, in its middle; less at the ends
STANDARD_ERROR = 0.023  # of approx_distinct, by Trino's documentation
NUMBERS = "UNNEST(sequence(1, 3000)) AS t (i)"


@pytest.fixture(params=["trino", "local"])
def either(request):
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("share", [0.01, 0.25, 0.5, 0.9, 0.99])
def test_given_many_values_when_a_percentile_is_asked_then_its_rank_is_near(share, traps, either):
    [(found,)] = either.run(traps, f"SELECT approx_percentile(CAST(i AS double), {share}) AS p FROM {NUMBERS}").rows

    assert abs(found / MANY - share) < RANK_ERROR


def test_given_many_values_when_the_distinct_are_counted_then_the_count_is_near(traps, either):
    [(found,)] = either.run(traps, f"SELECT approx_distinct(i) AS n FROM {NUMBERS}").rows

    assert abs(found / MANY - 1) < 4 * STANDARD_ERROR
