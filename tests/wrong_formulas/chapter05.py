"""Wrong formulas of chapter 05: slips that run without an error message.

The notes' three equations (ReLU, sigmoid, tanh) are right; their printed forms overflow.
"""

import numpy as np


def collapse_reversed(W1, b1, W2, b2):
    """The hidden bias is not sent through the second layer."""
    return W1 @ W2, b2 + b1.sum()


def collapse_without_hidden_bias(W1, b1, W2, b2):
    """Forgets the first bias."""
    return W1 @ W2, b2


def mlp_without_bend(X, W1, b1, W2, b2):
    """As the notes leave it: no activation between the layers."""
    return (X @ W1 + b1) @ W2 + b2


def mlp_bend_at_the_end(X, W1, b1, W2, b2):
    """The activation on the scores as well."""
    return np.maximum(np.maximum(X @ W1 + b1, 0) @ W2 + b2, 0)


def xor_linear(X):
    """No bend."""
    return X.sum(axis=1) - 2 * (X.sum(axis=1) - 1)


def xor_weight_one(X):
    """The second unit with weight 1: an OR."""
    total = X.sum(axis=1)
    return np.maximum(total, 0) - np.maximum(total - 1, 0)


def interpolant_with_slopes(t, values):
    """Slopes instead of their changes."""
    s = np.diff(values) / np.diff(t)
    return lambda x: values[0] + np.maximum(np.subtract.outer(x, t[:-1]), 0) @ s


def interpolant_without_start(t, values):
    """Begins at 0 and not at the first value, and one knot late."""
    s = np.diff(values) / np.diff(t)
    change = np.diff(np.concatenate([[0], s]))
    return lambda x: np.maximum(np.subtract.outer(x, t[1:]), 0) @ change


def relu_absolute(x):
    """The absolute value."""
    return np.abs(x)


def relu_minimum(x):
    """The other half."""
    return np.minimum(x, 0)


def relu_slope_of_value(x):
    """The function instead of its derivative."""
    return np.maximum(x, 0)


def relu_slope_sign(x):
    """-1 on the left."""
    return np.sign(x)


def smooth_exchanged(x):
    """SiLU for GELU and the other way round."""
    share = 1 / (1 + np.exp(-x))
    normal = 0.5 * (1 + np.tanh(0.797885 * (x + 0.044715 * x**3)))
    return x * share, x * normal


def smooth_without_x(x):
    """The share alone."""
    share = 1 / (1 + np.exp(-x))
    return 0.5 * (1 + np.tanh(0.797885 * (x + 0.044715 * x**3))), share


def sigmoid_reversed(x):
    """The sign of the exponent."""
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(x))


def sigmoid_without_one(x):
    """Without the 1 in the denominator."""
    with np.errstate(over="ignore"):
        return 1 / np.exp(-x)


def sigmoid_slope_square(x):
    """σ² instead of σ(1 − σ)."""
    return 1 / (1 + np.exp(-x)) ** 2


def sigmoid_slope_of_tanh(x):
    """1 − σ²."""
    return 1 - 1 / (1 + np.exp(-x)) ** 2


def tanh_printed(x):
    """The notes' fraction as a program: not a number from −355."""
    with np.errstate(over="ignore", invalid="ignore"):
        return (1 - np.exp(-2 * x)) / (1 + np.exp(-2 * x))


def tanh_half_argument(x):
    """2σ(x) − 1."""
    with np.errstate(over="ignore"):
        return 2 / (1 + np.exp(-x)) - 1


def tanh_slope_like_sigmoid(x):
    """t(1 − t)."""
    return np.tanh(x) * (1 - np.tanh(x))


def tanh_slope_without_square(x):
    """1 − |t|."""
    return 1 - np.abs(np.tanh(x))


def forward_without_bias(X, layers, phi):
    """Forgets the biases."""
    H, Z = [X], []
    for W, _ in layers:
        Z.append(H[-1] @ W)
        H.append(phi(Z[-1]))
    return H[:-1], Z


def forward_bent_scores(X, layers, phi):
    """The activation on the scores too."""
    H, Z = [X], []
    for W, b in layers:
        Z.append(phi(H[-1] @ W + b))
        H.append(Z[-1])
    return H[:-1], Z


def _loss(O, Y):
    return (np.log(np.exp(O).sum(axis=1)) - (Y * O).sum(axis=1)).mean()


def objective_decays_biases(O, Y, layers, lam):
    """Biases decay too."""
    decay = sum((W**2).sum() + (b**2).sum() for W, b in layers)
    return _loss(O, Y) + lam / 2 * decay


def objective_norm_not_squared(O, Y, layers, lam):
    """The norms, not their squares."""
    return _loss(O, Y) + lam / 2 * sum(np.linalg.norm(W) for W, _ in layers)


