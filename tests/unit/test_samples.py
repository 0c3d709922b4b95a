"""The demo's photos: licensed, listed, and each of the format that it is there to show."""

import hashlib
import re
import unicodedata
from pathlib import Path

import pi_heif
import pytest
from PIL import Image, ImageOps

from tools.samples.originals import ORIGINALS
from tools.samples.pictures import PICTURES

SAMPLES = Path(__file__).parents[2] / "samples"
LICENCES = {"public domain", "CC0-1.0", "CC-BY-2.0", "CC-BY-4.0"}
ORIENTATION = 0x0112

# file: format, mode, stored size, frames
MEANT = {
    "astronaut.jpg": ("JPEG", "RGB", (512, 512), 1),
    "cat.jpg": ("JPEG", "RGB", (451, 300), 1),
    "dahlias-for-sale.jpg": ("JPEG", "RGB", (640, 427), 1),
    "food/café au lait.webp": ("WEBP", "RGB", (600, 400), 1),
    "food/fig.png": ("PNG", "RGBA", (527, 402), 1),
    "paintbrushes.jpg": ("JPEG", "CMYK", (800, 629), 1),
    "pallet-table.jpg": ("JPEG", "RGB", (1024, 861), 1),
    "photographer.png": ("PNG", "I;16", (512, 512), 1),
    "rocket-launch.gif": ("GIF", "P", (400, 267), 6),
    "spaniels.jpg": ("JPEG", "RGB", (1202, 800), 1),
    "temple.avif": ("AVIF", "RGB", (640, 427), 1),
}
ELSEWHERE = {"mountains.heic", "broken-upload.jpg"}


def sample_names() -> set[str]:
    return {p.relative_to(SAMPLES).as_posix() for p in SAMPLES.rglob("*") if p.is_file() and p.name != "README.md"}


def readme_rows() -> list[list[str]]:
    lines = (SAMPLES / "README.md").read_text(encoding="utf-8").splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| `")]


def test_given_the_readme_when_compared_with_the_folder_then_every_sample_has_a_row_and_every_row_a_sample():
    listed = [row[0].strip("`") for row in readme_rows()]

    assert sorted(listed) == sorted(sample_names())


@pytest.mark.parametrize("row", readme_rows(), ids=lambda row: row[0])
def test_given_a_row_of_the_readme_then_it_names_author_free_licence_origin_and_purpose(row: list[str]):
    _, shows, author, licence, origin, purpose = row

    assert all((shows, author, origin, purpose))
    assert licence in LICENCES
    assert any(original.member.endswith("/" + origin.split("`")[1]) for original in ORIGINALS.values())


def test_given_the_build_tool_then_it_makes_exactly_the_samples_that_are_there():
    assert set(PICTURES) == sample_names() == set(MEANT) | ELSEWHERE


@pytest.mark.parametrize("name", MEANT)
def test_given_a_sample_when_opened_then_it_has_the_format_it_is_there_to_show(name: str):
    with Image.open(SAMPLES / name) as image:
        image.load()

        assert (image.format, image.mode, image.size, getattr(image, "n_frames", 1)) == MEANT[name]


def test_given_the_heic_sample_when_opened_then_it_decodes():
    heic = pi_heif.read_heif(SAMPLES / "mountains.heic")

    assert (heic.mimetype, heic.mode, heic.size) == ("image/heic", "RGB", (1024, 768))


def test_given_the_spaniels_then_exif_alone_puts_them_upright():
    with Image.open(SAMPLES / "spaniels.jpg") as image:
        upright = ImageOps.exif_transpose(image)

        assert image.getexif()[ORIENTATION] == 6
        assert upright.size == (800, 1202)
        # white boards at the upper right, grey planks at the lower left: turned the wrong way they would swap
        assert mean_luminance(upright, (500, 100, 800, 500)) > mean_luminance(upright, (0, 900, 300, 1202)) + 30


def test_given_the_fig_then_its_surroundings_are_transparent_and_black_underneath():
    with Image.open(SAMPLES / "food" / "fig.png") as image:
        corner, middle = image.getpixel((0, 0)), image.getpixel((image.width // 2, image.height // 2))

    assert corner == (0, 0, 0, 0)
    assert middle[3] == 255


def test_given_the_pallet_table_then_it_is_progressive_and_the_astronaut_is_not():
    with Image.open(SAMPLES / "pallet-table.jpg") as table, Image.open(SAMPLES / "astronaut.jpg") as astronaut:
        assert table.info.get("progressive")
        assert not astronaut.info.get("progressive")


def test_given_the_photographer_then_the_full_16_bit_range_is_used():
    with Image.open(SAMPLES / "photographer.png") as image:
        lowest, highest = image.getextrema()

    assert lowest < 256
    assert highest > 60_000


def test_given_the_animation_then_its_frames_differ():
    with Image.open(SAMPLES / "rocket-launch.gif") as image:
        frames = set()
        for index in range(image.n_frames):
            image.seek(index)
            frames.add(image.convert("RGB").tobytes())

    assert len(frames) == 6


def test_given_the_broken_upload_when_decoded_then_the_header_reads_and_the_pixels_do_not():
    with Image.open(SAMPLES / "broken-upload.jpg") as image:
        assert image.format == "JPEG"
        with pytest.raises(OSError, match="truncated"):
            image.load()


def test_given_the_names_then_they_are_lower_case_and_show_the_keys_that_need_encoding():
    names = sample_names()

    assert all(name == unicodedata.normalize("NFC", name).lower() for name in names)
    assert any(re.search(r"/.* ", name) and not name.isascii() for name in names)


def test_given_the_folder_then_it_is_small_and_holds_nothing_twice():
    contents = [(SAMPLES / name).read_bytes() for name in sample_names()]

    assert sum(map(len, contents)) <= 3_000_000
    assert len({hashlib.sha256(content).digest() for content in contents}) == len(contents)


def mean_luminance(image: Image.Image, box: tuple[int, int, int, int]) -> float:
    pixels = image.convert("L").crop(box).tobytes()
    return sum(pixels) / len(pixels)
