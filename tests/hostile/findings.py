"""Files that once broke a bound, as the fuzzers and the corpus found them: kept for good."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).parent / "findings"


def findings() -> Iterator[tuple[str, bytes]]:
    for path in sorted(FOLDER.glob("*.bin")):
        yield f"finding/{path.stem}", path.read_bytes()
