"""How each artefact is made from its weights: which variant, which ranges, what stays float."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from onnx import ModelProto

from tools.models import originals
from tools.models.calibration import calibrate
from tools.models.preprocess import INPUTS, NSFW_MEAN_BGR
from tools.models.quantise import quantise
from tools.models.ranges import least_squares, percentile
from tools.models.storage import stored_as_fp16

# Exactly the 256 values that (x - 127) / 128 takes: the input loses nothing.
CATEGORY_INPUT_RANGE = (-127 / 128, 1.0)
NSFW_INPUT_RANGE = (-float(max(NSFW_MEAN_BGR)), 255.0 - min(NSFW_MEAN_BGR))


@dataclass(frozen=True)
class Recipe:
    """A variant's name as the row's `models` map shows it, what it is in words, and how to make it."""

    variant: str
    description: str
    build: Callable[[bytes, np.ndarray], ModelProto]  # weight file, calibration views


def category_int8(weights: bytes, views: np.ndarray) -> ModelProto:
    """All layers int8; pooling, so the embedding too, and the softmax in fp32: int8 would round small scores off."""
    model = originals.category(weights)
    calibration = calibrate(model, INPUTS["category"](views))
    return quantise(model, calibration, CATEGORY_INPUT_RANGE, percentile, keep_float={"pool", "embedding", "probs"})


def nsfw_int8(weights: bytes, views: np.ndarray) -> ModelProto:
    """All convolutions int8; from the last Relu on (pooling, the layer of two outputs, softmax) fp32."""
    model = originals.nsfw(weights)
    calibration = calibrate(model, INPUTS["nsfw"](views))
    last = max(index for index, node in enumerate(model.graph.node) if node.op_type == "Relu")
    tail = {node.name for node in model.graph.node[last:]}
    return quantise(model, calibration, NSFW_INPUT_RANGE, least_squares, keep_float=tail)


def text_fp32(weights: bytes, _views: np.ndarray) -> ModelProto:
    """The exactly simplified graph. Int8 would save 5 to 18 % of its time at the cost of accuracy: not worth it."""
    return originals.text(weights)


def fallback(name: str) -> Recipe:
    """What ships where a recipe misses its gate: the original with fp16 weights, computed in fp32."""
    builders = {"category": originals.category, "nsfw": originals.nsfw, "text": originals.text}
    description = "computed in fp32, weights stored as fp16"
    return Recipe("fp16", description, lambda weights, _views: stored_as_fp16(builders[name](weights)))


RECIPES = {
    "category": Recipe(
        "int8",
        "static int8 (QDQ): weights per channel, 7 bits on dense layers and 8 on depthwise ones, second-order rounding "
        "and bias correction; uint8 activations, ranges cover 99.99 %; pooling and softmax in fp32",
        category_int8,
    ),
    "nsfw": Recipe(
        "int8",
        "static int8 (QDQ): weights per channel, 7 bits, second-order rounding and bias correction; uint8 activations, "
        "ranges of least mean square error; from the last activation on fp32",
        nsfw_int8,
    ),
    "text": Recipe(
        "fp32",
        "fp32, simplified exactly, fixed at 320x320; not stored as fp16, which would save 2.3 MB and move single "
        "pixels of the map by up to 0.2",
        text_fp32,
    ),
}
