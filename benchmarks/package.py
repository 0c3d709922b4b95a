"""How large the scorer's package is, by part: what requirements/scorer.txt installs here, and our own code."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

ROOT = Path(__file__).parents[1]
MB = 1_000_000
OWN = ("handlers", "adapters", "sink", "inference")


def sizes_mb() -> dict[str, float]:
    """Unzipped megabytes (10⁶ bytes) by part, without compiled Python. `make build` adds that, and leaves tests out."""
    names = re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements" / "scorer.txt").read_text(encoding="utf-8"), re.M)
    sizes = {name: _installed(name) for name in dict.fromkeys(names)}
    for folder in OWN:
        sizes[folder] = _bytes((ROOT / "src" / folder).rglob("*"))
    return {name: size / MB for name, size in sizes.items() if size}


def _installed(name: str) -> int:
    try:
        # What lies outside the package folder (`../../../bin/…`) are commands: not of the package's code.
        return _bytes(Path(str(file.locate())) for file in files(name) or [] if ".." not in file.parts)
    except PackageNotFoundError:
        return 0  # pinned for another Python or another system


def _bytes(paths: Iterable[Path]) -> int:
    return sum(path.stat().st_size for path in paths if path.is_file() and path.suffix != ".pyc")
