"""Pixels as a file stores them → RGB as a viewer shows them.

Reduced before converted wherever averaging commutes with the conversion: the full picture is walked once, and no
second copy of it is made. Nothing here knows of files.
"""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

_PROFILE_LIMIT = 8 << 20  # bytes; the largest printing profiles have 3 MB
_SAME_COLOUR = 2  # of 255: a profile that moves no colour further is sRGB in all but its bytes


def to_rgb(picture: Image.Image, factor: int = 1, white_level: int = 0xFFFF, inverted: bool = False) -> Image.Image:
    """Convert any of Pillow's modes to RGB, averaging squares of `factor` pixels, transparency over white.

    Parameters
    ----------
    picture
        loaded; `info` may hold `icc_profile` and `transparency`
    factor
        side of the squares averaged; the result has ceil(width / factor) × ceil(height / factor) pixels
    white_level, inverted
        of 16-bit grey: the highest value (0x0FFF for 12 bits), and whether 0 is white
    """
    profile = picture.info.get("icc_profile")
    picture = _eight_bits(picture, white_level, inverted)
    if factor > 1:
        picture = picture.reduce(factor)
    alpha = picture.getchannel("A") if picture.mode in ("LA", "RGBA") else None
    rgb = _srgb(_as(picture, {"LA": "L", "RGBA": "RGB"}.get(picture.mode, picture.mode)), profile)
    if alpha is None:
        return rgb
    white = Image.new("RGB", rgb.size, (255, 255, 255))
    white.paste(rgb, mask=alpha)
    return white


def _eight_bits(picture: Image.Image, white_level: int, inverted: bool) -> Image.Image:
    """Return the picture as L, LA, RGB, RGBA or CMYK: modes whose pixels may be averaged."""
    mode = picture.mode
    if mode.startswith("I;16"):
        return _grey(np.asarray(picture), 0, white_level, inverted)
    if mode in ("I", "F"):
        return _stretched(np.asarray(picture), inverted)
    if mode in ("LA", "RGBA", "CMYK"):
        return picture
    if mode in ("La", "RGBa"):
        return picture.convert(mode.upper())
    if picture.has_transparency_data:
        return picture.convert("RGBA")
    return _as(picture, "L" if mode in ("1", "L") else "RGB")  # P, RGBX, YCbCr, LAB, HSV


def _as(picture: Image.Image, mode: str) -> Image.Image:
    """Convert without the copy that Pillow makes of a picture that has the mode already."""
    return picture if picture.mode == mode else picture.convert(mode)


def _stretched(values: NDArray[np.generic], inverted: bool) -> Image.Image:
    """Grey of 32 bits or floats, which name no white: 0 to 1 if that is where they lie, else lowest to highest."""
    low, high = np.inf, -np.inf
    for block in _blocks(values):
        finite = block[np.isfinite(block)]
        if finite.size:
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
    if high < low:  # no number at all
        low, high = 0.0, 1.0
    return _grey(values, *((0.0, 1.0) if low >= 0 and high <= 1 else (low, high)), inverted)


def _grey(values: NDArray[np.generic], low: float, high: float, inverted: bool) -> Image.Image:
    """Scale `low`…`high` to 0…255; what is no number becomes 0."""
    grey = np.empty(values.shape, np.uint8)
    scale = 255 / (high - low) if high > low else 0.0
    for target, block in zip(_blocks(grey), _blocks(values), strict=True):
        levels = (np.clip(np.nan_to_num(block.astype(np.float64), nan=low), low, high) - low) * scale
        target[:] = np.rint(levels)
    return Image.fromarray(255 - grey if inverted else grey)


def _blocks(values: NDArray[Any]) -> list[NDArray[Any]]:
    """Views of some rows each, so that what is computed from one at a time stays small: about a megapixel."""
    rows = max(1, (1 << 20) // max(1, values.shape[1]))
    return [values[top : top + rows] for top in range(0, len(values), rows)]


def _srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Apply the embedded colour profile to L, RGB or CMYK; without a usable one take Pillow's plain conversion."""
    if profile and len(profile) <= _PROFILE_LIMIT:
        transform = _transform(profile, picture.mode)
        if transform is not None:
            return transform.apply(picture)
    return _as(picture, "RGB")


@lru_cache(maxsize=16)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Build the transform to sRGB; None for a broken profile, one of another colour space, and for sRGB itself.

    A camera writes the same profile into every file, so the sixteen last ones are kept.
    """
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        transform = ImageCms.ImageCmsTransform(
            source, ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")), mode, "RGB"
        )
        probe = _probe(mode)
        moved = np.abs(np.asarray(transform.apply(probe), np.int16) - np.asarray(probe.convert("RGB"), np.int16))
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
    return transform if moved.max() > _SAME_COLOUR else None


def _probe(mode: str) -> Image.Image:
    """Return a picture of evenly spaced colours: nine levels a channel, 256 of grey."""
    if mode == "L":
        return Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    bands = len(Image.new(mode, (1, 1)).getbands())
    levels = np.linspace(0, 255, 9).astype(np.uint8)
    grid = np.stack(np.meshgrid(*[levels] * bands, indexing="ij"), axis=-1).reshape(9, -1, bands)
    return Image.frombytes(mode, (grid.shape[1], grid.shape[0]), grid.tobytes())
