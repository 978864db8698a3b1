"""The teacher's answers to the graded problems of chapter 03, part A."""

import numpy as np


def huber_gradient(w, b, X, y, delta):
    """The derivative of the Huber loss is the error, cut off at -delta and delta."""
    cut = np.clip(X @ w + b - y, -delta, delta)  # (n,)
    return X.T @ cut / len(y), cut.mean()


def raw_units(w_z, b_z, mu, s, mu_y, s_y):
    """y = mu_y + s_y (w_z (x - mu) / s + b_z), with the terms in x put together."""
    w = s_y * w_z / s
    return w, mu_y + s_y * b_z - w @ mu


def _huber_without_mean(w, b, X, y, delta):
    cut = np.clip(X @ w + b - y, -delta, delta)
    return X.T @ cut, cut.sum()


def _squared(w, b, X, y, delta):
    error = X @ w + b - y
    return X.T @ error / len(y), error.mean()


def _sign_wrong(w_z, b_z, mu, s, mu_y, s_y):
    w = s_y * w_z / s
    return w, mu_y + s_y * b_z + w @ mu


def _target_left_standardised(w_z, b_z, mu, s, mu_y, s_y):
    return w_z / s, b_z - w_z / s @ mu


WRONG = {
    "grade_huber": [_huber_without_mean, _squared],
    "grade_units": [_sign_wrong, _target_left_standardised],
}
ANSWERS = {"grade_huber": huber_gradient, "grade_units": raw_units}


def prove(graders):
    """Every right answer passes and every wrong one fails; ``graders``: {name: function}."""
    for name, answer in ANSWERS.items():
        graders[name](answer)
        for wrong in WRONG[name]:
            try:
                graders[name](wrong)
            except AssertionError:
                continue
            raise RuntimeError(f"{name} lets {wrong.__name__} pass")
