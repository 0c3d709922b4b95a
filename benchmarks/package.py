"""How large the scorer's package is, by part: as `make build` made it, or as requirements/scorer.txt installs it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

ROOT = Path(__file__).parents[1]
BUILT = ROOT / ".aws-sam" / "build" / "ScoreUploadsFunction"
MB = 1_000_000
OWN = ("handlers", "adapters", "sink", "inference")


def sizes_mb() -> dict[str, float]:
    """Unzipped megabytes (10⁶ bytes) by part.

    Of the built package with its compiled Python, if there is one; else of the installed packages without, which
    `make build` trims further.
    """
    if BUILT.is_dir():
        sizes: dict[str, float] = {}
        for path in BUILT.iterdir():
            part = re.split(r"[-.]", path.name)[0].lower()
            sizes[part] = sizes.get(part, 0) + (_bytes(path.rglob("*")) if path.is_dir() else path.stat().st_size)
    else:
        names = re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements" / "scorer.txt").read_text(encoding="utf-8"), re.M)
        sizes = {name: _installed(name) for name in dict.fromkeys(names)}
        sizes |= {folder: _bytes((ROOT / "src" / folder).rglob("*"), compiled=False) for folder in OWN}
    return {name: size / MB for name, size in sizes.items() if size}


def _installed(name: str) -> int:
    try:
        # What lies outside the package folder (`../../../bin/…`) are commands: not of the package's code.
        paths = (Path(str(file.locate())) for file in files(name) or [] if ".." not in file.parts)
        return _bytes(paths, compiled=False)
    except PackageNotFoundError:
        return 0  # pinned for another Python or another system


def _bytes(paths: Iterable[Path], compiled: bool = True) -> int:
    return sum(path.stat().st_size for path in paths if path.is_file() and (compiled or path.suffix != ".pyc"))
