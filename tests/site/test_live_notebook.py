"""The live notebook: a real JupyterLab on this machine, its sliders moved by a browser."""

import json
import os
import re
import secrets
import subprocess
import sys
import time

import nbformat
import pytest
from conftest import REPOSITORY, unavailable
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from playwright.sync_api import TimeoutError

pytestmark = pytest.mark.browser

SMALL = """\
from d2lnotes.explore import Choice, Guess, Slider, explore
from d2lnotes.plotting import panels

@explore(k=Slider([1, 2, 3, 4], start=2, label="power k"),
         sign=Choice(["plus", "minus"], label="sign"),
         guess=Guess("Which power is the largest?", {"two": {"k": 2}, "four": {"k": 4}}, "four"))
def powers(figure, k, sign):
    if k == 4 and sign == "minus":
        raise ZeroDivisionError("no such power")
    panels(figure)[0].plot([0, 1, 2], [0, 1 if sign == "plus" else -1, 2**k])
    return f"Two to the power {k} is {2**k}, {sign}."
powers
"""
BROKEN = """\
from d2lnotes.explore import Slider, explore

@explore(k=Slider([1, 2], label="power k"))
def broken(figure, k):
    raise ZeroDivisionError("cannot be drawn at all")
"""
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}


@pytest.fixture(scope="module")
def notebooks(tmp_path_factory):
    """A folder of small notebooks, and of the chapters up to their first explorer."""
    folder = tmp_path_factory.mktemp("notebooks")
    for name, code in {"small": SMALL, "broken": BROKEN}.items():
        write(folder / f"{name}.ipynb", new_notebook(cells=[new_code_cell(code)]))
    for path in CHAPTERS:
        notebook = nbformat.read(path, as_version=4)
        explorers = [k for k, cell in enumerate(notebook.cells) if is_explorer(cell)]
        notebook.cells = notebook.cells[: explorers[0] + 1]
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        write(folder / path.name, notebook)
    return folder


def write(path, notebook):
    """Save a notebook that runs in this environment's kernel."""
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, path)


def is_explorer(cell):
    """Whether a cell makes an explorer."""
    return cell.cell_type == "code" and re.search(r"^@explore\b", cell.source, re.M) is not None


CHAPTERS = [
    path
    for path in sorted((REPOSITORY / "notebooks").glob("[0-9]*.ipynb"))
    if any(map(is_explorer, nbformat.read(path, as_version=4).cells))
]


@pytest.fixture(scope="module")
def jupyterlab(notebooks, tmp_path_factory):
    """The address of a JupyterLab, as a function of the notebook."""
    home = tmp_path_factory.mktemp("jupyter")
    for name, settings in SETTINGS.items():
        plugin = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        plugin.parent.mkdir(parents=True, exist_ok=True)
        plugin.write_text(json.dumps(settings))
    token = secrets.token_hex(16)
    environment = {
        **{name: value for name, value in os.environ.items() if name != "D2LNOTES_BAKE"},
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "IPYTHONDIR": str(home / "ipython"),
        "OMP_NUM_THREADS": "1",
    }
    command = [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root",
               "--ServerApp.ip=127.0.0.1", "--ServerApp.port=0", "--ServerApp.port_retries=0",
               f"--ServerApp.root_dir={notebooks}", f"--IdentityProvider.token={token}",
               "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
               "--LabApp.news_url=", "--LabApp.extension_manager=readonly"]  # fmt: skip
    log = home / "log"
    with log.open("w") as stream:
        server = subprocess.Popen(command, env=environment, stdout=stream, stderr=stream)
    try:
        base = wait_for_server(server, home / "runtime", log)
        yield lambda name: f"{base}lab/tree/{name}.ipynb?reset&token={token}"
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()


