"""Files made to take as much memory or time as a decoder will give, each below the limits of bytes and pixels."""

from __future__ import annotations

import os
import random
import struct
import tempfile
import traceback
import zlib
from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image

from tests.hostile.sound import HEIC, encode, exif, noise

LIMIT = 50 << 20
MEGA = 1_000_000
WIDE = (8333, 6000)
"""Just under 50 Mpx."""

BUILDERS: dict[str, tuple[bool, Callable[[], bytes]]] = {}


def bomb(name: str, large: bool = False):
    """Register a builder; `large` ones take seconds to build or to decode."""

    def register(build):
        BUILDERS[name] = (large, build)
        return build

    return register


def bombs(name: str = "", large: bool = True) -> Iterator[tuple[str, bytes]]:
    for key, (is_large, build) in BUILDERS.items():
        if name in f"bomb/{key}" and (large or not is_large):
            yield f"bomb/{key}", _built_apart(build)


def _built_apart(build: Callable[[], bytes]) -> bytes:
    """In a fork, so that what building takes does not count for the file."""
    with tempfile.TemporaryFile() as file:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                file.write(build())
                file.flush()
                status = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(status)
        if os.waitpid(child, 0)[1]:
            raise RuntimeError(f"{build} failed: see above")
        file.seek(0)
        return file.read()


