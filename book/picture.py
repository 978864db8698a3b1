"""Take the README's picture from the built book; `make picture` calls it.

The figure stands as a reader of the page sees it, after the state in the address below.
"""

import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "_build" / "html" / "notebooks" / "03_linear_regression.html"
FIGURE, STATE = "fig-polynomial-degree", "degree=8&n=20&noise=0.1"
TARGET = ROOT / "book" / "assets" / "readme.png"


def main():
    """Open the page in Chromium and photograph one figure."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not chromium or not PAGE.exists():
        sys.exit("the picture needs Chromium (or CHROMIUM set to its path) and `make book` first")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(
            viewport={"width": 1200, "height": 1400}, device_scale_factor=1.5, color_scheme="light"
        )
        page.goto(f"{PAGE.as_uri()}#{FIGURE}?{STATE}")
        figure = page.locator(f"#{FIGURE}[data-ready]")
        figure.locator(".d2l-guess").evaluate("box => box.hidden = true")
        figure.screenshot(path=TARGET)
        browser.close()


if __name__ == "__main__":
    main()
