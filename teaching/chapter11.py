"""The teacher's answers to the graded problems of chapter 11, and wrong answers to be caught.

``ANSWERS`` and ``WRONG`` name the chapter's graders; a test runs every pair.
"""

import numpy as np


def _softmax(S):
    raised = np.exp(S - S.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def _in_window(n, width):
    ago = np.arange(n)[:, None] - np.arange(n)
    return (ago >= 0) & (ago < width)


def window_attention(Q, K, V, width):
    """Forbidden scores become minus infinity before softmax."""
    S = Q @ K.T / Q.shape[1] ** 0.5
    return _softmax(np.where(_in_window(len(Q), width), S, -np.inf)) @ V


def window_after_softmax(Q, K, V, width):
    """Wrong: masks the weights, which then no longer sum to 1."""
    return np.where(_in_window(len(Q), width), _softmax(Q @ K.T / Q.shape[1] ** 0.5), 0) @ V


def window_one_too_wide(Q, K, V, width):
    """Wrong: sees width + 1 keys."""
    return window_attention(Q, K, V, width + 1)


def window_unscaled(Q, K, V, width):
    """Wrong: forgets the root of d."""
    return window_attention(Q * Q.shape[1] ** 0.5, K, V, width)


def rotate(X, positions):
    """Sine and cosine of position times frequency, on the pairs of entries."""
    d = X.shape[1]
    angle = np.asarray(positions)[:, None] * 10000.0 ** (-np.arange(0, d, 2) / d)
    c, s = np.cos(angle), np.sin(angle)
    out = np.empty(X.shape)
    out[:, 0::2] = c * X[:, 0::2] + s * X[:, 1::2]
    out[:, 1::2] = -s * X[:, 0::2] + c * X[:, 1::2]
    return out


def rotate_backwards(X, positions):
    """Wrong: turns the other way."""
    return rotate(X, -np.asarray(positions))


def rotate_by_adding(X, positions):
    """Wrong: adds an encoding instead of turning."""
    return X + rotate(np.tile([0.0, 1.0], (len(X), X.shape[1] // 2)), positions)


def rotate_halves(X, positions):
    """Wrong: pairs entry j with entry j + d/2."""
    d = X.shape[1]
    order = np.arange(d).reshape(2, d // 2).T.ravel()
    out = np.empty(X.shape)
    out[:, order] = rotate(X[:, order], positions)
    return out


def attention_backward(Q, K, V, G):
    """Through the product, softmax row by row, the scaled scores."""
    A = _softmax(Q @ K.T / Q.shape[1] ** 0.5)
    dA = G @ V.T
    dS = A * (dA - (dA * A).sum(axis=1, keepdims=True)) / Q.shape[1] ** 0.5
    return dS @ K, dS.T @ Q, A.T @ G


def backward_unscaled(Q, K, V, G):
    """Wrong: loses the root of d on the way back."""
    dQ, dK, dV = attention_backward(Q, K, V, G)
    return dQ * Q.shape[1] ** 0.5, dK * Q.shape[1] ** 0.5, dV


def backward_diagonal(Q, K, V, G):
    """Wrong: takes softmax for a function of each score alone."""
    A = _softmax(Q @ K.T / Q.shape[1] ** 0.5)
    dS = A * (1 - A) * (G @ V.T) / Q.shape[1] ** 0.5
    return dS @ K, dS.T @ Q, A.T @ G


ANSWERS = {
    "grade_window_attention": window_attention,
    "grade_rotate": rotate,
    "grade_attention_backward": attention_backward,
}
WRONG = {
    "grade_window_attention": [window_after_softmax, window_one_too_wide, window_unscaled],
    "grade_rotate": [rotate_backwards, rotate_by_adding, rotate_halves],
    "grade_attention_backward": [backward_unscaled, backward_diagonal],
}
