"""The teacher's answers to the graded problems of chapter 04, and wrong answers to be caught.

``ANSWERS`` and ``WRONG`` name the chapter's graders; a test runs every pair.
"""

import numpy as np


def _log_softmax(scores):
    shifted = scores - scores.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def weighted_cross_entropy(scores, c, v):
    """Each row's loss and its gradient are weighed by the weight of its class."""
    rows, share = np.arange(len(c)), v[c] / v[c].sum()
    log_p = _log_softmax(scores)
    gradient = np.exp(log_p)
    gradient[rows, c] -= 1
    return -(share * log_p[rows, c]).sum(), share[:, None] * gradient


def weighted_by_n(scores, c, v):
    """Wrong: divides by the number of examples, not by the sum of their weights."""
    loss, gradient = weighted_cross_entropy(scores, c, v)
    factor = v[c].sum() / len(c)
    return loss * factor, gradient * factor


def weighted_naive(scores, c, v):
    """Wrong: the plain softmax overflows."""
    rows, share = np.arange(len(c)), v[c] / v[c].sum()
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        P = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        loss = -(share * np.log(P[rows, c])).sum()
    P[rows, c] -= 1
    return loss, share[:, None] * P


def cheapest_answer(P, C):
    """The expected cost of answer k is the sum over the classes of P times C."""
    return (P @ C).argmin(axis=1)


def likeliest_class(P, C):
    """Wrong: deaf to the costs."""
    return P.argmax(axis=1)


def cheapest_transposed(P, C):
    """Wrong: rows and columns of the costs exchanged."""
    return (P @ C[:, : P.shape[1]].T).argmin(axis=1)


def best_temperature(scores, c):
    """In 1/T the loss is convex: halve the interval in which its slope changes sign."""
    low, high = 0.05, 20.0
    while high / low > 1 + 1e-6:
        T = np.sqrt(low * high)
        if _slope(scores, c, T) < 0:  # the loss falls with 1/T: T must be smaller
            high = T
        else:
            low = T
    return np.sqrt(low * high)


def _slope(scores, c, T):
    """The derivative of the average loss by 1/T."""
    P = np.exp(_log_softmax(scores / T))
    return ((P * scores).sum(axis=1) - scores[np.arange(len(c)), c]).mean()


def inverse_temperature(scores, c):
    """Wrong: returns 1/T."""
    return 1 / best_temperature(scores, c)


def temperature_on_a_coarse_grid(scores, c):
    """Wrong: a grid in steps of one half."""
    grid = np.arange(0.5, 20, 0.5)
    return grid[np.argmin([-_log_softmax(scores / T)[np.arange(len(c)), c].mean() for T in grid])]


def temperature_to_one_per_cent(scores, c):
    """Wrong: a grid in steps of one per cent, a hundred times too coarse."""
    grid = np.geomspace(0.05, 20, 602)
    return grid[np.argmin([-_log_softmax(scores / T)[np.arange(len(c)), c].mean() for T in grid])]


ANSWERS = {
    "grade_weighted_cross_entropy": weighted_cross_entropy,
    "grade_cheapest_answer": cheapest_answer,
    "grade_best_temperature": best_temperature,
}
WRONG = {
    "grade_weighted_cross_entropy": [weighted_by_n, weighted_naive],
    "grade_cheapest_answer": [likeliest_class, cheapest_transposed],
    "grade_best_temperature": [
        inverse_temperature,
        temperature_on_a_coarse_grid,
        temperature_to_one_per_cent,
    ],
}
