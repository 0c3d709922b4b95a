"""Exact preprocessing: full decode, one resize each, as the models' publishers describe it.

The scorer decodes at reduced scale and shares a resize; what that costs is measured elsewhere, against these functions.
"""

from collections.abc import Callable

import numpy as np
from PIL import Image

NSFW_MEAN_BGR = (104, 117, 123)
CENTRE_FRACTION = 0.875


def centre_crop(image: Image.Image) -> Image.Image:
    """224x224 of the centre 0.875 of the shorter side, bicubic (category)."""
    side = int(min(image.size) * CENTRE_FRACTION)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return image.resize((224, 224), Image.Resampling.BICUBIC, box=(left, top, left + side, top + side))


def squeezed_centre(image: Image.Image) -> Image.Image:
    """Centre 224x224 of the image squeezed to 256x256, bilinear (nsfw)."""
    return image.resize((256, 256), Image.Resampling.BILINEAR).crop((16, 16, 240, 240))


def squeezed(image: Image.Image) -> Image.Image:
    """The image squeezed to 320x320, bilinear (text)."""
    return image.resize((320, 320), Image.Resampling.BILINEAR)


def category_input(pixels: np.ndarray) -> np.ndarray:
    """[n, 224, 224, 3] RGB uint8 to [n, 3, 224, 224] float32 in -127/128 … 1."""
    return np.ascontiguousarray(((pixels.astype(np.float32) - 127) / 128).transpose(0, 3, 1, 2))


def nsfw_input(pixels: np.ndarray) -> np.ndarray:
    """[n, 224, 224, 3] RGB uint8 to [n, 224, 224, 3] BGR float32 less the training set's mean."""
    return np.ascontiguousarray(pixels[..., ::-1].astype(np.float32) - np.array(NSFW_MEAN_BGR, np.float32))


def text_input(pixels: np.ndarray) -> np.ndarray:
    """[n, 320, 320, 3] RGB uint8 to [n, 3, 320, 320] BGR float32 in -1 … 1."""
    scaled = (pixels[..., ::-1].astype(np.float32) / 255 - 0.5) / 0.5
    return np.ascontiguousarray(scaled.transpose(0, 3, 1, 2))


INPUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "category": category_input,
    "nsfw": nsfw_input,
    "text": text_input,
}
RESIZES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "category": centre_crop,
    "nsfw": squeezed_centre,
    "text": squeezed,
}
