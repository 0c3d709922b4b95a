"""Packages and resource bundles are read in place."""

import io
import struct
import tarfile
import zlib

import pytest

from tools.models.archives import deb_files, rcc_files
from tools.models.errors import DownloadError


def ar(members):
    content = b"!<arch>\n"
    for name, body in members:
        content += (
            f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(body):<10}`\n".encode() + body + b"\n" * (len(body) % 2)
        )
    return content


def test_a_debian_packages_files_are_read(tmp_path):
    # given a package with a control archive of odd length before the data
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:xz") as archive:
        member = tarfile.TarInfo("./usr/share/photo.jpg")
        member.size = 5
        archive.addfile(member, io.BytesIO(b"photo"))
    package = tmp_path / "photos.deb"
    package.write_bytes(ar([("debian-binary", b"2.0"), ("control.tar.xz", b"odd"), ("data.tar.xz", data.getvalue())]))
    # when it is read, then the file is there
    assert list(deb_files(package)) == [("usr/share/photo.jpg", b"photo")]


def test_a_file_that_is_no_package_is_refused(tmp_path):
    package = tmp_path / "photos.deb"
    package.write_bytes(b"<html>not found</html>")
    with pytest.raises(DownloadError, match="not a Debian package"):
        list(deb_files(package))


def bundle(files, version=1):
    """A Qt resource of one folder `f` with the given (name, flags, stored bytes)."""
    names, places = b"", {}
    for name in ["f", *(name for name, _, _ in files)]:
        places[name] = len(names)
        names += struct.pack(">HI", len(name), 0) + name.encode("utf-16-be")
    data, offsets = b"", []
    for _, _, stored in files:
        offsets.append(len(data))
        data += struct.pack(">I", len(stored)) + stored
    time = b"" if version == 1 else bytes(8)
    tree = struct.pack(">IHII", 0, 2, 1, 1) + time + struct.pack(">IHII", places["f"], 2, len(files), 2) + time
    for (name, flags, _), offset in zip(files, offsets, strict=True):
        tree += struct.pack(">IHHHI", places[name], flags, 0, 0, offset) + time
    return (
        struct.pack(">4sIIII", b"qres", version, 20, 20 + len(tree), 20 + len(tree) + len(data)) + tree + data + names
    )


@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_resource_bundles_files_are_read(version):
    packed = struct.pack(">I", 5) + zlib.compress(b"other")
    files = [("a.webp", 0, b"photo"), ("b.webp", 1, packed), ("c.webp", 4, b"zstd: passed over")]
    assert list(rcc_files(bundle(files, version))) == [("f/a.webp", b"photo"), ("f/b.webp", b"other")]


def test_a_file_that_is_no_bundle_is_refused():
    with pytest.raises(DownloadError, match="not a Qt resource"):
        list(rcc_files(b"zres" + bytes(40)))
