"""Baking: what the page stores, put together again, is what a drawing from nothing gives."""

import json
import math
import os
import subprocess
import sys
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from d2lnotes.explore import Choice, Guess, Slider, Toggle, explore
from d2lnotes.explore.bake import CHECKED, Baked, bake, share
from d2lnotes.explore.book import STATES
from d2lnotes.explore.errors import MAX_BYTES, ExplorerError
from d2lnotes.explore.explorer import BAKE
from d2lnotes.explore.svg import to_markup
from d2lnotes.plotting import BLUE, panels

#: The same examples in every run; a failing drawing is shown as it is: to shrink it takes minutes.
SETTINGS = {"derandomize": True, "deadline": None, "phases": [Phase.generate]}


@pytest.fixture(autouse=True)
def live(monkeypatch):
    """`bake` is called here, not by the explorer itself, and the comparisons are made here."""
    monkeypatch.delenv(BAKE, raising=False)
    monkeypatch.setattr("d2lnotes.explore.bake.CHECKED", 0)


@pytest.fixture
def compared(monkeypatch):
    """`bake` compares states with whole drawings, as it does in the book."""
    monkeypatch.setattr("d2lnotes.explore.bake.CHECKED", CHECKED)


def slider(size=3):
    return Slider(range(size), label="how many")


def make(function, **controls):
    return explore(**controls)(function)


def states_of(html):
    """The data that a page stores."""
    return json.loads(STATES.search(html)[1])


def assert_whole(explorer, baked):
    """Every state put together from its parts equals the drawing on a figure of its own."""
    for position, state in zip(np.ndindex(baked.shape), explorer.states(), strict=True):
        assert baked.markup(position) == to_markup(explorer.fresh(**state).tree), state


# Parts of drawings: each takes the axes and a number from 0 to 2, and sets all that it changes.

X = np.linspace(0.1, 2, 7)


def curve(axes, k):
    axes.plot(X, X**k, color=BLUE, linestyle=["-", "--", ":"][k])


def more_curves(axes, k):
    for shift in range(k):
        axes.plot(X, X + shift)


def dots(axes, k):
    axes.scatter(X, X * k, s=9)


def squares(axes, k):
    axes.plot(X[: k + 1], X[: k + 1], "s")


def filled(axes, k):
    axes.fill_between(X, X, X + k, alpha=0.3)


def bars(axes, k):
    axes.bar([0, 1], [1, k + 1])


def picture(axes, k):
    axes.imshow(np.arange(6).reshape(2, 3) == k, extent=(0, 1, 0, 1), aspect="auto")


def turned_text(axes, k):
    axes.text(0.5, 0.5, f"<{k}> & more", rotation=30 * k)


def legend(axes, k):
    axes.plot(X, X, label=f"number {k}")
    axes.legend(loc="upper left")


def log_scale(axes, k):
    axes.set_yscale(["linear", "log", "log"][k])
    axes.set_ylim(0.1, [3, 30, 3000][k])


def limits(axes, k):
    axes.set_xlim(0.1, 2 + k)


def ticks(axes, k):
    axes.set_xticks(range(k + 1), [f"t{number}" for number in range(k + 1)])


def labels(axes, k):
    axes.set_title(f"title {k}")
    axes.set_xlabel("along", color=["red", "green", "blue"][k], labelpad=k)


def twin(axes, k):
    other = axes.twinx()
    other.plot(X, 10 * X)
    other.set_ylim(0, 20 + k)
    other.set_ylabel(f"other {k}")


def arrow(axes, k):
    axes.annotate("here", (0.1, 0.1), (k, 1), arrowprops={"arrowstyle": "->"})


PARTS = [curve, more_curves, dots, squares, filled, bars, picture, turned_text, legend, log_scale,
         limits, ticks, labels, twin, arrow]  # fmt: skip


@st.composite
def drawings(draw):
    """Controls, and parts that each depend on some of them, spread over one or two panels."""
    sizes = draw(st.lists(st.integers(2, 3), min_size=1, max_size=3).filter(
        lambda sizes: math.prod(sizes) <= 8))  # fmt: skip
    names = "abc"[: len(sizes)]
    controls = {name: slider(size) for name, size in zip(names, sizes, strict=True)}
    some = st.lists(st.sampled_from(names), unique=True)
    parts = draw(st.lists(
        st.tuples(st.sampled_from(PARTS), st.integers(0, 1), some), min_size=2, max_size=5,
        unique_by=lambda part: part[:2]))  # fmt: skip
    return controls, parts