def tiled(width: int, height: int, bands: int = 3) -> np.ndarray:
    """Noise that repeats: quick to make, and no codec finds it flat."""
    cell = np.asarray(noise(64, 64, max(bands, 2)))[..., :bands]
    return np.tile(cell, (height // 64 + 1, width // 64 + 1, 1))[:height, :width]


# ------------------------------------------------------------------ pixels
def _pixels() -> None:
    pictures = {
        "png-rgba": lambda: encode(Image.fromarray(tiled(*WIDE, 4)), "PNG", compress_level=1),
        "png-palette": lambda: encode(
            Image.fromarray(tiled(*WIDE)).quantize(256), "PNG", transparency=3, compress_level=1
        ),
        "jpeg-progressive": lambda: encode(Image.fromarray(tiled(*WIDE)), "JPEG", progressive=True),
        "jpeg-cmyk": lambda: encode(Image.fromarray(tiled(*WIDE, 4), "CMYK"), "JPEG", progressive=True, quality=12),
        "jpeg-long": lambda: encode(Image.fromarray(tiled(65_500, 760)), "JPEG", progressive=True),
        "webp-lossless": lambda: encode(
            Image.fromarray(tiled(16_383, 3051, 4)), "WEBP", lossless=True, method=0, quality=0
        ),
        "webp-lossy": lambda: encode(Image.fromarray(tiled(16_383, 3051, 4)), "WEBP", method=0, quality=30),
        "gif": lambda: encode(Image.fromarray(tiled(*WIDE)).quantize(256), "GIF"),
        "tiff-float": lambda: encode(
            Image.fromarray(tiled(*WIDE, 1)[..., 0].astype(np.float32)), "TIFF", compression="tiff_adobe_deflate"
        ),
        "tiff-turned": lambda: encode(Image.fromarray(tiled(*WIDE)), "TIFF", compression="tiff_lzw", tiffinfo={274: 6}),
        "avif": lambda: encode(Image.fromarray(tiled(*WIDE, 4)), "AVIF", speed=10, quality=30),
        "bmp-bilevel": lambda: encode(Image.new("1", WIDE), "BMP"),
    }
    for name, build in pictures.items():
        bomb(f"pixels-{name}", large=True)(build)


_pixels()


@bomb("pixels-jpeg-100-scans", large=True)
def _() -> bytes:
    """As many scans as are let through."""
    return _rescanned(WIDE, 99)


@bomb("scans-jpeg-thousands")
def _() -> bytes:
    return _rescanned((1000, 700), 7000)


@bomb("scans-jpeg-small-picture", large=True)
def _() -> bytes:
    """A picture so small that hundreds of thousands of scans stay below the limit on pixels × scans."""
    return _rescanned((8, 8), 3_000_000)


@bomb("scans-jpeg-middling", large=True)
def _() -> bytes:
    return _rescanned((64, 64), 1_000_000)


def _rescanned(size: tuple[int, int], times: int) -> bytes:
    whole = encode(Image.new("L", size, 77), "JPEG", progressive=True)
    last = whole[whole.rindex(b"\xff\xda") : -2]
    return (whole[:-2] + last * times)[: LIMIT - 2] + whole[-2:]


@bomb("shape-1x65535")
def _() -> bytes:
    return encode(Image.fromarray(tiled(1, 65_535)), "PNG")


@bomb("shape-65535x1")
def _() -> bytes:
    return encode(Image.fromarray(tiled(65_535, 1)), "GIF")


@bomb("shape-1x50-million", large=True)
def _() -> bytes:
    return encode(Image.new("L", (1, 50 * MEGA)), "PNG")


@bomb("shape-50x1-million", large=True)
def _() -> bytes:
    """As tall as is let through."""
    return encode(Image.fromarray(tiled(50, MEGA, 4)), "PNG", compress_level=1)


@bomb("shape-1-million-x50", large=True)
def _() -> bytes:
    return encode(Image.fromarray(tiled(MEGA, 50, 4)), "PNG", compress_level=1)


@bomb("shape-50-million-x1-tiff", large=True)
def _() -> bytes:
    return encode(Image.new("L", (50 * MEGA, 1)), "TIFF", compression="tiff_adobe_deflate")


@bomb("shape-50-million-x1-rgba", large=True)
def _() -> bytes:
    rows = zlib.compress(b"\0" * (1 + 4 * 50 * MEGA), 1)
    return png(50 * MEGA, 1, chunk(b"IDAT", rows), colour=6)


for _form, _place in (("JPEG", b"\xff\xc0"), ("PNG", b"IHDR"), ("GIF", b""), ("BMP", b"BM"), ("WEBP", b"VP8 ")):
    for _size in ((0, 5), (5, 0), (0, 0), (65_535, 65_535)):

        @bomb(f"size-{_form}-{_size[0]}x{_size[1]}")
        def _(form: str = _form, place: bytes = _place, size: tuple[int, int] = _size) -> bytes:
            data = bytearray(encode(noise(), form))
            at = (0 if form == "GIF" else data.index(place)) + {"JPEG": 5, "PNG": 4, "GIF": 6, "BMP": 18, "WEBP": 14}[
                form
            ]
            layout = {"JPEG": ">HH", "PNG": ">II", "GIF": "<HH", "BMP": "<II", "WEBP": "<HH"}[form]
            struct.pack_into(layout, data, at, *(size[::-1] if form == "JPEG" else size))
            return bytes(data)


# ------------------------------------------------------------------ PNG
def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, *chunks: bytes, colour: int = 2, depth: int = 8, interlace: int = 0) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + chunk(b"IEND", b"")


PIXELS = chunk(b"IDAT", zlib.compress((b"\0" + bytes(range(24))) * 8))


def zeros(unpacked: int) -> bytes:
    """A deflate stream of zeros, a thousandth of what it unpacks to."""
    packer = zlib.compressobj(9)
    return b"".join([*(packer.compress(bytes(1 << 20)) for _ in range(unpacked >> 20)), packer.flush()])


@bomb("png-icc-unpacks-to-2-gb", large=True)
def _() -> bytes:
    return png(8, 8, chunk(b"iCCP", b"x\0\0" + zeros(2 << 30)), PIXELS)


@bomb("png-ztxt-unpacks-to-150-mb")
def _() -> bytes:
    return png(8, 8, chunk(b"zTXt", b"x\0\0" + zeros(150 << 20)), PIXELS)


@bomb("png-itxt-unpacks-to-150-mb")
def _() -> bytes:
    return png(8, 8, chunk(b"iTXt", b"x\0\1\0\0\0" + zeros(150 << 20)), PIXELS)


@bomb("png-idat-unpacks-to-2-gb", large=True)
def _() -> bytes:
    return png(8, 8, chunk(b"IDAT", zeros(2 << 30)))


@bomb("png-text-of-45-mb")
def _() -> bytes:
    return png(8, 8, chunk(b"tEXt", b"x\0" + b"t" * (45 << 20)), PIXELS)


@bomb("png-exif-of-45-mb")
def _() -> bytes:
    return png(8, 8, chunk(b"eXIf", exif() + bytes(45 << 20)), PIXELS)


@bomb("png-exif-of-many-entries", large=True)
def _() -> bytes:
    entries = b"".join(struct.pack("<HHII", tag, 2, 1 << 20, 8) for tag in range(65_535))
    block = b"II*\0\x08\0\0\0" + struct.pack("<H", 65_535) + entries + bytes(4) + bytes(2 << 20)
    return png(8, 8, chunk(b"eXIf", block), PIXELS)


@bomb("png-4-million-empty-chunks", large=True)
def _() -> bytes:
    return png(8, 8, chunk(b"teSt", b"") * 4_000_000, PIXELS)


@bomb("png-4-million-empty-idats", large=True)
def _() -> bytes:
    return png(8, 8, chunk(b"IDAT", b"") * 4_000_000, PIXELS)


@bomb("png-interlaced-1x1-idats")
def _() -> bytes:
    packed = zlib.compress(bytes(3000))
    return png(16, 16, *(chunk(b"IDAT", packed[at : at + 1]) for at in range(len(packed))), interlace=1)


for _length in (0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFF4):

    @bomb(f"png-chunk-of-{_length:x}-bytes")
    def _(length: int = _length) -> bytes:
        return png(8, 8, struct.pack(">I", length) + b"IDAT" + bytes(20), PIXELS)


@bomb("png-many-palettes")
def _() -> bytes:
    return png(8, 8, chunk(b"PLTE", bytes(768)) * 10_000, chunk(b"tRNS", bytes(256)) * 10_000, PIXELS, colour=3)


@bomb("apng-60000-frames")
def _() -> bytes:
    control = chunk(b"acTL", struct.pack(">II", 0xFFFFFFFF, 0))
    frame = chunk(b"fcTL", bytes(26)) + chunk(b"fdAT", bytes(8))
    return png(8, 8, control, PIXELS, frame * 60_000)


# ------------------------------------------------------------------ JPEG
def jpeg_with(*segments: bytes) -> bytes:
    whole = encode(noise(), "JPEG")
    return (whole[:2] + b"".join(segments) + whole[2:])[: LIMIT - 10_000] + whole[2:]


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, 2 + len(body)) + body


