"""Files inside Debian packages and Qt resource bundles, read as streams; nothing is installed or unpacked."""

import io
import struct
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from tools.models.errors import DownloadError

AR_MAGIC = b"!<arch>\n"
AR_HEADER_BYTES = 60
RCC_NODE_BYTES = {1: 14, 2: 22, 3: 22}  # by format version: 2 and 3 add a modification time
RCC_COMPRESSED, RCC_DIRECTORY = 1, 2


def deb_files(package: Path) -> Iterator[tuple[str, bytes]]:
    """Path and content of every regular file in a Debian package (an ar archive holding data.tar.*)."""
    with tarfile.open(fileobj=io.BytesIO(_ar_member(package.read_bytes(), b"data.tar")), mode="r:*") as data:
        for member in data:
            content = data.extractfile(member) if member.isfile() else None
            if content is not None:
                yield member.name.removeprefix("./"), content.read()


def _ar_member(archive: bytes, prefix: bytes) -> bytes:
    if not archive.startswith(AR_MAGIC):
        raise DownloadError(
            "not a Debian package: the ar magic is missing. Delete it from .cache/models and run again."
        )
    at = len(AR_MAGIC)
    while at < len(archive):
        header = archive[at : at + AR_HEADER_BYTES]
        size = int(header[48:58])
        start = at + AR_HEADER_BYTES
        if header.startswith(prefix):
            return archive[start : start + size]
        at = start + size + size % 2
    raise DownloadError(f"the Debian package holds no {prefix.decode()}: its format is not one this reader knows.")


def rcc_files(bundle: bytes) -> Iterator[tuple[str, bytes]]:
    """Path and content of the files in a Qt binary resource (.rcc), versions 1 to 3; zstd entries are passed over."""
    magic, version, tree, data, names = struct.unpack_from(">4sIIII", bundle)
    if magic != b"qres" or version not in RCC_NODE_BYTES:
        raise DownloadError(f"not a Qt resource bundle of version 1 to 3 (magic {magic!r}, version {version}).")

    def name_at(offset: int) -> str:
        (length,) = struct.unpack_from(">H", bundle, names + offset)
        return bundle[names + offset + 6 : names + offset + 6 + 2 * length].decode("utf-16-be")

    def walk(index: int, path: str) -> Iterator[tuple[str, bytes]]:
        node = tree + index * RCC_NODE_BYTES[version]
        name, flags = struct.unpack_from(">IH", bundle, node)
        path = f"{path}/{name_at(name)}" if index else path
        if flags & RCC_DIRECTORY:
            count, first = struct.unpack_from(">II", bundle, node + 6)
            for child in range(first, first + count):
                yield from walk(child, path)
            return
        (offset,) = struct.unpack_from(">I", bundle, node + 10)
        (size,) = struct.unpack_from(">I", bundle, data + offset)
        content = bundle[data + offset + 4 : data + offset + 4 + size]
        if flags in (0, RCC_COMPRESSED):
            yield path.lstrip("/"), zlib.decompress(content[4:]) if flags else content

    yield from walk(0, "")
