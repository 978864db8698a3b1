"""Store every state of an explorer in the page: what all states share once, the rest in slots.

The trees of all states are walked together. A subtree that is the same everywhere becomes part of
the page's picture. The smallest subtrees that differ become *slots*: each keeps its distinct
versions, and an index over only those controls that it depends on.
"""

import gzip
import json
from dataclasses import dataclass

import numpy as np

from d2lnotes.explore.errors import MAX_BYTES, ExplorerError
from d2lnotes.explore.svg import to_markup

#: How many states are drawn once more, each on a figure of its own (some 50 ms), and compared:
#: with the drawing that was stored, and with what a page puts together from its parts.
CHECKED = 12


@dataclass
class Baked:
    """What the page stores: the markup, its size, and the parts it can be put together from."""

    html: str
    bytes_gzipped: int
    template: list
    slots: list
    shape: tuple

    def markup(self, position):
        """Put a state's picture together from its parts; ``position`` is one index a control."""

        def fill(node):
            if isinstance(node, Slot):
                return node.version(position)
            if is_group(node):
                return node[0], [fill(child) for child in node[1]]
            return node

        return to_markup([fill(node) for node in self.template])


@dataclass
class Slot:
    """A part of the page that changes: its versions, and which one each state shows."""

    depends_on: list
    index: np.ndarray
    versions: list

    def version(self, position):
        """The version that the state at ``position`` shows."""
        return self.versions[self.index[tuple(position[k] for k in self.depends_on)]]

    def data(self):
        """The slot as the page stores it: ``d`` which controls, ``i`` index, ``v`` versions."""
        return {"d": self.depends_on, "i": self.index.ravel().tolist(), "v": self.versions}


def is_group(node):
    """Whether a node is a pair of an opening tag and its children (a string is one element)."""
    return isinstance(node, tuple)


def make_slot(markups, shape):
    """Make the slot that shows ``markups[k]`` in state ``k`` of a grid of ``shape``."""
    numbers = {}
    index = np.array([numbers.setdefault(m, len(numbers)) for m in markups]).reshape(shape)
    depends_on = []
    for axis in range(len(shape)):
        if (index != index.take([0], axis=axis)).any():
            depends_on.append(axis)
        # otherwise no single step along this control ever changes it, and one plane is enough
    keep = tuple(slice(None) if axis in depends_on else 0 for axis in range(len(shape)))
    return Slot(depends_on, index[keep], list(numbers))


def share(trees, shape, slots):
    """Return the tree that all ``trees`` share, with a `Slot` where they differ."""
    first = trees[0]
    if all(tree == first for tree in trees):
        return first
    if all(is_group(tree) and tree[0] == first[0] for tree in trees) and is_group(first):
        rows = [tree[1] for tree in trees]
        head, tail = ends(rows)
        children = [share([row[k] for row in rows], shape, slots) for k in range(head)]
        if any(len(row) > head + tail for row in rows):
            middles = [to_markup(row[head : len(row) - tail]) for row in rows]
            slots.append(make_slot(middles, shape))
            children.append(slots[-1])
        children += [share([row[k] for row in rows], shape, slots) for k in range(-tail, 0)]
        return first[0], children
    slots.append(make_slot([to_markup(tree) for tree in trees], shape))
    return slots[-1]


def ends(rows):
    """How many nodes at the head, and how many at the tail, all ``rows`` have in common.

    Where some states draw more than others, what stands before and after is shared all the same:
    first what is equal, then what is at least of one kind.
    """
    if len({len(row) for row in rows}) == 1:
        return len(rows[0]), 0
    head = tail = 0
    for same in (_equal, _of_one_kind):
        room = min(map(len, rows)) - tail
        while head < room and same([row[head] for row in rows]):
            head += 1
        room -= head
        while room > 0 and same([row[-1 - tail] for row in rows]):
            tail, room = tail + 1, room - 1
    return head, tail


def _equal(nodes):
    return all(node == nodes[0] for node in nodes)


def _of_one_kind(nodes):
    return _equal(nodes) or all(is_group(node) and node[0] == nodes[0][0] for node in nodes)


def difference(old, new):
    """The nodes of tree ``old`` that ``new`` does not have in the same place, texts left out."""
    if len(old) == len(new):
        for a, b in zip(old, new, strict=False):
            if a == b:
                continue
            if is_group(a) and is_group(b):
                yield from difference(a[1], b[1])
            elif not to_markup(a).startswith("<text"):
                yield a
    else:
        yield from (node for node in old if node not in new and "<text" not in to_markup(node))


def bake(explorer):
    """Draw every state of ``explorer`` and return what the page stores.

    Raises
    ------
    ExplorerError
        A state failed (the message names it), or differs when it is drawn on a figure of its own.
    ValueError
        More than 150 kB gzipped; the message says what takes the room.
    """
    from d2lnotes.explore.page import figure_html

    states = explorer.states()
    shape = tuple(len(control.values) for control in explorer.controls.values())
    drawn = [explorer.at(**state) for state in states]
    fresh = {
        k: to_markup(explorer.fresh(**states[k]).tree)
        for k in sorted({round(k) for k in np.linspace(0, len(states) - 1, CHECKED)})
    }
    for k, markup in fresh.items():
        if markup != to_markup(drawn[k].tree):
            raise ExplorerError(
                f"{explorer.id}: at {states[k]} the picture depends on the states drawn before; "
                "set every limit, scale and label in each state"
            )
    has_number = [one.value is not None for one in drawn]
    if any(has_number) and not all(has_number):
        raise ExplorerError(
            f"{explorer.id}: at {states[has_number.index(False)]} no number comes with the "
            "sentence, elsewhere one does; return it in every state or in none"
        )
    slots = []
    shared = share([("", state.tree) for state in drawn], shape, slots)
    template = shared[1] if is_group(shared) else [shared]
    sentences = make_slot([state.sentence for state in drawn], shape)
    values = None if drawn[0].value is None else [float(f"{state.value:.3g}") for state in drawn]
    html = figure_html(explorer, template, slots, sentences, values)
    size = len(gzip.compress(html.encode(), mtime=0))
    if size > MAX_BYTES:
        weights = [sum(map(len, slot.versions)) for slot in slots]
        if max(weights, default=0) < len(html) - sum(weights):
            advice = "most is the same in every state: draw fewer points or pixels"
        else:
            heaviest = slots[weights.index(max(weights))]
            names = [list(explorer.controls)[k] for k in heaviest.depends_on]
            advice = (
                f"{len(heaviest.versions)} versions of one part depend on "
                f"{' and '.join(names)}: give these fewer values, or draw fewer points"
            )
        raise ValueError(
            f"{explorer.id}: {len(states)} states take {size / 1000:.0f} kB gzipped, more than "
            f"{MAX_BYTES / 1000:.0f}; {advice}"
        )
    baked = Baked(html, size, template, slots, shape)
    for k, markup in fresh.items():
        if baked.markup(np.unravel_index(k, shape)) != markup:
            raise ExplorerError(f"{explorer.id}: the stored parts do not give {states[k]} back")
    return baked


def to_json(data):
    """JSON that may stand in a script element."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
