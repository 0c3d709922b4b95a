"""Files that are broken, cut short, mislabelled or made to do harm: each ends as its code, in little memory."""

import io
import random
import struct
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inference.errors import REJECTION_CODES, ImageRejected
from inference.formats.decode import decode

from .conftest import encode, scene_pixels

DATA = Path(__file__).parent / "data"
SCENE = Image.fromarray(scene_pixels())
NOISE = Image.fromarray(
    np.random.default_rng(0).integers(0, 256, (64, 96, 3), np.uint8)
)  # so that pixels fill the file

WHOLE = {
    "JPEG": encode(NOISE, "JPEG"),
    "JPEG progressive": encode(NOISE, "JPEG", progressive=True),
    "PNG": encode(NOISE, "PNG"),
    "GIF": encode(NOISE.quantize(64), "GIF"),
    "WEBP": encode(NOISE, "WEBP"),
    "WEBP lossless": encode(NOISE, "WEBP", lossless=True),
    "BMP": encode(NOISE, "BMP"),
    "TIFF": encode(NOISE, "TIFF"),
    "TIFF lzw": encode(NOISE, "TIFF", compression="tiff_lzw"),
    "AVIF": encode(NOISE, "AVIF"),
    "HEIC": (DATA / "scene.heic").read_bytes(),
}


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, *chunks: bytes) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + chunk(b"IEND", b"")


def tiff(width: int, height: int, compression: int = 1) -> bytes:
    entries = [(256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, compression), (262, 3, 1), (273, 4, 8)]
    entries += [(277, 3, 1), (278, 4, height), (279, 4, 4)]
    body = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
    return b"II*\0" + struct.pack("<I", 12) + b"\0" * 4 + struct.pack("<H", len(entries)) + body + b"\0" * 4


def bmp(width: int, height: int, bits: int = 24, compression: int = 0) -> bytes:
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + info


def gif(width: int, height: int, frame: tuple[int, int] | None = None) -> bytes:
    screen = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    return screen + b"," + struct.pack("<HHHHB", 0, 0, *(frame or (width, height)), 0) + b"\x02\x02\x44\x01\0;"


def webp(width: int, height: int) -> bytes:
    """An animation, whose frames may be smaller than its canvas."""
    data = encode(SCENE, "WEBP", save_all=True, append_images=[NOISE])
    return data[:24] + struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3] + data[30:]


def jpeg(width: int, height: int) -> bytes:
    data = bytearray(WHOLE["JPEG"])
    struct.pack_into(">HH", data, data.index(b"\xff\xc0") + 5, height, width)
    return bytes(data)


def many_scans() -> bytes:
    """A progressive JPEG of 12 Mpx whose last scan is repeated."""
    whole = encode(Image.new("L", (4000, 3000)), "JPEG", progressive=True)
    scan = whole[whole.rindex(b"\xff\xda") : -2]
    return whole[:-2] + scan * 1000 + whole[-2:]


def bmff(data: bytes, width: int, height: int) -> bytes:
    at = data.index(b"ispe") + 8
    return data[:at] + struct.pack(">II", width, height) + data[at + 8 :]


def zip_file() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("photo.jpg", WHOLE["JPEG"])
    return file.getvalue()


def directory_first_tiff() -> bytes:
    """A compressed TIFF as a cloud-optimised one is laid out, so that a cut leaves its directory whole."""
    strip = zlib.compress(np.asarray(NOISE.convert("L")).tobytes())
    entries = [(256, 4, 96), (257, 4, 64), (258, 3, 8), (259, 3, 8), (262, 3, 1), (273, 4, 200), (277, 3, 1)]
    entries += [(278, 4, 64), (279, 4, len(strip))]
    body = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
    head = b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + body + b"\0" * 4
    return head.ljust(200, b"\0") + strip


def many_strips() -> bytes:
    return tiff(1, 4).replace(struct.pack("<HHI", 273, 4, 1), struct.pack("<HHI", 273, 4, 5_000_000))


