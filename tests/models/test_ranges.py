"""The ranges that eight bits cover."""

import numpy as np
import pytest

from tools.models.calibration import BINS, Histogram
from tools.models.ranges import least_squares, percentile


def histogram_of(values):
    low, high = min(0.0, float(values.min())), float(values.max())
    return Histogram(low, high, np.histogram(values, BINS, (low, high))[0].astype(float))


def test_a_percentile_leaves_out_the_rare_large_values():
    values = np.concatenate([np.random.default_rng(2).uniform(0, 1, 99_995), np.full(5, 40.0)])
    assert percentile(histogram_of(values)) == pytest.approx((0, 1), abs=0.02)


def test_a_signed_tensor_is_cut_on_both_sides():
    values = np.concatenate([np.random.default_rng(2).uniform(-1, 1, 999_900), np.full(50, 9.0), np.full(50, -9.0)])
    assert percentile(histogram_of(values)) == pytest.approx((-1, 1), abs=0.02)


def test_least_squares_clips_an_outlier_but_not_an_even_spread():
    random = np.random.default_rng(3)
    even = histogram_of(random.uniform(0, 1, 100_000))
    # One value at 3 among n below 1: the best end is 3 / (1 + n / (12 · 255²)).
    skewed = histogram_of(np.concatenate([random.uniform(0, 1, 1_000_000), [3.0]]))
    assert least_squares(even)[1] > 0.97
    assert least_squares(skewed)[1] == pytest.approx(1.31, abs=0.05)


def test_zero_is_always_inside():
    values = histogram_of(np.random.default_rng(4).uniform(2, 3, 10_000))
    for choose in (percentile, least_squares):
        assert choose(values)[0] == 0
