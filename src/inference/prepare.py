"""One image's bytes → the inputs of every model. Knows no runtime, so that a process that only decodes stays small."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from inference.facts import ImageFacts
from inference.formats.decode import decode
from inference.preprocess import Reductions, normalise
from inference.specs import InputSpec, ModelSpec


@dataclass(slots=True)
class Prepared:
    """One decoded image: the inputs of each model, by its name; the picture itself is gone."""

    image: ImageFacts
    inputs: dict[str, tuple[NDArray[np.generic], ...]]
    decode_ms: float


@dataclass(frozen=True, slots=True)
class Rejected:
    """An image that cannot be scored. `image` holds what its header said, where that could be read."""

    code: str
    message: str
    image: ImageFacts | None
    decode_ms: float


def prepare(
    data: bytes, models: Sequence[ModelSpec], max_pixels: int, names: Collection[str] | None = None
) -> Prepared:
    """Decode once, at the scale that the most demanding model needs, and make the models' inputs.

    Parameters
    ----------
    names
        Of the models whose inputs are made; of all by default. The scale does not depend on it.

    Raises
    ------
    ImageRejected
        the image cannot be decoded
    MemoryError
        there was not enough: whose fault that is only a process of the image's own can tell
    """
    started = perf_counter()
    picture = decode(data, max_pixels=max_pixels, shorter_side=max(model.needs for model in models))
    reductions = Reductions(picture.rgb, picture.grey)
    inputs = {model.name: model_inputs(model, reductions) for model in models if names is None or model.name in names}
    return Prepared(picture.facts, inputs, ms_since(started))


def model_inputs(model: ModelSpec, reductions: Reductions) -> tuple[NDArray[np.generic], ...]:
    """One array an input, as the model's description states them."""
    return tuple(_input(given, reductions) for given in model.inputs)


def _input(given: InputSpec, reductions: Reductions) -> NDArray[np.generic]:
    picture = given.resize(reductions.at_least(given.resize.needs, given.channels))
    return normalise(np.asarray(picture), given.channels, given.layout, given.mean, given.std)


def ms_since(started: float) -> float:
    """Milliseconds since a `perf_counter` reading."""
    return (perf_counter() - started) * 1000
