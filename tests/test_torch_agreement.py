"""The same weights in PyTorch give the same numbers: values, gradients, and 20 training steps."""

import itertools

import numpy as np
import pytest
from strategies import double

from d2lnotes import functional as F
from d2lnotes import nn, optim
from d2lnotes.tensor import Tensor, concatenate, maximum, minimum

torch = pytest.importorskip(
    "torch", reason="PyTorch is not installed; pip install -r requirements-bench.txt"
)
tF = torch.nn.functional
pytestmark = pytest.mark.torch
TOL = 1e-10
torch.set_num_threads(1)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def close(ours, theirs):
    np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=TOL, atol=TOL)


def agree(ours, theirs, *arrays):
    """Value and all gradients of one function, in both, with random weights on the outputs."""
    x = [Tensor(a, requires_grad=True) for a in arrays]
    y = [torch.tensor(a, requires_grad=True) for a in arrays]
    a, b = ours(*x), theirs(*y)
    close(a.data, b)
    v = np.random.default_rng(1).standard_normal(a.shape)
    a.backward(v)
    b.backward(torch.tensor(v))
    for p, q in zip(x, y, strict=True):
        close(p.grad, q.grad)


# Functions


@pytest.mark.parametrize("name", ["relu", "sigmoid", "tanh"])
def test_activations(name, rng):
    x = np.concatenate([rng.standard_normal(20), [0.0, 40.0, -40.0]])
    agree(getattr(F, name), getattr(torch, name), x)


def test_gelu_in_its_tanh_form(rng):
    agree(F.gelu, lambda x: tF.gelu(x, approximate="tanh"), rng.standard_normal((4, 5)))


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_softmax_and_log_softmax(axis, rng):
    x = 10 * rng.standard_normal((3, 4, 5))
    agree(lambda x: F.softmax(x, axis), lambda x: tF.softmax(x, axis), x)
    agree(lambda x: F.log_softmax(x, axis), lambda x: tF.log_softmax(x, axis), x)


def test_losses(rng):
    logits, labels = 5 * rng.standard_normal((6, 4)), rng.integers(0, 4, 6)
    target = torch.tensor(labels)
    agree(lambda x: F.cross_entropy(x, labels), lambda x: tF.cross_entropy(x, target), logits)
    agree(
        lambda x: F.cross_entropy(x, labels, ignore_index=1),
        lambda x: tF.cross_entropy(x, target, ignore_index=1),
        logits,
    )
    y = rng.standard_normal((6, 4))
    agree(lambda x: F.mse(x, y), lambda x: tF.mse_loss(x, torch.tensor(y)), logits)
    p = rng.random((6, 4))
    agree(
        lambda x: F.binary_cross_entropy_with_logits(x, p),
        lambda x: tF.binary_cross_entropy_with_logits(x, torch.tensor(p)),
        logits,
    )


def test_linear_and_embedding(rng):
    agree(F.linear, tF.linear, *map(rng.standard_normal, [(2, 3, 4), (5, 4), 5]))
    indices = rng.integers(0, 6, (3, 4))
    agree(
        lambda W: F.embedding(indices, W),
        lambda W: tF.embedding(torch.tensor(indices), W),
        rng.standard_normal((6, 2)),
    )


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", [0, 1, 2])
@pytest.mark.parametrize("kernel", [(1, 1), (3, 3), (2, 4)])
def test_conv2d(stride, padding, kernel, rng):
    sizes = [(2, 3, 7, 6), (4, 3, *kernel), 4]
    agree(
        lambda *x: F.conv2d(*x, stride, padding),
        lambda *x: tF.conv2d(*x, stride=stride, padding=padding),
        *map(rng.standard_normal, sizes),
    )


@pytest.mark.parametrize("kernel, stride", [(2, None), (3, 1), (3, 2), (2, 3)])
def test_pooling(kernel, stride, rng):
    x = rng.standard_normal((2, 3, 7, 8))
    ties = rng.integers(0, 2, x.shape).astype(float)
    for images in (x, ties):
        agree(
            lambda x: F.max_pool2d(x, kernel, stride),
            lambda x: tF.max_pool2d(x, kernel, stride),
            images,
        )
    agree(lambda x: F.avg_pool2d(x, kernel, stride), lambda x: tF.avg_pool2d(x, kernel, stride), x)


