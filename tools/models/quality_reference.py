"""The quality figures from their publications, in float64 and without any shortcut: golden values for the fast version.

For pictures whose shorter side is at most 512, which the scorer does not resize.
"""

import numpy as np
from PIL import Image

LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601
COLOUR_SIDE = 224


def quality(image: Image.Image) -> dict[str, float]:
    """Sharpness, noise, brightness, contrast and colourfulness of an RGB picture."""
    pixels = np.asarray(image, np.float64)
    luminance = pixels @ np.array(LUMA)
    return {
        "sharpness": round(sharpness(luminance), 3),
        "noise": round(noise(luminance), 3),
        "brightness": round(float(luminance.mean()) / 255, 4),
        "contrast": round(float(np.subtract(*np.percentile(luminance, (99, 1)))) / 255, 4),
        "colorfulness": round(colorfulness(pixels), 3),
    }


def sharpness(luminance: np.ndarray) -> float:
    """Variance of the four-neighbour Laplacian (Pech-Pacheco et al. 2000)."""
    return float(_convolve(luminance, np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]])).var())


def noise(luminance: np.ndarray) -> float:
    """Immerkær's estimate (1996), robust form: the median absolute answer of his mask over 6 x 0.6745."""
    mask = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]])
    return float(np.median(np.abs(_convolve(luminance, mask)))) / (6 * 0.6745)


def colorfulness(pixels: np.ndarray) -> float:
    """Hasler and Süsstrunk's M3 (2003), on means over squares that leave the shorter side at 224 or a little more."""
    block = max(1, min(pixels.shape[:2]) // COLOUR_SIDE)
    height, width = (length // block for length in pixels.shape[:2])
    small = pixels[: height * block, : width * block].reshape(height, block, width, block, 3).mean((1, 3))
    red, green, blue = np.moveaxis(small, -1, 0)
    red_green, yellow_blue = red - green, (red + green) / 2 - blue
    spread = np.sqrt(red_green.std() ** 2 + yellow_blue.std() ** 2)
    return float(spread + 0.3 * np.sqrt(red_green.mean() ** 2 + yellow_blue.mean() ** 2))


def _convolve(luminance: np.ndarray, mask: np.ndarray) -> np.ndarray:
    windows = np.lib.stride_tricks.sliding_window_view(luminance, (3, 3))
    answer: np.ndarray = np.einsum("yxij,ij->yx", windows, mask)
    return answer
