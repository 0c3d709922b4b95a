"""The models: one directory each, described by its model.toml. Adding a model is adding a directory.

Reading the catalogue opens no model and imports no runtime, so tools generate the table's schema from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from inference.errors import CatalogError
from inference.model_toml import read_model
from inference.specs import ModelSpec

MODELS = Path(__file__).parent / "models"


@dataclass(frozen=True, slots=True)
class Catalog:
    """All models, retired ones too, in the order of their columns."""

    models: tuple[ModelSpec, ...]

    @classmethod
    def load(cls, directory: Path = MODELS) -> Catalog:
        """Read every `<directory>/<name>/model.toml`.

        Raises
        ------
        CatalogError
            names the file, the key and what to write
        """
        models = [read_model(path) for path in sorted(Path(directory).glob("*/model.toml"))]
        if not models:
            raise CatalogError(Path(directory), "", "holds no model: expected <name>/model.toml")
        models.sort(key=lambda model: model.order)
        for one, other in pairwise(models):
            if one.order == other.order:
                raise CatalogError(
                    other.description, "order", f"{other.order} is taken by {one.name}; write the next free"
                )
        return cls(tuple(models))

    @property
    def scoring(self) -> tuple[ModelSpec, ...]:
        """The models that score: all but the retired."""
        return tuple(model for model in self.models if not model.retired)
