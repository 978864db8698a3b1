"""Sliders, choices, toggles and guesses refuse what a reader could not use, and say why."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from d2lnotes.explore import Choice, Guess, Slider, Toggle
from d2lnotes.explore.controls import spell

# Sliders -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([], "at least two values for 'size', got none"),
        ([3], "at least two values"),
        ([1, 3, 2], "not sorted at 3, 2; sort it"),
        ([3, 2, 1], "not sorted"),
        ([1, 2, 2, 3], "repeats 2, 2"),
        ([1, 1.0], "repeats"),
        ([0.0, -0.0], "repeats"),
        ([0, math.nan, 1], "finite numbers for the slider 'size', got nan"),
        ([0, math.inf], "got inf"),
        ([-math.inf, 0], "got -inf"),
        (np.array([0, np.nan]), "got nan"),
        (["a", "b"], "use Choice for words"),
        ([1, "2"], "got '2'"),
        ([False, True], "Toggle for on and off"),
        (np.array([False, True]), "Toggle for on and off"),
        ([None, 1], "got None"),
        ([1j, 2j], "got 1j"),
    ],
)
def test_slider_refuses_a_grid_that_is_none(values, said):
    with pytest.raises(ValueError, match="'size'") as refusal:
        Slider(values, label="size")
    assert said in str(refusal.value)


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ([1.001, 1.002], "1"),
        ([1000.5, 1001.5], "1e3"),
        ([0.1, 0.10001], "0.1"),
        ([-1.001, -1], "-1"),
    ],
)
def test_slider_refuses_neighbours_that_links_cannot_tell_apart(values, word):
    with pytest.raises(ValueError, match="links write three significant digits") as refusal:
        Slider(values, label="size")
    assert f"are both {word}; choose a coarser grid" in str(refusal.value)


def test_slider_takes_any_iterable_of_numbers():
    for values in (range(3), (0, 1, 2), np.arange(3), (k for k in range(3)), [0, 1.0, 2]):
        control = Slider(values, label="size")
        assert control.values == (0, 1, 2)
        assert not any(isinstance(value, np.generic) for value in control.values)


def test_slider_starts_at_its_first_value_unless_told():
    assert Slider([2, 3, 5], label="size").start == 2
    control = Slider([2, 3, 5], start=5, label="size")
    assert (control.start, control.start_index) == (5, 2)


@pytest.mark.parametrize("start", [4, 2.5, -1, math.nan, "3", [3]])
def test_start_outside_the_grid_is_refused_with_the_grid(start):
    with pytest.raises(ValueError, match=r"size: start value .* is not on the grid; it has 2, 3"):
        Slider([2, 3], start=start, label="size")


def test_start_may_differ_by_rounding():
    assert Slider(np.arange(11) / 10, start=0.1 + 0.2, label="size").start_index == 3
    assert Slider(np.float32([0.1, 0.2]), start=0.2, label="size").start_index == 1


def test_slider_shows_its_unit_and_a_true_minus():
    control = Slider([-1, 0.00002, 1], label="time", unit="epochs")
    assert control.shown == ["−1 epochs", "2e−5 epochs", "1 epochs"]
    assert control.spelt == ["-1", "2e-05", "1"]


# Labels --------------------------------------------------------------------------------------

MAKERS = [
    lambda label: Slider([1, 2], label=label),
    lambda label: Choice(["a", "b"], label=label),
    lambda label: Toggle(label=label),
]


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("label", ["", " \n", None, 3])
def test_label_must_be_seen_and_heard(make, label):
    with pytest.raises(ValueError, match="a label that a reader can see and hear"):
        make(label)


@pytest.mark.parametrize("make", MAKERS)
def test_label_refuses_latex(make):
    with pytest.raises(ValueError, match="write Unicode"):
        make(r"learning rate $\eta$")
    assert make("learning rate η").label == "learning rate η"


# Choices and toggles -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values", [["a", "b", "a"], [1, 1], [1, "1"], [True, "1"], [0.1, 0.10001], [1e6, "1e6"]]
)
def test_choice_refuses_what_links_cannot_tell_apart(values):
    with pytest.raises(ValueError, match="the choices of 'loss' repeat"):
        Choice(values, label="loss")


@pytest.mark.parametrize("values", [[], ["a"]])
def test_choice_needs_something_to_choose(values):
    with pytest.raises(ValueError, match="at least two"):
        Choice(values, label="loss")


@pytest.mark.parametrize("one", [math.nan, math.inf, None, "", "  ", ["a"], 1j])
def test_choice_refuses_what_is_neither_word_nor_number(one):
    with pytest.raises(ValueError, match="expected words or finite numbers for 'loss'"):
        Choice(["a", one], label="loss")


def test_choice_keeps_its_order_and_its_types():
    control = Choice(["z", 3, "a", 0.5], start="a", label="loss")
    assert control.values == ("z", 3, "a", 0.5)
    assert control.start_index == 2
    assert control.shown == ["z", "3", "a", "0.5"]


def test_choice_refuses_a_start_that_is_no_choice():
    with pytest.raises(ValueError, match="start value 'c' is not on the grid; it has a, b"):
        Choice(["a", "b"], start="c", label="loss")


def test_toggle_is_off_unless_told():
    assert Toggle(label="outlier").start is False
    assert Toggle(True, label="outlier").start is True
    assert Toggle(label="outlier").spelt == ["0", "1"]
    assert Toggle(label="outlier").shown == ["off", "on"]


# Spelling ------------------------------------------------------------------------------------

numbers = st.one_of(
    st.floats(-1e300, 1e300, allow_nan=False),
    st.floats(1e-300, 1, exclude_min=True),
    st.integers(-(10**12), 10**12),
)


@given(numbers)
@settings(derandomize=True, deadline=None, max_examples=300)
def test_spelt_values_can_be_read_back(value):
    word = spell(value)
    assert abs(float(word) - value) <= 0.005 * abs(value)
    assert "+" not in word and not any(letter.isspace() for letter in word)
    assert word != "-0"


@given(st.integers(-999_999, 999_999))
@settings(derandomize=True, deadline=None)
def test_whole_numbers_are_spelt_in_full(value):
    assert spell(value) == spell(float(value)) == str(value)


@given(st.lists(numbers, min_size=2, max_size=6))
@settings(derandomize=True, deadline=None)
def test_slider_takes_a_grid_exactly_if_links_can_name_its_values(values):
    values = sorted(values)
    if len({spell(value) for value in values}) == len(values):
        control = Slider(values, label="size")
        assert [control.index(value) for value in values] == list(range(len(values)))
    else:
        with pytest.raises(ValueError):
            Slider(values, label="size")


# Guesses -------------------------------------------------------------------------------------


@pytest.mark.parametrize("answers", [{}, {"yes": {}}, ["yes"], []])
def test_guess_needs_two_answers(answers):
    with pytest.raises(ValueError, match="at least two answers to 'Which\\?'"):
        Guess("Which?", answers, "yes")


@pytest.mark.parametrize("truth", ["", "maybe", "Yes"])
def test_truth_must_be_an_answer(truth):
    with pytest.raises(ValueError, match=r"is not among the answers \['yes', 'no'\]"):
        Guess("Which?", ["yes", "no"], truth)


def test_answers_without_a_state_may_be_a_list():
    assert Guess("Which?", ["yes", "no"], "no").answers == {"yes": {}, "no": {}}
