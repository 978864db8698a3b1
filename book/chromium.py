"""Chromium, for the scripts that take pictures of the built pages or print them."""

import os
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

SITE = Path(__file__).parents[1] / "_build" / "html"


@contextmanager
def chromium():
    """A headless browser; without one, or without a built book, say what is missing and end."""
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not program or not (SITE / "index.html").exists():
        sys.exit("this needs Chromium (or CHROMIUM set to its path) and `make book` first")
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=program, args=flags)
        yield browser
        browser.close()
