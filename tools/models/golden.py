"""Golden values: what the fp32 originals answer, with exact preprocessing, on the photos in tests/golden/photos."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from onnx import ModelProto
from PIL import Image

from tools.models.measure import outputs_in_mode
from tools.models.preprocess import INPUTS, RESIZES
from tools.models.quality_reference import quality

TOP = 5
TEXT = 0.3
# What the committed artefact may differ by on these photos; fp32 and the exact graphs stay far below.
TOLERANCES = {
    "category": {"probability": 0.1, "embedding_norm": 0.6},
    "nsfw": {"score": 0.01},
    "text": {"coverage": 0.001},
    "quality": {
        "sharpness": {"relative": 0.02, "absolute": 2.0},
        "noise": {"relative": 0.05, "absolute": 0.2},
        "brightness": {"absolute": 0.004},
        "contrast": {"absolute": 0.008},
        "colorfulness": {"relative": 0.03, "absolute": 0.3},
    },
}


def golden(name: str, photos: Path, reference: ModelProto | None) -> dict[str, Any]:
    """The content of a model's `golden.json`."""
    paths = sorted(path for path in photos.iterdir() if path.suffix in (".png", ".jpg"))
    if reference is None:
        values = [quality(Image.open(path).convert("RGB")) for path in paths]
    else:
        pixels = np.stack([np.asarray(RESIZES[name](Image.open(path).convert("RGB"))) for path in paths])
        values = _VALUES[name](outputs_in_mode(reference, INPUTS[name](pixels)))
    return {
        "reference": _REFERENCE if reference is not None else _QUALITY_REFERENCE,
        "tolerances": TOLERANCES[name],
        "photos": {
            path.name: {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), **value}
            for path, value in zip(paths, values, strict=True)
        },
    }


def write(folder: Path, content: dict[str, Any]) -> None:
    """Write `golden.json`."""
    (folder / "golden.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _category(outputs: dict[str, np.ndarray]) -> list[dict[str, Any]]:
    def one(probs: np.ndarray, embedding: np.ndarray) -> dict[str, Any]:
        top = [[int(index), round(float(probs[index]), 5)] for index in np.argsort(-probs, kind="stable")[:TOP]]
        return {"top": top, "embedding_norm": round(float(np.linalg.norm(embedding)), 4)}

    return [one(*pair) for pair in zip(outputs["probs"], outputs["embedding"], strict=True)]


def _nsfw(outputs: dict[str, np.ndarray]) -> list[dict[str, Any]]:
    return [{"score": round(float(probs[1]), 6)} for probs in outputs["probs"]]


def _text(outputs: dict[str, np.ndarray]) -> list[dict[str, Any]]:
    return [{"coverage": round(float((map_ > TEXT).mean()), 6)} for map_ in outputs["map"]]


_VALUES: dict[str, Callable[[dict[str, np.ndarray]], list[dict[str, Any]]]] = {
    "category": _category,
    "nsfw": _nsfw,
    "text": _text,
}
_REFERENCE = "the fp32 original with exact preprocessing (tools/models/preprocess.py)"
_QUALITY_REFERENCE = "the published formulas in float64, one by one (tools/models/quality_reference.py)"
