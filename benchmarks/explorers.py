"""Measure the explorers: drawing, bytes, time to ready, and from a key press to the picture.

Each number stands beside another way's in the same run, by turns, so that a busy or slow machine
slows both. What the rows mean, and the table of a run: ``explorers.md``, in this folder.

    python benchmarks/explorers.py > table.md
"""

import os

# One thread, for both sides; NumPy reads these when it is imported.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import argparse  # noqa: E402
import functools  # noqa: E402
import gzip  # noqa: E402
import http.server  # noqa: E402
import io  # noqa: E402
import json  # noqa: E402
import platform  # noqa: E402
import re  # noqa: E402
import shutil  # noqa: E402
import subprocess  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
import threading  # noqa: E402
from collections import defaultdict  # noqa: E402
from contextlib import contextmanager  # noqa: E402
from pathlib import Path  # noqa: E402
from time import perf_counter  # noqa: E402
from typing import NamedTuple  # noqa: E402

import numpy as np  # noqa: E402
from matplotlib import rc_context  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402
from polynomial import polynomial  # noqa: E402

from d2lnotes import plotting  # noqa: E402
from d2lnotes.explore.bake import bake  # noqa: E402

HERE = Path(__file__).parent
ASSETS = [HERE.parent / "book" / "assets" / f"d2l-explore.{kind}" for kind in ("js", "css")]
BOOK = HERE.parent / "_build" / "html"
NPM = HERE / ".npm"
WIDGET_SCRIPTS = ["requirejs/require.js", "@jupyter-widgets/html-manager/dist/embed-amd.js"]
CHROMIUM = ["chromium", "chromium-browser", "google-chrome", "chrome"]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         # frames as fast as they are ready: otherwise all pages wait for the display's 60 Hz
         "--disable-gpu-vsync", "--disable-frame-rate-limit"]  # fmt: skip
SLOWER = (1, 4)


def main():
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="page loads of each kind (5)")
    parser.add_argument("--presses", type=int, default=50, help="key presses a page load (50)")
    parser.add_argument("--drawings", type=int, default=3, help="times all states are drawn (3)")
    options = parser.parse_args()

    explorer, baked, rates = measure_drawing(options.drawings)
    rows = drawing_rows(rates) + size_rows(explorer, baked)
    with tempfile.TemporaryDirectory() as folder:
        pages = write_pages(Path(folder), explorer, baked)
        measured = measure_pages(pages, options.rounds, options.presses)
    print("| | explorer | beside it | ratio | goal |")
    print("|---|---:|---:|---:|---|")
    for row in rows + page_rows(measured):
        print("| " + " | ".join(row) + " |")
    print(f"\n{environment(options, explorer)}")


def tell(message):
    """Report progress, or what was left out, beside the table."""
    print(message, file=sys.stderr, flush=True)


# Drawing ---------------------------------------------------------------------------------------


def measure_drawing(rounds):
    """Draw all states both ways by turns; return an explorer, its bake and states per second."""
    rates = defaultdict(list)
    for k in range(rounds):
        tell(f"drawing all states, round {k + 1} of {rounds}")
        explorer = polynomial()
        start = perf_counter()
        baked = bake(explorer)
        rates["bake"].append(explorer.count / (perf_counter() - start))

        explorer, states = polynomial(), polynomial().states()
        start = perf_counter()
        for state in states:
            explorer.at(**state)
        rates["tree"].append(explorer.count / (perf_counter() - start))
        rates["matplotlib"].append(1 / time_matplotlib(explorer))
    return explorer, baked, {name: float(np.median(values)) for name, values in rates.items()}


def time_matplotlib(explorer):
    """Seconds to draw and save a state with Matplotlib's own SVG writer: every fifth state's mean.

    It gets the same help as the explorers: one figure whose axes are kept, its layout frozen
    after the start state.
    """
    states = explorer.states()[::5]  # all would take minutes, and they cost about the same
    with rc_context(plotting.STYLE):
        figure = Figure(figsize=explorer.figsize, dpi=72, layout="constrained")
        explorer.function(figure, **explorer.start)
        figure.draw_without_rendering()
        figure.set_layout_engine("none")
        start = perf_counter()
        for state in states:
            explorer.function(figure, **state)
            figure.savefig(io.BytesIO(), format="svg")
        return (perf_counter() - start) / len(states)


def drawing_rows(rates):
    ours, stock = rates["bake"], rates["matplotlib"]
    return [
        ("draw, save and compare, states a second", f"{ours:.0f}",
         f"{stock:.1f} (Matplotlib's SVG, not compared)", times(ours / stock), "≥ 40"),
        ("draw and save, states a second", f"{rates['tree']:.0f}",
         f"{stock:.1f} (Matplotlib's SVG)", times(rates["tree"] / stock), ""),
    ]  # fmt: skip


