"""Simplification: the same answer from fewer nodes."""

import numpy as np
import onnxruntime
import pytest
from onnx import helper

from tools.models.graph import finish, image_value
from tools.models.simplify import simplify


def run(model, image):
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"image": image})[0]


def node(kind, inputs, output, **attributes):
    return helper.make_node(kind, inputs, [output], output, **attributes)


@pytest.fixture
def constants():
    random = np.random.default_rng(6)
    return {
        "w": random.normal(size=(4, 3, 3, 3)).astype("f4"),
        "v": random.normal(size=(2, 4, 1, 1)).astype("f4"),
        "u": random.normal(size=(4, 2, 2, 2)).astype("f4"),
        "half": np.float32(0.5),
        "two": np.float32([2]),
        "each": random.normal(size=(1, 4, 1, 1)).astype("f4"),
        "three": np.float32(3),
        "zero": np.float32(0),
        "six": np.float32(6),
        **{name: random.uniform(0.5, 2, 4).astype("f4") for name in ("gamma", "beta", "mean", "variance")},
    }


def simplified(nodes, constants, output_shape):
    values = [image_value("image", 3, 8, 8)], [image_value("y", *output_shape)]
    before = finish("before", nodes, *values, constants)
    graph = simplify(before)
    return before, finish("after", graph.nodes, *values, graph.constants), [each.op_type for each in graph.nodes]


def assert_same(before, after):
    image = np.random.default_rng(7).normal(size=(2, 3, 8, 8)).astype("f4")
    assert run(after, image) == pytest.approx(run(before, image), abs=1e-4)


def test_scalars_and_channels_go_into_the_convolution_before(constants):
    nodes = [
        node("Conv", ["image", "w"], "a", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        node("Mul", ["half", "a"], "b"),
        node("Add", ["b", "each"], "c"),
        node("BatchNormalization", ["c", "gamma", "beta", "mean", "variance"], "y"),
    ]
    before, after, kinds = simplified(nodes, constants, (4, 8, 8))
    assert kinds == ["Conv"]
    assert_same(before, after)


def test_a_scalar_goes_into_the_convolutions_after(constants):
    nodes = [
        node("Relu", ["image"], "a"),
        node("Mul", ["a", "two"], "b"),
        node("Conv", ["b", "w"], "y", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
    ]
    before, after, kinds = simplified(nodes, constants, (4, 8, 8))
    assert kinds == ["Relu", "Conv"]
    assert_same(before, after)


def test_a_sum_before_a_padded_convolution_stays(constants):
    # The padding's zeros would have to become that sum too.
    nodes = [
        node("Relu", ["image"], "a"),
        node("Add", ["a", "two"], "b"),
        node("Conv", ["b", "w"], "y", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
    ]
    before, after, kinds = simplified(nodes, constants, (4, 8, 8))
    assert kinds == ["Relu", "Add", "Conv"]
    assert_same(before, after)


def test_a_value_that_another_node_reads_is_not_folded_away(constants):
    nodes = [
        node("Conv", ["image", "w"], "a", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        node("Mul", ["a", "half"], "b"),
        node("Add", ["a", "b"], "y"),
    ]
    before, after, kinds = simplified(nodes, constants, (4, 8, 8))
    assert kinds == ["Conv", "Mul", "Add"]
    assert_same(before, after)


def test_a_spelt_out_hard_swish_is_joined(constants):
    nodes = [
        node("Conv", ["image", "w"], "a", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        node("Add", ["a", "three"], "b"),
        node("Clip", ["b", "zero", "six"], "c"),
        node("Mul", ["a", "c"], "d"),
        node("Div", ["d", "six"], "y"),
    ]
    before, after, kinds = simplified(nodes, constants, (4, 8, 8))
    assert kinds == ["Conv", "HardSigmoid", "Mul"]
    assert_same(before, after)


def test_channels_of_a_transposed_convolution_are_its_second_axis(constants):
    nodes = [
        node("Conv", ["image", "w"], "a", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        node("ConvTranspose", ["a", "u"], "b", kernel_shape=[2, 2], strides=[2, 2]),
        node("Mul", ["b", "pair"], "y"),
    ]
    constants["pair"] = np.float32([3, -2]).reshape(1, 2, 1, 1)
    before, after, kinds = simplified(nodes, constants, (2, 16, 16))
    assert kinds == ["Conv", "ConvTranspose"]
    assert_same(before, after)
