"""An explorer: what it refuses, what it draws, what it hands to a notebook and to the book."""

import re
from html.parser import HTMLParser
from math import inf, nan, prod

import ipywidgets
import numpy as np
import pytest

from d2lnotes.explore import Choice, Explorer, Guess, Slider, Toggle, explore
from d2lnotes.explore.errors import ExplorerError
from d2lnotes.explore.explorer import BAKE
from d2lnotes.plotting import panels

PNG = b"\x89PNG\r\n\x1a\n"
WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(autouse=True)
def live(monkeypatch):
    """Nothing is baked unless a test asks for it."""
    monkeypatch.delenv(BAKE, raising=False)


def slider(size=3, **options):
    return Slider(range(size), label="how many", **options)


def never(figure, **state):
    raise AssertionError("drawn before its controls were checked")


def make(function, **controls):
    return explore(**controls)(function)


def powers(figure, k, shifted):
    panels(figure)[0].plot([0, 1, 2], [0, 1, 2**k + shifted])
    return f"Two to the power {k} is {2**k}.", 2**k


def powers_explorer():
    return make(powers, k=slider(4, start=2), shifted=Toggle(label="shifted"))


def returning(result):
    """An explorer whose function returns ``result`` at k=1 and a sentence elsewhere."""

    def returns(figure, k):
        panels(figure)[0].plot([0, 1], [0, k])
        return result if k == 1 else "All is well."

    return make(returns, k=slider())


def drawing(draw):
    """An explorer that draws nothing but a line, and at k=1 also ``draw(axes)``."""

    def draws(figure, k):
        (axes,) = panels(figure)
        axes.plot([0, 1], [0, 1])
        if k == 1:
            draw(axes)
        return f"State {k}."

    return make(draws, k=slider())


# Controls and parameters ---------------------------------------------------------------------


def test_parameter_without_control_is_named():
    def lonely(figure, k, lam, mu):
        never(figure)

    with pytest.raises(ValueError, match="fig-lonely: no control for the parameter lam, mu"):
        make(lonely, k=slider())


def test_control_without_parameter_is_named():
    def lonely(figure, k):
        never(figure)

    with pytest.raises(ValueError, match="fig-lonely: the function has no parameter lam, mu"):
        make(lonely, k=slider(), lam=slider(), mu=slider())


@pytest.mark.parametrize("control", [[1, 2], range(3), 3, None, "k", Slider])
def test_control_that_is_none_is_refused(control):
    def wrong(figure, k):
        never(figure)

    with pytest.raises(ValueError, match="fig-wrong: k should be a Slider, Choice or Toggle"):
        make(wrong, k=control)


def test_control_whose_name_could_not_stand_in_a_link_is_refused():
    def wrong(figure, λ):
        never(figure)

    with pytest.raises(ValueError, match="'λ' stands in links; use small letters"):
        make(wrong, **{"λ": slider()})


def test_explorer_without_controls_is_refused():
    def still(figure):
        never(figure)

    with pytest.raises(ValueError, match="fig-still: nothing to move"):
        make(still)


def test_function_must_take_the_figure_first():
    def nothing():
        never(None)

    def no_figure(k):
        never(None)

    for function in (nothing, no_figure):
        with pytest.raises(ValueError, match="first parameter is the figure"):
            make(function, k=slider())


def test_function_needs_a_name_to_name_the_figure():
    with pytest.raises(ValueError, match=r"give .* a name"):
        make(lambda figure, k: "Said.", k=slider())


def test_figure_is_named_after_its_function():
    def _weight_decay_2(figure, k):
        return "Said."

    assert make(_weight_decay_2, k=slider()).id == "fig-weight-decay-2"


# The limit of 500 states ---------------------------------------------------------------------


def one(figure, a):
    never(figure)


def two(figure, a, b):
    never(figure)


def three(figure, a, b, c):
    never(figure)


@pytest.mark.parametrize(
    ("function", "sizes", "largest", "advised"),
    [
        (one, {"a": 501}, "a", 500),
        (two, {"a": 21, "b": 25}, "b", 23),
        (three, {"a": 2, "b": 300, "c": 3}, "b", 83),
    ],
)
def test_too_many_states_are_refused_with_advice_that_helps(function, sizes, largest, advised):
    with pytest.raises(ValueError) as refusal:
        make(function, **{name: slider(size) for name, size in sizes.items()})
    said, count = str(refusal.value), prod(sizes.values())
    assert " × ".join(f"{name} {size}" for name, size in sizes.items()) in said
    assert f"= {count} states, more than 500; give {largest} at most {advised} values" in said
    others = count // sizes[largest]
    assert others * advised <= 500 < others * (advised + 1)


