"""The live explorer: its widgets move it, and what goes wrong is seen and raised.

`tests/site/test_live_notebook.py` moves the same widgets in a browser.
"""

import ipywidgets as widgets
import pytest

from d2lnotes.explore import Choice, Guess, Slider, Toggle, explore
from d2lnotes.explore.errors import ExplorerError
from d2lnotes.explore.explorer import BAKE
from d2lnotes.explore.live import GHOST, Live
from d2lnotes.plotting import panels

WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(autouse=True)
def live(monkeypatch):
    """Live it is, wherever the tests run; no widget stays behind."""
    monkeypatch.delenv(BAKE, raising=False)
    yield
    widgets.Widget.close_all()


class Reader:
    """What a reader sees of a live explorer, and can do."""

    def __init__(self, explorer):
        self.live = Live(explorer)
        self.every = list(descendants(self.live.widget))

    def find(self, kind, description=None):
        (found,) = [one for one in self.every if type(one) is kind
                    and description in (None, one.description)]  # fmt: skip
        return found

    def control(self, label):
        (found,) = [one for one in self.every if getattr(one, "description", None) == label]
        return found

    def press(self, description):
        self.find(widgets.Button, description).click()

    @property
    def pin(self):
        return self.find(widgets.ToggleButton)

    @property
    def picture(self):
        return bytes(self.live.picture.value).decode()

    @property
    def sentence(self):
        return self.live.sentence.value

    @property
    def verdict(self):
        return self.live.widget.children[0].children[-1].value


