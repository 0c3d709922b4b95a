"""The one entry: bytes of images in, scores or rejections out, in the same order."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.catalog import Catalog
from inference.decoders import bind_decoder
from inference.errors import DecodeFailed, ImageRejected, ModelFailed
from inference.facts import ImageFacts
from inference.fingerprints import Fingerprints
from inference.isolation import ChildDecoder
from inference.outputs import Struct
from inference.prepare import Prepared, Rejected, ms_since, prepare
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
    decode_memory_mb
        that an image decoded alone may take, the process that decodes it included
    decode_seconds
        that it may take
    """

    max_pixels: int = 50_000_000
    threads: int = 1
    decode_memory_mb: int = 1024
    decode_seconds: int = 20

    def __post_init__(self) -> None:
        for name in ("max_pixels", "threads", "decode_memory_mb", "decode_seconds"):
            if getattr(self, name) < 1:
                raise ValueError(f"ScorerSettings.{name} is {getattr(self, name)}: write 1 or more")


@dataclass(frozen=True, slots=True)
class Scored:
    """An image's scores: model name → field name → plain Python value, as the model's column declares them.

    `decode_ms` covers decoding and preprocessing, and the start of a process where the image was decoded alone;
    `inference_ms` this image's share of the models' time.
    """

    image: ImageFacts
    scores: dict[str, dict[str, Any]]
    decode_ms: float
    inference_ms: float


class _Model:
    """A model with its session, if it has a graph, and its decoder."""

    def __init__(self, spec: ModelSpec, threads: int) -> None:
        self.spec = spec
        self._decode = bind_decoder(spec)
        self._session = GraphSession(spec, threads) if spec.artefact else None
        self._fields = {field.name for field in spec.column.fields}

    def score(self, inputs: Sequence[tuple[NDArray[np.generic], ...]]) -> list[Struct]:
        outputs = self._session.run([given for (given,) in inputs]) if self._session else inputs
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
        self._specs = [model.spec for model in models]
        self._alone = ChildDecoder(
            self._specs, settings.max_pixels, settings.decode_memory_mb << 20, float(settings.decode_seconds)
        )

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
        return Fingerprints.of(self._specs, self._settings.max_pixels)

    def score(
        self,
        images: Sequence[bytes],
        models: Sequence[Collection[str]] | None = None,
        *,
        alone_within_s: float | None = None,
    ) -> list[Scored | Rejected]:
        """Score files of images; a result depends on its own bytes alone, whatever else is in the batch.

        Parameters
        ----------
        models
            names of the models to run on each image; all of them on every image by default
        alone_within_s
            decode each image in a process of its own, for no longer than this many seconds an image: for images that
            may have killed a process before. The scores are the same, and some 0.2 s an image later

        Raises
        ------
        ModelFailed
            a model broke: nothing is known of any image of the batch. Never raised for what the bytes are
        DecodeFailed
            no memory, no time or no process to decode an image with: likewise
        """
        wanted = [self.models] * len(images) if models is None else models
        results: list[Scored | Rejected] = []
        for start in range(0, len(images), _CHUNK):
            chunk = slice(start, start + _CHUNK)
            results.extend(self._score_chunk(images[chunk], wanted[chunk], alone_within_s))
        return results

    def _score_chunk(
        self, images: Sequence[bytes], wanted: Sequence[Collection[str]], alone_within_s: float | None
    ) -> list[Scored | Rejected]:
        prepared = [
            self._prepare(data, names) if alone_within_s is None else self._alone.prepare(data, alone_within_s)
            for data, names in zip(images, wanted, strict=True)
        ]
        good = {place: one for place, one in enumerate(prepared) if isinstance(one, Prepared)}
        scores: list[dict[str, Struct]] = [{} for _ in prepared]
        inference_ms = [0.0] * len(prepared)
        for model in self._models:
            name = model.spec.name
            asked = [place for place in good if name in wanted[place]]
            if not asked:
                continue
            started = perf_counter()
            structs = model.score([good[place].inputs[name] for place in asked])
            share = ms_since(started) / len(asked)
            for place, struct in zip(asked, structs, strict=True):
                scores[place][name] = struct
                inference_ms[place] += share
        return [
            one if isinstance(one, Rejected) else Scored(one.image, scores[place], one.decode_ms, inference_ms[place])
            for place, one in enumerate(prepared)
        ]

    def _prepare(self, data: bytes, names: Collection[str]) -> Prepared | Rejected:
        started = perf_counter()
        try:
            return prepare(data, self._specs, self._settings.max_pixels, names)
        except ImageRejected as rejected:
            return Rejected(rejected.code, rejected.message, rejected.image, ms_since(started))
        except MemoryError as error:
            raise DecodeFailed("memory ran out while an image was decoded beside others") from error
