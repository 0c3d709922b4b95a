"""The last release, as its directory beside this file keeps it."""

from pathlib import Path

RELEASES = [path for path in Path(__file__).parent.iterdir() if path.name[0].isdigit()]
(LAST,) = RELEASES
"""One release only: what is older updates by way of it."""
