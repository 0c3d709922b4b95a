"""`python -m tests.hostile.fuzz decode|messages SECONDS`: coverage-guided fuzzing with Atheris (`make fuzz`).

A finding stops it and leaves its input in `.cache/fuzz/<target>/findings`; once mended, a decoder's goes to
`tests/hostile/findings/<what-it-was>.bin` and a message's to the test of the parser.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import atheris

with atheris.instrument_imports(include=["inference", "sink", "PIL", "pi_heif"]):
    from inference import Catalog
    from inference.errors import REJECTION_CODES, ImageRejected
    from inference.prepare import prepare
    from sink.errors import UnreadableMessage
    from sink.events import parse_body
    from tests.hostile.sound import sound

ROOT = Path(__file__).parents[2]
MODELS = list(Catalog.load().scoring)
BOUNDS = ["-timeout=30", "-rss_limit_mb=1700", "-max_len=20000", "-print_final_stats=1"]


def decode(data: bytes) -> None:
    """A picture or a rejection with a code of the list and a reason."""
    try:
        prepare(data, MODELS, max_pixels=2_000_000)
    except ImageRejected as rejected:
        if rejected.code not in REJECTION_CODES or not rejected.message:
            raise AssertionError(f"rejected as {rejected.code!r} because {rejected.message!r}") from rejected


def messages(data: bytes) -> None:
    """Events or `UnreadableMessage`."""
    try:
        for event in parse_body(data.decode("utf-8", errors="replace")):
            event.key.encode()
    except UnreadableMessage:
        pass


def seeds(target: str) -> dict[str, bytes]:
    if target == "decode":
        return {name: data for name, _, data in sound()}
    return {path.name: path.read_bytes() for path in (ROOT / "tests" / "events").glob("*.json")}


def main() -> None:
    target, seconds = sys.argv[1], int(sys.argv[2])
    folder = ROOT / ".cache" / "fuzz" / target
    for name in ("corpus", "findings"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name, data in seeds(target).items():
        (folder / "corpus" / name).write_bytes(data)
    bounds = [*BOUNDS, f"-max_total_time={seconds}", f"-artifact_prefix={folder / 'findings'}/"]
    atheris.Setup([sys.argv[0], *bounds, str(folder / "corpus")], {"decode": decode, "messages": messages}[target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
