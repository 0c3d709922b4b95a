"""What ships to Lambda may be given away: the licences of each distribution in requirements/scorer.txt."""

import re
from importlib.metadata import PackageNotFoundError, metadata

import pytest

from tests.conftest import ROOT

PERMISSIVE = {
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    "MIT",
    "MIT-0",
    "MIT-CMU",
    "PSF-2.0",
    "Zlib",
}
REVIEWED = {
    ("orjson", "MPL-2.0"): "binds the files under it, which ship unchanged",
    ("pi-heif", "LGPL-3.0"): "libheif and libde265: decoders only, shared libraries of their own that may be exchanged",
}
"""What asks for more than a notice, and why it is kept."""

SPELLINGS = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0",
    "MIT License": "MIT",
    "MIT No Attribution License (MIT-0)": "MIT-0",
}
"""How distributions without an SPDX expression write the same."""

SHIPPED = sorted(set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements" / "scorer.txt").read_text(), re.MULTILINE)))


def licences(distribution: str) -> set[str]:
    """SPDX ids of all licences that a distribution names: its expression, or else its field and its classifiers."""
    told = metadata(distribution)
    if expression := told.get("License-Expression"):
        return set(re.split(r"\s+(?:AND|OR)\s+", re.sub(r"[()]", "", expression)))
    prefix = "License :: OSI Approved :: "
    names = {each.removeprefix(prefix) for each in told.get_all("Classifier") or [] if each.startswith(prefix)}
    names |= {told["License"]} if "License" in told else set()
    return {SPELLINGS.get(name, name) for name in names}


@pytest.mark.parametrize("distribution", SHIPPED)
def test_a_shipped_distribution_is_free_to_give_away(distribution):
    try:
        found = licences(distribution)
    except PackageNotFoundError:  # pinned for another Python than this one
        pytest.skip(f"{distribution} is not part of the set on this Python")

    assert found, "no licence is stated: read it, and say so in REVIEWED"
    assert {name for name in found - PERMISSIVE if (distribution, name) not in REVIEWED} == set()


def test_what_was_reviewed_still_ships():
    assert {(name, licence) for name, licence in REVIEWED if licence not in licences(name)} == set()
