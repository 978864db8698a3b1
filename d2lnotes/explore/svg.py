"""Draw a Matplotlib figure as a tree of SVG elements, small and stable enough to be compared.

Matplotlib's own SVG writer numbers its groups and markers as it goes, so that one more line
renames all that follow it, and its text has to be parsed again before two states can be
compared. This renderer keeps the tree: a node is either a string (one element) or a pair
``(tag, children)`` of a group's opening tag and its list of nodes.
"""

import base64
import functools
import io
import itertools
import re
from functools import partial
from xml.sax.saxutils import escape

import numpy as np
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.colors import to_hex
from matplotlib.path import Path
from matplotlib.ticker import Formatter
from PIL import Image

from d2lnotes import plotting

#: Colours that follow the page's theme. The second value serves where no style sheet is read.
THEME = {
    plotting.INK: "ink",
    plotting.GRID: "grid",
    plotting.PAPER: "paper",
    plotting.GREY: "grey",
    **{color: f"c{k}" for k, color in enumerate(plotting.PALETTE)},
}
SUPERSCRIPTS = str.maketrans("0123456789-−+n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻⁺ⁿ")
#: By how much of its size a letter after the mark stands below the line, and how small it is.
LOW, SMALL = {"": 0, "_": 0.25, "^": -0.4}, 0.75
#: Words are measured this many times as large: in whole pixels, those of a row would not align.
FINE = 10
SCRIPT = re.compile(r"([_^]?)(?:\{([^{}]*)\}|(.))")
RULER = RendererAgg(1, 1, 72)
COMMANDS = {Path.MOVETO: "M", Path.LINETO: "l", Path.CURVE3: "q", Path.CURVE4: "c"}


def number(value):
    """Return ``value`` rounded to a tenth of a pixel, without a needless zero.

    >>> number(3.04), number(2.96), number(-0.04)
    ('3', '3', '0')
    """
    return f"{round(float(value), 1) + 0.0:g}" if abs(value) < 1e5 else f"{value:.0f}"


@functools.cache
def tenths(count):
    """Spell a whole number of tenths as short as SVG allows.

    >>> tenths(30), tenths(-5), tenths(-129), tenths(0)
    ('3', '-.5', '-12.9', '0')
    """
    whole, rest = divmod(abs(int(count)), 10)
    spelt = f"{whole or ''}.{rest}" if rest else f"{whole}"
    return "-" + spelt if count < 0 else spelt


def steps(points):
    """Spell points, in tenths, one after the other: a minus sign needs no blank before it.

    >>> steps(np.array([[12, -5], [0, 10]]))
    '1.2-.5 0 1'
    """
    words = [tenths(count) for count in points.ravel().tolist()]
    return "".join([words[0], *(w if w[0] == "-" else " " + w for w in words[1:])])


def plain_text(text):
    r"""Replace the mathtext of tick labels by Unicode: ``$\mathdefault{10^{-3}}$`` is 10⁻³."""
    if "$" not in text:
        return text
    text = re.sub(r"\\math(?:default|regular)\{(.*)\}", r"\1", text.replace("$", ""))
    text = re.sub(r"\^\{?([0-9−+\-n]+)\}?", lambda m: m[1].translate(SUPERSCRIPTS), text)
    return text.replace(r"\times", "×")


def formula_runs(text):
    """Cut mathtext into runs ``(mark, italic, words)``; the mark is ``_``, ``^`` or nothing.

    Raises
    ------
    ValueError
        Mathematics other than letters with subscripts and superscripts, which no page could show.
    """
    letters = []
    for k, part in enumerate(text.split("$")):
        if k % 2 == 0:
            letters += [("", False, letter) for letter in part]
            continue
        for mark, group, one in SCRIPT.findall(plain_text(f"${part}$").replace("-", "−")):
            letters += [(mark, letter.isalpha(), letter) for letter in group or one]
            if re.search(r"[\\^_{}]", group or one):
                raise ValueError(f"cannot show {text!r} in the book; write Unicode (σ², ŷ, 10⁻³)")
    for (mark, italic), run in itertools.groupby(letters, lambda one: one[:2]):
        yield mark, italic, "".join(letter for *_, letter in run)


def formula(text, size):
    r"""Write mathtext of ``size`` points as SVG: ``$w_1$`` is an italic w with a small, low 1.

    Examples
    --------
    >>> formula("loss $10^{-3}$", 10)
    'loss 10⁻³'
    >>> formula("$w_1$", 10)
    '<tspan font-style="italic">w</tspan><tspan dy="2.5" font-size="75%">1</tspan>'
    """
    shown, at = "", 0
    for mark, italic, words in formula_runs(text):
        level = LOW[mark] * size
        style = f' dy="{number(level - at)}"' if level != at else ""
        style += f' font-size="{SMALL:.0%}"' if mark else ""
        style += ' font-style="italic"' if italic else ""
        shown += f"<tspan{style}>{escape(words)}</tspan>" if style else escape(words)
        at = level
    return shown


