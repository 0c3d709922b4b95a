"""The part of a file that its pixels depend on: what the decoders are given instead of the whole.

Metadata is where decoders meet surprises that no viewer cares for: Pillow refuses a PNG over a large text chunk or
the checksum of a private one, reads every EXIF and Photoshop block of a JPEG, walks millions of tiny segments one by
one in Python. What is left out here can do none of that.
"""

from __future__ import annotations

import zlib

from inference.formats.containers import gif_blocks, gif_header, jpeg_segments, png_chunks

_EXIF = b"Exif\0\0"
_ICC = b"ICC_PROFILE\0"
_PNG_KEPT = {b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"iCCP", b"eXIf", b"IDAT", b"IEND"}
_PNG_PROFILE_LIMIT = 1 << 20  # Pillow refuses the whole file over a larger one


def essentials(format_: str, data: bytes) -> bytes:
    """Return an equivalent file for the decoder: same first frame, orientation and colour profile, nothing else.

    JPEG, PNG and GIF are rewritten; other formats are returned as they are.
    """
    if format_ == "JPEG":
        return _jpeg(data)
    if format_ == "PNG":
        return _png(data)
    if format_ == "GIF":
        return _gif(data)
    return data


def _jpeg(data: bytes) -> bytes:
    """Tables, frame headers, JFIF, Adobe, the ICC profile, the first EXIF block; then all from the first scan on."""
    kept = [data[:2]]
    exif_seen = False
    for marker, start, end in jpeg_segments(data):
        if 0xE0 <= marker <= 0xEF or marker == 0xFE:
            is_exif = marker == 0xE1 and data.startswith(_EXIF, start + 4) and not exif_seen
            is_icc = marker == 0xE2 and data.startswith(_ICC, start + 4)
            if not (marker in (0xE0, 0xEE) or is_exif or is_icc):
                continue
            exif_seen |= is_exif
        kept.append(data[start:end])
    return b"".join(kept)


def _png(data: bytes) -> bytes:
    """What the default image needs: it is an APNG's first frame too, or what a viewer without animation shows."""
    kept = [data[:8]]
    for kind, start, end in png_chunks(data):
        if kind in _PNG_KEPT and not (kind == b"iCCP" and not _profile_fits(data[start + 8 : end - 4])):
            kept.append(data[start:end])
    return b"".join(kept)


def _profile_fits(chunk: bytes) -> bool:
    """Whether an iCCP chunk unpacks, and to a size that Pillow takes."""
    compressed = chunk[chunk.find(b"\0") + 1 :]
    try:
        unpacked = zlib.decompressobj().decompress(compressed[1:], _PNG_PROFILE_LIMIT)
    except zlib.error:
        return False
    return compressed[:1] == b"\0" and len(unpacked) < _PNG_PROFILE_LIMIT


def _gif(data: bytes) -> bytes:
    """The screen, its palette, and the first image with its graphic control extension."""
    kept = [data[: gif_header(data)]]
    for kind, start, end in gif_blocks(data):
        if kind in (0xF9, 0x2C):
            kept.append(data[start:end])
        if kind == 0x2C:
            break
    return b"".join([*kept, b";"])
