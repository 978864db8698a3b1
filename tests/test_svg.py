"""The SVG that Matplotlib's drawings become: valid, small, in the page's colours, right way up."""

import base64
import io
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from PIL import Image

from d2lnotes.explore import Slider, explore
from d2lnotes.explore.bake import bake
from d2lnotes.explore.explorer import BAKE
from d2lnotes.explore.svg import THEME, draw_tree, formula, number, plain_text, to_markup
from d2lnotes.plotting import BLUE, GREY, GRID, INK, PALETTE, PAPER, panels

SVG = "{http://www.w3.org/2000/svg}"
MARK = "#123456"  # a colour that is no other's


@pytest.fixture(autouse=True)
def live(monkeypatch):
    monkeypatch.delenv(BAKE, raising=False)


def draw(prepare, **options):
    """An explorer of one panel, drawn by ``prepare(axes)``."""

    @explore(k=Slider([0, 1], label="k"), **options)
    def drawn(figure, k):
        prepare(panels(figure)[0])
        return "Said."

    return drawn


def elements(explorer, tag, **attributes):
    """The elements of the start state's picture with that tag and those attributes."""
    root = ElementTree.fromstring(explorer.svg())
    return [
        one
        for one in root.iter(SVG + tag)
        if all(one.get(name.replace("_", "-")) == value for name, value in attributes.items())
    ]


def marked(prepare, tag="path"):
    """The only element that is drawn in the colour of `MARK`."""
    found = [one for one in elements(draw(prepare), tag)
             if MARK in (one.get("stroke"), one.get("fill"))]  # fmt: skip
    assert len(found) == 1
    return found[0]


def points(data):
    """The coordinates to which a path of straight lines leads."""
    found = []
    for command, numbers in re.findall(r"([Ml])([^MlZ]*)", data):
        steps = np.array(re.findall(r"-?(?:\d+\.?\d*|\.\d+)", numbers), float).reshape(-1, 2)
        found += list(steps if command == "M" else found[-1] + steps.cumsum(axis=0))
    return np.array(found)


# Numbers and words ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "spelt"),
    [(3.04, "3"), (2.96, "3"), (-0.04, "0"), (-0.06, "-0.1"), (0, "0"), (-2.5, "-2.5"),
     (99999.94, "99999.9"), (1234567.8, "1234568"), (np.float32(0.3), "0.3")],
)  # fmt: skip
def test_number_has_a_tenth_of_a_pixel_and_no_needless_zero(value, spelt):
    assert number(value) == spelt


@given(st.floats(-1e9, 1e9))
@settings(derandomize=True, deadline=None, database=None)
def test_number_is_near_and_plain(value):
    spelt = number(value)
    assert re.fullmatch(r"-?\d+(\.\d)?", spelt) and spelt != "-0"
    assert abs(float(spelt) - value) <= (0.051 if abs(value) < 1e5 else 0.5)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("no formula", "no formula"),
        (r"$\mathdefault{10^{-3}}$", "10⁻³"),
        (r"$\mathdefault{10^{0}}$", "10⁰"),
        (r"$\mathdefault{−10^{12}}$", "−10¹²"),
        (r"$\mathdefault{2\times10^{5}}$", "2×10⁵"),
        (r"$10^{-12}$", "10⁻¹²"),
        (r"$\mathregular{10^7}$", "10⁷"),
        ("$R^2$", "R²"),
        ("$2^n$", "2ⁿ"),
    ],
)
def test_powers_of_tick_labels_become_unicode(text, plain):
    assert plain_text(text) == plain


