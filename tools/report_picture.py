"""`python -m tools.report_picture`: the README's pictures of the report, light and dark, of the demo's own data.

Needs Chromium. The fonts are those of the machine.
"""

from __future__ import annotations

import base64
import io
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from selenium.webdriver import Chrome

from tools.browser import chromium, prefer, resize

IMAGES = Path(__file__).parents[1] / "docs" / "images"
WIDTH = 1200
"""CSS pixels: the report at its widest, without much of a margin."""
SCALE = 1.5
LAST = "scores"
"""Anchor of the section with which the picture ends."""


def main() -> None:
    """Run the demo, photograph its report."""
    IMAGES.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.html"
        subprocess.run([Path(sys.executable).parent / "pixlake", "demo", "--report", report], check=True)
        with chromium() as browser:
            for scheme in ("light", "dark"):
                picture = IMAGES / f"report-{scheme}.png"
                photograph(browser, report, scheme).save(picture, optimize=True)
                print(f"{picture.relative_to(IMAGES.parents[1])}  {picture.stat().st_size / 1000:.0f} KB")


def photograph(browser: Chrome, report: Path, scheme: str) -> Image.Image:
    """The report's upper part, in 256 colours: drawings and text have few."""
    resize(browser, WIDTH, 900, SCALE)
    prefer(browser, scheme)
    browser.get(report.as_uri())
    end = browser.execute_script(
        f"return document.getElementById('{LAST}').closest('section').getBoundingClientRect().bottom"
    )
    clip = {"x": 0, "y": 0, "width": WIDTH, "height": end + 32, "scale": 1}
    options = {"format": "png", "captureBeyondViewport": True, "clip": clip}
    shot = browser.execute_cdp_cmd("Page.captureScreenshot", options)
    return Image.open(io.BytesIO(base64.b64decode(shot["data"]))).convert("RGB").quantize(256, dither=Image.Dither.NONE)


if __name__ == "__main__":
    main()