def test_extremes_share_the_gradient_among_ties(rng):
    x = rng.integers(0, 3, (4, 5)).astype(float)
    y = rng.integers(0, 3, (4, 5)).astype(float)
    agree(lambda x: x.max(axis=1), lambda x: x.amax(1), x)
    agree(lambda x: x.min(), lambda x: x.amin(), x)
    agree(maximum, torch.maximum, x, y)
    agree(minimum, torch.minimum, x, y)


def test_powers_at_zero_and_clips_at_their_bounds():
    agree(lambda x, y: x**y, torch.pow, np.array([0.0, 0.0, 2.0, 3.0]), np.array([0.0, 2.0, 0, -1]))
    agree(lambda x: x.clip(0, 1), lambda x: x.clamp(0, 1), np.array([-1.0, 0, 0.5, 1, 2]))


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", [(5, 3), (4, 3, 2, 5)])
def test_batch_norm_and_its_running_statistics(shape, training, rng):
    mean, var = rng.standard_normal(3), rng.random(3) + 0.5
    t_mean, t_var = torch.tensor(mean), torch.tensor(var)
    agree(
        lambda x, w, b: F.batch_norm(x, mean, var, w, b, training),
        lambda x, w, b: tF.batch_norm(x, t_mean, t_var, w, b, training),
        *map(rng.standard_normal, [shape, 3, 3]),
    )
    close(mean, t_mean)
    close(var, t_var)


def test_layer_norm(rng):
    agree(
        F.layer_norm,
        lambda x, w, b: tF.layer_norm(x, (6,), w, b),
        *map(rng.standard_normal, [(2, 3, 6), 6, 6]),
    )


@pytest.mark.parametrize("masked", [False, True])
def test_attention(masked, rng):
    mask = rng.random((2, 1, 4, 5)) < 0.6 if masked else None
    if masked:
        mask[..., 0] = True  # rows that are wholly masked differ: test_functional
    t_mask = torch.tensor(mask) if masked else None
    agree(
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, mask),
        lambda q, k, v: tF.scaled_dot_product_attention(q, k, v, t_mask),
        *map(rng.standard_normal, [(2, 3, 4, 6), (2, 3, 5, 6), (2, 3, 5, 7)]),
    )


# Layers


def share(ours, theirs):
    """Both in float64, PyTorch's with our weights; pairs of parameters to compare."""
    double(ours)
    theirs.double()
    source = dict(ours.named_parameters())
    pairs = []
    with torch.no_grad():
        for name, q in theirs.named_parameters():
            ps = _counterparts(name, source)
            q.copy_(torch.tensor(np.concatenate([p.data for p in ps])))
            pairs.append((ps, q))
    assert sum(len(ps) for ps, _ in pairs) == len(source)
    return pairs


def _counterparts(name, source):
    name = name.replace("_l0", "").replace("multihead_attn", "cross_attn")
    name = name.replace("linear1", "feedforward.0").replace("linear2", "feedforward.3")
    name = name.replace("out_proj", "output")
    for kind in ("weight", "bias"):
        if "in_proj_" + kind in name:
            return [
                source[name.replace("in_proj_" + kind, f"{part}.{kind}")]
                for part in ("query", "key", "value")
            ]
    return [source[name]]


def gradients_close(pairs):
    for ps, q in pairs:
        close(np.concatenate([p.grad for p in ps]), q.grad)


def layers_agree(ours, theirs, *inputs, run=lambda layer, *x: layer(*x)):
    pairs = share(ours, theirs)
    agree(
        lambda *x: run(ours, *x),
        lambda *x: run(theirs, *x),
        *inputs,
    )
    gradients_close(pairs)


def test_simple_layers(rng):
    layers_agree(nn.Linear(4, 3), torch.nn.Linear(4, 3), rng.standard_normal((5, 4)))
    layers_agree(
        nn.Conv2d(3, 4, 3, stride=2, padding=1),
        torch.nn.Conv2d(3, 4, 3, stride=2, padding=1),
        rng.standard_normal((2, 3, 6, 6)),
    )
    layers_agree(nn.BatchNorm1d(4), torch.nn.BatchNorm1d(4), rng.standard_normal((5, 4)))
    images = rng.standard_normal((5, 4, 3, 3))
    layers_agree(nn.BatchNorm2d(4), torch.nn.BatchNorm2d(4), images)
    layers_agree(nn.LayerNorm(4), torch.nn.LayerNorm(4), rng.standard_normal((5, 2, 4)))


