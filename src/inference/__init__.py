"""Image bytes to scores. No AWS."""

from inference.catalog import Catalog
from inference.errors import REJECTION_CODES, CatalogError, InferenceError, ModelFailed
from inference.facts import ImageFacts
from inference.fingerprints import Fingerprints
from inference.scorer import Rejected, Scored, Scorer, ScorerSettings
from inference.specs import ColumnSpec, FieldSpec, ModelSpec

__all__ = [
    "REJECTION_CODES",
    "Catalog",
    "CatalogError",
    "ColumnSpec",
    "FieldSpec",
    "Fingerprints",
    "ImageFacts",
    "InferenceError",
    "ModelFailed",
    "ModelSpec",
    "Rejected",
    "Scored",
    "Scorer",
    "ScorerSettings",
]
