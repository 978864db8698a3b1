"""JupyterLite beside the book: its files, its kernel in Chromium, and the package under Node.

No test asks Pyodide's CDN. What stands there is served from this machine instead: the core from
the npm package, the pure wheels from PyPI (other builds than the CDN's, so their hashes are put
into a copy of the list). NumPy and Matplotlib for Pyodide are on no registry; that their wheels
are asked for at the CDN's address is as far as the tests go.
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import nbformat
import pytest
from conftest import REPOSITORY, SITE, unavailable
from nbformat.v4 import new_code_cell, new_notebook

sys.path.append(str(REPOSITORY / "book" / "lite"))
import build_lite

LITE = SITE / "lite"
CHAPTERS = sorted((REPOSITORY / "notebooks").glob("[0-9]*.ipynb"))
CDN = build_lite.CDN


@pytest.fixture(scope="module")
def lite():
    """The folder of the built JupyterLite."""
    if not (LITE / "jupyter-lite.json").exists():
        unavailable("no JupyterLite beside the book; run `make book` without LITE=")
    return LITE


@pytest.fixture(scope="module")
def lock(lite):
    """The list of packages that the kernel loads from, by name."""
    return json.loads((lite / "wheels" / "pyodide-lock.json").read_text())["packages"]


# The files -----------------------------------------------------------------------------------


def settings(lite):
    """What JupyterLite is told."""
    return json.loads((lite / "jupyter-lite.json").read_text())["jupyter-config-data"]


def test_kernel_finds_its_core_and_our_list(lite):
    kernel = settings(lite)["litePluginSettings"][build_lite.KERNEL]
    assert kernel["loadPyodideOptions"]["lockFileURL"] == "./wheels/pyodide-lock.json"
    assert kernel["loadPyodideOptions"]["packages"] == build_lite.PRELOAD
    own = "./static/pyodide/pyodide.mjs"
    assert kernel["pyodideUrl"] in (f"{CDN}/pyodide.mjs", own)
    assert (kernel["pyodideUrl"] == own) == (lite / own).exists()


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_chapter_is_there_and_asks_for_no_kernel(lite, path):
    here, there = (nbformat.read(p, as_version=4) for p in (path, lite / "files" / path.name))
    assert there.metadata.kernelspec.name == "python"
    assert [c.source for c in there.cells if c.cell_type == "code"] == [
        c.source for c in here.cells if c.cell_type == "code"
    ]
    listed = json.loads((lite / "api" / "contents" / "all.json").read_text())["content"]
    assert path.name in [entry["path"] for entry in listed]


def test_each_page_of_a_chapter_has_a_button_that_leads_to_its_notebook(lite):
    for path in CHAPTERS:
        text = (SITE / "notebooks" / f"{path.stem}.html").read_text(encoding="utf-8")
        (button,) = re.findall(r"<a [^>]*btn-launch-lite[^>]*>", text)
        address = re.search(r'href="([^"]+)"', button)[1]
        target, _, query = address.partition("?")
        assert (SITE / "notebooks" / target).resolve() == LITE / "notebooks" / "index.html"
        assert query == f"path={path.name}"
        assert re.search(r'title="Runs in your browser; loads [^"]*\d+ MB, once', button)


def test_pages_without_code_have_no_button(lite):
    for page in (SITE / "book").glob("*.html"):
        assert "btn-launch-lite" not in page.read_text(encoding="utf-8"), page.name


def test_every_wheel_of_ours_is_the_one_that_the_list_means(lite, lock):
    ours = {name: entry for name, entry in lock.items() if "://" not in entry["file_name"]}
    assert set(ours) == set(build_lite.DEPENDS)
    for entry in ours.values():
        wheel = lite / "wheels" / entry["file_name"]
        assert hashlib.sha256(wheel.read_bytes()).hexdigest() == entry["sha256"]
    stray = {path.name for path in (lite / "wheels").glob("*.whl")}
    assert stray == {entry["file_name"] for entry in ours.values()}


def test_every_other_wheel_is_the_one_of_pyodides_own_list(lock):
    stored = json.loads((REPOSITORY / "book/lite/pyodide-lock.json").read_text())["packages"]
    for name, entry in lock.items():
        if name not in build_lite.DEPENDS:
            expected = {**stored[name], "file_name": f"{CDN}/{stored[name]['file_name']}"}
            assert entry == expected
    assert set(lock) == set(stored) | set(build_lite.DEPENDS)


def reach(lock, *names):
    """The packages that are loaded with these, by the list's own keys."""
    found, new = set(), [re.sub(r"[-_.]+", "-", name).lower() for name in names]
    while new:
        name = new.pop()
        if name not in found:
            found.add(name)
            new += [re.sub(r"[-_.]+", "-", one).lower() for one in lock[name]["depends"]]
    return found


