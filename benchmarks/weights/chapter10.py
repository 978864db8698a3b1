"""Chapter 10: the language models of Alice, and the sweep over the copy task.

Both classes stand in the notebook too, cell for cell: what ships must load there.
"""

import numpy as np
from alice import TRAIN, perplexity, streams, train_on_streams
from train import Shipped

from d2lnotes import functional, nn, optim
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

    def __init__(self, rng=None):
        self.right = np.zeros((3, 5, 4, 3, 20), np.float32)


def train_copy_runs(runs, rng):
    """Each training has a generator of its own."""
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


class AliceRuns(nn.Module):
    """The GRU's weights and first losses; perplexities of all runs on the last 10 % of the text."""

    def __init__(self, rng):
        self.gru = CharacterModel("GRU", 1, rng)
        self.perplexity = np.zeros((4, EPOCHS), np.float32)  # of the four, after each epoch
        self.second = np.zeros(4, np.float32)  # of the four from another start, after the last
        self.remembering = np.zeros(1, np.float32)  # of the LSTM with a forget bias of 2
        self.by_heart = np.zeros(1, np.float32)  # of the two GRUs, in training, last epoch
        self.first = np.zeros(5, np.float32)  # means of 20 steps


def train_alice(model):
    """Return the losses (epochs, steps) and the test perplexity after each epoch."""
    steps = len(list(streams(TRAIN)))
    losses, after = [], []
    for step, loss in enumerate(train_on_streams(model, EPOCHS), start=1):
        losses.append(loss)
        if step % steps == 0:
            after.append(perplexity(model))
    return np.reshape(losses, (EPOCHS, steps)), after


def train_alice_runs(runs, rng):
    """Nine models, each from a generator of its own; those of seed 0 as in the notebook."""
    for k, (name, (cell, layers)) in enumerate(MODELS.items()):
        model = CharacterModel(cell, layers, np.random.default_rng(0))
        if name == "GRU":
            model = runs.gru
        losses, runs.perplexity[k] = train_alice(model)
        if name == "GRU":
            runs.first[:] = np.reshape(losses.ravel()[:100], (5, 20)).mean(axis=1)
        if name == "two GRUs":
            runs.by_heart[:] = np.exp(losses[-1].mean())
        other = CharacterModel(cell, layers, np.random.default_rng(1))
        runs.second[k] = train_alice(other)[1][-1]
        print(name, runs.perplexity[k].round(3), "and", runs.second[k].round(3))
    runs.remembering[:] = train_alice(with_forget_bias(2))[1][-1]


def with_forget_bias(bias):
    """The LSTM of seed 0, which begins by keeping what it has."""
    model = CharacterModel("LSTM", 1, np.random.default_rng(0))
    (lstm,) = model.layers
    size = lstm.bias_ih.data.size // 4
    lstm.bias_ih.data[size : 2 * size] = bias
    lstm.bias_hh.data[size : 2 * size] = 0
    return model


WEIGHTS = {
    "ch10_copy": Shipped(
        CopyRuns, train_copy_runs, lambda runs: float(runs.right[..., -1].mean()), 0.805, 0.03
    ),
    "ch10_alice": Shipped(
        AliceRuns,
        train_alice_runs,
        lambda runs: perplexity(runs.gru),
        4.167,
        0.1,
    ),
}
