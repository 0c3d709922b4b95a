"""The category graph's arithmetic: batch norms folded, padding as TensorFlow pads."""

import numpy as np
import pytest

from tools.models.efficientnet import BATCH_NORM_EPSILON, fold_batch_norm, same_padding


def test_a_folded_batch_norm_equals_the_two_steps():
    # given a 1x1 convolution and a batch norm
    random = np.random.default_rng(1)
    state = {
        "conv.weight": random.normal(size=(4, 3, 1, 1)).astype("f4"),
        "norm.weight": random.uniform(0.5, 2, 4).astype("f4"),
        "norm.bias": random.normal(size=4).astype("f4"),
        "norm.running_mean": random.normal(size=4).astype("f4"),
        "norm.running_var": random.uniform(0.1, 3, 4).astype("f4"),
    }
    pixels = random.normal(size=(3, 50))
    convolved = state["conv.weight"][:, :, 0, 0] @ pixels
    centred = (convolved - state["norm.running_mean"][:, None]) / np.sqrt(
        state["norm.running_var"][:, None] + BATCH_NORM_EPSILON
    )
    expected = centred * state["norm.weight"][:, None] + state["norm.bias"][:, None]
    # when both are one convolution
    weight, bias = fold_batch_norm(state, "conv", "norm")
    # then it answers the same
    assert weight.dtype == bias.dtype == np.float32
    assert weight[:, :, 0, 0] @ pixels + bias[:, None] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "expected"),
    [
        (224, 3, 2, (0, 1)),
        (112, 3, 1, (1, 1)),
        (112, 3, 2, (0, 1)),
        (56, 5, 2, (1, 2)),
        (7, 1, 1, (0, 0)),
        (7, 3, 2, (1, 1)),
    ],
)
def test_padding_is_tensorflows_same(size, kernel, stride, expected):
    assert same_padding(size, kernel, stride) == expected
