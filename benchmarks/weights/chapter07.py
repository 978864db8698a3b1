"""Chapter 7: LeNet on Fashion-MNIST, and the same network trained on shifted images.

The trainings are those of the notebook, so that its epochs lie on these runs.
"""

from functools import partial

import numpy as np
from reference_accuracies import lenet
from train import Shipped

from d2lnotes import functional, optim
from d2lnotes.data import DataLoader, fashion_mnist
from d2lnotes.training import evaluate, fit


def shift_images(X, moves, reach=2):
    """Move image i by moves[i] (down, right), at most ``reach``; black comes in."""
    room = [(0, 0)] * (X.ndim - 2) + [(reach, reach)] * 2
    wide = np.pad(X, room, constant_values=X.min())
    windows = np.lib.stride_tricks.sliding_window_view(wide, X.shape[-2:], axis=(-2, -1))
    rows, columns = reach - moves.T
    return windows[np.arange(len(X)), ..., rows, columns, :, :]


class Moved:
    """The batches of a loader, each image moved by up to two pixels."""

    def __init__(self, loader, rng):
        self.loader, self.rng = loader, rng

    def __len__(self):
        return len(self.loader)

    def __iter__(self):
        for X, y in self.loader:
            yield shift_images(X, self.rng.integers(-2, 3, (len(X), 2))), y


def train(model, rng, move=False, epochs=10):
    X, y = fashion_mnist(standardize=True)[:2]
    loader = DataLoader(X[:, None], y, batch_size=128, shuffle=True, rng=rng)
    return fit(
        model,
        Moved(loader, rng) if move else loader,
        optimizer=optim.Adam(model.parameters(), lr=1e-3),
        loss=functional.cross_entropy,
        epochs=epochs,
    )


def score(model):
    X, y = fashion_mnist(standardize=True)[2:]
    return evaluate(model, DataLoader(X[:, None], y, batch_size=500), functional.cross_entropy)[1]


WEIGHTS = {
    "ch07_lenet": Shipped(lenet, train, score, 0.8675, 0.015),
    "ch07_lenet_moved": Shipped(lenet, partial(train, move=True), score, 0.8525, 0.02),
}
