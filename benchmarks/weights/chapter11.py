"""Chapter 11: the Transformers that write Alice, translate phrases and read digits.

The classes and the loops are those of the notebook, so that its first steps lie on these runs.
"""

import numpy as np
from alice import TEST, TRAIN, average_loss
from train import Shipped

from d2lnotes import functional, nn, optim
from d2lnotes.data import DataLoader, digits, train_val_test_split
from d2lnotes.tensor import concatenate, no_grad
from d2lnotes.text import Vocabulary, pad_sequences, phrase_pairs, tokenize


def layers_of(count, D, heads, hidden, rng, kind=nn.TransformerEncoderLayer):
    return [kind(D, heads, hidden, 0.1, True, rng) for _ in range(count)]


def encode_positions(length, D):
    angles = np.arange(length)[:, None] * 10000.0 ** (-np.arange(0, D, 2) / D)
    P = np.empty((length, D), np.float32)
    P[:, 0::2], P[:, 1::2] = np.sin(angles), np.cos(angles)
    return P


def train_step(model, optimizer, inputs, labels, ignore=None):
    scores = model(*inputs)
    loss = functional.cross_entropy(scores.reshape(-1, scores.shape[-1]), labels.ravel(), ignore)
    optimizer.zero_grad()
    loss.backward()
    optim.clip_grad_norm(model.parameters(), 1.0)
    optimizer.step()
    return loss.item()


# Alice ---------------------------------------------------------------------------------------


class AliceWriter(nn.Module):
    def __init__(self, D, heads, hidden, rng):
        self.table = nn.Embedding(27, D, rng=rng)
        self.layers = layers_of(3, D, heads, hidden, rng)
        self.norm = nn.LayerNorm(D)
        self.output = nn.Linear(D, 27, rng=rng)

    def forward(self, ids):
        x = self.table(ids)
        x = x + encode_positions(*x.shape[1:])
        mask = nn.causal_mask(ids.shape[1])
        for layer in self.layers:
            x = layer(x, mask)
        return self.output(self.norm(x))


def build_writer(rng):
    return AliceWriter(80, 4, 160, rng)


def train_writer(model, rng, steps=4000):
    losses = []
    rate = optim.warmup(100, optim.cosine(3e-3, 3900, 1.5e-4))
    optimizer = optim.Adam(model.parameters(), lr=rate(0))
    model.train()
    for step in range(steps):
        start = rng.integers(0, len(TRAIN) - 65, 32)
        windows = TRAIN[start[:, None] + np.arange(65)]
        optimizer.lr = rate(step)
        losses.append(train_step(model, optimizer, [windows[:, :-1]], windows[:, 1:]))
    return losses


def perplexity(model, half=32):
    start = np.arange(0, len(TEST) - 2 * half, half)
    windows = TEST[start[:, None] + np.arange(2 * half + 1)]
    with no_grad():
        scores = model.eval()(windows[:, :-1])[:, half:]
    return np.exp(average_loss(scores, windows[:, half + 1 :]).item())


# Phrases -------------------------------------------------------------------------------------

PAD, BOS, EOS = 0, 1, 2
SIGNS = "<pad>", "<bos>", "<eos>"
PAIRS = phrase_pairs(np.random.default_rng(0))
FIT, HELD = PAIRS[:2000], PAIRS[2000:2500]
ENGLISH, FRENCH = (
    Vocabulary(
        [w for pair in FIT for w in tokenize(pair[side])], reserved=("<pad>", "<bos>", "<eos>")
    )
    for side in (0, 1)
)


def as_arrays(pairs):
    source = [[*ENGLISH.encode(tokenize(a)), EOS] for a, _ in pairs]
    target = [[BOS, *FRENCH.encode(tokenize(b)), EOS] for _, b in pairs]
    return pad_sequences(source), pad_sequences(target)


