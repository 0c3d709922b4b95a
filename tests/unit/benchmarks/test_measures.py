"""Medians, spreads and ratios, on figures that can be worked out by hand."""

import pytest

from benchmarks.measures import Spread, interleaved, ratios


def test_a_spread_is_the_median_and_the_quartiles():
    assert Spread.of([5.0, 1.0, 4.0, 2.0, 3.0]) == Spread(median=3.0, low=2.0, high=4.0, rounds=5)
    assert Spread.of([7.0]) == Spread(7.0, 7.0, 7.0, 1)
    assert Spread.of([1.0, 3.0]).median == 2.0


def test_one_slow_round_does_not_move_the_median():
    assert Spread.of([1.0, 1.1, 0.9, 1.0, 60.0]).median == 1.0


def test_a_ratio_is_taken_round_by_round():
    # The machine was twice as slow in the second round and four times in the third: the ratio does not notice.
    handler, limit = [9.0, 4.5, 2.25], [10.0, 5.0, 2.5]

    assert ratios(handler, limit).median == pytest.approx(0.9)
    assert ratios(handler, limit).low == pytest.approx(ratios(handler, limit).high)


def test_a_ratio_wants_as_many_rounds_of_both():
    with pytest.raises(ValueError, match="shorter"):
        ratios([1.0, 2.0], [1.0])


def test_runs_take_turns_and_every_other_round_goes_backwards():
    calls = []

    results = interleaved({name: lambda number, name=name: calls.append(name) or number for name in "abc"}, 3)

    assert "".join(calls) == "abccbaabc"
    assert results == {"a": [0, 1, 2], "b": [0, 1, 2], "c": [0, 1, 2]}
