"""Sound little files of every format and variant, for the rest of this folder to spoil. Always the same bytes."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

HEIC = Path(__file__).parents[1] / "unit" / "inference" / "data" / "scene.heic"


def noise(width: int = 48, height: int = 32, bands: int = 3) -> Image.Image:
    """Pixels that no codec makes small."""
    pixels = np.random.default_rng(7).integers(0, 256, (height, width, bands), np.uint8)
    return Image.fromarray(pixels[..., 0] if bands == 1 else pixels)


def encode(picture: Image.Image, form: str, **options) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


def exif() -> bytes:
    block = Image.Exif()
    block[0x0112], block[0x010E] = 6, "a picture"
    return block.tobytes()


def sound() -> Iterator[tuple[str, str, bytes]]:
    """Name, format and bytes."""
    rgb, grey, rgba = noise(), noise(bands=1), noise(bands=4)
    more = [noise(48, 32).rotate(90 * turn) for turn in (1, 2)]
    profile = bytes(range(256)) * 20
    yield "jpeg", "JPEG", encode(rgb, "JPEG", exif=exif(), icc_profile=profile, comment=b"c" * 50)
    yield "jpeg-progressive", "JPEG", encode(rgb, "JPEG", progressive=True)
    yield "jpeg-restarts", "JPEG", encode(rgb, "JPEG", restart_marker_blocks=1)
    yield "jpeg-grey", "JPEG", encode(grey, "JPEG")
    yield "jpeg-cmyk", "JPEG", encode(Image.fromarray(np.asarray(rgba), "CMYK"), "JPEG")
    yield "png", "PNG", encode(rgb, "PNG", exif=exif(), icc_profile=profile)
    yield "png-palette", "PNG", encode(rgb.quantize(16), "PNG", transparency=2, bits=4)
    yield "png-16", "PNG", encode(Image.fromarray(np.asarray(grey, np.uint16) * 257), "PNG")
    yield "png-bilevel", "PNG", encode(grey.convert("1"), "PNG")
    yield "apng", "PNG", encode(rgb, "PNG", save_all=True, append_images=more)
    yield "webp", "WEBP", encode(rgb, "WEBP", exif=exif(), icc_profile=profile, xmp=b"<x/>")
    yield "webp-lossless", "WEBP", encode(rgba, "WEBP", lossless=True)
    yield "webp-animated", "WEBP", encode(rgb, "WEBP", save_all=True, append_images=more)
    yield "gif", "GIF", encode(rgb.quantize(64), "GIF", comment=b"c" * 300)
    yield "gif-interlaced", "GIF", encode(rgb.quantize(16), "GIF", interlace=1, transparency=0)
    yield "gif-animated", "GIF", encode(rgb, "GIF", save_all=True, append_images=more)
    yield "bmp", "BMP", encode(rgb, "BMP")
    yield "bmp-palette", "BMP", encode(rgb.quantize(16), "BMP")
    yield "bmp-bilevel", "BMP", encode(grey.convert("1"), "BMP")
    for compression in (None, "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "zstd", "tiff_lzma"):
        yield f"tiff-{compression or 'raw'}", "TIFF", encode(rgb, "TIFF", compression=compression, exif=exif())
    yield "tiff-group4", "TIFF", encode(grey.convert("1"), "TIFF", compression="group4")
    yield "tiff-float", "TIFF", encode(Image.fromarray(np.asarray(grey, np.float32)), "TIFF")
    yield "tiff-big", "TIFF", encode(rgb, "TIFF", big_tiff=True)
    yield "tiff-pages", "TIFF", encode(rgb, "TIFF", save_all=True, append_images=more)
    yield "tiff-strips", "TIFF", encode(rgb, "TIFF", compression="tiff_lzw", strip_size=300)
    yield "avif", "AVIF", encode(rgb, "AVIF", exif=exif(), icc_profile=profile, xmp=b"<x/>")
    yield "avif-alpha", "AVIF", encode(rgba, "AVIF")
    yield "avif-sequence", "AVIF", encode(rgb, "AVIF", save_all=True, append_images=more)
    yield "heic", "HEIC", HEIC.read_bytes()
