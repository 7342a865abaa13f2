"""Debian's Chromium, headless, driven by Playwright, with every way out of this machine closed."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FLAGS = [
    "--no-sandbox",  # root cannot use Chromium's sandbox, and the pages are our own
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]


@contextmanager
def running_chromium() -> Iterator["Browser"]:
    """A browser without pages; make a context for each person who uses it."""
    from playwright.sync_api import sync_playwright  # half a second that only browser tests should pay

    program = shutil.which("chromium")
    if program is None:
        message = "chromium is not installed; run tools/prepare-tests"
        raise FileNotFoundError(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()
