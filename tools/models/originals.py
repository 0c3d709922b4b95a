"""The fp32 graphs, from the pinned weight files: the reference that every gate measures against."""

from pathlib import Path

import onnx
from onnx import ModelProto, version_converter

from tools.models import efficientnet
from tools.models.download import weight_file
from tools.models.graph import OPSET, finish, image_value, initializers, rename
from tools.models.pins import WEIGHTS
from tools.models.pth import read_state_dict
from tools.models.simplify import simplify


def category(weights: bytes) -> ModelProto:
    """EfficientNet-lite0: `image` [n, 3, 224, 224] to `probs` [n, 1000], `embedding` [n, 1280]."""
    return efficientnet.build(read_state_dict(weights))


def nsfw(weights: bytes) -> ModelProto:
    """Open NSFW: `image` [n, 224, 224, 3] to `probs` [n, 2] (safe, not safe); its opset 9 raised, nothing changed."""
    model = version_converter.convert_version(onnx.load_from_string(weights), OPSET)
    rename(model.graph.node, {"input:0": "image", "outputs": "probs"})
    nodes, constants = model.graph.node, initializers(model)
    return finish("open-nsfw", nodes, [image_value("image", 224, 224, 3)], [image_value("probs", 2)], constants)


def text_as_published(weights: bytes) -> ModelProto:
    """PP-OCRv4 detection: `image` [n, 3, 320, 320] to `map` [n, 1, 320, 320], node for node as published."""
    model = version_converter.convert_version(onnx.load_from_string(weights), OPSET)
    rename(model.graph.node, {"x": "image", "sigmoid_0.tmp_0": "map"})
    return finish("ppocr-v4-det", model.graph.node, *_TEXT_VALUES, initializers(model))


def text(weights: bytes) -> ModelProto:
    """PP-OCRv4 detection, simplified exactly (see `simplify`)."""
    graph = simplify(text_as_published(weights))
    return finish("ppocr-v4-det", graph.nodes, *_TEXT_VALUES, graph.constants)


_TEXT_VALUES = ([image_value("image", 3, 320, 320)], [image_value("map", 1, 320, 320)])
_REFERENCES = {"category": category, "nsfw": nsfw, "text": text_as_published}


def reference(name: str, cache: Path) -> ModelProto:
    """The fp32 original of a model, before anything was done for speed or size."""
    return _REFERENCES[name](weight_file(WEIGHTS[name], cache))
