"""The teacher's answers to the graded problems of chapter 12, and wrong answers to be caught.

``ANSWERS`` and ``WRONG`` name the chapter's graders; a test runs every pair.
"""

import numpy as np


def tilted_kl(mu, S):
    """Half of trace + length² − dimension − logarithm of the determinant."""
    log_det = np.linalg.slogdet(S)[1]
    return (np.trace(S) + mu @ mu - len(mu) - log_det) / 2


def tilted_kl_diagonal(mu, S):
    """Wrong: looks at the diagonal alone."""
    s = np.diag(S)
    return (s.sum() + mu @ mu - len(mu) - np.log(s).sum()) / 2


def tilted_kl_underflows(mu, S):
    """Wrong: the determinant of 400 narrow directions is 0 as a float."""
    with np.errstate(divide="ignore"):
        return (np.trace(S) + mu @ mu - len(mu) - np.log(np.linalg.det(S))) / 2


def spread_loss(y, m, s):
    """Half of s + error²/σ², averaged."""
    weight, n = np.exp(-s), len(y)
    loss = (s + weight * (y - m) ** 2).mean() / 2
    return loss, weight * (m - y) / n, (1 - weight * (y - m) ** 2) / (2 * n)


def spread_loss_sum(y, m, s):
    """Wrong: the sum, not the average."""
    loss, by_m, by_s = spread_loss(y, m, s)
    return loss * len(y), by_m * len(y), by_s * len(y)


def spread_loss_as_deviation(y, m, s):
    """Wrong: takes s for log σ."""
    loss, by_m, by_s = spread_loss(y, m, 2 * s)
    return loss, by_m, 2 * by_s


def estimate_evidence(log_joint, mu, sigma, eps):
    """Log-mean-exp of log joint minus log q."""
    log_q = -(eps**2).sum(axis=1) / 2 - np.log(sigma).sum() - len(mu) * np.log(2 * np.pi) / 2
    log_w = log_joint(mu + sigma * eps) - log_q
    return np.logaddexp.reduce(log_w) - np.log(len(eps))


def estimate_without_sigma(log_joint, mu, sigma, eps):
    """Wrong: log q without −log σ."""
    return estimate_evidence(log_joint, mu, sigma, eps) - np.log(sigma).sum()


def estimate_as_elbo(log_joint, mu, sigma, eps):
    """Wrong: the mean of the logarithms."""
    log_q = -(eps**2).sum(axis=1) / 2 - np.log(sigma).sum() - len(mu) * np.log(2 * np.pi) / 2
    return (log_joint(mu + sigma * eps) - log_q).mean()


ANSWERS = {
    "grade_tilted_kl": tilted_kl,
    "grade_spread_loss": spread_loss,
    "grade_estimate_evidence": estimate_evidence,
}
WRONG = {
    "grade_tilted_kl": [tilted_kl_diagonal, tilted_kl_underflows],
    "grade_spread_loss": [spread_loss_sum, spread_loss_as_deviation],
    "grade_estimate_evidence": [estimate_without_sigma, estimate_as_elbo],
}
