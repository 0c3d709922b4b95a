"""Each step of preprocessing against the same computed another way."""

import numpy as np
import pytest
from PIL import Image

from inference.preprocess import CentreCrop, Reductions, ShorterSide, Stretch, normalise

RNG = np.random.default_rng(0)


def picture(width: int, height: int) -> Image.Image:
    return Image.fromarray(RNG.integers(0, 256, (height, width, 3), np.uint8))


def bilinear_weights(source: int, target: int, start: int = 0, length: int | None = None) -> np.ndarray:
    """[target, source]: the triangle filter, widened by the reduction, over `length` pixels from `start`."""
    scale = (length or source) / target
    support = max(scale, 1.0)
    centres = start + (np.arange(target) + 0.5) * scale
    weights = np.maximum(0, 1 - np.abs(np.arange(source) + 0.5 - centres[:, None]) / support)
    return weights / weights.sum(axis=1, keepdims=True)


def resize_bilinear(pixels: np.ndarray, width: int, height: int) -> np.ndarray:
    down = np.einsum("ys,sxc->yxc", bilinear_weights(pixels.shape[0], height), pixels.astype(np.float64))
    return np.einsum("xs,ysc->yxc", bilinear_weights(pixels.shape[1], width), down)


@pytest.mark.parametrize(("width", "height"), [(300, 200), (50, 400), (64, 64), (1, 1)])
def test_given_a_stretch_when_applied_then_it_is_the_whole_picture_at_the_size(width, height):
    source = picture(width, height)

    stretched = np.asarray(Stretch((64, 48), "bilinear", (64, 48))(source), np.float64)

    assert np.abs(stretched - resize_bilinear(np.asarray(source), 64, 48)).max() <= 1.5  # two roundings to 8 bits


def test_given_a_stretch_with_a_crop_when_applied_then_the_centre_is_cut():
    source = picture(300, 200)

    whole = np.asarray(Stretch((256, 256), "bilinear", (256, 256))(source))
    cropped = np.asarray(Stretch((256, 256), "bilinear", (224, 200))(source))

    assert np.array_equal(cropped, whole[28:228, 16:240])


@pytest.mark.parametrize(("width", "height"), [(300, 200), (200, 301), (224, 224)])
def test_given_a_centre_crop_when_applied_then_it_is_the_central_square(width, height):
    source = picture(width, height)
    side = int(min(width, height) * 0.875)
    left, top = (width - side) // 2, (height - side) // 2
    down = np.einsum("ys,sxc->yxc", bilinear_weights(height, 64, top, side), np.asarray(source, np.float64))
    expected = np.einsum("xs,ysc->yxc", bilinear_weights(width, 64, left, side), down)

    cropped = np.asarray(CentreCrop(0.875, "bilinear", (64, 64))(source), np.float64)

    assert np.abs(cropped - expected).max() <= 1.5


@pytest.mark.parametrize("size", [(1, 1), (1, 10_000), (10_000, 1), (3, 2)])
@pytest.mark.parametrize(
    "rule", [CentreCrop(0.875, "bicubic", (224, 224)), Stretch((256, 256), "bilinear", (224, 224))]
)
def test_given_a_tiny_or_extreme_picture_when_resized_then_the_size_is_the_models(rule, size):
    assert rule(picture(*size)).size == (224, 224)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((1024, 2048), (512, 1024)),
        ((2048, 1024), (1024, 512)),
        ((600, 512), (600, 512)),
        ((100, 50), (100, 50)),
        ((1, 10_000), (1, 4)),
        ((10_000, 100), (400, 100)),
        ((513, 700), (512, 699)),
    ],
)
def test_given_a_shorter_side_when_applied_then_proportions_hold_and_nothing_is_enlarged(size, expected):
    assert ShorterSide(512, "box", 4.0)(picture(*size)).size == expected


def test_given_a_long_picture_when_its_shorter_side_is_set_then_the_centre_is_kept():
    pixels = np.zeros((10, 100, 3), np.uint8)
    pixels[:, 30:70] = 255

    assert np.asarray(ShorterSide(10, "box", 4.0)(Image.fromarray(pixels))).min() == 255


@pytest.mark.parametrize(("asked", "factor"), [(100, 8), (400, 2), (401, 1), (9999, 1), (266, 3)])
def test_given_a_picture_when_reduced_then_no_less_than_asked_is_left_and_no_needless_pixel(asked, factor):
    reductions = Reductions(picture(1200, 800))

    reduced = reductions.at_least(asked)

    assert reduced.size == (-(-1200 // factor), -(-800 // factor))
    assert reductions.at_least(asked) is reduced


def test_given_pixels_when_normalised_then_channels_layout_mean_and_std_are_as_described():
    pixels = RNG.integers(0, 256, (5, 7, 3), np.uint8)

    values = normalise(pixels, "BGR", "NCHW", (104.0, 117.0, 123.0), (1.0, 2.0, 4.0))

    assert values.shape == (3, 5, 7)
    assert values.dtype == np.float32
    assert values.flags.c_contiguous
    for channel, (source, mean, std) in enumerate([(2, 104, 1), (1, 117, 2), (0, 123, 4)]):
        assert np.allclose(values[channel], (pixels[..., source].astype(float) - mean) / std, atol=1e-5)


def test_given_no_mean_when_normalised_then_the_bytes_stay():
    pixels = RNG.integers(0, 256, (5, 7, 3), np.uint8)

    assert np.array_equal(normalise(pixels, "RGB", "NHWC", (), ()), pixels)
    assert normalise(pixels, "RGB", "NHWC", (), ()).dtype == np.uint8


def test_given_the_rules_when_asked_what_they_need_then_it_covers_what_they_read():
    assert ShorterSide(512, "box", 4.0).needs == 512
    assert CentreCrop(0.875, "bicubic", (224, 224)).needs >= 256
    assert Stretch((320, 320), "bilinear", (320, 320)).needs >= 320
