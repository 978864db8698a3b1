"""Checks of equations: what a formula gives against what it ought to give."""

import numpy as np


class CheckFailed(AssertionError):
    """A formula did not give what was expected."""


def check(name, got, expected, tol=1e-8):
    r"""Compare ``got`` with ``expected``, say so in one line, and raise where they disagree.

    Two numbers agree when :math:`|a - b| \le \mathrm{tol} \cdot \max(1, |b|)`.

    Parameters
    ----------
    name : str
        What is checked: the label of an equation, or a short sentence.
    got, expected : array_like
        Numbers of the same shape. A scalar does not stand for an array here: a formula that
        gives one number where five are expected is wrong.
    tol : float
        How far apart two entries may be, relative to the larger of 1 and the expected entry.

    Raises
    ------
    CheckFailed
        The shapes differ, an entry is NaN or infinite, or two entries are too far apart.
    ValueError
        ``tol`` is negative or NaN.

    Examples
    --------
    >>> check("half of a square", 0.5 * 3.0**2, 4.5)
    ✓ half of a square: 1 number agrees within 1e-08
    """
    if not tol >= 0:
        raise ValueError(f"expected a tolerance of at least 0, got {tol!r}")
    got, expected = np.asarray(got, dtype=float), np.asarray(expected, dtype=float)
    if got.shape != expected.shape:
        raise CheckFailed(
            f"{name}: expected shape {expected.shape}, got {got.shape}; "
            "the formula mixes a scalar with a vector, or sums over the wrong axis"
        )
    for which, values in (("the formula gave", got), ("the expected values have", expected)):
        if not np.isfinite(values).all():
            raise CheckFailed(f"{name}: {which} {values[~np.isfinite(values)][0]}, not a number")
    gap = np.abs(got - expected)
    too_far = gap > tol * np.maximum(1, np.abs(expected))
    if too_far.any():
        worst = np.unravel_index(gap.argmax(), gap.shape)
        where = f" at index {tuple(map(int, worst))}" if worst else ""
        raise CheckFailed(
            f"{name}: got {got[worst]:.6g}, expected {expected[worst]:.6g}{where}; "
            f"{too_far.sum()} of {gap.size} differ by more than {tol:g}"
        )
    numbers = "1 number agrees" if got.size == 1 else f"{got.size} numbers agree"
    print(f"✓ {name}: {numbers} within {tol:g}")


def check_true(name, condition):
    """Print that ``condition`` holds, or raise :class:`CheckFailed`: for inequalities and shapes.

    Parameters
    ----------
    name : str
        The statement, as a sentence.
    condition : bool or array_like of bool
        Must hold everywhere. An empty array is refused: it would hold of nothing.

    Raises
    ------
    CheckFailed
        The condition fails somewhere, or there is nothing to check.
    TypeError
        ``condition`` is not made of booleans (a float that happens to be nonzero proves nothing).

    Examples
    --------
    >>> check_true("the mean of 1, 2, 6 exceeds the median", 3 > 2)
    ✓ the mean of 1, 2, 6 exceeds the median
    """
    condition = np.asarray(condition)
    if condition.dtype != bool:
        raise TypeError(
            f"{name}: expected True or False, got {condition.dtype}; write a comparison"
        )
    if condition.size == 0:
        raise CheckFailed(f"{name}: nothing to check (an empty array)")
    if not condition.all():
        raise CheckFailed(f"{name}: fails in {(~condition).sum()} of {condition.size} cases")
    print(f"✓ {name}")


def numerical_gradient(f, x, h=1e-6):
    r"""Gradient of a scalar function by central differences.

    :math:`\partial f / \partial x_j \approx (f(x + h e_j) - f(x - h e_j)) / 2h`.

    Parameters
    ----------
    f : callable
        Takes an array of the shape of ``x`` and returns one number.
    x : array_like of shape (...)
        Where to differentiate; converted to float64.
    h : float
        Step. The error is of order h² plus rounding of order 1e-16 / h.

    Returns
    -------
    ndarray of shape (...)
        The gradient, of the shape of ``x``.

    Examples
    --------
    >>> numerical_gradient(lambda w: w @ w, [1.0, -2.0]).round(6)
    array([ 2., -4.])
    """
    x = np.array(x, dtype=float)
    gradient = np.empty_like(x)
    for j in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[j] = h
        values = [f(x + step), f(x - step)]
        if np.ndim(values[0]) != 0:
            raise ValueError(
                f"expected f to return one number, got an array of shape {np.shape(values[0])}"
            )
        gradient[j] = (values[0] - values[1]) / (2 * h)
    return gradient