def wait_for_server(server, runtime, log, seconds=90):
    """The server's address, once it says in its log where it listens."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and server.poll() is None:
        listening = re.search(r"(http://127\.0\.0\.1:\d+/)lab", log.read_text())
        if listening and list(runtime.glob("jpserver-*.json")):
            return listening[1]
        time.sleep(0.1)  # the log is a file; nothing can be awaited
    unavailable(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")


class Live:
    """The first explorer of an open notebook."""

    def __init__(self, page):
        self.page = page
        self.output = page.locator(".jp-OutputArea-output .widget-vbox").first
        self.image = self.output.locator("img.widget-image")
        self.handle = self.output.locator(".widget-slider .noUi-handle").first

    def changed(self, before):
        """What is seen once the picture and the sentence are no longer those of ``before``."""
        return self.page.evaluate(CHANGED, before)


SEEN = """async () => {
  const box = document.querySelector('.jp-OutputArea-output .widget-vbox');
  const image = box?.querySelector('img.widget-image');
  if (!image?.src || !image.complete) return ['', ''];
  const picture = await fetch(image.src).then(answer => answer.text()).catch(() => '');
  const words = [...box.querySelectorAll('.widget-html-content p')].map(p => p.textContent);
  return [picture, words.at(-1) ?? ''];
}"""


# Not wait_for_function: it takes the promise of an async predicate for its truth.
CHANGED = f"""async before => {{
  for (const end = Date.now() + 240_000; Date.now() < end;) {{
    const now = await ({SEEN})();
    if (now.every((one, k) => one && one !== before[k])) return now;
    await new Promise(requestAnimationFrame);
  }}
  throw new Error('the picture or the sentence stayed as it was');
}}"""


@pytest.fixture
def run(jupyterlab, open_page):
    """Open a notebook and run all its cells through the menu."""
    opened = []

    def run(name, explorer=True):
        page, _ = open_page()
        opened.append(page)
        page.set_default_timeout(240_000)  # a chapter computes for a minute first
        page.goto(jupyterlab(name))
        page.locator(".jp-Notebook .jp-Cell").first.wait_for()
        # The indicator in the panel says idle before there is a kernel; the status bar does not.
        page.get_by_text(re.compile(r"Python 3.*\| Idle")).first.wait_for()
        run_all(page)
        if explorer:
            live = Live(page)
            live.handle.wait_for()
            live.start = live.changed(["", ""])
            live.handle.scroll_into_view_if_needed()
            return live
        return page

    yield run
    for page in opened:
        page.context.close()


RUNNING = """() => [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')]
  .some(prompt => /[*\\d]/.test(prompt.textContent))"""


def run_all(page):
    """Choose "Run all" until a cell runs: right after loading, the command may find no kernel."""
    for _ in range(20):
        page.locator(".lm-MenuBar-item", has_text=re.compile("^Run$")).click()
        page.locator(".lm-Menu-item[data-command='runmenu:run-all']").click()
        try:
            page.wait_for_function(RUNNING, timeout=3_000)
            return
        except TimeoutError:
            continue
    pytest.fail("JupyterLab did not run the notebook")


@pytest.mark.parametrize("name", ["small", *(path.stem for path in CHAPTERS)])
def test_slider_moves_figure_and_sentence_by_key_and_by_pointer(run, name):
    live = run(name)
    start = live.start
    assert start[0].startswith("<svg")
    live.handle.focus()
    value = live.handle.get_attribute("aria-valuenow")
    at_end = value == live.handle.get_attribute("aria-valuemax")
    live.page.keyboard.press("ArrowLeft" if at_end else "ArrowRight")
    moved = live.changed(start)
    live.page.keyboard.press("ArrowRight" if at_end else "ArrowLeft")
    back = live.changed(moved)
    assert back == start, "the same state is not drawn the same"
    drag(live)
    live.changed(back)


def drag(live):
    """Drag the first slider's handle to the end that is farther away."""
    handle = live.handle.bounding_box()
    base = live.output.locator(".widget-slider .noUi-base").first.bounding_box()
    x, y = handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2
    middle = base["x"] + base["width"] / 2
    end = base["x"] + base["width"] - 1 if x <= middle else base["x"] + 1
    live.page.mouse.move(x, y)
    live.page.mouse.down()
    live.page.mouse.move((x + end) / 2, y, steps=3)
    live.page.mouse.move(end, y, steps=3)
    live.page.mouse.up()


def test_guess_is_committed_and_a_failing_state_shows_its_error(run):
    live = run("small")
    start = live.start
    commit = live.output.locator("button", has_text="Commit to this guess")
    assert commit.is_disabled()
    live.output.locator(".widget-radio-box input").first.check()
    live.page.wait_for_function("b => !b.disabled", arg=commit.element_handle())
    commit.click()
    verdict = live.output.locator(".widget-html-content", has_text="You said")
    verdict.wait_for()
    assert re.search(r"two.*four", verdict.inner_text())
    truth = live.changed(start)
    assert "power 4" in truth[1]
    assert "grayscale" in truth[0], "the guess is not shown beside the truth"

    live.output.locator("select").select_option("minus")  # power 4, minus: raises
    error = live.output.locator("[role=alert]")
    error.wait_for()
    assert re.search(r"k=4.*minus.*ZeroDivisionError: no such power", error.inner_text())
    live.image.wait_for(state="hidden")  # the error stands in the figure's place
    live.output.locator("select").select_option("plus")
    error.wait_for(state="detached")
    live.image.wait_for(state="visible")


def test_explorer_that_cannot_be_drawn_fails_its_cell(run):
    page = run("broken", explorer=False)
    error = page.locator(".jp-OutputArea-output[data-mime-type*='error'], "
                         ".jp-RenderedText[data-mime-type*='stderr']").first  # fmt: skip
    error.wait_for()
    text = error.inner_text()
    assert "fig-broken failed at k=1" in text and "cannot be drawn at all" in text


def test_chapters_with_explorers_are_found():
    """Guard the tests above: with the pattern that finds explorers, `small` has one."""
    assert is_explorer(new_code_cell(SMALL))
    assert not is_explorer(new_markdown_cell("@explore"))
