"""The teacher's answers to the graded problems of chapter 06, and wrong answers to be caught.

``ANSWERS`` and ``WRONG`` name the chapter's graders; a test runs every pair.
"""

import numpy as np

from d2lnotes import tensor


def move(model, v, order="C"):
    """Compare the lengths first; then write into the arrays that are there."""
    count = sum(p.size for p in model.parameters())
    if np.shape(v) != (count,):
        raise ValueError(f"expected v of shape ({count},), got {np.shape(v)}")
    move_unchecked(model, v, order)


def move_unchecked(model, v, order="C"):
    """Wrong: a vector that is too long is cut off in silence."""
    start = 0
    for p in model.parameters():
        part = np.asarray(v[start : start + p.size], p.dtype)
        p.data += part.reshape(p.shape, order=order)
        start += p.size


def move_columns_first(model, v):
    """Wrong: fills the matrices column by column."""
    move(model, v, order="F")


def move_into_float64(model, v):
    """Wrong: the parameters become float64."""
    move(model, v)
    for p in model.parameters():
        p.data = p.data.astype(float)


def softplus(x):
    """max(x, 0) + log(1 + exp(−|x|)): nothing that is raised to e is positive."""
    a = x.data
    small = np.exp(-np.abs(a))
    value = np.maximum(a, 0) + np.log1p(small)
    slope = np.where(a >= 0, 1, small) / (1 + small)
    return tensor.trace("softplus", value, (x,), (lambda v: v * slope.astype(a.dtype),))


def softplus_as_written(x):
    """Wrong: overflows."""
    raised = np.exp(x.data)
    vjp = lambda v: v * raised / (1 + raised)  # noqa: E731
    return tensor.trace("softplus", np.log(1 + raised), (x,), (vjp,))


def softplus_slope_of_relu(x):
    """Wrong: the value is right, the derivative is that of ReLU."""
    a = x.data
    value = np.maximum(a, 0) + np.log1p(np.exp(-np.abs(a)))
    return tensor.trace("softplus", value, (x,), (lambda v: v * (a > 0),))


def softplus_of_parts(x):
    """Wrong: several operations, although stable."""
    return x.clip(0, np.inf) + ((-x.abs()).exp() + 1).log()


def careful_mean(x):
    """Means of pairs, of pairs of pairs, and so on: no number exceeds the largest entry.

    What is left over at a level is put aside with its weight, and joined at the end.
    """
    means, weight, aside = x, 1, []
    while len(means) > 1:
        if len(means) % 2:
            aside.append((means[-1], weight))
        halves = means[: len(means) // 2 * 2] / np.float16(2)
        means = halves[::2] + halves[1::2]
        weight *= 2
    mean, count = means[0], weight
    for other, size in reversed(aside):  # the larger groups first
        share = np.float16(size / (count + size))
        mean = mean + (other - mean) * share
        count += size
    return mean


def sum_then_divide(x):
    """Wrong: one by one, the sum stops growing or overflows."""
    with np.errstate(over="ignore"):
        return np.add.accumulate(x)[-1] / np.float16(len(x))


def running_mean(x):
    """Wrong: late entries change the mean by less than half a gap."""
    mean = np.float16(0)
    for k, one in enumerate(x, start=1):
        mean = mean + (one - mean) / np.float16(min(k, 60_000))
    return mean


def compensated_then_divide(x):
    """Wrong: Kahan's sum is exact enough, and overflows."""
    total = lost = np.float16(0)
    with np.errstate(over="ignore", invalid="ignore"):
        for one in x:
            term = one - lost
            new = total + term
            lost = (new - total) - term
            total = new
        return total / np.float16(len(x))


def mean_in_secret_float32(x):
    """Wrong: right to the last bit, because NumPy adds float16 in float32."""
    return x.mean()


def mean_in_float64(x):
    """Wrong: the intermediate numbers have the wider type that the problem forbids."""
    return np.float16(x.astype(np.float64).sum() / len(x))


ANSWERS = {
    "grade_move": move,
    "grade_softplus": softplus,
    "grade_careful_mean": careful_mean,
}
WRONG = {
    "grade_move": [move_unchecked, move_columns_first, move_into_float64],
    "grade_softplus": [softplus_as_written, softplus_slope_of_relu, softplus_of_parts],
    "grade_careful_mean": [
        sum_then_divide,
        running_mean,
        compensated_then_divide,
        mean_in_secret_float32,
        mean_in_float64,
    ],
}
