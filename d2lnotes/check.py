"""Checks of equations: what a formula gives against what it ought to give."""

import numpy as np

from d2lnotes.tensor import Tensor, no_grad


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
            f"{name}: expected shape {expected.shape}, got {got.shape}; a sum over the wrong axis?"
        )
    for which, values in (("the formula gave", got), ("the expected values have", expected)):
        if not np.isfinite(values).all():
            raise CheckFailed(f"{name}: {which} {values[~np.isfinite(values)][0]}, not a number")
    _compare(name, got, expected, tol, "got {:.6g}, expected {:.6g}", " at index ")
    numbers = "1 number agrees" if got.size == 1 else f"{got.size} numbers agree"
    print(f"✓ {name}: {numbers} within {tol:g}")


def _compare(name, got, expected, tol, sentence, place):
    close = np.abs(got - expected) <= tol * np.maximum(1, np.abs(expected))  # False for NaN
    if not close.all():
        first = tuple(np.argwhere(~close)[0].tolist())
        numbers = sentence.format(got[first], expected[first])
        where = f"{place}{first}" if first else ""
        count = f"{(~close).sum()} of {close.size} differ by more than {tol:g}"
        raise CheckFailed(f"{name}: {numbers}{where}; {count}")


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
        raise TypeError(f"{name}: expected booleans, got {condition.dtype}; write a comparison")
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
            raise ValueError(f"expected one number, got an array of shape {np.shape(values[0])}")
        gradient[j] = (values[0] - values[1]) / (2 * h)
    return gradient


def gradcheck(f, *inputs, tol=1e-6, h=1e-5, max_entries=64):
    r"""Compare the gradients that ``backward`` gives with central differences, in float64.

    A result of any shape is weighed with random numbers v, so that one number is differentiated:
    :math:`v^\top f(x)`. Its gradient is :math:`J^\top v`. An input with more than ``max_entries``
    entries is checked in as many random directions u instead:
    :math:`v^\top J u \approx v^\top (f(x + hu) - f(x - hu)) / 2h`.

    Parameters
    ----------
    f : callable
        Takes one tensor for each input and returns a tensor. It must give the same result each
        time: fix the generator of a dropout inside it.
    *inputs : array_like or Tensor
        Where to differentiate; floating inputs are converted to float64. Integer arrays (labels,
        indices) are passed on as they are and not differentiated.
    tol : float
        How far apart two derivatives may be, relative to the larger of 1 and the difference.
    h : float
        Step of the differences: the error is of order h² plus rounding of order 1e-16 / h. An
        input closer than h to a kink (0 for ReLU) fails, rightly.
    max_entries : int
        Beyond so many entries of an input, and in so many directions, its check is random.

    Raises
    ------
    CheckFailed
        A derivative is wrong, NaN or infinite; the message says of which input, and where.
    TypeError
        ``f`` does not return a float64 tensor.
    ValueError
        No input has a floating entry, or two calls of ``f`` disagree.

    Examples
    --------
    >>> gradcheck(lambda x, w: (x * w).exp(), [[0.1, 0.2], [0.3, 0.4]], [1.0, -1.0])
    ✓ gradcheck: 6 derivatives agree within 1e-06
    >>> gradcheck(lambda x: x.detach() * x, [3.0])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    d2lnotes.check.CheckFailed: gradcheck, input 0 of shape (1,): backward gives 3, ... give 6 ...
    """
    values = [_as_float64(x) for x in inputs]
    differentiated = [k for k, x in enumerate(values) if x.dtype.kind == "f" and x.size]
    if not differentiated:
        raise ValueError("expected an input with at least one floating-point entry, got none")
    tensors = [Tensor(x, requires_grad=x.dtype.kind == "f") for x in values]
    result = f(*tensors)
    if not isinstance(result, Tensor) or result.dtype != np.float64:
        got = f"a tensor of {result.dtype}" if isinstance(result, Tensor) else type(result).__name__
        raise TypeError(f"expected f to return a float64 tensor for float64 inputs, got {got}")
    rng = np.random.default_rng(0)
    v = rng.standard_normal(result.shape) if result.size > 1 else np.ones(result.shape)

    def weighed(k, x):
        with no_grad():
            return (v * f(*[Tensor(x if j == k else y) for j, y in enumerate(values)]).data).sum()

    if weighed(0, values[0]) != (v * result.data).sum():
        raise ValueError("f gave two results for one input; make a new, seeded generator inside f")
    result.backward(gradient=v)
    count, sentence = 0, "backward gives {:.6g}, central differences give {:.6g}"
    for k in differentiated:
        x, name = values[k], f"gradcheck, input {k} of shape {values[k].shape}"
        got = np.zeros_like(x) if tensors[k].grad is None else tensors[k].grad
        if x.size <= max_entries:
            expected = numerical_gradient(lambda x, k=k: weighed(k, x), x, h)
            _compare(name, got, expected, tol, sentence, " at index ")
        else:
            U = rng.standard_normal((max_entries, *x.shape)) / np.sqrt(x.size)
            got = np.array([(got * u).sum() for u in U])
            slopes = [weighed(k, x + h * u) - weighed(k, x - h * u) for u in U]
            _compare(name, got, np.array(slopes) / (2 * h), tol, sentence, " in random direction ")
        count += got.size
    print(f"✓ gradcheck: {count} derivative{'s agree' if count != 1 else ' agrees'} within {tol:g}")


def _as_float64(x):
    x = np.asarray(x.data if isinstance(x, Tensor) else x)
    return x.astype(np.float64) if x.dtype.kind == "f" else x
