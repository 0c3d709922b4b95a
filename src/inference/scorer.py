"""The one entry: bytes of images in, scores or rejections out, in the same order."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.catalog import Catalog
from inference.decoders import bind_decoder
from inference.errors import ImageRejected, ModelFailed
from inference.facts import ImageFacts
from inference.fingerprints import Fingerprints
from inference.formats.decode import decode
from inference.outputs import Struct
from inference.preprocess import Reductions, normalise
from inference.session import GraphSession
from inference.specs import ModelSpec

_CHUNK = 8  # images whose inputs are held at once, some 3 MB each, whatever the batch and the pictures


@dataclass(frozen=True, slots=True)
class ScorerSettings:
    """What a scorer is set to.

    Attributes
    ----------
    max_pixels
        width × height above which an image is rejected unread
    threads
        of one model run; 1 suits one Lambda vCPU
    """

    max_pixels: int = 50_000_000
    threads: int = 1

    def __post_init__(self) -> None:
        for name in ("max_pixels", "threads"):
            if getattr(self, name) < 1:
                raise ValueError(f"ScorerSettings.{name} is {getattr(self, name)}: write 1 or more")


@dataclass(frozen=True, slots=True)
class Scored:
    """An image's scores: model name → field name → plain Python value, as the model's column declares them.

    `decode_ms` covers decoding and preprocessing, `inference_ms` this image's share of the models' time.
    """

    image: ImageFacts
    scores: dict[str, dict[str, Any]]
    decode_ms: float
    inference_ms: float


@dataclass(frozen=True, slots=True)
class Rejected:
    """An image that cannot be scored. `image` holds what its header said, where that could be read."""

    code: str
    message: str
    image: ImageFacts | None
    decode_ms: float


@dataclass(slots=True)
class _Prepared:
    """One decoded image: the models' inputs, and their scores as they come; the picture itself is gone."""

    image: ImageFacts
    inputs: dict[str, NDArray[np.generic]]
    decode_ms: float
    scores: dict[str, Struct] = field(default_factory=dict)
    inference_ms: float = 0.0

    @property
    def scored(self) -> Scored:
        return Scored(self.image, self.scores, self.decode_ms, self.inference_ms)


class _Model:
    """A model with its session, if it has a graph, and its decoder."""

    def __init__(self, spec: ModelSpec, threads: int) -> None:
        self.spec = spec
        self._decode = bind_decoder(spec)
        self._session = GraphSession(spec, threads) if spec.artefact else None
        self._fields = {field.name for field in spec.column.fields}

    def prepare(self, reductions: Reductions) -> NDArray[np.generic]:
        given = self.spec.input
        picture = given.resize(reductions.at_least(given.resize.needs))
        return normalise(np.asarray(picture), given.channels, given.layout, given.mean, given.std)

    def score(self, inputs: Sequence[NDArray[np.generic]]) -> list[Struct]:
        outputs = self._session.run(inputs) if self._session else [(pixels,) for pixels in inputs]
        return [self._struct(arrays) for arrays in outputs]

    def _struct(self, arrays: tuple[NDArray[np.generic], ...]) -> Struct:
        try:
            struct = self._decode(*arrays)
        except Exception as error:
            problem = f"the decoder {self.spec.output.decoder} failed: {error!r}"
            raise ModelFailed(self.spec.name, problem) from error
        if set(struct) != self._fields:
            raise ModelFailed(self.spec.name, f"returned {sorted(struct)}; its column has {sorted(self._fields)}")
        for name, value in struct.items():
            if isinstance(value, float) and not math.isfinite(value):
                raise ModelFailed(self.spec.name, f"{name} is {value}; no JSON, and no column, holds that")
        return struct


class Scorer:
    """Scores images with every model of a catalogue that is not retired. For one thread at a time.

    Example
    -------
    >>> scorer = Scorer.load(ScorerSettings())
    >>> [result] = scorer.score([Path("samples/dog.jpg").read_bytes()])
    >>> result.scores["category"]["family"]
    'dog'
    """

    def __init__(self, settings: ScorerSettings, models: Sequence[_Model]) -> None:
        self._settings = settings
        self._models = tuple(models)
        self._shorter_side = max(model.spec.input.resize.needs for model in models)

    @classmethod
    def load(cls, settings: ScorerSettings, catalog: Catalog | None = None) -> Scorer:
        """Open the models: some 100 ms. CatalogError when one of them cannot be used."""
        specs = (catalog or Catalog.load()).scoring
        return cls(settings, [_Model(spec, settings.threads) for spec in specs])

    @property
    def models(self) -> dict[str, str]:
        """Model name → version and artefact variant, in the order of the columns."""
        return {model.spec.name: model.spec.release for model in self._models}

    @property
    def fingerprints(self) -> Fingerprints:
        """What results depend on besides an image's bytes."""
        return Fingerprints.of([model.spec for model in self._models], self._settings.max_pixels)

    def score(
        self, images: Sequence[bytes], models: Sequence[Collection[str]] | None = None
    ) -> list[Scored | Rejected]:
        """Score files of images; a result depends on its own bytes alone, whatever else is in the batch.

        Parameters
        ----------
        models
            Names of the models to run on each image; all of them on every image by default.

        Raises
        ------
        ModelFailed
            a model broke: nothing is known of any image of the batch. Never raised for what the bytes are
        """
        wanted = [self.models] * len(images) if models is None else models
        results: list[Scored | Rejected] = []
        for start in range(0, len(images), _CHUNK):
            chunk = slice(start, start + _CHUNK)
            results.extend(self._score_chunk(images[chunk], wanted[chunk]))
        return results

    def _score_chunk(self, images: Sequence[bytes], wanted: Sequence[Collection[str]]) -> list[Scored | Rejected]:
        prepared = [self._prepare(data, names) for data, names in zip(images, wanted, strict=True)]
        good = [one for one in prepared if isinstance(one, _Prepared)]
        for model in self._models:
            asked = [one for one in good if model.spec.name in one.inputs]
            if not asked:
                continue
            started = perf_counter()
            structs = model.score([one.inputs[model.spec.name] for one in asked])
            share = _ms_since(started) / len(asked)
            for one, struct in zip(asked, structs, strict=True):
                one.scores[model.spec.name] = struct
                one.inference_ms += share
        return [one if isinstance(one, Rejected) else one.scored for one in prepared]

    def _prepare(self, data: bytes, names: Collection[str]) -> _Prepared | Rejected:
        started = perf_counter()
        try:
            picture = decode(data, max_pixels=self._settings.max_pixels, shorter_side=self._shorter_side)
        except ImageRejected as rejected:
            return Rejected(rejected.code, rejected.message, rejected.image, _ms_since(started))
        reductions = Reductions(picture.rgb)
        inputs = {model.spec.name: model.prepare(reductions) for model in self._models if model.spec.name in names}
        return _Prepared(picture.facts, inputs, _ms_since(started))


def _ms_since(started: float) -> float:
    return (perf_counter() - started) * 1000