def cut(name: str, share: float) -> bytes:
    return WHOLE[name][: int(len(WHOLE[name]) * share)]


HOSTILE = {
    "no bytes": (b"", "empty"),
    "text": (b"Dear customer, please find attached", "unsupported_format"),
    "html": (b"<!DOCTYPE html><html>", "unsupported_format"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "unsupported_format"),
    "zip": (zip_file(), "unsupported_format"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "unsupported_format"),
    "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0\n", "unsupported_format"),
    "random bytes": (random.Random(1).randbytes(10_000), "unsupported_format"),
    "zeros": (b"\0" * 10_000, "unsupported_format"),
    "one byte": (b"\xff", "unsupported_format"),
    "mp4": (b"\0\0\0\x18ftypisom\0\0\2\0isomiso2", "unsupported_format"),
    "riff that is sound": (b"RIFF\x24\0\0\0WAVEfmt ", "unsupported_format"),
    "ico": (b"\0\0\1\0\1\0\x10\x10\0\0\1\0\x20\0", "unsupported_format"),
    "psd": (b"8BPS\0\1\0\0\0\0\0\0", "unsupported_format"),
    "ppm": (b"P6\n1 1\n255\n\0\0\0", "unsupported_format"),
    "text beginning like a bmp": (b"BMW is a car maker of Munich", "unsupported_format"),
    "jpeg of 12 bits": (WHOLE["JPEG"].replace(b"\xff\xc0\0\x11\x08", b"\xff\xc1\0\x11\x0c"), "unsupported_format"),
    "tiff of an unknown mode": (
        tiff(4, 4).replace(struct.pack("<HHII", 262, 3, 1, 1), struct.pack("<HHII", 262, 3, 1, 99)),
        "unsupported_format",
    ),
    **{f"{name} cut to its first half": (cut(name, 0.5), "truncated") for name in WHOLE},
    **{f"{name} cut to its first 30 bytes": (WHOLE[name][:30], "truncated") for name in WHOLE},
    **{f"{name} without its last tenth": (cut(name, 0.9), "truncated") for name in WHOLE},
    "TIFF whose directory comes first, cut": (directory_first_tiff()[:-400], "truncated"),
    "jpeg signature": (b"\xff\xd8\xff", "truncated"),
    "png signature": (b"\x89PNG\r\n\x1a\n", "truncated"),
    "gif signature": (b"GIF89a", "truncated"),
    "webp signature": (b"RIFF\x24\0\0\0WEBP", "truncated"),
    "tiff signature": (b"II*\0", "truncated"),
    "tiff directory beyond the end": (b"MM\0*\0\0\xff\xff" + b"\0" * 100, "truncated"),
    "jpeg then noise": (b"\xff\xd8\xff\xe0\0\x10JFIF\0" + b"\xff\x55" + random.Random(2).randbytes(9_000), "corrupt"),
    "png then noise": (b"\x89PNG\r\n\x1a\n" + random.Random(3).randbytes(9_000), "corrupt"),
    "webp then noise": (b"RIFF" + struct.pack("<I", 9_004) + b"WEBP" + random.Random(4).randbytes(9_000), "corrupt"),
    "gif then noise": (b"GIF89a" + random.Random(5).randbytes(9_000), "corrupt"),
    "tiff then noise": (b"II*\0\x08\0\0\0" + random.Random(6).randbytes(9_000), "truncated"),
    "avif then noise": (WHOLE["AVIF"][:32] + random.Random(7).randbytes(9_000), "truncated"),
    "heic then noise": (WHOLE["HEIC"][:32] + random.Random(8).randbytes(9_000), "truncated"),
    "png whose checksum is wrong": (WHOLE["PNG"].replace(WHOLE["PNG"][29:33], b"\0\0\0\0", 1), "corrupt"),
    "png without pixels": (png(4, 4), "corrupt"),
    "png whose pixels do not unpack": (png(4, 4, chunk(b"IDAT", b"not zlib at all")), "corrupt"),
    "png of no width": (png(0, 4, chunk(b"IDAT", zlib.compress(b"\0" * 4))), "corrupt"),
    "gif without a frame": (b"GIF89a\1\0\1\0\0\0\0;", "corrupt"),
    "tiff that points to itself": (b"II*\0\x08\0\0\0\0\0\x08\0\0\0", "corrupt"),
    "webp of garbage": (b"RIFF\x14\0\0\0WEBPVP8 \x08\0\0\0garbage!", "corrupt"),
    "bomb png": (png(60_000, 60_000, chunk(b"IDAT", zlib.compress(b"\0" * 9))), "too_many_pixels"),
    "bomb png of the largest size": (png(2**31 - 1, 2**31 - 1), "too_many_pixels"),
    "bomb jpeg of a thousand scans": (many_scans(), "corrupt"),
    "bomb tiff of five million strips": (many_strips(), "corrupt"),
    "bomb of one long side": (encode(Image.new("1", (1, 1_000_001)), "PNG"), "too_many_pixels"),
    "bomb tiff wider than a row's integers": (tiff(2**32 - 1, 3), "too_many_pixels"),
    "bomb jpeg": (jpeg(60_000, 60_000), "too_many_pixels"),
    "bomb bmp": (bmp(60_000, 60_000), "too_many_pixels"),
    "bomb bmp upside down": (bmp(60_000, -60_000), "too_many_pixels"),
    "bomb tiff": (tiff(60_000, 60_000), "too_many_pixels"),
    "bomb tiff compressed": (tiff(60_000, 60_000, compression=8), "too_many_pixels"),
    "bomb gif": (gif(60_000, 60_000), "too_many_pixels"),
    "bomb gif frame": (gif(1, 1, frame=(60_000, 60_000)), "too_many_pixels"),
    "bomb webp": (webp(60_000, 60_000), "too_many_pixels"),
    "bomb webp below Pillow's own limit": (webp(12_000, 12_000), "too_many_pixels"),
    "bomb avif": (bmff(WHOLE["AVIF"], 60_000, 60_000), "too_many_pixels"),
    "bomb heic": (bmff(WHOLE["HEIC"], 60_000, 60_000), "too_many_pixels"),
    "one pixel too many": (encode(Image.new("L", (10_001, 5_000)), "PNG"), "too_many_pixels"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_given_a_hostile_file_when_decoded_then_it_is_rejected_with_its_code(name):
    data, code = HOSTILE[name]
    tracemalloc.start()

    with pytest.raises(ImageRejected) as rejected:
        decode(data, max_pixels=50_000_000, shorter_side=512)

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert rejected.value.code in REJECTION_CODES
    assert rejected.value.code == code
    assert rejected.value.message
    assert peak < 10_000_000


@pytest.mark.parametrize("name", [n for n in HOSTILE if n.startswith("bomb")])
def test_given_a_bomb_when_rejected_then_its_size_is_told_where_the_header_could_be_read(name):
    with pytest.raises(ImageRejected) as rejected:
        decode(HOSTILE[name][0], max_pixels=50_000_000, shorter_side=512)

    facts = rejected.value.image
    assert facts is None or facts.width * facts.height > 1_000_000
    assert facts is None or max(facts.width, facts.height) < 2**31


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (many_strips(), "TIFF of 5,000,000 values in tag 273"),
        (
            b"II+\0\x08\0\0\0"
            + struct.pack("<QQ", 16, 65_536)
            + struct.pack("<HHQQ", 400, 3, 1, 7) * 65_536
            + bytes(8),
            "TIFF whose directory has 65,536 entries",
        ),
    ],
)
def test_given_a_tiff_that_would_keep_the_decoder_busy_when_decoded_then_it_is_refused_unread(data, reason):
    with pytest.raises(ImageRejected) as rejected:
        decode(data, max_pixels=50_000_000, shorter_side=512)

    assert (rejected.value.code, rejected.value.message) == ("corrupt", reason)
