"""The checks accept what is right and refuse what is not: a check that cannot fail is no check."""

import numpy as np
import pytest

from d2lnotes.check import CheckFailed, check, check_true, gradcheck, numerical_gradient
from d2lnotes.tensor import Tensor, trace


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


# gradcheck -----------------------------------------------------------------------------------


def cube(x, factor=3.0):
    """x³, with a derivative that is right for a factor of 3."""
    return trace("cube", x.data**3, (x,), (lambda g: g * factor * x.data**2,))


@pytest.mark.parametrize("shape", [(), (1,), (2, 3), (0, 4), (20, 30)])
def test_gradcheck_passes_on_a_right_derivative_of_any_shape(shape):
    x = np.random.default_rng(0).uniform(0.5, 2, shape)
    gradcheck(lambda x, b: cube(x) * b, x, 2.0)


@pytest.mark.parametrize("shape", [(), (1,), (2, 3), (20, 30)])
@pytest.mark.parametrize("factor", [-3.0, 2.99, 0.0, np.nan])
def test_gradcheck_fails_on_a_wrong_derivative_of_any_shape(shape, factor):
    x = np.random.default_rng(0).uniform(0.5, 2, shape)
    with pytest.raises(CheckFailed, match="gradcheck, input 0 of shape"):
        gradcheck(lambda x: cube(x, factor), x)


def test_gradcheck_fails_when_a_single_entry_of_many_is_wrong():
    def almost(x):
        wrong = np.ones_like(x.data)
        wrong[17, 3] = 1.5
        return trace("almost", 2 * x.data, (x,), (lambda g: 2 * g * wrong,))

    with pytest.raises(CheckFailed, match="in random direction"):
        gradcheck(almost, np.ones((40, 5)))


def test_gradcheck_names_the_input_and_the_place():
    def second_is_wrong(x, y):
        return trace("wrong", x.data * y.data, (x, y), (lambda g: g * y.data, lambda g: -g))

    message = r"input 1 of shape \(2,\): backward gives .* at index \(0,\); 2 of 2 differ"
    with pytest.raises(CheckFailed, match=message):
        gradcheck(second_is_wrong, [1.0, 2.0], [3.0, 4.0])


def test_gradcheck_fails_where_a_dependence_is_hidden_from_backward():
    with pytest.raises(CheckFailed, match="backward gives 0, central differences give 1"):
        gradcheck(lambda x, y: x * 2 + y.detach(), 1.0, 1.0)


def test_gradcheck_passes_on_labels_which_have_no_derivative(capsys):
    labels = np.array([1, 0])
    gradcheck(lambda x, y: x[np.arange(2), y.data], np.arange(6.0).reshape(2, 3), labels)
    assert capsys.readouterr().out == "✓ gradcheck: 6 derivatives agree within 1e-06\n"


def test_gradcheck_leaves_its_inputs_alone():
    x = Tensor(np.array([1.0, 2.0], dtype=np.float32), requires_grad=True)
    gradcheck(cube, x)
    assert x.data.tolist() == [1.0, 2.0] and x.dtype == np.float32 and x.grad is None


def test_gradcheck_refuses_a_function_that_is_random():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="two results for one input"):
        gradcheck(lambda x: x * rng.standard_normal(3), np.ones(3))


@pytest.mark.parametrize(
    "f, got",
    [
        (lambda x: x.data, "ndarray"),
        (lambda x: Tensor(x.data.astype(np.float32)), "a tensor of float32"),
    ],
)
def test_gradcheck_refuses_results_that_are_no_float64_tensor(f, got):
    with pytest.raises(TypeError, match=f"float64 tensor for float64 inputs, got {got}"):
        gradcheck(f, np.ones(3))


@pytest.mark.parametrize("inputs", [(), (np.arange(3),), (np.ones((0, 2)),)])
def test_gradcheck_refuses_to_check_nothing(inputs):
    with pytest.raises(ValueError, match="at least one floating-point entry, got none"):
        gradcheck(lambda *x: x[0] * 2, *inputs)