def drawn_by(parts, names, columns=2):
    """A drawing function with the parameters ``names``."""

    def draw(figure, **state):
        axes = panels(figure, columns)
        for one in axes:
            one.set(xscale="linear", yscale="linear")  # which also resets the ticks
            one.set(xlim=(0, 2), ylim=(0, 3))
            one.set_xlabel("", color="black", labelpad=4)
        for part, panel, depends_on in sorted(parts, key=lambda part: PARTS.index(part[0])):
            part(axes[panel], sum(state[name] for name in depends_on) % 3)
        return f"State {state}."

    def one(figure, a):
        return draw(figure, a=a)

    def two(figure, a, b):
        return draw(figure, a=a, b=b)

    def three(figure, a, b, c):
        return draw(figure, a=a, b=b, c=c)

    return [one, two, three][len(names) - 1]


@given(drawings())
@settings(**SETTINGS, max_examples=10)
def test_baked_states_equal_whole_drawings(drawing):
    controls, parts = drawing
    explorer = make(drawn_by(parts, list(controls)), **controls)
    baked = bake(explorer)
    assert_whole(explorer, baked)
    used = {list(controls).index(name) for _, _, names in parts for name in names}
    assert {k for slot in baked.slots for k in slot.depends_on} <= used


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_each_kind_of_drawing_is_stored_whole(part):
    explorer = make(drawn_by([(part, 0, ["a"])], "a", columns=1), a=slider(3))
    baked = bake(explorer)
    assert_whole(explorer, baked)
    assert baked.slots


# Trees, without a drawing --------------------------------------------------------------------

trees = st.recursive(
    st.sampled_from(["<a/>", "<b/>", "<c/>"]),
    lambda children: st.tuples(
        st.sampled_from(["<g>", '<g id="x">']), st.lists(children, max_size=3)
    ),
    max_leaves=8,
)


@st.composite
def grids_of_trees(draw):
    """A grid's shape, and a tree for each of its states out of a few."""
    shape = draw(st.lists(st.integers(2, 3), min_size=1, max_size=3))
    some = draw(st.lists(st.lists(trees, max_size=3), min_size=1, max_size=4))
    count = math.prod(shape)
    return shape, draw(st.lists(st.sampled_from(some), min_size=count, max_size=count))


@given(grids_of_trees())
@settings(**SETTINGS, max_examples=300)
def test_trees_are_shared_without_loss(grid):
    shape, states = grid
    slots = []
    shared = share([("", [("<g>", children)]) for children in states], shape, slots)
    baked = Baked("", 0, shared[1], slots, tuple(shape))
    for position, children in zip(np.ndindex(*shape), states, strict=True):
        assert baked.markup(position) == to_markup(("<g>", children))
    for slot in slots:
        assert len(set(slot.versions)) == len(slot.versions) > 1
        assert slot.index.shape == tuple(shape[k] for k in slot.depends_on)
        for axis in range(slot.index.ndim):
            assert (slot.index != slot.index.take([0], axis=axis)).any(), "it does not matter"


# What a state costs --------------------------------------------------------------------------


def test_control_that_changes_nothing_costs_no_slot():
    def idle(figure, a, b):
        curve(panels(figure)[0], a)
        return f"State {a}."

    def alone(figure, a):
        return idle(figure, a, 0)

    with_idle = states_of(bake(make(idle, a=slider(), b=slider(9))).html)
    without = states_of(bake(make(alone, a=slider())).html)
    assert all(slot["d"] == [0] for slot in [*with_idle["slots"], with_idle["sentence"]])
    assert [slot["i"] for slot in with_idle["slots"]] == [slot["i"] for slot in without["slots"]]


def test_picture_that_never_changes_has_no_slot():
    def still(figure, a):
        curve(panels(figure)[0], 1)
        return f"State {a}."

    data = states_of(bake(make(still, a=slider())).html)
    assert data["slots"] == []
    assert data["sentence"]["v"] == ["State 0.", "State 1.", "State 2."]


def test_parts_depend_on_their_own_controls_only():
    def parted(figure, a, b):
        left, right = panels(figure, 2)
        curve(left, a)
        curve(right, b)
        left.set_title(f"left {a}")
        right.set_title(f"right {b}")
        return f"State {a}, {b}."

    data = states_of(bake(make(parted, a=slider(3), b=slider(3))).html)
    assert {tuple(slot["d"]) for slot in data["slots"]} == {(0,), (1,)}
    assert all(len(slot["v"]) <= 3 for slot in data["slots"])
    assert data["sentence"]["d"] == [0, 1]


def test_part_that_needs_two_controls_depends_on_both():
    def joint(figure, a, b, c):
        panels(figure)[0].set_title("both" if a and c else "not both")
        return "Said."

    toggles = {name: Toggle(label=name) for name in "abc"}
    (slot,) = states_of(bake(make(joint, **toggles)).html)["slots"]
    assert slot["d"] == [0, 2]
    assert [slot["v"][k].count("not both") for k in slot["i"]] == [1, 1, 1, 0]


