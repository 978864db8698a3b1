"""Time of one training step, beside PyTorch (eager, on the CPU) and HIPS autograd, in one run.

A step is forward, loss, backward, update. The three libraries take turns, with two threads each,
on the same batch and the same model; the table gives medians over rounds and ratios of them.

    pip install -r requirements-bench.txt
    python benchmarks/training.py [part of a workload's name] [--rounds 15] [--threads 2] [--cpu]
"""

import argparse
import os
import statistics
import time

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("only", nargs="?", default="", help="part of a workload's name")
parser.add_argument("--rounds", type=int, default=15)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--cpu", action="store_true", help="processor time, for a busy machine")
arguments = parser.parse_args()
for library in ("OMP", "OPENBLAS", "MKL"):  # read once, when NumPy and PyTorch are imported
    os.environ[library + "_NUM_THREADS"] = str(arguments.threads)

import autograd  # noqa: E402
import autograd.numpy as anp  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402

from d2lnotes import functional as F  # noqa: E402
from d2lnotes import nn, optim  # noqa: E402
from d2lnotes.tensor import concatenate  # noqa: E402

torch.set_num_threads(arguments.threads)
RNG = np.random.default_rng(0)


def normal(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


# A step of each library


def our_step(model, update, loss, batch):
    def step():
        update.zero_grad()
        loss(model, *batch).backward()
        update.step()

    return step


def torch_step(model, update, loss, batch):
    batch = [torch.tensor(array) for array in batch]

    def step():
        update.zero_grad()
        loss(model, *batch).backward()
        update.step()

    return step


def autograd_step(model, params, batch, adam):
    """`model` maps parameters and a batch to the loss."""
    gradient = autograd.grad(model)
    mean, square, count = [np.zeros_like(p) for p in params], [np.zeros_like(p) for p in params], 0

    def step():
        nonlocal count
        count += 1
        for p, g, m, s in zip(params, gradient(params, *batch), mean, square, strict=True):
            if not adam:
                p -= 0.01 * g
                continue
            m += 0.1 * (g - m)
            s += 0.001 * (g * g - s)
            p -= 0.001 * (m / (1 - 0.9**count)) / (np.sqrt(s / (1 - 0.999**count)) + 1e-8)

    return step


def steps(build, loss_name, batch, autograd_model, params, adam=True):
    """The three steps of one workload; `build` makes the model from a library's parts."""
    ours, theirs = build(nn, OURS), build(torch.nn, TORCH)
    our_loss, torch_loss = (
        (F.cross_entropy, torch.nn.functional.cross_entropy)
        if loss_name == "cross_entropy"
        else (F.mse, torch.nn.functional.mse_loss)
    )
    if adam:
        updates = optim.Adam(ours.parameters()), torch.optim.Adam(theirs.parameters())
    else:
        updates = optim.SGD(ours.parameters(), 0.01), torch.optim.SGD(theirs.parameters(), 0.01)
    return {
        "d2lnotes": our_step(ours, updates[0], lambda m, *b: our_loss(m(*b[:-1]), b[-1]), batch),
        "PyTorch": torch_step(
            theirs, updates[1], lambda m, *b: torch_loss(m(*b[:-1]), b[-1]), batch
        ),
        "autograd": autograd_step(autograd_model, params, batch, adam),
    }


class OURS:
    """The spellings that differ between the two libraries."""

    relu, tanh, softmax, concatenate = F.relu, F.tanh, F.softmax, concatenate
    batch_first = {}  # noqa: RUF012

    @staticmethod
    def mean(x, *axes):
        return x.mean(axis=axes)


class TORCH:
    relu, tanh, softmax, concatenate = torch.relu, torch.tanh, torch.softmax, torch.cat
    batch_first = {"batch_first": True}  # noqa: RUF012

    @staticmethod
    def mean(x, *axes):
        return x.mean(axes)


# autograd's building blocks


def a_cross_entropy(logits, labels):
    shifted = logits - anp.max(logits, axis=1, keepdims=True)
    log_total = anp.log(anp.sum(anp.exp(shifted), axis=1))
    return anp.mean(log_total - shifted[np.arange(len(labels)), labels])


def a_relu(x):
    return anp.maximum(x, 0)


def a_sigmoid(x):
    return 0.5 * anp.tanh(0.5 * x) + 0.5


def a_softmax(x, axis=-1):
    odds = anp.exp(x - anp.max(x, axis=axis, keepdims=True))
    return odds / anp.sum(odds, axis=axis, keepdims=True)


def a_conv(x, w, b, padding=0):
    """x is (n, h, w, c), w is (k · k · c, out): slices side by side, and one product."""
    k = round((w.shape[0] / x.shape[3]) ** 0.5)
    if padding:
        x = anp.pad(x, [(0, 0), (padding, padding), (padding, padding), (0, 0)], "constant")
    h, width = x.shape[1] - k + 1, x.shape[2] - k + 1
    slices = [x[:, i : i + h, j : j + width] for i in range(k) for j in range(k)]
    return anp.dot(anp.concatenate(slices, axis=3), w) + b


def a_pool(x):
    n, h, w, c = x.shape
    return anp.max(anp.reshape(x, (n, h // 2, 2, w // 2, 2, c)), axis=(2, 4))


def a_norm(x, weight, bias, axes):
    center = x - anp.mean(x, axis=axes, keepdims=True)
    var = anp.mean(center**2, axis=axes, keepdims=True)
    return center / anp.sqrt(var + 1e-5) * weight + bias


def a_gru_step(x, h, wx, wh, bx, bh):
    d = h.shape[1]
    a, s = anp.dot(x, wx) + bx, anp.dot(h, wh) + bh
    rz = a_sigmoid(a[:, : 2 * d] + s[:, : 2 * d])
    n = anp.tanh(a[:, 2 * d :] + rz[:, :d] * s[:, 2 * d :])
    return n + rz[:, d:] * (h - n)


# The workloads


def linear_regression():
    def model(params, x, y):
        w, b = params
        return anp.mean((anp.dot(x, w) + b - y) ** 2)

    batch = [normal(32, 2), normal(32, 1)]
    params = [normal(2, 1), normal(1)]
    return steps(lambda lib, _: lib.Linear(2, 1), "mse", batch, model, params, adam=False)


def softmax_regression():
    def model(params, x, y):
        w, b = params
        return a_cross_entropy(anp.dot(x, w) + b, y)

    batch = [normal(64, 784), RNG.integers(0, 10, 64)]
    params = [normal(784, 10), normal(10)]
    build = lambda lib, _: lib.Linear(784, 10)  # noqa: E731
    return steps(build, "cross_entropy", batch, model, params, adam=False)


def mlp(n, dropout=False):
    def model(params, x, y):
        w1, b1, w2, b2 = params
        hidden = a_relu(anp.dot(x, w1) + b1)
        if dropout:
            hidden = hidden * ((RNG.random(hidden.shape, np.float32) >= 0.5) * np.float32(2))
        return a_cross_entropy(anp.dot(hidden, w2) + b2, y)

    def build(lib, _):
        middle = [lib.ReLU(), lib.Dropout(0.5)] if dropout else [lib.ReLU()]
        return lib.Sequential(lib.Linear(784, 256), *middle, lib.Linear(256, 10))

    batch = [normal(n, 784), RNG.integers(0, 10, n)]
    params = [0.05 * normal(784, 256), normal(256), 0.05 * normal(256, 10), normal(10)]
    return steps(build, "cross_entropy", batch, model, params)


def lenet():
    def build(lib, _):
        return lib.Sequential(
            *(lib.Conv2d(1, 6, 5, padding=2), lib.ReLU(), lib.MaxPool2d(2)),
            *(lib.Conv2d(6, 16, 5), lib.ReLU(), lib.MaxPool2d(2), lib.Flatten()),
            *(lib.Linear(400, 120), lib.ReLU(), lib.Linear(120, 84), lib.ReLU()),
            lib.Linear(84, 10),
        )

    def model(params, x, y):
        w1, b1, w2, b2, w3, b3, w4, b4, w5, b5 = params
        x = a_pool(a_relu(a_conv(anp.transpose(x, (0, 2, 3, 1)), w1, b1, 2)))
        x = anp.reshape(a_pool(a_relu(a_conv(x, w2, b2))), (len(y), -1))
        x = a_relu(anp.dot(x, w3) + b3)
        return a_cross_entropy(anp.dot(a_relu(anp.dot(x, w4) + b4), w5) + b5, y)

    shapes = [(25, 6), (150, 16), (400, 120), (120, 84), (84, 10)]
    params = [0.1 * normal(*s) for shape in shapes for s in (shape, shape[1:])]
    batch = [normal(128, 1, 28, 28), RNG.integers(0, 10, 128)]
    return steps(build, "cross_entropy", batch, model, params)


def residual_net():
    """A stem, two residual blocks of 16 channels with batch normalization, average, linear."""

    def build(lib, spelled):
        class Block(lib.Module):
            def __init__(self):
                super().__init__()
                self.conv1 = lib.Conv2d(16, 16, 3, padding=1)
                self.conv2 = lib.Conv2d(16, 16, 3, padding=1)
                self.norm1, self.norm2 = lib.BatchNorm2d(16), lib.BatchNorm2d(16)

            def forward(self, x):
                inner = spelled.relu(self.norm1(self.conv1(x)))
                return spelled.relu(x + self.norm2(self.conv2(inner)))

        class Net(lib.Module):
            def __init__(self):
                super().__init__()
                self.stem, self.head = lib.Conv2d(1, 16, 3, padding=1), lib.Linear(16, 10)
                self.blocks = lib.Sequential(Block(), Block())

            def forward(self, x):
                return self.head(spelled.mean(self.blocks(spelled.relu(self.stem(x))), 2, 3))

        return Net()

    def model(params, x, y):
        x = a_relu(a_conv(anp.transpose(x, (0, 2, 3, 1)), *params[:2], 1))
        for k in (2, 10):
            w1, b1, g1, h1, w2, b2, g2, h2 = params[k : k + 8]
            inner = a_relu(a_norm(a_conv(x, w1, b1, 1), g1, h1, (0, 1, 2)))
            x = a_relu(x + a_norm(a_conv(inner, w2, b2, 1), g2, h2, (0, 1, 2)))
        return a_cross_entropy(anp.dot(anp.mean(x, axis=(1, 2)), params[-2]) + params[-1], y)

    half = [(144, 16), (16,), (16,), (16,)]
    shapes = [(9, 16), (16,), *half, *half, *half, *half, (16, 10), (10,)]
    params = [0.1 * normal(*shape) for shape in shapes]
    batch = [normal(64, 1, 14, 14), RNG.integers(0, 10, 64)]
    return steps(build, "cross_entropy", batch, model, params)


def recurrent(cell):
    """A character model: embedding 32, one layer of 128, 27 symbols, 32 steps, batch 32."""
    gates = {"RNN": 1, "GRU": 3, "LSTM": 4}[cell]

    def build(lib, _):
        class Net(lib.Module):
            def __init__(self):
                super().__init__()
                self.embedding, self.head = lib.Embedding(27, 32), lib.Linear(128, 27)
                self.recurrent = getattr(lib, cell)(32, 128)

            def forward(self, x):
                outputs, _ = self.recurrent(self.embedding(x))
                return self.head(outputs).reshape(-1, 27)

        return Net()

    def model(params, x, y):
        table, wx, wh, bx, bh, w, b = params
        h = c = np.zeros((32, 128), np.float32)
        outputs = []
        for symbols in table[x]:
            if cell == "RNN":
                h = anp.tanh(anp.dot(symbols, wx) + anp.dot(h, wh) + bx + bh)
            elif cell == "GRU":
                h = a_gru_step(symbols, h, wx, wh, bx, bh)
            else:
                a = anp.dot(symbols, wx) + anp.dot(h, wh) + bx + bh
                ifo = a_sigmoid(a[:, :384])
                c = ifo[:, 128:256] * c + ifo[:, :128] * anp.tanh(a[:, 384:])
                h = ifo[:, 256:] * anp.tanh(c)
            outputs.append(h)
        return a_cross_entropy(anp.dot(anp.concatenate(outputs), w) + b, y)

    shapes = [(27, 32), (32, gates * 128), (128, gates * 128), (gates * 128,), (gates * 128,)]
    params = [0.1 * normal(*shape) for shape in [*shapes, (128, 27), (27,)]]
    batch = [RNG.integers(0, 27, (32, 32)), RNG.integers(0, 27, 32 * 32)]
    return steps(build, "cross_entropy", batch, model, params)


def translator():
    """GRU-64 encoder and decoder with additive attention, 10 words in and out, batch 64."""

    def build(lib, spelled):
        class Net(lib.Module):
            def __init__(self):
                super().__init__()
                self.source, self.target = lib.Embedding(40, 32), lib.Embedding(50, 32)
                self.encoder, self.decoder = lib.GRU(32, 64), lib.GRU(96, 64)
                self.query, self.key = lib.Linear(64, 64), lib.Linear(64, 64)
                self.score, self.head = lib.Linear(64, 1), lib.Linear(64, 50)

            def forward(self, x, y):
                memory, state = self.encoder(self.source(x))
                keys, outputs = self.key(memory), []
                for symbol in self.target(y):
                    scores = self.score(spelled.tanh(self.query(state.reshape(-1, 64)) + keys))
                    context = (spelled.softmax(scores, 0) * memory).sum(0)
                    inputs = spelled.concatenate([symbol, context], 1)
                    output, state = self.decoder(inputs[None], state)
                    outputs.append(output)
                return self.head(spelled.concatenate(outputs, 0)).reshape(-1, 50)

        return Net()

    def model(params, x, y, labels):
        source, target, *rest = params
        encoder, decoder = rest[:4], rest[4:8]
        wq, bq, wk, bk, ws, bs, wo, bo = rest[8:]
        h, states, outputs = np.zeros((64, 64), np.float32), [], []
        for symbols in source[x]:
            h = a_gru_step(symbols, h, *encoder)
            states.append(h)
        memory = anp.stack(states)
        keys = anp.dot(memory, wk) + bk
        for symbols in target[y]:
            scores = anp.dot(anp.tanh(anp.dot(h, wq) + bq + keys), ws) + bs
            context = anp.sum(a_softmax(scores, 0) * memory, axis=0)
            h = a_gru_step(anp.concatenate([symbols, context], axis=1), h, *decoder)
            outputs.append(h)
        return a_cross_entropy(anp.dot(anp.concatenate(outputs), wo) + bo, labels)

    gru = [(64, 192), (192,), (192,)]
    shapes = [(40, 32), (50, 32), (32, 192), *gru, (96, 192), *gru]
    shapes += [(64, 64), (64,), (64, 64), (64,), (64, 1), (1,), (64, 50), (50,)]
    params = [0.1 * normal(*shape) for shape in shapes]
    batch = [RNG.integers(0, 40, (10, 64)), RNG.integers(0, 50, (10, 64))]
    return steps(build, "cross_entropy", [*batch, RNG.integers(0, 50, 640)], model, params)


def transformer():
    """An encoder: width 64, 4 heads, 2 layers, feed-forward 256, 16 tokens, batch 64."""

    def build(lib, spelled):
        class Net(lib.Module):
            def __init__(self):
                super().__init__()
                self.embedding, self.head = lib.Embedding(30, 64), lib.Linear(64, 10)
                layers = [
                    lib.TransformerEncoderLayer(64, 4, 256, dropout=0.0, **spelled.batch_first)
                    for _ in range(2)
                ]
                self.layers = lib.Sequential(*layers)

            def forward(self, x):
                return self.head(spelled.mean(self.layers(self.embedding(x)), 1))

        return Net()

    def heads(x):
        return anp.transpose(anp.reshape(x, (64, 16, 4, 16)), (0, 2, 1, 3))

    def model(params, x, y):
        x = params[0][x]
        for k in (1, 17):
            wq, bq, wk, bk, wv, bv, wo, bo, g1, h1, w1, b1, w2, b2, g2, h2 = params[k : k + 16]
            q, k, v = (heads(anp.dot(x, w) + b) for w, b in ((wq, bq), (wk, bk), (wv, bv)))
            weights = a_softmax(anp.matmul(q, anp.swapaxes(k, 2, 3)) * np.float32(0.25))
            joined = anp.reshape(anp.transpose(anp.matmul(weights, v), (0, 2, 1, 3)), x.shape)
            x = a_norm(x + anp.dot(joined, wo) + bo, g1, h1, -1)
            x = a_norm(x + anp.dot(a_relu(anp.dot(x, w1) + b1), w2) + b2, g2, h2, -1)
        return a_cross_entropy(anp.dot(anp.mean(x, axis=1), params[-2]) + params[-1], y)

    layer = [(64, 64), (64,)] * 4 + [(64,), (64,), (64, 256), (256,), (256, 64), (64,)]
    shapes = [(30, 64), *(layer + [(64,), (64,)]) * 2, (64, 10), (10,)]
    params = [0.1 * normal(*shape) for shape in shapes]
    batch = [RNG.integers(0, 30, (64, 16)), RNG.integers(0, 10, 64)]
    return steps(build, "cross_entropy", batch, model, params)


WORKLOADS = {
    "linear regression, 2 features, batch 32": linear_regression,
    "softmax 784-10, batch 64": softmax_regression,
    "MLP 784-256-10, batch 64": lambda: mlp(64),
    "MLP 784-256-10, batch 256": lambda: mlp(256),
    "dropout MLP 784-256-10, batch 64": lambda: mlp(64, dropout=True),
    "LeNet 28×28, batch 128": lenet,
    "small residual net 14×14, batch 64": residual_net,
    "RNN 128, 32 steps, batch 32": lambda: recurrent("RNN"),
    "GRU 128, 32 steps, batch 32": lambda: recurrent("GRU"),
    "LSTM 128, 32 steps, batch 32": lambda: recurrent("LSTM"),
    "GRU-64 with attention, batch 64": translator,
    "Transformer encoder, batch 64": transformer,
}


# Timing


def timed(step, repeats):
    clock = time.process_time if arguments.cpu else time.perf_counter
    start = clock()
    for _ in range(repeats):
        step()
    return (clock() - start) / repeats


def compare(workload, rounds):
    """Median milliseconds of each library; in every round each has a turn of about 50 ms."""
    by_library = workload()
    repeats = {}
    for name, step in by_library.items():
        timed(step, 3)
        repeats[name] = max(1, int(0.05 / timed(step, 3)))
    times = {name: [] for name in by_library}
    for _ in range(rounds):
        for name, step in by_library.items():
            times[name].append(1000 * timed(step, repeats[name]))
    return {name: statistics.median(values) for name, values in times.items()}


def main():
    print(
        f"NumPy {np.__version__}, PyTorch {torch.__version__}, {arguments.threads} threads, "
        f"{'processor' if arguments.cpu else 'wall'} time, medians of {arguments.rounds} rounds\n"
    )
    print(
        "| training step | ours, ms | PyTorch, ms | autograd, ms | ours/PyTorch | autograd/ours |"
    )
    print("|---|---:|---:|---:|---:|---:|")
    for name, workload in WORKLOADS.items():
        if arguments.only.lower() not in name.lower():
            continue
        ours, theirs, hips = compare(workload, arguments.rounds).values()
        print(
            f"| {name} | {ours:.3g} | {theirs:.3g} | {hips:.3g} "
            f"| {ours / theirs:.2f} | {hips / ours:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
