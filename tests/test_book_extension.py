"""The book's Sphinx extension, on a tiny book, and its parts that need no build."""

import os
import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from nbformat.v4 import new_notebook
from tinybook import build, code

from d2lnotes.explore import book
from d2lnotes.explore.explorer import BAKE

IMPORTS = """\
from d2lnotes.explore import Choice, Slider, explore
from d2lnotes.plotting import panels"""
POWERS = """\
@explore(k=Slider([1, 2, 3], start=2, label="power"),
         kind=Choice(["plus", "more & less"], label="kind"))
def powers(figure, k, kind):
    panels(figure)[0].plot([0, 1, 2], [0, 1, 2**k])
    return f"Two to the power {k} is {2**k}, {kind}."


powers"""
BARE = """\
@explore(k=Slider([1, 2], label="power"))
def bare(figure, k):
    return f"State {k}."


bare"""
STILL = """\
import matplotlib.pyplot as plt
from d2lnotes.plotting import use_style

use_style()
plt.subplots()[1].plot([0, 1], [0, {}]);"""
BROKEN = """\
from d2lnotes.explore import Slider, explore

@explore(k=Slider([1, 2, 3], label="power"), n=Slider([0, 5], label="size"))
def broken(figure, k, n):
    if k == 2 and n == 5:
        raise ZeroDivisionError("cannot be drawn here")
    return f"State {k}, {n}."


broken"""

GOOD = {
    "[one](#fig-powers?k=3)": "#fig-powers?k=3",
    "[two](#fig-powers?k=1&kind=plus)": "#fig-powers?k=1&amp;kind=plus",
    "[word](#fig-powers?kind=more%20%26%20less)": "#fig-powers?kind=more%20%26%20less",
}
BAD = {
    "[figure](#fig-nowhere?k=1)": "link to a state of 'fig-nowhere': there is no such explorer",
    "[control](#fig-powers?degree=1)": "fig-powers has no control 'degree'; it has k, kind",
    "[value](#fig-powers?k=9)": "fig-powers: k=9 is not on its grid: 1, 2, 3",
    "[word](#fig-powers?kind=Plus)": "fig-powers: kind=Plus is not on its grid: plus, more & less",
    "[second](#fig-powers?kind=plus&k=0)": "fig-powers: k=0 is not on its grid: 1, 2, 3",
    "[nothing](#fig-powers?)": "fig-powers has no control ''; it has k, kind",
}
WITH_FILE = "[file](notebook.ipynb#fig-powers?k=2)"
UNNAMED = (
    "the explorer fig-bare needs a caption and its name in the cell's metadata: "
    '"mystnb": {"figure": {"name": "fig-bare", "caption": "..."}}'
)
UNSAID = (
    "a figure needs a name, a caption and a text for those who do not see it in the cell's "
    'metadata: "mystnb": {"figure": {"name": "fig-...", "caption": "..."}, "image": {"alt": "..."}}'
)
SAID = 'A line that rises from "0" to 1 & no further.'


def still(high, name, alt=None):
    """A cell that draws a figure that does not move."""
    cell = code(STILL.format(high), figure=name)
    if alt:
        cell.metadata.setdefault("mystnb", {})["image"] = {"alt": alt}
    return cell


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A book with good and bad links on both pages, folds, an explorer without a caption, figures
    with and without a text, and a stray widget."""
    links = [*GOOD, *BAD, "[the figure](#fig-powers)"]
    return build(
        tmp_path_factory.mktemp("book"),
        "# Index\n\n" + "\n\n".join([*links, WITH_FILE]),
        [
            "# Notebook",
            code(IMPORTS, tags=["hide-input"]),
            code("second = 2", tags=["hide-input"]),
            code(POWERS, figure="fig-powers", tags=["hide-input"]),
            code("fourth = 4", tags=["hide-input"]),
            code("print('fifth says so')", tags=["hide-input"]),
            "\n\n".join(links),
            code("sixth = 6", tags=["hide-input"]),
            code(BARE),
            still(1, "fig-rise", SAID),
            still(2, "fig-unsaid"),
            still(3, None, SAID),
            code("import ipywidgets\n\nipywidgets.IntSlider()"),
        ],
    )


@pytest.fixture(scope="module")
def failed(tmp_path_factory):
    """A book in which one state of an explorer cannot be drawn."""
    return build(tmp_path_factory.mktemp("broken"), "# Index",
                 ["# Notebook", code(BROKEN, figure="fig-broken")])  # fmt: skip


# Links to states -----------------------------------------------------------------------------


def hrefs(page):
    return re.findall(r'<a class="d2l-state[^"]*" href="([^"]*)"', page)


def test_bad_state_links_each_warn_and_nothing_else_does(built):
    """From the figure's own page and from another; and -W makes of a warning a failed build."""
    assert sorted(built.warnings) == sorted([*BAD.values(), *BAD.values(), UNNAMED, UNSAID, UNSAID])
    assert built.code != 0


