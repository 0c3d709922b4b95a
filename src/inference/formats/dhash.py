"""A hash that near duplicates share but for a few bits."""

from __future__ import annotations

import numpy as np
from PIL import Image


def difference_hash(grey: Image.Image) -> int | None:
    """Hash the picture's left-to-right gradients, so that near duplicates differ in few bits.

    The upright picture in grey (mode L) is averaged to 9×8; bit by bit, row by row from the top left, most significant
    first: 1 where a pixel is darker than its right neighbour. Source: N. Krawetz, "Kind of Like That" (2013).

    Returns
    -------
    signed 64-bit integer, or None when no pixel differs from its neighbour by more than one level of 255: the bits
    would be rounding, and all flat images would be duplicates of each other
    """
    steps = np.diff(np.asarray(grey.resize((9, 8), Image.Resampling.BOX), np.int16), axis=1)
    if np.abs(steps).max() <= 1:
        return None
    return int.from_bytes(np.packbits(steps > 0).tobytes(), "big", signed=True)