def test_all_that_a_cell_imports_is_reached_from_the_list(lock):
    assert {"numpy", "matplotlib", "pillow", "ipywidgets", "tqdm"} <= reach(lock, "d2lnotes")
    assert lock["d2lnotes"]["imports"] == ["d2lnotes"]


def test_app_and_book_together_are_not_large(lite):
    sizes = {path: path.stat().st_size for path in lite.rglob("*") if path.is_file()}
    assert sum(sizes.values()) < 55e6
    assert not [path for path in sizes if path.suffix == ".map"]


def test_pages_of_the_app_load_nothing_from_elsewhere(lite):
    """The kernel does, once a reader has asked for it; before that nothing may."""
    for page in [*lite.rglob("*.html"), *lite.rglob("*.css")]:
        if "files" not in page.relative_to(lite).parts:
            text = page.read_text(encoding="utf-8", errors="replace")
            found = re.findall(
                r"""(?:\b(?:src|href)=["']|url\(["']?|@import\s*["'])(?:https?:)?//[^"')\s]+""",
                text,
            )
            assert not found, f"{page.relative_to(lite)}: {found}"


# What stands at the CDN, from the registries -------------------------------------------------


@pytest.fixture(scope="module")
def core():
    """The folder of the npm package pyodide, as the package lock pins it."""
    home = REPOSITORY / "_build" / "npm"
    if not shutil.which("npm") or not shutil.which("node"):
        unavailable("no node and npm on the PATH, which the tests of JupyterLite need")
    package = home / "node_modules" / "pyodide"
    found = package / "package.json"
    if not found.exists() or json.loads(found.read_text())["version"] != build_lite.PYODIDE:
        home.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy2(REPOSITORY / "book" / "lite" / name, home)
        fetch(["npm", "ci", "--prefix", str(home), "--no-audit", "--no-fund"])
    return package


@pytest.fixture(scope="module")
def pure_wheels(lock):
    """The pure wheels that a starting kernel loads from the CDN, by name, from PyPI."""
    folder = REPOSITORY / "_build" / "lite-wheels"
    names = sorted(reach(lock, *build_lite.PRELOAD, "ipywidgets", "tqdm"))
    entries = {name: lock[name] for name in names if "://" in lock[name]["file_name"]}
    paths = {name: folder / entry["file_name"].rpartition("/")[2]
             for name, entry in entries.items()}  # fmt: skip
    missing = [f"{name}=={entries[name]['version']}" for name in paths if not paths[name].exists()]
    if missing:
        fetch([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
               "--only-binary=:all:", "--python-version=3.14", f"--dest={folder}",
               *missing])  # fmt: skip
    return paths


def fetch(command):
    """Get something from a registry."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        unavailable(f"{' '.join(command[:4])}: {done.stderr[-600:]}")


def test_stored_list_is_that_of_the_npm_package(core):
    stored = REPOSITORY / "book" / "lite" / "pyodide-lock.json"
    assert stored.read_bytes() == (core / "pyodide-lock.json").read_bytes()


# Under Node ----------------------------------------------------------------------------------

SMOKE = """\
import { readFileSync } from "node:fs";
const [core, wheel, code] = process.argv.slice(2);
// Node shows the line that threw, and here that line is the whole of Pyodide.
process.on("uncaughtException", (error) => (console.error(error.message), process.exit(1)));
const { loadPyodide } = await import(core + "/pyodide.mjs");
const pyodide = await loadPyodide({ indexURL: core });
pyodide.unpackArchive(new Uint8Array(readFileSync(wheel)), "wheel", { extractDir: "/wheel" });
console.log(await pyodide.runPythonAsync(readFileSync(code, "utf8")));
"""
UNDER_PYODIDE = """\
import ast, csv, gzip, json, pathlib, sys, types, zipfile