def test_line_that_some_states_have_costs_no_more_than_itself():
    def grows(figure, a):
        (axes,) = panels(figure)
        axes.plot([0, 1, 2], [0, 3, 1])
        for k in range(a):
            axes.plot([0, 2], [k, k])
        axes.set(xlim=(0, 2), ylim=(0, 3))
        return f"State {a}."

    (slot,) = states_of(bake(make(grows, a=slider(3))).html)["slots"]
    assert [version.count("<path") for version in slot["v"]] == [0, 1, 2]
    assert not any("<text" in version for version in slot["v"])


# Limits --------------------------------------------------------------------------------------


def test_too_many_bytes_are_refused_with_what_takes_the_room():
    def crowded(figure, a, seed):
        left, right = panels(figure, 2)
        curve(left, a)
        x, y = np.random.default_rng(seed).random((2, 3000))
        right.plot(x, y, ".")
        right.set(xlim=(0, 1), ylim=(0, 1))
        return f"State {a}, {seed}."

    with pytest.raises(ValueError) as refusal:
        bake(make(crowded, a=slider(2), seed=slider(16)))
    said = str(refusal.value)
    assert said.startswith("fig-crowded: 32 states take ")
    assert int(said.split(" take ")[1].split()[0]) > MAX_BYTES / 1000 == 150
    assert "16 versions of one part depend on seed: give these fewer values" in said
    assert "draw fewer points" in said


def test_too_many_bytes_in_what_never_changes_are_refused_with_that_reason():
    def heavy(figure, a):
        noise = np.random.default_rng(0).random((250, 250, 3))
        panels(figure)[0].imshow(noise, interpolation="none")
        return f"State {a}."

    with pytest.raises(ValueError, match=r"kB gzipped, more than 150; most is the same in every"):
        bake(make(heavy, a=slider(2)))


# Drawings that remember ----------------------------------------------------------------------


def test_drawing_that_adds_to_the_last_state_is_refused(compared):
    def piles_up(figure, a):
        axes = figure.axes[0] if figure.axes else figure.subplots()
        axes.plot([0, 1], [0, a])
        return f"State {a}."

    with pytest.raises(ExplorerError, match=r"fig-piles-up: at {'a': \d} the picture depends on"):
        bake(make(piles_up, a=slider()))


def test_drawing_that_sets_a_scale_in_one_state_only_is_refused(compared):
    def forgets(figure, a):
        (axes,) = panels(figure)
        axes.plot([0, 1], [0, 1])
        if a == 1:
            axes.set_yscale("log")
        return f"State {a}."

    with pytest.raises(ExplorerError, match="set every limit, scale and label in each state"):
        bake(make(forgets, a=slider()))


def moved_spine(axes, k):
    axes.spines.bottom.set_position("zero")
    axes.set_ylim(-1 - k, 1)


def size_of_label(axes, k):
    axes.set_ylabel("up", size=8 + k, weight=["normal", "bold", "normal"][k])


def place_of_label(axes, k):
    axes.set_xlabel("along", loc=["left", "center", "right"][k], labelpad=4 + k)


def marks(axes, k):
    axes.tick_params(colors=["red", "green", "blue"][k], length=k)


def minor_ticks(axes, k):
    axes.set_xticks([0.1, 0.2 + k / 10], minor=True)


def own_format(axes, k):
    axes.xaxis.set_major_formatter(lambda value, place: f"{value:.1f}/{k}")


def turned_axis(axes, k):
    axes.set_xlim([(0, 1), (1, 0), (0, 2)][k])


def grid_lines(axes, k):
    axes.grid(k == 1)


@pytest.mark.parametrize(
    "decorate",
    [labels, ticks, log_scale, limits, twin, moved_spine, size_of_label, place_of_label, marks,
     minor_ticks, own_format, turned_axis, grid_lines],
    ids=lambda decorate: decorate.__name__,
)  # fmt: skip
def test_axis_kept_from_the_last_state_is_drawn_anew_where_it_changed(decorate):
    def decorated(figure, k):
        (axes,) = panels(figure)
        axes.plot([0.1, 1], [0.1, 1])
        decorate(axes, k)
        return f"State {k}."

    explorer = make(decorated, k=slider())
    whole = [to_markup(explorer.fresh(k=k).tree) for k in range(3)]
    assert len(set(whole)) >= 2
    for k in (0, 1, 2, 1, 0, 2, 0):
        assert to_markup(explorer.at(k=k).tree) == whole[k]


# The page ------------------------------------------------------------------------------------


