"""The teacher's answers to the graded problems of chapter 08, and wrong answers to be caught.

``ANSWERS`` and ``WRONG`` name the chapter's graders; a test runs every pair.
"""

import numpy as np


def fold(W, b, gamma, beta, mean, variance, eps):
    """Each unit is stretched by gamma / s, and then moved."""
    stretch = gamma / np.sqrt(variance + eps)  # (c,)
    return stretch[:, None] * W, stretch * (b - mean) + beta


def fold_forgets_the_bias(W, b, gamma, beta, mean, variance, eps):
    """Wrong: the bias of the linear layer is lost."""
    stretch = gamma / np.sqrt(variance + eps)
    return stretch[:, None] * W, beta - stretch * mean


def fold_columns(W, b, gamma, beta, mean, variance, eps):
    """Wrong: stretches the inputs instead of the units, where the shapes allow it."""
    stretch = gamma / np.sqrt(variance + eps)
    return W * stretch[: W.shape[1]], stretch * (b - mean) + beta


def stack_gradient(x, pairs, g):
    """Forward, keeping the slopes of tanh; then back, adding the direct way in each block."""
    slopes = []
    for A, B in pairs:
        h = np.tanh(A @ x)
        slopes.append(1 - h * h)
        x = x + B @ h
    for (A, B), slope in zip(reversed(pairs), reversed(slopes), strict=True):
        g = g + A.T @ (slope * (B.T @ g))
    return g


def stack_gradient_plain(x, pairs, g):
    """Wrong: without the direct way."""
    for A, B in reversed(pairs):
        g = A.T @ ((1 - np.tanh(A @ x) ** 2) * (B.T @ g))
    return g


def stack_gradient_first_state(x, pairs, g):
    """Wrong: takes all slopes at the first state."""
    for A, B in reversed(pairs):
        g = g + A.T @ ((1 - np.tanh(A @ x) ** 2) * (B.T @ g))
    return g


def separable_convolution(x, depthwise, pointwise):
    """Sum shifted pictures, each times its place of the kernel; then mix the channels."""
    k = depthwise.shape[1]
    h, w = x.shape[1] - k + 1, x.shape[2] - k + 1
    looked = np.zeros((len(x), h, w))
    for a in range(k):
        for b in range(k):
            looked += depthwise[:, a, b, None, None] * x[:, a : a + h, b : b + w]
    return np.tensordot(pointwise, looked, axes=1)


def separable_flipped(x, depthwise, pointwise):
    """Wrong: a true convolution, with the kernel turned round."""
    return separable_convolution(x, depthwise[:, ::-1, ::-1], pointwise)


def separable_without_mixing(x, depthwise, pointwise):
    """Wrong: one kernel, the sum over all channels, for every output."""
    kernels = np.broadcast_to(depthwise.mean(axis=0), depthwise.shape)
    return separable_convolution(x, kernels, pointwise)


ANSWERS = {
    "grade_fold": fold,
    "grade_stack_gradient": stack_gradient,
    "grade_separable": separable_convolution,
}
WRONG = {
    "grade_fold": [fold_forgets_the_bias, fold_columns],
    "grade_stack_gradient": [stack_gradient_plain, stack_gradient_first_state],
    "grade_separable": [separable_flipped, separable_without_mixing],
}