@bomb("jpeg-comments-of-50-mb")
def _() -> bytes:
    return jpeg_with(segment(0xFE, bytes(65_533)) * 790)


@bomb("jpeg-12-million-empty-segments", large=True)
def _() -> bytes:
    return jpeg_with(segment(0xE5, b"") * 12_000_000)


@bomb("jpeg-icc-of-255-parts")
def _() -> bytes:
    parts = (segment(0xE2, b"ICC_PROFILE\0" + bytes([n, 255]) + bytes(65_500)) for n in range(1, 256))
    return jpeg_with(*parts)


@bomb("jpeg-icc-repeated", large=True)
def _() -> bytes:
    return jpeg_with(*[segment(0xE2, b"ICC_PROFILE\0\1\1" + bytes(65_500))] * 780)


@bomb("jpeg-thousand-tables", large=True)
def _() -> bytes:
    return jpeg_with(segment(0xDB, b"\0" + bytes(range(1, 65))) * 700_000)


@bomb("jpeg-huffman-tables", large=True)
def _() -> bytes:
    whole = encode(noise(), "JPEG")
    at = whole.index(b"\xff\xc4")
    size = int.from_bytes(whole[at + 2 : at + 4], "big") + 2
    return jpeg_with(whole[at : at + size] * (45_000_000 // size))


@bomb("jpeg-exif-that-cycles")
def _() -> bytes:
    entry = struct.pack("<HHII", 0x8769, 4, 1, 8) + struct.pack("<HHII", 0x0112, 3, 1, 6)
    block = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", 2) + entry + struct.pack("<I", 8)
    return jpeg_with(segment(0xE1, block))


@bomb("jpeg-fill-bytes", large=True)
def _() -> bytes:
    return jpeg_with(b"\xff" * (45 << 20))


@bomb("jpeg-restart-markers", large=True)
def _() -> bytes:
    whole = encode(noise(), "JPEG", restart_marker_blocks=1)
    return whole[:-2] + b"\xff\xd0\xff\xd3" * (12 << 20) + whole[-2:]


@bomb("jpeg-multi-picture")
def _() -> bytes:
    return jpeg_with(segment(0xE2, b"MPF\0II*\0\x08\0\0\0" + b"\xff" * 200))


# ------------------------------------------------------------------ GIF, WebP
@bomb("gif-a-million-frames", large=True)
def _() -> bytes:
    frame = b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\0"
    return b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6) + frame * 2_600_000 + b";"


@bomb("gif-comments", large=True)
def _() -> bytes:
    head = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6)
    return head + b"!\xfe" + b"\x01c" * 24_000_000 + b"\0," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\2\2D\1\0;"


