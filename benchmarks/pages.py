"""Measure the pages: bytes, first paint, formulas, explorers, shifts, and key press to paint.

Each page is loaded with an empty cache over a slow network (1.6 Mbit/s, 150 ms) from a server that
compresses as static hosts do, on this processor and on one four times slower. What the columns
mean, and the tables of two runs: ``pages.md``, in this folder.

    python benchmarks/pages.py > table.md
    python benchmarks/pages.py --rounds 3 03_linear 05_multilayer
"""

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

# ruff: noqa: E402, I001
import argparse
import functools
import gzip
import re
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np
from explorers import BOOK, FLAGS, SLOWER, WATCH, Page, Quiet
from explorers import find_chromium, kilo, ms, press_keys, served, tell, write_empty
from playwright.sync_api import sync_playwright

FIGURE = re.compile(r'<figure class="[^"]*\bd2l-explorer\b[^>]* id="([^"]+)".*?</figure>', re.S)
NETWORK = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8,
           "uploadThroughput": 0.75e6 / 8}  # fmt: skip
COLUMNS = ["page", "processor", "transferred", "requests", "first paint", "largest paint",
           "maths set", "explorers ready", "layout shift", "key to paint, median", "p95",
           "above empty, p95", "slowest explorer"]  # fmt: skip

# Runs before the page's own scripts. Formulas are set when the article has come to its end, the
# script that sets them is done, if there is one, and their fonts are there.
LOADING = """(() => {
  const load = window.load = { maths: null, ready: null, shift: 0, largest: 0, explorers: 0 };
  const see = (type, look) => new PerformanceObserver(
    (list) => list.getEntries().forEach(look)).observe({ type, buffered: true });
  see("layout-shift", (entry) => { if (!entry.hadRecentInput) load.shift += entry.value; });
  see("largest-contentful-paint", (entry) => { load.largest = entry.startTime; });
  let ended = false;
  const look = () => {
    if (!ended && (document.querySelector("footer") || document.readyState !== "loading")) {
      ended = true;
      typeset();
    }
    if (!ended || load.ready !== null) return;
    load.explorers = document.querySelectorAll(".d2l-explorer").length;
    if (!document.querySelector(".d2l-explorer:not([data-ready])")) load.ready = performance.now();
  };
  const typeset = async () => {
    if (document.querySelector("script[src*='mathjax']")) {
      if (document.readyState === "loading") {
        await new Promise((done) => addEventListener("DOMContentLoaded", done));
      }
      await window.MathJax?.startup?.promise;
    }
    document.body.offsetHeight;  // formulas that were just set ask for their fonts now
    await document.fonts.ready;
    load.maths = performance.now();
  };
  new MutationObserver(look).observe(document, {
    subtree: true, childList: true, attributes: true, attributeFilter: ["data-ready"],
  });
  addEventListener("DOMContentLoaded", look);
})()"""
SEEN = """() => ({ ...load, first: performance.getEntriesByName("first-contentful-paint")[0]
  ?.startTime ?? NaN })"""


