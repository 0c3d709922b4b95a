"""Decoders of model outputs: arrays of one image → the struct that its column holds.

A decoder takes the graph's outputs in the order of `output.name` (or the preprocessed pixels of a model without a
graph), then the other keys of `[output]` as keyword arguments, and returns plain Python values by field name. Pure.
A model that needs another one brings it as a function in a `decoder.py` of its own.
"""

from __future__ import annotations

import csv
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Struct = dict[str, Any]


def top_k(probabilities: NDArray[np.float32], *, labels: Path, k: int = 5) -> Struct:
    """Name the most probable classes.

    Parameters
    ----------
    probabilities
        [classes], 0 to 1
    labels
        CSV with the columns index, label, family and one row a class
    k
        length of `top`

    Returns
    -------
    label, family, score of the best, and `top`: label and score of the k best, best first (equal ones by index)
    """
    names = read_labels(labels)
    best = np.argsort(-probabilities, kind="stable")[:k]
    top = [{"label": names[i][0], "score": float(probabilities[i])} for i in best]
    return {"label": top[0]["label"], "family": names[best[0]][1], "score": top[0]["score"], "top": top}


@lru_cache
def read_labels(path: Path) -> tuple[tuple[str, str], ...]:
    """Read (label, family) of each class, in the order of `index`; ValueError when that is not 0, 1, 2, …."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if [row.get("index") for row in rows] != [str(i) for i in range(len(rows))]:
        raise ValueError("the column `index` must count 0, 1, 2, … from the first row")
    return tuple((row["label"], row["family"]) for row in rows)


def positive_class(probabilities: NDArray[np.float32], *, index: int) -> Struct:
    """Score one class of a classifier: [classes] → `score`, 0 to 1."""
    return {"score": float(probabilities[index])}


def coverage_map(probabilities: NDArray[np.float32], *, threshold: float) -> Struct:
    """Measure what a segmentation marks.

    Parameters
    ----------
    probabilities
        [1, height, width], 0 to 1
    threshold
        marked: above it

    Returns
    -------
    `coverage`: share of the pixels marked, 0 to 1; `regions`: connected areas of them
    """
    marked = probabilities[0] > threshold
    return {"coverage": float(marked.mean()), "regions": count_regions(marked)}


def count_regions(marked: NDArray[np.bool_]) -> int:
    """Count the connected areas of a mask [height, width]; pixels that touch at a corner are connected.

    Exact, over runs of pixels instead of pixels: a text map has some hundreds of runs, which are joined by union-find.
    """
    height, width = marked.shape
    padded = np.zeros((height, width + 2), np.int8)
    padded[:, 1:-1] = marked
    edges = np.diff(padded.ravel())
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)  # half-open, in a plane width + 2 wide
    # A run touches those above it that begin before its end and end after its start, one pixel either side included.
    above_starts, above_ends = starts - (width + 2) - 1, ends - (width + 2) + 1
    first = np.searchsorted(ends, above_starts, side="right")
    last = np.searchsorted(starts, above_ends, side="left")
    parent = list(range(len(starts)))
    regions = len(starts)
    for run in np.flatnonzero(last > first):
        for other in range(first[run], last[run]):
            a, b = _root(parent, int(run)), _root(parent, other)
            if a != b:
                parent[a] = b
                regions -= 1
    return regions


def _root(parent: list[int], node: int) -> int:
    while parent[node] != node:
        parent[node] = node = parent[parent[node]]
    return node
