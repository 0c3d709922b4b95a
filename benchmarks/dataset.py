"""The benchmark's pictures, made of the photos in samples/: `python -m benchmarks.dataset [--quick]`.

They go to .cache/bench, and the same seed with the same Pillow and numpy gives the same bytes. Each is a crop of a
photo, scaled, perhaps mirrored, with other light and the grain of a sensor (a scaled photo alone has too little detail,
so that its files are too small), and encoded as uploads are: several qualities, chroma subsamplings, baseline and
progressive, with and without an EXIF orientation.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import multiprocessing
import random
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import PIL
from PIL import Image
from rich.progress import track

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "samples"
CACHE = ROOT / ".cache" / "bench"
SEED = 20_261_101
REVISION = 1
"""Raise it when the recipe below changes, so that cached pictures are made again."""

SOURCES = (
    "astronaut.jpg",
    "cat.jpg",
    "dahlias-for-sale.jpg",
    "food/café au lait.webp",
    "food/fig.png",
    "paintbrushes.jpg",
    "pallet-table.jpg",
    "spaniels.jpg",
    "temple.avif",
)
SHAPES = ((4, 3), (4, 3), (3, 4), (3, 2), (16, 9), (9, 16), (1, 1))
QUALITIES = (75, 80, 85, 85, 90, 92, 95)
SUBSAMPLINGS = ("4:2:0", "4:2:0", "4:2:0", "4:2:2", "4:4:4")
ROTATED = 6  # EXIF orientation of a phone held upright
GRAIN_SIDE = 1024


@dataclass(frozen=True)
class PictureSet:
    """Pictures of one kind: `megapixels` on average, give or take a sixth; `formats` in turn."""

    name: str
    count: int
    megapixels: float
    formats: tuple[str, ...]


FULL = (
    PictureSet("jpeg_1mpx", 1000, 1.0, ("jpg",)),
    PictureSet("jpeg_12mpx", 100, 12.0, ("jpg",)),
    PictureSet("png_webp", 100, 1.0, ("png", "webp")),
)
QUICK = (
    PictureSet("jpeg_1mpx", 40, 1.0, ("jpg",)),
    PictureSet("jpeg_12mpx", 8, 12.0, ("jpg",)),
    PictureSet("png_webp", 8, 1.0, ("png", "webp")),
)


@dataclass(frozen=True)
class Dataset:
    """Pictures on disk, by set, in the order of their numbers."""

    directory: Path
    sets: dict[str, list[Path]]
    sha256: str


def build(sets: Sequence[PictureSet], directory: Path, seed: int = SEED, processes: int = 2) -> Dataset:
    """Make the pictures, or find them made already; what was made by another recipe is replaced."""
    recipe = {
        "seed": seed,
        "revision": REVISION,
        "pillow": PIL.__version__,
        "numpy": np.__version__,
        "sets": json.loads(json.dumps([asdict(each) for each in sets])),
    }
    manifest = directory / "manifest.json"
    if not _is_there(manifest, recipe):
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        jobs = [(each, number, seed, directory) for each in sets for number in range(each.count)]
        with multiprocessing.get_context("spawn").Pool(processes) as pool:
            made = pool.imap(_write, jobs, chunksize=4)
            shown = track(made, "  pictures", len(jobs), transient=True, disable=not sys.stdout.isatty())
            files = {path.name: [digest, path.stat().st_size] for path, digest in shown}
        manifest.write_text(json.dumps({"recipe": recipe, "files": files}, indent=1) + "\n", encoding="utf-8")
    files = json.loads(manifest.read_text(encoding="utf-8"))["files"]
    return Dataset(
        directory,
        {each.name: [directory / file_name(each, number) for number in range(each.count)] for each in sets},
        hashlib.sha256(json.dumps(files).encode()).hexdigest(),
    )


def _is_there(manifest: Path, recipe: dict[str, Any]) -> bool:
    if not manifest.is_file():
        return False
    kept = json.loads(manifest.read_text(encoding="utf-8"))
    paths = ((manifest.parent / name, size) for name, (_, size) in kept["files"].items())
    return kept["recipe"] == recipe and all(path.is_file() and path.stat().st_size == size for path, size in paths)


def _write(job: tuple[PictureSet, int, int, Path]) -> tuple[Path, str]:
    kind, number, seed, directory = job
    data = picture(kind, number, seed)
    path = directory / file_name(kind, number)
    path.write_bytes(data)
    return path, hashlib.sha256(data).hexdigest()


def file_name(kind: PictureSet, number: int) -> str:
    """A picture's name; it tells the set, the number and the format."""
    return f"{kind.name}-{number:04}.{kind.formats[number % len(kind.formats)]}"


