"""The teacher's answers to the graded problems of chapter 07, and wrong answers to be caught.

``ANSWERS`` and ``WRONG`` name the chapter's graders; a test runs every pair.
"""

import numpy as np


def strided(X, V, s, p):
    """All windows, every s-th of them, and one sum of products."""
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(X, p), V.shape)
    return np.einsum("ijab,ab->ij", windows[::s, ::s], V)


def strided_turned(X, V, s, p):
    """Wrong: a true convolution."""
    return strided(X, V[::-1, ::-1], s, p)


def strided_padded_at_the_end(X, V, s, p):
    """Wrong: all padding below and to the right."""
    return strided(np.pad(X, (0, 2 * p)), V, s, 0)


def seen_pixels(layers, N, j):
    """Backwards: unit j of a layer reads units sj − p to sj − p + k − 1 of the one before."""
    first = last = j
    for place, (k, s, p) in reversed(list(enumerate(layers))):
        first, last = first * s - p, last * s - p + k - 1
        side = _side(layers[:place], N)
        first, last = max(first, 0), min(last, side - 1)
    return first, last


def _side(layers, N):
    for k, s, p in layers:
        N = (N + 2 * p - k) // s + 1
    return N


def seen_without_padding(layers, N, j):
    """Wrong: forgets that padding moves the window to the left."""
    return seen_pixels([(k, s, 0) for k, s, _ in layers], N, j)


def seen_beyond_the_border(layers, N, j):
    """Wrong: does not cut the answer at the border."""
    first = last = j
    for k, s, p in reversed(layers):
        first, last = first * s - p, last * s - p + k - 1
    return first, last


def seen_cut_at_the_end(layers, N, j):
    """Wrong: cuts at the border of the picture only, not at that of each layer."""
    first, last = seen_beyond_the_border(layers, N, j)
    return max(first, 0), min(last, N - 1)


def pool_gradient(X, G):
    """The slope of a window goes to its largest pixel."""
    out = np.zeros_like(X)
    for i, j in np.ndindex(G.shape):
        window = X[2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
        a, b = np.unravel_index(window.argmax(), (2, 2))
        out[2 * i + a, 2 * j + b] = G[i, j]
    return out


def pool_gradient_shared(X, G):
    """Wrong: a quarter to each pixel, as average pooling does."""
    out = np.zeros_like(X)
    out[: 2 * len(G), : 2 * G.shape[1]] = np.kron(G, np.ones((2, 2)) / 4)
    return out


def pool_gradient_of_size(X, G):
    """Wrong: the pixel farthest from 0, not the largest."""
    return pool_gradient(abs(X), G)


ANSWERS = {
    "grade_strided": strided,
    "grade_seen_pixels": seen_pixels,
    "grade_pool_gradient": pool_gradient,
}
WRONG = {
    "grade_strided": [strided_turned, strided_padded_at_the_end],
    "grade_seen_pixels": [seen_without_padding, seen_beyond_the_border, seen_cut_at_the_end],
    "grade_pool_gradient": [pool_gradient_shared, pool_gradient_of_size],
}