def descendants(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from descendants(child)


@explore(
    k=Slider([1, 2, 3, 4], start=2, label="power"),
    sign=Choice(["plus", "minus"], label="sign"),
    dotted=Toggle(label="dots"),
)
def powers(figure, k, sign, dotted):
    if k == 4 and sign == "minus":
        raise ZeroDivisionError("no such <power>")
    (axes,) = panels(figure)
    axes.plot([0, 1, 2], [0, 1 if sign == "plus" else -1, 2**k], ":" if dotted else "-")
    axes.set(xlim=(0, 2), ylim=(-1, 16))
    return f"Two to the power {k} is {2**k} & {sign}{', dotted' if dotted else ''}."


def guessing(truth="four"):
    answers = {"two": {"k": 2}, "four": {"k": 4}, "cannot <say>": {}}
    guess = Guess("Which is the <largest>?", answers, truth)
    return explore(guess=guess, **powers.controls)(powers.function)


# Widgets -------------------------------------------------------------------------------------


def test_each_control_has_its_widget_at_its_start():
    reader = Reader(powers)
    power, sign, dots = map(reader.control, ("power", "sign", "dots"))
    assert (type(power), power.index) == (widgets.SelectionSlider, 1)
    assert (type(sign), sign.index) == (widgets.Dropdown, 0)
    assert (type(dots), dots.value) == (widgets.Checkbox, False)
    assert [label for label, _ in power.options] == ["1", "2", "3", "4"]
    assert reader.live.state() == powers.start


def test_start_state_is_shown_at_once():
    reader = Reader(powers)
    assert reader.sentence == "<p>Two to the power 2 is 4 &amp; plus.</p>"
    assert reader.picture.startswith("<svg") and "data-slot" not in reader.picture
    assert reader.live.error.value == ""


@pytest.mark.parametrize(
    ("label", "move", "said"),
    [
        ("power", {"index": 2}, "power 3 is 8 &amp; plus."),
        ("sign", {"index": 1}, "power 2 is 4 &amp; minus."),
        ("dots", {"value": True}, "plus, dotted."),
    ],
)
def test_moving_a_widget_redraws_picture_and_sentence(label, move, said):
    reader = Reader(powers)
    before = reader.picture
    reader.control(label).set_trait(*next(iter(move.items())))
    assert reader.picture != before
    assert said in reader.sentence


def test_a_state_looks_the_same_on_every_visit():
    reader = Reader(powers)
    seen = reader.picture, reader.sentence
    for index in (3, 0, 1):
        reader.control("power").index = index
    assert (reader.picture, reader.sentence) == seen


def test_displayed_widgets_are_those_that_move_it():
    bundle = powers._repr_mimebundle_()
    assert bundle[WIDGET]["model_id"] == powers._live.widget.model_id


def test_two_displays_move_on_their_own():
    one, other = Reader(powers), Reader(powers)
    one.control("power").index = 0
    assert other.control("power").index == 1
    other.control("sign").index = 1
    assert "power 1 is" in one.sentence and "plus" in one.sentence


# Reset and pin -------------------------------------------------------------------------------


def test_reset_returns_every_control_to_its_start():
    reader = Reader(powers)
    before = reader.picture, reader.sentence
    reader.control("power").index = 0
    reader.control("sign").index = 1
    reader.control("dots").value = True
    reader.press("Reset")
    assert reader.live.state() == powers.start
    assert (reader.picture, reader.sentence) == before


def test_reset_draws_no_state_in_between():
    """One in between may be a state that cannot be drawn, and would end the way back."""
    drawn = []

    def noted(figure, a, b):
        drawn.append((a, b))
        return "Said."

    reader = Reader(explore(a=Slider([0, 1], label="a"), b=Slider([0, 1], label="b"))(noted))
    reader.control("a").index = reader.control("b").index = 1
    drawn.clear()
    reader.press("Reset")
    assert drawn == [(0, 0)]


def test_pin_keeps_the_picture_in_grey_behind_the_next():
    reader = Reader(powers)
    alone = reader.picture
    reader.pin.value = True
    assert GHOST not in reader.picture, "the same picture behind itself"
    reader.control("power").index = 2
    pinned = reader.picture
    assert pinned.count(GHOST) == 1
    ghost = pinned.split(GHOST)[1].split("</g>")[0]
    (curve,) = [part for part in alone.split("<path") if "--d2l-c0" in part]
    assert curve.split('"')[1] in ghost, "it is not the curve that was pinned"
    reader.control("power").index = 3
    assert GHOST in reader.picture
    reader.pin.value = False
    assert GHOST not in reader.picture


def test_released_pin_leaves_no_trace():
    reader, other = Reader(powers), Reader(powers)
    reader.pin.value = True
    for one in (reader, other):
        one.control("power").index = 0
    reader.pin.value = False
    assert reader.picture == other.picture


# Guess ---------------------------------------------------------------------------------------


def test_guess_is_asked_before_anything_moves():
    reader = Reader(guessing())
    question = reader.live.widget.children[0].children[0]
    assert question.value == "<b>Which is the &lt;largest&gt;?</b>"
    pick = reader.find(widgets.RadioButtons)
    assert (pick.value, list(pick.options)) == (None, ["two", "four", "cannot <say>"])
    assert reader.find(widgets.Button, "Commit to this guess").disabled
    assert reader.verdict == ""


def test_wrong_guess_moves_to_the_truth_and_stays_in_grey():
    reader = Reader(guessing())
    reader.find(widgets.RadioButtons).value = "two"
    assert not reader.find(widgets.Button, "Commit to this guess").disabled
    reader.press("Commit to this guess")
    assert reader.live.state()["k"] == 4
    assert "power 4 is 16" in reader.sentence
    assert GHOST in reader.picture
    assert "<b>two</b>" in reader.verdict and "<b>four</b>" in reader.verdict
    assert "grey" in reader.verdict


def test_right_guess_is_said_to_be_right_and_leaves_no_ghost():
    reader = Reader(guessing())
    reader.find(widgets.RadioButtons).value = "four"
    reader.press("Commit to this guess")
    assert reader.live.state()["k"] == 4
    assert "That is right." in reader.verdict and "grey" not in reader.verdict
    reader.control("power").index = 0
    assert GHOST not in reader.picture


def test_guess_that_is_no_state_leaves_no_ghost():
    reader = Reader(guessing())
    reader.find(widgets.RadioButtons).value = "cannot <say>"
    reader.press("Commit to this guess")
    assert GHOST not in reader.picture
    assert "<b>cannot &lt;say&gt;</b>" in reader.verdict and "grey" not in reader.verdict


def test_truth_that_is_no_state_moves_nothing():
    reader = Reader(guessing(truth="cannot <say>"))
    reader.control("power").index = 0
    reader.find(widgets.RadioButtons).value = "four"
    reader.press("Commit to this guess")
    assert reader.live.state()["k"] == 1
    assert GHOST in reader.picture


def test_guess_can_be_made_once():
    reader = Reader(guessing())
    reader.find(widgets.RadioButtons).value = "two"
    reader.press("Commit to this guess")
    assert reader.find(widgets.RadioButtons).disabled
    assert reader.find(widgets.Button, "Commit to this guess").disabled


# Errors --------------------------------------------------------------------------------------


def failed():
    """A reader who moved to the one state that fails."""
    reader = Reader(powers)
    reader.control("sign").index = 1
    with pytest.raises(ExplorerError, match=r"fig-powers failed at k=4, sign='minus'"):
        reader.control("power").index = 3
    return reader


def test_error_is_raised_and_stands_in_the_place_of_the_figure():
    reader = failed()
    assert 'role="alert"' in reader.live.error.value
    assert "k=4, sign=&#x27;minus&#x27;" in reader.live.error.value
    assert "no such &lt;power&gt;" in reader.live.error.value
    assert reader.live.picture.layout.display == "none"
    assert reader.sentence == ""


def test_error_goes_with_the_next_state_that_can_be_drawn():
    reader, other = failed(), Reader(powers)
    for one in (reader, other):
        one.control("sign").index = 0
        one.control("power").index = 3
    assert reader.live.error.value == ""
    assert reader.live.picture.layout.display is None
    assert (reader.picture, reader.sentence) == (other.picture, other.sentence)


def test_reset_leads_out_of_an_error():
    reader = failed()
    reader.press("Reset")
    assert reader.live.error.value == ""
    assert "power 2 is 4" in reader.sentence


# Play ----------------------------------------------------------------------------------------


def played(figure, t, k):
    (axes,) = panels(figure)
    axes.plot([0, 1], [0, t + k])
    axes.set(ylim=(0, 9))
    return f"At {t}, {k}."


def test_play_moves_its_slider_and_the_slider_moves_play():
    reader = Reader(explore(
        t=Slider([0, 10, 20], label="time", unit="epochs", play=True), k=Slider([0, 1], label="k")
    )(played))  # fmt: skip
    play, time = reader.find(widgets.Play), reader.control("time")
    assert (play.min, play.max, play.step) == (0, 2, 1)
    before = reader.picture
    play.value = 2
    assert time.index == 2 and reader.sentence == "<p>At 20, 0.</p>"
    assert reader.picture != before
    time.index = 1
    assert play.value == 1 and reader.sentence == "<p>At 10, 0.</p>"


def test_play_begins_where_the_slider_starts():
    reader = Reader(explore(
        t=Slider([0, 10, 20], start=10, label="time", play=True), k=Slider([0, 1], label="k")
    )(played))  # fmt: skip
    assert reader.find(widgets.Play).value == 1
    assert reader.control("time").index == 1
    assert reader.sentence == "<p>At 10, 0.</p>"


def test_only_a_step_axis_can_be_played():
    assert not [one for one in Reader(powers).every if isinstance(one, widgets.Play)]
