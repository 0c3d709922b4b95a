"""Sound files cut short, flipped, mislabelled and joined: some thousand small files."""

from __future__ import annotations

import io
import random
import struct
import zipfile
from collections.abc import Iterator

from inference.formats.containers import gif_blocks, jpeg_segments, png_chunks
from tests.hostile.sound import sound

SIGNATURES = {
    "JPEG": b"\xff\xd8\xff",
    "PNG": b"\x89PNG\r\n\x1a\n",
    "GIF": b"GIF89a",
    "WEBP": b"RIFF\xff\xff\0\0WEBP",
    "BMP": b"BM\0\0\0\0\0\0\0\0\0\0\0\0\x28\0\0\0",
    "TIFF": b"II*\0",
    "AVIF": b"\0\0\0\x18ftypavif\0\0\0\0avifmif1",
    "HEIC": b"\0\0\0\x18ftypheic\0\0\0\0heicmif1",
}
CONTAINERS = {b"meta", b"iprp", b"ipco", b"moov", b"trak", b"mdia", b"minf", b"stbl", b"iinf", b"dinf", b"iref"}


def joints(form: str, data: bytes) -> list[int]:
    """Offsets at which a part of the file begins or ends."""
    found: set[int] = set()
    if form == "JPEG":
        for _, start, end in jpeg_segments(data):
            found |= {start, start + 2, start + 4, end}
        found |= {place for place in range(len(data) - 1) if data[place] == 0xFF and data[place + 1] >= 0xC0}
    elif form == "PNG":
        for _, start, end in png_chunks(data):
            found |= {start, start + 4, start + 8, end - 4, end}
    elif form == "GIF":
        found |= {6, 10, 13}
        for _, start, end in gif_blocks(data):
            found |= {start, start + 1, start + 2, start + 10, end}
    elif form == "WEBP":
        place = 12
        while place + 8 <= len(data):
            found |= {place, place + 4, place + 8}
            place += 8 + (int.from_bytes(data[place + 4 : place + 8], "little") + 1) // 2 * 2
    elif form in ("AVIF", "HEIC"):
        found |= set(_boxes(data, 0, len(data)))
    elif form == "TIFF":
        (first,) = struct.unpack_from("<I", data, 4)
        found |= {4, 8, first, *range(first + 2, min(first + 300, len(data)), 4)}
    else:
        found |= set(range(2, 60, 2))
    return sorted(place for place in found if 0 < place < len(data))


def _boxes(data: bytes, start: int, end: int) -> Iterator[int]:
    while start + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, start)
        yield from (start, start + 4, start + 8)
        if size < 8:
            return
        if kind in CONTAINERS:
            # `meta` is a full box: four bytes more; `iinf` six.
            yield from _boxes(
                data, start + {b"meta": 12, b"iinf": 14, b"iref": 12}.get(kind, 8), min(start + size, end)
            )
        start += size


def spoiled() -> Iterator[tuple[str, bytes]]:
    for name, form, data in sound():
        yield f"{name}/sound", data
        for place in joints(form, data):
            yield f"{name}/cut-{place}", data[:place]
            yield f"{name}/cut-{place}+1", data[: place + 1]
        yield from flipped(name, form, data)
        yield from mislabelled(name, form, data)
    yield from polyglots()


def flipped(name: str, form: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    """Bits, bytes and whole fields changed: half of them where the structure is, since pixels forgive much."""
    chance = random.Random(name)
    places = joints(form, data)
    for number in range(40):
        spoilt = bytearray(data)
        for _ in range(chance.choice((1, 1, 2, 8))):
            near = chance.choice(places) + chance.randrange(8) if chance.random() < 0.6 else chance.randrange(len(data))
            spoilt[min(near, len(data) - 1)] ^= 1 << chance.randrange(8)
        yield f"{name}/flip-{number}", bytes(spoilt)
    for number, value in enumerate((b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\x01")):
        for place in places:
            yield f"{name}/field-{place}-{number}", data[:place] + value + data[place + 4 :]


def mislabelled(name: str, form: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    """Another format's beginning before this one's body, and a few bytes of nothing before and after."""
    for other, signature in SIGNATURES.items():
        if other != form:
            yield f"{name}/as-{other}", signature + data[len(signature) :]
            yield f"{name}/behind-{other}", signature + data
    yield f"{name}/behind-newline", b"\n" + data
    yield f"{name}/before-noise", data + random.Random(1).randbytes(10_000)
    yield f"{name}/twice", data + data


def polyglots() -> Iterator[tuple[str, bytes]]:
    """Files that are two things at once."""
    whole = {name: data for name, _, data in sound()}
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("index.html", "<script>alert(1)</script>")
    html = b"<html><body><script>alert(1)</script><!--"
    pdf = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
    for name in ("jpeg", "png", "gif", "webp", "bmp", "tiff-raw", "avif", "heic"):
        yield f"polyglot/{name}-zip", whole[name] + archive.getvalue()
        yield f"polyglot/zip-{name}", archive.getvalue() + whole[name]
        yield f"polyglot/pdf-{name}", pdf + whole[name]
        yield f"polyglot/{name}-pdf", whole[name] + pdf
        yield f"polyglot/html-{name}", html + whole[name]
        yield f"polyglot/{name}-elf", whole[name] + b"\x7fELF\2\1\1" + b"\0" * 100
    # GIF89a/* … */=1; is a GIF to a decoder and a script to a browser.
    yield "polyglot/gif-javascript", b"GIF89a/*" + whole["gif"][8:] + b"*/=1;alert(1)"
    segment = b"\xff\xfe" + struct.pack(">H", 2 + len(html)) + html
    yield "polyglot/jpeg-html", whole["jpeg"][:2] + segment + whole["jpeg"][2:]
    yield "polyglot/jpeg-png", whole["jpeg"] + whole["png"]
