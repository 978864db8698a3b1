"""One Matplotlib style for the whole book, and the axes that its explorers draw on."""

import itertools
import os

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Circle

BAKE = "D2LNOTES_BAKE"  # set by the book's Sphinx extension, never in a notebook
#: Ink, grid and paper become CSS variables in the book, so that a figure follows dark mode.
INK, GRID, PAPER = "#1b1f24", "#d5d9de", "#ffffff"
#: Words on the cells of an image, which dark mode leaves as they are.
ON_PALE, ON_DARK = "#000000", "#fefefe"
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
    "patch.edgecolor": INK,
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
    """Set the book's style for every figure drawn from here on.

    Where the book is built, figures are also handed out as SVG.

    Examples
    --------
    >>> with plt.rc_context():  # for these lines only
    ...     use_style()
    ...     rcParams["axes.grid"]
    True
    """
    rcParams.update(STYLE)
    if os.environ.get(BAKE):
        from d2lnotes.explore.still import bake_figures

        bake_figures()


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
        In reading order. Labels and titles are back at their defaults; scales, ticks and limits
        that a state sets must be set in every state, which the build checks.

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
    axes.containers.clear()  # bars that are gone would come back in the legend
    if axes.get_legend():
        axes.get_legend().remove()
    axes.set(title="", xlabel="", ylabel="", aspect="auto")
    axes.set_title("", loc="left")
    axes.set_prop_cycle(None)
    axes.dataLim.set_points(np.array([[np.inf, np.inf], [-np.inf, -np.inf]]))
    axes.set_autoscale_on(True)


# Pictures that recur -------------------------------------------------------------------------


def learning_curves(ax: Axes, curves: dict, xlabel: str = "epoch", ylabel: str = "loss"):
    """Draw one line a curve against 1, 2, ...; each with another dash, so that print shows which.

    Parameters
    ----------
    ax : Axes
    curves : dict of str to sequence of float
        Curves by name; empty ones are left out.
    xlabel, ylabel : str

    Examples
    --------
    >>> ax = Figure().subplots()
    >>> learning_curves(ax, {"training": [0.9, 0.5], "validation": []})
    >>> [line.get_label() for line in ax.lines]
    ['training']
    """
    styles = ["-", "--", "-.", ":"]
    for k, (name, values) in enumerate(curves.items()):
        if len(values):
            marker = "o" if len(values) == 1 else None  # a line needs two points
            ax.plot(range(1, len(values) + 1), values, styles[k % 4], marker=marker, label=name)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.legend()


def decision_regions(ax: Axes, scores, x_range, y_range, resolution: int = 100):
    """Shade the plane by the class with the highest score, and draw the boundaries as lines.

    Parameters
    ----------
    ax : Axes
    scores : callable
        Takes points of shape (n, 2) and gives scores of shape (n, classes) with at least two
        classes, or (n,), where class 1 begins above 0.
    x_range, y_range : (float, float)
        The part of the plane that is drawn.
    resolution : int
        Points along each axis.

    Returns
    -------
    ndarray of shape (resolution, resolution), int
        The class at each point; row 0 is at the bottom.

    Raises
    ------
    ValueError
        The scores have another shape.

    Examples
    --------
    The line x = y divides the square:

    >>> ax = Figure().subplots()
    >>> decision_regions(ax, lambda p: p[:, 0] - p[:, 1], (0, 1), (0, 1), resolution=2)
    array([[0, 1],
           [0, 0]])
    """
    x, y = np.linspace(*x_range, resolution), np.linspace(*y_range, resolution)
    points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    values = np.asarray(scores(points))
    if values.ndim == 1:
        values = np.stack([np.zeros_like(values), values], axis=1)
    if values.ndim != 2 or len(values) != len(points) or values.shape[1] < 2:
        raise ValueError(
            f"expected scores of shape ({len(points)}, classes) or ({len(points)},), got "
            f"{values.shape}"
        )
    classes = values.argmax(axis=1).reshape(resolution, resolution)
    colors = [PALETTE[k % len(PALETTE)] for k in range(values.shape[1])]
    # Pale, so that points stand out, and on dark paper dark.
    shade = np.array([to_rgba(color, alpha=0.2) for color in colors])[classes]  # (rows, columns, 4)
    dx, dy = (x[1] - x[0]) / 2, (y[1] - y[0]) / 2
    ax.imshow(
        shade,
        extent=(x[0] - dx, x[-1] + dx, y[0] - dy, y[-1] + dy),
        origin="lower",
        aspect="auto",
        interpolation="none",
    )
    for k in range(values.shape[1] - 1):  # every boundary has a class before the last on one side
        margin = values[:, k] - np.delete(values, k, axis=1).max(axis=1)
        if margin.min() < 0 < margin.max():
            ax.contour(x, y, margin.reshape(resolution, resolution), [0], colors=INK, linewidths=1)
    ax.set(xlim=x_range, ylim=y_range)
    ax.grid(False)
    return classes


