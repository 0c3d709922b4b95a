"""Bytes of an image file → the RGB picture a viewer shows, no larger than the models need.

The order keeps it safe and cheap: tell the format by content, open with that one decoder, check the header's size
against the limit, decode (JPEGs at a reduced scale), average down, convert colours, turn upright.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from pi_heif import HeifImageFile
from PIL import Image
from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from inference.errors import ImageRejected
from inference.facts import ImageFacts
from inference.formats import MAX_FRAMES
from inference.formats.colour import to_rgb
from inference.formats.containers import count_frames, declared_size, ends_early, sniff
from inference.formats.dhash import difference_hash
from inference.formats.essentials import essentials
from inference.formats.quiet import keep_quiet
from inference.formats.tiff import tiff_excess

_DECODERS: dict[str, Callable[[io.BytesIO], ImageFile]] = {
    # The classes themselves, not Image.open: no other parser can be reached, and a picture of any size tells its size.
    "JPEG": JpegImageFile,
    "PNG": PngImageFile,
    "WEBP": WebPImageFile,
    "GIF": GifImageFile,
    "BMP": BmpImageFile,
    "TIFF": TiffImageFile,
    "AVIF": AvifImageFile,
    "HEIC": HeifImageFile,
}

_MAX_SCANNED_PIXELS = 5_000_000_000
"""Pixels × scans of a progressive JPEG: 100 scans at the default limit of pixels, some ten seconds. Cameras and
encoders write about ten; a file of thousands is made to keep a decoder busy."""

_MAX_SIDE = 1_000_000
"""Pixels of a side: Pillow keeps a pointer a row, ten bytes for a single pixel, so that a picture of 1×50,000,000 takes
more memory than one of 50 Mpx has. JPEG, WebP, GIF and HEIC end at 65,535."""

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_NOT_READ = re.compile(r"cannot handle|unknown pixel mode|unsupported|not (yet )?supported", re.IGNORECASE)
"""What Pillow and libheif say of a 12-bit or lossless JPEG, a TIFF of three bits, a HEIC of another codec, …"""

_NO_MEMORY = re.compile(r"out of memory|not enough memory|cannot allocate", re.IGNORECASE)
"""What they say, in errors of other classes, when memory runs out."""

_ORIENTATION = 0x0112
_BITS_PER_SAMPLE = 258
_PHOTOMETRIC = 262


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded image: upright, and reduced to a shorter side of at least what was asked where it had it.

    `rgb`, and the luminance of the same pixels (ITU-R BT.601) as `grey`.
    """

    rgb: Image.Image
    grey: Image.Image
    facts: ImageFacts


