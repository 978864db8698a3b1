"""Figures that do not move: on the book's pages they are SVG too, and follow the page's theme."""

import hashlib

from IPython import get_ipython
from matplotlib.figure import Figure, FigureBase

from d2lnotes.explore.page import panel_tags
from d2lnotes.explore.svg import TreeRenderer, document, draw_tree, number, to_markup

#: Pixels a point takes where the page has room: text of 9 points is then as large as the page's.
SCALE = 1.6
MARGIN = 0.03  # inches around what is drawn


def bake_figures():
    """Let the notebook that runs hand out its figures as SVG, besides the picture in pixels."""
    shell = get_ipython()
    if shell is not None:
        # Not for Figure: the inline backend, once it is loaded, removes what is set for that type.
        shell.display_formatter.formatters["text/html"].for_type(FigureBase, still_html)


def still_html(figure: Figure) -> str:
    """Draw ``figure`` as an ``<svg>``; one made by `plotting.panels` stacks them on a phone.

    What it shows is written into it by the Sphinx extension, which knows the cell's metadata.

    Examples
    --------
    >>> figure = Figure(figsize=(2, 1))
    >>> line = figure.subplots().plot([0, 1])
    >>> still_html(figure)[:4]
    '<svg'
    """
    dpi, figure.dpi, clips = figure.dpi, 72, {}
    try:
        panels, layouts = panel_tags(figure)
        markup = to_markup(draw_tree(figure, "still", clips, panels=panels))
        ruler = TreeRenderer(*figure.bbox.size, "", {})
        # Without its margins, as a notebook shows it.
        seen = figure.bbox_inches if panels else figure.get_tightbbox(ruler).padded(MARGIN)
        corner = 72 * seen.x0, 72 * (figure.bbox_inches.height - seen.y1)
    finally:
        figure.dpi = dpi
    columns = "".join(f' data-columns-{n}="{box}"' for n, box in layouts.items() if panels)
    width, height = 72 * seen.width, 72 * seen.height
    attributes = f' data-picture{columns} width="{number(SCALE * width)}" role="img"'
    picture = document(markup, width, height, clips, attributes, corner)
    # Ids must differ from other figures' ids, on the page and in the whole book on paper.
    digest = hashlib.sha256(picture.encode()).hexdigest()[:8]
    return picture.replace("still-clip", f"still-{digest}-clip")
