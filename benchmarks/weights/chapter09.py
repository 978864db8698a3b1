"""The weights of chapter 9: a recurrent network that has read Alice for ten epochs."""

import numpy as np
from train import Shipped

from d2lnotes import functional, nn, optim
from d2lnotes.data import alice
from d2lnotes.tensor import no_grad
from d2lnotes.text import Vocabulary, letters_only

TEXT = letters_only(alice())
IDS = Vocabulary(TEXT).encode(TEXT)
TRAIN, TEST = np.split(IDS, [int(0.9 * len(IDS))])
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


def build():
    return CharRNN(128, np.random.default_rng(0))


def loss_of(model, X, Y, state):
    scores, state = model(X, state)
    return functional.cross_entropy(scores.reshape(-1, 27), Y.reshape(-1)), state


def train(model, epochs=10, n=32, steps=32):
    """Truncated backpropagation through time over 32 streams, the state carried along."""
    optimizer = optim.Adam(model.parameters(), lr=3e-3)
    m = (len(TRAIN) - 1) // n
    X, Y = TRAIN[: n * m].reshape(n, m).T, TRAIN[1 : n * m + 1].reshape(n, m).T
    for _ in range(epochs):
        state = None
        for k in range(0, m // steps * steps, steps):
            loss, state = loss_of(model, X[k : k + steps], Y[k : k + steps], state)
            model.zero_grad()
            loss.backward()
            optim.clip_grad_norm(model.parameters(), 1.0)
            optimizer.step()
            state = state.detach()


def perplexity(model):
    """On the last tenth of the book."""
    with no_grad():
        loss, _ = loss_of(model, TEST[:-1, None], TEST[1:, None], None)
    return float(np.exp(loss.item()))


WEIGHTS = {"ch09_rnn": Shipped(build, train, perplexity, expected=4.902, spread=0.1)}
