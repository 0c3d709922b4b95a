"""What a user of any framework writes around the models: preprocessing as their publishers describe it, and sessions.

Runs in the peers' environment, on Pillow, numpy and onnxruntime. Knows nothing of pixlake but the files that it is
given: the models' graphs, and the formula of `quality`, which is loaded by its path.
"""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
NSFW_MEAN_BGR = np.array((104, 117, 123), np.float32)
TEXT_FROM = 0.3  # probability from which a pixel counts as text
QUALITY_SIDE, COLOUR_SIDE, QUALITY_RATIO = 512, 224, 4


def category_input(picture: Image.Image) -> NDArray[np.float32]:
    """3 × 224 × 224, RGB, (x − 127) / 128: the centre 0.875 of the shorter side, bicubic."""
    side = int(min(picture.size) * 0.875)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    small = picture.resize((224, 224), Image.Resampling.BICUBIC, box=(left, top, left + side, top + side))
    return np.ascontiguousarray(((np.asarray(small, np.float32) - 127) / 128).transpose(2, 0, 1))


def nsfw_input(picture: Image.Image) -> NDArray[np.float32]:
    """224 × 224 × 3, BGR less the training set's mean: the centre of 256 × 256, bilinear."""
    small = picture.resize((256, 256), Image.Resampling.BILINEAR).crop((16, 16, 240, 240))
    return np.ascontiguousarray(np.asarray(small, np.float32)[..., ::-1] - NSFW_MEAN_BGR)


def text_input(picture: Image.Image) -> NDArray[np.float32]:
    """3 × 320 × 320, BGR, (x / 255 − 0.5) / 0.5: squeezed, bilinear."""
    small = np.asarray(picture.resize((320, 320), Image.Resampling.BILINEAR), np.float32)
    return np.ascontiguousarray(((small[..., ::-1] / 255 - 0.5) / 0.5).transpose(2, 0, 1))


def quality_input(picture: Image.Image) -> tuple[Pixels, Pixels]:
    """The luminance with the shorter side at 512, averaged, and the colours at 224 or a little more.

    Of a long picture the central part; a smaller picture as it is.
    """
    shorter = min(picture.size)
    width, height = (min(side, shorter * QUALITY_RATIO) for side in picture.size)
    left, top = (picture.width - width) // 2, (picture.height - height) // 2
    scale = min(1.0, QUALITY_SIDE / shorter)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    box = (left, top, left + width, top + height)
    luminance = picture.convert("L").resize(size, Image.Resampling.BOX, box=box)
    colour = picture.reduce(max(1, shorter // COLOUR_SIDE), box=box)
    return np.asarray(luminance), np.asarray(colour)


INPUTS: dict[str, Callable[[Image.Image], Any]] = {
    "category": category_input,
    "nsfw": nsfw_input,
    "text": text_input,
    "quality": quality_input,
}


def prepare(picture: Image.Image, names: Sequence[str]) -> dict[str, Any]:
    """The inputs of these models, by name."""
    return {name: INPUTS[name](picture) for name in names}


FIGURES = {"category": ("category", "category_score"), "nsfw": ("nsfw",), "text": ("text",), "quality": ("quality",)}
"""What is kept of each model: the class and its probability, P(not safe), share of the picture, overall score."""


class Models:
    """Loaded once a process; scores batches of prepared pictures.

    Parameters
    ----------
    files
        by model: its graph, or for `quality` the Python file with its formula
    threads
        of onnxruntime, within one operator
    """

    def __init__(self, files: Mapping[str, str], threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._names = tuple(files)
        self._sessions = {
            name: onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
            for name, file in files.items()
            if file.endswith(".onnx")
        }
        self._quality = formula(Path(files["quality"])).quality if "quality" in files else None

    def score(self, encoded: Sequence[bytes]) -> list[dict[str, float]]:
        """Decode a batch in full, run every model, and return the figures of each picture."""
        pictures = [Image.open(io.BytesIO(data)).convert("RGB") for data in encoded]
        return self.run([prepare(picture, self._names) for picture in pictures])

    def run(self, prepared: Sequence[Mapping[str, Any]]) -> list[dict[str, float]]:
        """Run every model on a batch of inputs, and return the figures of each picture."""
        scores: list[dict[str, float]] = [{} for _ in prepared]
        for name, session in self._sessions.items():
            inputs = np.stack([one[name] for one in prepared])
            # The text model is slower in batches: its activations leave the CPU's cache.
            batches = np.split(inputs, len(inputs)) if name == "text" else [inputs]
            answers = [row for batch in batches for row in session.run([_OUTPUTS[name]], {"image": batch})[0]]
            for score, answer in zip(scores, answers, strict=True):
                score.update(zip(FIGURES[name], _DECODERS[name](answer), strict=True))
        if self._quality:
            for score, one in zip(scores, prepared, strict=True):
                score["quality"] = self._quality(*one["quality"])["score"]
        return scores


def _top(probabilities: NDArray[np.float32]) -> tuple[float, ...]:
    top = int(probabilities.argmax())
    return top, float(probabilities[top])


def _not_safe(probabilities: NDArray[np.float32]) -> tuple[float, ...]:
    return (float(probabilities[1]),)


def _coverage(probabilities: NDArray[np.float32]) -> tuple[float, ...]:
    return (float((probabilities > TEXT_FROM).mean()),)


_DECODERS: dict[str, Callable[[NDArray[np.float32]], tuple[float, ...]]] = {
    "category": _top,
    "nsfw": _not_safe,
    "text": _coverage,
}
_OUTPUTS = {"category": "probs", "nsfw": "probs", "text": "map"}


def formula(file: Path) -> ModuleType:
    """Run the Python file of a model without weights as a module of its own."""
    spec = importlib.util.spec_from_file_location(f"formula_of_{file.parent.name}", file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} is not a Python file: it should hold a model's formula")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