@pytest.mark.parametrize("name", ["RNN", "GRU"])
def test_rnn_and_gru(name, rng):
    x, h = rng.standard_normal((6, 3, 4)), rng.standard_normal((3, 5))

    def ours_all(layer, x, h):
        outputs, last = layer(x, h)
        return concatenate([outputs, last[None]])

    def theirs_all(layer, x, h):
        return torch.cat(layer(x, h[None]))

    ours, theirs = getattr(nn, name)(4, 5), getattr(torch.nn, name)(4, 5)
    pairs = share(ours, theirs)
    agree(lambda *a: ours_all(ours, *a), lambda *a: theirs_all(theirs, *a), x, h)
    gradients_close(pairs)


def test_lstm(rng):
    x, h, c = rng.standard_normal((6, 3, 4)), *rng.standard_normal((2, 3, 5))
    ours, theirs = nn.LSTM(4, 5), torch.nn.LSTM(4, 5)

    def ours_all(x, h, c):
        outputs, (h, c) = ours(x, (h, c))
        return concatenate([outputs, h[None], c[None]])

    def theirs_all(x, h, c):
        outputs, (h, c) = theirs(x, (h[None], c[None]))
        return torch.cat([outputs, h, c])

    pairs = share(ours, theirs)
    agree(ours_all, theirs_all, x, h, c)
    gradients_close(pairs)


@pytest.mark.parametrize("mask", ["none", "causal", "padding"])
def test_multi_head_attention_with_masks(mask, rng):
    ours = nn.MultiHeadAttention(8, 2)
    theirs = torch.nn.MultiheadAttention(8, 2, batch_first=True)
    q, k, v = rng.standard_normal((3, 3, 5, 8))
    lengths = np.array([5, 2, 3])
    ours_mask, options = None, {}
    if mask == "causal":
        ours_mask = nn.causal_mask(5)
        options["attn_mask"] = torch.tensor(~ours_mask)
    elif mask == "padding":
        ours_mask = (np.arange(5) < lengths[:, None])[:, None, :]
        options["key_padding_mask"] = torch.tensor(~ours_mask[:, 0])
    pairs = share(ours, theirs)
    agree(
        lambda q, k, v: ours(q, k, v, ours_mask),
        lambda q, k, v: theirs(q, k, v, need_weights=False, **options)[0],
        q,
        k,
        v,
    )
    gradients_close(pairs)
    weights = ours(q, k, v, ours_mask, need_weights=True)[1]
    close(
        weights.data,
        theirs(*map(torch.tensor, (q, k, v)), average_attn_weights=False, **options)[1],
    )


@pytest.mark.parametrize("norm_first", [False, True])
def test_transformer_layers(norm_first, rng):
    x, memory = rng.standard_normal((2, 3, 5, 8))
    options = {"dropout": 0.0, "norm_first": norm_first}
    ours = nn.TransformerEncoderLayer(8, 2, 16, **options)
    theirs = torch.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, **options)
    causal = torch.tensor(~nn.causal_mask(5))
    pairs = share(ours, theirs)
    agree(lambda x: ours(x, nn.causal_mask(5)), lambda x: theirs(x, src_mask=causal), x)
    gradients_close(pairs)
    ours = nn.TransformerDecoderLayer(8, 2, 16, **options)
    theirs = torch.nn.TransformerDecoderLayer(8, 2, 16, batch_first=True, **options)
    pairs = share(ours, theirs)
    agree(
        lambda x, m: ours(x, m, nn.causal_mask(5)),
        lambda x, m: theirs(x, m, tgt_mask=causal),
        x,
        memory,
    )
    gradients_close(pairs)


# Optimizers


@pytest.mark.parametrize(
    "name, options",
    [
        ("SGD", {"lr": 0.1}),
        ("SGD", {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.1}),
        ("Adam", {"lr": 0.1, "betas": (0.8, 0.99), "eps": 1e-6}),
        ("Adam", {"lr": 0.1, "weight_decay": 0.1}),
        ("AdamW", {"lr": 0.1}),
        ("AdamW", {"lr": 0.1, "weight_decay": 0.3}),
    ],
)
def test_optimizers_over_ten_steps(name, options, rng):
    start = [rng.standard_normal((3, 4)), rng.standard_normal(4)]
    ours = [Tensor(a, requires_grad=True) for a in start]
    theirs = [torch.tensor(a, requires_grad=True) for a in start]
    optimizers = (
        getattr(optim, name)(ours, **options),
        getattr(torch.optim, name)(theirs, **options),
    )
    for _ in range(10):
        g = [rng.standard_normal(a.shape) for a in start]
        for p, q, a in zip(ours, theirs, g, strict=True):
            p.grad, q.grad = a, torch.tensor(a)
        norm = optim.clip_grad_norm(ours, 2.0)
        close(norm, torch.nn.utils.clip_grad_norm_(theirs, 2.0 * (1 + 1e-6 / norm)))
        for optimizer in optimizers:
            optimizer.step()
        for p, q in zip(ours, theirs, strict=True):
            close(p.data, q)


