"""A static int8 graph in QDQ form: integer weights by channel, uint8 activations, int32 biases.

onnxruntime fuses each DequantizeLinear → layer → QuantizeLinear into one integer kernel. A Relu or Clip in front of a
QuantizeLinear is left out: a range that starts at zero (and ends within the clip) saturates in the same place.
"""

from collections.abc import Callable, Collection
from typing import Any

import numpy as np
from onnx import ModelProto, NodeProto, helper

from tools.models.calibration import Calibration, Histogram
from tools.models.graph import consumers, finish, initializers
from tools.models.progress import followed
from tools.models.ranges import Range
from tools.models.rounding import RoundedLayer, round_layer

LAYERS = ("Conv", "Gemm")
CLIPS = ("Relu", "Clip")
SAME_SCALE = ("MaxPool", "Transpose")  # move values and compute none, so one scale serves before and after


def quantise(
    model: ModelProto,
    calibration: Calibration,
    input_range: Range,
    choose_range: Callable[[Histogram], Range],
    keep_float: Collection[str] = (),
) -> ModelProto:
    """Quantise every layer but those in `keep_float` (node names); graph inputs and outputs stay float."""
    return _Quantiser(model, calibration, input_range, choose_range, keep_float).run()


class _Quantiser:
    def __init__(
        self,
        model: ModelProto,
        calibration: Calibration,
        input_range: Range,
        choose_range: Callable[[Histogram], Range],
        keep_float: Collection[str],
    ) -> None:
        self.model, self.calibration, self.choose_range, self.keep_float = model, calibration, choose_range, keep_float
        self.constants = initializers(model)
        self.readers = consumers(model.graph.node)
        self.nodes: list[NodeProto] = []
        self.scales: dict[str, float] = {}  # of the activations that have been quantised
        self.current: dict[str, str] = {}  # original tensor to the one that stands for it now
        self.ranges = {model.graph.input[0].name: input_range}

    def run(self) -> ModelProto:
        graph = self.model.graph
        clipped_away: set[str] = set()
        for node in followed(graph.node, "rounding", len(graph.node)):
            if node.name in clipped_away:
                continue
            if self._is_float(node):
                self._copy(node)
                continue
            inputs = (
                self._layer_inputs(node) if node.op_type in LAYERS else [self._integer(name) for name in node.input]
            )
            output = self._output_after_clip(node, clipped_away)
            self._write(node, inputs, output)
            if self._must_quantise(node, output):
                if node.op_type in SAME_SCALE:
                    self.ranges[output] = self.ranges[node.input[0]]
                self._quantise_activation(output)
        return finish(graph.name, self.nodes, list(graph.input), list(graph.output), self.constants)

    def _is_float(self, node: NodeProto) -> bool:
        """Whether the node computes in float; a clip that nothing makes superfluous does too."""
        return node.name in self.keep_float or node.op_type in CLIPS

    def _now(self, name: str) -> str:
        return self.current.get(name, name)

    def _integer(self, name: str) -> str:
        """An activation as an integer node reads it, quantised on first use; constants as they are."""
        if name not in self.scales and name not in self.constants:
            self._quantise_activation(name)
        return self._now(name)

    def _copy(self, node: NodeProto) -> None:
        self._write(node, [self._now(name) for name in node.input], node.output[0])

    def _write(self, node: NodeProto, inputs: list[str], output: str) -> None:
        copy = NodeProto()
        copy.CopyFrom(node)
        del copy.input[:], copy.output[:]
        copy.input.extend(inputs)
        copy.output.append(output)
        self.nodes.append(copy)

    def _output_after_clip(self, node: NodeProto, clipped_away: set[str]) -> str:
        """The node's output, or that of the Relu or Clip which the quantisation makes superfluous."""
        output, readers = str(node.output[0]), self.readers.get(node.output[0], [])
        if len(readers) != 1 or readers[0].op_type not in CLIPS or readers[0].name in self.keep_float:
            return output
        clipped = str(readers[0].output[0])
        if not self._must_quantise(node, clipped):
            return output
        clipped_away.add(readers[0].name)
        return clipped

    def _must_quantise(self, node: NodeProto, output: str) -> bool:
        """A convolution always; anything else where an integer layer reads it."""
        integer = [reader for reader in self.readers.get(output, []) if not self._is_float(reader)]
        return node.op_type == "Conv" or (node.op_type != "Gemm" and bool(integer))

    def _quantise_activation(self, original: str) -> None:
        low, high = self.ranges.setdefault(original, self.choose_range(self.calibration.histograms[original]))
        scale = np.float32((high - low) / 255)
        zero = np.uint8(np.clip(round(-low / float(scale)), 0, 255))
        self.scales[original] = float(scale)
        self.constants |= {f"{original}.scale": np.asarray(scale), f"{original}.zero": np.asarray(zero)}
        parameters = [f"{original}.scale", f"{original}.zero"]
        self._node("QuantizeLinear", [original, *parameters], f"{original}.quantised")
        self._node("DequantizeLinear", [f"{original}.quantised", *parameters], f"{original}.dequantised")
        self.current[original] = f"{original}.dequantised"

    def _layer_inputs(self, node: NodeProto) -> list[str]:
        tensor, weight, bias = node.input
        source = self._integer(tensor)
        scale = self.scales[tensor]
        layer = round_layer(self.constants[weight], self.constants[bias], self.calibration.moments[node.name], scale)
        return [source, *self._constants_of(node, layer, np.float32(scale))]

    def _constants_of(self, node: NodeProto, layer: RoundedLayer, input_scale: np.float32) -> list[str]:
        weight, bias = f"{node.name}.weight", f"{node.name}.bias"
        bias_scale = (input_scale * layer.scale).astype(np.float32)
        self.constants |= {
            f"{weight}.int8": layer.weight,
            f"{weight}.scale": layer.scale,
            f"{weight}.zero": np.zeros(len(layer.scale), np.int8),
            f"{bias}.int32": np.round(layer.bias / bias_scale).astype(np.int32),
            f"{bias}.scale": bias_scale,
            f"{bias}.zero": np.zeros(len(layer.scale), np.int32),
        }
        for name, kind in ((weight, "int8"), (bias, "int32")):
            self._node("DequantizeLinear", [f"{name}.{kind}", f"{name}.scale", f"{name}.zero"], f"{name}.real", axis=0)
        return [f"{weight}.real", f"{bias}.real"]

    def _node(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> None:
        self.nodes.append(helper.make_node(kind, inputs, [output], output, **attributes))
