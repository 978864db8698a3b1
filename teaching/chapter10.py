"""The teacher's answers to the graded problems of chapter 10, and wrong answers to be caught.

``ANSWERS`` and ``WRONG`` name the chapter's graders; a test runs every pair.
"""

from collections import Counter

import numpy as np


def masked_states(step, X, H, m):
    """Take the new state where the input is true, the old one elsewhere."""
    states = []
    for x, true in zip(X, m, strict=True):
        H = np.where(true[:, None] > 0, step(x, H), H)
        states.append(H)
    return np.array(states)


def states_set_to_zero(step, X, H, m):
    """Wrong: padding erases the state."""
    states = []
    for x, true in zip(X, m, strict=True):
        H = step(x, H) * true[:, None]
        states.append(H)
    return np.array(states)


def states_of_zero_inputs(step, X, H, m):
    """Wrong: padding becomes a zero input, which still moves the state."""
    states = []
    for x, true in zip(X, m, strict=True):
        H = step(x * true[:, None], H)
        states.append(H)
    return np.array(states)


def bias_for(delay, share):
    """log f = log(share) / delay, and b = log f - log(1 - f) with expm1 for 1 - f."""
    log_f = np.log(share) / delay
    return log_f - np.log(-np.expm1(log_f))


def bias_without_delay(delay, share):
    """Wrong: the share of one step."""
    return np.log(share / (1 - share))


def bias_large_only(delay, share):
    """Wrong: the approximation for large biases."""
    return np.log(delay / -np.log(share))


def bias_with_cancellation(delay, share):
    """Wrong: 1 - f loses its digits for long delays."""
    f = share ** (1 / delay)
    return np.log(f / (1 - f))


def _grams(words, g):
    return Counter(tuple(words[t : t + g]) for t in range(len(words) - g + 1))


def _bleu(prediction, references, G, join, length):
    logs = []
    for g in range(1, G + 1):
        said, known = _grams(prediction, g), Counter()
        for reference in references:
            known = join(known, _grams(reference, g))
        right = (said & known).total()
        if right == 0:
            return 0.0
        logs.append(np.log(right / said.total()))
    ref = length([len(reference) for reference in references], len(prediction))
    return np.exp(min(0, 1 - ref / len(prediction)) + np.mean(logs))


def _largest(a, b):
    return a | b


def _closest(lengths, n):
    return min(lengths, key=lambda one: (abs(one - n), one))


def bleu_many(prediction, references, G):
    """The union of counters keeps the larger count."""
    return _bleu(prediction, references, G, _largest, _closest)


def bleu_counts_summed(prediction, references, G):
    """Wrong: adds the references' counts."""
    return _bleu(prediction, references, G, lambda a, b: a + b, _closest)


def bleu_longest(prediction, references, G):
    """Wrong: the longest reference, not the closest."""
    return _bleu(prediction, references, G, _largest, lambda lengths, n: max(lengths))


def bleu_best_reference(prediction, references, G):
    """Wrong: the best of the references, one at a time."""
    return max(bleu_many(prediction, [one], G) for one in references)


ANSWERS = {
    "grade_masked_states": masked_states,
    "grade_bias_for": bias_for,
    "grade_bleu_many": bleu_many,
}
WRONG = {
    "grade_masked_states": [states_set_to_zero, states_of_zero_inputs],
    "grade_bias_for": [bias_without_delay, bias_large_only, bias_with_cancellation],
    "grade_bleu_many": [bleu_counts_summed, bleu_longest, bleu_best_reference],
}
