"""Test accuracies of the book's image models on Fashion-MNIST, beside the reference results.

Run from the root of the repository: ``python benchmarks/reference_accuracies.py [model ...]``.
10,000 training and 2,000 test images, standardised; three seeds, each with its own weights and
its own order of the batches. The ± is the standard deviation between the seeds; that of the test
set itself is 0.8 points, the same 2,000 images for all models.

Measured on one core (seconds vary with what else the machine does):

| model | test accuracy, 10 epochs | seeds | reference | seconds a training |
|---|---|---|---|---|
| softmax | 0.838 ± 0.003 | 0.8380 0.8410 0.8350 | 0.837 ± 0.005 | 0.2 |
| mlp | 0.862 ± 0.003 | 0.8585 0.8645 0.8620 | 0.859 ± 0.004 | 1.0 |
| lenet | 0.867 ± 0.006 | 0.8675 0.8605 0.8715 | 0.868 ± 0.004 | 20.3 |
"""

import sys
import time

import numpy as np

from d2lnotes import functional, nn, optim
from d2lnotes.data import DataLoader, fashion_mnist
from d2lnotes.training import evaluate, fit

SEEDS = (0, 1, 2)
EPOCHS = 10


def softmax(rng):
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 10, rng=rng))


def mlp(rng):
    return nn.Sequential(
        nn.Flatten(), nn.Linear(784, 256, rng=rng), nn.ReLU(), nn.Linear(256, 10, rng=rng)
    )


def lenet(rng):
    model = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2, rng=rng),  # (n, 1, 28, 28) -> (n, 6, 28, 28)
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5, rng=rng),  # (n, 6, 14, 14) -> (n, 16, 10, 10)
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(400, 120, rng=rng),
        nn.ReLU(),
        nn.Linear(120, 84, rng=rng),
        nn.ReLU(),
        nn.Linear(84, 10, rng=rng),
    )
    # The layers' default weights are too small for five layers of ReLU: they end at .860 ± .008.
    for parameter in model.parameters():
        if parameter.ndim > 1:
            parameter.data[...] = nn.kaiming_normal(parameter.shape, rng)
        else:
            parameter.data[...] = 0
    return model


# model, optimizer, learning rate, batch size, reference accuracy and its deviation
RECIPES = {
    "softmax": (softmax, optim.SGD, 0.01, 64, 0.837, 0.005),
    "mlp": (mlp, optim.Adam, 1e-3, 128, 0.859, 0.004),
    "lenet": (lenet, optim.Adam, 1e-3, 128, 0.868, 0.004),
}


def train_and_score(name, data, seed):
    """Train the model of this name from this seed; return its test accuracy and the seconds."""
    build, optimizer, lr, batch_size, *_ = RECIPES[name]
    X_train, y_train, X_test, y_test = data
    rng = np.random.default_rng(seed)
    model = build(rng)
    train_loader = DataLoader(X_train, y_train, batch_size=batch_size, shuffle=True, rng=rng)
    start = time.perf_counter()
    fit(
        model,
        train_loader,
        optimizer=optimizer(model.parameters(), lr=lr),
        loss=functional.cross_entropy,
        epochs=EPOCHS,
    )
    seconds = time.perf_counter() - start
    test_loader = DataLoader(X_test, y_test, batch_size=500)
    return evaluate(model, test_loader, functional.cross_entropy)[1], seconds


def main(names):
    X_train, y_train, X_test, y_test = fashion_mnist(standardize=True)
    data = X_train[:, None], y_train, X_test[:, None], y_test  # one channel
    print(f"| model | test accuracy, {EPOCHS} epochs | seeds | reference | seconds a training |")
    print("|---|---|---|---|---|")
    for name in names:
        results = [train_and_score(name, data, seed) for seed in SEEDS]
        scores, seconds = np.array(results).T
        *_, expected, deviation = RECIPES[name]
        print(
            f"| {name} | {scores.mean():.3f} ± {scores.std(ddof=1):.3f} | "
            f"{' '.join(f'{score:.4f}' for score in scores)} | "
            f"{expected:.3f} ± {deviation:.3f} | {np.median(seconds):.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main(sys.argv[1:] or RECIPES)