class Gzipping(Quiet):
    """A server that keeps connections and compresses text, as static hosts do."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = Path(self.translate_path(self.path))
        if path.suffix not in {".html", ".css", ".js", ".json", ".svg"} or not path.is_file():
            return super().do_GET()
        body = compressed(path)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@functools.cache
def compressed(path):
    """A file as it goes over the wire."""
    return gzip.compress(path.read_bytes(), 6, mtime=0)


def main():
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", nargs="*", help="parts of the names of pages (all)")
    parser.add_argument("--rounds", type=int, default=1, help="loads of each page (1)")
    parser.add_argument("--presses", type=int, default=30, help="key presses an explorer (30)")
    parser.add_argument("--site", type=Path, default=BOOK, help="the built book (_build/html)")
    options = parser.parse_args()
    names = [name for name in page_names(options.site)
             if not options.pages or any(part in name for part in options.pages)]  # fmt: skip

    print("| " + " | ".join(COLUMNS) + " |")
    print("|---|---" + "|---:" * (len(COLUMNS) - 3) + "|---|")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        path = find_chromium() or playwright.chromium.executable_path
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        empty = write_empty(Path(folder))
        open_and_press(browser, [empty], 1, 5)  # the browser's own first page
        for name in names:
            for slower in SLOWER:
                tell(f"{name}, processor {slower}× slower")
                rounds = [load(browser, options.site, name, slower) for _ in range(options.rounds)]
                explorers = figures(options.site, name) if options.presses else []
                bare, paints = [], defaultdict(list)
                for _ in range(options.rounds if explorers else 0):
                    alone = open_and_press(browser, [empty], slower, options.presses)
                    bare += alone[empty.name]
                    pressed = open_and_press(browser, explorers, slower, options.presses)
                    for figure, times in pressed.items():
                        paints[figure] += times
                print("| " + " | ".join(row(name, slower, rounds, bare, paints)) + " |", flush=True)
        version = browser.version
        browser.close()
    print(f"\nMedians of {options.rounds} loads; {options.rounds * options.presses} presses on "
          f"each explorer, of which the row shows the slowest; Chromium {version}.")  # fmt: skip


def page_names(site):
    """Every page that a reader can stay on."""
    for path in sorted(site.rglob("*.html")):
        name = path.relative_to(site).as_posix()
        text = path.read_text(encoding="utf-8")
        if not name.startswith(("_", "lite/")) and 'http-equiv="refresh"' not in text.lower():
            yield name


def figures(site, name):
    """The explorers of a page that have a slider, each as a page to press keys on."""
    ranges = "input[type=range]"
    return [
        Page(match[1], site, name, ".d2l-explorer[data-ready]", slider=f"#{match[1]} {ranges}",
             moves=f"#{match[1]} .d2l-controls")
        for match in FIGURE.finditer((site / name).read_text(encoding="utf-8"))
        if 'type="range"' in match[0]
    ]  # fmt: skip


def load(browser, site, name, slower):
    """Load a page over the slow network, and return what was timed and counted."""
    context = browser.new_context(viewport={"width": 1000, "height": 800})
    with served(site, Gzipping) as address:
        tab = context.new_page()
        tab.set_default_timeout(120_000)
        tab.add_init_script(LOADING)
        devtools = context.new_cdp_session(tab)
        devtools.send("Network.enable")
        devtools.send("Network.emulateNetworkConditions", NETWORK)
        devtools.send("Emulation.setCPUThrottlingRate", {"rate": slower})
        sizes = []
        devtools.on("Network.loadingFinished", lambda e: sizes.append(e["encodedDataLength"]))
        tab.goto(address + name, wait_until="load")
        tab.wait_for_function("load.maths !== null && load.ready !== null")
        seen = tab.evaluate(SEEN)
    context.close()
    return {**seen, "bytes": sum(sizes), "requests": len(sizes)}


def open_and_press(browser, pages, slower, presses):
    """Open a page once and press keys on each of its explorers: ``{figure: [ms]}``."""
    context = browser.new_context(viewport={"width": 1000, "height": 800})
    found = {}
    with served(pages[0].folder, Gzipping) as address:
        tab = context.new_page()
        tab.set_default_timeout(120_000)
        tab.add_init_script(f"({WATCH})(['body', 1, ''])")
        tab.goto(address + pages[0].address, wait_until="load")
        tab.evaluate("async () => { await window.MathJax?.startup?.promise; }")
        context.new_cdp_session(tab).send("Emulation.setCPUThrottlingRate", {"rate": slower})
        for page in pages:
            found[page.name] = press_keys(tab, page, presses)
    context.close()
    return found


def row(name, slower, rounds, bare, paints):
    """One page at one speed."""
    middle = {key: float(np.median([one[key] for one in rounds])) for key in rounds[0]}
    cells = [name.removesuffix(".html"), f"{slower}×", kilo(middle["bytes"]),
             f"{middle['requests']:.0f}", ms(middle["first"]), ms(middle["largest"]),
             ms(middle["maths"]), ms(middle["ready"]) if middle["explorers"] else "",
             f"{middle['shift']:.3f}"]  # fmt: skip
    if not paints:
        return [*cells, "", "", "", ""]
    p95 = {figure: np.percentile(times, 95) for figure, times in paints.items()}
    slowest = max(p95, key=p95.get)
    above = p95[slowest] - np.percentile(bare, 95)
    return [*cells, ms(np.median(paints[slowest])), ms(p95[slowest]), ms(above), slowest]


if __name__ == "__main__":
    main()
