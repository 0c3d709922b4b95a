"""Trino's files: fetched by Maven, checked against pinned digests, unpacked once into the cache."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tools.trino.errors import FetchError

CACHE = Path(__file__).parents[2] / ".cache" / "trino"
VERSION = "476"
"""Athena engine version 3 follows Trino; 476 is the last whose server is published whole."""

_BLOCK = 1024 * 1024


@dataclass(frozen=True)
class Archive:
    """One pinned file of a Maven repository."""

    artifact: str
    packaging: str
    sha256: str
    megabytes: int

    @property
    def file_name(self) -> str:
        """As the repository names it."""
        return f"{self.artifact}-{VERSION}.{self.packaging}"


SERVER = Archive(
    "trino-server-core", "tar.gz", "0f388f9967c177ae70a47c099082fc95387f0c3cb96d8000d1d41fc3a5223158", megabytes=194
)
HIVE = Archive("trino-hive", "zip", "611bacdb07d9f3cf7b9d47f97ecc76fa2e7ff8bfe8a9728c3d06adc1bfb8662e", megabytes=258)


@dataclass(frozen=True)
class Distribution:
    """An unpacked server: the jars of the engine, and a folder of plugins that holds the Hive connector alone."""

    folder: Path

    @property
    def libraries(self) -> Path:
        """The engine's jars."""
        return self.folder / f"{SERVER.artifact}-{VERSION}" / "lib"

    @property
    def plugins(self) -> Path:
        """What Trino loads; its own other plugins are left out, for they only make its start longer."""
        return self.folder / "plugins"


def fetched(cache: Path = CACHE, progress: Callable[[str], None] = print) -> Distribution:
    """Return the unpacked server; fetch and unpack it if it is not in the cache yet.

    The folder gets its name when it is complete, so an interrupted run leaves nothing that looks like one.
    """
    distribution = Distribution(cache / VERSION)
    if distribution.folder.exists():
        return distribution
    downloads, partial = cache / "downloads", cache / f"{VERSION}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    downloads.mkdir(parents=True, exist_ok=True)
    paths = [_download(archive, downloads, progress) for archive in (SERVER, HIVE)]
    progress(f"Unpacking Trino {VERSION} (once, 480 MB on disk)")
    _unpack(paths[0], paths[1], partial)
    partial.rename(distribution.folder)
    shutil.rmtree(downloads)
    return distribution


def _download(archive: Archive, folder: Path, progress: Callable[[str], None]) -> Path:
    path = folder / archive.file_name
    if not path.exists():
        progress(f"Fetching {archive.file_name} with Maven (once, {archive.megabytes} MB; minutes on a slow line)")
        _maven(archive, folder)
    if not path.exists():
        raise FetchError(f"Maven said yes and wrote no {archive.file_name} to {folder}.")
    actual = _sha256(path)
    if actual != archive.sha256:
        path.unlink()
        raise FetchError(
            f"{archive.file_name} has sha256 {actual}, pinned is {archive.sha256} (tools/trino/distribution.py). "
            "The download is damaged, here or in Maven's own cache (~/.m2/repository/io/trino): delete it there and "
            "run again; if it differs again, look at what changed before you move the pin."
        )
    return path


def _maven(archive: Archive, folder: Path) -> None:
    program = shutil.which("mvn")
    if program is None:
        raise FetchError(
            "mvn is not on PATH, and Trino is published as Maven artefacts: install Maven (Debian: apt-get install "
            f"maven), or put {archive.file_name} (sha256 {archive.sha256}) into {folder} by hand."
        )
    shows = sys.stderr.isatty()  # Maven's own bar on a terminal, nothing in a log
    command = [program, "dependency:copy", f"-Dartifact=io.trino:{archive.artifact}:{VERSION}:{archive.packaging}"]
    command += [f"-DoutputDirectory={folder}", "-Dmdep.overWriteReleases=true"]
    command += [] if shows else ["--batch-mode", "--no-transfer-progress"]
    done = subprocess.run(command, cwd=folder, stdout=sys.stderr if shows else subprocess.PIPE, text=True, check=False)
    if done.returncode:
        errors = [line for line in (done.stdout or "").splitlines() if line.startswith("[ERROR]")]
        raise FetchError(
            f"`{' '.join(command)}` failed: {' '.join(errors[:3])} "
            "Check the network and Maven's settings (~/.m2/settings.xml), then run again."
        )


def _unpack(server: Path, hive: Path, folder: Path) -> None:
    with tarfile.open(server) as archive:
        archive.extractall(folder, filter="data")
    plugins = folder / "plugins"
    with zipfile.ZipFile(hive) as archive:
        archive.extractall(plugins)  # noqa: S202 - its digest is pinned
    (plugins / f"{HIVE.artifact}-{VERSION}").rename(plugins / "hive")


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
