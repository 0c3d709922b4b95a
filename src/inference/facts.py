"""What is known of an image apart from its scores."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """One decoded image, or one whose header was read.

    Attributes
    ----------
    format
        JPEG, PNG, WEBP, GIF, BMP, TIFF, AVIF or HEIF; told by content
    width, height
        pixels, of the picture a viewer shows: after EXIF orientation, before any reduction
    mode
        Pillow's name for the pixels as stored: RGB, L, P, CMYK, I;16, …
    frames
        1 for a still; for GIF, APNG, WebP, AVIF sequences and TIFF pages their number, counted to 10,000
    exif_orientation
        1 to 8 as the file states it, None where it states none
    dhash
        64-bit difference hash as a signed integer; None for a flat image and for one that was not decoded
    """

    format: str
    width: int
    height: int
    mode: str
    frames: int
    exif_orientation: int | None
    dhash: int | None
