"""Sphinx extension: the map of the book, which chapter needs which, and how long each takes.

``{book-map}`` holds one line a chapter, ``7: Convolutional networks @ 4 0; needs 3 4 5``, with
its place in the picture (row, column) and the chapters that it names as needed; ``; helped by 5``
for those that only help. It becomes a picture whose boxes are links, and a table of the same facts.
``{study-time}`` says how long chapters or sections take, given by their labels.

The times are computed from what the notebooks hold; the three rates below are estimates.
"""

import json
import re
import textwrap
from html import escape
from pathlib import Path
from typing import NamedTuple

from docutils import nodes
from docutils.parsers.rst import Directive
from overview import place

WORDS_A_MINUTE = 60  # prose is read four times as fast; formulas and code take the rest
MINUTES_A_FIGURE = 3
MINUTES_AN_EXERCISE = (10, 20, 45)  # with one star, two, three
LINE = re.compile(
    r"(\d+): (.+?) @ (\d+) (\d+)(?:; needs ([\d ]+?))?(?:; helped by ([\d ]+?))?", re.A
)


def setup(app):
    """Connect to the build."""
    app.setup_extension("overview")
    app.add_directive("book-map", BookMap)
    app.add_role("study-time", study_time)
    return {"parallel_read_safe": True, "version": "1"}


# What a chapter asks of its reader -------------------------------------------------------------


class Work(NamedTuple):
    """How much there is to do, in a chapter or a section."""

    words: int = 0
    figures: int = 0
    one_star: int = 0
    two_stars: int = 0
    three_stars: int = 0

    def __add__(self, other):
        return Work(*map(sum, zip(self, other, strict=True)))

    @property
    def exercises(self):
        """How many exercises, of any number of stars."""
        return sum(self[2:])

    @property
    def reading(self):
        """Minutes to read and to move the figures."""
        return self.words / WORDS_A_MINUTE + MINUTES_A_FIGURE * self.figures

    @property
    def practice(self):
        """Minutes for the exercises."""
        return sum(map(int.__mul__, self[2:], MINUTES_AN_EXERCISE))


def work(cells):
    """Count the words, explorers and exercises of a notebook's cells.

    Solutions, code, and what speaks to the lecturer are not counted; a formula is one word.
    """
    text = "\n".join(_text(cell) for cell in cells if cell["cell_type"] == "markdown")
    code = [_text(cell) for cell in cells if cell["cell_type"] == "code"]
    stars = re.findall(r"^`{3,}\{exercise\}[^★]*?\n(★+)", text, re.M)
    text = re.sub(r"^(:{3,})\{dropdown\} (?:Solution|For the lecturer).*?^\1$", "", text,
                  flags=re.M | re.S)  # fmt: skip
    text = re.sub(r"^(`{3,})([^\n]*)\n(.*?)^\1 *$", _fence, text, flags=re.M | re.S)
    text = re.sub(r"\$\$.*?\$\$|\$[^$]+\$", " formula ", text, flags=re.S)
    text = re.sub(r"^(?:\(.*\)=|:[\w-]+:.*|[:`]{3,}.*)$", "", text, flags=re.M)
    text = re.sub(r"\]\([^)]*\)|\{[\w:]+\}| <[\w-]+>`", " ", text)
    words = len(re.findall(r"[^\W_](?:[\w.,'’-]*\w)?", text))
    figures = sum("@explore" in each for each in code)
    return Work(words, figures, *(stars.count("★" * count) for count in (1, 2, 3)))


def _fence(match):
    """What a reader reads of a fenced block: all of an exercise or a note, nothing of code."""
    name = re.match(r"\{(\w+)\} ?(.*)", match[2])
    words = name and name[1] not in ("math", "code", "figure", "image", "bibliography")
    return f"{name[2]}\n{match[3]}" if words else ""


def _text(cell):
    return "".join(cell["source"])


