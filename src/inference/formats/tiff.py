"""A TIFF's chain of directories, read without decoding. Source: TIFF 6.0 and BigTIFF."""

from __future__ import annotations

import struct
from typing import NamedTuple

from inference.formats import MAX_FRAMES, MAX_PIECES

_MAX_ENTRIES = 65_535  # what the directory of a TIFF that is no BigTIFF can have
_PRIVATE = 32_768  # tags from here on no decoder reads for the pixels
_BYTES = (1, 2, 6, 7)  # types that become one string of bytes, however long


class _TiffLayout(NamedTuple):
    """How a TIFF writes its directories.

    Byte order; struct codes of the number of entries and of an offset; bytes of an entry; where the first offset is.
    """

    order: str
    entries: str
    value: str
    entry: int
    first: int


def _tiff_layout(data: bytes) -> _TiffLayout:
    order = "<" if data[:2] == b"II" else ">"
    if data[2:4] in (b"+\0", b"\0+"):
        return _TiffLayout(order, order + "Q", order + "Q", 20, 8)
    return _TiffLayout(order, order + "H", order + "I", 12, 4)


def tiff_pages(data: bytes) -> tuple[int, bool]:
    """Count a TIFF's image file directories, up to MAX_FRAMES.

    Returns
    -------
    pages, complete
        `complete`: the chain came to its end, or round to its beginning, inside the file
    """
    layout = _tiff_layout(data)
    (offset,) = struct.unpack_from(layout.value, data, layout.first)
    seen: set[int] = set()
    while offset and offset not in seen and len(seen) < MAX_FRAMES:
        if offset + struct.calcsize(layout.entries) > len(data):
            return len(seen), False
        (entries,) = struct.unpack_from(layout.entries, data, offset)
        following = offset + struct.calcsize(layout.entries) + layout.entry * entries
        if following + struct.calcsize(layout.value) > len(data):
            return len(seen), False
        seen.add(offset)
        (offset,) = struct.unpack_from(layout.value, data, following)
    return len(seen), True


def tiff_excess(data: bytes) -> str | None:
    """Say why a TIFF's first directory would keep a decoder busy: Pillow makes Python numbers of all that it states.

    5,000,000 strips of a byte each take 1.7 GB and half a minute; tiles of 16×16 make 200,000 of 50 Mpx.
    """
    layout = _tiff_layout(data)
    (page,) = struct.unpack_from(layout.value, data, layout.first)
    (entries,) = struct.unpack_from(layout.entries, data, page)
    start = page + struct.calcsize(layout.entries)
    if start + layout.entry * entries > len(data):  # cut short, as the decoder will find
        return None
    if entries > _MAX_ENTRIES:
        return f"TIFF whose directory has {entries:,} entries"
    for at in range(start, start + layout.entry * entries, layout.entry):
        tag, kind = struct.unpack_from(layout.order + "HH", data, at)
        (count,) = struct.unpack_from(layout.value, data, at + 4)
        if tag < _PRIVATE and kind not in _BYTES and count > MAX_PIECES:
            return f"TIFF of {count:,} values in tag {tag}"
    return None


def tiff_ends_early(data: bytes) -> bool:
    """A directory, or one of the strips or tiles of the first page, lies past the end of the file."""
    if not tiff_pages(data)[1]:
        return True
    layout = _tiff_layout(data)
    (page,) = struct.unpack_from(layout.value, data, layout.first)
    (entries,) = struct.unpack_from(layout.entries, data, page)
    start = page + struct.calcsize(layout.entries)
    wide = struct.calcsize(layout.value)
    columns: dict[int, tuple[int, ...]] = {}
    for at in range(start, start + layout.entry * entries, layout.entry):
        tag, kind = struct.unpack_from(layout.order + "HH", data, at)
        (count,) = struct.unpack_from(layout.value, data, at + 4)
        code = {3: "H", 4: "I", 16: "Q"}.get(kind)
        if tag in (273, 279, 324, 325) and code and count <= MAX_PIECES:
            values = struct.Struct(f"{layout.order}{count}{code}")
            inline = values.size <= wide
            place = at + 4 + wide if inline else struct.unpack_from(layout.value, data, at + 4 + wide)[0]
            columns[tag] = values.unpack_from(data, place)
    offsets, lengths = columns.get(273, columns.get(324, ())), columns.get(279, columns.get(325, ()))
    return any(offset + length > len(data) for offset, length in zip(offsets, lengths, strict=False))
