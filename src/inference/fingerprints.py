"""What a result depends on besides the image's bytes: equal fingerprints, equal results for equal bytes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import onnxruntime
import pi_heif
import PIL

from inference.preprocess import REVISION
from inference.specs import ModelSpec

DECODING_LIBRARIES = (PIL, pi_heif, np)
SCORING_LIBRARIES = (*DECODING_LIBRARIES, onnxruntime)


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """Of a scorer.

    Attributes
    ----------
    decoding
        sha256 (hex): of the image's facts, and of its rejection
    models
        sha256 (hex) by model name: of a model's scores
    """

    decoding: str
    models: Mapping[str, str]

    @classmethod
    def of(cls, specs: Iterable[ModelSpec], max_pixels: int) -> Fingerprints:
        """Of models, with the versions of the libraries that decode and score."""
        scoring = [library.__version__ for library in SCORING_LIBRARIES]
        return cls(
            decoding=_sha256([REVISION, max_pixels, [library.__version__ for library in DECODING_LIBRARIES]]),
            models={spec.name: _sha256([spec.fingerprint, scoring]) for spec in specs},
        )


def _sha256(parts: list[object]) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