def _softmax(O):
    E = np.exp(O)
    return E / E.sum(axis=1, keepdims=True)


def delta_reversed(O, Y):
    """Label minus probability."""
    return (Y - _softmax(O)) / len(Y)


def delta_not_averaged(O, Y):
    """Of the sum, not of the average."""
    return _softmax(O) - Y


def delta_hidden_slope_of_activation(delta, W, Z, slope):
    """φ′ taken at the activation instead of the pre-activation."""
    return (delta @ W.T) * slope(np.tanh(Z))


def delta_hidden_without_slope(delta, W, Z, slope):
    """Back through the weights only."""
    return delta @ W.T


def gradients_without_decay(H, delta, W, lam):
    """Forgets λW."""
    return H.T @ delta, delta.sum(axis=0)


def gradients_bias_mean(H, delta, W, lam):
    """Averages the bias's gradient once more."""
    return H.T @ delta + lam * W, delta.mean(axis=0)


def jacobian_reversed(h, layers, phi, slope):
    """The factors in the other order of operations: weights after the slope."""
    product = np.eye(len(h))
    for W, b in layers:
        z = W.T @ h + b
        product = (W.T @ product) * slope(z[:, None] * 0)
        h = phi(z)
    return product


def jacobian_without_slopes(h, layers, phi, slope):
    """As if the network were linear."""
    product = np.eye(len(h))
    for W, _ in layers:
        product = W.T @ product
    return product


def bound_too_small(layers):
    """The spectral radius of the weights instead of their norm."""
    return np.prod([np.abs(np.linalg.eigvals(W)).max() / 4 for W, _ in layers])


def bound_without_quarter(layers):
    """As for tanh."""
    return np.prod([np.linalg.norm(W, 2) for W, _ in layers])


def variance_of_one_weight(n_in, weight_variance, mean_square):
    """Forgets that there are n_in terms."""
    return weight_variance * mean_square


def variance_with_deviation(n_in, weight_variance, mean_square):
    """The deviation of the weights instead of their variance."""
    return n_in * np.sqrt(weight_variance) * mean_square


def xavier_fan_in(n_in, n_out):
    """The forward condition alone."""
    return 1 / n_in, np.sqrt(3 / n_in)


def xavier_limit_is_deviation(n_in, n_out):
    """The deviation as the limit of the uniform law."""
    return 2 / (n_in + n_out), np.sqrt(2 / (n_in + n_out))


def he_without_two(n_in):
    """Xavier's variance for a square layer."""
    return 1 / n_in


def he_too_large(n_in):
    """4 / n."""
    return 4 / n_in


def default_like_he(n_in):
    """He's variance."""
    return 2 / n_in


def default_limit_squared(n_in):
    """The square of the limit, without the third."""
    return 1 / n_in


def momentum_averaging(w, v, g, lr, beta=0.9):
    """A running mean: another convention, ten times shorter."""
    v = beta * v + (1 - beta) * g
    return w - lr * v, v


def momentum_old_velocity(w, v, g, lr, beta=0.9):
    """Steps before the velocity is new."""
    return w - lr * v, beta * v + g


def rmsprop_without_root(w, s, g, lr, beta2=0.999, eps=1e-8):
    """Divides by the mean square."""
    s = beta2 * s + (1 - beta2) * g**2
    return w - lr * g / (s + eps), s


def rmsprop_old_square(w, s, g, lr, beta2=0.999, eps=1e-8):
    """Divides by the mean square of the steps before."""
    return w - lr * g / (np.sqrt(s) + eps), beta2 * s + (1 - beta2) * g**2


def adam_uncorrected(w, m, s, g, t, lr):
    """Without the corrections."""
    m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g**2
    return w - lr * m / (np.sqrt(s) + 1e-8), m, s


def adam_counts_from_zero(w, m, s, g, t, lr):
    """One step behind in the corrections."""
    m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g**2
    t = t + 1
    root = np.sqrt(s / (1 - 0.999**t)) + 1e-8
    return w - lr * m / (1 - 0.9**t) / root, m, s


def _adam(w, m, s, g, t, lr):
    m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g**2
    root = np.sqrt(s / (1 - 0.999**t)) + 1e-8
    return w - lr * m / (1 - 0.9**t) / root, m, s


def adamw_penalty(w, m, s, g, t, lr, lam):
    """λw in the gradient: Adam with a penalty."""
    return _adam(w, m, s, g + lam * w, t, lr)


def adamw_without_rate(w, m, s, g, t, lr, lam):
    """Decay that forgets the rate."""
    moved, m, s = _adam(w, m, s, g, t, lr)
    return moved - lam * w, m, s


