"""One Matplotlib style for the whole book, and the axes that its explorers draw on."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.figure import Figure

#: Ink, grid and paper become CSS variables in the book, so that a figure follows dark mode.
INK, GRID, PAPER = "#1b1f24", "#d5d9de", "#ffffff"
#: After Okabe and Ito, distinct to colour-blind readers, and dark enough for text on paper (4.5:1;
#: SKY is for areas and marks only). Never the only mark of a difference.
BLUE, ORANGE, GREEN, RED, PURPLE, SKY = PALETTE = (
    "#0072b2",
    "#bf5200",
    "#007f5f",
    "#b3261e",
    "#9b4f96",
    "#3a9bd9",
)
GREY = "#6a737d"

STYLE = {
    "figure.figsize": (7.2, 3.1),
    "figure.dpi": 110,
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "axes.facecolor": PAPER,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.titlesize": 9.5,
    "axes.titley": 1.0,  # a fixed place: to avoid the ticks, Matplotlib measures all of them
    "axes.labelsize": 9,
    "axes.linewidth": 0.7,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": plt.cycler(color=PALETTE),
    "axes.unicode_minus": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "lines.markersize": 4,
    "font.size": 9,
    "image.interpolation": "none",
    "svg.fonttype": "none",
}


def use_style():
    """Set the book's style for every figure drawn from here on."""
    rcParams.update(STYLE)


def panels(figure: Figure, columns: int = 1, rows: int = 1) -> list[Axes]:
    """Return ``rows * columns`` empty axes on ``figure``, each in a panel of its own.

    On a phone the book stacks the panels. Called again on the same figure it hands back the
    same axes, emptied: new axes would cost 10 to 25 ms in each of an explorer's states.

    Parameters
    ----------
    figure : Figure
        The figure that an explorer passes to its drawing function.
    columns, rows : int
        The panels' layout, filled row by row.

    Returns
    -------
    list of Axes
        In reading order. Limits, scales, labels and titles are back at their defaults.

    Examples
    --------
    >>> figure = Figure()
    >>> left, right = panels(figure, 2)
    >>> line = left.plot([0, 1], [0, 1])
    >>> left, right = panels(figure, 2)
    >>> len(left.lines)
    0
    """
    if not figure.subfigs:
        for subfigure in figure.subfigures(rows, columns, squeeze=False).flat:
            subfigure.subplots()
        return [subfigure.axes[0] for subfigure in figure.subfigs]
    for subfigure in figure.subfigs:
        first, *others = subfigure.axes
        for other in others:
            other.remove()
        _empty(first)
    return [subfigure.axes[0] for subfigure in figure.subfigs]


def _empty(axes):
    """Undo what a drawing function did to ``axes`` (``Axes.clear`` also rebuilds every tick)."""
    for artist in [*axes.lines, *axes.patches, *axes.collections, *axes.texts, *axes.images,
                   *axes.artists, *axes.tables]:  # fmt: skip
        artist.remove()
    if axes.get_legend():
        axes.get_legend().remove()
    axes.set(title="", xlabel="", ylabel="", aspect="auto")
    axes.set_title("", loc="left")
    axes.set_prop_cycle(None)
    axes.dataLim.set_points(np.array([[np.inf, np.inf], [-np.inf, -np.inf]]))
    axes.set_autoscale_on(True)
