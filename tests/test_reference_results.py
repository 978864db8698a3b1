"""What the data sets and the models gave when they were measured elsewhere, they give here.

Only what runs in seconds; ``benchmarks/reference_accuracies.py`` measures the rest.
"""

import numpy as np
import pytest

from d2lnotes import functional, nn, optim
from d2lnotes.data import (
    DataLoader,
    digits,
    el_nino,
    fashion_mnist,
    penguins,
    sunspots,
    train_val_test_split,
)
from d2lnotes.training import evaluate, fit


def rmse(prediction, target):
    return np.sqrt(np.mean((prediction - target) ** 2))


# Tables and series: least squares ------------------------------------------------------------


def least_squares(X, y):
    """A function that predicts with the best line for these rows."""

    def with_one(X):
        return np.column_stack([np.ones(len(X)), X])

    w = np.linalg.lstsq(with_one(X), y, rcond=None)[0]
    return lambda X: with_one(X) @ w


@pytest.mark.parametrize(
    "names, more, error, share",
    [
        (["flipper_length_mm"], False, 391.9, 0.792),
        (["flipper_length_mm", "bill_length_mm", "bill_depth_mm"], False, 401.4, 0.782),
        (["flipper_length_mm", "bill_length_mm", "bill_depth_mm"], True, 278.6, 0.895),
    ],
)
def test_penguins_weigh_what_a_line_says(names, more, error, share):
    birds = penguins()
    columns = [birds[name] for name in names]
    if more:
        columns += [birds["species"] == kind for kind in ("Chinstrap", "Gentoo")]
        columns += [birds["sex"] == "male"]
    known = ~np.isnan(birds["body_mass_g"]) & (birds["sex"] != "")
    X, y = np.column_stack(columns)[known], birds["body_mass_g"][known]
    order = np.random.default_rng(0).permutation(len(y))
    test, train = np.split(order, [len(y) // 5])
    prediction = least_squares(X[train], y[train])(X[test])
    assert rmse(prediction, y[test]) == pytest.approx(error, abs=0.1)
    of_the_mean = rmse(y[train].mean(), y[test])
    assert of_the_mean == pytest.approx(860, abs=0.5)
    assert 1 - (rmse(prediction, y[test]) / of_the_mean) ** 2 == pytest.approx(share, abs=0.001)


def lagged(series, order):
    """Rows of ``order`` values, and the value that follows each."""
    rows = np.lib.stride_tricks.sliding_window_view(series, order)[:-1]
    return rows, series[order:]


@pytest.mark.parametrize(
    "load, column, first_test, order, persistence, error",
    [
        (el_nino, "sst_c", "1999-01", 4, 1.17, 0.580),
        (el_nino, "sst_c", "1999-01", 12, 1.17, 0.534),
        (el_nino, "sst_c", "1999-01", 24, 1.17, 0.503),
        (sunspots, "sunspots", "1957-01", 4, 19.6, 17.9),
        (sunspots, "sunspots", "1957-01", 24, 19.6, 17.5),
    ],
)
def test_one_month_ahead_a_line_beats_persistence(
    load, column, first_test, order, persistence, error
):
    series = load()
    X, y = lagged(series[column], order)
    test = series["month"][order:] >= np.datetime64(first_test)
    prediction = least_squares(X[~test], y[~test])(X[test])
    assert rmse(X[test][:, -1], y[test]) == pytest.approx(persistence, rel=0.005)
    assert rmse(prediction, y[test]) == pytest.approx(error, rel=0.005)


def test_the_calendar_alone_misses_el_nino_by_three_quarters_of_a_degree():
    series = el_nino()
    months = series["month"].astype(int) % 12
    test = series["month"] >= np.datetime64("1999-01")
    means = np.array([series["sst_c"][~test & (months == k)].mean() for k in range(12)])
    assert rmse(means[months[test]], series["sst_c"][test]) == pytest.approx(0.756, abs=0.001)


# Images: the package's own models ------------------------------------------------------------


def score(model, train, test, optimizer, lr, batch_size, epochs, seed):
    rng = np.random.default_rng(seed)
    loader = DataLoader(*train, batch_size=batch_size, shuffle=True, rng=rng)
    fit(
        model,
        loader,
        optimizer=optimizer(model.parameters(), lr=lr),
        loss=functional.cross_entropy,
        epochs=epochs,
    )
    return evaluate(model, DataLoader(*test, batch_size=500), functional.cross_entropy)[1]


@pytest.mark.parametrize("shuffled, low, high", [(True, 0.97, 0.99), (False, 0.89, 0.925)])
def test_digits_by_other_writers_are_harder(shuffled, low, high):
    X, y = digits()
    train, _, test = train_val_test_split(
        X.reshape(-1, 64),
        y,
        val=0,
        test=360 / 1797,
        rng=np.random.default_rng(0) if shuffled else None,
    )
    model = nn.Linear(64, 10, rng=np.random.default_rng(0))
    assert low < score(model, train, test, optim.SGD, 0.5, 32, 50, seed=0) < high


@pytest.mark.parametrize(
    "hidden, optimizer, lr, batch_size, expected",
    [(None, optim.SGD, 0.01, 64, 0.837), (256, optim.Adam, 1e-3, 128, 0.859)],
)
def test_fashion_is_told_apart_as_well_as_elsewhere(hidden, optimizer, lr, batch_size, expected):
    X_train, y_train, X_test, y_test = fashion_mnist(standardize=True)
    rng = np.random.default_rng(0)
    if hidden is None:
        layers = [nn.Linear(784, 10, rng=rng)]
    else:
        layers = [nn.Linear(784, hidden, rng=rng), nn.ReLU(), nn.Linear(hidden, 10, rng=rng)]
    model = nn.Sequential(nn.Flatten(), *layers)
    accuracy = score(
        model, (X_train, y_train), (X_test, y_test), optimizer, lr, batch_size, 10, seed=0
    )
    assert accuracy == pytest.approx(expected, abs=0.015)  # three deviations between seeds