def section(cells, label):
    """The cells of the section with a label: up to the next heading of its level or above."""
    found, level = [], 0
    for cell in cells:
        text = _text(cell) if cell["cell_type"] == "markdown" else ""
        heading = re.search(rf"^\({label}\)=\n(#+) ", text, re.M)
        if heading:
            level = len(heading[1])
        elif level and re.search(rf"^#{{1,{level}}} ", text, re.M):
            return found
        if level:
            found.append(cell)
    return found


def notebooks(env):
    """The cells of each notebook of the book, by document."""
    found = {}
    for name in sorted(env.found_docs):
        path = Path(env.doc2path(name))
        if path.suffix == ".ipynb":
            found[name] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return found


def duration(minutes):
    """A time as people say it: minutes up to an hour, then half hours."""
    if minutes < 57.5:
        return f"{max(5, round(minutes / 5) * 5)} min"
    return f"{round(minutes / 30) / 2:g} h"


def study_time(name, rawtext, text, lineno, inliner, options=None, content=None):
    """Say how long the chapters or sections of these labels take."""
    labels = tuple(text.replace(",", " ").split())
    return [place(inliner.document.settings.env, say_time, labels)], []


def say_time(app, docname, labels):
    """Return the sum over the labels: time to read, and to do the exercises."""
    total = Work()
    for label in labels:
        every = [section(cells, label) for cells in notebooks(app.env).values()]
        if not any(every):
            raise ValueError(f"{docname}: {{study-time}} names {label!r}, which labels no heading")
        total += work(next(filter(None, every)))
    said = duration(total.reading)
    if total.exercises:
        said += f", and {duration(total.practice)} for {total.exercises} exercises"
    return [nodes.Text(said)]


# The map ---------------------------------------------------------------------------------------


class Stop(NamedTuple):
    """A chapter on the map."""

    number: int
    title: str
    row: int
    column: int
    needs: tuple
    helped: tuple


def parse(line):
    """Return the stop that a line of the map describes, or None."""
    match = LINE.fullmatch(line.strip())
    if not match:
        return None
    number, title, row, column, *chapters = match.groups()
    needs, helped = (tuple(map(int, (each or "").split())) for each in chapters)
    return Stop(int(number), title, int(row), int(column), needs, helped)


class BookMap(Directive):
    """The chapters and what each needs."""

    has_content = True

    def run(self):
        """Return the map's place, or say which line is none."""
        stops = tuple(map(parse, self.content))
        if None in stops:
            raise self.error(f"no line of a map: {self.content[stops.index(None)]!r}")
        return [place(self.state.document.settings.env, book_map, stops)]


def book_map(app, docname, stops):
    """Return the picture and the table."""
    homes = {}
    for stop in stops:
        found = [name for name in app.env.found_docs if f"/{stop.number:02d}_" in f"/{name}"]
        if len(found) != 1:
            raise ValueError(f"{docname}: no chapter {stop.number} for the map")
        homes[stop.number] = found[0]
    addresses = {n: app.builder.get_relative_uri(docname, home) for n, home in homes.items()}
    cells = notebooks(app.env)
    works = {number: work(cells[home]) for number, home in homes.items()}
    return [nodes.raw("", draw(stops, addresses) + table(stops, addresses, works), format="html")]


def arrows(stops):
    """The needs that are drawn: one that another need needs already follows from its arrow."""
    needs = {stop.number: set(stop.needs) for stop in stops}

    def before(number):
        return needs[number].union(*(before(each) for each in needs[number]))

    return [
        (need, stop.number)
        for stop in stops
        for need in stop.needs
        if not any(need in before(other) for other in stop.needs)
    ]


WIDE, HIGH, ACROSS, DOWN, BEND = 104, 60, 118, 100, 28


