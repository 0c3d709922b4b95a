"""What flows through a model on calibration views: value ranges, and the second moments that rounding needs.

Two runs over the views. The first finds each tensor's extremes, the second fills a histogram between them and sums,
for every convolution and the fully connected layer, E[x] and E[x xᵀ] of the input patches each output value sees.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import onnxruntime
from onnx import ModelProto, NodeProto, TensorProto, helper

from tools.models.graph import attribute, consumers, initializers
from tools.models.progress import followed

BINS = 4096
BATCH = 8
PATCHES = 64  # sampled places of each image and layer


@dataclass
class Moments:
    """Of a layer's input patches, one group for dense layers, one a channel for depthwise ones."""

    mean: np.ndarray  # [groups, patch]
    second: np.ndarray  # [groups, patch, patch]


@dataclass
class Histogram:
    """Counts of a tensor's values between its extremes, zero always among them."""

    low: float
    high: float
    counts: np.ndarray

    @property
    def centres(self) -> np.ndarray:
        """The middle of each bin."""
        return self.low + (self.high - self.low) / BINS * (np.arange(BINS) + 0.5)


@dataclass
class Calibration:
    """Histograms by tensor, moments by node."""

    histograms: dict[str, Histogram]
    moments: dict[str, Moments]


def calibrate(model: ModelProto, views: np.ndarray) -> Calibration:
    """Run the fp32 model over preprocessed views."""
    layers = [node for node in model.graph.node if node.op_type in ("Conv", "Gemm")]
    weights = initializers(model)
    lows: dict[str, float] = {}
    highs: dict[str, float] = {}
    batches = -(-len(views) // BATCH)
    for tensors in followed(_activations(model, views), "extremes", batches):
        for name, values in tensors.items():
            lows[name] = min(lows.get(name, 0.0), float(values.min()))
            highs[name] = max(highs.get(name, 0.0), float(values.max()))
    histograms = {name: Histogram(lows[name], max(highs[name], lows[name] + 1e-6), np.zeros(BINS)) for name in lows}
    sums = {layer.name: _Sums() for layer in layers}
    random = np.random.default_rng(0)
    for tensors in followed(_activations(model, views), "histograms and moments", batches):
        for name, values in tensors.items():
            histogram = histograms[name]
            scaled = (values.ravel() - histogram.low) * np.float32(BINS / (histogram.high - histogram.low))
            counts = np.bincount(scaled.astype(np.intp), minlength=BINS + 1)
            counts[BINS - 1] += counts[BINS]  # the largest value itself
            histogram.counts += counts[:BINS]
        for layer in layers:
            sums[layer.name].add(layer_patches(layer, weights[layer.input[1]], tensors[layer.input[0]], random))
    return Calibration(histograms, {name: total.moments() for name, total in sums.items()})


def layer_patches(layer: NodeProto, weight: np.ndarray, values: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """[groups, samples, patch] of the inputs a layer multiplies with its weight, flattened as the weight is."""
    if layer.op_type == "Gemm":
        return values[None]
    kernel = weight.shape[2:]
    top, left, bottom, right = attribute(layer, "pads", [0, 0, 0, 0])
    down, across = attribute(layer, "strides", [1, 1])
    padded = np.pad(values, ((0, 0), (0, 0), (top, bottom), (left, right)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel, (2, 3))[:, :, ::down, ::across]
    images, channels, height, width = windows.shape[:4]
    places = random.permutation(height * width)[:PATCHES]
    sampled = windows[:, :, places // width, places % width]  # [images, channels, places, k, k]
    sampled = sampled.transpose(1, 0, 2, 3, 4).reshape(channels, images * len(places), -1)
    if attribute(layer, "group", 1) == 1:
        return sampled.transpose(1, 0, 2).reshape(1, sampled.shape[1], -1)
    return sampled


class _Sums:
    def __init__(self) -> None:
        self.count = 0
        self.first: np.ndarray | float = 0.0
        self.second: np.ndarray | float = 0.0

    def add(self, patches: np.ndarray) -> None:
        self.count += patches.shape[1]
        self.first = self.first + patches.sum(1, dtype=np.float64)
        self.second = self.second + np.matmul(patches.transpose(0, 2, 1), patches).astype(np.float64)

    def moments(self) -> Moments:
        return Moments(np.asarray(self.first) / self.count, np.asarray(self.second) / self.count)


def _activations(model: ModelProto, views: np.ndarray) -> Iterator[dict[str, np.ndarray]]:
    """Every activation of every batch, by tensor name; graph optimisation is off so that all of them exist."""
    probe = ModelProto()
    probe.CopyFrom(model)
    present = {value.name for value in probe.graph.output}
    readers = consumers(model.graph.node)
    # What only a Relu or Clip reads is never quantised: the range after the clip counts.
    names = [
        name
        for node in probe.graph.node
        for name in node.output
        if {reader.op_type for reader in readers.get(name, [])} not in ({"Relu"}, {"Clip"})
    ]
    for name in names:
        if name not in present:
            probe.graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, None))
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(probe.SerializeToString(), options, providers=["CPUExecutionProvider"])
    (source,) = (value.name for value in session.get_inputs())
    for start in range(0, len(views), BATCH):
        batch = views[start : start + BATCH]
        yield {source: batch, **dict(zip(names, session.run(names, {source: batch}), strict=True))}
