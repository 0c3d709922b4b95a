"""How well an artefact must agree with its original, on which CPUs, and the record of it beside the artefact."""

import json
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tools.models.agreement import Figures
from tools.models.errors import GateError

CROSS_CHECK_TOLERANCE = 1e-3  # of probabilities and embeddings; the float parts round by the CPU's vectors
VERSIONS = ("numpy", "onnx", "onnxruntime", "pillow")


@dataclass(frozen=True)
class Gate:
    """A bound on one figure of `agreement`."""

    figure: str
    at_least: float | None = None
    at_most: float | None = None

    def holds(self, figures: Figures) -> bool:
        """Whether the measured figure keeps the bound."""
        value = figures[self.figure]
        return (self.at_least is None or value >= self.at_least) and (self.at_most is None or value <= self.at_most)

    def __str__(self) -> str:
        return f"{self.figure} ≥ {self.at_least}" if self.at_least is not None else f"{self.figure} ≤ {self.at_most}"


GATES = {
    "category": (
        Gate("top1_agreement", at_least=0.95),
        Gate("top1_agreement_where_sure", at_least=0.99),
        Gate("embedding_cosine", at_least=0.997),
    ),
    "nsfw": (Gate("mean_difference", at_most=0.002), Gate("spearman", at_least=0.99)),
    "text": (Gate("max_difference", at_most=0.001),),
}


def missed(name: str, measured: dict[str, Figures]) -> list[str]:
    """The gates that some CPU mode misses, in words; empty where all hold."""
    return [
        f"{mode}: {gate}, measured {figures[gate.figure]:.5f}"
        for mode, figures in measured.items()
        for gate in GATES[name]
        if not gate.holds(figures)
    ]


def require(name: str, measured: dict[str, Figures]) -> None:
    """Raise where a gate is missed."""
    misses = missed(name, measured)
    if misses:
        raise GateError(
            f"{name} disagrees with its fp32 original more than its gates allow ({'; '.join(misses)}). "
            "Don't commit the artefact: look at what changed in tools/models or in onnxruntime, "
            "or ship the fp16 fallback (recipes.py)."
        )


def record(
    name: str, variant: str, artefact_sha256: str, measured: dict[str, Figures], held_out_sha256: str
) -> dict[str, Any]:
    """The content of `gates.json`."""
    return {
        "model": name,
        "variant": variant,
        "artefact_sha256": artefact_sha256,
        "gates": {gate.figure: _bound(gate) for gate in GATES[name]},
        "measured": {mode: _rounded(figures) for mode, figures in measured.items()},
        "held_out_views_sha256": held_out_sha256,
        "versions": {package: version(package) for package in VERSIONS},
    }


def cross_check(emulator: str, views: int, largest: Figures) -> dict[str, Any]:
    """The content of `cross_check` in `gates.json`, or GateError where an emulated CPU answers otherwise."""
    if max(largest.values()) > CROSS_CHECK_TOLERANCE:
        raise GateError(
            f"{emulator} answers otherwise than this CPU, by up to {largest}. Integer layers are exact on every CPU if "
            "no pair of weights can overflow: see tests/models/test_weight_rule.py and tests/models/test_cpu_paths.py."
        )
    return {"emulator": emulator, "views": views, "largest_difference_to_native": _rounded(largest)}


def write(folder: Path, content: dict[str, Any]) -> None:
    """Write `gates.json`; a cross-check of the same artefact is kept."""
    before = read(folder) if (folder / "gates.json").exists() else {}
    if "cross_check" in before and before["artefact_sha256"] == content["artefact_sha256"]:
        content = {**content, "cross_check": content.get("cross_check", before["cross_check"])}
    (folder / "gates.json").write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def read(folder: Path) -> dict[str, Any]:
    """Read `gates.json`."""
    content: dict[str, Any] = json.loads((folder / "gates.json").read_text(encoding="utf-8"))
    return content


def _bound(gate: Gate) -> dict[str, float]:
    bounds = {"at_least": gate.at_least, "at_most": gate.at_most}
    return {key: value for key, value in bounds.items() if value is not None}


def _rounded(figures: Figures) -> Figures:
    return {figure: round(value, 6) for figure, value in figures.items()}
