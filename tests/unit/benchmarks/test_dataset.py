"""The benchmark's pictures: the same seed gives the same bytes, and they are pictures as uploads are."""

import json
from collections import Counter
from io import BytesIO
from statistics import mean

import pytest
from PIL import Image

from benchmarks.dataset import FULL, ROTATED, PictureSet, build, file_name, picture, repeated

SMALL = PictureSet("small", 24, 0.05, ("jpg",))
MIXED = PictureSet("mixed", 2, 0.05, ("png", "webp"))


def opened(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data))


def test_a_picture_depends_on_set_number_and_seed_alone():
    first = picture(SMALL, 3)

    assert picture(SMALL, 4) != first
    assert picture(SMALL, 3, seed=1) != first
    assert picture(PictureSet("other", 24, 0.05, ("jpg",)), 3) != first
    assert picture(SMALL, 3) == first


def test_processes_and_order_do_not_change_a_byte(tmp_path):
    one = build([PictureSet("small", 3, 0.05, ("jpg",)), MIXED], tmp_path / "one", processes=1)
    two = build([PictureSet("small", 3, 0.05, ("jpg",)), MIXED], tmp_path / "two", processes=2)

    assert one.sha256 == two.sha256
    for name, paths in one.sets.items():
        assert [path.read_bytes() for path in paths] == [path.read_bytes() for path in two.sets[name]]
    assert one.sets["small"][2].read_bytes() == picture(SMALL, 2)
    assert [opened(path.read_bytes()).format for path in one.sets["mixed"]] == ["PNG", "WEBP"]


def test_what_is_there_is_kept_and_what_another_recipe_made_is_replaced(tmp_path):
    kind = PictureSet("small", 2, 0.02, ("jpg",))
    [first, _] = build([kind], tmp_path / "set", processes=1).sets["small"]
    made = first.stat().st_mtime_ns

    build([kind], tmp_path / "set", processes=1)
    assert first.stat().st_mtime_ns == made

    first.write_bytes(b"cut short")
    build([kind], tmp_path / "set", processes=1)
    assert first.read_bytes() == picture(kind, 0)

    (tmp_path / "set" / "of another recipe.jpg").write_bytes(b"")
    build([kind], tmp_path / "set", seed=1, processes=1)
    assert first.read_bytes() == picture(kind, 0, seed=1)
    assert sorted(path.name for path in (tmp_path / "set").iterdir()) == [
        "manifest.json",
        file_name(kind, 0),
        file_name(kind, 1),
    ]
    assert json.loads((tmp_path / "set" / "manifest.json").read_text())["recipe"]["seed"] == 1


def test_pictures_differ_as_uploads_do():
    pictures = [opened(picture(SMALL, number)) for number in range(SMALL.count)]

    assert {image.mode for image in pictures} == {"RGB"}
    assert mean(image.width * image.height for image in pictures) == pytest.approx(50_000, rel=0.1)
    assert len({image.size for image in pictures}) > 15
    assert {image.info.get("progressive", 0) for image in pictures} == {0, 1}
    assert {image.getexif().get(0x0112) for image in pictures} == {None, ROTATED}
    assert len({str(image.quantization) for image in pictures}) >= 4
    assert len({image.layer[0][1:3] for image in pictures}) >= 2  # the chroma's subsampling
    for image in pictures:
        assert min(high - low for low, high in image.getextrema()) > 60


def test_the_sets_are_those_that_the_ratios_speak_of():
    assert {each.name: (each.count, each.megapixels) for each in FULL} == {
        "jpeg_1mpx": (1000, 1.0),
        "jpeg_12mpx": (100, 12.0),
        "png_webp": (100, 1.0),
    }


@pytest.mark.parametrize(("within", "distinct"), [(10, 70), (50, 70), (100, 70), (7, 71)])
def test_a_share_of_uploads_repeats_others_of_the_same_batch(within, distinct):
    numbers = repeated(100, 0.3, within)

    assert len(numbers) == 100
    assert set(numbers) == set(range(distinct))
    batches = [numbers[start : start + within] for start in range(0, 100, within)]
    seen: Counter[int] = Counter()
    for batch in batches:
        assert not seen.keys() & set(batch)
        seen.update(batch)
    assert numbers == repeated(100, 0.3, within)
    assert sorted(repeated(100, 0.0, within)) == list(range(100))
