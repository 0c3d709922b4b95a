"""A scene whose every corner differs, so that a wrong turn, a lost channel or a wrong scale shows."""

import io

import numpy as np
import pytest
from PIL import Image

WIDTH, HEIGHT = 96, 64


def scene_pixels() -> np.ndarray:
    """[64, 96, 3] uint8: red grows rightwards, green downwards, blue is 64; the top left corner is white."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    pixels = np.stack([x * 255 // (WIDTH - 1), y * 255 // (HEIGHT - 1), np.full_like(x, 64)], axis=-1).astype(np.uint8)
    pixels[:16, :16] = 255
    return pixels


def encode(image: Image.Image, format_: str, **options: object) -> bytes:
    """Encode a picture; the bytes."""
    file = io.BytesIO()
    image.save(file, format_, **options)
    return file.getvalue()


@pytest.fixture
def scene() -> np.ndarray:
    return scene_pixels()