# Bytes -----------------------------------------------------------------------------------------


def gzipped(*parts):
    """Bytes after gzip, each part compressed on its own, as a server does."""
    return sum(len(gzip.compress(part, mtime=0)) for part in parts)


def size_rows(explorer, baked):
    html = baked.html.encode()
    whole = [explorer.svg(explorer.at(**state).tree).encode() for state in explorer.states()]
    apart, alone = sum(map(len, whole)), gzipped(*whole)
    assets = [path.read_bytes() for path in ASSETS]
    states = f"{explorer.count} baked states"
    rows = [
        (f"{states}, raw", kilo(len(html)), f"{kilo(apart)} (each state whole)",
         per_cent(len(html) / apart), ""),
        (f"{states}, gzipped", kilo(gzipped(html)), f"{kilo(alone)} (the same)",
         per_cent(gzipped(html) / alone), "≤ 150 kB"),
    ]  # fmt: skip
    scripts = widget_scripts()
    beside, ratio = "", ""
    if scripts:
        size = gzipped(*(path.read_bytes() for path in scripts))
        beside = f"{kilo(size)} (html-manager and RequireJS)"
        ratio = per_cent(gzipped(*assets) / size)
    rows.append(("script and style, gzipped", kilo(gzipped(*assets)), beside, ratio, "≤ 10 kB"))
    return rows


@functools.cache
def widget_scripts():
    """The files of RequireJS and the html-manager, installed once by npm; [] if that fails."""
    paths = [NPM / "node_modules" / name for name in WIDGET_SCRIPTS]
    NPM.mkdir(exist_ok=True)
    wanted, have = HERE / "package.json", NPM / "package.json"
    fresh = have.exists() and have.read_bytes() == wanted.read_bytes()
    if fresh and all(path.exists() for path in paths):
        return paths
    if shutil.which("npm") is None:
        tell("left out: the html-manager; npm is not installed")
        return []
    tell("installing the html-manager and RequireJS with npm, once")
    shutil.copy(wanted, have)
    command = [shutil.which("npm"), "install", "--no-audit", "--no-fund", "--ignore-scripts",
               "--no-package-lock"]  # fmt: skip
    try:
        subprocess.run(command, cwd=NPM, check=True, capture_output=True, text=True, timeout=300)
    except (subprocess.SubprocessError, OSError) as error:
        have.unlink()
        tell(f"left out: the html-manager; npm failed: {getattr(error, 'stderr', '') or error}")
        return []
    return paths


# Pages -----------------------------------------------------------------------------------------


class Page(NamedTuple):
    """A page to be measured: where it is, and when it counts as ready."""

    name: str
    folder: Path
    address: str
    ready: str  # a selector,
    count: int = 1  # and how many of it must be there
    slider: str = ""  # the controls to press keys on: inputs of this selector
    moves: str = ""  # what must read differently after a press


HEAD = (
    '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Benchmark</title>'
    '<link rel="icon" href="data:,"><link rel="stylesheet" href="d2l-explore.css">{}</head>'
)


def write_empty(folder):
    """Write a page with a slider and nothing else: the least that a press can take."""
    shutil.copy(ASSETS[1], folder)
    slider = '<input type="range" min="0" max="20" value="3">'
    (folder / "empty.html").write_text(HEAD.format("") + f"<body>{slider}", encoding="utf-8")
    ranges = "input[type=range]"
    return Page("empty", folder, "empty.html", ranges, slider=ranges)


def write_pages(folder, explorer, baked):
    """Write the pages of one run into ``folder`` and return them."""
    for path in ASSETS:
        shutil.copy(path, folder)
    script = '<script defer src="d2l-explore.js"></script>'
    figure = f'<figure class="d2l-explorer" id="{explorer.id}">{baked.html}</figure>'
    (folder / "explorer.html").write_text(HEAD.format(script) + f"<body>{figure}", encoding="utf-8")
    ranges = "input[type=range]"
    ready, ours = ".d2l-explorer[data-ready]", f".d2l-explorer {ranges}"
    pages = [
        write_empty(folder),
        Page("explorer", folder, "explorer.html", ready, slider=ours, moves=".d2l-sentence"),
    ]
    if widget_scripts():
        write_widgets(folder, explorer)
        pages.append(Page("html-manager", folder, "widgets.html", ".noUi-handle", 2))
    for path in sorted(BOOK.glob("notebooks/*.html")):
        figures = re.findall(r'<figure class="d2l-explorer[^>]* id="([^"]+)"', path.read_text())
        if figures:
            chosen = "fig-polynomial-degree"
            chosen = chosen if chosen in figures else figures[0]
            pages.append(Page(f"{path.stem}, {chosen}", BOOK, f"notebooks/{path.name}", ready,
                              len(figures), f"#{chosen} {ranges}",
                              f"#{chosen} .d2l-sentence"))  # fmt: skip
    return pages