def test_good_state_links_resolve_from_the_page_of_the_figure(built):
    assert hrefs(built.page("notebook"))[: len(GOOD)] == list(GOOD.values())


def test_good_state_links_resolve_from_another_page(built):
    found = hrefs(built.page("index"))
    assert found[: len(GOOD)] == ["notebook.html" + link for link in GOOD.values()]
    assert "notebook.html#fig-powers?k=2" in found, "a link with the file's name"


def test_link_to_a_figure_that_does_not_exist_stays_text(built):
    assert not [href for name in ("index", "notebook") for href in hrefs(built.page(name))
                if "fig-nowhere" in href]  # fmt: skip


def test_link_to_the_figure_itself_is_left_to_sphinx(built):
    link = r'<a class="reference internal" href="{}#fig-powers">(?:<span[^>]*>)?the figure'
    assert re.search(link.format(""), built.page("notebook"))
    assert re.search(link.format("notebook.html"), built.page("index"))


# The figure ----------------------------------------------------------------------------------


def test_figure_caption_number_and_id_stand_once_on_one_figure(built):
    page = built.page("notebook")
    figures = re.findall(r"<figure\b.*?</figure>", page, re.S)
    (figure,) = [one for one in figures if "d2l-explorer" in one.partition(">")[0]]
    opening = figure.partition(">")[0]
    assert 'id="fig-powers"' in opening and "d2l-explorer" in opening
    assert re.findall(r'id="fig-powers"', page) == ['id="fig-powers"']
    assert figure.count("<figcaption>") == figure.count("data-picture") == 1
    assert re.search(r'caption-number">Fig\. \d', figure)
    assert page.count("Caption of fig-powers.") == 1
    assert 'data-explorer="fig-powers"' in figure
    assert len(re.findall(r'class="cell [^"]*d2l-has-explorer', page)) == 1


def test_explorer_without_a_caption_is_no_explorer_of_the_page(built):
    assert 'data-explorer="fig-bare"' in built.page("notebook")
    assert 'id="fig-bare"' not in built.page("notebook")


def test_book_is_baked(built):
    page = built.page("notebook")
    assert page.count('class="d2l-states"') == 2
    assert "Explorer fig-powers" not in page, "the text for notebooks stands beside the figure"


def test_still_figure_is_drawn_into_the_page_and_says_what_it_shows(built):
    page = built.page("notebook")
    (figure,) = [one for one in re.findall(r"<figure\b.*?</figure>", page, re.S)
                 if 'id="fig-rise"' in one]  # fmt: skip
    assert "d2l-still" in figure.partition(">")[0]
    assert "Caption of fig-rise." in figure and "var(--d2l-c0," in figure
    name = re.search(r'<svg [^>]*role="img" aria-label="([^"]*)"', figure)[1]
    assert unescape(name) == SAID


def test_pages_have_no_pictures_in_pixels(built):
    assert not re.search(r'<img [^>]*src="_images', built.page("notebook"))
    assert not list(built.site.glob("_images/*.png"))


# What the pages load -------------------------------------------------------------------------


