"""JupyterLite beside the book: what can be held without building it."""

import importlib.util
import json
import os
import re
import subprocess

import build_lite
import colab
import launch
import nbformat
import pytest
import yaml
from export import ON_COLAB, Target, export, figure_title, in_words, targets, works
from tinybook import ROOT, build

from d2lnotes import browser

HERE = ROOT / "book" / "lite"
KNOWN = {
    "sec-here": Target("05_here.ipynb", "Here"),
    "sec-there": Target("04_there.ipynb", "There"),
    "sec-page": Target("notation.md", "Letters"),
    "eq-there": Target("04_there.ipynb"),
    "fig-a-curve": Target("05_here.ipynb", figure_title("fig-a-curve"), True),
}
WORKS = {"one2020a": ("One", "2020"), "two2021b": ("Two and Three", "2021")}


# Chapters alone ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said, wanted",
    [
        ("see {ref}`sec-here` and {eq}`eq-none`", "see {ref}`sec-here` and “eq-none”"),
        ("{ref}`sec-there`", "“There” of chapter 4"),
        ("{ref}`words <sec-there>`", "words"),
        ("{ref}`words <sec-here>`", "{ref}`words <sec-here>`"),
        ("{ref}`sec-page`", "“Letters” of the book"),
        ("({eq}`eq-there`)", "(an equation of chapter 4)"),
        ("{numref}`fig-a-curve` shows", "Figure “a curve” shows"),
        ("{cite:p}`one2020a,two2021b`", "(One, 2020; Two and Three, 2021)"),
        ("{cite:t}`two2021b` say", "Two and Three (2021) say"),
        ("[degree 15](#fig-a-curve?degree=15&lam=0)", "degree 15"),
        ("[the preface](../book/preface.md)", "the preface"),
        ("[a page](https://example.org) and `x[0](1)`", None),
    ],
)
def test_references_that_only_the_book_can_resolve_become_words(said, wanted):
    assert in_words(said, "05_here.ipynb", KNOWN, WORKS) == (said if wanted is None else wanted)


def test_targets_are_found_where_they_are_made():
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": "(sec-a)=\n## A title\n\nText"},
        {"cell_type": "markdown", "metadata": {}, "source": "```{math}\n:label: eq-b\nx\n```"},
        {"cell_type": "markdown", "metadata": {},
         "source": "```{exercise} Counting\n:label: ex-c\n★ How many?\n```"},
        {"cell_type": "code", "source": "1", "metadata":
         {"mystnb": {"figure": {"name": "fig-d-e", "caption": "x"}}}},
    ]  # fmt: skip
    assert targets({"03_x.ipynb": {"cells": cells}}, {"y.md": "(sec-y)=\n# Y"}) == {
        "sec-y": Target("y.md", "Y"),
        "sec-a": Target("03_x.ipynb", "A title"),
        "eq-b": Target("03_x.ipynb"),
        "ex-c": Target("03_x.ipynb", "Counting"),
        "fig-d-e": Target("03_x.ipynb", "Figure “d e”", True),
    }


def test_works_are_named_by_author_and_year():
    found = works(
        "@book{a1,\n  author = {One, A.},\n  year = {1}\n}\n\n"
        "@book{b2,\n  author = {One, A. and Two, B.},\n  year = {2}\n}\n"
        "@misc{c3,\n  author = {Ong{\\'e}, A. and Two, B. and Three, C.},\n  year = {3},\n}\n"
    )
    assert found == {"a1": ("One", "1"), "b2": ("One and Two", "2"), "c3": ("Onge et al.", "3")}


@pytest.fixture(scope="module")
def chapters():
    return build_lite.chapters()


def test_no_reference_of_a_chapter_is_left_without_its_target(chapters):
    """Neither one that JupyterLite could not resolve, nor a label in the place of words."""
    for name, notebook in chapters.items():
        text = "\n".join(c["source"] for c in notebook["cells"] if c["cell_type"] == "markdown")
        own = {label for label, one in targets({name: notebook}, {}).items() if not one.is_figure}
        for kind, _, label, bare in re.findall(r"\{(\w+)\}`(?:([^`<]*)<([^`>]+)>|([^`<]+))`", text):
            assert kind not in ("ref", "eq") or (label or bare) in own, f"{name}: {label or bare}"
            assert kind not in ("numref", "doc"), f"{name}: {label or bare}"
        assert "{cite" not in text
        assert not re.findall(r"“(?:sec|eq|fig|ex|ch)-[\w-]+”", text), name


