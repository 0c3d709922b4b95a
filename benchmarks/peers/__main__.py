"""Try one peer alone: `python -m benchmarks.peers --peer daft --variant fp32 --models category,nsfw --images 200`."""

from __future__ import annotations

import argparse
import sys

from benchmarks.catalogs import FOUR
from benchmarks.dataset import CACHE, PictureSet, build
from benchmarks.peers.agreement import PeerDisagrees
from benchmarks.peers.peer import CORES, PROGRAMS, Peer, PeerFailed
from tools.models.errors import ModelBuildError

WARM_UP = 16


def main() -> int:
    """Check that the peer does the work, warm it up, run it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("--peer", choices=PROGRAMS, required=True)
    parser.add_argument("--variant", choices=("fp32", "int8"), default="fp32")
    parser.add_argument("--models", default="category,nsfw", help=f"of {','.join(FOUR)}")
    parser.add_argument("--images", type=int, default=200, metavar="N", help="how many of the 1 Mpx JPEGs")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--cores", type=int, default=CORES)
    given = parser.parse_args()
    models = given.models.split(",")
    if unknown := sorted(set(models) - set(FOUR)):
        parser.error(f"no model named {', '.join(unknown)}; there are {', '.join(FOUR)}")
    # A picture depends on its set's name and its number alone: these are the first of `make bench`.
    paths = build([PictureSet("jpeg_1mpx", given.images, 1.0, ("jpg",))], CACHE / "alone").sets["jpeg_1mpx"]
    try:
        with Peer(given.peer, given.variant, models, given.cores) as peer:
            print(f"{peer.title}: {', '.join(f'{name} {version}' for name, version in peer.versions.items())}")
            peer.check()
            peer.run(paths[:WARM_UP])
            for _ in range(given.rounds):
                ran = peer.run(paths)
                print(
                    f"{len(paths) / ran.wall_s:6.1f} images/s  {ran.cpu_s / len(paths) * 1000:5.0f} ms of CPU an image"
                    f"  {ran.peak_mb:6.0f} MB at most"
                )
    except (PeerFailed, PeerDisagrees, ModelBuildError) as error:
        print(f"failed: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