class Loads(HTMLParser):
    """What a page's tags fetch."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "script":
            self.found.append(attributes.get("src") or "")
        if tag == "link" and attributes.get("rel") in ("stylesheet", "preload"):
            self.found.append(attributes["href"])


@pytest.mark.parametrize("name", ["index", "notebook"])
def test_scripts_and_styles_come_from_the_site(built, name):
    found = list(filter(None, Loads(built.page(name)).found))
    assert not [one for one in found if re.match(r"(https?:)?//", one)]
    assert not re.search(r"require(\.min)?\.js|html-manager", built.page(name))
    for wanted in ("d2l-explore.js", "d2l-explore.css"):
        assert len([one for one in found if wanted in one]) == 1
    for one in found:
        assert (built.site / one.partition("?")[0]).is_file(), one


# Folds ---------------------------------------------------------------------------------------


def test_folded_cells_that_follow_one_another_become_one_fold(built):
    folds = [re.sub(r"<[^>]+>", "", fold) for fold in
             re.findall(r"<details\b.*?</details>", built.page("notebook"), re.S)]  # fmt: skip
    assert len(folds) == 3
    wanted = [["import panels", "second = 2", "def powers"],
              ["fourth = 4", "print"],
              ["sixth = 6"]]  # fmt: skip
    for fold, parts in zip(folds, wanted, strict=True):
        places = [fold.find(part) for part in parts]
        assert -1 not in places and places == sorted(places)
        assert fold.count("Show the code") == 1
    page = built.page("notebook")
    assert "fifth says so" in re.sub(r"<details\b.*?</details>", "", page, flags=re.S)


# A state that fails --------------------------------------------------------------------------


def test_state_that_cannot_be_drawn_fails_the_build_and_is_named(failed):
    assert failed.code != 0
    assert "fig-broken failed at k=2, n=5: ZeroDivisionError: cannot be drawn here" in failed.log
    assert not (failed.site / "notebook.html").exists()


# What is cached ------------------------------------------------------------------------------


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A small package in the place of d2lnotes."""
    folder = tmp_path / "d2lnotes"
    (folder / "explore").mkdir(parents=True)
    (folder / "explore" / "book.py").write_text("extension = 1\n")
    (folder / "data.csv").write_text("1,2\n")
    monkeypatch.setattr(book, "__file__", str(folder / "explore" / "book.py"))
    monkeypatch.setenv(BAKE, "")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    return folder


@pytest.fixture
def configure(tmp_path):
    """Begin a build; returns whether its cached outputs are still there, and what is reread."""
    cache = tmp_path / "_build" / ".jupyter_cache"
    env = SimpleNamespace(found_docs={"a", "b"})
    sphinx = SimpleNamespace(html_static_path=["assets"], html_extra_path=[])

    def configure():
        app = SimpleNamespace(outdir=tmp_path / "_build" / "html", srcdir=tmp_path, config=sphinx)
        config = SimpleNamespace(nb_execution_cache_path="")
        book.configure(app, config)
        kept = (cache / "outputs").exists()
        (cache / "outputs").write_text("of a notebook")
        return kept, sorted(book.reread_what_changed(app, env, set(), set(), set()))

    return configure


def test_first_build_reads_every_page(package, configure):
    assert configure() == (False, ["a", "b"])


def test_unchanged_package_keeps_what_is_cached(package, configure):
    configure()
    assert configure() == (True, [])
    (package / "explore" / "book.pyc").write_bytes(b"compiled")
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "data.pyc").write_bytes(b"compiled")
    os.utime(package / "data.csv", (0, 0))
    assert configure() == (True, []), "nothing changed that a notebook could see"


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "explore" / "book.py").write_text("extension = 2\n"),
        lambda folder: (folder / "data.csv").write_text("1,3\n"),
        lambda folder: (folder / "new.py").write_text(""),
        lambda folder: (folder / "data.csv").unlink(),
        lambda folder: (folder / "data.csv").rename(folder / "table.csv"),
    ],
    ids=["code", "data", "new", "removed", "renamed"],
)
def test_changed_package_drops_what_is_cached(package, configure, change):
    configure()
    change(package)
    assert configure() == (False, ["a", "b"])
    assert configure() == (True, [])


