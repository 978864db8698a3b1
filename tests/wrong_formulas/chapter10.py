"""Wrong formulas of chapter 10: slips that run without an error message.

The notes have a heading only; D2L's weights of BLEU stand among the wrong formulas here.
"""

from collections import Counter

import numpy as np


def _sigmoid(z):
    return 1 / (1 + np.exp(-z))


def gates_tanh(X, H, W_x, W_h, b):
    """Gates between -1 and 1."""
    return np.tanh(X @ W_x + H @ W_h + b[:, None])


def gates_without_state(X, H, W_x, W_h, b):
    """Deaf to the hidden state."""
    return _sigmoid(X @ W_x + b[:, None])


def gates_transposed(X, H, W_x, W_h, b):
    """The state's weights as PyTorch stores them."""
    return _sigmoid(X @ W_x + H @ W_h.swapaxes(1, 2) + b[:, None])


def _lstm(X, H, C, W_x, W_h, b):
    z = X @ W_x + H @ W_h + b[:, None]
    return *_sigmoid(z[:3]), np.tanh(z[3])


def lstm_gates_exchanged(X, H, C, W_x, W_h, b):
    """Input and forget gate exchanged."""
    I, F, O, new = _lstm(X, H, C, W_x, W_h, b)
    C = I * C + F * new
    return O * np.tanh(C), C


def lstm_shows_raw_memory(X, H, C, W_x, W_h, b):
    """No tanh on the way out."""
    I, F, O, new = _lstm(X, H, C, W_x, W_h, b)
    C = F * C + I * new
    return O * C, C


def lstm_coupled(X, H, C, W_x, W_h, b):
    """1 - F in place of the input gate."""
    _, F, O, new = _lstm(X, H, C, W_x, W_h, b)
    C = F * C + (1 - F) * new
    return O * np.tanh(C), C


def lstm_shows_old_memory(X, H, C, W_x, W_h, b):
    """H from the memory before the step."""
    I, F, O, new = _lstm(X, H, C, W_x, W_h, b)
    return O * np.tanh(C), F * C + I * new


def path_summed(f):
    """A sum in place of a product."""
    return np.diag(f.sum(axis=0))


def path_full(f):
    """Not diagonal."""
    return np.ones((f.shape[1], 1)) * f.prod(axis=0)


def path_one_short(f):
    """Forgets the first step."""
    return np.diag(f[1:].prod(axis=0))


def half_life_of_one_minus(b):
    """log of 1 - f."""
    return np.log(0.5) / np.log(1 - _sigmoid(b))


def half_life_to_e(b):
    """Until 1/e is left."""
    return -1 / np.log(_sigmoid(b))


def half_life_large(b):
    """Right for large b only."""
    return np.exp(b) * np.log(2)


def gru_z_writes(X, H, W_x, W_h, b):
    """Chung's convention: Z and 1 - Z exchanged."""
    R, Z = _sigmoid(X @ W_x[:2] + H @ W_h[:2] + b[:2, None])
    new = np.tanh(X @ W_x[2] + (R * H) @ W_h[2] + b[2])
    return (1 - Z) * H + Z * new


def gru_reset_after(X, H, W_x, W_h, b):
    """PyTorch's form."""
    R, Z = _sigmoid(X @ W_x[:2] + H @ W_h[:2] + b[:2, None])
    new = np.tanh(X @ W_x[2] + R * (H @ W_h[2]) + b[2])
    return Z * H + (1 - Z) * new


def gru_no_reset(X, H, W_x, W_h, b):
    """The candidate sees the whole state."""
    Z = _sigmoid(X @ W_x[1] + H @ W_h[1] + b[1])
    return Z * H + (1 - Z) * np.tanh(X @ W_x[2] + H @ W_h[2] + b[2])


def deep_same_input(sequence, cells, first):
    """Every layer reads the inputs; works only where sizes agree."""
    states, outputs = list(first), []
    for x in sequence:
        states = [cells[0](x, h) for h in states]
        outputs.append(states[-1])
    return np.array(outputs)


def deep_old_states(sequence, cells, first):
    """Layers read the state below of the step before."""
    states, outputs = list(first), []
    for x in sequence:
        below = [x, *states[:-1]]
        states = [cell(one, h) for cell, one, h in zip(cells, below, states, strict=True)]
        outputs.append(states[-1])
    return np.array(outputs)


def both_not_reversed_back(sequence, forwards, backwards):
    """The backward states stay in reading order."""
    return np.concatenate([forwards(sequence), backwards(sequence[::-1])], axis=2)


def both_forwards(sequence, forwards, backwards):
    """Never reversed."""
    return np.concatenate([forwards(sequence), backwards(sequence)], axis=2)