def write_widgets(folder, explorer):
    """Write the page that stored widgets need: the explorer's live controls, state and scripts."""
    from ipywidgets.embed import embed_data

    from d2lnotes.explore.live import Live

    for path in widget_scripts():
        shutil.copy(path, folder)
    live = Live(explorer)
    data = embed_data(views=[live.widget])
    state, (view,) = data["manager_state"], data["view_specs"]
    kind = "application/vnd.jupyter.widget"
    encode = lambda thing: json.dumps(thing).replace("<", "\\u003c")  # noqa: E731
    (folder / "widgets.html").write_text(
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Benchmark</title>'
        '<link rel="icon" href="data:,">'
        '<script src="require.js"></script><script src="embed-amd.js"></script></head><body>'
        f'<script type="{kind}-state+json">{encode(state)}</script>'
        f'<script type="{kind}-view+json">{encode(view)}</script>',
        encoding="utf-8",
    )


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A server that does not say what it serves."""

    def log_message(self, *_):
        pass


@contextmanager
def served(folder, kind=Quiet):
    """Serve ``folder`` on 127.0.0.1 and yield its address."""
    handler = functools.partial(kind, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


# In the browser --------------------------------------------------------------------------------

# Runs before the page's own scripts. A picture is on screen when the second animation frame after
# the change begins. The first move is the page's own, at the moment it is ready: the worst case,
# since the states are then not parsed yet.
WATCH = """([ready, count, slider]) => {
  const bench = window.bench = { ready: null, first: null, paints: [] };
  const painted = () => new Promise((resolve) => requestAnimationFrame(
    () => requestAnimationFrame(() => resolve(performance.now()))));
  const look = () => {
    if (bench.ready !== null || document.querySelectorAll(ready).length < count) return;
    bench.ready = performance.now();
    observer.disconnect();
    const input = slider && document.querySelector(slider);
    if (!input) return;
    input.value = Number(input.value) === 0 ? 1 : Number(input.value) - 1;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    painted().then((now) => { bench.first = now; });
  };
  const observer = new MutationObserver(look);
  observer.observe(document, {
    subtree: true, childList: true, attributes: true, attributeFilter: ["data-ready"],
  });
  addEventListener("keydown", (event) => {
    bench.settled = painted().then((now) => { bench.paints.push(now - event.timeStamp); });
  }, true);
}"""


def find_chromium():
    """The path of a Chromium: $CHROMIUM, one on the PATH, or Playwright's own; None if absent."""
    found = filter(None, map(shutil.which, [os.environ.get("CHROMIUM", ""), *CHROMIUM]))
    return next(found, None)


def measure_pages(pages, rounds, presses):
    """Load each page ``rounds`` times at each speed, by turns, and press keys on its sliders.

    Returns
    -------
    dict
        ``{(page, slowdown): {"ready": [ms], "first": [ms], "paints": [ms]}}``; empty without a
        browser.
    """
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        tell("left out: all that needs a browser; pip install playwright")
        return {}
    measured = defaultdict(lambda: defaultdict(list))
    with sync_playwright() as playwright:
        path = find_chromium() or playwright.chromium.executable_path
        if not Path(path).exists():
            tell("left out: all that needs a browser; no Chromium found, set $CHROMIUM to its path")
            return {}
        for k in range(rounds):
            tell(f"loading {len(pages)} pages, round {k + 1} of {rounds}")
            try:
                browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
            except Error as error:
                tell(f"left out: all that needs a browser; {path} does not start: {error}")
                return {}
            measured["", 1]["version"] = [browser.version]
            visit(browser, pages[0], 1, 5)  # the browser's own first page is no page's fault
            turn = pages[k % len(pages) :] + pages[: k % len(pages)]
            for slower in SLOWER:
                for page in turn:
                    for what, values in visit(browser, page, slower, presses).items():
                        measured[page.name, slower][what] += values
            browser.close()
    return measured


