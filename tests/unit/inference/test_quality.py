"""Quality falls with every degradation of real photos, and is defined for any picture."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from inference import Catalog
from inference.decoders import bind_decoder
from inference.formats.decode import decode
from inference.prepare import model_inputs
from inference.preprocess import Reductions

from .conftest import encode

PHOTOS = Path(__file__).parents[2] / "golden" / "photos"
WELL_EXPOSED = ["astronaut.png", "camera.png", "chelsea.png", "coffee.png"]  # sharp photos of middling brightness


@pytest.fixture(scope="module")
def measure():
    model = next(model for model in Catalog.load().models if model.name == "quality")
    quality = bind_decoder(model)

    def of(picture: Image.Image) -> dict:
        return quality(*model_inputs(model, Reductions(picture.convert("RGB"))))

    return of


def rescaled(photo: Image.Image, gain: float, lift: float = 0) -> Image.Image:
    return Image.fromarray(np.clip(np.asarray(photo, np.float32) * gain + lift, 0, 255).astype(np.uint8))


def noisy(photo: Image.Image, sigma: float) -> Image.Image:
    pixels = np.asarray(photo, np.float32)
    return Image.fromarray(
        np.clip(pixels + np.random.default_rng(0).normal(0, sigma, pixels.shape), 0, 255).astype(np.uint8)
    )


LADDERS = {  # degradation: steps from the original downwards, and the figure that must follow it, with its direction
    "blurred": ([lambda p, s=s: p.filter(ImageFilter.GaussianBlur(s)) for s in (1, 2, 4)], "sharpness", -1),
    "noisy": ([lambda p, s=s: noisy(p, s) for s in (5, 12, 25, 50)], "noise", 1),
    "dark": ([lambda p, g=g: rescaled(p, g) for g in (0.6, 0.35, 0.15)], "brightness", -1),
    "overexposed": ([lambda p, up=up: rescaled(p, 1, up) for up in (80, 130, 180)], "brightness", 1),
    "flat": ([lambda p, g=g: rescaled(p, g, 128 * (1 - g)) for g in (0.6, 0.3, 0.1)], "contrast", -1),
}


@pytest.mark.parametrize("name", WELL_EXPOSED)
@pytest.mark.parametrize("ladder", LADDERS)
def test_given_a_photo_when_it_is_degraded_step_by_step_then_its_score_falls_with_each(measure, ladder, name):
    steps, figure, direction = LADDERS[ladder]
    photo = Image.open(PHOTOS / name).convert("RGB")

    results = [measure(photo), *(measure(step(photo)) for step in steps)]

    scores = [result["score"] for result in results]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == len(scores)
    figures = [direction * result[figure] for result in results]
    assert figures == sorted(figures)
    assert all(0 <= score <= 1 for score in scores)


def test_given_a_grey_photo_when_measured_then_only_its_colour_is_missing(measure):
    photo = Image.open(PHOTOS / "coffee.png").convert("RGB")

    colour, grey = measure(photo), measure(photo.convert("L"))

    assert grey["colorfulness"] == 0 < colour["colorfulness"]
    assert grey["score"] == pytest.approx(colour["score"], abs=0.01)


def test_given_a_soft_photo_when_noise_is_added_then_it_is_not_taken_for_sharpness(measure):
    soft = Image.open(PHOTOS / "astronaut.png").convert("RGB").filter(ImageFilter.GaussianBlur(2))

    results = [measure(soft), *(measure(noisy(soft, sigma)) for sigma in (5, 12, 25))]

    sharpness = [result["sharpness"] for result in results]
    assert sharpness == sorted(sharpness)  # the figure rises with noise
    assert max(result["score"] for result in results[1:]) < results[0]["score"]


@pytest.mark.parametrize("name", ["astronaut.png", "coffee.png"])
def test_given_one_picture_uploaded_at_many_sizes_when_measured_then_its_figures_hardly_move(measure, name):
    photo = Image.open(PHOTOS / name).convert("RGB")
    large = Image.new("RGB", (4 * photo.width, 4 * photo.height))  # detail down to the pixel, as a camera's picture
    for column in range(4):
        for row in range(4):
            large.paste(photo, (column * photo.width, row * photo.height))
    results = []

    for shorter in (700, 900, 1020, 1030, 1300):  # either side of where JPEGs are decoded at half scale
        factor = shorter / min(large.size)
        smaller = large.resize((round(large.width * factor), round(large.height * factor)), Image.Resampling.BICUBIC)
        rgb = decode(encode(smaller, "JPEG", quality=90), max_pixels=10**8, shorter_side=512).rgb
        results.append(measure(Reductions(rgb).at_least(512)))

    sharpness = [result["sharpness"] for result in results]
    assert max(sharpness) / min(sharpness) < 1.15  # 1.07 with box resizes, 1.22 with bilinear ones
    scores = [result["score"] for result in results]
    assert max(scores) - min(scores) < 0.02


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (1, 2), (2, 2), (3, 3), (1, 10_000), (10_000, 1), (2, 700)])
@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (200, 30, 90)])
def test_given_a_tiny_or_flat_picture_when_measured_then_every_figure_is_finite(measure, size, colour):
    result = measure(Image.new("RGB", size, colour))

    assert all(np.isfinite(value) for value in result.values())
    assert all(type(value) is float for value in result.values())
    assert result["sharpness"] == result["noise"] == result["contrast"] == result["score"] == 0


def test_given_white_noise_when_measured_then_its_sigma_is_found(measure):
    pixels = 128 + np.random.default_rng(0).normal(0, 10, (400, 400))
    grey = Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))

    result = measure(grey)

    assert result["noise"] == pytest.approx(10, rel=0.03)
    assert result["sharpness"] == pytest.approx(20 * 10**2, rel=0.05)  # the sum of the Laplacian's squares


def test_given_half_black_half_white_when_measured_then_brightness_and_contrast_are_known(measure):
    pixels = np.zeros((100, 100), np.uint8)
    pixels[:50] = 255

    result = measure(Image.fromarray(pixels))

    assert result["brightness"] == pytest.approx(0.5)
    assert result["contrast"] == 1


def test_given_two_pure_colours_when_measured_then_colorfulness_is_that_of_the_formula(measure):
    pixels = np.zeros((100, 100, 3), np.uint8)
    pixels[:50], pixels[50:] = (255, 0, 0), (0, 0, 255)
    # red − green: 255 and 0; (red + green)/2 − blue: 127.5 and −255
    expected = np.hypot(127.5, 191.25) + 0.3 * np.hypot(127.5, -63.75)

    assert measure(Image.fromarray(pixels))["colorfulness"] == pytest.approx(expected, rel=1e-4)