def runs(text):
    """How a formula is shown: its parts, each with its height over the line, size and slant."""
    root, height, found = ElementTree.fromstring(f"<text>{formula(text, 10)}</text>"), 0, []
    if root.text:
        found.append((root.text, 0, False, False))
    for span in root:
        height -= float(span.get("dy", 0))
        small, italic = span.get("font-size") == "75%", span.get("font-style") == "italic"
        found.append((span.text, height, small, italic))
        if span.tail:
            found.append((span.tail, height, False, False))
    return found


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("$w_d$", [("w", 0, False, True), ("d", -2.5, True, True)]),
        ("$x_1 + b$", [("x", 0, False, True), ("1", -2.5, True, False), (" + ", 0, False, False),
                       ("b", 0, False, True)]),
        ("$C_{t-1}$", [("C", 0, False, True), ("t", -2.5, True, True), ("−1", -2.5, True, False)]),
        ("$e^{x}$", [("e", 0, False, True), ("x", 4, True, True)]),
        ("rate $R^2$ now", [("rate ", 0, False, False), ("R", 0, False, True),
                            ("² now", 0, False, False)]),
        ("$a < b$", [("a", 0, False, True), (" < ", 0, False, False), ("b", 0, False, True)]),
    ],
)  # fmt: skip
def test_letters_are_slanted_and_their_marks_small_and_low_or_high(text, shown):
    assert runs(text) == shown


@pytest.mark.parametrize("text", [r"$\alpha$", r"$\frac{1}{2}$", "$x_{a_b}$", r"$\hat{y}$"])
def test_other_formulas_are_refused_with_what_to_write_instead(text):
    with pytest.raises(ValueError, match=r"cannot show .* write Unicode \(σ², ŷ, 10⁻³\)"):
        formula(text, 10)


def test_a_formula_takes_the_room_of_its_letters_and_their_marks():
    def room(text):
        figure = Figure(figsize=(4, 3), dpi=72)
        figure.text(0.5, 0.5, text, size=20, bbox={"boxstyle": "square,pad=0", "fc": MARK})
        markup = to_markup(draw_tree(figure, "a", {}))
        return np.ptp(points(re.search(rf'd="([^"]+)" fill="{MARK}"', markup)[1]), axis=0)

    (plain, high), (marked, higher) = room("wh"), room("$w_{h}$")
    assert 0 < plain - marked < 0.3 * plain, "the mark is smaller"
    assert higher > high, "and lower"


def test_words_of_one_row_stand_on_one_line():
    explorer = draw(lambda axes: axes.set_xticks([0, 1, 2], ["sees", "the", "big"]))
    lines = {float(one.get("y")) for one in elements(explorer, "text") if one.text in
             ("sees", "the", "big")}  # fmt: skip
    assert max(lines) - min(lines) <= 0.11


@pytest.mark.parametrize(
    ("written", "shown"),
    [("costs $5", "costs $5"), (r"\$5 or \$6", "$5 or $6"), ("a_b ^ {c}", "a_b ^ {c}")],
)
def test_words_that_are_no_formula_are_shown_as_written(written, shown):
    explorer = draw(lambda axes: axes.set_title(written))
    assert shown in [one.text for one in elements(explorer, "text")]


def test_ticks_of_a_log_axis_are_unicode():
    explorer = draw(lambda axes: axes.set(yscale="log", ylim=(1e-3, 1e3)))
    texts = {one.text for one in elements(explorer, "text")}
    assert {"10⁻³", "10⁰", "10³"} <= texts
    assert not any("$" in text or "\\" in text for text in texts)


def test_words_cannot_break_the_picture():
    words = "a < b & c > \"d\" 'e' </text>"
    explorer = draw(lambda axes: axes.set_title(words))
    assert words in [one.text for one in elements(explorer, "text")]


def test_text_stands_where_its_author_anchored_it():
    """The page's font is not the one that Matplotlib measured."""

    def write(axes):
        axes.set(xlim=(0, 1), ylim=(0, 1))
        for where in ("left", "center", "right"):
            axes.text(0.5, 0.5, where, ha=where)

    found = {one.text: one for one in elements(draw(write), "text")}
    assert [found[where].get("text-anchor") for where in ("left", "center", "right")] == [
        None,
        "middle",
        "end",
    ]
    assert len({found[where].get("x") for where in ("left", "center", "right")}) == 1