@functools.lru_cache(5000)
def measured(text, font, is_math):
    """Width, height and descent of a text in points; the same words come back in every state."""
    size, ascents, descents, width = font.get_size(), [0], [0], 0
    for mark, _, words in formula_runs(text) if is_math else [("", False, text)]:
        scaled = font.copy()
        scaled.set_size(FINE * size * (SMALL if mark else 1))
        w, h, d = (x / FINE for x in RULER.get_text_width_height_descent(words, scaled, False))
        width += w
        ascents.append(h - d - LOW[mark] * size)
        descents.append(d + LOW[mark] * size)
    return width, max(ascents) + max(descents), max(descents)


class TreeRenderer(RendererBase):
    """Collect what Matplotlib draws in ``root``, a list of nodes.

    Parameters
    ----------
    width, height : float
        The figure's size in points, the units of the picture.
    prefix : str
        Begins every id, so that ids are unique on a page with several explorers.
    clips : dict
        Clip rectangles seen so far, ``{markup: id}``; one for all states of an explorer.
    panels : iterable of str
        The opening tags of the figure's subfigures, in order.
    """

    def __init__(self, width, height, prefix, clips, panels=()):
        super().__init__()
        self._panels = iter(panels)
        self.width, self.height, self.prefix, self.clips = width, height, prefix, clips
        self.root = []
        self._stack = [self.root]

    # Matplotlib asks for these -------------------------------------------------------------

    def open_group(self, s, gid=None):
        children = []
        tag = next(self._panels, "<g>") if s == "subfigure" else "<g>"
        self._stack[-1].append((tag, children))
        self._stack.append(children)

    def close_group(self, s):
        self._stack.pop()

    def get_canvas_width_height(self):
        return self.width, self.height

    def flipy(self):
        return True

    def option_scale_image(self):
        return True  # images keep their own pixels; the page scales them

    def option_image_nocomposite(self):
        return True

    def points_to_pixels(self, points):
        return points

    def get_text_width_height_descent(self, s, prop, ismath):
        return measured(s, prop.copy(), bool(ismath))

    # What is drawn ---------------------------------------------------------------------------

    def draw_path(self, gc, path, transform, rgbFace=None):
        flat = rgbFace is None
        clip = (0, 0, self.width, self.height) if flat and not gc.get_hatch() else None
        data = self._data(path, transform, clip, simplify=flat and path.should_simplify)
        paint = self._paint(gc, rgbFace)
        if data and paint.startswith(' fill="none"') and "stroke=" not in paint:
            return  # nothing that could be seen
        if data:
            self._add(f'<path d="{data}"{paint}/>')

    def draw_markers(self, gc, marker_path, marker_trans, path, trans, rgbFace=None):
        points = trans.transform(path.vertices)
        points = points[np.isfinite(points).all(axis=1)]
        inside = (np.abs(points - [self.width / 2, self.height / 2]) < 2 * self.width).all(axis=1)
        hollow = rgbFace is None or (len(rgbFace) == 4 and rgbFace[3] == 0)
        if _is_disc(marker_path) and not hollow:
            self._discs(gc, points[inside], marker_trans.get_matrix()[0, 0], rgbFace)
            return
        shape = marker_path.transformed(marker_trans)
        data = "".join(
            self._data(Path(shape.vertices + point, shape.codes), None) for point in points[inside]
        )
        if data:
            self._add(f'<path d="{data}"{self._paint(gc, rgbFace)}/>')

    def _discs(self, gc, points, radius, face):
        """A stroke of no length with round ends is a disc: all of them make one short path."""
        data = "".join(f"M{number(x)} {number(self.height - y)}h0" for x, y in points)
        edge, width = gc.get_rgb(), gc.get_linewidth()
        layers = [(face, 2 * radius)]
        if width > 0 and edge[3] > 0 and tuple(edge) != tuple(face):
            layers.insert(0, (edge, 2 * radius + width))
        for color, diameter in layers if data else []:
            paint = self._color("stroke", color, gc)
            self._add(
                f'<path d="{data}" fill="none"{paint} stroke-width="{number(diameter)}" '
                f'stroke-linecap="round"{self._clip(gc)}/>'
            )

    def draw_image(self, gc, x, y, im, transform=None):
        if im.size == 0:
            return
        if transform is None:  # one pixel a point, first row at the lower edge
            im = im[::-1]
            left, bottom, width, height = x, y, im.shape[1], im.shape[0]
        else:  # the transform carries the unit square, and the first row is at its lower edge
            matrix = transform.get_matrix()
            left, bottom = x + matrix[0, 2], y + matrix[1, 2]
            width, height = matrix[0, 0], matrix[1, 1]
            if height > 0:
                im = im[::-1]
            else:
                bottom, height = bottom + height, -height
            if width < 0:  # an inverted axis
                im, left, width = im[:, ::-1], left + width, -width
        png = io.BytesIO()
        Image.fromarray(im).save(png, format="png", optimize=True)
        self._add(
            f'<image x="{number(left)}" y="{number(self.height - bottom - height)}" '
            f'width="{number(width)}" height="{number(height)}" preserveAspectRatio="none" '
            f'style="image-rendering:pixelated" href="data:image/png;base64,'
            f'{base64.b64encode(png.getvalue()).decode()}"{self._clip(gc)}/>'
        )

    def draw_text(self, gc, x, y, s, prop, angle, ismath=False, mtext=None):
        anchor = "start"
        if mtext is not None and (angle == 0 or mtext.get_rotation_mode() == "anchor"):
            # Anchor the text where its author did: the page's font is not the one measured.
            ax, ay = mtext.get_transform().transform(mtext.get_unitless_position())
            up = np.array([np.sin(np.deg2rad(angle)), np.cos(np.deg2rad(angle))])
            ay = self.height - ay
            ax, ay = np.array([ax, ay]) + up * (up @ [x - ax, y - ay])
            x, y = ax, ay
            anchor = {"left": "start", "center": "middle", "right": "end"}[mtext.get_ha()]
        attributes = f' x="{number(x)}" y="{number(y)}" font-size="{number(prop.get_size())}"'
        if anchor != "start":
            attributes += f' text-anchor="{anchor}"'
        if angle:
            attributes += f' transform="rotate({number(-angle)} {number(x)} {number(y)})"'
        if prop.get_weight() in ("bold", "semibold") or prop.get_weight() == 700:
            attributes += ' font-weight="bold"'
        paint = self._color("fill", gc.get_rgb(), gc)
        text = formula(s, prop.get_size()) if ismath else escape(s)
        self._add(f"<text{attributes}{paint}{self._clip(gc)}>{text}</text>")

    # Attributes ------------------------------------------------------------------------------

    def _add(self, element):
        self._stack[-1].append(element)

    def _data(self, path, transform, clip=None, simplify=False):
        clean = path.cleaned(
            transform=transform, remove_nans=True, clip=clip, simplify=simplify, curves=True
        )
        if not np.isfinite(clean.vertices).all():
            raise ValueError("a path to be drawn has NaN or infinite coordinates")
        # In whole tenths of a pixel, so that steps from point to point, which are short and much
        # alike, sum up exactly to where the path leads.
        points = np.round(10 * clean.vertices)
        points[:, 1] = np.round(10 * np.round(self.height - clean.vertices[:, 1], 1))
        parts, last, pen, start = [], None, None, None
        codes, k = clean.codes, 0
        while k < len(codes) and codes[k] != Path.STOP:
            code = codes[k]
            if code == Path.CLOSEPOLY:
                parts.append("Z")
                last, pen, k = None, start, k + 1
                continue
            count = {Path.CURVE3: 2, Path.CURVE4: 3}.get(code, 1)
            command, ends = COMMANDS[code], points[k : k + count]
            if code == Path.MOVETO:
                start = ends[0]
                spelt = steps(ends)
            else:
                spelt = steps(ends - pen)
            if command == last == "l":
                parts.append(spelt if spelt[0] == "-" else " " + spelt)
            else:
                parts.append(command + spelt)
            last, pen, k = command, ends[-1], k + count
        return "".join(parts)

    def _paint(self, gc, face):
        fill = ' fill="none"' if face is None else self._color("fill", face, gc)
        width = gc.get_linewidth()
        stroke = ""
        if width > 0 and gc.get_rgb()[3] > 0:
            stroke = f'{self._color("stroke", gc.get_rgb(), gc)} stroke-width="{width:.3g}"'
            _offset, dashes = gc.get_dashes()
            if dashes is not None:
                stroke += f' stroke-dasharray="{" ".join(number(d) for d in dashes)}"'
        return fill + stroke + self._clip(gc)

    def _color(self, attribute, rgba, gc):
        rgba = tuple(rgba) + (1.0,) * (4 - len(rgba))
        alpha = gc.get_alpha() if gc.get_forced_alpha() else rgba[3]
        color = to_hex(rgba)
        if color in THEME:
            color = f"var(--d2l-{THEME[color]},{color})"
        opacity = f' {attribute}-opacity="{alpha:.2g}"' if alpha < 1 else ""
        return f' {attribute}="{color}"{opacity}'

    def _clip(self, gc):
        box = gc.get_clip_rectangle()
        path, transform = gc.get_clip_path()
        if path is not None:
            shape = f'<path d="{self._data(path, transform)}"/>'
        elif box is not None:
            x, y, w, h = box.bounds
            shape = (
                f'<rect x="{number(x)}" y="{number(self.height - y - h)}" '
                f'width="{number(w)}" height="{number(h)}"/>'
            )
        else:
            return ""
        name = self.clips.setdefault(shape, f"{self.prefix}-clip{len(self.clips)}")
        return f' clip-path="url(#{name})"'