@bomb("gif-frame-outside-of-screen")
def _() -> bytes:
    head = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6)
    return head + b"," + struct.pack("<HHHHB", 65_535, 65_535, 65_535, 700, 0) + b"\2\2D\1\0;"


@bomb("gif-lzw-of-50-mb", large=True)
def _() -> bytes:
    head = b"GIF89a" + struct.pack("<HHBBB", *(7000, 7000), 0x80, 0, 0) + bytes(6)
    block = b"\xff" + random.Random(3).randbytes(255)
    return head + b"," + struct.pack("<HHHHB", 0, 0, 7000, 7000, 0) + b"\x08" + block * 190_000 + b"\0;"


@bomb("webp-animated-4000-frames", large=True)
def _() -> bytes:
    return encode(noise(), "WEBP", save_all=True, append_images=[noise().rotate(n) for n in range(4000)], lossless=True)


@bomb("webp-animated-canvas-of-50-mpx", large=True)
def _() -> bytes:
    canvas = Image.fromarray(tiled(16_000, 3100, 4))
    more = [Image.new("RGBA", canvas.size, (n, 0, 0, 9)) for n in range(3)]
    return encode(canvas, "WEBP", save_all=True, append_images=more, quality=10, method=0)


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"".join(kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2) for kind, data in chunks)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


@bomb("webp-exif-of-45-mb")
def _() -> bytes:
    still = encode(noise(), "WEBP", lossless=True)
    head = struct.pack("<I", 0x0C) + struct.pack("<I", 47)[:3] + struct.pack("<I", 31)[:3]
    return riff((b"VP8X", head), (b"VP8L", still[20:]), (b"EXIF", exif() + bytes(45 << 20)), (b"XMP ", b"<x/>"))


@bomb("webp-6-million-chunks", large=True)
def _() -> bytes:
    still = encode(noise(), "WEBP", lossless=True)
    head = struct.pack("<I", 0) + struct.pack("<I", 47)[:3] + struct.pack("<I", 31)[:3]
    return riff((b"VP8X", head), *[(b"XXXX", b"")] * 6_000_000, (b"VP8L", still[20:]))


# ------------------------------------------------------------------ TIFF
def tiff(*entries: tuple[int, int, int, int], rest: bytes = b"", following: int = 0) -> bytes:
    """A TIFF of one directory at 8; values stand in the entries themselves; `rest` follows at 10 + 12 n + 4."""
    body = b"".join(struct.pack("<HHII", *entry) for entry in sorted(entries))
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + body + struct.pack("<I", following) + rest


def grey(width: int, height: int, **changed: tuple[int, int, int]) -> list[tuple[int, int, int, int]]:
    fields = {
        "t256": (4, 1, width),
        "t257": (4, 1, height),
        "t258": (3, 1, 8),
        "t259": (3, 1, 1),
        "t262": (3, 1, 1),
        "t273": (4, 1, 8),
        "t277": (3, 1, 1),
        "t278": (4, 1, height),
        "t279": (4, 1, width * height),
    } | changed
    return [(int(name[1:]), *values) for name, values in fields.items()]


@bomb("tiff-directory-that-cycles")
def _() -> bytes:
    return tiff(*grey(8, 8), rest=bytes(100), following=8)


@bomb("tiff-exif-that-cycles")
def _() -> bytes:
    return tiff(*grey(8, 8, t34665=(4, 1, 8), t330=(4, 1, 8), t34853=(4, 1, 8)), rest=bytes(100))


@bomb("tiff-65535-entries")
def _() -> bytes:
    return tiff(*grey(8, 8), *((400 + n, 3, 1, 7) for n in range(60_000)), rest=bytes(100))


@bomb("tiff-tags-of-a-gigabyte")
def _() -> bytes:
    return tiff(*grey(8, 8), *((50_000 + n, 1, 0x3FFFFFFF, 8) for n in range(200)), rest=bytes(100))


@bomb("tiff-tags-that-overlap", large=True)
def _() -> bytes:
    """A thousand tags, each of which is the same 40 MB of the file."""
    return tiff(*grey(8, 8), *((50_000 + n, 7, 40 << 20, 20_000) for n in range(1000)), rest=bytes(45 << 20))


@bomb("tiff-rationals", large=True)
def _() -> bytes:
    return tiff(*grey(8, 8), *((50_000 + n, 5, 5 << 20, 20_000) for n in range(30)), rest=bytes(45 << 20))


