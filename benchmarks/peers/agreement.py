"""Whether a peer did the work: what it says of photos whose fp32 answers are known, to a stated tolerance."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.peers.artefacts import OWN, ROOT, Variant
from benchmarks.peers.scoring import formula
from benchmarks.peers.serving import Scores

PHOTOS = ROOT / "tests" / "golden" / "photos"
EXACT = 0.001
QUALITY = 0.02  # its golden values are the published formulas', unrounded; the figures beneath may differ by 2 to 5 %
GOLDEN = {"category": "probability", "nsfw": "score", "text": "coverage"}
"""The names of values and tolerances in golden.json."""


class PeerDisagrees(RuntimeError):
    """A peer's figures are not the models': its speed would say nothing."""


def photos() -> list[Path]:
    """The photos with known answers."""
    return sorted(PHOTOS / name for name in _golden("category")["photos"])


def require(scores: Scores, models: Iterable[str], variant: Variant) -> None:
    """Compare the scores of `photos()` with the golden values.

    fp32 must give the same class and stay within EXACT, int8 within the tolerance of each model's golden.json; its
    class may be any that is as probable as the first within twice that.

    Raises
    ------
    PeerDisagrees
        with every figure that is off
    """
    wrong = [
        f"{path.name}: {figure}"
        for path in photos()
        for name in models
        for figure in _off(name, path.name, scores[str(path)], _tolerance(name, variant))
    ]
    if wrong:
        raise PeerDisagrees(f"{len(wrong)} figures differ from the fp32 originals': {'; '.join(wrong)}")


def _off(model: str, photo: str, score: Mapping[str, float], tolerance: float) -> Iterable[str]:
    known = _golden(model)["photos"][photo]
    if model == "category":
        probable = dict(known["top"])
        first = max(probable.values())
        if score["category"] not in {index for index, value in probable.items() if value >= first - 2 * tolerance}:
            yield f"class {score['category']:.0f}, known is {max(probable, key=probable.__getitem__)}"
            return
        figure, expected = "category_score", probable[score["category"]]
    elif model == "quality":
        overall = formula(OWN / "quality" / "decoder.py").overall
        figure = "quality"
        expected = overall(*(known[name] for name in ("sharpness", "noise", "brightness", "contrast")))
    else:
        figure, expected = model, known[GOLDEN[model]]
    if abs(score[figure] - expected) > tolerance:
        yield f"{figure} {score[figure]:.4f}, known is {expected:.4f}, allowed ±{tolerance}"


def _tolerance(model: str, variant: Variant) -> float:
    if model == "quality":
        return QUALITY
    return EXACT if variant == "fp32" else float(_golden(model)["tolerances"][GOLDEN[model]])


def _golden(model: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((OWN / model / "golden.json").read_text(encoding="utf-8"))
    return content