def _is_disc(path):
    return path is Path.unit_circle() or (
        len(path.vertices) == len(Path.unit_circle().vertices)
        and np.allclose(path.vertices / np.abs(path.vertices).max(), Path.unit_circle().vertices)
    )


def draw_tree(figure, prefix, clips, drawn=None, panels=()):
    """Draw ``figure`` and return its tree: a list of nodes.

    ``drawn`` remembers the axes' ticks and labels from one state to the next. They take most of
    the time, and most states do not change them.
    """
    width, height = figure.get_size_inches() * 72
    if figure.dpi != 72:
        raise ValueError(f"expected a figure of 72 dpi (one pixel a point), got {figure.dpi:g}")
    renderer = TreeRenderer(width, height, prefix, clips, panels)
    every = [axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)]
    if drawn is not None:
        for number_of_axis, axis in enumerate(every):
            axis.draw = partial(_draw_axis, axis, drawn.setdefault(number_of_axis, {}))
    try:
        figure.draw(renderer)
    finally:
        for axis in every if drawn is not None else []:
            del axis.draw
    return renderer.root


def _draw_axis(axis, drawn, renderer):
    key = repr([axis.get_view_interval().tolist(), axis.get_scale(), axis.get_visible(),
                _label(axis), axis.axes.get_position().bounds, axis.get_inverted(),
                _moved_spines(axis.axes),
                _settings(axis.get_tick_params()), _settings(axis.get_major_locator()),
                _settings(axis.get_major_formatter()), _settings(axis.get_minor_locator()),
                _settings(axis.get_minor_formatter())])  # fmt: skip
    children = renderer._stack[-1]
    if key in drawn:
        children.extend(drawn[key][0])
        return
    start = len(children)
    type(axis).draw(axis, renderer)
    # The key names a formatter's function by its address: keep it, so that the address stays its.
    drawn[key] = children[start:], (axis.get_major_locator(), axis.get_major_formatter())


