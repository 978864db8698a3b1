"""The teacher's answers to the graded problems of chapter 03, and wrong answers to be caught.

``ANSWERS`` and ``WRONG`` name the chapter's graders; a test runs every pair.
"""

import numpy as np


def huber_gradient(w, b, X, y, delta):
    """The derivative of the Huber loss is the error, cut off at -delta and delta."""
    cut = np.clip(X @ w + b - y, -delta, delta)  # (n,)
    return X.T @ cut / len(y), cut.mean()


def huber_sum(w, b, X, y, delta):
    """Wrong: the gradient of the sum, not of the average."""
    cut = np.clip(X @ w + b - y, -delta, delta)
    return X.T @ cut, cut.sum()


def huber_squared(w, b, X, y, delta):
    """Wrong: the gradient of the squared loss."""
    error = X @ w + b - y
    return X.T @ error / len(y), error.mean()


def held_out_predictions(X, y, folds, lam):
    """Everything that is learnt from data, the scaling included, is learnt without the fold."""
    predictions = np.empty(len(y))
    for fold in folds:
        rest = np.setdiff1d(np.arange(len(y)), fold)
        mean, std = X[rest].mean(axis=0), X[rest].std(axis=0)
        w, b = _ridge((X[rest] - mean) / std, y[rest], lam)
        predictions[fold] = (X[fold] - mean) / std @ w + b
    return predictions


def held_out_predictions_with_a_leak(X, y, folds, lam):
    """Wrong: standardises with all rows, the fold's own included."""
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    predictions = np.empty(len(y))
    for fold in folds:
        rest = np.setdiff1d(np.arange(len(y)), fold)
        w, b = _ridge(Z[rest], y[rest], lam)
        predictions[fold] = Z[fold] @ w + b
    return predictions


def _ridge(X, y, lam):
    x_mean, y_mean, n = X.mean(axis=0), y.mean(), len(y)
    Xc = X - x_mean
    w = np.linalg.solve(Xc.T @ Xc + n * lam * np.eye(X.shape[1]), Xc.T @ (y - y_mean))
    return w, y_mean - x_mean @ w


def weighted_ridge(X, y, v, lam):
    """Centre by the weighted means, then solve the weighted normal equations."""
    return _weighted_ridge(X, y, v, lam, v / v.sum() @ X, v / v.sum() @ y)


def weighted_ridge_plain_means(X, y, v, lam):
    """Wrong: centres by the plain means, so that the bias is not the best one."""
    return _weighted_ridge(X, y, v, lam, X.mean(axis=0), y.mean())


def _weighted_ridge(X, y, v, lam, x_mean, y_mean):
    share = v / v.sum()
    Xc, yc = X - x_mean, y - y_mean
    w = np.linalg.solve(
        Xc.T @ (share[:, None] * Xc) + lam * np.eye(X.shape[1]), Xc.T @ (share * yc)
    )
    return w, y_mean - x_mean @ w


ANSWERS = {
    "grade_huber": huber_gradient,
    "grade_held_out_predictions": held_out_predictions,
    "grade_weighted_ridge": weighted_ridge,
}
WRONG = {
    "grade_huber": [huber_sum, huber_squared],
    "grade_held_out_predictions": [held_out_predictions_with_a_leak],
    "grade_weighted_ridge": [weighted_ridge_plain_means],
}