# Twenty training steps of each of the book's models


def train_alike(ours, theirs, batches, loss, their_loss, optimizer="Adam", clip=None, **options):
    """Train both for 20 steps; the losses and in the end all weights must agree."""
    pairs = share(ours, theirs)
    options = options or {"lr": 0.01}
    update = getattr(optim, optimizer)(ours.parameters(), **options)
    their_update = getattr(torch.optim, optimizer)(theirs.parameters(), **options)
    for batch in batches:
        value = loss(ours, *batch)
        update.zero_grad()
        value.backward()
        their_value = their_loss(theirs, *map(torch.tensor, batch))
        their_update.zero_grad()
        their_value.backward()
        close(value.data, their_value)
        if clip:
            norm = optim.clip_grad_norm(ours.parameters(), clip)
            torch.nn.utils.clip_grad_norm_(theirs.parameters(), clip * (1 + 1e-6 / norm))
        update.step()
        their_update.step()
    for ps, q in pairs:
        # Adam divides by √ŝ, so a gradient of size 1e-15 turns rounding into a visible step
        np.testing.assert_allclose(
            np.concatenate([p.data for p in ps]), q.detach().numpy(), rtol=1e-10, atol=1e-10
        )


def classify(model, x, y):
    return F.cross_entropy(model(x), y)


def their_classify(model, x, y):
    return tF.cross_entropy(model(x), y)


def labelled(rng, *shape, classes=10):
    return [(rng.standard_normal(shape), rng.integers(0, classes, shape[0])) for _ in range(20)]


def mlp_pair(*sizes):
    pair = []
    for library in (nn, torch.nn):
        layers = []
        for a, b in itertools.pairwise(sizes):
            layers += [library.Linear(a, b), library.ReLU()]
        pair.append(library.Sequential(*layers[:-1]))
    return pair


def test_training_linear_regression(rng):
    batches = [(rng.standard_normal((32, 2)), rng.standard_normal((32, 1))) for _ in range(20)]
    train_alike(
        *mlp_pair(2, 1),
        batches,
        lambda model, x, y: F.mse(model(x), y),
        lambda model, x, y: tF.mse_loss(model(x), y),
        optimizer="SGD",
        lr=0.1,
    )


def test_training_softmax_regression(rng):
    batches = labelled(rng, 8, 784)
    train_alike(*mlp_pair(784, 10), batches, classify, their_classify, optimizer="SGD", lr=0.1)


def test_training_an_mlp(rng):
    batches = labelled(rng, 8, 30)
    train_alike(
        *mlp_pair(30, 20, 10),
        batches,
        classify,
        their_classify,
        optimizer="SGD",
        lr=0.1,
        momentum=0.9,
        weight_decay=1e-3,
    )


def test_training_an_mlp_with_dropout_under_shared_masks(rng):
    ours, theirs = mlp_pair(30, 20, 10)
    masks, p = np.random.default_rng(3), 0.5

    class SameMask(torch.nn.Module):
        def forward(self, x):
            return x * torch.tensor(masks.random(x.shape, dtype=np.float32) >= p) / (1 - p)

    ours.layers.insert(2, nn.Dropout(p, rng=np.random.default_rng(3)))
    theirs.insert(2, SameMask())
    train_alike(ours, theirs, labelled(rng, 8, 30), classify, their_classify)


def lenet(library):
    conv, pool, relu, full = library.Conv2d, library.MaxPool2d, library.ReLU, library.Linear
    return library.Sequential(
        *(conv(1, 6, 5, padding=2), relu(), pool(2)),
        *(conv(6, 16, 5), relu(), pool(2), library.Flatten()),
        *(full(400, 120), relu(), full(120, 84), relu(), full(84, 10)),
    )


def test_training_lenet(rng):
    train_alike(lenet(nn), lenet(torch.nn), labelled(rng, 4, 1, 28, 28), classify, their_classify)


