"""Image bytes to scores. No AWS."""

from inference.catalog import Catalog
from inference.errors import REJECTION_CODES, CatalogError, DecodeFailed, InferenceError, ModelFailed
from inference.facts import ImageFacts
from inference.fingerprints import Fingerprints
from inference.prepare import Rejected
from inference.scorer import Scored, Scorer, ScorerSettings
from inference.specs import ColumnSpec, FieldSpec, ModelSpec

__all__ = [
    "REJECTION_CODES",
    "Catalog",
    "CatalogError",
    "ColumnSpec",
    "DecodeFailed",
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