def _label(axis):
    label = axis.label
    return [label.get_text(), label.get_color(), label.get_size(), label.get_weight(),
            label.get_ha(), axis.labelpad]  # fmt: skip


def _moved_spines(axes):
    """Where spines stand that were moved, which may depend on the other axis's limits."""
    sides = [spine for name, spine in axes.spines.items() if name != "outline"]  # of a colorbar
    places = [spine.get_position() for spine in sides]
    moved = any(place != ("outward", 0.0) for place in places)
    return [places, axes.viewLim.bounds] if moved else []


def _settings(thing):
    """What distinguishes a locator or formatter, without what it computed at its last use."""
    if isinstance(thing, dict):
        return sorted(thing.items())
    computed = {"axis", "offset", "orderOfMagnitude", "_sublabels", "format"}
    if isinstance(thing, Formatter):
        computed.add("locs")
    return type(thing).__name__, [item for item in vars(thing).items() if item[0] not in computed]


def to_markup(node):
    """Join a node, or a list of nodes, to a string of SVG."""
    if isinstance(node, str):
        return node
    if isinstance(node, tuple):
        tag, children = node
        return tag + "".join(map(to_markup, children)) + "</g>"
    return "".join(map(to_markup, node))


def document(markup, width, height, clips, attributes="", corner=(0, 0)):
    """Wrap the picture's markup in an ``<svg>`` element with its clip paths.

    ``corner`` is the upper left one of the part that is shown.
    """
    box = " ".join(map(number, (*corner, width, height)))
    defs = "".join(f'<clipPath id="{name}">{shape}</clipPath>' for shape, name in clips.items())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" '
        f'font-family="system-ui,sans-serif"{attributes}>'
        f"<defs>{defs}</defs>{markup}</svg>"
    )
