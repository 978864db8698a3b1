"""Figures that do not move, as SVG: cropped, in the page's colours, with ids of their own."""

import re
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import pytest
from IPython.core.interactiveshell import InteractiveShell
from matplotlib.figure import Figure

from d2lnotes.explore import still
from d2lnotes.explore.still import SCALE, still_html
from d2lnotes.plotting import BAKE, INK, panels, use_style

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(autouse=True)
def style():
    with plt.rc_context():
        use_style()
        yield


def curve(high=1, **options):
    """A figure of one line that is clipped to its axes."""
    figure = Figure(figsize=(4, 3), **options)
    figure.subplots().plot([0, 1], [0, high])
    return figure


def parse(picture):
    """The picture's root; HTML lets an attribute stand without a value, XML does not."""
    return ElementTree.fromstring(picture.replace(" data-picture", ' data-picture=""'))


def box(picture):
    """The view box of a picture."""
    return [float(part) for part in parse(picture).get("viewBox").split()]


def test_colours_follow_the_page_and_words_are_text():
    figure = curve()
    figure.axes[0].set_title("Losses")
    root = parse(still_html(figure))
    (title,) = [one for one in root.iter(SVG + "text") if one.text == "Losses"]
    assert title.get("fill") == f"var(--d2l-ink,{INK})"


def test_a_box_without_a_colour_of_its_own_is_in_ink():
    figure = Figure()
    figure.text(0.5, 0.5, "boxed", bbox={"fc": "none"})
    assert f'stroke="var(--d2l-ink,{INK})"' in still_html(figure)
    assert "#000000" not in still_html(figure)


def test_margins_are_cut_off_and_nothing_else():
    figure = Figure(figsize=(4, 3))
    figure.add_axes((0.5, 0.25, 0.25, 0.5)).set(xticks=[], yticks=[])
    left, top, width, height = box(still_html(figure))
    edge = 72 * still.MARGIN + 1
    assert left == pytest.approx(144, abs=edge) and top == pytest.approx(54, abs=edge)
    assert width == pytest.approx(72, abs=2 * edge) and height == pytest.approx(108, abs=2 * edge)


def test_a_formula_is_not_cut_off():
    """A notebook draws it otherwise, and narrower."""
    figure = Figure(figsize=(4, 3))
    figure.text(0.1, 0.5, "$= w + x + y + z + … + b$", size=10)
    plain = Figure(figsize=(4, 3))
    plain.text(0.1, 0.5, "= w + x + y + z + … + b", size=10)
    assert box(still_html(figure)) == pytest.approx(box(still_html(plain)), abs=0.2)


def test_its_size_on_the_page_follows_the_size_that_the_notebook_gives_it():
    narrow, wide = (still_html(Figure(figsize=(inches, 2), layout="constrained"))
                    for inches in (3, 6))  # fmt: skip
    for picture in (narrow, wide):
        width = float(parse(picture).get("width"))
        assert width == pytest.approx(SCALE * box(picture)[2], abs=0.1)


def test_panels_are_whole_and_say_how_they_are_stacked():
    figure = Figure(figsize=(6, 2))
    panels(figure, 2)
    root = parse(still_html(figure))
    assert root.get("viewBox") == "0 0 432 144"
    assert root.get("data-columns-1") == "0 0 216 288"
    assert len([one for one in root.iter(SVG + "g") if one.get("class") == "d2l-panel"]) == 2


def test_a_figure_without_panels_is_not_stacked():
    assert "data-columns" not in still_html(curve())


def test_ids_differ_between_figures_and_every_one_that_is_used_exists():
    pictures = still_html(curve(1)), still_html(curve(2))
    ids = [set(re.findall(r'\bid="([^"]+)"', picture)) for picture in pictures]
    assert ids[0] and not ids[0] & ids[1]
    for picture, mine in zip(pictures, ids, strict=True):
        assert set(re.findall(r"url\(#([^)]+)\)", picture)) == mine


def test_the_same_figure_gives_the_same_picture():
    assert still_html(curve()) == still_html(curve())


def test_drawing_leaves_the_figure_as_it_was():
    figure = curve(dpi=110)
    still_html(figure)
    assert figure.dpi == 110 and figure.get_size_inches().tolist() == [4, 3]


@pytest.fixture
def shell(monkeypatch):
    """An IPython shell, as a kernel has one."""
    shell = InteractiveShell()
    monkeypatch.setattr(still, "get_ipython", lambda: shell)
    return shell


def test_a_notebook_hands_out_the_picture_only_where_the_book_is_built(shell, monkeypatch):
    html = shell.display_formatter.formatters["text/html"]
    monkeypatch.delenv(BAKE, raising=False)
    use_style()
    assert html(curve()) is None
    monkeypatch.setenv(BAKE, "1")
    use_style()
    assert html(curve()).startswith("<svg")


def test_outside_of_a_notebook_nothing_happens(monkeypatch):
    monkeypatch.setattr(still, "get_ipython", lambda: None)
    monkeypatch.setenv(BAKE, "1")
    use_style()
