"""A real Chromium for tests: Debian's, driven by Playwright, with no connection to the outside."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-device-scale-factor=1",
]


def executable() -> str:
    """Return the browser's path; skip without one, but fail in CI, which has to bring it."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        complain = pytest.fail if os.environ.get("CI") else pytest.skip
        complain("No Chromium on the PATH; `apt-get install chromium` brings one.")
    return found


@contextmanager
def open_browser(*more: str) -> Iterator:
    """Start a browser, with more arguments; end it."""
    path = executable()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*ARGUMENTS, *more])
        try:
            yield browser
        finally:
            browser.close()
