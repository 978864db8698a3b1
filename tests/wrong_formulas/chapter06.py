"""Wrong formulas of chapter 06: plausible slips (the notes have only the heading)."""

import itertools
import math

import numpy as np


def composed_backwards(layers):
    """Reads f_L ∘ … ∘ f_1 from left to right: the last layer acts first."""

    def f(x):
        for layer in reversed(layers):
            x = layer(x)
        return x

    return f


def only_the_last(layers):
    """Every layer gets the input; the last one wins."""

    def f(x):
        y = x
        for layer in layers:
            y = layer(x)
        return y

    return f


def dense_without_bias(sizes):
    """Forgets the biases."""
    return sum(a * b for a, b in itertools.pairwise(sizes))


def dense_bias_per_input(sizes):
    """A bias for each input instead of each output."""
    return sum(a * (b + 1) for a, b in itertools.pairwise(sizes))


def conv_without_bias(c_i, c_o, k_h, k_w):
    """Forgets the biases."""
    return c_o * c_i * k_h * k_w


def conv_bias_per_window(c_i, c_o, k_h, k_w):
    """A bias for each input channel."""
    return c_o * c_i * (k_h * k_w + 1)


def conv_square_only(c_i, c_o, k_h, k_w):
    """Takes every window for a square."""
    return c_o * (c_i * k_h * k_h + 1)


def tied_last_use_only(W, x):
    """The second use overwrites the first: no sum."""
    h1 = np.tanh(W @ x)
    return np.outer(1 - np.tanh(W @ h1) ** 2, h1)


def tied_average(W, x):
    """The mean of the two uses."""
    h1 = np.tanh(W @ x)
    d2 = 1 - np.tanh(W @ h1) ** 2
    d1 = (W.T @ d2) * (1 - h1**2)
    return (np.outer(d2, h1) + np.outer(d1, x)) / 2


def rms_norm_with_mean(x, gain, eps):
    """Layer normalization: subtracts the mean."""
    x = x - x.mean(axis=-1, keepdims=True)
    return gain * x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + eps)


def rms_norm_by_length(x, gain, eps):
    """Divides by the length: the sum of the squares, not their mean."""
    return gain * x / np.sqrt((x**2).sum(axis=-1, keepdims=True) + eps)


def rms_norm_eps_outside(x, gain, eps):
    """Adds ε to the root."""
    return gain * x / (np.sqrt((x**2).mean(axis=-1, keepdims=True)) + eps)


def gap_without_subnormals(x, r, e_min):
    """The gap goes on shrinking below the lowest exponent."""
    return np.ldexp(1.0, np.frexp(np.abs(x))[1] - r)


def gap_twice(x, r, e_min):
    """Counts the exponent from frexp's mantissa in [½, 1): twice the gap."""
    return np.ldexp(1.0, np.maximum(np.frexp(np.abs(x))[1], e_min) - r + 1)


def gap_constant(x, r, e_min):
    """Takes ε for the gap everywhere."""
    return np.full(len(x), 2.0 ** (1 - r))


def largest_power(r, e_max):
    """The largest power of two."""
    return 2.0**e_max


def largest_without_hidden_bit(r, e_max):
    """Counts the leading 1 not among the bits."""
    return (2 - 2.0**-r) * 2.0**e_max


def memory_without_gradients(N, A, n, s, B):
    """Forgets that each weight has a gradient."""
    return B * ((1 + s) * N + n * A)


def memory_batch_on_all(N, A, n, s, B):
    """Weights once for each example."""
    return B * n * ((2 + s) * N + A)


def memory_one_example(N, A, n, s, B):
    """The layers' values of one example."""
    return B * ((2 + s) * N + A)


def sum_error_floor(x, eps):
    """Rounds the number of rounds down."""
    n, size = len(x), np.abs(x).sum()
    return (n - 1) * eps * size, math.floor(math.log2(n)) * eps * size


def sum_error_signed(x, eps):
    """The sum of the terms, not of their sizes."""
    n, size = len(x), x.sum()
    return (n - 1) * eps * size, math.ceil(math.log2(n)) * eps * size


WRONG = {
    "check_module_composition": [composed_backwards, only_the_last],
    "check_dense_count": [dense_without_bias, dense_bias_per_input],
    "check_conv_count": [conv_without_bias, conv_bias_per_window, conv_square_only],
    "check_tied_gradient": [tied_last_use_only, tied_average],
    "check_rms_norm": [rms_norm_with_mean, rms_norm_by_length, rms_norm_eps_outside],
    "check_float_gap": [gap_without_subnormals, gap_twice, gap_constant],
    "check_float_largest": [largest_power, largest_without_hidden_bit],
    "check_training_memory": [memory_without_gradients, memory_batch_on_all, memory_one_example],
    "check_sum_error": [sum_error_floor, sum_error_signed],
}