home = pathlib.Path("/wheel/d2lnotes")
sys.path.insert(0, "/wheel")
# The package's own __init__ imports NumPy; its modules without NumPy are imported beside it.
for name, folder in {"d2lnotes": home, "d2lnotes.explore": home / "explore"}.items():
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [str(folder)]
import d2lnotes.browser, d2lnotes.download, d2lnotes._progress
import d2lnotes.explore.controls, d2lnotes.explore.errors

arrays = {}
for path in sorted(home.rglob("*.npz")):
    with zipfile.ZipFile(path) as opened:
        heads = [opened.read(name)[:6] for name in opened.namelist()]
    assert heads and set(heads) == {b"\\x93NUMPY"}, path
    arrays[path.name] = len(heads)
with gzip.open(home / "datasets" / "alice.txt.gz", "rt", encoding="utf-8") as opened:
    letters = len(opened.read())
with open(home / "datasets" / "penguins.csv", encoding="utf-8") as opened:
    rows = len(list(csv.reader(opened)))
for path in home.rglob("*.py"):
    ast.parse(path.read_text(encoding="utf-8"))
json.dumps({"platform": sys.platform, "python": sys.version_info[:2], "arrays": arrays,
            "letters": letters, "rows": rows, "browser": d2lnotes.browser.is_used()})
"""


def test_wheel_unpacks_under_pyodide_and_its_data_are_read(lite, lock, core, tmp_path):
    (tmp_path / "smoke.mjs").write_text(SMOKE)
    (tmp_path / "code.py").write_text(UNDER_PYODIDE)
    wheel = lite / "wheels" / lock["d2lnotes"]["file_name"]
    command = ["node", tmp_path / "smoke.mjs", core, wheel, tmp_path / "code.py"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    said = json.loads(done.stdout.splitlines()[-1])
    assert (said["platform"], said["browser"]) == ("emscripten", True)
    assert set(said["arrays"]) == {p.name for p in (REPOSITORY / "d2lnotes").rglob("*.npz")}
    assert (said["letters"], said["rows"]) == (148_324, 345)


# In Chromium ---------------------------------------------------------------------------------

SMALL = [
    "print(1 + 1)",
    """\
import ipywidgets

@ipywidgets.interact(n=(0, 10))
def square(n=3):
    print(f"{n} times {n} is {n * n}")""",
    """\
try:
    import d2lnotes
