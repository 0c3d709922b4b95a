"""Which pictures of the pinned packages calibrate and test, in a fixed order.

Photographs fill the frame; stamps are photographed things cut out on white, like product pictures. The licences of the
pictures differ (CC0, CC-BY-SA, GPL and others): they stay in the packages and are not committed.
"""

import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from tools.models.archives import deb_files, rcc_files
from tools.models.download import photo_package
from tools.models.pins import PHOTOS

PHOTO_PATHS = (
    # gcompris-qt-data: the activities that show photographs
    r"gcompris/src/activities/(categorization|clickgame|details|erase|explore_\w+|gravity)/.*\.webp",
    r"usr/share/backgrounds/[^/]+\.jpg",  # lomiri-wallpapers-*
    r"usr/share/backgrounds/mate/nature/[^/]+\.jpg",
    r"usr/share/doc/opencv-doc/examples/data/(HappyFish|aero1|aloeL|apple|baboon|basketball1|blox|board|building|"
    r"butterfly|cards|ela_original|fruits|graf1|home|left01|leuvenA|licenseplate_motion|messi5|orange|rubberwhale1|"
    r"smarties|squirrel_cls|stuff)\.(jpg|png)",
)
STAMP_PATHS = (
    r"usr/share/tuxpaint/stamps/(animals|clothes|food|hobbies|household|medical|military|people|plants|sports|town|"
    r"vehicles)/(?!.*cartoon).*\.png",
)
TEXT_PATHS = (
    r"usr/share/doc/opencv-doc/examples/text/scenetext(0\d|_segmented_word0\d)\.jpg",
    r"usr/share/doc/opencv-doc/examples/data/(imageText[NR]|notes|sudoku|text_defocus|digits)\.(jpg|png)",
)
SMALLEST_SIDE = {"photo": 150, "stamp": 48, "text": 150}  # pixels; below lie icons and jigsaw pieces
GROUPS = {"photo": PHOTO_PATHS, "stamp": STAMP_PATHS, "text": TEXT_PATHS}


@dataclass(frozen=True, order=True)
class Picture:
    """One picture file; `digest` orders the set and seeds its crops, so both depend on content alone."""

    digest: str
    path: str
    content: bytes

    def rgb(self) -> Image.Image:
        """The picture at full size, transparency over white."""
        image: Image.Image = Image.open(io.BytesIO(self.content))
        if image.mode in ("RGBA", "LA", "PA", "P") or "transparency" in image.info:
            image = image.convert("RGBA")
            white = Image.new("RGBA", image.size, "white")
            white.alpha_composite(image)
            image = white
        return image.convert("RGB")


def pictures(cache: Path) -> dict[str, list[Picture]]:
    """Pictures of each group, sorted by digest, each content once."""
    found: dict[str, dict[str, Picture]] = {group: {} for group in GROUPS}
    for package in PHOTOS:
        for path, content in _files(photo_package(package, cache)):
            group = next((name for name, paths in GROUPS.items() if _matches(paths, path)), None)
            digest = hashlib.sha256(content).hexdigest()
            if group is not None and min(Image.open(io.BytesIO(content)).size) >= SMALLEST_SIDE[group]:
                found[group][digest] = Picture(digest, path, content)
    return {group: sorted(by_digest.values()) for group, by_digest in found.items()}


def _files(package: Path) -> Iterator[tuple[str, bytes]]:
    for path, content in deb_files(package):
        if path.endswith(".rcc"):
            yield from rcc_files(content)
        else:
            yield path, content


def _matches(patterns: tuple[str, ...], path: str) -> bool:
    return any(re.fullmatch(pattern, path) for pattern in patterns)
