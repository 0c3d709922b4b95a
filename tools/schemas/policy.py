"""The policy, schemas/policy.json: the thresholds that turn scores into judgements."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

MOST_NEAR_DUPLICATE_BITS = 3
"""Of four bands at least one is equal if at most three bits differ; with four, pairs could be missed."""


@dataclass(frozen=True)
class Policy:
    """Thresholds by name, and the version they belong to."""

    version: int
    thresholds: dict[str, float | int]

    @classmethod
    def read(cls, path: Path) -> Policy:
        """Read a policy file.

        Raises
        ------
        ValueError
            A threshold is no finite number, has no comment, or contradicts another.
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
        policy = cls(document["version"], thresholds)
        policy._check(path.name)
        return policy

    def _check(self, file: str) -> None:
        thresholds = self.thresholds
        if thresholds.get("needs_review", 0) > thresholds.get("is_nsfw", 1):
            raise ValueError(f"{file}: needs_review lies above is_nsfw: the band between them would be empty")
        for name in ("near_duplicate_bits", "near_duplicate_crowd"):
            if not isinstance(thresholds.get(name, 0), int):
                raise ValueError(f"{file}: {name} is {thresholds[name]!r}: a count is a whole number")
        if not 0 <= thresholds.get("near_duplicate_bits", 0) <= MOST_NEAR_DUPLICATE_BITS:
            raise ValueError(f"{file}: near_duplicate_bits lies outside 0 to {MOST_NEAR_DUPLICATE_BITS}")

    def literal(self, name: str) -> str:
        """A threshold as a typed SQL literal: a double, or a whole number where it is a count."""
        value = self.thresholds[name]
        return str(value) if isinstance(value, int) else f"DOUBLE '{value!r}'"