def test_chapter_keeps_its_code_and_folds_what_the_book_folds(chapters):
    for name, notebook in chapters.items():
        before = json.loads((ROOT / "notebooks" / name).read_text(encoding="utf-8"))["cells"]
        code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        assert [c["source"] for c in code] == [
            c["source"] for c in before if c["cell_type"] == "code"
        ]
        for cell in code:
            folded = cell["metadata"].get("jupyter", {}).get("source_hidden", False)
            assert folded == ("hide-input" in cell["metadata"].get("tags", []))
        ids = [cell["id"] for cell in notebook["cells"]]
        assert len(set(ids)) == len(ids)


def test_figure_gets_its_caption_and_the_notebook_its_kernel():
    cells = [
        {"id": "a", "cell_type": "markdown", "metadata": {}, "source": ["# Title"]},
        {"id": "b", "cell_type": "code", "source": "1", "metadata": {
            "mystnb": {"figure": {"name": "fig-a-b", "caption": "After {cite:t}`one2020a`."}}}},
    ]  # fmt: skip
    came = {"cells": cells, "metadata": {"kernelspec": {"name": "python3"}}}
    made = export("05_here.ipynb", came, KNOWN, WORKS)
    assert [cell["id"] for cell in made["cells"]] == ["a", "in-the-browser", "b", "caption-fig-a-b"]
    assert made["cells"][-1]["source"] == "**Figure “a b”.** After One (2020)."
    assert made["metadata"]["kernelspec"]["name"] == "python"
    assert came["metadata"]["kernelspec"]["name"] == "python3" and len(cells) == 2


# The pins ------------------------------------------------------------------------------------


def pins(path):
    """Versions by name, from a file of requirements."""
    lines = re.findall(r"^([\w.-]+)==(\S+)", path.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in lines}


def test_front_end_of_the_widgets_fits_the_book_and_the_wheels():
    book, lite = pins(ROOT / "constraints.txt"), pins(HERE / "requirements.txt")
    assert pins(HERE / "wheels.txt").items() <= book.items()
    assert lite["jupyterlab-widgets"] == book["jupyterlab-widgets"]


def test_one_version_of_pyodide_is_named():
    listed = json.loads((HERE / "package-lock.json").read_text())["packages"]
    assert listed["node_modules/pyodide"]["version"] == build_lite.PYODIDE
    assert listed[""]["dependencies"] == {"pyodide": build_lite.PYODIDE}
    assert listed["node_modules/pyodide"]["integrity"].startswith("sha512-")
    assert f"v{build_lite.PYODIDE}/" in build_lite.CDN + "/"


def test_package_needs_nothing_that_the_list_lacks():
    """What d2lnotes depends on must come with it, or its import fails in the browser."""
    wanted = re.search(r"^dependencies = \[(.*)\]", (ROOT / "pyproject.toml").read_text(), re.M)[1]
    assert set(re.findall(r'"([\w-]+)', wanted)) == set(build_lite.DEPENDS["d2lnotes"])


# The buttons ---------------------------------------------------------------------------------

REPOSITORY = """\
repository:
  url: "{url}"
  branch: main
  path_to_book: ""
"""


@pytest.fixture(scope="module")
def launched(tmp_path_factory):
    """Build a tiny book with a repository's address; returns its two pages."""

    def launched(url, lite):
        environment = os.environ.get(launch.LITE)
        os.environ[launch.LITE] = lite
        try:
            built = build(
                tmp_path_factory.mktemp("book"),
                "# Index",
                ["# Notebook"],
                config=lambda text: LAUNCH + REPOSITORY.format(url=url) + text
                .replace("launch_buttons:\n  thebe: false\n", ""),
            )  # fmt: skip
        finally:
            os.environ.pop(launch.LITE)
            if environment is not None:
                os.environ[launch.LITE] = environment
        assert built.code == 0, built.log[-2000:]
        return built.page("notebook"), built.page("index")

    return launched


#: As the book's own file has it.
LAUNCH = re.search(r"^launch_buttons:\n(?:  .*\n)+", (ROOT / "_config.yml").read_text(), re.M)[0]


def links(page):
    """Where a page's launch buttons lead."""
    return re.findall(r'<a href="([^"]*(?:lite/|mybinder|colab)[^"]*)"', page)


