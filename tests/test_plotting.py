"""The style and the axes that explorers draw on."""

import itertools

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from d2lnotes.explore.svg import THEME
from d2lnotes.plotting import GRID, INK, PALETTE, PAPER, STYLE, heat_map, panels, use_style


def luminance(colour):
    """The relative luminance of WCAG 2."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return np.dot([0.2126, 0.7152, 0.0722], linear)


def contrast(one, other):
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def test_ink_can_be_read_on_paper():
    assert contrast(INK, PAPER) >= 7


@pytest.mark.parametrize("colour", PALETTE)
def test_lines_stand_out_from_the_paper(colour):
    assert contrast(colour, PAPER) >= 3


def test_colours_differ_from_one_another_and_from_the_frame():
    assert len({INK, GRID, PAPER, *PALETTE}) == 3 + len(PALETTE)
    for one, other in itertools.combinations(PALETTE, 2):
        assert np.abs(np.subtract(to_rgb(one), to_rgb(other))).max() > 0.15, (one, other)


def test_use_style_sets_every_value(monkeypatch):
    with plt.rc_context():
        plt.rcdefaults()
        use_style()
        for name, value in STYLE.items():
            assert plt.rcParams[name] == value or list(plt.rcParams[name]) == list(value), name


def test_panels_are_filled_row_by_row():
    figure = Figure(figsize=(6, 4))
    axes = panels(figure, 3, 2)
    corners = [(ax.get_position(), ax.figure.bbox) for ax in axes]
    assert len(axes) == 6
    lefts = [box.x0 for _, box in corners]
    bottoms = [box.y0 for _, box in corners]
    assert lefts[0] < lefts[1] < lefts[2] and lefts[:3] == lefts[3:]
    assert bottoms[0] > bottoms[3]


def test_panels_hand_back_the_same_axes_empty():
    figure = Figure()
    first = panels(figure, 2)
    for ax in first:
        ax.plot([0, 1], [0, 100], label="a line")
        ax.scatter([0], [0])
        ax.bar([0], [1])
        ax.fill_between([0, 1], [0, 1])
        ax.text(0, 0, "a word")
        ax.annotate("an arrow", (0, 0), (1, 1), arrowprops={"arrowstyle": "->"})
        ax.imshow([[0, 1]])
        ax.legend()
        ax.set(title="title", xlabel="x", ylabel="y")
        ax.set_title("left", loc="left")
    again = panels(figure, 2)
    assert all(one is other for one, other in zip(first, again, strict=True))
    for ax in again:
        assert not [*ax.lines, *ax.patches, *ax.collections, *ax.texts, *ax.images]
        assert ax.get_legend() is None
        words = [ax.get_title(), ax.get_title(loc="left"), ax.get_xlabel(), ax.get_ylabel()]
        assert words == ["", "", "", ""]
        assert ax.get_aspect() == "auto"


def test_bars_of_an_earlier_state_do_not_stay_in_the_legend():
    figure = Figure()
    for _ in range(2):
        (ax,) = panels(figure)
        ax.bar([0], [1], label="bars")
        ax.legend()
    assert len(ax.get_legend().get_texts()) == 1


def test_emptied_panels_begin_with_the_first_colour_and_new_limits():
    figure = Figure()
    with plt.rc_context():
        use_style()
        (ax,) = panels(figure)
        ax.plot([0, 100], [0, 100])
        (ax,) = panels(figure)
        (line,) = ax.plot([0, 1], [0, 1])
    assert line.get_color() == PALETTE[0]
    assert ax.get_xlim()[1] < 2


def test_numbers_on_a_heat_map_keep_their_colour_in_dark_mode():
    """The cells are an image and stay as they are; ink would turn pale on pale."""
    ax = Figure().subplots()
    heat_map(ax, [[0.0, 1.0]])
    colors = [text.get_color() for text in ax.texts]
    assert not set(colors) & set(THEME)
    assert contrast(colors[0], ax.images[0].cmap(0.0)) > 4.5
    assert contrast(colors[1], ax.images[0].cmap(1.0)) > 4.5