def test_turned_text_is_turned_about_its_own_place():
    explorer = draw(
        lambda axes: (axes.set_ylabel("upwards"), axes.text(0, 0, "slope", rotation=30))
    )
    found = {one.text: one for one in elements(explorer, "text")}
    for text, angle in (("upwards", "-90"), ("slope", "-30")):
        x, y = found[text].get("x"), found[text].get("y")
        assert found[text].get("transform") == f"rotate({angle} {x} {y})"


def test_lines_of_text_and_weights_are_kept():
    explorer = draw(lambda axes: axes.set_title("first\nsecond", weight="bold"))
    found = {one.text: one for one in elements(explorer, "text")}
    assert float(found["first"].get("y")) < float(found["second"].get("y"))
    assert found["first"].get("font-weight") == "bold"


# Ids -----------------------------------------------------------------------------------------


def with_name(name):
    def function(figure, k):
        left, right = panels(figure, 2)
        left.plot([0, 1], [0, k])
        right.imshow([[0, k]])
        return "Said."

    function.__name__ = name
    return explore(k=Slider([0, 1], label="k"))(function)


def test_ids_are_unique_on_a_page_of_several_explorers():
    pages = [bake(with_name(name)).html for name in ("one", "other")]
    ids = [re.findall(r'\bid="([^"]+)"', page) for page in pages]
    every = ids[0] + ids[1]
    assert len(set(every)) == len(every)
    assert all(ident.startswith("fig-one-") for ident in ids[0])
    assert all(ident.startswith("fig-other-") for ident in ids[1])


def test_every_reference_to_an_id_leads_somewhere():
    page = bake(with_name("one")).html
    ids = set(re.findall(r'\bid="([^"]+)"', page))
    wanted = re.findall(r"url\(#([^)]+)\)", page)
    wanted += re.findall(r'\b(?:for|aria-labelledby)="([^"]+)"', page)
    assert wanted and set(wanted) <= ids


# Colours -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("color", "variable"),
    [(INK, "ink"), (GRID, "grid"), (PAPER, "paper"), (GREY, "grey"),
     *[(color, f"c{k}") for k, color in enumerate(PALETTE)]],
)  # fmt: skip
def test_colours_of_the_theme_become_variables_with_a_fallback(color, variable):
    explorer = draw(lambda axes: axes.plot([0, 1], [0, 1], color=color, linewidth=7))
    (line,) = elements(explorer, "path", stroke_width="7")
    assert line.get("stroke") == f"var(--d2l-{variable},{color})"


def test_style_sheet_has_the_colours_that_matplotlib_draws():
    sheet = (Path(__file__).parents[1] / "book/assets/d2l-explore.css").read_text()
    light = dict(re.findall(r"--d2l-(\w+): (#\w{6})", sheet.partition("}")[0]))
    assert {color: light[name] for color, name in THEME.items()} == {
        color: color for color in THEME
    }


def test_other_colours_stay_and_see_through_ones_say_so():
    line = marked(lambda axes: axes.plot([0, 1], [0, 1], color=MARK, alpha=0.25))
    assert (line.get("stroke"), line.get("stroke-opacity")) == (MARK, "0.25")
    line = marked(lambda axes: axes.plot([0, 1], [0, 1], color=MARK))
    assert line.get("stroke-opacity") is None


def test_frame_grid_and_words_use_no_colour_of_their_own():
    explorer = draw(lambda axes: axes.set(title="title", xlabel="x", ylabel="y"))
    root = ElementTree.fromstring(explorer.svg())
    painted = {one.get(name) for one in root.iter() for name in ("fill", "stroke")}
    theme = {"ink": INK, "grid": GRID, "paper": PAPER}
    assert painted - {None, "none"} == {f"var(--d2l-{name},{theme[name]})" for name in theme}


# Lines, markers, fills -----------------------------------------------------------------------


def test_dashes_are_kept():
    solid = marked(lambda axes: axes.plot([0, 1], [0, 1], color=MARK))
    dashed = marked(lambda axes: axes.plot([0, 1], [0, 1], "--", color=MARK))
    dotted = marked(lambda axes: axes.plot([0, 1], [0, 1], ":", color=MARK))
    assert solid.get("stroke-dasharray") is None
    lengths = [one.get("stroke-dasharray").split() for one in (dashed, dotted)]
    assert all(float(length) > 0 for one in lengths for length in one)
    assert lengths[0] != lengths[1]


