"""The category model: EfficientNet-lite0 as an fp32 ONNX graph, written from its state dict.

Architecture: EfficientNet-lite0 (Apache-2.0), TensorFlow's "same" padding, ReLU6, no squeeze-and-excite.
"""

from typing import Any

import numpy as np
from onnx import ModelProto, NodeProto, helper

from tools.models.graph import finish, image_value

IMAGE_SIZE = 224
BATCH_NORM_EPSILON = 1e-3
# (expansion, stride, repeats) of each stage; kernel sizes and widths are read off the weights.
STAGES = ((1, 1, 1), (6, 2, 2), (6, 2, 2), (6, 2, 3), (6, 1, 3), (6, 2, 4), (6, 1, 1))

StateDict = dict[str, np.ndarray]


def fold_batch_norm(state: StateDict, conv: str, norm: str) -> tuple[np.ndarray, np.ndarray]:
    """Weight [out, in, k, k] and bias [out] of a convolution that does its batch norm too; folded in float64."""
    gamma, beta, mean, variance = (
        state[f"{norm}.{part}"].astype(np.float64) for part in ("weight", "bias", "running_mean", "running_var")
    )
    factor = gamma / np.sqrt(variance + BATCH_NORM_EPSILON)
    weight = state[f"{conv}.weight"].astype(np.float64) * factor[:, None, None, None]
    return weight.astype(np.float32), (beta - mean * factor).astype(np.float32)


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Pixels before and after, as TensorFlow pads: the odd one goes after."""
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


class _Writer:
    """Collects the nodes and constants, layer after layer."""

    def __init__(self, state: StateDict) -> None:
        self.state = state
        self.nodes: list[NodeProto] = []
        self.constants: StateDict = {"zero": np.array(0, np.float32), "six": np.array(6, np.float32)}

    def node(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], output, **attributes))
        return output

    def conv(self, tensor: str, conv: str, norm: str, size: int, *, stride: int = 1, relu6: bool = True) -> str:
        weight, bias = fold_batch_norm(self.state, conv, norm)
        self.constants |= {f"{conv}.weight": weight, f"{conv}.bias": bias}
        kernel = weight.shape[2]
        before, after = same_padding(size, kernel, stride)
        tensor = self.node(
            "Conv",
            [tensor, f"{conv}.weight", f"{conv}.bias"],
            conv,
            kernel_shape=[kernel, kernel],
            strides=[stride, stride],
            group=len(weight) if weight.shape[1] == 1 else 1,
            pads=[before, before, after, after],
        )
        return self.node("Clip", [tensor, "zero", "six"], f"{conv}.relu6") if relu6 else tensor

    def block(self, tensor: str, name: str, size: int, *, expansion: int, stride: int, residual: bool) -> str:
        inner = tensor
        if expansion != 1:
            inner = self.conv(inner, f"{name}._expand_conv", f"{name}._bn0", size)
        inner = self.conv(inner, f"{name}._depthwise_conv", f"{name}._bn1", size, stride=stride)
        inner = self.conv(inner, f"{name}._project_conv", f"{name}._bn2", -(-size // stride), relu6=False)
        return self.node("Add", [inner, tensor], f"{name}.add") if residual else inner


def build(state: StateDict) -> ModelProto:
    """`image` [n, 3, 224, 224] to `probs` [n, 1000] and the pooled `embedding` [n, 1280]."""
    writer = _Writer(state)
    tensor, size, index = writer.conv("image", "_conv_stem", "_bn0", IMAGE_SIZE, stride=2), IMAGE_SIZE // 2, 0
    for expansion, first_stride, repeats in STAGES:
        for repeat in range(repeats):
            stride = 1 if repeat else first_stride
            name, residual = f"_blocks.{index}", repeat > 0
            tensor = writer.block(tensor, name, size, expansion=expansion, stride=stride, residual=residual)
            size, index = -(-size // stride), index + 1
    tensor = writer.conv(tensor, "_conv_head", "_bn1", size)
    tensor = writer.node("GlobalAveragePool", [tensor], "pool")
    tensor = writer.node("Flatten", [tensor], "embedding", axis=1)
    writer.constants |= {"fc.weight": state["_fc.weight"], "fc.bias": state["_fc.bias"]}
    tensor = writer.node("Gemm", [tensor, "fc.weight", "fc.bias"], "logits", transB=1)
    writer.node("Softmax", [tensor], "probs", axis=1)
    inputs = [image_value("image", 3, IMAGE_SIZE, IMAGE_SIZE)]
    outputs = [image_value("probs", 1000), image_value("embedding", 1280)]
    return finish("efficientnet-lite0", writer.nodes, inputs, outputs, writer.constants)
