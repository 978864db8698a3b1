"""Teacher's answers to the graded problems of chapter 03, part B, and a wrong answer each."""

import numpy as np


def held_out_predictions(X, y, folds, lam):
    """Everything that is learnt from data, the scaling included, is learnt without the fold."""
    predictions = np.empty(len(y))
    for fold in folds:
        rest = np.setdiff1d(np.arange(len(y)), fold)
        mean, std = X[rest].mean(axis=0), X[rest].std(axis=0)
        Z = (X[rest] - mean) / std
        penalty = len(rest) * lam * np.eye(X.shape[1])
        w = np.linalg.solve(Z.T @ Z + penalty, Z.T @ (y[rest] - y[rest].mean()))
        predictions[fold] = (X[fold] - mean) / std @ w + y[rest].mean()
    return predictions


def weighted_ridge(X, y, v, lam):
    """Centre by the weighted means, then solve the weighted normal equations."""
    share = v / v.sum()
    x_mean, y_mean = share @ X, share @ y
    Xc, yc = X - x_mean, y - y_mean
    w = np.linalg.solve(
        Xc.T @ (share[:, None] * Xc) + lam * np.eye(X.shape[1]), Xc.T @ (share * yc)
    )
    return w, y_mean - x_mean @ w


def held_out_predictions_leaks(X, y, folds, lam):
    """Wrong: standardises with all rows, the fold's own included."""
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    predictions = np.empty(len(y))
    for fold in folds:
        rest = np.setdiff1d(np.arange(len(y)), fold)
        mean = Z[rest].mean(axis=0)
        C = Z[rest] - mean
        penalty = len(rest) * lam * np.eye(X.shape[1])
        w = np.linalg.solve(C.T @ C + penalty, C.T @ (y[rest] - y[rest].mean()))
        predictions[fold] = (Z[fold] - mean) @ w + y[rest].mean()
    return predictions


def weighted_ridge_plain_means(X, y, v, lam):
    """Wrong: centres by the plain means, so that the bias is not the best one."""
    share = v / v.sum()
    Xc, yc = X - X.mean(axis=0), y - y.mean()
    w = np.linalg.solve(
        Xc.T @ (share[:, None] * Xc) + lam * np.eye(X.shape[1]), Xc.T @ (share * yc)
    )
    return w, y.mean() - X.mean(axis=0) @ w


ANSWERS = {
    "grade_held_out_predictions": held_out_predictions,
    "grade_weighted_ridge": weighted_ridge,
}
WRONG = {
    "grade_held_out_predictions": [held_out_predictions_leaks],
    "grade_weighted_ridge": [weighted_ridge_plain_means],
}
