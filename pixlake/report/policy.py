"""The thresholds that the views judge by."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).parents[2] / "schemas" / "policy.json"


@dataclass(frozen=True)
class Threshold:
    """One: its name, its value, and what it decides."""

    name: str
    value: float
    meaning: str


@dataclass(frozen=True)
class Policy:
    """All of them, and their version."""

    version: int
    thresholds: tuple[Threshold, ...]

    @classmethod
    def load(cls, path: Path = FILE) -> Policy:
        """Read `schemas/policy.json`, from which the views are generated."""
        document = json.loads(path.read_text(encoding="utf-8"))
        thresholds = document["thresholds"].items()
        return cls(
            document["version"],
            tuple(
                Threshold(name, each["value"], each["comment"].removeprefix(f"{name}: ")) for name, each in thresholds
            ),
        )

    def __getitem__(self, name: str) -> float:
        return next(threshold.value for threshold in self.thresholds if threshold.name == name)
