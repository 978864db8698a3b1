"""Wrong formulas of chapter 09: slips that run without an error message.

The notes have a heading only, so none of these is theirs.
"""

import numpy as np


def markov_probability(next_probability, sequence):
    """Looks at the last symbol alone, where the whole past counts."""
    factors = [next_probability(sequence[max(0, t - 1) : t])[x] for t, x in enumerate(sequence)]
    return np.prod(factors)


def probability_without_the_first(next_probability, sequence):
    """Forgets the factor that has no condition."""
    factors = [next_probability(sequence[:t])[x] for t, x in enumerate(sequence) if t]
    return np.prod(factors)


def lags_in_order_of_time(w, past):
    """Weight 1 on the oldest value."""
    tau = len(w) - 1
    return w[0] + w[1:] @ past[-tau:]


def autoregression_without_bias(w, past):
    """Forgets the constant."""
    tau = len(w) - 1
    return w[1:] @ past[::-1][:tau]


def exponent_with_sign(counts):
    """The slope itself, which is negative."""
    rank = np.log(np.arange(1, len(counts) + 1))
    return np.polyfit(rank, np.log(counts), 1)[0]


def exponent_half_logarithmic(counts):
    """The rank without its logarithm."""
    return -np.polyfit(np.arange(1, len(counts) + 1), np.log(counts), 1)[0]


def perplexity_arithmetic(p):
    """The arithmetic mean of 1/p."""
    return np.mean(1 / p)


def perplexity_of_the_sum(p):
    """Not divided by the number of tokens."""
    return np.exp(-np.log(p).sum())


def perplexity_two_and_nats(p):
    """2 to the power of nats."""
    return 2 ** -np.log(p).mean()


def mle_over_columns(C):
    """Normalised over the contexts."""
    return C / np.maximum(C.sum(axis=0, keepdims=True), 1)


def mle_add_one(C):
    """Adds one to each count: not the likeliest."""
    return (C + 1) / (C + 1).sum(axis=1, keepdims=True)


def smoothed_without_denominator(c, lower, eps):
    """The pseudo-counts do not enter the denominator."""
    return (c + eps * lower) / max(c.sum(), 1)


def smoothed_uniform(c, lower, eps):
    """The lower order plays no part."""
    return (c + eps / len(c)) / (c.sum() + eps)


def smoothed_add_epsilon(c, lower, eps):
    """Epsilon for each symbol."""
    return (c + eps) / (c.sum() + eps * len(c))


def state_without_past(X, H, W_xh, W_hh, b_h):
    """No recurrence."""
    return np.tanh(X @ W_xh + b_h)


def state_transposed(X, H, W_xh, W_hh, b_h):
    """The recurrent matrix transposed."""
    return np.tanh(X @ W_xh + H @ W_hh.T + b_h)


def state_tanh_of_parts(X, H, W_xh, W_hh, b_h):
    """The tanh of each part."""
    return np.tanh(X @ W_xh) + np.tanh(H @ W_hh + b_h)


def output_transposed(H, W_hq, b_q):
    """The output matrix transposed."""
    return H @ W_hq.T + b_q


def output_without_bias(H, W_hq, b_q):
    """Forgets b."""
    return H @ W_hq


def concatenated_in_other_order(X, H, W_xh, W_hh):
    """The state first in the row, the token's matrix first in the column."""
    return np.hstack([H, X]) @ np.vstack([W_xh, W_hh])


def concatenated_unweighted(X, H, W_xh, W_hh):
    """Adds the state itself."""
    return X @ W_xh + H


def _scalar_states(x, u, w):
    h = [0.0]
    for value in x:
        h.append(np.tanh(u * value + w * h[-1]))
    return np.array(h)


def bptt_direct_part_only(x, u, w):
    """The last step alone: truncated after one."""
    h = _scalar_states(x, u, w)
    return (1 - h[-1] ** 2) * h[-2]


def bptt_product_one_too_long(x, u, w):
    """The product begins one step too early."""
    h = _scalar_states(x, u, w)
    bend = 1 - h[1:] ** 2
    return sum(bend[i] * h[i] * np.prod((bend * w)[i:]) for i in range(len(x)))


def bptt_wrong_transpose(H, G, W_hh):
    """Carries back with W instead of its transpose."""
    D, carry = np.zeros_like(G), 0
    for t in reversed(range(len(G))):
        D[t] = (G[t] + carry) * (1 - H[t + 1] ** 2)
        carry = D[t] @ W_hh
    return D, np.einsum("tnh,tnk->hk", H[:-1], D)


