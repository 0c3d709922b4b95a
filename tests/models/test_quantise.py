"""A small network, quantised: integer layers, a float tail, and answers close to the original's."""

import numpy as np
import onnxruntime
import pytest
from onnx import helper

from tools.models.calibration import calibrate
from tools.models.graph import finish, image_value, initializers
from tools.models.quantise import quantise
from tools.models.ranges import percentile
from tools.models.storage import stored_as_fp16


def node(kind, inputs, output, **attributes):
    return helper.make_node(kind, inputs, [output], output, **attributes)


@pytest.fixture
def network():
    """Dense and depthwise convolutions with a clip and a Relu, a residual sum, pooling and two outputs."""
    random = np.random.default_rng(8)
    constants = {
        "w1": random.normal(0, 0.3, (16, 3, 3, 3)),
        "b1": random.normal(0, 0.1, 16),
        "w2": random.normal(0, 0.3, (16, 1, 3, 3)),
        "b2": random.normal(0, 0.1, 16),
        "w3": random.normal(0, 0.2, (16, 16, 1, 1)),
        "b3": random.normal(0, 0.1, 16),
        "w4": random.normal(0, 0.5, (5, 16)),
        "b4": random.normal(0, 0.1, 5),
        "zero": 0,
        "six": 6,
    }
    same = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}
    nodes = [
        node("Conv", ["image", "w1", "b1"], "c1", **same),
        node("Clip", ["c1", "zero", "six"], "a1"),
        node("Conv", ["a1", "w2", "b2"], "c2", group=16, **same),
        node("Relu", ["c2"], "a2"),
        node("Conv", ["a2", "w3", "b3"], "c3", kernel_shape=[1, 1]),
        node("Add", ["c3", "a1"], "sum"),
        node("GlobalAveragePool", ["sum"], "pool"),
        node("Flatten", ["pool"], "embedding"),
        node("Gemm", ["embedding", "w4", "b4"], "logits", transB=1),
        node("Softmax", ["logits"], "probs"),
    ]
    outputs = [image_value("probs", 5), image_value("embedding", 16)]
    floats = {name: np.asarray(value, np.float32) for name, value in constants.items()}
    return finish("small", nodes, [image_value("image", 3, 16, 16)], outputs, floats)


@pytest.fixture
def images():
    return np.random.default_rng(9).uniform(-1, 1, (64, 3, 16, 16)).astype("f4")


def run(model, images):
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(["probs", "embedding"], {"image": images})


@pytest.fixture
def quantised(network, images):
    keep = {"pool", "embedding", "probs"}
    return quantise(network, calibrate(network, images[:48]), (-1.0, 1.0), percentile, keep_float=keep)


def test_the_answers_stay_close(network, quantised, images):
    expected, actual = run(network, images[48:]), run(quantised, images[48:])
    assert actual[0] == pytest.approx(expected[0], abs=0.02)
    assert actual[1] == pytest.approx(expected[1], abs=0.05)


def test_clips_that_saturation_does_are_gone_and_the_tail_is_float(quantised):
    kinds = [each.op_type for each in quantised.graph.node]
    assert "Clip" not in kinds
    assert "Relu" not in kinds
    pool = next(each for each in quantised.graph.node if each.op_type == "GlobalAveragePool")
    assert pool.output[0] == "pool"
    assert [value.name for value in quantised.graph.output] == ["probs", "embedding"]


def test_a_relu_in_front_of_the_float_tail_stays():
    # given a sum whose Relu only the float tail reads
    random = np.random.default_rng(10)
    constants = {"w": random.normal(size=(4, 3, 1, 1)).astype("f4"), "b": np.zeros(4, "f4")}
    nodes = [
        node("Conv", ["image", "w", "b"], "c", kernel_shape=[1, 1]),
        node("Add", ["c", "c"], "sum"),
        node("Relu", ["sum"], "a"),
        node("GlobalAveragePool", ["a"], "y"),
    ]
    model = finish("tail", nodes, [image_value("image", 3, 4, 4)], [image_value("y", 4, 1, 1)], constants)
    calibration = calibrate(model, random.normal(size=(16, 3, 4, 4)).astype("f4"))
    # when it is quantised
    kinds = [
        each.op_type for each in quantise(model, calibration, (-3.0, 3.0), percentile, keep_float={"y"}).graph.node
    ]
    # then the Relu is not left to a quantisation that does not come
    assert kinds[-3:] == ["Add", "Relu", "GlobalAveragePool"]


def test_weights_are_integers_within_their_limits(quantised):
    weights = {name: value for name, value in initializers(quantised).items() if name.endswith(".int8")}
    assert {name: np.abs(value.astype(int)).max() for name, value in weights.items() if name != "c2.weight.int8"} == {
        "c1.weight.int8": 64,
        "c3.weight.int8": 64,
        "logits.weight.int8": 64,
    }
    assert 64 < np.abs(weights["c2.weight.int8"].astype(int)).max() <= 127


def test_building_twice_gives_the_same_bytes(network, images, quantised):
    keep = {"pool", "embedding", "probs"}
    again = quantise(network, calibrate(network, images[:48]), (-1.0, 1.0), percentile, keep_float=keep)
    assert again.SerializeToString(deterministic=True) == quantised.SerializeToString(deterministic=True)


def test_fp16_storage_computes_in_fp32(network, images):
    halved = stored_as_fp16(network)
    assert initializers(halved)["w3.fp16"].dtype == np.float16
    assert run(halved, images)[0] == pytest.approx(run(network, images)[0], abs=2e-3)