def test_advice_is_never_fewer_values_than_a_control_can_have():
    with pytest.raises(ValueError, match=r"27000 states.*give each") as refusal:
        make(three, a=slider(30), b=slider(30), c=slider(30))
    assert "at most 0" not in str(refusal.value)


def test_five_hundred_states_are_allowed():
    def many(figure, a, b):
        return "Said."

    assert make(many, a=slider(20), b=slider(25)).count == 500


# Guesses -------------------------------------------------------------------------------------


def guessing(answers, truth):
    guess = Guess("Which is the largest?", answers, truth)
    return make(powers, k=slider(4), shifted=Toggle(label="shifted"), guess=guess)


def test_guess_refuses_a_control_that_the_figure_does_not_have():
    with pytest.raises(ValueError, match="fig-powers: the answer 'one' sets 'degree', no control"):
        guessing({"one": {"degree": 1}, "two": {}}, "two")


def test_guess_refuses_a_value_off_the_grid():
    with pytest.raises(ValueError, match="value of the answer 'nine' 9 is not on the grid"):
        guessing({"one": {"k": 1}, "nine": {"k": 9}}, "one")


def test_guess_may_set_some_controls_or_none():
    answers = {"one": {"k": 1}, "shifted": {"shifted": True}, "cannot tell": {}}
    assert guessing(answers, "cannot tell").guess.answers == answers


# Errors of the drawing function --------------------------------------------------------------


def failing(state):
    def fails(figure, k):
        if k == state:
            raise ZeroDivisionError("nothing to divide")
        return f"State {k}."

    return fails


def test_error_in_the_start_state_reaches_the_cell():
    with pytest.raises(ExplorerError, match=r"^fig-fails failed at k=2: ZeroDivisionError") as said:
        make(failing(2), k=slider(start=2))
    assert isinstance(said.value.__cause__, ZeroDivisionError)


def test_error_in_another_state_waits_for_that_state_and_names_it():
    explorer = make(failing(1), k=slider())
    assert explorer.at(k=2).sentence == "State 2."
    with pytest.raises(ExplorerError, match="fig-fails failed at k=1: ZeroDivisionError: nothing"):
        explorer.at(k=1)
    assert explorer.at(k=2).sentence == "State 2.", "the failure left something behind"


def test_error_in_another_state_fails_the_build_and_names_it(monkeypatch):
    monkeypatch.setenv(BAKE, "1")
    with pytest.raises(ExplorerError, match="fig-fails failed at k=1: ZeroDivisionError: nothing"):
        make(failing(1), k=slider())


@pytest.mark.parametrize(
    "result", [None, "", " \n", 3.5, b"Said.", ("", 1), (None, 1), ("a", 1, 2)]
)
def test_missing_sentence_is_refused_with_the_state(result):
    with pytest.raises(ExplorerError, match=r"fig-returns: expected a sentence.*'k': 1"):
        returning(result).at(k=1)


@pytest.mark.parametrize("number", [nan, inf, -inf, np.float32("nan"), "much", [1, 2]])
def test_number_that_is_not_finite_is_refused_with_the_state(number):
    with pytest.raises(ExplorerError, match=r"fig-returns: expected a finite number at .*'k': 1"):
        returning(("Said.", number)).at(k=1)


def test_number_is_optional_and_comes_as_a_float():
    assert returning("Said.").at(k=1).value is None
    assert returning(("Said.", None)).at(k=1).value is None
    for number in (3, np.float32(3), np.int64(3), np.array(3.0)):
        value = returning(("Said.", number)).at(k=1).value
        assert type(value) is float and value == 3


def test_numbers_come_with_every_state_or_with_none(monkeypatch):
    monkeypatch.setenv(BAKE, "1")
    with pytest.raises(ExplorerError, match=r"at {'k': 0} no number comes with the sentence"):
        returning(("Said.", 1.5))


# NaN in the drawing --------------------------------------------------------------------------


def bad_numbers(markup):
    return re.findall(r"[^<>]{0,20}\b(?:nan|inf)\b[^<>]{0,20}", markup, re.I)


