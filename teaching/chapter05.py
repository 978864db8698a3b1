"""The teacher's answers to the graded problems of chapter 05, and wrong answers to be caught.

``ANSWERS`` and ``WRONG`` name the chapter's graders; a test runs every pair.
"""

import math

import numpy as np


def shortcut_gradients(X, y, W, v):
    """The input reaches the hidden layer in two ways, and both send something back."""
    T = np.tanh(X @ W)
    H = X + T
    delta = (H @ v - y) / len(y)
    dH = np.outer(delta, v)
    dZ = dH * (1 - T**2)
    return X.T @ dZ, H.T @ delta, dH + dZ @ W.T


def shortcut_forgotten(X, y, W, v):
    """Wrong: the way around the bend sends nothing back to the input."""
    dW, dv, _ = shortcut_gradients(X, y, W, v)
    T = np.tanh(X @ W)
    delta = ((X + T) @ v - y) / len(y)
    return dW, dv, (np.outer(delta, v) * (1 - T**2)) @ W.T


def shortcut_slope_of_sum(X, y, W, v):
    """Wrong: the slope of tanh taken from the sum H."""
    H = X + np.tanh(X @ W)
    delta = (H @ v - y) / len(y)
    dH = np.outer(delta, v)
    dZ = dH * (1 - H**2)
    return X.T @ dZ, H.T @ delta, dH + dZ @ W.T


def shortcut_weights_only(X, y, W, v):
    """Wrong: the gradient in the input is missing."""
    return shortcut_gradients(X, y, W, v)[:2]


def adagrad(gradient, w, lr, steps):
    """A sum of squares that only grows."""
    w, s = w.copy(), np.zeros_like(w)
    for _ in range(steps):
        g = gradient(w)
        s += g**2
        w -= lr * g / (np.sqrt(s) + 1e-10)
    return w


def adagrad_as_rmsprop(gradient, w, lr, steps):
    """Wrong: a running mean."""
    w, s = w.copy(), np.zeros_like(w)
    for _ in range(steps):
        g = gradient(w)
        s = 0.9 * s + 0.1 * g**2
        w -= lr * g / (np.sqrt(s) + 1e-10)
    return w


def adagrad_in_place(gradient, w, lr, steps):
    """Wrong: overwrites the array that it was given."""
    w[:] = adagrad(gradient, w, lr, steps)
    return w


def early_stop(losses, patience):
    """Walk through the epochs as training would."""
    best, lowest = 0, math.inf
    for epoch, loss in enumerate(losses, start=1):
        if loss < lowest:  # False for NaN
            best, lowest = epoch, loss
        if epoch - best >= patience:
            break
    return best, epoch


def early_stop_knows_the_future(losses, patience):
    """Wrong: the best of all epochs, also of those that are never trained."""
    return int(np.nanargmin(losses)) + 1, early_stop(losses, patience)[1]


def early_stop_one_late(losses, patience):
    """Wrong: one epoch too patient."""
    return early_stop(losses, patience + 1)


def early_stop_from_the_first_loss(losses, patience):
    """Wrong: nothing is below a NaN, so a first epoch that is NaN stays the best."""
    best, lowest = 1, losses[0]
    for epoch, loss in enumerate(losses, start=1):
        if loss < lowest:
            best, lowest = epoch, loss
        if epoch - best >= patience:
            break
    return best, epoch


ANSWERS = {
    "grade_shortcut": shortcut_gradients,
    "grade_adagrad": adagrad,
    "grade_early_stop": early_stop,
}
WRONG = {
    "grade_shortcut": [shortcut_forgotten, shortcut_slope_of_sum, shortcut_weights_only],
    "grade_adagrad": [adagrad_as_rmsprop, adagrad_in_place],
    "grade_early_stop": [
        early_stop_knows_the_future,
        early_stop_one_late,
        early_stop_from_the_first_loss,
    ],
}