def bptt_wrong_state(H, G, W_hh):
    """The slope in W_hh from the states after the step."""
    D, carry = np.zeros_like(G), 0
    for t in reversed(range(len(G))):
        D[t] = (G[t] + carry) * (1 - H[t + 1] ** 2)
        carry = D[t] @ W_hh.T
    return D, np.einsum("tnh,tnk->hk", H[1:], D)


def bptt_without_future(H, G, W_hh):
    """Each step for itself."""
    D = G * (1 - H[1:] ** 2)
    return D, np.einsum("tnh,tnk->hk", H[:-1], D)


def jacobian_without_bend(states, W_hh):
    """The power alone, without the slope of tanh."""
    return np.linalg.matrix_power(W_hh.T, len(states))


def jacobian_untransposed(states, W_hh):
    """Rows and columns mixed up."""
    J = np.eye(len(W_hh))
    for h in states:
        J = (1 - h**2)[:, None] * (W_hh @ J)
    return J


def rate_is_the_norm(W, T):
    """The norm of one step."""
    return np.linalg.norm(W, 2)


def rate_without_root(W, T):
    """The norm of the power, without the root."""
    return np.linalg.norm(np.linalg.matrix_power(W, T), 2)


def bounds_by_the_radius(states, W_hh):
    """The spectral radius where the norm belongs."""
    radius = abs(np.linalg.eigvals(W_hh)).max()
    return np.prod((1 - states**2).max(axis=1) * radius), radius ** len(states)


def bounds_by_the_smallest(states, W_hh):
    """The smallest slope of each step."""
    norm = np.linalg.norm(W_hh, 2)
    return np.prod((1 - states**2).min(axis=1) * norm), norm ** len(states)


def clip_entries(g, theta):
    """Each entry for itself: turns the vector."""
    return np.clip(g, -theta, theta)


def clip_always(g, theta):
    """Lengthens short gradients too."""
    return theta * g / np.linalg.norm(g)


def temperature_multiplied(o, gamma):
    """Times the temperature."""
    e = np.exp((o - o.max()) * gamma)
    return e / e.sum()


def temperature_after_softmax(o, gamma):
    """Divides the probabilities, which cancels."""
    p = np.exp(o - o.max())
    p = p / p.sum() / gamma
    return p / p.sum()


def _keep(p, kept):
    out = np.zeros_like(p)
    out[kept] = p[kept] / p[kept].sum()
    return out


def top_p_below(p, mass):
    """Stops before the mass is reached."""
    order = np.argsort(-p)
    r = max(1, int((p[order].cumsum() <= mass - 1e-9).sum()))
    return _keep(p, order[:r])


def top_p_not_renormalised(p, mass):
    """What is kept does not sum to 1."""
    order = np.argsort(-p)
    r = int((p[order].cumsum() < mass - 1e-9).sum()) + 1
    out = np.zeros_like(p)
    out[order[:r]] = p[order[:r]]
    return out


WRONG = {
    "check_sequence_chain": [markov_probability, probability_without_the_first],
    "check_autoregression": [lags_in_order_of_time, autoregression_without_bias],
    "check_zipf": [exponent_with_sign, exponent_half_logarithmic],
    "check_perplexity": [perplexity_arithmetic, perplexity_of_the_sum, perplexity_two_and_nats],
    "check_ngram_mle": [mle_over_columns, mle_add_one],
    "check_ngram_smoothing": [
        smoothed_without_denominator,
        smoothed_uniform,
        smoothed_add_epsilon,
    ],
    "check_rnn_state": [state_without_past, state_transposed, state_tanh_of_parts],
    "check_rnn_output": [output_transposed, output_without_bias],
    "check_rnn_concatenated": [concatenated_in_other_order, concatenated_unweighted],
    "check_bptt_sum": [bptt_direct_part_only, bptt_product_one_too_long],
    "check_bptt": [bptt_wrong_transpose, bptt_wrong_state, bptt_without_future],
    "check_state_jacobian": [jacobian_without_bend, jacobian_untransposed],
    "check_gelfand": [rate_is_the_norm, rate_without_root],
    "check_jacobian_bound": [bounds_by_the_radius, bounds_by_the_smallest],
    "check_clipping": [clip_entries, clip_always],
    "check_temperature": [temperature_multiplied, temperature_after_softmax],
    "check_top_p": [top_p_below, top_p_not_renormalised],
}
