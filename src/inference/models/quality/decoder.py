"""Technical quality from the pixels alone: no weights, no training, every figure with a published definition."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SHARP = 100.0  # sharpness, freed of noise, that scores 0.5
NOISY = 10.0  # noise that scores 0.5


def quality(luminance: NDArray[np.uint8], colour: NDArray[np.uint8]) -> dict[str, Any]:
    """Measure one picture.

    Parameters
    ----------
    luminance
        height × width, uint8; the shorter side 512, or the picture's own if smaller. Any size from 1×1
    colour
        the same picture, height × width × 3, uint8, RGB; the shorter side 224 to 447, or the picture's own if smaller

    Returns
    -------
    sharpness
        variance of the 4-neighbour Laplacian of the luminance (Pech-Pacheco et al. 2000), from 0
    noise
        Immerkær's mask (1996) with the median instead of the mean, so that texture counts less: σ in levels of 255
    brightness
        mean luminance, 0 to 1
    contrast
        spread of the luminance from its 1st to its 99th percentile, 0 to 1
    colorfulness
        Hasler and Süsstrunk (2003), 0 for grey
    score
        see `overall`
    """
    histogram = np.array(Image.fromarray(luminance).histogram())
    low, high = np.searchsorted(histogram.cumsum() / luminance.size, (0.01, 0.99))
    figures = {
        "sharpness": sharpness(luminance),
        "noise": noise(luminance),
        "brightness": float(histogram @ np.arange(256) / luminance.size / 255),
        "contrast": float(high - low) / 255,
        "colorfulness": colorfulness(colour),
    }
    score = overall(figures["sharpness"], figures["noise"], figures["brightness"], figures["contrast"])
    return {"score": score, **figures}


def overall(sharpness: float, noise: float, brightness: float, contrast: float) -> float:
    """Combine the figures to 0…1: the geometric mean of four parts, so that one bad part is not made up for.

    - sharp: s / (s + SHARP); s is the sharpness without what noise adds to it: 20 σ² by the Laplacian's squares, half
      as much again because texture hides some noise from the median. Below 5 nothing is taken off
    - clean: 1 / (1 + (noise / NOISY)²); falls with noise
    - exposed: 4 b (1 − b); 1 at middle brightness, 0 at black and at white
    - contrast as it is

    Colourfulness does not take part: a black-and-white photo is no bad photo.
    """
    detail = max(sharpness - 30 * noise**2, min(sharpness, 5.0))
    sharp = detail / (detail + SHARP)
    clean = 1 / (1 + (noise / NOISY) ** 2)
    exposed = 4 * brightness * (1 - brightness)
    return float(max(0.0, sharp * clean * exposed * contrast) ** 0.25)


def sharpness(luminance: NDArray[np.uint8]) -> float:
    """Variance of the Laplacian of a luminance [height, width]."""
    y = _framed(luminance)
    laplacian = y[:-2, 1:-1] + y[2:, 1:-1] + y[1:-1, :-2] + y[1:-1, 2:] - 4 * y[1:-1, 1:-1]
    return _moments(laplacian)[1]


def noise(luminance: NDArray[np.uint8]) -> float:
    """Median noise of a luminance [height, width]: σ in levels of 255.

    Immerkær's mask (1 −2 1, −2 4 −2, 1 −2 1) answers white noise with 6 σ and is blind to edges; the median of a
    normal distribution's absolute values is 0.6745 σ.
    """
    y = _framed(luminance)
    rows = y[:-2] - 2 * y[1:-1] + y[2:]
    response = rows[:, :-2] - 2 * rows[:, 1:-1] + rows[:, 2:]
    return _median(np.abs(response, out=response)) / (6 * 0.6745)


def colorfulness(pixels: NDArray[np.uint8]) -> float:
    """Hasler and Süsstrunk's M3 of pixels [height, width, 3]: spread and mean of the opponent colours."""
    red, green, blue = pixels.transpose(2, 0, 1).astype(np.int16, order="C")
    red_green, red_green_variance = _moments(red - green)
    yellow_blue, yellow_blue_variance = (
        figure / 2**power for power, figure in enumerate(_moments(red + green - 2 * blue), 1)
    )
    return float(np.sqrt(red_green_variance + yellow_blue_variance) + 0.3 * np.hypot(red_green, yellow_blue))


def _framed(luminance: NDArray[np.uint8]) -> NDArray[np.int16]:
    """Signed, and at least 3×3: a side of one or two pixels is continued outwards."""
    y = luminance.astype(np.int16)
    return np.pad(y, 1, mode="edge") if min(y.shape) < 3 else y


def _moments(values: NDArray[np.int16]) -> tuple[float, float]:
    """Mean and variance of whole numbers [height, width]: within 1e-6 of itself, and no array of doubles."""
    mean = int(values.sum(dtype=np.int64)) / values.size
    real = values.astype(np.float32)
    squares = np.einsum("ij,ij->i", real, real).astype(np.float64).sum()
    return mean, max(0.0, float(squares / values.size - mean**2))


def _median(values: NDArray[np.int16]) -> float:
    """Median of whole numbers as if each stood for the interval half below to half above it: no steps."""
    counts = np.bincount(values.ravel())
    below = counts.cumsum()
    middle = values.size / 2
    at = int(np.searchsorted(below, middle))
    return max(0.0, float(at - 0.5 + (middle - (below[at] - counts[at])) / counts[at]))