def visit(browser, page, slower, presses):
    """Load ``page`` with nothing cached, press its sliders' keys, and return what was timed."""
    context = browser.new_context(viewport={"width": 1000, "height": 800})
    with served(page.folder) as address:
        tab = context.new_page()
        watch = json.dumps([page.ready, page.count, page.slider])
        tab.add_init_script(f"({WATCH})({watch})")
        speed = context.new_cdp_session(tab)
        speed.send("Emulation.setCPUThrottlingRate", {"rate": slower})
        tab.goto(address + page.address, wait_until="commit")
        tab.wait_for_function("bench.ready !== null", polling=50, timeout=120_000)
        timed = {"ready": [tab.evaluate("bench.ready")], "first": [], "paints": []}
        if page.slider:
            tab.wait_for_function("bench.first !== null", polling=50)
            tab.wait_for_load_state("load")
            timed["first"] = [tab.evaluate("bench.first")]
            timed["paints"] = press_keys(tab, page, presses)
    context.close()
    return timed


def press_keys(tab, page, presses):
    """Walk over the grid by arrow keys: to and fro on the first slider, steps on the second."""
    sliders = tab.query_selector_all(page.slider)[:2]
    longest = [int(slider.get_attribute("max")) for slider in sliders]
    for slider in sliders:
        slider.press("Home")
    tab.wait_for_timeout(300)  # what the page does when idle
    tab.evaluate("bench.paints.length = 0")
    walk, rounds = [], 0
    while len(walk) < presses:
        walk += [(0, to_and_fro(rounds))] * longest[0]
        if len(sliders) > 1:
            walk.append((1, to_and_fro(rounds // longest[1])))
        rounds += 1
    at, phase, before = None, 0.0, tab.inner_text(page.moves) if page.moves else ""
    for which, key in walk[:presses]:
        if at != which:
            sliders[which].focus()
            at = which
        tab.wait_for_timeout(40 + 17 * phase)  # about a held key's rate, at any phase of a frame
        phase = (phase + 0.618) % 1
        tab.keyboard.press(key)
        tab.evaluate("bench.settled")
        if page.moves:
            after = tab.inner_text(page.moves)
            if after == before:
                raise RuntimeError(f"{page.name}: {key} on slider {which} changed nothing")
            before = after
    return tab.evaluate("bench.paints")


def to_and_fro(round_):
    """The key for every other round."""
    return "ArrowLeft" if round_ % 2 else "ArrowRight"


def page_rows(measured):
    """Rows of the table from what `measure_pages` returned."""
    measured = {key: value for key, value in measured.items() if key[0]}
    rows = []
    for slower in SLOWER if measured else ():
        speed = "" if slower == 1 else f", processor {slower}× slower"
        empty = measured["empty", slower]
        theirs = measured.get(("html-manager", slower))
        for (name, rate), times_of in measured.items():
            if rate != slower or name in ("empty", "html-manager"):
                continue
            where = "" if name == "explorer" else f" ({name})"
            ready, first = np.median(times_of["ready"]), np.median(times_of["first"])
            if theirs:
                other = np.median(theirs["ready"])
                rows.append((f"ready{where}{speed}", ms(ready), f"{ms(other)} (html-manager)",
                             per_cent(ready / other), "≤ 20 %" if slower == 1 else ""))  # fmt: skip
            bare = np.median(empty["ready"])
            rows.append((f"ready{where}{speed}", ms(ready), f"{ms(bare)} (empty page)",
                         times(ready / bare), ""))  # fmt: skip
            bare = np.median(empty["first"])
            rows.append((f"first move on screen{where}{speed}", ms(first),
                         f"{ms(bare)} (empty page)", times(first / bare), ""))  # fmt: skip
            for share, goal in ((50, ""), (95, "≤ 16.7 ms" if slower == 1 else "")):
                ours, bare = (np.percentile(one["paints"], share) for one in (times_of, empty))
                what = "median" if share == 50 else f"p{share}"
                rows.append((f"key to picture, {what}{where}{speed}", ms(ours),
                             f"{ms(bare)} (empty page)", times(ours / bare), goal))  # fmt: skip
    return rows


# Spelling --------------------------------------------------------------------------------------


def times(ratio):
    return f"{ratio:.1f}×"


def per_cent(ratio):
    return f"{100 * ratio:.2g} %"


def kilo(count):
    return f"{count / 1000:,.1f} kB" if count < 100_000 else f"{count / 1000:,.0f} kB"


def ms(milliseconds):
    return f"{milliseconds:,.1f} ms" if milliseconds < 100 else f"{milliseconds:,.0f} ms"


def environment(options, explorer):
    import matplotlib

    cores = "Fewer than eight" if (os.cpu_count() or 1) < 8 else "Eight or more"
    return (
        f"{explorer.count} states on two axes, one of them logarithmic. Medians of "
        f"{options.drawings} drawings of all states and {options.rounds} loads of each page; "
        f"{options.rounds * options.presses} key presses on each, at each speed. "
        f"{cores} cores; "
        f"Python {platform.python_version()}, NumPy {np.__version__}, "
        f"Matplotlib {matplotlib.__version__}."
    )


if __name__ == "__main__":
    main()
