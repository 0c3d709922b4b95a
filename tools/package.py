"""What `make build` has built: megabytes and hash of each function's package. The same input gives the same hash."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

BUILT = Path(__file__).parents[1] / ".aws-sam" / "build"
MB = 1_000_000


def packages(built: Path) -> list[Path]:
    """The folders of the functions; the built nested template lies beside them."""
    return sorted(each for each in built.iterdir() if each.is_dir() and (each / "handlers").is_dir())


def files(package: Path) -> Iterator[Path]:
    """Every file, in the order of their names."""
    return iter(sorted(path for path in package.rglob("*") if not path.is_dir()))


def fingerprint(package: Path) -> str:
    """Sha256, in hex, of every file's name, permissions and content. Times do not count: SAM's zip has none."""
    listing = [
        (
            path.relative_to(package).as_posix(),
            f"{path.stat().st_mode & 0o777:o}",
            hashlib.sha256(path.read_bytes()).hexdigest(),
        )
        for path in files(package)
    ]
    return hashlib.sha256(json.dumps(listing).encode()).hexdigest()


def megabytes(package: Path) -> float:
    """Unzipped size, as Lambda's limit of 250 MB counts it."""
    return sum(path.stat().st_size for path in files(package)) / MB


def main() -> int:
    """Print a line a function."""
    for package in packages(BUILT):
        sys.stdout.write(f"{package.name:<24} {megabytes(package):6.1f} MB  sha256 {fingerprint(package)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