def cosine_without_half(t, first, last, T):
    """Twice too much."""
    return last + (first - last) * (1 + np.cos(np.pi * t / T))


def cosine_whole_wave(t, first, last, T):
    """Comes back up."""
    return last + (first - last) * (1 + np.cos(2 * np.pi * t / T)) / 2


def path_inverted(X, y, lr, t):
    """The factor without the 1."""
    U, s, Vt = np.linalg.svd(X, full_matrices=False)
    return Vt.T @ ((1 - lr * s**2) ** t / s * (U.T @ y))


def path_first_power(X, y, lr, t):
    """The singular value instead of its square."""
    U, s, Vt = np.linalg.svd(X, full_matrices=False)
    return Vt.T @ ((1 - np.abs(1 - lr * s) ** t) / s * (U.T @ y))


def risk_classical_everywhere(n, d, sigma, length):
    """The first line for all d: negative beyond n."""
    return sigma**2 * d / (n - d - 1)


def risk_without_bias(n, d, sigma, length):
    """Forgets the part of w that the data do not show."""
    if d < n - 1:
        return sigma**2 * d / (n - d - 1)
    return sigma**2 * n / (d - n - 1)


def dropout_not_scaled(h, p, rng):
    """The survivors keep their value."""
    return (rng.random(h.shape, dtype=np.float32) >= p) * h


def dropout_keeps_p(h, p, rng):
    """p as the probability to stay."""
    return (rng.random(h.shape, dtype=np.float32) < p) * h / max(p, 1e-9)


def moments_not_inverted(h, p):
    """Of dropout without the factor 1/(1 − p)."""
    return (1 - p) * h, p * (1 - p) * h**2


def moments_deviation(h, p):
    """The deviation for the variance."""
    return h, np.sqrt(p / (1 - p)) * np.abs(h)


def ridge_unscaled(X, y, w, p):
    """A plain penalty on the weights."""
    return ((y - X @ w) ** 2).sum() + p / (1 - p) * (w**2).sum()


def ridge_reversed(X, y, w, p):
    """(1 − p)/p."""
    return ((y - X @ w) ** 2).sum() + (1 - p) / p * w**2 @ (X**2).sum(axis=0)


WRONG = {
    "check_affine_collapse": [collapse_reversed, collapse_without_hidden_bias],
    "check_mlp": [mlp_without_bend, mlp_bend_at_the_end],
    "check_xor_network": [xor_linear, xor_weight_one],
    "check_relu_interpolant": [interpolant_with_slopes, interpolant_without_start],
    "check_relu": [relu_absolute, relu_minimum],
    "check_relu_derivative": [relu_slope_of_value, relu_slope_sign],
    "check_smooth_relu": [smooth_exchanged, smooth_without_x],
    "check_sigmoid": [sigmoid_reversed, sigmoid_without_one],
    "check_sigmoid_derivative": [sigmoid_slope_square, sigmoid_slope_of_tanh],
    "check_tanh": [tanh_printed, tanh_half_argument],
    "check_tanh_derivative": [tanh_slope_like_sigmoid, tanh_slope_without_square],
    "check_forward": [forward_without_bias, forward_bent_scores],
    "check_objective": [objective_decays_biases, objective_norm_not_squared],
    "check_delta_output": [delta_reversed, delta_not_averaged],
    "check_delta_hidden": [delta_hidden_slope_of_activation, delta_hidden_without_slope],
    "check_layer_gradients": [gradients_without_decay, gradients_bias_mean],
    "check_jacobian_product": [jacobian_reversed, jacobian_without_slopes],
    "check_norm_bound": [bound_too_small, bound_without_quarter],
    "check_forward_variance": [variance_of_one_weight, variance_with_deviation],
    "check_xavier": [xavier_fan_in, xavier_limit_is_deviation],
    "check_he": [he_without_two, he_too_large],
    "check_default_variance": [default_like_he, default_limit_squared],
    "check_momentum": [momentum_averaging, momentum_old_velocity],
    "check_rmsprop": [rmsprop_without_root, rmsprop_old_square],
    "check_adam": [adam_uncorrected, adam_counts_from_zero],
    "check_adamw": [adamw_penalty, adamw_without_rate],
    "check_cosine": [cosine_without_half, cosine_whole_wave],
    "check_gd_path": [path_inverted, path_first_power],
    "check_min_norm_risk": [risk_classical_everywhere, risk_without_bias],
    "check_dropout": [dropout_not_scaled, dropout_keeps_p],
    "check_dropout_moments": [moments_not_inverted, moments_deviation],
    "check_dropout_ridge": [ridge_unscaled, ridge_reversed],
}