def decode(data: bytes, *, max_pixels: int, shorter_side: int) -> Picture:
    """Decode one file. Not for several threads at once: `warnings` are silenced for the duration, which is global.

    Parameters
    ----------
    max_pixels
        width × height above which the pixels are not read
    shorter_side
        pixels that the result's shorter side must keep, if the image has them; at most twice as many are left

    Raises
    ------
    ImageRejected
        the image cannot be decoded; nothing else is raised for any bytes
    MemoryError
        but this: memory ran out. It may be the neighbours' doing, so it says nothing of the image
    """
    keep_quiet()
    if not data:
        raise ImageRejected("empty", "the object has no bytes")
    format_ = sniff(data)
    if format_ is None:
        raise ImageRejected("unsupported_format", f"begins with {data[:8]!r}: none of {', '.join(_DECODERS)}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of odd metadata; an image here is scored or rejected
            return _decode(format_, data, max_pixels, shorter_side)
    except (ImageRejected, MemoryError):
        raise
    except Exception as error:  # whatever a decoder throws at broken bytes, down to zlib and struct errors
        raise _rejection(format_, data, error, max_pixels) from error


def _rejection(format_: str, data: bytes, error: Exception, max_pixels: int) -> ImageRejected:
    """Tell a decoder's own refusal of size, and of a variant it does not know, from a file cut short or broken."""
    reason = str(error)
    if _NO_MEMORY.search(reason):
        raise MemoryError(reason) from error
    width, height = declared_size(format_, data)
    if width * height > max_pixels:
        return ImageRejected("too_many_pixels", _too_many(width, height, max_pixels))
    if isinstance(error, Image.DecompressionBombError):
        return ImageRejected("too_many_pixels", reason)
    if _NOT_READ.search(reason):
        return ImageRejected("unsupported_format", f"a {format_} of a kind that is not read: {reason}")
    if "truncated" in reason.lower() or ends_early(format_, data):
        return ImageRejected("truncated", f"{format_} ends early: {reason}")
    return ImageRejected("corrupt", f"{format_} does not decode: {reason}")


def _decode(format_: str, data: bytes, max_pixels: int, shorter_side: int) -> Picture:
    if format_ == "TIFF" and (excess := tiff_excess(data)):
        raise ImageRejected("corrupt", excess)
    opened = _DECODERS[format_](io.BytesIO(essentials(format_, data)))
    facts = ImageFacts(
        format=format_,
        width=opened.width,
        height=opened.height,
        mode=opened.mode,
        frames=count_frames(format_, data) or min(MAX_FRAMES, getattr(opened, "n_frames", 1)),
        exif_orientation=None,
        dhash=None,
    )
    _check_size(opened, facts, data, max_pixels)
    reading = _tiff_grey(opened) if isinstance(opened, TiffImageFile) else {}
    stated = opened.tag_v2.get(_ORIENTATION) if isinstance(opened, TiffImageFile) else None
    if isinstance(opened, JpegImageFile):
        opened.draft(None, (shorter_side, shorter_side))
    opened.load()
    turn = None
    if isinstance(opened, TiffImageFile | HeifImageFile):  # loading turns them upright
        facts = replace(facts, width=opened.width, height=opened.height)
        # libheif follows the container's own rotation; the EXIF, reset by its plugin, only repeats it
        orientation = _valid(stated or opened.info.get("original_orientation")) or _exif_orientation(opened)
    else:  # known only now for a PNG, which may state it after the pixels
        orientation = turn = _exif_orientation(opened)
    rgb = to_rgb(opened, max(1, min(opened.size) // shorter_side), **reading)
    if turn in _UPRIGHT:
        rgb = rgb.transpose(_UPRIGHT[turn])
        if turn >= 5:
            facts = replace(facts, width=facts.height, height=facts.width)
    grey = rgb.convert("L")
    return Picture(rgb, grey, replace(facts, exif_orientation=orientation, dhash=difference_hash(grey)))


def _check_size(opened: ImageFile, facts: ImageFacts, data: bytes, max_pixels: int) -> None:
    pixels = opened.width * opened.height
    if pixels > max_pixels:
        told = facts if max(opened.size) < 1 << 31 else None  # a row's integers end there
        raise ImageRejected("too_many_pixels", _too_many(opened.width, opened.height, max_pixels), told)
    if max(opened.size) > _MAX_SIDE:
        reason = f"{opened.width}×{opened.height} has a side over {_MAX_SIDE:,} pixels"
        raise ImageRejected("too_many_pixels", reason, facts)
    if isinstance(opened, JpegImageFile) and pixels * (scans := data.count(b"\xff\xda")) > _MAX_SCANNED_PIXELS:
        raise ImageRejected("corrupt", f"JPEG of {scans:,} scans over {pixels:,} pixels", facts)


def _too_many(width: int, height: int, max_pixels: int) -> str:
    return f"{width}×{height} is {width * height:,} pixels; the limit is {max_pixels:,}"


def _tiff_grey(opened: TiffImageFile) -> dict[str, Any]:
    """How 16-bit grey is to be read: Pillow leaves 12-bit values and white-is-zero as they are stored."""
    bits = opened.tag_v2.get(_BITS_PER_SAMPLE, (16,))
    deep = opened.mode.startswith("I")
    return {
        "white_level": 0x0FFF if deep and bits == (12,) else 0xFFFF,
        "inverted": deep and opened.tag_v2.get(_PHOTOMETRIC) == 0,
    }


def _exif_orientation(opened: ImageFile) -> int | None:
    """Read the orientation from EXIF alone: Pillow would take XMP's word too, which viewers do not."""
    exif = Image.Exif()
    try:
        exif.load(opened.info.get("exif") or b"")
        return _valid(exif.get(_ORIENTATION))
    except Exception:  # broken EXIF states nothing
        return None


def _valid(orientation: object) -> int | None:
    return orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else None
