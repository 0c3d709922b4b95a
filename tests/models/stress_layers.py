"""Single int8 layers at full activation: how far onnxruntime's integer kernels are off the exact answer, as JSON.

Run by test_cpu_paths.py in a process that may be playing an older CPU.
"""

import json

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from tools.models.hidden_cpu import hide_cpu

FULL = 255


def layer(weight, *, groups=1, gemm=False):
    """A QDQ model of one layer; every scale is 1 but the output's, whose step is a hundredth of the largest answer."""
    channels = len(weight)
    step = np.abs(weight.reshape(channels, -1).astype(int)).sum(1).max() * FULL / 100
    constants = {
        "one": np.float32(1),
        "zero": np.uint8(0),
        "weight": weight,
        "ones": np.ones(channels, np.float32),
        "zeros": np.zeros(channels, np.int8),
        "bias": np.zeros(channels, np.int32),
        "bias_zeros": np.zeros(channels, np.int32),
        "step": np.float32(step),
        "middle": np.uint8(128),
    }
    kernel = [] if gemm else list(weight.shape[2:])
    options = {"transB": 1} if gemm else {"group": groups, "kernel_shape": kernel, "pads": [kernel[0] // 2] * 4}
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "one", "zero"], ["xq"]),
        helper.make_node("DequantizeLinear", ["xq", "one", "zero"], ["xd"]),
        helper.make_node("DequantizeLinear", ["weight", "ones", "zeros"], ["wd"], axis=0),
        helper.make_node("DequantizeLinear", ["bias", "ones", "bias_zeros"], ["bd"], axis=0),
        helper.make_node("Gemm" if gemm else "Conv", ["xd", "wd", "bd"], ["c"], **options),
        helper.make_node("QuantizeLinear", ["c", "step", "middle"], ["cq"]),
        helper.make_node("DequantizeLinear", ["cq", "step", "middle"], ["y"]),
    ]
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ("x", "y")]
    inits = [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "layer", values[:1], values[1:], inits)
    # A shape for x, so that the optimiser may fuse.
    x = [1, weight.shape[1]] if gemm else [1, weight.shape[1] * groups, 7, 7]
    graph.input[0].CopyFrom(helper.make_tensor_value_info("x", TensorProto.FLOAT, x))
    return (
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8),
        np.full(x, FULL, "f4"),
        step,
    )


def steps_off(weight, **options):
    """Output steps between the integer kernel's answer and the unfused, exact one."""
    import onnxruntime

    model, x, step = layer(weight.astype(np.int8), **options)
    answers = []
    for level in ("ORT_ENABLE_ALL", "ORT_DISABLE_ALL"):
        settings = onnxruntime.SessionOptions()
        settings.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, level)
        session = onnxruntime.InferenceSession(model.SerializeToString(), settings, providers=["CPUExecutionProvider"])
        answers.append(session.run(None, {"x": x})[0])
    return round(float(np.abs(answers[0] - answers[1]).max() / step))


def alternating(limit, *shape):
    weight = np.full(shape, limit)
    weight[1::2] = -limit
    return weight


if __name__ == "__main__":
    mode = hide_cpu()
    DENSE = [(16, 32, 1), (64, 64, 1), (8, 16, 3), (64, 64, 3), (24, 40, 5), (3, 32, 3)]
    off = {"seven_bits": {}, "eight_bits": {}, "depthwise": {}}
    for inputs, outputs, kernel in DENSE:
        name, shape = f"conv {kernel}x{kernel}, {inputs} channels", (outputs, inputs, kernel, kernel)
        off["seven_bits"][name] = steps_off(alternating(64, *shape))
        off["eight_bits"][name] = steps_off(np.full(shape, 127))
    for kernel in (3, 5):
        off["depthwise"][f"{kernel}x{kernel}"] = steps_off(alternating(127, 64, 1, kernel, kernel), groups=64)
    off["seven_bits"]["gemm"] = steps_off(alternating(64, 1000, 1280), gemm=True)
    off["eight_bits"]["gemm"] = steps_off(np.full((1000, 1280), 127), gemm=True)
    print(json.dumps({"mode": mode, "off": off}))
