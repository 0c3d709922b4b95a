"""What a result depends on besides the image's bytes: equal fingerprints, equal results for equal bytes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from inference.preprocess import REVISION
from inference.specs import ModelSpec


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
        import numpy as np  # noqa: PLC0415 - a process that only decodes needs no onnxruntime
        import onnxruntime  # noqa: PLC0415
        import pi_heif  # noqa: PLC0415
        import PIL  # noqa: PLC0415

        decoding = [library.__version__ for library in (PIL, pi_heif, np)]
        scoring = [*decoding, onnxruntime.__version__]
        return cls(
            decoding=_sha256([REVISION, max_pixels, decoding]),
            models={spec.name: _sha256([spec.fingerprint, scoring]) for spec in specs},
        )


def _sha256(parts: list[object]) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