def draw(stops, addresses):
    """The picture, in SVG; its colours are those of the explorers."""
    at = {stop.number: (stop.column * ACROSS + 4, stop.row * DOWN + 4) for stop in stops}
    lines = [_arrow(*at[a], *at[b], "") for a, b in arrows(stops)]
    lines += [_arrow(*at[a], *at[s.number], "d2l-helps") for s in stops for a in s.helped]
    boxes = []
    for stop in stops:
        x, y = at[stop.number]
        words = textwrap.wrap(f"{stop.number} {stop.title}", 14)
        first = y + HIGH / 2 + 5 - 8 * (len(words) - 1)
        text = "".join(
            f'<tspan x="{x + WIDE / 2}" y="{first + 16 * k}">{escape(word)}</tspan>'
            for k, word in enumerate(words)
        )
        label = f"Chapter {stop.number}, {stop.title}; {_needs(stop)}"
        boxes.append(
            f'<a href="{addresses[stop.number]}" aria-label="{escape(label)}">'
            f'<rect x="{x}" y="{y}" width="{WIDE}" height="{HIGH}" rx="8"/><text>{text}</text></a>'
        )
    width = max(x for x, _ in at.values()) + WIDE + 4
    height = max(y for _, y in at.values()) + HIGH + 4
    return (
        f'<svg class="d2l-chapters" viewBox="0 0 {width} {height}" role="group" '
        'aria-label="Map of the chapters; the table below says the same">'
        '<defs><marker id="d2l-tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8Z"/></marker></defs>'
        f"{''.join(lines)}{''.join(boxes)}</svg>"
    )


def _arrow(x, y, to_x, to_y, kind):
    """A curve from one box to another: downwards, or over the gap between two of one row."""
    side = (to_x > x) - (to_x < x)
    middle, to_middle = x + WIDE / 2, to_x + WIDE / 2
    if to_y == y:
        start, end = middle + side * WIDE / 3, to_middle - side * WIDE / 3
        path = f"M{start} {y}C{start} {y - BEND} {end} {y - BEND} {end} {to_y}"
    elif to_y - y > DOWN and side:  # past the row between them, beside its box
        start = x + (WIDE if side > 0 else 0)
        path = (f"M{start} {y + HIGH / 2}C{to_middle} {y + HIGH / 2} {to_middle} {y + HIGH} "
                f"{to_middle} {to_y}")  # fmt: skip
    else:
        path = (f"M{middle} {y + HIGH}C{middle} {y + HIGH + BEND} {to_middle} {to_y - BEND} "
                f"{to_middle} {to_y}")  # fmt: skip
    return f'<path class="d2l-arrow {kind}" d="{path}" marker-end="url(#d2l-tip)"/>'


def _needs(stop):
    said = f"needs {', '.join(map(str, stop.needs))}" if stop.needs else "needs none"
    return said + "".join(f"; {each} helps" for each in stop.helped)


def table(stops, addresses, works):
    """The same facts as a table, with what each chapter asks."""
    rows = ""
    for stop in stops:
        mine = works[stop.number]
        needs = _needs(stop).removeprefix("needs ")
        rows += (
            f'<tr id="map-{stop.number:02d}"><th scope="row">'
            f'<a href="{addresses[stop.number]}">{stop.number} '
            f"{escape(stop.title)}</a></th><td>{needs}</td>"
            f"<td>{duration(mine.reading)}: {mine.words:,} words, {mine.figures} figures to move"
            f"</td><td>{duration(mine.practice)}: {mine.exercises} exercises</td></tr>"
        )
    total = sum(works.values(), Work())
    rows += (
        f'<tr><th scope="row">All</th><td></td><td>{duration(total.reading)}: {total.words:,} '
        f"words, {total.figures} figures to move</td>"
        f"<td>{duration(total.practice)}: {total.exercises} exercises</td></tr>"
    )
    head = "".join(
        f'<th scope="col">{each}</th>' for each in ("Chapter", "Needs", "To read", "To do")
    )
    return (
        f'<table class="table d2l-chapter-table"><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )
