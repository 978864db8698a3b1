"""Wrong formulas of chapter 11: the notes' own where those are wrong, and plausible slips."""

import numpy as np


def _softmax(S):
    raised = np.exp(S - S.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


def database_as_set(keys, values):
    """The notes' braces: equal pairs become one."""
    return sorted(set(zip(keys, values, strict=True)))


def pooling_divided(q, pairs, weight):
    """Divides by the sum, which the definition does not."""
    total = sum(weight(q, k) for k, _ in pairs)
    return sum(weight(q, k) * v for k, v in pairs) / total


def pooling_of_keys(q, pairs, weight):
    """Sums the keys instead of the values."""
    return sum(weight(q, k) * np.full(2, k) for k, _ in pairs)


def weight_of_one_key(q, keys, score):
    """The notation read literally: a function of the query and this key alone."""
    return np.array([1 / (1 + np.exp(-score(q, k))) for k in keys])


def weight_naive(q, keys, score):
    """Overflows for large scores."""
    with np.errstate(over="ignore", invalid="ignore"):
        raised = np.exp([score(q, k) for k in keys])
        return raised / raised.sum()


def convex_sum_only(alpha):
    """Forgets that no weight may be negative."""
    return bool(np.isclose(alpha.sum(), 1))


def convex_sign_only(alpha):
    """Nonnegative is the cone, not the hull."""
    return bool((alpha >= 0).all())


def equal_without_m(m):
    """A sum, not a mean."""
    return np.ones(m)


def kernel_without_sum(q, x, y, sigma):
    """Nonnegative weights that do not sum to 1."""
    return np.exp(-((q[:, None] - x) ** 2) / (2 * sigma**2)) @ y


def kernel_without_two(q, x, y, sigma):
    """Forgets the 2 under the square."""
    return _softmax(-((q[:, None] - x) ** 2) / sigma**2) @ y


def variance_root(d):
    """The deviation, not the variance."""
    return d**0.5


def variance_one(d):
    """As if the scores were scaled."""
    return 1.0


def attention_unscaled(Q, K, V):
    """Forgets the root."""
    return _softmax(Q @ K.T) @ V


def attention_by_d(Q, K, V):
    """Divides by d, not by its root."""
    return _softmax(Q @ K.T / K.shape[1]) @ V


def attention_over_queries(Q, K, V):
    """Softmax along the wrong axis."""
    return _softmax((Q @ K.T / K.shape[1] ** 0.5).T).T @ V


def additive_without_tanh(Q, K, W_q, W_k, w_v):
    """Linear: then the query has no influence on the weights."""
    return ((Q @ W_q.T)[:, None] + (K @ W_k.T)[None]) @ w_v


def additive_tanh_outside(Q, K, W_q, W_k, w_v):
    """The tanh after the sum over hidden units."""
    return np.tanh(additive_without_tanh(Q, K, W_q, W_k, w_v))


def gradient_not_centred(q, K, V):
    """Second moments instead of covariances."""
    return (_softmax(K @ q)[:, None] * V).T @ K


def gradient_transposed(q, K, V):
    """Keys by values."""
    alpha = _softmax(K @ q)
    return (alpha[:, None] * (K - alpha @ K)).T @ (V - alpha @ V)


def masked_after_softmax(S, M):
    """The rows no longer sum to 1, and hidden scores leak."""
    return np.where(M, _softmax(S), 0)


def masked_with_zero(S, M):
    """A score of 0 is not forbidden."""
    return _softmax(np.where(M, S, 0))


def heads_by_bare_reshape(X, Z, W_q, W_k, W_v, W_o, h):
    """The right shape, but words and heads are mixed."""
    Q, K, V = ((A @ W).reshape(h, len(A), -1) for A, W in ((X, W_q), (Z, W_k), (Z, W_v)))
    A = _softmax(Q @ K.swapaxes(1, 2) / Q.shape[2] ** 0.5)
    return (A @ V).swapaxes(0, 1).reshape(len(X), -1) @ W_o


def heads_scaled_by_full_width(X, Z, W_q, W_k, W_v, W_o, h):
    """Divides by the root of D instead of D/h."""
    heads = []
    for j in np.split(np.arange(len(W_q)), h):
        S = X @ W_q[:, j] @ (Z @ W_k[:, j]).T / len(W_q) ** 0.5
        heads.append(_softmax(S) @ (Z @ W_v[:, j]))
    return np.concatenate(heads, axis=1) @ W_o


def positions_swapped(length, d):
    """Cosine first."""
    angles = np.arange(length)[:, None] * 10000.0 ** (-np.arange(0, d, 2) / d)
    P = np.empty((length, d))
    P[:, 0::2], P[:, 1::2] = np.cos(angles), np.sin(angles)
    return P


def positions_one_frequency_each(length, d):
    """The exponent -j/d for hand j instead of -2j/d."""
    angles = np.arange(length)[:, None] * 10000.0 ** (-np.arange(d // 2) / d)
    P = np.empty((length, d))
    P[:, 0::2], P[:, 1::2] = np.sin(angles), np.cos(angles)
    return P


def rotation_backwards(delta, d):
    """The sign of the sine."""
    R = np.zeros((d, d))
    for j, angle in enumerate(delta * 10000.0 ** (-np.arange(0, d, 2) / d)):
        c, s = np.cos(angle), np.sin(angle)
        R[2 * j : 2 * j + 2, 2 * j : 2 * j + 2] = [[c, -s], [s, c]]
    return R


def norm_over_the_batch(X, gamma=1.0, beta=0.0, eps=1e-5):
    """Batch normalization."""
    return gamma * (X - X.mean(axis=0)) / np.sqrt(X.var(axis=0) + eps) + beta


def norm_unbiased(X, gamma=1.0, beta=0.0, eps=1e-5):
    """Divides the variance by D - 1."""
    centred = X - X.mean(axis=-1, keepdims=True)
    return gamma * centred / np.sqrt(X.var(axis=-1, ddof=1, keepdims=True) + eps) + beta


def _norm(X):
    return (X - X.mean(axis=-1, keepdims=True)) / np.sqrt(X.var(axis=-1, keepdims=True) + 1e-5)


def _heads(X, matrices, h):
    W_q, W_k, W_v, W_o = matrices
    heads = []
    for j in np.split(np.arange(len(W_q)), h):
        S = X @ W_q[:, j] @ (X @ W_k[:, j]).T / len(j) ** 0.5
        heads.append(_softmax(S) @ (X @ W_v[:, j]))
    return np.concatenate(heads, axis=1) @ W_o


def block_post_norm(X, matrices, h, W_1, W_2):
    """The original's order: normalises after adding."""
    X = _norm(X + _heads(X, matrices, h))
    return _norm(X + np.maximum(X @ W_1.T, 0) @ W_2.T)


def block_without_residual(X, matrices, h, W_1, W_2):
    """Forgets to add the input."""
    X = _heads(_norm(X), matrices, h)
    return np.maximum(_norm(X) @ W_1.T, 0) @ W_2.T


WRONG = {
    "check_database": [database_as_set],
    "check_attention_pooling": [pooling_divided, pooling_of_keys],
    "check_attention_weight": [weight_of_one_key, weight_naive],
    "check_convex_weights": [convex_sum_only, convex_sign_only],
    "check_equal_weights": [equal_without_m],
    "check_nadaraya_watson": [kernel_without_sum, kernel_without_two],
    "check_score_variance": [variance_root, variance_one],
    "check_scaled_dot_product": [attention_unscaled, attention_by_d, attention_over_queries],
    "check_additive_score": [additive_without_tanh, additive_tanh_outside],
    "check_attention_gradient": [gradient_not_centred, gradient_transposed],
    "check_masked_softmax": [masked_after_softmax, masked_with_zero],
    "check_multi_head": [heads_by_bare_reshape, heads_scaled_by_full_width],
    "check_positional_encoding": [positions_swapped, positions_one_frequency_each],
    "check_rotation": [rotation_backwards],
    "check_layer_norm": [norm_over_the_batch, norm_unbiased],
    "check_transformer_block": [block_post_norm, block_without_residual],
}