def heat_map(ax: Axes, values, rows=None, columns=None, form: str = "{:.2f}", limits=None):
    """Draw a matrix as coloured cells with its numbers: attention weights, confusion matrices.

    Parameters
    ----------
    ax : Axes
    values : array_like of shape (rows, columns)
    rows, columns : sequence of str, optional
        Names of the rows and columns.
    form : str
        Format of a number; ``""`` writes none.
    limits : (float, float), optional
        Values of the palest and the darkest colour; by default the smallest and the largest.

    Raises
    ------
    ValueError
        Not a matrix, or as many names as there are not rows or columns.

    Examples
    --------
    >>> ax = Figure().subplots()
    >>> heat_map(ax, [[0.9, 0.1], [0.3, 0.7]], rows=["cat", "dog"], form="{:.1f}")
    >>> [text.get_text() for text in ax.texts]
    ['0.9', '0.1', '0.3', '0.7']
    """
    values = np.asarray(values)
    if values.ndim != 2:
        raise ValueError(f"expected values of shape (rows, columns), got {values.shape}")
    low, high = limits or (values.min(), values.max())
    ax.imshow(values, cmap="Blues", vmin=low, vmax=high, aspect="auto", interpolation="none")
    names = [(ax.yaxis, rows, len(values), "rows"), (ax.xaxis, columns, values.shape[1], "columns")]
    for axis, labels, count, what in names:
        if labels is not None and len(labels) != count:
            raise ValueError(f"expected {count} names of {what}, got {len(labels)}")
        axis.set_ticks(range(count), labels if labels is not None else range(count))
    if form:
        for (i, j), value in np.ndenumerate(values):
            dark = value - low > 0.714 * (high - low)  # there black and white are read equally well
            color = ON_DARK if dark else ON_PALE
            ax.text(j, i, form.format(value), ha="center", va="center", color=color)
    ax.grid(False)


def layer_diagram(ax: Axes, sizes, labels=None):
    """Draw a network as columns of units, each joined to all of the column before.

    Parameters
    ----------
    ax : Axes
    sizes : sequence of int
        Units in each layer, inputs first.
    labels : sequence of sequence of str, optional
        What stands in the units, layer by layer, the topmost unit first.

    Raises
    ------
    ValueError
        No layer, or a layer without units, or as many labels as there are not units.

    Examples
    --------
    Linear regression with three inputs, a network of one layer:

    >>> ax = Figure().subplots()
    >>> layer_diagram(ax, [3, 1], [["x₁", "x₂", "x₃"], ["o₁"]])
    >>> len(ax.lines), [text.get_text() for text in ax.texts]
    (3, ['x₁', 'x₂', 'x₃', 'o₁'])
    """
    if not sizes or min(sizes) < 1:
        raise ValueError(f"expected layers of at least one unit, got sizes {list(sizes)}")
    if labels is not None and [len(names) for names in labels] != list(sizes):
        raise ValueError(f"expected labels for layers of {list(sizes)} units, got {labels}")
    heights = [(size - 1) / 2 - np.arange(size) for size in sizes]
    for k, (lower, upper) in enumerate(itertools.pairwise(heights)):
        for one, other in itertools.product(lower, upper):
            ax.plot([2 * k, 2 * k + 2], [one, other], color=GREY, linewidth=0.8, zorder=1)
    for k, column in enumerate(heights):
        for i, height in enumerate(column):
            _node(ax, 2 * k, height, labels[k][i] if labels is not None else "")
    _bare(ax, (-1, 2 * len(sizes) - 1), (-max(sizes) / 2 - 0.2, max(sizes) / 2 + 0.2))


def graph_diagram(ax: Axes, edges, labels=None) -> dict:
    """Draw a computational graph from left to right: each node right of all that it needs.

    Parameters
    ----------
    ax : Axes
    edges : sequence of (node, node)
        Arrows, from what is used to what uses it. Nodes are anything hashable; no cycles.
    labels : dict of node to str, optional
        What stands in a node; by default its own name.

    Returns
    -------
    dict of node to (float, float)
        Where each node is, to write beside it.

    Raises
    ------
    ValueError
        The arrows run in a circle.

    Examples
    --------
    >>> ax = Figure().subplots()
    >>> graph_diagram(ax, [("x", "x·w"), ("w", "x·w")])
    {'x': (0, 0.5), 'w': (0, -0.5), 'x·w': (2, 0.0)}
    """
    columns = {}
    for node, depth in _depths(edges).items():
        columns.setdefault(depth, []).append(node)
    places = {
        node: (2 * depth, (len(nodes) - 1) / 2 - i)
        for depth, nodes in columns.items()
        for i, node in enumerate(nodes)
    }
    for start, end in edges:
        ax.annotate(
            "",
            places[end],
            places[start],
            arrowprops={"arrowstyle": "->", "color": GREY, "shrinkA": 16, "shrinkB": 16},
        )
    for node, (x, y) in places.items():
        _node(ax, x, y, str(node) if labels is None else labels[node])
    tallest = max(map(len, columns.values()), default=1)
    _bare(ax, (-1, 2 * len(columns) - 1), (-tallest / 2 - 0.2, tallest / 2 + 0.2))
    return places


def _depths(edges):
    """The length of the longest path to each node, in the order of the edges."""
    depths = dict.fromkeys([node for edge in edges for node in edge], 0)
    for _ in depths:
        changed = False
        for start, end in edges:
            if depths[end] <= depths[start]:
                depths[end], changed = depths[start] + 1, True
        if not changed:
            return depths
    if depths:
        raise ValueError("expected arrows without a circle; a value cannot depend on itself")
    return depths


def _node(ax, x, y, text):
    circle = Circle((x, y), 0.36, facecolor=PAPER, edgecolor=BLUE, linewidth=1.4, zorder=2)
    ax.add_patch(circle)
    ax.text(x, y, text, ha="center", va="center", zorder=3)


def _bare(ax, xlim, ylim):
    ax.set(xlim=xlim, ylim=ylim, aspect="equal")
    ax.set_axis_off()