class Page(HTMLParser):
    """Tags in order, text of scripts, and text of everything else."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.scripts, self.texts = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        inside_script = self.tags and self.tags[-1][0] == "script"
        (self.scripts if inside_script else self.texts).append(data)


HOSTILE = "</script><script>alert(1)</script><!-- & \" ' \u2028 \u2029 </p> \\u003c"


def test_words_cannot_break_out_of_the_page():
    guess = Guess(f"Which? {HOSTILE}", {f"yes {HOSTILE}": {"a": 1}, "no": {}}, "no")

    @explore(
        a=Slider([0, 1], label=f"label {HOSTILE}", unit=HOSTILE),
        b=Choice(["calm", HOSTILE], label="choice"),
        guess=guess,
        value=HOSTILE,
    )
    def hostile(figure, a, b):
        panels(figure)[0].set_title(f"{a} {HOSTILE}")
        return f"Sentence {a} {b} {HOSTILE}", a

    html = bake(hostile).html
    page = Page(html)
    assert [tag for tag, _ in page.tags].count("script") == 1
    assert "</" not in STATES.search(html)[1]
    data = json.loads(page.scripts[0])
    assert len(page.scripts) == 1 and data == states_of(html)
    assert data["sentence"]["v"][0] == f"Sentence 0 calm {HOSTILE}"
    assert data["controls"][0]["l"] == f"label {HOSTILE}"
    assert data["controls"][1]["v"] == ["calm", HOSTILE]
    assert list(data["guess"]["answers"]) == [f"yes {HOSTILE}", "no"]
    shown = "".join(page.texts)
    for words in (f"Sentence 0 calm {HOSTILE}", f"label {HOSTILE}", f"Which? {HOSTILE}",
                  f"yes {HOSTILE}", f"0 {HOSTILE}"):  # fmt: skip
        assert words in shown
    values = [attributes["value"] for tag, attributes in page.tags
              if attributes.get("type") == "radio"]  # fmt: skip
    assert values == [f"yes {HOSTILE}", "no"]
    spoken = [attributes.get("aria-valuetext") for _, attributes in page.tags]
    assert f"0 {HOSTILE}" in spoken


def test_answers_are_stored_as_places_on_the_grid():
    @explore(
        lam=Slider([0, 0.1, 1], label="λ"),
        on=Toggle(label="on"),
        guess=Guess("Which?", {"small": {"lam": 0.1}, "on": {"on": True}}, "on"),
    )
    def asked(figure, lam, on):
        return "Said."

    data = states_of(bake(asked).html)
    assert data["guess"] == {"truth": "on", "answers": {"small": {"lam": 1}, "on": {"on": 1}}}


def test_map_holds_a_number_for_each_state_of_two_sliders():
    def valued(figure, a, kind, b):
        return "Said.", a / 3 + 10 * b + (100 if kind == "high" else 0)

    controls = {"a": slider(3), "kind": Choice(["low", "high"], label="kind"), "b": slider(2)}
    explorer = explore(value="height", **controls)(valued)
    data = states_of(bake(explorer).html)["map"]
    assert (data["axes"], data["label"]) == ([0, 2], "height")
    expected = [valued(None, **state)[1] for state in explorer.states()]
    assert data["values"] == pytest.approx(expected, rel=5e-3)


def test_time_axis_has_no_place_on_the_map():
    def played(figure, a, t):
        return "Said.", a + t

    time = Slider(range(3), label="time", play=True)
    data = states_of(bake(make(played, a=slider(), t=time)).html)
    assert "map" not in data


SCRIPT = """
from d2lnotes.explore import Choice, Slider, explore
from d2lnotes.explore.bake import bake
from d2lnotes.plotting import panels

@explore(k=Slider(range(3), label="k"), kind=Choice(["dots", "line"], label="kind"))
def same(figure, k, kind):
    left, right = panels(figure, 2)
    left.plot([0, 1, 2], [0, k, 1], "o" if kind == "dots" else "-", label=kind)
    left.legend()
    right.imshow([[0, k], [k, 3]], vmin=0, vmax=3)
    right.twinx().set_yscale("log")
    return f"{kind} {k}."

html = bake(same).html
"""


def test_two_bakes_are_the_same_bytes():
    names = {}
    exec(SCRIPT, names)
    here = names["html"]
    assert bake(names["same"]).html == here
    program = SCRIPT + "import sys; sys.stdout.buffer.write(html.encode())"
    there = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True,
                           env={**os.environ, "PYTHONHASHSEED": "1"})  # fmt: skip
    assert there.stdout.decode() == here, "it depends on the process that baked it"


def test_size_is_that_of_the_page():
    baked = bake(make(lambda_free, a=slider()))
    assert 500 < baked.bytes_gzipped < len(baked.html)


def lambda_free(figure, a):
    curve(panels(figure)[0], a)
    return f"State {a}."


def test_parts_that_give_another_picture_are_refused(compared, monkeypatch):
    explorer = make(lambda_free, a=slider())
    monkeypatch.setattr(Baked, "markup", lambda self, position: "")
    with pytest.raises(ExplorerError, match=r"fig-lambda-free: the stored parts do not give"):
        bake(explorer)