class Translator(nn.Module):
    def __init__(self, D, heads, hidden, rng):
        self.source = nn.Embedding(len(ENGLISH), D, rng=rng)
        self.target = nn.Embedding(len(FRENCH), D, rng=rng)
        self.encoder = layers_of(2, D, heads, hidden, rng)
        self.decoder = layers_of(2, D, heads, hidden, rng, nn.TransformerDecoderLayer)
        self.norms = [nn.LayerNorm(D), nn.LayerNorm(D)]
        self.output = nn.Linear(D, len(FRENCH), rng=rng)

    def forward(self, source, target):
        x, y = self.source(source), self.target(target)
        x, y = (a + encode_positions(*a.shape[1:]) for a in (x, y))
        mask, past = (source != PAD)[:, None], nn.causal_mask(target.shape[1])
        for layer in self.encoder:
            x = layer(x, mask)
        x = self.norms[0](x)
        for layer in self.decoder:
            y = layer(y, x, past, mask)
        return self.output(self.norms[1](y))


def build_translator(rng):
    return Translator(48, 2, 96, rng)


def train_translator(model, rng, steps=320, lr=3e-3):
    source, target = as_arrays(FIT)
    arrays = source, target[:, :-1], target[:, 1:]
    loader = DataLoader(*arrays, batch_size=64, shuffle=True, rng=rng)
    rate = optim.warmup(50, optim.cosine(lr, steps - 50, lr / 50))
    optimizer, step = optim.Adam(model.parameters(), lr=lr), 0
    model.train()
    while step < steps:
        for *inputs, labels in loader:
            if step < steps:
                optimizer.lr, step = rate(step), step + 1
                train_step(model, optimizer, inputs, labels, ignore=PAD)


def words_right(model):
    """Share of the held-out words that are right when the words before are given."""
    source, target = as_arrays(HELD)
    with no_grad():
        said = model.eval()(source, target[:, :-1]).data.argmax(axis=2)
    wanted = target[:, 1:]
    return float((said == wanted)[wanted != PAD].mean())


# Digits --------------------------------------------------------------------------------------


def patches_of(X):
    cut = X.reshape(-1, 4, 2, 4, 2).swapaxes(2, 3)
    return (2 * cut - 1).reshape(-1, 16, 4)


class VisionTransformer(nn.Module):
    def __init__(self, D, rng):
        def small(*shape):
            return nn.Parameter(0.1 * rng.standard_normal(shape).astype(np.float32))

        self.patch = nn.Linear(4, D, rng=rng)
        self.place, self.token = small(17, D), small(1, 1, D)
        self.layers = layers_of(2, D, 4, 64, rng)
        self.norm, self.output = nn.LayerNorm(D), nn.Linear(D, 10, rng=rng)

    def forward(self, X):
        x = self.patch(patches_of(X))
        token = self.token + np.zeros((len(X), 1, 1), np.float32)
        x = concatenate([token, x], axis=1) + self.place
        for layer in self.layers:
            x = layer(x)
        return self.output(self.norm(x[:, 0]))


def digit_parts():
    return train_val_test_split(*digits(), val=0.1, test=0.2, rng=np.random.default_rng(0))


def build_vision(rng):
    return VisionTransformer(32, rng)


def train_vision(model, rng, steps=800):
    (X, y), _, _ = digit_parts()
    rate = optim.warmup(50, optim.cosine(2e-3, 770))
    optimizer, losses = optim.Adam(model.parameters(), lr=2e-3), []
    model.train()
    while len(losses) < steps:
        for inputs, labels in DataLoader(X, y, batch_size=32, shuffle=True, rng=rng):
            optimizer.lr = rate(len(losses))
            losses.append(train_step(model, optimizer, [inputs], labels))
    return losses[:steps]


def accuracy(model):
    X, y = digit_parts()[2]
    with no_grad():
        return float((model.eval()(X).data.argmax(axis=1) == y).mean())


WEIGHTS = {
    "ch11_translator": Shipped(build_translator, train_translator, words_right, 1.0, 0.01),
    "ch11_writer": Shipped(build_writer, train_writer, perplexity, 3.695, 0.15),
    "ch11_vision": Shipped(build_vision, train_vision, accuracy, 0.967, 0.02),
}
