"""Rounded weights keep their limits, and the layer's output comes closer than by plain rounding."""

import numpy as np
import pytest

from tools.models.calibration import Moments
from tools.models.rounding import BIAS_LIMIT, DENSE_LIMIT, DEPTHWISE_LIMIT, round_layer


def correlated_inputs(random, features, samples=4000):
    return (random.normal(size=(samples, 4)) @ random.normal(size=(4, features))) + random.normal(
        1, 0.3, (samples, features)
    )


def moments_of(*groups):
    return Moments(
        np.stack([inputs.mean(0) for inputs in groups]),
        np.stack([inputs.T @ inputs / len(inputs) for inputs in groups]),
    )


@pytest.fixture
def random():
    return np.random.default_rng(5)


def test_dense_weights_stay_within_seven_bits(random):
    weight = random.normal(size=(16, 8, 3, 3)).astype("f4")
    layer = round_layer(weight, np.zeros(16, "f4"), moments_of(correlated_inputs(random, 72)), 0.02)
    assert layer.weight.dtype == np.int8
    assert layer.weight.shape == weight.shape
    assert np.abs(layer.weight.astype(int)).max() == DENSE_LIMIT


def test_depthwise_weights_use_eight_bits(random):
    weight = random.normal(size=(6, 1, 3, 3)).astype("f4")
    inputs = [correlated_inputs(random, 9) for _ in range(6)]
    layer = round_layer(weight, np.zeros(6, "f4"), moments_of(*inputs), 0.02)
    assert DENSE_LIMIT < np.abs(layer.weight.astype(int)).max() <= DEPTHWISE_LIMIT


def test_the_output_is_closer_than_by_plain_rounding(random):
    # given a layer with correlated inputs
    weight, inputs = random.normal(size=(16, 32)).astype("f4"), correlated_inputs(random, 32)
    exact = inputs @ weight.T
    # when it is rounded to the nearest, and by the second-order rule
    step = np.abs(weight).max(1, keepdims=True) / DENSE_LIMIT
    nearest = inputs @ (np.round(weight / step) * step).T
    layer = round_layer(weight, np.zeros(16, "f4"), moments_of(inputs), 0.02)
    second_order = inputs @ (layer.weight * layer.scale[:, None]).T + layer.bias
    # then the second leaves less than half the error, and none on average
    assert np.square(second_order - exact).mean() < 0.5 * np.square(nearest - exact).mean()
    assert (second_order - exact).mean(0) == pytest.approx(np.zeros(16), abs=1e-6)


def test_a_near_dead_channel_keeps_its_bias_within_32_bits(random):
    # given a channel of almost no weight and an ordinary bias
    weight, bias = random.normal(size=(4, 8)).astype("f4"), np.full(4, 3.0, "f4")
    weight[2] *= 1e-12
    # when it is rounded
    layer = round_layer(weight, bias, moments_of(correlated_inputs(random, 8)), 0.02)
    # then the bias in integer steps has room
    assert np.abs(layer.bias / (0.02 * layer.scale)).max() <= BIAS_LIMIT * 1.01
    assert layer.bias[2] == pytest.approx(3.0, abs=1e-6)
