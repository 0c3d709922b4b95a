"""Near duplicates share their hash but for a few bits; flat images have none."""

import io

import numpy as np
import pytest
from PIL import Image

from inference.formats.dhash import difference_hash

from .conftest import scene_pixels


def reference(rgb: Image.Image) -> int:
    """Compute the hash pixel by pixel, from its definition."""
    grey = rgb.convert("L").resize((9, 8), Image.Resampling.BOX)
    bits = "".join(
        "1" if grey.getpixel((x, y)) < grey.getpixel((x + 1, y)) else "0" for y in range(8) for x in range(8)
    )
    value = int(bits, 2)
    return value - (1 << 64) if value >= 1 << 63 else value


@pytest.mark.parametrize("seed", range(5))
def test_given_a_picture_when_hashed_then_each_bit_is_a_step_to_the_right(seed):
    pixels = np.random.default_rng(seed).integers(0, 256, (80, 90, 3), np.uint8)
    picture = Image.fromarray(pixels)

    value = difference_hash(picture.convert("L"))

    assert value == reference(picture)
    assert -(1 << 63) <= value < 1 << 63


def test_given_a_ramp_when_hashed_then_all_bits_are_set_or_none():
    ramp = Image.fromarray(np.tile(np.linspace(0, 255, 90).astype(np.uint8), (80, 1))).convert("RGB")

    assert difference_hash(ramp.convert("L")) == -1
    assert difference_hash(ramp.convert("L").transpose(Image.Transpose.FLIP_LEFT_RIGHT)) == 0


def test_given_a_flat_picture_when_hashed_then_there_is_none():
    y = np.mgrid[:80, :90][0].astype(np.uint8)
    for pixels in (np.full((80, 90), 7, np.uint8), y):  # one colour; a gradient downwards only
        assert difference_hash(Image.fromarray(pixels).convert("L")) is None


def test_given_a_photo_saved_again_smaller_and_worse_when_hashed_then_few_bits_differ():
    photo = Image.fromarray(scene_pixels()).resize((800, 600))
    file = io.BytesIO()
    photo.resize((300, 225)).save(file, "JPEG", quality=40)

    distance = (difference_hash(photo.convert("L")) ^ difference_hash(Image.open(file).convert("L"))) & (1 << 64) - 1

    assert distance.bit_count() <= 3