def test_changed_style_sheet_keeps_the_cache_and_writes_every_page(package, configure, tmp_path):
    """Sphinx would leave the old sheet in the site: no page of its own is outdated."""
    configure()
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "pages.css").write_text("a {}")
    assert configure() == (True, ["a", "b"])
    assert configure() == (True, [])


@pytest.fixture
def execute(tmp_path, monkeypatch):
    """Run notebooks, given by name and source, as a build does before it reads its pages."""
    monkeypatch.setattr(os, "cpu_count", lambda: 2)

    def execute(mode="cache", **sources):
        for name, source in sources.items():
            notebook = new_notebook(cells=[code(source)])
            notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
            nbformat.write(notebook, tmp_path / f"{name}.ipynb")
        config = SimpleNamespace(
            nb_execution_mode=mode,
            nb_execution_cache_path=str(tmp_path / "cache"),
            nb_execution_timeout=120,
        )
        env = SimpleNamespace(doc2path=lambda name: tmp_path / f"{name}.ipynb")
        book.execute_together(SimpleNamespace(config=config), env, list(sources))

    return execute


WAIT_FOR_THE_OTHER = """\
import pathlib, time
pathlib.Path("{mine}").touch()
end = time.monotonic() + 60
while not pathlib.Path("{other}").exists():
    assert time.monotonic() < end, "the other notebook does not run"
    time.sleep(0.02)"""


def test_notebooks_run_side_by_side_and_once(execute, tmp_path):
    two = {
        "one": WAIT_FOR_THE_OTHER.format(mine="a", other="b"),
        "other": WAIT_FOR_THE_OTHER.format(mine="b", other="a"),
    }
    execute(**two)
    assert (tmp_path / "a").exists() and (tmp_path / "b").exists()
    (tmp_path / "a").unlink()
    execute(**two)
    assert not (tmp_path / "a").exists(), "it was in the cache"


def test_notebook_that_fails_is_left_for_the_build_to_name(execute, tmp_path):
    failing = "open('ran', 'a').write('x'); 1 / 0"
    execute(failing=failing)
    execute(failing=failing)
    assert (tmp_path / "ran").read_text() == "xx", "a failure is not cached"


def test_nothing_runs_ahead_where_nothing_is_cached(execute, tmp_path):
    execute(mode="off", one="open('ran', 'w')")
    assert not (tmp_path / "ran").exists()


def test_other_version_of_numpy_drops_what_is_cached(package, configure, monkeypatch):
    configure()
    monkeypatch.setattr(book, "version", lambda name: f"{name} of tomorrow")
    assert configure() == (False, ["a", "b"])


def test_package_that_is_hashed_is_the_one_that_draws(monkeypatch):
    home = Path(book.__file__).parents[1]
    seen = []
    read = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: seen.append(path) or read(path))
    first = book.package_digest()
    assert {home / "plotting.py", home / "explore" / "svg.py"} <= set(seen)
    assert [path for path in seen if "datasets" in path.parts]
    assert first == book.package_digest()


# Mending -------------------------------------------------------------------------------------


def test_scroll_spy_watches_the_list_that_the_page_has():
    body = '<body data-bs-spy="scroll" data-bs-target=".bd-toc-nav" data-offset="1">'
    with_list = body + '<nav id="pst-page-toc-nav"></nav>'
    assert 'data-bs-target="#pst-page-toc-nav"' in book.mend(with_list)
    assert "data-bs-" not in book.mend(body)


def test_bibliography_is_no_list_without_items():
    for tag in (
        '<div role="list" class="citation-list">',
        '<div class="citation-list" role="list">',
        '<div class="docutils citation-list x" role="list">',
    ):
        assert 'role="list"' not in book.mend(tag)
    assert book.mend('<ul role="list">') == '<ul role="list">'
    assert "role" not in book.mend('<div class="citation" id="id1" role="doc-biblioentry">')


def test_side_bar_is_a_landmark_with_a_name():
    bar = book.mend('<div id="pst-primary-sidebar" class="bd-sidebar-primary bd-sidebar">')
    assert 'role="complementary"' in bar and 'aria-label="The book"' in bar