def both_added(sequence, forwards, backwards):
    """A sum, with h entries."""
    return forwards(sequence) + backwards(sequence[::-1])[::-1]


def _losses(log_p, Y):
    return -np.take_along_axis(log_p, Y[..., None], axis=2)[..., 0]


def loss_unmasked(log_p, Y):
    """Padding counts."""
    return _losses(log_p, Y).mean()


def loss_divided_by_all(log_p, Y):
    """Masked above, not below."""
    return ((Y != 0) * _losses(log_p, Y)).mean()


def loss_mean_of_rows(log_p, Y):
    """The mean of each sentence's mean: short ones weigh more."""
    m = Y != 0
    return ((m * _losses(log_p, Y)).sum(axis=1) / np.maximum(m.sum(axis=1), 1)).mean()


def sequence_average(log_p, y):
    """Per word."""
    return log_p[np.arange(len(y)), y].mean()


def sequence_last(log_p, y):
    """The last word alone."""
    return log_p[-1, y[-1]]


def score_product(log_p, alpha):
    """Multiplies by the length."""
    return np.sum(log_p) * len(log_p) ** alpha


def score_always_average(log_p, alpha):
    """Deaf to the penalty."""
    return np.mean(log_p)


def score_probability(log_p, alpha):
    """The probability, not its logarithm."""
    return np.exp(np.sum(log_p)) / len(log_p) ** alpha


def _precisions(predictions, references, G, clip=True):
    found = []
    for g in range(1, G + 1):
        right = total = 0
        for p, r in zip(predictions, references, strict=True):
            a, b = (Counter(tuple(s[t : t + g]) for t in range(len(s) - g + 1)) for s in (p, r))
            right += (a & b).total() if clip else sum(n for one, n in a.items() if one in b)
            total += a.total()
        found.append(right / total if total else 0.0)
    return np.array(found)


def _log(p):
    with np.errstate(divide="ignore"):
        return np.log(p)


def _brevity(predictions, references):
    pred, ref = (sum(map(len, side)) for side in (predictions, references))
    return np.exp(min(0, 1 - ref / max(pred, 1)))


def bleu_powers_of_two(predictions, references, G=4):
    """D2L: order g has the exponent 1/2^g."""
    p = _precisions(predictions, references, G)
    return _brevity(predictions, references) * np.exp((_log(p) / 2.0 ** np.arange(1, G + 1)).sum())


def bleu_not_clipped(predictions, references, G=4):
    """Counts every occurrence."""
    p = _precisions(predictions, references, G, clip=False)
    return _brevity(predictions, references) * np.exp(_log(p).mean())


def bleu_without_brevity(predictions, references, G=4):
    """Short predictions go free."""
    return np.exp(_log(_precisions(predictions, references, G)).mean())


def bleu_arithmetic(predictions, references, G=4):
    """The arithmetic mean of the precisions."""
    return _brevity(predictions, references) * _precisions(predictions, references, G).mean()


def bleu_exponent_one_over_n(predictions, references, G=4):
    """Order g has the exponent 1/g."""
    p = _precisions(predictions, references, G)
    return _brevity(predictions, references) * np.exp((_log(p) / np.arange(1, G + 1)).sum())


WRONG = {
    "check_lstm_gates": [gates_tanh, gates_without_state, gates_transposed],
    "check_lstm_memory": [
        lstm_gates_exchanged,
        lstm_shows_raw_memory,
        lstm_coupled,
        lstm_shows_old_memory,
    ],
    "check_cell_path": [path_summed, path_full, path_one_short],
    "check_half_life": [half_life_of_one_minus, half_life_to_e, half_life_large],
    "check_gru_gates": [gates_tanh, gates_without_state, gates_transposed],
    "check_gru_state": [gru_z_writes, gru_reset_after, gru_no_reset],
    "check_gated_parameters": [
        lambda d, h, blocks: blocks * h * (d + h),
        lambda d, h, blocks: blocks * (h * (d + h) + 2 * h),
        lambda d, h, blocks: blocks * (h * d + h),
    ],
    "check_deep_rnn": [deep_old_states, deep_same_input],
    "check_bidirectional": [both_not_reversed_back, both_forwards, both_added],
    "check_masked_loss": [loss_unmasked, loss_divided_by_all, loss_mean_of_rows],
    "check_seq2seq": [sequence_average, sequence_last],
    "check_beam_score": [score_product, score_always_average, score_probability],
    "check_bleu": [
        bleu_powers_of_two,
        bleu_not_clipped,
        bleu_without_brevity,
        bleu_arithmetic,
        bleu_exponent_one_over_n,
    ],
}