def residual_net(library, relu, mean):
    """Convolution, one residual block with batch norm, global average pooling, linear."""

    class Net(library.Module):
        def __init__(self):
            super().__init__()
            self.stem = library.Conv2d(1, 4, 3, padding=1)
            self.first = library.Conv2d(4, 4, 3, padding=1, bias=False)
            self.norm1 = library.BatchNorm2d(4)
            self.second = library.Conv2d(4, 4, 3, padding=1, bias=False)
            self.norm2 = library.BatchNorm2d(4)
            self.head = library.Linear(4, 10)

        def forward(self, x):
            x = relu(self.stem(x))
            inner = relu(self.norm1(self.first(x)))
            x = relu(x + self.norm2(self.second(inner)))
            return self.head(mean(x))

    return Net()


def test_training_a_residual_net(rng):
    train_alike(
        residual_net(nn, F.relu, lambda x: x.mean(axis=(2, 3))),
        residual_net(torch.nn, torch.relu, lambda x: x.mean((2, 3))),
        labelled(rng, 6, 1, 8, 8),
        classify,
        their_classify,
    )


def language_model(library, cell):
    class Model(library.Module):
        def __init__(self):
            super().__init__()
            self.embedding = library.Embedding(27, 6)
            self.recurrent = getattr(library, cell)(6, 8)
            self.head = library.Linear(8, 27)

        def forward(self, x):
            outputs, _ = self.recurrent(self.embedding(x))
            return self.head(outputs).reshape(-1, 27)

    return Model()


@pytest.mark.parametrize("cell", ["RNN", "GRU", "LSTM"])
def test_training_a_language_model(cell, rng):
    text = rng.integers(0, 27, (20, 2, 9, 3))
    train_alike(
        language_model(nn, cell),
        language_model(torch.nn, cell),
        [(x, y.reshape(-1)) for x, y in text],
        classify,
        their_classify,
        clip=1.0,
    )


def translator(library, tanh, softmax, concatenate):
    """GRU encoder and decoder with additive attention; only the libraries' spellings differ."""

    class Model(library.Module):
        def __init__(self):
            super().__init__()
            self.source = library.Embedding(12, 5)
            self.target = library.Embedding(11, 5)
            self.encoder = library.GRU(5, 6)
            self.decoder = library.GRU(11, 6)
            self.query = library.Linear(6, 6, bias=False)
            self.key = library.Linear(6, 6, bias=False)
            self.score = library.Linear(6, 1, bias=False)
            self.head = library.Linear(6, 11)

        def forward(self, x, y):
            memory, state = self.encoder(self.source(x))
            keys, outputs = self.key(memory), []
            for symbol in self.target(y):
                scores = self.score(tanh(self.query(state.reshape(-1, 6)) + keys))
                context = (softmax(scores, 0) * memory).sum(0)
                inputs = concatenate([symbol, context], -1)
                output, state = self.decoder(inputs[None], state)
                outputs.append(output)
            return self.head(concatenate(outputs, 0)).reshape(-1, 11)

    return Model()


def test_training_a_translator_with_attention(rng):
    texts = [(rng.integers(0, 12, (7, 3)), rng.integers(0, 11, (6, 3))) for _ in range(20)]
    train_alike(
        translator(nn, F.tanh, F.softmax, concatenate),
        translator(torch.nn, torch.tanh, torch.softmax, torch.cat),
        [(x, y[:-1], y[1:].reshape(-1)) for x, y in texts],
        lambda model, x, y, labels: F.cross_entropy(model(x, y), labels, ignore_index=0),
        lambda model, x, y, labels: tF.cross_entropy(model(x, y), labels, ignore_index=0),
        clip=1.0,
    )


def encoder_classifier(library, mean, **options):
    class Model(library.Module):
        def __init__(self):
            super().__init__()
            self.embedding = library.Embedding(20, 8)
            self.first = library.TransformerEncoderLayer(8, 2, 16, dropout=0.0, **options)
            self.second = library.TransformerEncoderLayer(8, 2, 16, dropout=0.0, **options)
            self.head = library.Linear(8, 4)

        def forward(self, x):
            return self.head(mean(self.second(self.first(self.embedding(x)))))

    return Model()


def test_training_a_transformer_encoder(rng):
    train_alike(
        encoder_classifier(nn, lambda x: x.mean(axis=1)),
        encoder_classifier(torch.nn, lambda x: x.mean(1), batch_first=True),
        [(rng.integers(0, 20, (5, 6)), rng.integers(0, 4, 5)) for _ in range(20)],
        classify,
        their_classify,
    )
