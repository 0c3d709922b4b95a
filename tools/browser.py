"""A headless Chromium from the system, driven by Selenium: for the report's picture and its tests."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from selenium.webdriver import Chrome, ChromeOptions, ChromeService

PACKAGES = "chromium chromium-driver"
FLAGS = (
    "--headless=new",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
)


def found() -> tuple[str, str] | None:
    """Where Chromium and its driver lie, if both are installed."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    return (browser, driver) if browser and driver else None


@contextmanager
def chromium(log: Path | None = None) -> Iterator[Chrome]:
    """A fresh browser with a profile of its own, which records its console and its network.

    Raises
    ------
    FileNotFoundError
        Chromium or its driver is not installed.
    """
    programs = found()
    if programs is None:
        raise FileNotFoundError(f"Chromium is not installed: apt-get install {PACKAGES}")
    options = ChromeOptions()
    options.binary_location, driver = programs
    with TemporaryDirectory(prefix="pixlake-chromium-", ignore_cleanup_errors=True) as profile:
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        if os.geteuid() == 0:  # Chromium's sandbox refuses to be started by root
            options.add_argument("--no-sandbox")
        options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
        # A path given: selenium looks for no driver, and downloads none.
        service = ChromeService(executable_path=driver, log_output=str(log) if log else None)
        browser = Chrome(options=options, service=service)
        try:
            yield browser
        finally:
            browser.quit()


def resize(browser: Chrome, width: int, height: int, scale: float = 1) -> None:
    """Set the viewport, in CSS pixels; a window cannot be as narrow as a phone."""
    metrics = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def prefer(browser: Chrome, scheme: str) -> None:
    """Ask pages for `light` or `dark`."""
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