def picture(kind: PictureSet, number: int, seed: int = SEED) -> bytes:
    """One encoded picture. It depends on its set's name, its number and the seed alone, not on the pictures before."""
    chance = random.Random(f"{seed} {kind.name} {number}")  # noqa: S311 - a recipe, no secret
    width, height = _size(chance, kind.megapixels)
    photo = _photo(chance.choice(SOURCES))
    image = photo.resize((width, height), Image.Resampling.BICUBIC, box=_crop(chance, photo.size, width / height))
    if chance.random() < 0.5:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    image = _grained(chance, _relit(chance, image))
    return _encoded(chance, image, kind.formats[number % len(kind.formats)])


def repeated(count: int, share: float, within: int, seed: int = SEED) -> list[int]:
    """Which picture each of `count` uploads shows, when a share of them repeats others.

    Of every `within` uploads in a row, `share` (rounded to whole uploads) show a picture that another of the row shows,
    at places drawn by the seed. Numbers count distinct pictures from 0.
    """
    chance = random.Random(seed)  # noqa: S311
    numbers: list[int] = []
    distinct = 0
    for start in range(0, count, within):
        length = min(within, count - start)
        fresh = max(1, length - round(share * length))
        row = list(range(distinct, distinct + fresh))
        row += [chance.choice(row) for _ in range(length - fresh)]
        chance.shuffle(row)
        numbers += row
        distinct += fresh
    return numbers


@cache
def _photo(name: str) -> Image.Image:
    with Image.open(SAMPLES / name) as image:
        if image.mode != "RGBA":
            return image.convert("RGB")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image).convert("RGB")


@cache
def _grain(seed: int) -> np.ndarray[Any, np.dtype[np.int16]]:
    """Noise of standard deviation 16, GRAIN_SIDE × GRAIN_SIDE: one tile, since noise for each picture takes longer."""
    return np.random.default_rng(seed).normal(0, 16, (GRAIN_SIDE, GRAIN_SIDE)).astype(np.int16)


def _size(chance: random.Random, megapixels: float) -> tuple[int, int]:
    across, down = chance.choice(SHAPES)
    unit = math.sqrt(megapixels * 1e6 * chance.uniform(5 / 6, 7 / 6) / (across * down))
    return round(across * unit), round(down * unit)


def _crop(chance: random.Random, size: tuple[int, int], ratio: float) -> tuple[float, float, float, float]:
    """A box of the ratio (width / height), 60 to 100 % of the largest that fits."""
    share = chance.uniform(0.6, 1.0)
    width, height = min(size[0], size[1] * ratio) * share, min(size[1], size[0] / ratio) * share
    left, top = chance.uniform(0, size[0] - width), chance.uniform(0, size[1] - height)
    return left, top, left + width, top + height


def _relit(chance: random.Random, image: Image.Image) -> Image.Image:
    """Other contrast and brightness, and a slight cast, channel by channel."""
    contrast, light = chance.uniform(0.85, 1.15), chance.uniform(-15, 15)
    casts = [chance.uniform(0.95, 1.05) for _ in range(3)]
    table = [
        min(255, max(0, round(((value - 128) * contrast + 128 + light) * cast)))
        for cast in casts
        for value in range(256)
    ]
    return image.point(table)


def _grained(chance: random.Random, image: Image.Image) -> Image.Image:
    strength = chance.randint(2, 5)  # standard deviation in steps of brightness
    tile = np.roll(_grain(SEED), (chance.randrange(GRAIN_SIDE), chance.randrange(GRAIN_SIDE)), (0, 1))
    across, down = math.ceil(image.width / GRAIN_SIDE), math.ceil(image.height / GRAIN_SIDE)
    noise = np.tile((tile * strength + 8) // 16, (down, across))[: image.height, : image.width, None]
    return Image.fromarray(np.clip(np.asarray(image, np.int16) + noise, 0, 255).astype(np.uint8))


def _encoded(chance: random.Random, image: Image.Image, ending: str) -> bytes:
    file = BytesIO()
    if ending == "png":
        image.save(file, "PNG")
    elif ending == "webp":
        image.save(file, "WEBP", quality=chance.choice(QUALITIES))
    else:
        exif = Image.Exif()
        if chance.random() < 0.2:
            exif[0x0112] = ROTATED
            image = image.transpose(Image.Transpose.ROTATE_90)
        image.save(
            file,
            "JPEG",
            quality=chance.choice(QUALITIES),
            subsampling=chance.choice(SUBSAMPLINGS),
            progressive=chance.random() < 0.2,
            exif=exif,
        )
    return file.getvalue()


def cached(quick: bool) -> Dataset:
    """The data set of `make bench`, or the small one, in .cache/bench."""
    return build(QUICK if quick else FULL, CACHE / ("quick" if quick else "full"))


def main() -> None:
    """Build the data set and say what it holds."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dataset", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few pictures of each set")
    dataset = cached(parser.parse_args().quick)
    print(f"{dataset.directory.relative_to(ROOT)}  sha256 {dataset.sha256}")
    for name, paths in dataset.sets.items():
        mean = sum(path.stat().st_size for path in paths) / len(paths)
        print(f"  {name:12} {len(paths):5} pictures, {mean / 1000:7.0f} KB on average")


if __name__ == "__main__":
    main()
