"""Views of the photos: uint8 RGB squares, half for calibration, half held out for the gates.

The halves are split by source picture, so no crop of a picture that calibrated is ever tested on.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tools.models.photos import Picture, pictures
from tools.models.pins import PHOTOS
from tools.models.preprocess import centre_crop, squeezed

VERSION = 2  # of the recipe below: part of the cache's name
CALIBRATION_CROP = (0.35, 1.0)  # share of the shorter side
HELD_OUT_CROP = (0.35, 0.8)
WORDS = ("SALE", "OPEN", "24h", "Price", "19.99", "EXIT", "Platform", "7", "fragile", "menu", "No", "Parking", "total")


@dataclass(frozen=True)
class Views:
    """[n, 224, 224, 3] for category and nsfw, [n, 320, 320, 3] for text; uint8 RGB."""

    calibration: np.ndarray
    held_out: np.ndarray
    text_held_out: np.ndarray

    @property
    def held_out_sha256(self) -> str:
        """Identity of what the gates were measured on; differs where the decoder's arithmetic does."""
        return hashlib.sha256(self.held_out.tobytes() + self.text_held_out.tobytes()).hexdigest()


def load(cache: Path) -> Views:
    """The views, from the cache where they were made before."""
    pins = "".join(package.sha256 for package in PHOTOS) + str(VERSION)
    path = cache / f"views-{hashlib.sha256(pins.encode()).hexdigest()[:12]}.npz"
    if not path.exists():
        arrays: dict[str, Any] = dict(_make(pictures(cache)))
        np.savez(path, **arrays)
    with np.load(path) as stored:
        return Views(stored["calibration"], stored["held_out"], stored["text_held_out"])


def _make(groups: dict[str, list[Picture]]) -> dict[str, np.ndarray]:
    photos, stamps = groups["photo"], groups["stamp"]
    calibration, held_out, text = list[Image.Image](), list[Image.Image](), list[Image.Image]()
    for index, picture in enumerate(photos):
        image, held = picture.rgb(), index % 2 == 1
        views = held_out if held else calibration
        views += [centre_crop(image), _random_crop(image, picture, HELD_OUT_CROP if held else CALIBRATION_CROP)]
        if held and index % 4 == 1:
            text += [squeezed(image), _with_words(image, picture)]
    for index, picture in enumerate(stamps):
        (held_out if index % 2 else calibration).append(_on_white_square(picture.rgb()))
    text += [squeezed(picture.rgb()) for picture in groups["text"]]
    named = {"calibration": calibration, "held_out": held_out, "text_held_out": text}
    return {name: np.stack([np.asarray(image) for image in images]) for name, images in named.items()}


def _random(picture: Picture) -> np.random.Generator:
    return np.random.default_rng(int(picture.digest[:16], 16))


def _random_crop(image: Image.Image, picture: Picture, shares: tuple[float, float]) -> Image.Image:
    random = _random(picture)
    side = min(max(48, int(min(image.size) * random.uniform(*shares))), *image.size)
    left, top = (int(random.integers(0, length - side + 1)) for length in image.size)
    return image.resize((224, 224), Image.Resampling.BICUBIC, box=(left, top, left + side, top + side))


def _on_white_square(image: Image.Image) -> Image.Image:
    side = max(image.size)
    square = Image.new("RGB", (side, side), "white")
    square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    return square.resize((224, 224), Image.Resampling.BICUBIC)


def _with_words(image: Image.Image, picture: Picture) -> Image.Image:
    """The picture squeezed for the text model, with words of several sizes and colours drawn over it."""
    random, image = _random(picture), squeezed(image)
    draw = ImageDraw.Draw(image)
    for _ in range(int(random.integers(1, 5))):
        words = " ".join(random.choice(WORDS, int(random.integers(1, 4))))
        place = (int(random.integers(0, 180)), int(random.integers(0, 290)))
        red, green, blue = (int(part) for part in random.integers(0, 256, 3))
        font = ImageFont.load_default(int(random.integers(10, 44)))
        draw.text(
            place, words, (red, green, blue), font, stroke_width=1, stroke_fill=(255 - red, 255 - green, 255 - blue)
        )
    return image
