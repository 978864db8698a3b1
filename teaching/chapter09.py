"""The teacher's answers to the graded problems of chapter 09, and wrong answers to be caught.

``ANSWERS`` and ``WRONG`` name the chapter's graders; a test runs every pair.
"""

import numpy as np


def leaky_gradient(x, y, u, w, a, leak=True, of_the_state=False):
    """Forward once, then from the last step back with the slope that is carried."""
    h, bent = [0.0], []
    for value in x:
        bent.append(np.tanh(u * value + w * h[-1]))
        h.append((1 - a) * h[-1] + a * bent[-1])
    gradient, carry = np.zeros(3), 0.0
    for t in reversed(range(len(x))):
        dh = h[t + 1] - y[t] + carry
        dz = dh * a * (1 - (h[t + 1] if of_the_state else bent[t]) ** 2)
        gradient += dz * x[t], dz * h[t], dh * (bent[t] - h[t])
        carry = (dh * (1 - a) if leak else 0) + dz * w
    return gradient


def leaky_without_leak(*arguments):
    """Wrong: carries through the tanh only."""
    return leaky_gradient(*arguments, leak=False)


def leaky_slope_of_the_state(*arguments):
    """Wrong: takes 1 − h² of the state, which is not a tanh."""
    return leaky_gradient(*arguments, of_the_state=True)


def _log_likelihood(C, lower, M, eps):
    q = (C + eps * lower) / (C.sum(axis=1, keepdims=True) + eps)
    return (M * np.log(q)).sum()


def best_epsilon(C, lower, M):
    """Golden section on the logarithm of epsilon."""
    low, high, ratio = np.log(0.01), np.log(1000.0), (np.sqrt(5) - 1) / 2
    while high - low > 1e-5:
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        if _log_likelihood(C, lower, M, np.exp(left)) < _log_likelihood(C, lower, M, np.exp(right)):
            low = left
        else:
            high = right
    return float(np.exp((low + high) / 2))


def epsilon_of_the_training_text(C, lower, M):
    """Wrong: on the counts themselves the least smoothing wins."""
    return best_epsilon(C, lower, C)


def epsilon_half_a_percent_off(C, lower, M):
    """Wrong: not as precise as asked for."""
    return 1.005 * best_epsilon(C, lower, M)


def epsilon_fixed(C, lower, M):
    """Wrong: the same for every text."""
    return 3.0


def chain_perplexity(A):
    """The entropies of the rows, weighed by how often the chain is there."""
    q = len(A)
    equations = np.vstack([A.T - np.eye(q), np.ones(q)])
    visits = np.linalg.lstsq(equations, np.append(np.zeros(q), 1.0), rcond=None)[0]
    logs = np.log(np.where(A > 0, A, 1))
    return float(np.exp(-visits @ (A * logs).sum(axis=1)))


def chain_rows_equal(A):
    """Wrong: as if every token were visited equally often."""
    logs = np.log(np.where(A > 0, A, 1))
    return float(np.exp(-(A * logs).sum(axis=1).mean()))


def chain_mean_of_perplexities(A):
    """Wrong: the mean of the rows' perplexities."""
    logs = np.log(np.where(A > 0, A, 1))
    return float(np.exp(-(A * logs).sum(axis=1)).mean())


ANSWERS = {
    "grade_leaky_gradient": leaky_gradient,
    "grade_best_epsilon": best_epsilon,
    "grade_chain_perplexity": chain_perplexity,
}
WRONG = {
    "grade_leaky_gradient": [leaky_without_leak, leaky_slope_of_the_state],
    "grade_best_epsilon": [
        epsilon_of_the_training_text,
        epsilon_half_a_percent_off,
        epsilon_fixed,
    ],
    "grade_chain_perplexity": [chain_rows_equal, chain_mean_of_perplexities],
}