@bomb("tiff-5-million-strips", large=True)
def _() -> bytes:
    count = 5_000_000
    offsets = grey(1, count, t273=(4, count, 150), t278=(4, 1, 1), t279=(4, count, 150 + 4 * count))
    return tiff(*offsets, rest=bytes(150 - 122) + struct.pack("<I", 8) * count + struct.pack("<I", 1) * count)


@bomb("tiff-a-million-strips", large=True)
def _() -> bytes:
    """As many as are let through."""
    count = MEGA
    offsets = grey(1, count, t273=(4, count, 150), t278=(4, 1, 1), t279=(4, count, 150 + 4 * count))
    return tiff(*offsets, rest=bytes(150 - 122) + struct.pack("<I", 8) * count + struct.pack("<I", 1) * count)


@bomb("tiff-big-2-million-entries", large=True)
def _() -> bytes:
    entries = struct.pack("<HHQQ", 400, 3, 1, 7) * 2_000_000
    return b"II+\0\x08\0\0\0" + struct.pack("<QQ", 16, 2_000_000) + entries + bytes(8)


@bomb("tiff-bits-of-20-million-samples", large=True)
def _() -> bytes:
    return tiff(*grey(8, 8, t258=(3, 20_000_000, 150)), rest=bytes(45 << 20))


@bomb("tiff-4-billion-strips")
def _() -> bytes:
    return tiff(*grey(8, 8, t273=(4, 0xFFFFFFFF, 8), t279=(4, 0xFFFFFFFF, 8)), rest=bytes(100))


for _samples in (0, 5, 65_535):

    @bomb(f"tiff-{_samples}-samples")
    def _(samples: int = _samples) -> bytes:
        return tiff(*grey(8, 8, t277=(3, 1, samples)), rest=bytes(1000))


for _side in (0, 16, 65_536, 0x7FFFFFF0):
    for _compression in (1, 5, 7, 8, 50_000):

        @bomb(f"tiff-tile-{_side}-compression-{_compression}")
        def _(side: int = _side, compression: int = _compression) -> bytes:
            fields = grey(64, 64, t259=(3, 1, compression), t322=(4, 1, side), t323=(4, 1, side))
            fields = [field for field in fields if field[0] not in (273, 278, 279)]
            return tiff(*fields, (324, 4, 1, 200), (325, 4, 1, 64), rest=bytes(2000))


@bomb("tiff-rows-per-strip")
def _() -> bytes:
    fields = grey(6000, 8000, t259=(3, 1, 8), t278=(4, 1, 0xFFFFFFFF), t279=(4, 1, 48_000), t273=(4, 1, 122))
    return tiff(*fields, rest=zeros(48 << 20))


@bomb("tiff-deflate-unpacks-to-2-gb", large=True)
def _() -> bytes:
    packed = zeros(2 << 30)
    return tiff(*grey(8, 8, t259=(3, 1, 8), t273=(4, 1, 122), t279=(4, 1, len(packed))), rest=packed)


@bomb("tiff-14-channels-of-50-mpx", large=True)
def _() -> bytes:
    packed = zlib.compress(bytes(8333 * 6000 * 5), 1)
    fields = grey(8333, 6000, t259=(3, 1, 8), t277=(3, 1, 5), t273=(4, 1, 122), t279=(4, 1, len(packed)))
    return tiff(*fields, rest=packed)


@bomb("tiff-rgb-32-bit", large=True)
def _() -> bytes:
    packed = zlib.compress(bytes(8333 * 6000 * 4), 1)
    fields = grey(8333, 6000, t258=(3, 1, 32), t259=(3, 1, 8), t339=(3, 1, 3), t279=(4, 1, len(packed)))
    return tiff(*(f if f[0] != 273 else (273, 4, 1, 134) for f in fields), rest=packed)


@bomb("tiff-a-million-pages", large=True)
def _() -> bytes:
    page = struct.pack("<H", 0)
    pages = bytearray(b"II*\0\x08\0\0\0")
    for _ in range(1_000_000):
        pages += page + struct.pack("<I", len(pages) + 6)
    return bytes(pages)


# ------------------------------------------------------------------ BMP
@bomb("bmp-rle")
def _() -> bytes:
    info = struct.pack("<IiiHHIIiiII", 40, 7000, 7000, 1, 8, 1, 0, 0, 0, 256, 0)
    body = b"\xff\x01" * 190_000 + b"\0\1"
    return b"BM" + struct.pack("<IHHI", 54 + 1024 + len(body), 0, 0, 54 + 1024) + info + bytes(1024) + body


