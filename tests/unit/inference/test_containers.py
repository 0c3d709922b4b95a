"""What a file's structure says is read in bounded time, whatever the structure is."""

import struct

import pytest
from PIL import Image

from inference.formats import MAX_FRAMES, MAX_PIECES
from inference.formats.containers import count_frames, ends_early, gif_blocks, sniff
from inference.formats.essentials import essentials

from .conftest import encode, scene_pixels

SCENE = Image.fromarray(scene_pixels())


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "AVIF"])
def test_given_a_whole_file_when_asked_then_its_format_is_told_and_it_does_not_end_early(format_):
    data = encode(SCENE.quantize() if format_ == "GIF" else SCENE, format_)

    assert sniff(data) == format_
    assert not ends_early(format_, data)
    assert ends_early(format_, data[:-20]) or format_ == "JPEG"  # inside a scan the decoder notices


@pytest.mark.parametrize(
    ("brands", "format_"),
    [
        (b"avif\0\0\0\0mif1", "AVIF"),
        (b"mif1\0\0\0\0mif1avifmiaf", "AVIF"),
        (b"heic\0\0\0\0mif1heic", "HEIC"),
        (b"mif1\0\0\0\0mif1heic", "HEIC"),
        (b"msf1\0\0\0\0hevc", "HEIC"),
        (b"mif1\0\0\0\0mif1", None),
        (b"isom\0\0\0\0mp41", None),
    ],
)
def test_given_a_box_file_when_sniffed_then_its_brands_tell_the_codec(brands, format_):
    assert sniff(struct.pack(">I4s", 8 + len(brands), b"ftyp") + brands) == format_


def animated_gif(frames: int) -> bytes:
    frame = b"!\xf9\x04\0\0\0\0\0," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\0"
    return b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff" + frame * frames + b";"


@pytest.mark.parametrize(("frames", "counted"), [(1, 1), (7, 7), (MAX_FRAMES + 5, MAX_FRAMES)])
def test_given_a_gif_when_counted_then_frames_stop_at_the_cap(frames, counted):
    assert count_frames("GIF", animated_gif(frames)) == counted


def test_given_a_gif_whose_blocks_hold_trailers_and_separators_when_counted_then_data_is_not_mistaken():
    comment = b"!\xfe\x04,;,;\0"
    data = animated_gif(2)

    assert count_frames("GIF", data[:19] + comment + data[19:]) == 2


def tiff_of(pages: int, loop: bool = False) -> bytes:
    data = b"II*\0\x08\0\0\0"
    for page in range(pages):
        last = page == pages - 1
        data += b"\0\0" + struct.pack("<I", (8 if loop else 0) if last else len(data) + 6)
    return data


@pytest.mark.parametrize(
    ("data", "counted"),
    [
        (tiff_of(1), 1),
        (tiff_of(4), 4),
        (tiff_of(4, loop=True), 4),
        (tiff_of(MAX_FRAMES + 5), MAX_FRAMES),
        (tiff_of(4)[:-8], 2),
        (b"MM\0*\0\0\0\x08\0\0\0\0\0\0", 1),
        (b"II+\0\x08\0\0\0" + struct.pack("<Q", 2**63) + b"\0" * 40, 1),
    ],
)
def test_given_a_tiff_when_counted_then_pages_stop_at_the_end_at_a_loop_and_at_the_cap(data, counted):
    assert count_frames("TIFF", data) == counted


def test_given_megabytes_of_the_smallest_pieces_when_read_then_it_stops_at_the_cap():
    data = {
        "JPEG": b"\xff\xd8" + b"\xff\xfe\0\2" * (MAX_PIECES + 1),
        "PNG": b"\x89PNG\r\n\x1a\n" + b"\0\0\0\0abCd\0\0\0\0" * (MAX_PIECES + 1),
        "GIF": b"GIF89a" + b"\0" * 7 + b"!\xfe" + b"\1a" * (MAX_PIECES + 1),
        "AVIF": b"\0\0\0\x08free" * (MAX_PIECES + 1),
    }

    for format_, file in data.items():  # none of them fails, and none is read to its end
        assert len(essentials(format_, file)) <= len(file)
        assert (count_frames(format_, file) or 0) <= MAX_FRAMES
        ends_early(format_, file)
    assert sum(1 for _ in gif_blocks(data["GIF"])) <= 1


def test_given_a_jpeg_with_every_kind_of_metadata_when_reduced_to_essentials_then_only_what_the_pixels_need_is_left():
    exif = Image.Exif()
    exif[0x0112] = 3
    plain = encode(SCENE, "JPEG", exif=exif, icc_profile=b"p" * 200)
    junk = (
        b"\xff\xed\0\x0ePhotoshop 3."
        + b"\xff\xfe\0\x09comment"
        + b"\xff\xe1\0\x0aExif\0\0xx"
        + b"\xff\xe2\0\x08MPF\0ab"
    )
    scan = plain.index(b"\xff\xdb")

    lean = essentials("JPEG", plain[:scan] + junk + plain[scan:])

    assert lean == plain


def test_given_a_png_with_text_and_private_chunks_when_reduced_to_essentials_then_they_are_gone():
    plain = encode(SCENE, "PNG", icc_profile=b"p" * 200)
    noise = struct.pack(">I4s", 4, b"prVt") + b"abcd" + b"bad!"  # a checksum that Pillow would refuse the file for

    assert essentials("PNG", plain[:33] + noise + plain[33:]) == plain


def test_given_a_gif_when_reduced_to_essentials_then_one_frame_and_no_comment_is_left():
    data = animated_gif(3)

    assert essentials("GIF", data[:19] + b"!\xfe\x02hi\0" + data[19:]) == animated_gif(1)