except ImportError as error:
    import importlib.util, sys
    print("imported up to:", error.name, importlib.util.find_spec("d2lnotes").origin)""",
]


class Server(SimpleHTTPRequestHandler):
    """The site, with some answers of our own; notes what is asked."""

    asked, answers, files = [], {}, {}

    def do_GET(self):
        path = self.path.partition("?")[0]
        self.asked.append(path)
        if path in self.answers:
            self.send_response(200)
            self.send_header("Content-Type", self.guess_type(path))
            self.send_header("Content-Length", str(len(self.answers[path])))
            self.end_headers()
            self.wfile.write(self.answers[path])
        else:
            super().do_GET()

    def translate_path(self, path):
        own = self.files.get(path.partition("?")[0])
        return str(own) if own else super().translate_path(path)

    def log_message(self, *said):
        pass


@pytest.fixture(scope="module")
def served(lite, lock, core, pure_wheels):
    """The address of the site, and the list of what was asked of it.

    ``/cdn/`` stands for Pyodide's CDN; the app is told so in copies of its two files.
    """
    handler = type("Served", (Server,), {"asked": [], "answers": {}, "files": {}})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(SITE)))
    base = f"http://127.0.0.1:{server.server_port}"
    mirror = f"{base}/cdn"
    for name in build_lite.CORE:
        handler.files[f"/cdn/{name}"] = core / name
    packages = json.loads(json.dumps(lock))
    for name, path in pure_wheels.items():
        handler.files[f"/cdn/{path.name}"] = path
        packages[name]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    whole = json.loads((lite / "wheels" / "pyodide-lock.json").read_text())
    text = json.dumps({**whole, "packages": packages}).replace(CDN, mirror)
    handler.answers["/lite/wheels/pyodide-lock.json"] = text.encode()
    text = (lite / "jupyter-lite.json").read_text().replace(CDN, mirror)
    handler.answers["/lite/jupyter-lite.json"] = text.encode()
    add_notebook(lite, handler.answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield base, handler.asked
    server.shutdown()


def add_notebook(lite, answers):
    """Put a small notebook among the chapters."""
    notebook = new_notebook(cells=[new_code_cell(source) for source in SMALL])
    notebook.metadata["kernelspec"] = {"name": "python", "display_name": "Python (Pyodide)"}
    answers["/lite/files/small.ipynb"] = nbformat.writes(notebook).encode()
    contents = json.loads((lite / "api" / "contents" / "all.json").read_text())
    entry = {**contents["content"][0], "name": "small.ipynb", "path": "small.ipynb"}
    contents["content"].append(entry)
    answers["/lite/api/contents/all.json"] = json.dumps(contents).encode()


def run_all(page):
    """Run the open notebook, once its kernel is there."""
    page.locator(".jp-Notebook .jp-Cell").first.wait_for()
    page.locator(".jp-NotebookKernelStatus, .jp-Notebook-ExecutionIndicator").first.wait_for()
    page.locator(".lm-MenuBar-item", has_text=re.compile("^Run$")).click()
    page.locator(".lm-Menu-item[data-command='runmenu:run-all']").click()


@pytest.mark.browser
def test_kernel_runs_a_cell_moves_a_slider_and_asks_no_other_host(served, open_page):
    base, asked = served
    page, watch = open_page()
    page.set_default_timeout(240_000)
    page.goto(f"{base}/lite/notebooks/index.html?path=small.ipynb")
    run_all(page)
    outputs = page.locator(".jp-OutputArea-output")
    outputs.filter(has_text=re.compile(r"^2\s*$")).wait_for()
    page.get_by_text("3 times 3 is 9").wait_for()
    handle = page.locator(".widget-slider .noUi-handle").first
    handle.focus()
    page.keyboard.press("ArrowRight")
    page.get_by_text("4 times 4 is 16").wait_for()
    page.get_by_text(re.compile("imported up to: numpy .*/d2lnotes/__init__.py")).wait_for()
    assert not watch.blocked
    wheels = [path for path in asked if path.endswith(".whl")]
    assert [path for path in wheels if re.match("/lite/wheels/d2lnotes-", path)]
    assert [path for path in wheels if re.match("/cdn/numpy-.*wasm32.whl", path)]


@pytest.mark.browser
def test_chapter_opens_with_its_formulas_and_no_dialog(served, open_page):
    base, _ = served
    page, watch = open_page()
    page.set_default_timeout(240_000)
    page.goto(f"{base}/notebooks/{CHAPTERS[0].stem}.html", wait_until="domcontentloaded")
    with page.context.expect_page() as opened:
        page.locator("a.btn-launch-lite").focus()
        page.keyboard.press("Enter")
    lab = opened.value
    lab.set_default_timeout(240_000)
    lab.locator(".jp-Notebook .jp-MarkdownCell h1").first.wait_for()
    lab.locator(".jp-Notebook .katex, .jp-Notebook mjx-container").first.wait_for()
    assert not lab.locator(".jp-Dialog").count()
    assert not watch.blocked


@pytest.mark.browser
def test_button_of_a_page_from_a_file_leads_to_the_advice(lite, open_page):
    page, _ = open_page()
    page.set_default_timeout(60_000)
    chapter = SITE / "notebooks" / f"{CHAPTERS[0].stem}.html"
    page.goto(chapter.as_uri(), wait_until="domcontentloaded")
    page.locator("a.btn-launch-lite").click()
    page.wait_for_url(re.compile(r"how_to_use\.html#run-in-the-browser$"))
    assert page.locator("#run-in-the-browser").count() == 1
