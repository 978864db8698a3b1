"""The teacher's answers to the graded problems of chapter 02, and wrong answers to be caught.

``ANSWERS`` and ``WRONG`` name the chapter's graders; a test runs every pair.
"""

import numpy as np


def all_distances(X, Y, p):
    """All differences by broadcasting, (n, 1, d) - (k, d), then the norm over the last axis."""
    gaps = np.abs(X[:, None] - Y)
    return gaps.max(axis=-1) if p == np.inf else (gaps**p).sum(axis=-1) ** (1 / p)


def distances_without_bars(X, Y, p):
    """Wrong: no absolute values."""
    gaps = X[:, None] - Y
    with np.errstate(invalid="ignore"):
        return gaps.max(axis=-1) if p == np.inf else (gaps**p).sum(axis=-1) ** (1 / p)


def distances_without_root(X, Y, p):
    """Wrong: the root is missing."""
    gaps = np.abs(X[:, None] - Y)
    return gaps.max(axis=-1) if p == np.inf else (gaps**p).sum(axis=-1)


def jacobian(f, x):
    """The complex step along each axis; nothing is subtracted, so h may be tiny."""
    steps = 1e-30j * np.eye(len(x))
    return np.stack([f(x + step).imag / 1e-30 for step in steps], axis=1)


def jacobian_by_differences(f, x):
    """Wrong: about eleven digits."""
    steps = 1e-5 * np.eye(len(x))
    return np.stack([(f(x + step) - f(x - step)) / 2e-5 for step in steps], axis=1)


def jacobian_transposed(f, x):
    """Wrong: one row for each input."""
    return jacobian(f, x).T


def posterior_after(prior, hit, alarm, repeat, results):
    """Multiply the odds by the likelihood ratio of each result given the one before it."""
    ill, healthy = prior, 1 - prior
    for before, result in zip([None, *results], results, strict=False):
        ill *= _chance(result, before, hit, repeat)
        healthy *= _chance(result, before, alarm, repeat)
    return ill / (ill + healthy)


def _chance(result, before, rate, repeat):
    fresh = rate if result else 1 - rate
    return fresh if before is None else repeat * (result == before) + (1 - repeat) * fresh


def posterior_as_if_independent(prior, hit, alarm, repeat, results):
    """Wrong: forgets that tests repeat each other."""
    return posterior_after(prior, hit, alarm, 0, results)


def posterior_repeating_positives_only(prior, hit, alarm, repeat, results):
    """Wrong: a negative result after a positive one is treated as if it could be a repetition."""
    ill, healthy = prior, 1 - prior
    for k, result in enumerate(results):
        for_ill = hit if k == 0 else repeat + (1 - repeat) * hit
        for_healthy = alarm if k == 0 else repeat + (1 - repeat) * alarm
        ill *= for_ill if result else 1 - for_ill
        healthy *= for_healthy if result else 1 - for_healthy
    return ill / (ill + healthy)


def posterior_fresh_after_negatives(prior, hit, alarm, repeat, results):
    """Wrong: only positive results are repeated."""
    ill, healthy = prior, 1 - prior
    for before, result in zip([None, *results], results, strict=False):
        if before is False and result is False:
            ill, healthy = ill * (1 - hit), healthy * (1 - alarm)
        else:
            ill *= _chance(result, before, hit, repeat)
            healthy *= _chance(result, before, alarm, repeat)
    return ill / (ill + healthy)


ANSWERS = {
    "grade_all_distances": all_distances,
    "grade_jacobian": jacobian,
    "grade_posterior_after": posterior_after,
}
WRONG = {
    "grade_all_distances": [distances_without_bars, distances_without_root],
    "grade_jacobian": [jacobian_by_differences, jacobian_transposed],
    "grade_posterior_after": [
        posterior_as_if_independent,
        posterior_repeating_positives_only,
        posterior_fresh_after_negatives,
    ],
}