@pytest.mark.parametrize(
    "draw",
    [
        lambda axes, bad: axes.plot([0, 1, bad, 2, 3], [0, 1, 2, 3, 4]),
        lambda axes, bad: axes.plot([bad, bad], [0, 1]),
        lambda axes, bad: axes.plot([0, bad, 1], [0, 1, 2], "o"),
        lambda axes, bad: axes.plot([0, bad, 1], [0, 1, 2], "s"),
        lambda axes, bad: axes.scatter([0, bad, 1], [0, 1, 2]),
        lambda axes, bad: axes.fill([0, 1, bad, 0], [0, 1, 2, 3]),
        lambda axes, bad: axes.fill_between([0, 1, 2], [0, bad, 2], [1, 1, 1]),
        lambda axes, bad: axes.axhline(bad),
        lambda axes, bad: axes.imshow([[0, bad], [1, 2]], extent=(0, 1, 0, 1)),
    ],
)
@pytest.mark.parametrize("bad", [nan, inf])
@pytest.mark.filterwarnings("ignore")
def test_points_that_are_no_numbers_leave_a_gap(draw, bad):
    explorer = drawing(lambda axes: draw(axes, bad))
    assert not bad_numbers(explorer.svg(explorer.at(k=1).tree))


def test_gap_in_a_curve_stays_open():
    explorer = drawing(lambda axes: axes.plot([0, 1, nan, 2, 3], [0, 1, 2, 0, 1], color="#123456"))
    (data,) = re.findall(r'd="([^"]*)"[^>]*#123456', explorer.svg(explorer.at(k=1).tree))
    assert data.count("M") == 2


@pytest.mark.parametrize(
    "draw",
    [
        lambda axes: axes.imshow([[0, 1]], extent=(0, nan, 0, 1)),
        lambda axes: axes.imshow([[0, 1]], extent=(0, 1, -inf, 1)),
        lambda axes: axes.set_xlim(0, nan),
        lambda axes: axes.set_ylim(0, inf),
    ],
)
def test_limits_and_extents_that_are_no_numbers_are_refused_with_the_state(draw):
    with pytest.raises(ExplorerError, match="fig-draws failed at k=1: ValueError"):
        drawing(draw).at(k=1)


@pytest.mark.parametrize("title", [r"$\alpha$", r"$\frac{1}{2}$", r"$\frac{$"])
def test_formula_that_the_page_cannot_show_is_refused_with_the_state(title):
    with pytest.raises(ExplorerError, match=r"^fig-draws at {'k': 1}: "):
        drawing(lambda axes: axes.set_title(title)).at(k=1)

    def begins(figure, k):
        panels(figure)[0].set_title(title)
        return "Said."

    with pytest.raises(ExplorerError, match=r"^fig-begins at {'k': 0}: "):
        make(begins, k=slider())


# States --------------------------------------------------------------------------------------


def test_controls_not_named_are_at_their_start():
    explorer = powers_explorer()
    assert explorer.at().sentence == "Two to the power 2 is 4."
    assert explorer.at(shifted=True) != explorer.at()
    assert explorer.at(k=3) == explorer.at(shifted=False, k=3)


def test_state_of_an_unknown_control_is_refused():
    with pytest.raises(ValueError, match="fig-powers has no control 'degree'; it has k, shifted"):
        powers_explorer().at(degree=3)


@pytest.mark.parametrize("value", [4, 1.5, nan, "2", None])
def test_state_off_the_grid_is_refused(value):
    with pytest.raises(ValueError, match=r"how many: value .* is not on the grid; it has 0, 1, 2"):
        powers_explorer().at(k=value)


def test_states_are_listed_with_the_last_control_fastest():
    states = powers_explorer().states()
    assert states[:3] == [
        {"k": 0, "shifted": False},
        {"k": 0, "shifted": True},
        {"k": 1, "shifted": False},
    ]
    assert len(states) == powers_explorer().count == 8


def test_function_is_given_values_of_the_grid():
    seen = []

    def sees(figure, k, shifted):
        seen.append((k, shifted))
        return "Said."

    explorer = make(sees, k=Slider(np.float32([0.5, 1]), label="k"), shifted=Toggle(label="on"))
    explorer.at(k=np.float64(1), shifted=1)
    assert seen[-1] == (1.0, True)
    assert [type(value) for value in seen[-1]] == [float, bool]


# Links ---------------------------------------------------------------------------------------


