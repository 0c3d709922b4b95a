"""Rebuild the photos in `samples/` from their originals (needs a package index and Debian's `apt-get download`).

All but mountains.heic come out byte for byte with the Pillow of requirements/dev.txt on x86-64. HEIC needs `heif-enc`
(Debian: libheif-examples; committed: 1.15.1 with x265) and depends on its build, so it is only made on request.
"""

import argparse
import sys
from pathlib import Path

from PIL import Image

from tools.samples.originals import ORIGINALS, fetch
from tools.samples.pictures import PICTURES

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "samples"
CACHE = ROOT / ".cache" / "samples"


def build(names: list[str]) -> dict[Path, bytes]:
    """Return the bytes of the named samples, by path."""
    paths = fetch(ORIGINALS.values(), CACHE)

    def photo(name: str) -> Image.Image:
        with Image.open(paths[ORIGINALS[name]]) as image:
            return image.convert("RGB")

    return {SAMPLES / name: PICTURES[name](photo) for name in names}


def main() -> int:
    """Write the samples, or with --check only say which differ."""
    parser = argparse.ArgumentParser(prog="python -m tools.samples", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a file differs")
    parser.add_argument("--heic", action="store_true", help="make mountains.heic too")
    arguments = parser.parse_args()
    names = [name for name in PICTURES if arguments.heic or not name.endswith(".heic")]
    differing = {path: data for path, data in build(names).items() if not _same(path, data)}
    for path, data in differing.items():
        print(f"{'differs' if arguments.check else 'written'}: {path.relative_to(ROOT)} ({len(data):,} bytes)")
        if not arguments.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    return int(arguments.check and bool(differing))


def _same(path: Path, data: bytes) -> bool:
    return path.exists() and path.read_bytes() == data


if __name__ == "__main__":
    sys.exit(main())
