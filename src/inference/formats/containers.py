"""What a file's own structure says, read without decoding: which format, how many frames, does it end early.

Pure functions on bytes, bounded in time for any input: every loop advances through the file or stops at a cap.
Sources: PNG (ISO 15948), GIF89a, ISO BMFF (14496-12), RIFF/WebP container, JPEG (T.81).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

from inference.formats import MAX_FRAMES, MAX_PIECES
from inference.formats.tiff import tiff_ends_early, tiff_pages

_BMP_HEADERS = {12, 16, 40, 52, 56, 64, 108, 124}
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
_AVIF_BRANDS = {b"avif", b"avis"}

_SIGNATURES = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"GIF87a": "GIF",
    b"GIF89a": "GIF",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"II+\0": "TIFF",
    b"MM\0+": "TIFF",
}


def sniff(data: bytes) -> str | None:
    """Tell the format by content; None when it is none of ours.

    One format is tried per file, never a list: bytes that begin as a JPEG reach no parser but the JPEG one.
    """
    for signature, format_ in _SIGNATURES.items():
        if data.startswith(signature):
            return format_
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WEBP"
    if data.startswith(b"BM") and int.from_bytes(data[14:18], "little") in _BMP_HEADERS:
        return "BMP"
    return _sniff_bmff(data) if data[4:8] == b"ftyp" else None


def _sniff_bmff(data: bytes) -> str | None:
    """HEIF and AVIF share a container: the first brand that names a codec decides (`mif1` names none)."""
    size = min(int.from_bytes(data[:4], "big"), 4096)
    for brand in (data[8:12], *(data[i : i + 4] for i in range(16, size, 4))):
        if brand in _AVIF_BRANDS:
            return "AVIF"
        if brand in _HEIF_BRANDS:
            return "HEIC"
    return None


def jpeg_segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield (marker, start, end) of each segment up to the first scan, which extends to the end of the file.

    Bytes between segments that belong to none are stepped over, as every decoder does. `end` may lie past the file.
    """
    position = 2
    for _ in range(MAX_PIECES):
        position = data.find(b"\xff", position)
        if position < 0 or position + 1 >= len(data):
            return
        marker = data[position + 1]
        if marker in (0x00, 0xFF):  # an escaped byte, a fill byte
            position += 1
        elif marker == 0xDA:
            yield marker, position, len(data)
            return
        elif 0x02 <= marker <= 0xBF:  # reserved: no decoder goes on from here
            return
        elif 0xD0 <= marker <= 0xD9 or marker == 0x01:  # no payload
            position += 2
        else:
            end = position + 2 + int.from_bytes(data[position + 2 : position + 4], "big")
            yield marker, position, end
            position = end


def png_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield (type, start, end) of each chunk; `end` is past its CRC, and may lie past the file. Stops after IEND."""
    position = 8
    for _ in range(MAX_PIECES):
        if position + 8 > len(data):
            return
        length, kind = struct.unpack_from(">I4s", data, position)
        end = position + 12 + length
        yield kind, position, end
        if kind == b"IEND":
            return
        position = end


def gif_blocks(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield (kind, start, end) of each block: an extension's label, 0x2C for an image, 0x3B for the trailer.

    `end` may lie past the file. Stops at the trailer and at anything that is no block.
    """
    pieces = 0
    position = gif_header(data)
    while position + 1 < len(data) and pieces < MAX_PIECES:
        start, kind = position, data[position]
        if kind == 0x21:
            kind = data[position + 1]
            position += 2
        elif kind == 0x2C and position + 9 < len(data):
            position += 11 + _gif_palette(data[position + 9])
        else:
            break
        while position < len(data) and data[position] and pieces < MAX_PIECES:
            position += 1 + data[position]
            pieces += 1
        position += 1
        pieces += 1
        yield kind, start, position
    if position < len(data) and data[position] == 0x3B:
        yield 0x3B, position, position + 1