def test_link_names_the_controls_in_the_order_given():
    explorer = powers_explorer()
    assert explorer.link(k=3) == "#fig-powers?k=3"
    assert explorer.link(shifted=True, k=0) == "#fig-powers?shifted=1&k=0"
    assert explorer.link() == "#fig-powers"


def test_link_spells_values_as_the_page_does():
    def linked(figure, lam, loss):
        return "Said."

    explorer = make(
        linked,
        lam=Slider([0, *np.logspace(-6, 7, 14)], label="λ"),
        loss=Choice(["squared", "least & last=(a) é"], label="loss"),
    )
    assert explorer.link(lam=1e-6) == "#fig-linked?lam=1e-06"
    assert explorer.link(lam=1e7) == "#fig-linked?lam=1e7"
    words = explorer.link(loss="least & last=(a) é")
    assert words == "#fig-linked?loss=least%20%26%20last%3D%28a%29%20%C3%A9"


def test_link_to_what_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="no control 'degree'"):
        powers_explorer().link(degree=3)
    with pytest.raises(ValueError, match="not on the grid"):
        powers_explorer().link(k=9)


# What a notebook and the book get ------------------------------------------------------------


class Page(HTMLParser):
    """The tags of a piece of a page, and the text of its script elements."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.scripts = [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        if self.tags and self.tags[-1][0] == "script":
            self.scripts.append(data)


def test_repr_is_the_same_in_every_run():
    assert repr(powers_explorer()) == "<Explorer fig-powers: 8 states of k × shifted>"
    assert repr(powers_explorer()) == repr(powers_explorer())


def test_decorated_function_keeps_its_docstring():
    def told(figure, k):
        """What it shows."""
        return "Said."

    explorer = make(told, k=slider())
    assert isinstance(explorer, Explorer)
    assert explorer.__doc__ == "What it shows."


def test_live_notebook_gets_widgets_a_picture_and_a_stable_text():
    explorer = powers_explorer()
    bundle = explorer._repr_mimebundle_()
    assert set(bundle) == {WIDGET, "image/png", "text/plain"}
    assert bundle[WIDGET]["model_id"]
    assert bundle["image/png"].startswith(PNG)
    assert bundle["text/plain"] == repr(explorer)


def test_book_gets_html_a_picture_and_no_widget(monkeypatch):
    def refuse(*args, **options):
        raise AssertionError("a widget was made")

    monkeypatch.setenv(BAKE, "1")
    monkeypatch.setattr(ipywidgets.Widget, "__init__", refuse)
    explorer = powers_explorer()
    bundle = explorer._repr_mimebundle_()
    assert set(bundle) == {"text/html", "image/png", "text/plain"}
    assert bundle["image/png"].startswith(PNG)
    assert bundle["text/plain"] == repr(explorer)
    monkeypatch.delenv(BAKE)
    with pytest.raises(AssertionError, match="a widget was made"):
        powers_explorer()._repr_mimebundle_()


def test_picture_on_paper_shows_the_start_state():
    def shown(figure, k):
        panels(figure)[0].plot([0, 1], [0, 10**k])
        return "Said."

    first, same, other = (make(shown, k=slider(start=k)) for k in (0, 0, 2))
    first.at(k=2)
    assert first.png() == same.png() != other.png()


def test_a_control_may_be_called_sentence(monkeypatch):
    monkeypatch.setenv(BAKE, "1")

    @explore(sentence=Choice(["yes", "no"], label="sentence"))
    def words(figure, sentence):
        return f"It says {sentence}."

    ids = re.findall(r'\bid="([^"]+)"', words._repr_mimebundle_()["text/html"])
    assert len(set(ids)) == len(ids)


def test_markup_needs_no_script_for_its_picture_and_sentence(monkeypatch):
    monkeypatch.setenv(BAKE, "1")
    html = powers_explorer()._repr_mimebundle_()["text/html"]
    tags = Page(html).tags
    (picture,) = [attributes for tag, attributes in tags if "data-picture" in attributes]
    sentence = picture["aria-labelledby"]
    assert re.search(rf'id="{sentence}"[^>]*>Two to the power 2 is 4\.<', html)
    (controls,) = [a for _, a in tags if "d2l-panel-controls" in a.get("class", "")]
    assert "pst-js-only" in controls["class"], "the theme hides them where no script runs"
    (field,) = [a for tag, a in tags if tag == "input" and a.get("type") == "range"]
    assert (field["name"], field["value"], field["max"]) == ("k", "2", "3")
    assert field["aria-valuetext"] == "2"