@bomb("bmp-rle-of-50-mb", large=True)
def _() -> bytes:
    info = struct.pack("<IiiHHIIiiII", 40, 7000, 7000, 1, 8, 1, 0, 0, 0, 256, 0)
    body = b"\0\2\0\0" * 11_000_000 + b"\1\0" * 1_000_000
    return b"BM" + struct.pack("<IHHI", 54 + 1024 + len(body), 0, 0, 54 + 1024) + info + bytes(1024) + body


@bomb("bmp-palette-of-4-billion")
def _() -> bytes:
    info = struct.pack("<IiiHHIIiiII", 40, 8, 8, 1, 8, 0, 0, 0, 0, 0xFFFFFFFF, 0)
    return b"BM" + struct.pack("<IHHI", 0, 0, 0, 54) + info + bytes(2000)


@bomb("bmp-offset-beyond")
def _() -> bytes:
    data = encode(noise(), "BMP")
    return data[:10] + b"\xff\xff\xff\xff" + data[14:]


# ------------------------------------------------------------------ AVIF, HEIC
def box(kind: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body


def heif(data: bytes, kind: bytes, place: int, value: bytes) -> bytes:
    """`data` with some bytes of the first box of a kind replaced."""
    at = data.index(kind) + 4 + place
    return data[:at] + value + data[at + len(value) :]


def _heif() -> None:
    bases: dict[str, Callable[[], bytes]] = {"avif": lambda: encode(noise(), "AVIF"), "heic": HEIC.read_bytes}
    changes = [
        *(
            ("ispe", b"ispe", 4, struct.pack(">II", w, h))
            for w, h in ((0, 0), (1, 65_535), (7000, 7000), (2**31, 2**31))
        ),
        ("items", b"iinf", 4, b"\xff\xff"),
        ("locations", b"iloc", 4, b"\x88\x80\xff\xff"),
        ("extents", b"iloc", 8, b"\xff" * 6),
        ("extent-length", b"iloc", 10, b"\xff" * 8),
        ("associations", b"ipma", 4, b"\xff\xff\xff\xff"),
        ("primary", b"pitm", 4, b"\xff\xff"),
        *(
            (f"box-{kind.decode()}-{number}", kind, -8, size)
            for kind in (b"meta", b"iprp", b"ipco", b"iloc", b"mdat")
            for number, size in enumerate(
                (b"\0\0\0\0", b"\0\0\0\1", b"\0\0\0\7", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff")
            )
        ),
    ]
    for form, base in bases.items():
        for name, kind, place, value in changes:

            def build(base=base, kind=kind, place=place, value=value) -> bytes:
                return heif(base(), kind, place, value)

            bomb(f"{form}-{name}-{value.hex()[:16]}")(build)

        @bomb(f"{form}-nested-boxes", large=True)
        def _(base=base) -> bytes:
            nested, data = b"", base()
            for _ in range(3000):
                nested = box(b"meta", bytes(4) + nested)
            end = int.from_bytes(data[:4], "big")
            return data[:end] + nested + data[end:]

        @bomb(f"{form}-6-million-boxes", large=True)
        def _(base=base) -> bytes:
            data = base()
            end = int.from_bytes(data[:4], "big")
            return data[:end] + box(b"free") * 6_000_000 + data[end:]

        @bomb(f"{form}-many-properties", large=True)
        def _(base=base) -> bytes:
            data = base()
            at = data.index(b"ipco")
            grown = bytearray(
                data[: at + 4] + box(b"ispe", bytes(4) + struct.pack(">II", 48, 32)) * 1_000_000 + data[at + 4 :]
            )
            for kind in (b"ipco", b"iprp", b"meta"):
                where = grown.index(kind) - 4
                struct.pack_into(">I", grown, where, int.from_bytes(grown[where : where + 4], "big") + 20_000_000)
            return bytes(grown)

        @bomb(f"{form}-brands", large=True)
        def _(base=base) -> bytes:
            data = base()
            size = int.from_bytes(data[:4], "big")
            return struct.pack(">I", size + (40 << 20)) + data[4:size] + b"mif1" * (10 << 20) + data[size:]


_heif()


@bomb("avif-sequence-of-300", large=True)
def _() -> bytes:
    return encode(noise(), "AVIF", save_all=True, append_images=[noise().rotate(n) for n in range(300)], speed=10)
