"""Reading and finishing ONNX graphs: the few steps every model's builder shares."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import onnx
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

OPSET = 17
IR_VERSION = 8


def initializers(model: ModelProto) -> dict[str, np.ndarray]:
    """Constant tensors by name."""
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}


def attribute(node: NodeProto, name: str, default: Any) -> Any:
    """An attribute's value, or ONNX's default for it."""
    return next((helper.get_attribute_value(a) for a in node.attribute if a.name == name), default)


def consumers(nodes: Iterable[NodeProto]) -> dict[str, list[NodeProto]]:
    """Tensor name to the nodes that read it."""
    readers: dict[str, list[NodeProto]] = {}
    for node in nodes:
        for name in node.input:
            readers.setdefault(name, []).append(node)
    return readers


def producers(nodes: Iterable[NodeProto]) -> dict[str, NodeProto]:
    """Tensor name to the node that writes it."""
    return {name: node for node in nodes for name in node.output}


def image_value(name: str, *shape: int) -> onnx.ValueInfoProto:
    """A float input or output with a free batch axis `n`."""
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", *shape])


def finish(
    name: str,
    nodes: Iterable[NodeProto],
    inputs: list[onnx.ValueInfoProto],
    outputs: list[onnx.ValueInfoProto],
    constants: dict[str, np.ndarray],
) -> ModelProto:
    """A checked model holding only the constants its nodes read, in an order that depends on nothing else."""
    nodes = list(nodes)
    read = {tensor for node in nodes for tensor in node.input}
    kept = [
        numpy_helper.from_array(np.asarray(constants[key], order="C"), key) for key in sorted(constants) if key in read
    ]
    graph = helper.make_graph(nodes, name, inputs, outputs, kept)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    model.producer_name = "pixlake tools.models"
    onnx.checker.check_model(model, full_check=True)
    return model


def rename(nodes: Iterable[NodeProto], names: dict[str, str]) -> None:
    """Rename tensors wherever the nodes read or write them."""
    for node in nodes:
        for tensors in (node.input, node.output):
            for index, tensor in enumerate(tensors):
                tensors[index] = names.get(tensor, tensor)