def test_curve_is_clipped_to_its_axes():
    def far_away(axes):
        axes.plot([0, 1, 2], [0, 1e7, -1e7], color=MARK)
        axes.set(xlim=(0, 2), ylim=(0, 1))

    explorer = draw(far_away)
    (line,) = [one for one in elements(explorer, "path") if one.get("stroke") == MARK]
    name = re.fullmatch(r"url\(#(.+)\)", line.get("clip-path"))[1]
    (clip,) = elements(explorer, "clipPath", id=name)
    box = {key: float(value) for key, value in clip[0].attrib.items()}
    width, height = (72 * inches for inches in explorer.figsize)
    axes = explorer._figure.axes[0].bbox
    assert box == pytest.approx({"x": axes.x0, "y": height - axes.y1,
                                 "width": axes.width, "height": axes.height}, abs=0.06)  # fmt: skip
    assert (np.abs(points(line.get("d"))) <= 2 * max(width, height)).all()


def test_curve_goes_up_where_its_values_do():
    line = marked(lambda axes: axes.plot([0, 1], [0, 1], color=MARK))
    (x0, y0), (x1, y1) = points(line.get("d"))
    assert x1 > x0 and y1 < y0, "an SVG's y axis points down"


@pytest.mark.parametrize("marker", ["o", "."])
def test_round_markers_are_strokes_of_no_length(marker):
    dots = marked(lambda axes: axes.plot([0, 1, 2], [0, 1, 0], marker, color=MARK))
    assert re.fullmatch(r"(M[\d.]+ [\d.]+h0){3}", dots.get("d"))
    assert dots.get("stroke-linecap") == "round"
    assert float(dots.get("stroke-width")) > 0


def test_hollow_round_markers_are_rings():
    """Matplotlib passes an invisible face, not none."""
    ring = marked(lambda axes: axes.plot([0, 1], [0, 1], "o", mfc="none", color=MARK, mew=2))
    assert ring.get("fill") == "none" or float(ring.get("fill-opacity")) == 0
    assert "h0" not in ring.get("d")
    assert float(ring.get("stroke-width")) == 2


def test_other_markers_are_outlines_each_in_its_place():
    squares = marked(lambda axes: axes.plot([0, 1, 2], [0, 1, 0], "s", color=MARK))
    outlines = [points(part).mean(axis=0) for part in squares.get("d").split("Z") if part]
    dots = marked(lambda axes: axes.plot([0, 1, 2], [0, 1, 0], "o", color=MARK))
    centres = points(dots.get("d").replace("h0", ""))
    assert np.allclose(outlines, centres, atol=0.3)


def test_markers_far_outside_are_left_out():
    def far_away(axes):
        axes.plot([0, 1, 1e6], [0, 1, 0], "o", color=MARK)
        axes.set(xlim=(0, 2), ylim=(0, 2))

    assert marked(far_away).get("d").count("M") == 2


def test_marker_with_an_edge_shows_both_colours():
    explorer = draw(lambda axes: axes.plot([0, 1], [0, 1], "o", color=BLUE, mec=MARK, mew=2, ms=9))
    face = elements(explorer, "path", stroke=f"var(--d2l-c0,{BLUE})", stroke_linecap="round")
    edge = elements(explorer, "path", stroke=MARK)
    assert float(edge[0].get("stroke-width")) == float(face[0].get("stroke-width")) + 2


def test_filled_shapes_are_closed_and_filled():
    area = marked(lambda axes: axes.fill_between([0, 1], [0, 0], [1, 2], color=MARK))
    assert area.get("fill") == MARK and "Z" in area.get("d")


def test_contours_and_heat_maps_are_drawn():
    x = np.linspace(-1, 1, 9)
    bowl = x**2 + x[:, None] ** 2
    lines = draw(lambda axes: axes.contour(x, x, bowl, [0.5], colors=MARK))
    assert sum(one.get("stroke") == MARK for one in elements(lines, "path")) == 1
    cells = draw(lambda axes: axes.pcolormesh(bowl[:2, :3], edgecolors=MARK))
    assert sum(one.get("stroke") == MARK for one in elements(cells, "path")) == 6


