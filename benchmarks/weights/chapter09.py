"""The weights of chapter 9: a recurrent network that has read Alice for ten epochs."""

import numpy as np
from alice import perplexity, train_on_streams
from train import Shipped

from d2lnotes import nn

EYE = np.eye(27, dtype=np.float32)


class CharRNN(nn.Module):
    """One-hot characters, a tanh layer, scores; as in the chapter."""

    def __init__(self, h, rng):
        self.rnn = nn.RNN(27, h, rng)
        self.out = nn.Linear(h, 27, rng=rng)

    def forward(self, X, state=None):
        """X (T, n) whole numbers -> scores (T, n, 27) and the last state."""
        H, state = self.rnn(EYE[X], state)
        return self.out(H), state


def build(rng):
    return CharRNN(128, rng)


def train(model, rng):
    """Ten epochs; the streams have a fixed order, so nothing is drawn."""
    for _ in train_on_streams(model, epochs=10):
        pass


WEIGHTS = {"ch09_rnn": Shipped(build, train, perplexity, expected=4.902, spread=0.1)}
