"""No pair of weights in the committed int8 artefacts can overflow the 16 bits of a CPU without VNNI.

VPMADDUBSW adds two neighbouring products of a uint8 activation and an int8 weight into int16 and saturates. Dense
weights within 64 cannot overflow, whatever neighbours the kernel's layout makes: 255 x (64 + 64) = 32,640 < 32,767.
"""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

MODELS = Path(__file__).parents[2] / "src" / "inference" / "models"
INT16_MAX, UINT8_MAX = 32_767, 255


def integer_layers(model):
    """(name, integer weight, whether depthwise) of every layer whose weight is stored as integers."""
    graph = onnx.load(MODELS / model / "model.onnx").graph
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    writer = {name: node for node in graph.node for name in node.output}
    for node in graph.node:
        source = writer.get(node.input[1]) if node.op_type in ("Conv", "Gemm", "MatMul") else None
        if source is not None and source.op_type == "DequantizeLinear":
            group = next((attribute.i for attribute in node.attribute if attribute.name == "group"), 1)
            yield node.name, constants[source.input[0]], group > 1


@pytest.mark.parametrize(("model", "layers"), [("category", 50), ("nsfw", 53)])
def test_two_products_of_a_dense_layer_fit_16_bits(model, layers):
    # given every integer layer of the artefact
    found = list(integer_layers(model))
    assert len(found) == layers
    for name, weight, depthwise in found:
        assert weight.dtype == np.int8, name
        if not depthwise:
            # when the two largest weights of one sign meet full activations
            by_row = np.sort(weight.reshape(len(weight), -1).astype(int), axis=1)
            most, least = by_row[:, -2:].sum(1).max() * UINT8_MAX, by_row[:, :2].sum(1).min() * UINT8_MAX
            # then their sum fits
            assert -INT16_MAX <= least <= most <= INT16_MAX, name
            assert np.abs(weight.astype(int)).max() <= 64, name


@pytest.mark.parametrize("model", ["category", "nsfw"])
def test_biases_leave_room_in_32_bits(model):
    # A near-dead channel's scale is floored when the artefact is built; without that its bias would wrap.
    graph = onnx.load(MODELS / model / "model.onnx").graph
    biases = [numpy_helper.to_array(tensor) for tensor in graph.initializer if tensor.name.endswith(".bias.int32")]
    assert len(biases) >= 50
    assert max(np.abs(bias.astype(np.int64)).max() for bias in biases) < 2**30


@pytest.mark.parametrize("model", ["category", "nsfw"])
def test_activations_are_unsigned_with_one_scale(model):
    graph = onnx.load(MODELS / model / "model.onnx").graph
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    quantised = [node for node in graph.node if node.op_type == "QuantizeLinear"]
    assert len(quantised) >= 50
    for node in quantised:
        scale, zero = (constants[name] for name in node.input[1:])
        assert scale.shape == zero.shape == ()
        assert zero.dtype == np.uint8
        assert scale > 0