def test_with_a_repository_there_are_binder_and_colab_and_lite(launched):
    notebook, index = launched("https://github.com/someone/deep-notes", "cdn")
    assert sorted(links(notebook)) == [
        "https://colab.research.google.com/github/someone/deep-notes/blob/main/notebook.ipynb",
        "https://mybinder.org/v2/gh/someone/deep-notes/main?urlpath=lab/tree/notebook.ipynb",
        "lite/notebooks/index.html?path=notebook.ipynb",
    ]
    assert not links(index)


def test_without_a_repository_and_without_lite_there_is_no_button(launched):
    notebook, index = launched("", "")
    assert not links(notebook) and not links(index)


def test_repository_is_named_once_and_in_one_place():
    text = (ROOT / "_config.yml").read_text(encoding="utf-8")
    assert len(re.findall(r"^repository:$", text, re.M)) == 1
    assert re.search(r'^repository:\n  url: "', text, re.M)


def test_cell_for_colab_stands_in_every_notebook_or_in_none():
    address = yaml.safe_load((ROOT / "_config.yml").read_text())["repository"]["url"]
    for path in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        assert colab.with_cell(notebook, address) == notebook, "run `make colab`"


@pytest.fixture
def fetch(monkeypatch):
    """Run the cell for Colab where d2lnotes is or is not; returns the commands that it ran."""

    def fetch(is_there):
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Title")])
        made = colab.with_cell(notebook, "https://github.com/someone/deep-notes")
        again = colab.with_cell(made, "https://github.com/someone/deep-notes")
        assert again == made and colab.with_cell(made, "") == notebook
        _, cell = made.cells
        assert cell.id == colab.IDENT == ON_COLAB and cell.metadata.tags == ["remove-cell"]
        assert len(cell.source.splitlines()) <= 15
        ran = []
        monkeypatch.setattr(subprocess, "run", lambda command, **_: ran.append(command))
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: is_there or None)
        exec(cell.source, {})
        return ran

    return fetch


def test_cell_for_colab_does_nothing_where_the_package_is(fetch):
    assert fetch(is_there=True) == []


def test_cell_for_colab_fetches_the_package_where_it_is_missing(fetch):
    (command,) = fetch(is_there=False)
    assert command[1:4] == ["-m", "pip", "install"]
    assert command[-1] == "git+https://github.com/someone/deep-notes"


def test_cell_for_colab_does_not_go_into_the_browser():
    cells = [{"id": "a", "cell_type": "markdown", "metadata": {}, "source": "# Title"},
             {"id": ON_COLAB, "cell_type": "code", "metadata": {}, "source": "1"}]  # fmt: skip
    made = export("05_x.ipynb", {"cells": cells, "metadata": {}}, {}, {})
    assert [cell["id"] for cell in made["cells"]] == ["a", "in-the-browser"]


def test_binder_has_what_the_package_needs():
    wanted = (ROOT / ".binder" / "requirements.txt").read_text()
    for name in ("numpy", "matplotlib", "ipywidgets", "tqdm", "jupyterlab_myst"):
        assert re.search(rf"^{name}\b", wanted, re.M), name
    assert "-c ../constraints.txt" in wanted
    assert re.fullmatch(r"python-3\.1[1-9]\n", (ROOT / ".binder" / "runtime.txt").read_text())
    assert "pip install --no-deps ." in (ROOT / ".binder" / "postBuild").read_text()


# In the browser ------------------------------------------------------------------------------


def test_training_is_shorter_in_the_browser_and_says_so(monkeypatch, capsys):
    assert browser.fewer(2000, 5, "epochs") == 2000
    browser.slow(4)
    assert capsys.readouterr().out == ""
    monkeypatch.setattr(browser.sys, "platform", "emscripten")
    assert browser.fewer(2000, 5, "epochs") == 5
    browser.slow(4)
    assert capsys.readouterr().out == (
        "In the browser: 5 epochs instead of 2,000; the text speaks of 2,000.\n"
        "This takes 4 s where Python is installed; in the browser, minutes.\n"
    )


def test_browser_can_be_pretended(monkeypatch):
    assert not browser.is_used()
    monkeypatch.setenv(browser.PRETEND, "1")
    assert browser.is_used()


@pytest.mark.parametrize("full, few", [(5, 5), (5, 6), (5, 0)])
def test_number_that_is_not_smaller_is_refused(full, few):
    with pytest.raises(ValueError, match=f"few={few} and full={full}"):
        browser.fewer(full, few, "epochs")


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_time_that_is_none_is_refused(seconds):
    with pytest.raises(ValueError, match="positive number of seconds"):
        browser.slow(seconds)
