"""The workload of the site's benchmarks: a polynomial fit with two sliders and 336 states.

It stays as it is when the book's own explorers change, so that runs can be compared.
"""

import numpy as np
from numpy.polynomial.legendre import legvander

from d2lnotes.explore import Slider, explore
from d2lnotes.plotting import BLUE, GREY, INK, ORANGE, panels

DEGREES = range(21)
PENALTIES = [0, *np.logspace(-6, 1, 15)]
SIGMA = 0.3


def truth(x):
    """The function that the noisy points come from."""
    return np.sin(3 * x) + 0.5 * x


rng = np.random.default_rng(0)
x_train = np.sort(rng.uniform(-1, 1, 20))
y_train = truth(x_train) + SIGMA * rng.standard_normal(20)
x_test = np.linspace(-0.95, 0.95, 100)


def fit(degree, lam):
    """Minimise the mean squared error plus ``lam`` times the squared weights, but the first."""
    X = legvander(x_train, degree)  # (n, degree + 1)
    penalty = np.sqrt(lam * len(X)) * np.eye(degree + 1)[1:]
    target = np.concatenate([y_train, np.zeros(degree)])
    return np.linalg.lstsq(np.vstack([X, penalty]), target, rcond=None)[0]


def errors(degree, lam):
    """Mean squared error on the 20 points, and against the noise-free function."""
    w = fit(degree, lam)
    train = np.mean((legvander(x_train, degree) @ w - y_train) ** 2)
    return train, np.mean((legvander(x_test, degree) @ w - truth(x_test)) ** 2)


def polynomial():
    """Return a new explorer; each has its own figure and remembers nothing of the others."""
    curves = {lam: np.array([errors(degree, lam) for degree in DEGREES]) for lam in PENALTIES}

    @explore(
        degree=Slider(DEGREES, start=3, label="polynomial degree"),
        lam=Slider(PENALTIES, start=0, label="weight decay λ"),
        value="test error",
    )
    def benchmark_polynomial(figure, degree, lam):
        left, right = panels(figure, 2)
        left.plot(x_test, truth(x_test), color=GREY, linestyle="--", label="truth")
        left.plot(x_train, y_train, "o", color=INK, label="20 points")
        curve = legvander(x_test, degree) @ fit(degree, lam)
        left.plot(x_test, curve, color=BLUE, label=f"degree {degree}")
        left.set(xlim=(-1, 1), ylim=(-2.5, 2.5), xlabel="x", ylabel="y", title="The fit")
        left.legend(loc="upper left")

        train, test = curves[lam].T
        right.plot(DEGREES, train, color=BLUE, label="training error")
        right.plot(DEGREES, test, color=ORANGE, linestyle="--", label="test error")
        right.plot([degree], [test[degree]], "D", color=ORANGE)
        right.set(yscale="log", xlim=(0, 20), ylim=(1e-3, 1e3))
        right.set(xlabel="degree", ylabel="mean squared error", title=f"Errors at λ = {lam:.3g}")
        right.legend(loc="upper left")
        return (
            f"Degree {degree}, λ = {lam:.3g}: training error {train[degree]:.3g}, "
            f"test error {test[degree]:.3g}."
        ), test[degree]

    return benchmark_polynomial
