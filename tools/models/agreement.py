"""How far two models' outputs agree, in the figures that the gates ask for."""

from collections.abc import Callable

import numpy as np

SURE = 0.3  # above this top-1 probability the original is taken to know what it sees
TEXT = 0.3  # map values above count as text
Outputs = dict[str, np.ndarray]
Figures = dict[str, float]


def category(reference: Outputs, candidate: Outputs) -> Figures:
    """Top-1 agreement over all views and over the sure ones, mean cosine of the embeddings."""
    expected, actual = reference["probs"].argmax(1), candidate["probs"].argmax(1)
    same, sure = expected == actual, reference["probs"].max(1) >= SURE
    ours, theirs = candidate["embedding"].astype(np.float64), reference["embedding"].astype(np.float64)
    cosine = (ours * theirs).sum(1) / np.linalg.norm(ours, axis=1) / np.linalg.norm(theirs, axis=1)
    chosen = np.take_along_axis(reference["probs"] - candidate["probs"], expected[:, None], 1)
    return {
        "views": len(same),
        "top1_agreement": float(same.mean()),
        "sure_views": int(sure.sum()),
        "top1_agreement_where_sure": float(same[sure].mean()),
        "embedding_cosine": float(cosine.mean()),
        "mean_difference_of_top1_probability": float(np.abs(chosen).mean()),
    }


def nsfw(reference: Outputs, candidate: Outputs) -> Figures:
    """Differences of the score, and whether it ranks the views alike."""
    expected, actual = reference["probs"][:, 1].astype(np.float64), candidate["probs"][:, 1].astype(np.float64)
    difference = np.abs(expected - actual)
    return {
        "views": len(expected),
        "mean_difference": float(difference.mean()),
        "max_difference": float(difference.max()),
        "spearman": spearman(expected, actual),
        "views_over_half": int((expected > 0.5).sum()),
    }


def text(reference: Outputs, candidate: Outputs) -> Figures:
    """Differences of the map, and of the coverage that the row reports."""
    expected, actual = reference["map"], candidate["map"]
    coverage = np.abs((expected > TEXT).mean((1, 2, 3)) - (actual > TEXT).mean((1, 2, 3)))
    return {
        "views": len(expected),
        "max_difference": float(np.abs(expected - actual).max()),
        "max_difference_of_coverage": float(coverage.max()),
    }


def spearman(left: np.ndarray, right: np.ndarray) -> float:
    """Correlation of the ranks; ties by position, which two continuous scores do not have."""

    def ranks(values: np.ndarray) -> np.ndarray:
        return np.argsort(np.argsort(values, kind="stable"), kind="stable").astype(np.float64)

    return float(np.corrcoef(ranks(left), ranks(right))[0, 1])


MEASURES: dict[str, Callable[[Outputs, Outputs], Figures]] = {"category": category, "nsfw": nsfw, "text": text}
