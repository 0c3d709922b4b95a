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
