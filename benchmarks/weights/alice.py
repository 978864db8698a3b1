"""What the trainings on *Alice* share: the split, the streams and the loss."""

import numpy as np

from d2lnotes import functional, optim
from d2lnotes.data import alice
from d2lnotes.tensor import no_grad
from d2lnotes.text import Vocabulary, letters_only

_text = letters_only(alice())
_ids = Vocabulary(_text).encode(_text)
#: The first 90 % of the characters, as numbers from 0 to 26, and the rest.
TRAIN, TEST = np.split(_ids, [int(0.9 * len(_ids))])


def streams(ids, n=32, steps=32):
    """n places of the text read in parallel: X, Y of shape (steps, n)."""
    length = (len(ids) - 1) // n
    X = ids[: n * length].reshape(n, length).T  # (length, n)
    Y = ids[1 : n * length + 1].reshape(n, length).T
    for k in range(0, length // steps * steps, steps):
        yield X[k : k + steps], Y[k : k + steps]


def average_loss(scores, Y):
    """Cross-entropy of scores (..., 27) with characters (...), in nats."""
    return functional.cross_entropy(scores.reshape(-1, 27), Y.reshape(-1))


def loose(state):
    """The same state without its past: where backpropagation stops."""
    if isinstance(state, (list, tuple)):
        return type(state)(loose(one) for one in state)
    return state.detach()


def train_on_streams(model, epochs):
    """Truncated backpropagation with Adam, the state carried on; yield the loss of each step."""
    adam = optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(epochs):
        state = None
        for X, Y in streams(TRAIN):
            scores, state = model(X, state)
            loss, state = average_loss(scores, Y), loose(state)
            adam.zero_grad()
            loss.backward()
            optim.clip_grad_norm(model.parameters(), 1.0)
            adam.step()
            yield loss.item()


def perplexity(model):
    """One pass through the last tenth of the book."""
    with no_grad():
        scores, _ = model(TEST[:-1, None])
        return float(np.exp(average_loss(scores, TEST[1:]).item()))
