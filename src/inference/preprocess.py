"""RGB picture → one model's input: pure functions, composed from the model's description.

resize rule (`Stretch`, `CentreCrop`, `ShorterSide`, `AtLeast`) → uint8 pixels → channel order, mean and standard
deviation → layout. The pictures come reduced by whole factors (see `Reductions`), so that an exact resize costs one to
three milliseconds instead of ten.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

REVISION = 1
"""Part of every fingerprint: raise it when the same file and model.toml would give other pixels or other scores
(here, in `formats`, in `outputs`), so that cached results are left behind."""

OVERSAMPLING = 1.25
"""A picture is averaged down to no less than this many times the pixels that a resize needs. Against exact resizes of
full decodes, on photos of 1 Mpx: see tests/unit/inference/test_reduction.py."""

Filter = Literal["bilinear", "bicubic", "lanczos", "box"]
FILTERS: dict[Filter, Image.Resampling] = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
    "box": Image.Resampling.BOX,
}


@dataclass(frozen=True, slots=True)
class Stretch:
    """The whole picture, its proportions given up, to `to` (width, height); then the centre `size` of it."""

    to: tuple[int, int]
    filter: Filter
    size: tuple[int, int]

    @property
    def needs(self) -> int:
        """Pixels of a picture's shorter side below which detail would be lost."""
        return round(max(self.to) * OVERSAMPLING)

    def __call__(self, rgb: Image.Image) -> Image.Image:
        """Resize, then crop."""
        resized = rgb.resize(self.to, FILTERS[self.filter])
        if self.to == self.size:
            return resized
        left, top = (self.to[0] - self.size[0]) // 2, (self.to[1] - self.size[1]) // 2
        return resized.crop((left, top, left + self.size[0], top + self.size[1]))


@dataclass(frozen=True, slots=True)
class CentreCrop:
    """The central square of `fraction` of the shorter side, to `size`."""

    fraction: float
    filter: Filter
    size: tuple[int, int]

    @property
    def needs(self) -> int:
        """Pixels of a picture's shorter side below which detail would be lost."""
        return round(max(self.size) / self.fraction * OVERSAMPLING)

    def __call__(self, rgb: Image.Image) -> Image.Image:
        """Resize the square; Pillow's filters also weigh the pixels that border it, as the reference does."""
        side = max(1, int(min(rgb.size) * self.fraction))
        left, top = (rgb.width - side) // 2, (rgb.height - side) // 2
        return rgb.resize(self.size, FILTERS[self.filter], box=(left, top, left + side, top + side))


@dataclass(frozen=True, slots=True)
class ShorterSide:
    """Proportions kept, the shorter side at `pixels`; a smaller picture as it is.

    Of a picture longer than `longest_ratio` times its shorter side, the central part: it bounds the memory.
    """

    pixels: int
    filter: Filter
    longest_ratio: float

    @property
    def needs(self) -> int:
        """Pixels of a picture's shorter side: exactly the ones asked for."""
        return self.pixels

    def __call__(self, picture: Image.Image) -> Image.Image:
        """Cut the excess length, then resize."""
        left, top, right, bottom = box = _central(picture, self.longest_ratio)
        scale = min(1.0, self.pixels / min(picture.size))
        size = max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale))
        return picture.resize(size, FILTERS[self.filter], box=box)


@dataclass(frozen=True, slots=True)
class AtLeast:
    """The picture as it comes, reduced by a whole factor: a shorter side of `pixels`, and less than twice as many.

    Of a picture longer than `longest_ratio` times its shorter side, the central part.
    """

    pixels: int
    longest_ratio: float

    @property
    def needs(self) -> int:
        """Pixels of a picture's shorter side: exactly the ones asked for."""
        return self.pixels

    def __call__(self, picture: Image.Image) -> Image.Image:
        """Cut the excess length."""
        box = _central(picture, self.longest_ratio)
        return picture if box == (0, 0, *picture.size) else picture.crop(box)


Resize = Stretch | CentreCrop | ShorterSide | AtLeast


def _central(picture: Image.Image, longest_ratio: float) -> tuple[int, int, int, int]:
    """The box of the central part, no longer than `longest_ratio` times its shorter side."""
    width, height = (min(side, int(min(picture.size) * longest_ratio)) for side in picture.size)
    left, top = (picture.width - width) // 2, (picture.height - height) // 2
    return left, top, left + width, top + height


class Reductions:
    """One picture, in colour (RGB) and in grey (L), at the whole factors that the models ask for, each made once."""

    def __init__(self, rgb: Image.Image, grey: Image.Image | None = None) -> None:
        self._made = {("RGB", 1): rgb, ("L", 1): grey or rgb.convert("L")}

    def at_least(self, shorter_side: int, channels: str = "RGB") -> Image.Image:
        """Return the most reduced picture whose shorter side keeps that many pixels."""
        mode = "L" if channels == "L" else "RGB"
        full = self._made[mode, 1]
        factor = max(1, min(full.size) // shorter_side)
        if (mode, factor) not in self._made:
            self._made[mode, factor] = full.reduce(factor)
        return self._made[mode, factor]


def normalise(
    pixels: NDArray[np.uint8], channels: str, layout: str, mean: tuple[float, ...], std: tuple[float, ...]
) -> NDArray[np.generic]:
    """Turn pixels into a model's input.

    Parameters
    ----------
    pixels
        height × width × 3, uint8, RGB; height × width where channels is L
    channels
        RGB, BGR, or L, which is returned as it is
    layout
        NHWC or NCHW
    mean, std
        three each, in the order of `channels`, on 0 to 255: value = (x − mean) / std. Empty: the bytes as they are

    Returns
    -------
    contiguous, height × width × 3 or 3 × height × width; float32, or uint8 without mean and std
    """
    if channels == "L":
        return pixels
    if not mean:
        ordered = pixels[..., ::-1] if channels == "BGR" else pixels
        return np.ascontiguousarray(ordered.transpose(2, 0, 1) if layout == "NCHW" else ordered)
    height, width, _ = pixels.shape
    values = np.empty((3, height, width) if layout == "NCHW" else (height, width, 3), np.float32)
    # Channel by channel, straight into its place: no copy in between, and six times as fast as with vectors of three.
    for at, channel in enumerate("RGB".index(name) for name in channels):
        plane = values[at] if layout == "NCHW" else values[..., at]
        np.subtract(pixels[..., channel], np.float32(mean[at]), out=plane)
        if std[at] != 1:
            plane /= np.float32(std[at])
    return values
