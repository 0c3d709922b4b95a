"""fp32 graphs stored with fp16 weights: half the file, the same speed (the casts are folded when a session loads)."""

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper

from tools.models.graph import finish, initializers

SMALL = 16  # below this a cast costs more than it saves


def stored_as_fp16(model: ModelProto) -> ModelProto:
    """Every float weight as fp16 behind a Cast to fp32; computation stays fp32."""
    constants, casts = initializers(model), list[NodeProto]()
    for name, value in sorted(constants.items()):
        if value.dtype != np.float32 or value.size < SMALL:
            continue
        halved = f"{name}.fp16"
        casts.append(helper.make_node("Cast", [halved], [name], f"{name}.cast", to=TensorProto.FLOAT))
        constants[halved] = value.astype(np.float16)
        del constants[name]
    graph = model.graph
    return finish(graph.name, [*casts, *graph.node], list(graph.input), list(graph.output), constants)
