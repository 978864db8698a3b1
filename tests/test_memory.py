"""Training needs no garbage collector: what a step makes, its end frees."""

import gc
import tracemalloc

import numpy as np
import pytest

from d2lnotes import functional as F
from d2lnotes import nn, optim
from d2lnotes.tensor import Tensor


def mlp(rng):
    net = nn.Sequential(nn.Linear(8, 16, rng=rng), nn.ReLU(), nn.Linear(16, 3, rng=rng))
    x, y = rng.standard_normal((4, 8)).astype(np.float32), rng.integers(0, 3, 4)
    return net, lambda: F.cross_entropy(net(x), y)


def convolutional(rng):
    net = nn.Sequential(
        nn.Conv2d(1, 2, 3, padding=1, rng=rng),
        nn.BatchNorm2d(2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(8, 3, rng=rng),
    )
    x, y = rng.standard_normal((4, 1, 4, 4)).astype(np.float32), rng.integers(0, 3, 4)
    return net, lambda: F.cross_entropy(net(x), y)


def recurrent(rng):
    net = nn.LSTM(3, 4, rng=rng)
    x = rng.standard_normal((5, 2, 3)).astype(np.float32)
    return net, lambda: (net(x)[0] * net(x)[1][1]).mean()


def transformer(rng):
    net = nn.TransformerEncoderLayer(8, 2, 8, rng=rng)
    x = rng.standard_normal((2, 4, 8)).astype(np.float32)
    return net, lambda: net(x, nn.causal_mask(4)).mean()


@pytest.mark.parametrize("model", [mlp, convolutional, recurrent, transformer])
def test_memory_is_flat_over_a_thousand_steps_without_the_garbage_collector(model):
    net, loss = model(np.random.default_rng(0))
    optimizer = optim.Adam(net.parameters(), lr=1e-3)

    def train(steps):
        for _ in range(steps):
            optimizer.zero_grad()
            loss().backward()
            optimizer.step()

    def tensors():
        return sum(issubclass(type(x), Tensor) for x in gc.get_objects())

    gc.collect()
    gc.disable()
    try:
        train(2000)  # Python keeps up to 2,000 used tuples of each length: let it
        tracemalloc.start()
        train(20)
        sizes, alive = [tracemalloc.get_traced_memory()[0]], tensors()
        for _ in range(4):
            train(300)
            sizes.append(tracemalloc.get_traced_memory()[0])
        assert tensors() == alive
    finally:
        tracemalloc.stop()
        gc.enable()
    # A leak grows always: a single number kept in each step is 9,600 bytes in 300 steps.
    assert np.diff(sizes).min() < 3_000


def test_backward_frees_activations_as_it_goes():
    """The peak of a deep chain stays near its activations, not activations and all gradients."""
    size, depth = 100_000, 20  # 400 kB each
    x = Tensor(np.ones(size, np.float32), requires_grad=True)
    gc.disable()
    tracemalloc.start()
    try:
        y = x
        for _ in range(depth):
            y = y.exp().log()
        loss = y.sum()
        del y
        held, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        loss.backward()
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        gc.enable()
    one = 4 * size
    assert held > 1.5 * depth * one
    assert peak < held + 4 * one
    assert after < 3 * one
