"""Chapter 10: the language models of Alice, and the sweep over the copy task.

Both classes stand in the notebook too, cell for cell: what ships must load there.
"""

import numpy as np
from train import Shipped

from d2lnotes import functional, nn, optim
from d2lnotes.data import alice
from d2lnotes.tensor import no_grad
from d2lnotes.text import Vocabulary, letters_only
from d2lnotes.training import accuracy

# The copy task -------------------------------------------------------------------------------

CELLS, BIASES, LAGS = ("RNN", "GRU", "LSTM"), (0, 1, 2, 3, 5), (5, 10, 20, 40)


def copy_batch(rng, n, lag):
    message, noise = rng.integers(0, 8, n), rng.integers(8, 16, (lag, n))
    tokens = np.vstack([message, noise, np.full(n, 16)])  # (lag + 2, n)
    return np.eye(17, dtype=np.float32)[tokens], message


class CopyNet(nn.Module):
    def __init__(self, cell, bias, rng, h=32):
        self.cell = getattr(nn, cell)(17, h, rng=rng)
        self.out = nn.Linear(h, 8, rng=rng)
        if cell != "RNN":  # block 1 of the rows: f of the LSTM, z of the GRU
            self.cell.bias_ih.data[h : 2 * h] = bias
            self.cell.bias_hh.data[h : 2 * h] = 0

    def forward(self, x):
        return self.out(self.cell(x)[0][-1])  # (n, 8)


def train_copy(cell, bias, lag, seed, steps=400):
    """Share right in each run of 20 steps."""
    rng = np.random.default_rng(seed)
    model = CopyNet(cell, bias, rng)
    adam, right = optim.Adam(model.parameters(), lr=0.01), []
    for _ in range(steps):
        x, message = copy_batch(rng, 32, lag)
        scores = model(x)
        adam.zero_grad()
        functional.cross_entropy(scores, message).backward()
        optim.clip_grad_norm(model.parameters(), 1.0)
        adam.step()
        right.append(accuracy(scores, message))
    return np.reshape(right, (-1, 20)).mean(axis=1)


class CopyRuns(nn.Module):
    """No weights: the accuracies of 132 small trainings (a plain RNN has no gate to bias)."""

    def __init__(self):
        self.right = np.zeros((3, 5, 4, 3, 20), np.float32)


def train_copy_runs(runs):
    for c, b, k, seed in np.ndindex(runs.right.shape[:4]):
        if c == 0 and b > 0:
            runs.right[c, b, k, seed] = runs.right[c, 0, k, seed]
        else:
            runs.right[c, b, k, seed] = train_copy(CELLS[c], BIASES[b], LAGS[k], seed)


# Alice ---------------------------------------------------------------------------------------

MODELS = {"RNN": ("RNN", 1), "LSTM": ("LSTM", 1), "GRU": ("GRU", 1), "two GRUs": ("GRU", 2)}
EPOCHS = 10


class CharacterModel(nn.Module):
    def __init__(self, cell, layers, rng, h=128):
        sizes = [27] + [h] * layers
        self.layers = [getattr(nn, cell)(d, h, rng=rng) for d in sizes[:-1]]
        self.out = nn.Linear(h, 27, rng=rng)

    def forward(self, X, state=None):
        """(steps, n) numbers -> scores (steps, n, 27) and a state a layer."""
        hidden, last = np.eye(27, dtype=np.float32)[X], []
        for layer, first in zip(self.layers, state or [None] * 9, strict=False):
            hidden, new = layer(hidden, first)
            last.append(new)
        return self.out(hidden), last


def alice_parts():
    """The first 90 % of the text, and the rest, as numbers of characters."""
    text = letters_only(alice())
    ids = Vocabulary(text).encode(text)
    return np.split(ids, [int(0.9 * len(ids))])


def streams(ids, n=32, steps=32):
    """n places of the text read in parallel: X, Y of shape (steps, n)."""
    length = (len(ids) - 1) // n
    X = ids[: n * length].reshape(n, length).T  # (length, n)
    Y = ids[1 : n * length + 1].reshape(n, length).T
    for k in range(length // steps):
        here = slice(k * steps, (k + 1) * steps)
        yield X[here], Y[here]


def loose(state):
    """The same state without its past: where backpropagation stops."""
    if isinstance(state, (list, tuple)):
        return type(state)(loose(one) for one in state)
    return state.detach()


def average_loss(scores, Y):
    return functional.cross_entropy(scores.reshape(-1, 27), Y.reshape(-1))


def alice_steps(model, ids, epochs):
    """Train with Adam, the state carried on; yield the loss of each step."""
    adam = optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(epochs):
        state = None
        for X, Y in streams(ids):
            scores, state = model(X, state)
            loss, state = average_loss(scores, Y), loose(state)
            adam.zero_grad()
            loss.backward()
            optim.clip_grad_norm(model.parameters(), 1.0)
            adam.step()
            yield loss.item()


def perplexity(model, ids):
    """One pass through the text."""
    with no_grad():
        scores, _ = model(ids[:-1, None])
        return float(np.exp(average_loss(scores, ids[1:]).item()))


class AliceRuns(nn.Module):
    """The GRU's weights, the perplexities of all four, and the GRU's first 100 losses."""

    def __init__(self):
        self.gru = CharacterModel("GRU", 1, np.random.default_rng(0))
        self.perplexity = np.zeros((4, EPOCHS), np.float32)  # on the last 10 % of the text
        self.first = np.zeros(5, np.float32)  # means of 20 steps


def train_alice_runs(runs):
    train, rest = alice_parts()
    steps = len(list(streams(train)))
    for k, (name, (cell, layers)) in enumerate(MODELS.items()):
        model = runs.gru if name == "GRU" else None
        model = model or CharacterModel(cell, layers, np.random.default_rng(0))
        losses = []
        for step, loss in enumerate(alice_steps(model, train, EPOCHS), start=1):
            losses.append(loss)
            if step % steps == 0:
                runs.perplexity[k, step // steps - 1] = perplexity(model, rest)
        print(name, runs.perplexity[k].round(3))
        if name == "GRU":
            runs.first[:] = np.reshape(losses[:100], (5, 20)).mean(axis=1)


WEIGHTS = {
    "ch10_copy": Shipped(
        CopyRuns, train_copy_runs, lambda runs: float(runs.right[..., -1].mean()), 0.805, 0.03
    ),
    "ch10_alice": Shipped(
        AliceRuns,
        train_alice_runs,
        lambda runs: perplexity(runs.gru, alice_parts()[1]),
        4.167,
        0.1,
    ),
}