# Images --------------------------------------------------------------------------------------

CORNERS = np.array([[0.0, 1.0], [2.0, 3.0]])


def pixels(explorer):
    """The place of the only image of a picture (x, y, width, height), and its grey levels."""
    (image,) = elements(explorer, "image")
    place = [float(image.get(key)) for key in ("x", "y", "width", "height")]
    png = base64.b64decode(image.get("href").partition("base64,")[2])
    return place, np.array(Image.open(io.BytesIO(png)).convert("L"))


@pytest.mark.parametrize("interpolation", ["none", "nearest"])
@pytest.mark.parametrize("origin", ["upper", "lower"])
@pytest.mark.parametrize("inverted", ["", "x", "y", "xy"])
def test_images_stand_the_right_way_up(interpolation, origin, inverted):
    """Each quarter has the grey that Matplotlib itself paints there."""

    def show(axes):
        axes.imshow(CORNERS, cmap="gray", interpolation=interpolation, origin=origin)
        axes.set_axis_off()
        for axis in inverted:
            {"x": axes.invert_xaxis, "y": axes.invert_yaxis}[axis]()

    explorer = draw(show)
    (x, y, width, height), image = pixels(explorer)
    assert width > 0 and height > 0
    painted = np.array(Image.open(io.BytesIO(explorer.png(72))).convert("L"))
    rows, columns = image.shape
    seen = {}
    for down in (0.25, 0.75):
        for along in (0.25, 0.75):
            ours = image[int(down * rows), int(along * columns)]
            seen[down, along] = ours
            assert ours == painted[int(y + down * height), int(x + along * width)]
    assert len(set(seen.values())) == 4


def test_image_fills_its_extent():
    def show(axes):
        axes.imshow(CORNERS, extent=(1, 3, 2, 4), aspect="auto", interpolation="none")
        axes.set(xlim=(0, 4), ylim=(0, 8))

    explorer = draw(show)
    place, image = pixels(explorer)
    box = explorer._figure.axes[0].bbox
    top = 72 * explorer.figsize[1] - box.y1
    expected = [box.x0 + box.width / 4, top + box.height / 2, box.width / 2, box.height / 4]
    assert place == pytest.approx(expected, abs=0.06)
    assert image.shape == (2, 2), "an image keeps its own pixels; the page scales them"


# Panels and documents ------------------------------------------------------------------------


def test_picture_is_valid_xml_with_a_view_box_of_its_size():
    explorer = draw(lambda axes: axes.plot([0, 1], [0, 1], label="one"), figsize=(4, 2.5))
    root = ElementTree.fromstring(explorer.svg())
    assert root.tag == SVG + "svg"
    assert root.get("viewBox") == "0 0 288 180"


def test_each_panel_is_a_group_that_says_where_it_goes_on_a_phone():
    @explore(k=Slider([0, 1], label="k"), figsize=(9, 3))
    def three(figure, k):
        panels(figure, 3)
        return "Said."

    groups = elements(three, "g", **{"class": "d2l-panel"})
    assert len(groups) == 3
    down = [float(re.search(r"--y1:([-\d.]+)px", group.get("style"))[1]) for group in groups]
    assert down == [0, 216, 432], "one below the other"
    sizes = {n: [float(x) for x in box.split()] for n, box in three.view_boxes.items()}
    widest = max(panel.bbox.width for panel in three._figure.subfigs)
    assert sizes[1] == pytest.approx([0, 0, widest, 3 * 216], abs=0.1)
    assert sizes[2] == pytest.approx([0, 0, 2 * widest, 2 * 216], abs=0.1)


def test_figure_of_other_resolution_is_refused():
    with pytest.raises(ValueError, match=r"expected a figure of 72 dpi .* got 100"):
        draw_tree(Figure(dpi=100), "fig-a", {})
