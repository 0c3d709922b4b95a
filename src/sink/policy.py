"""The policy, schemas/policy.json: the thresholds that turn scores into judgements, and the judgements themselves.

The views say the same in SQL (athena/views/fragments/judgements.sql); a test asks both about the same rows.
"""

from __future__ import annotations

import json
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

POLICY = Path(__file__).parent / "schemas" / "policy.json"
MOST_NEAR_DUPLICATE_BITS = 3
"""Of four bands at least one is equal if at most three bits differ; with four, pairs could be missed."""

Comparison = Callable[[float, float], bool]


@dataclass(frozen=True)
class Judgement:
    """What a score says about an image: it stands so to every one of these thresholds.

    `model` and `field` name the score in the row; `comparisons` are by the threshold's name in the policy.
    """

    model: str
    field: str
    comparisons: Mapping[str, Comparison]

    def score(self, row: Mapping[str, Any]) -> float | None:
        """The score that decides; None where the row has none."""
        scores = row.get(self.model)
        return None if scores is None else scores.get(self.field)


JUDGEMENTS: Mapping[str, Judgement] = {
    "has_text": Judgement("text", "coverage", {"has_text": operator.gt}),
    "is_nsfw": Judgement("nsfw", "score", {"is_nsfw": operator.ge}),
    "needs_review": Judgement("nsfw", "score", {"needs_review": operator.ge, "is_nsfw": operator.lt}),
    "is_low_quality": Judgement("quality", "score", {"is_low_quality": operator.lt}),
}
"""The views' true-or-false columns, by name."""


@dataclass(frozen=True)
class Policy:
    """Thresholds by name, the version they belong to, and what each decides."""

    version: int
    thresholds: Mapping[str, float | int]
    comments: Mapping[str, str] = field(default_factory=dict, compare=False)

    @classmethod
    def read(cls, path: Path = POLICY) -> Policy:
        """Read a policy file; by default the one that ships with the code.

        Raises
        ------
        ValueError
            A threshold is no finite number, has no comment, contradicts another, or is not there.
        """
        document = json.loads(path.read_text(encoding="utf-8"))
        thresholds: dict[str, float | int] = {}
        for name, threshold in document["thresholds"].items():
            value = threshold["value"]
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise ValueError(f"{path.name}: {name} is {value!r}: a threshold is a finite number")
            if not threshold.get("comment"):
                raise ValueError(f"{path.name}: {name} has no comment: say what the threshold decides")
            thresholds[name] = value
        if not isinstance(document["version"], int) or isinstance(document["version"], bool):
            raise ValueError(f"{path.name}: version is {document['version']!r}: a whole number, raised by every change")
        comments = {name: threshold["comment"] for name, threshold in document["thresholds"].items()}
        policy = cls(document["version"], thresholds, comments)
        policy._check(path.name)
        return policy

    def _check(self, file: str) -> None:
        thresholds = self.thresholds
        for judgement in JUDGEMENTS.values():
            if missing := judgement.comparisons.keys() - thresholds.keys():
                raise ValueError(f"{file}: no threshold {min(missing)}: the views and the alerts judge by it")
        if thresholds["needs_review"] > thresholds["is_nsfw"]:
            raise ValueError(f"{file}: needs_review lies above is_nsfw: the band between them would be empty")
        for name in ("near_duplicate_bits", "near_duplicate_crowd"):
            if not isinstance(thresholds.get(name, 0), int):
                raise ValueError(f"{file}: {name} is {thresholds[name]!r}: a count is a whole number")
        if not 0 <= thresholds.get("near_duplicate_bits", 0) <= MOST_NEAR_DUPLICATE_BITS:
            raise ValueError(f"{file}: near_duplicate_bits lies outside 0 to {MOST_NEAR_DUPLICATE_BITS}")

    def flags(self, row: Mapping[str, Any]) -> list[str]:
        """Names of the judgements that are true of a row, in the views' order.

        Parameters
        ----------
        row
            Values by column. Where a score is not there, SQL says NULL and so nothing is true.
        """
        return [name for name, judgement in JUDGEMENTS.items() if self._holds(judgement, row)]

    def _holds(self, judgement: Judgement, row: Mapping[str, Any]) -> bool:
        score = judgement.score(row)
        if score is None:
            return False
        return all(compare(score, self.thresholds[name]) for name, compare in judgement.comparisons.items())
