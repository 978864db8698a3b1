"""Wrong formulas of chapter 08: plausible slips (the notes have a heading only)."""

import numpy as np


def cost_one_bias(c_i, c_o, k, h, w):
    """One bias for the whole layer."""
    return c_o * c_i * k**2 + 1, h * w * c_o * c_i * k**2


def cost_without_channels(c_i, c_o, k, h, w):
    """Forgets that each output channel reads all input channels."""
    return c_o * k**2 + c_o, h * w * c_o * k**2


def cost_side_for_area(c_i, c_o, k, h, w):
    """Multiplies by one side of the output only."""
    return c_o * (c_i * k**2 + 1), h * c_o * c_i * k**2


def field_times_k(m, k, c):
    """A field of m k."""
    return m * k, m * k**2 * c**2, (m * k) ** 2 * c**2


def field_with_biases_once(m, k, c):
    """Channels to the first power."""
    return m * (k - 1) + 1, m * k**2 * c, (m * (k - 1) + 1) ** 2 * c


def average_as_sum(F, W):
    """The sum over the places."""
    return F.sum(axis=(1, 2)) @ W


def average_as_maximum(F, W):
    """The maximum over the places."""
    return F.max(axis=(1, 2)) @ W


def norm_over_features(Z, gamma, beta, eps=1e-5):
    """Over the units of an example instead of the batch."""
    mean, variance = Z.mean(axis=1, keepdims=True), Z.var(axis=1, keepdims=True)
    return gamma * (Z - mean) / np.sqrt(variance + eps) + beta


def norm_by_variance(Z, gamma, beta, eps=1e-5):
    """Divides by the variance."""
    return gamma * (Z - Z.mean(axis=0)) / (Z.var(axis=0) + eps) + beta


def norm_unbiased(Z, gamma, beta, eps=1e-5):
    """Divisor n - 1."""
    return gamma * (Z - Z.mean(axis=0)) / np.sqrt(Z.var(axis=0, ddof=1) + eps) + beta


def running_reversed(mean, variance, Z, alpha=0.1):
    """Keeps a share alpha of the old."""
    new = Z.mean(axis=0), Z.var(axis=0, ddof=1)
    return alpha * mean + (1 - alpha) * new[0], alpha * variance + (1 - alpha) * new[1]


def running_biased(mean, variance, Z, alpha=0.1):
    """The variance of the batch with divisor n."""
    mean = (1 - alpha) * mean + alpha * Z.mean(axis=0)
    return mean, (1 - alpha) * variance + alpha * Z.var(axis=0)


def _bar(X, w, eps):
    z = X @ w
    s = np.sqrt(z.var() + eps)
    return (z - z.mean()) / s, s


def gradient_of_fixed_statistics(X, w, g, eps=1e-5):
    """Mean and deviation taken as constants."""
    return X.T @ g / _bar(X, w, eps)[1]


def gradient_without_variance(X, w, g, eps=1e-5):
    """The mean moves, the deviation does not."""
    return X.T @ (g - g.mean()) / _bar(X, w, eps)[1]


def gradient_wrong_sign(X, w, g, eps=1e-5):
    """The last term is added."""
    bar, s = _bar(X, w, eps)
    return X.T @ (g - g.mean() + bar * (g * bar).mean()) / s


def relu(x):
    """The bend of the blocks."""
    return np.maximum(x, 0)


def block_plain(x, W1, W2):
    """Without the input."""
    return W2 @ relu(W1 @ relu(x))


def block_bent_at_the_end(x, W1, W2):
    """A ReLU after the sum: zero weights are no identity."""
    return relu(x + W2 @ relu(W1 @ relu(x)))


def jacobian_plain(x, W1, W2):
    """Without the identity."""
    return (W2 * (W1 @ relu(x) > 0)) @ (W1 * (x > 0))


def jacobian_transposed(x, W1, W2):
    """Transposed."""
    return (np.eye(len(x)) + jacobian_plain(x, W1, W2)).T


def sum_of_first_states(x, pairs):
    """Every block is given the first state."""
    return x + sum(block_plain(x, W1, W2) for W1, W2 in pairs)


def sum_without_start(x, pairs):
    """Only what was added."""
    end = x
    for W1, W2 in pairs:
        end = end + block_plain(end, W1, W2)
    return end - x


def spread_linear(blocks):
    """Grows like the root of the number of blocks."""
    return (1 + blocks) ** 0.5


def spread_doubles(blocks):
    """The spread, not its square, doubles."""
    return 2.0**blocks


def dense_adds_once(c_0, layers, growth):
    """As if the layers were added, not stacked."""
    return c_0 + growth


def dense_multiplies(c_0, layers, growth):
    """Channels times growth."""
    return c_0 * layers + growth


def grouped_unchanged(c_i, c_o, k, groups):
    """Groups save nothing."""
    return c_o * c_i * k**2


def grouped_square(c_i, c_o, k, groups):
    """Divides both channels by the groups, and forgets that there are g of them."""
    return c_o * c_i * k**2 // groups**2


def ratio_without_mixing(c_o, k):
    """Only the depthwise part."""
    return 1 / c_o


def ratio_product(c_o, k):
    """The product of the two shares."""
    return 1 / (c_o * k**2)


WRONG = {
    "check_layer_cost": [cost_one_bias, cost_without_channels, cost_side_for_area],
    "check_stacked_kernels": [field_times_k, field_with_biases_once],
    "check_global_average": [average_as_sum, average_as_maximum],
    "check_batch_norm": [norm_over_features, norm_by_variance, norm_unbiased],
    "check_running_statistics": [running_reversed, running_biased],
    "check_batch_norm_gradient": [
        gradient_of_fixed_statistics,
        gradient_without_variance,
        gradient_wrong_sign,
    ],
    "check_residual": [block_plain, block_bent_at_the_end],
    "check_residual_jacobian": [jacobian_plain, jacobian_transposed],
    "check_residual_sum": [sum_of_first_states, sum_without_start],
    "check_residual_variance": [spread_linear, spread_doubles],
    "check_dense_channels": [dense_adds_once, dense_multiplies],
    "check_grouped_weights": [grouped_unchanged, grouped_square],
    "check_separable_ratio": [ratio_without_mixing, ratio_product],
}
