"""The checks accept what is right and refuse what is not: a check that cannot fail is no check."""

import numpy as np
import pytest

from d2lnotes.check import CheckFailed, check, check_true, numerical_gradient


def test_equal_numbers_pass_and_say_so(capsys):
    check("eq-name", [1.0, 2.0], [1.0, 2.0])
    assert capsys.readouterr().out == "✓ eq-name: 2 numbers agree within 1e-08\n"


def test_a_wrong_number_is_refused_with_its_place():
    with pytest.raises(CheckFailed, match=r"got 5, expected 4 at index \(1, 0\); 1 of 4"):
        check("eq-name", [[1, 2], [5, 4]], [[1, 2], [4, 4]])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_number_that_is_none_is_refused_on_either_side(bad):
    with pytest.raises(CheckFailed, match="the formula gave"):
        check("eq-name", [1.0, bad], [1.0, 2.0])
    with pytest.raises(CheckFailed, match="the expected values have"):
        check("eq-name", [1.0, 2.0], [1.0, bad])
    with pytest.raises(CheckFailed):
        check("eq-name", bad, bad)


@pytest.mark.parametrize(
    "got, expected", [(1.0, np.ones(5)), (np.ones(5), 1.0), (np.ones((5, 1)), np.ones(5))]
)
def test_shapes_are_not_broadcast(got, expected):
    with pytest.raises(CheckFailed, match="expected shape"):
        check("eq-name", got, expected)


def test_the_tolerance_is_relative_to_large_numbers_and_absolute_for_small_ones():
    check("large", 1e6 + 0.5, 1e6, tol=1e-6)
    check("small", 1e-9, 0.0, tol=1e-8)
    with pytest.raises(CheckFailed):
        check("large", 1e6 + 2, 1e6, tol=1e-6)
    with pytest.raises(CheckFailed):
        check("small", 1e-7, 0.0, tol=1e-8)


@pytest.mark.parametrize("tol", [-1e-9, np.nan])
def test_a_tolerance_that_means_nothing_is_refused(tol):
    with pytest.raises(ValueError, match="tolerance"):
        check("eq-name", 1.0, 1.0, tol=tol)


def test_check_true_passes_on_truth_everywhere(capsys):
    check_true("all are positive", np.array([1, 2]) > 0)
    assert capsys.readouterr().out == "✓ all are positive\n"


def test_check_true_counts_the_cases_that_fail():
    with pytest.raises(CheckFailed, match="fails in 1 of 3 cases"):
        check_true("all are positive", np.array([1, -2, 3]) > 0)


def test_check_true_refuses_what_is_no_comparison():
    with pytest.raises(TypeError, match="write a comparison"):
        check_true("a float", 0.3)


def test_check_true_refuses_to_hold_of_nothing():
    with pytest.raises(CheckFailed, match="nothing to check"):
        check_true("no cases", np.array([], dtype=bool))


def test_the_numerical_gradient_has_the_shape_of_its_point():
    W = np.arange(6.0).reshape(2, 3)
    assert numerical_gradient(lambda W: (W**2).sum(), W) == pytest.approx(2 * W, abs=1e-6)


def test_the_numerical_gradient_of_a_number_is_a_number():
    assert numerical_gradient(np.sin, 0.3) == pytest.approx(np.cos(0.3))


def test_the_numerical_gradient_takes_whole_numbers_and_leaves_them_alone():
    point = np.array([1, 2])
    assert numerical_gradient(lambda w: w @ w, point) == pytest.approx([2, 4])
    assert point.tolist() == [1, 2] and point.dtype.kind == "i"


def test_the_numerical_gradient_refuses_a_function_of_many_values():
    with pytest.raises(ValueError, match=r"one number, got an array of shape \(2,\)"):
        numerical_gradient(lambda w: 2 * w, [1.0, 2.0])
