"""`python -m tools.models [category nsfw text] [--check] [--qemu]`: build and measure the models' artefacts."""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from onnx import ModelProto
from rich.console import Console
from rich.table import Table

from tools.models import gates, golden, provenance, views
from tools.models.agreement import MEASURES, Figures
from tools.models.download import sha256_of, weight_file
from tools.models.errors import ModelBuildError
from tools.models.gates import GATES
from tools.models.hidden_cpu import HIDDEN_MODES, NATIVE, hidden_copy
from tools.models.measure import REPOSITORY, outputs_in_mode
from tools.models.originals import reference
from tools.models.pins import PHOTO_RELEASE, WEIGHTS
from tools.models.preprocess import INPUTS
from tools.models.recipes import RECIPES, Recipe, fallback
from tools.models.views import Views

CACHE = REPOSITORY / ".cache" / "models"
MODELS = REPOSITORY / "src" / "inference" / "models"
PHOTOS = REPOSITORY / "tests" / "golden" / "photos"
EMULATOR = ("qemu-x86_64", "-cpu", "Haswell-noTSX")
EMULATED_EVERY = 9  # emulation is some fifty times slower: a part of the views will do for a cross-check

console = Console(highlight=False, soft_wrap=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Build (or with --check only measure) the named models; 1 where something failed."""
    parser = argparse.ArgumentParser(prog="python -m tools.models", description=__doc__)
    parser.add_argument("models", nargs="*", metavar="MODEL", help=f"of {', '.join(RECIPES)}; default all")
    parser.add_argument("--check", action="store_true", help="measure what is committed, build nothing")
    parser.add_argument(
        "--qemu", action="store_true", help="with --check: measure on an emulated Haswell too, and record it"
    )
    chosen = parser.parse_args(arguments)
    unknown = sorted(set(chosen.models) - set(RECIPES))
    if chosen.qemu and not chosen.check:
        parser.error("--qemu goes with --check")
    if unknown:
        parser.error(f"no model named {', '.join(unknown)}; there are {', '.join(RECIPES)}")
    started = time.monotonic()
    try:
        CACHE.mkdir(parents=True, exist_ok=True)
        console.print(f"photos: reading packages of {PHOTO_RELEASE}, 375 MB to download the first time")
        pictures = views.load(CACHE)
        console.print(f"{len(pictures.calibration)} views calibrate, {len(pictures.held_out)} are held out")
        for name in chosen.models or list(RECIPES):
            _check(name, pictures, emulate=chosen.qemu) if chosen.check else _build(name, pictures)
        if not chosen.check:
            golden.write(MODELS / "quality", golden.golden("quality", PHOTOS, None))
    except ModelBuildError as error:
        console.print(f"[red]failed:[/] {error}")
        return 1
    console.print(f"done in {time.monotonic() - started:.0f} s")
    return 0


def _build(name: str, pictures: Views) -> None:
    console.print(f"[bold]{name}[/]: weights from {WEIGHTS[name].requirement}")
    weights, original = weight_file(WEIGHTS[name], CACHE), reference(name, CACHE)
    recipe = RECIPES[name]
    patience = ": calibrating and rounding take a few minutes" if recipe.variant == "int8" else ""
    console.print(f"[bold]{name}[/]: building {recipe.variant}{patience}")
    artefact = recipe.build(weights, pictures.calibration)
    measured = _measure(name, artefact, original, pictures)
    if gates.missed(name, measured):
        console.print(f"[yellow]{name}: {recipe.variant} misses its gates, shipping fp16 weights instead[/]")
        recipe = fallback(name)
        artefact = recipe.build(weights, pictures.calibration)
        measured = _measure(name, artefact, original, pictures)
    gates.require(name, measured)
    _write(name, recipe, artefact, measured, pictures)
    golden.write(MODELS / name, golden.golden(name, PHOTOS, original))


def _write(name: str, recipe: Recipe, artefact: ModelProto, measured: dict[str, Figures], pictures: Views) -> None:
    folder, content = MODELS / name, artefact.SerializeToString(deterministic=True)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(content)
    record = gates.record(name, recipe.variant, sha256_of(content), measured, pictures.held_out_sha256)
    gates.write(folder, record)
    provenance.write(folder, name, recipe, record, len(content))
    console.print(
        f"[bold]{name}[/]: wrote {recipe.variant}, {len(content) / 1e6:.1f} MB, sha256 {record['artefact_sha256']}"
    )


def _check(name: str, pictures: Views, *, emulate: bool) -> None:
    artefact, original, record = MODELS / name / "model.onnx", reference(name, CACHE), gates.read(MODELS / name)
    actual = sha256_of(artefact.read_bytes())
    if actual != record["artefact_sha256"]:
        raise ModelBuildError(
            f"{artefact} has sha256 {actual}, its gates.json says {record['artefact_sha256']}. Run `make models`."
        )
    gates.require(name, _measure(name, artefact, original, pictures))
    if emulate and record["variant"] == "int8":  # fp32 has no VNNI to go without
        gates.write(MODELS / name, {**record, "cross_check": _cross_check(name, artefact, pictures)})


def _cross_check(name: str, artefact: Path, pictures: Views) -> dict[str, Any]:
    """Show, on a part of the views, that an emulated older CPU answers as this one does."""
    inputs = _inputs(name, pictures)[::EMULATED_EVERY]
    native, emulated = outputs_in_mode(artefact, inputs), outputs_in_mode(artefact, inputs, emulator=EMULATOR)
    largest = {output: float(np.abs(values - emulated[output]).max()) for output, values in native.items()}
    console.print(f"[bold]{name}[/]: {' '.join(EMULATOR)} differs from this CPU by at most {largest}")
    return gates.cross_check(" ".join(EMULATOR), len(inputs), largest)


def _inputs(name: str, pictures: Views) -> np.ndarray:
    return INPUTS[name](pictures.text_held_out if name == "text" else pictures.held_out)


def _measure(name: str, artefact: ModelProto | Path, original: ModelProto, pictures: Views) -> dict[str, Figures]:
    inputs, environment = _inputs(name, pictures), hidden_copy(CACHE / "hidden")
    expected = outputs_in_mode(original, inputs)
    measured = {
        mode: MEASURES[name](expected, outputs_in_mode(artefact, inputs, mode, environment))
        for mode in (NATIVE, *HIDDEN_MODES)
    }
    _show(name, measured)
    return measured


def _show(name: str, measured: dict[str, Figures]) -> None:
    gated = {gate.figure: gate for gate in GATES[name]}
    table = Table(title=f"{name}: agreement with the fp32 original", title_justify="left")
    for column in ("figure", "gate", *measured):
        table.add_column(column)
    for figure in next(iter(measured.values())):
        gate = gated.get(figure)
        cells = [(f"{figures[figure]:.6g}", gate is None or gate.holds(figures)) for figures in measured.values()]
        shown = [text if holds else f"[red]{text}[/]" for text, holds in cells]
        table.add_row(figure, str(gate).removeprefix(figure).strip() if gate else "", *shown)
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