def gif_header(data: bytes) -> int:
    """Bytes before a GIF's first block: screen descriptor and global colour table."""
    return 13 + _gif_palette(data[10] if len(data) > 10 else 0)


def _gif_palette(flags: int) -> int:
    """Bytes of the colour table that the flags announce."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def count_frames(format_: str, data: bytes) -> int | None:
    """Frames of a GIF or an APNG, pages of a TIFF; 1 for JPEG and BMP; None where only the decoder knows."""
    if format_ == "GIF":
        return max(1, min(MAX_FRAMES, sum(kind == 0x2C for kind, _, _ in gif_blocks(data))))
    if format_ == "PNG":
        animations = (start for kind, start, _ in png_chunks(data) if kind == b"acTL")
        return max(1, min(MAX_FRAMES, next((_u32(data, start + 8) for start in animations), 1)))
    if format_ == "TIFF":
        try:
            return max(1, tiff_pages(data)[0])
        except (struct.error, OverflowError):  # a later page's directory is broken; the first one may be fine
            return 1
    return 1 if format_ in ("JPEG", "BMP") else None


def _u32(data: bytes, position: int) -> int:
    return int.from_bytes(data[position : position + 4], "big")


def declared_size(format_: str, data: bytes) -> tuple[int, int]:
    """Read width and height where a decoder may refuse them before telling them; (0, 0) where it tells.

    WebP: the canvas of the extended header. AVIF and HEIC: the largest of the images' spatial extents.
    """
    if format_ == "WEBP" and data[12:16] == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    sizes = [(0, 0)]
    if format_ in ("AVIF", "HEIC"):
        position = data.find(b"ispe")
        while position >= 0 and len(sizes) < MAX_FRAMES:
            sizes.append((_u32(data, position + 8), _u32(data, position + 12)))
            position = data.find(b"ispe", position + 4)
    return max(sizes, key=lambda size: size[0] * size[1])


def ends_early(format_: str, data: bytes) -> bool:
    """Whether the file is shorter than its own structure says. Asked only of files that would not decode."""
    try:
        return _ENDS_EARLY[format_](data)
    except (struct.error, IndexError):  # a header field beyond the last byte
        return True
    except OverflowError:  # an offset beyond what any file holds
        return False


def _jpeg_ends_early(data: bytes) -> bool:
    """No scan follows the headers, or a segment swallows it; within a scan the decoder itself notices."""
    last = [(marker, end) for marker, _, end in jpeg_segments(data)][-1:]
    return not last or (last[0][0] != 0xDA and last[0][1] >= len(data))


def _png_ends_early(data: bytes) -> bool:
    kind = b""
    for kind, _, end in png_chunks(data):
        if not kind.isalpha():
            return False
        if end > len(data):
            return True
    return kind != b"IEND"


def _gif_ends_early(data: bytes) -> bool:
    if len(data) < gif_header(data):
        return True
    end, kind = 0, 0
    for kind, _, end in gif_blocks(data):  # noqa: B007 - the last block is what counts
        pass
    return kind != 0x3B and end >= len(data) - 1


def _bmff_ends_early(data: bytes) -> bool:
    """A top-level box reaches past the end of the file."""
    position = 0
    for _ in range(MAX_PIECES):
        if position >= len(data):
            break
        (size,) = struct.unpack_from(">I", data, position)
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, position + 8)
        if size < 8:  # 0: to the end of the file; less: not a box
            return False
        position += size
    return position > len(data)


_ENDS_EARLY: dict[str, Callable[[bytes], bool]] = {
    "JPEG": _jpeg_ends_early,
    "PNG": _png_ends_early,
    "GIF": _gif_ends_early,
    "WEBP": lambda data: int.from_bytes(data[4:8], "little") + 8 > len(data),
    "BMP": lambda data: int.from_bytes(data[2:6], "little") > len(data),
    "TIFF": tiff_ends_early,
    "AVIF": _bmff_ends_early,
    "HEIC": _bmff_ends_early,
}
