"""Wrong formulas of chapter 12: slips that run without an error message.

The notes only ask questions here; none of these formulas is theirs.
"""

import numpy as np


def _phi(z):
    return np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)


def density_without_half(z):
    """exp(−z²): variance one half."""
    return np.exp(-(z**2)) / np.sqrt(np.pi)


def density_not_normalised(z):
    """Forgets the factor."""
    return np.exp(-(z**2) / 2)


def scale_is_variance(z, mu, sigma):
    """Multiplies by σ²."""
    return mu + sigma**2 * z


def standardise_instead(z, mu, sigma):
    """The map in the other direction."""
    return (z - mu) / sigma


def density_not_divided(x, mu, sigma):
    """Forgets that the axis was stretched."""
    return _phi((x - mu) / sigma)


def density_over_variance(x, mu, sigma):
    """Divides by σ²."""
    return _phi((x - mu) / sigma) / sigma**2


def vector_without_determinant(x, mu, L):
    """Forgets the volume."""
    return _phi(np.linalg.solve(L, (x - mu).T).T).prod(axis=-1)


def vector_transposed(x, mu, L):
    """Solves with Lᵀ."""
    z = np.linalg.solve(L.T, (x - mu).T).T
    return _phi(z).prod(axis=-1) / abs(np.linalg.det(L))


def unit_without_slope(x, w, v, b, delta):
    """Forgets a'(u)."""
    return (v @ delta) * x, np.tanh(w @ x + b) * delta


def unit_all_entries_alike(x, w, v, b, delta):
    """As if all entries of one unit's gradient were equal."""
    h = np.tanh(w @ x + b)
    return np.full(len(x), (1 - h**2) * (v @ delta) * x.mean()), h * delta


def variance_from_norm(x, tau):
    """The length without its square."""
    return tau**2 * np.sqrt(x @ x)


def variance_from_deviation(x, tau):
    """τ without its square."""
    return tau * (x @ x)


def kurtosis_kept(x, kappa):
    """A sum that remembers the law of its terms."""
    return kappa


def kurtosis_over_d(x, kappa):
    """κ/d whatever the inputs."""
    return kappa / len(x)


def composed_in_the_wrong_order(W1, b1, W2, b2):
    """Forgets that the second layer also maps the first bias."""
    return W2 @ W1, b1[: len(b2)] + b2


def composed_without_second_bias(W1, b1, W2, b2):
    """Forgets b₂."""
    return W2 @ W1, W2 @ b1


def _potential(o, kind):
    if kind == "identity":
        return o**2 / 2
    return np.logaddexp(0, o) if kind == "sigmoid" else np.exp(o)


def _mean(o, kind):
    if kind == "identity":
        return o
    return 1 / (1 + np.exp(-o)) if kind == "sigmoid" else np.exp(o)


def canonical_plus(y, o, kind):
    """The sign of the second term."""
    return _potential(o, kind) + y * o


def squared_for_all(y, o, kind):
    """The squared loss, whatever the target."""
    return (_mean(o, kind) - y) ** 2 / 2


def gradient_of_squares(y, o, kind):
    """The squared loss's gradient, with the slope of the activation."""
    a = _mean(o, kind)
    slope = {"identity": 1.0, "sigmoid": a * (1 - a), "exp": a}[kind]
    return (a - y) * slope


def gradient_reversed(y, o, kind):
    """Target minus prediction."""
    return y - _mean(o, kind)


def evidence_of_the_mean(likelihood, codes):
    """The likelihood at the mean code."""
    return likelihood(codes.mean())


def evidence_at_the_best(likelihood, codes):
    """The largest likelihood, not the average."""
    return likelihood(codes).max()


def _fit(mu, sigma):
    error = (5 - 4 * mu) ** 2 + 16 * sigma**2
    return -np.log(2 * np.pi * 9) / 2 - error / 18


def _kl(mu, sigma):
    return (mu**2 + sigma**2 - 1 - np.log(sigma**2)) / 2


def elbo_of_the_centre(mu, sigma):
    """The fit at the mean code: forgets the spread of q."""
    return -np.log(2 * np.pi * 9) / 2 - (5 - 4 * mu) ** 2 / 18, _kl(mu, sigma)


def elbo_with_entropy_only(mu, sigma):
    """Leaves the prior out of the divergence."""
    return _fit(mu, sigma), -np.log(sigma) - 0.5 * np.log(2 * np.pi * np.e)


def elbo_kl_added(mu, sigma):
    """The sign of the divergence."""
    return _fit(mu, sigma), -_kl(mu, sigma)


def kl_sign_of_one(mu, sigma):
    """+1 for −1: not 0 at the standard normal."""
    return (mu**2 + sigma**2 + 1 - np.log(sigma**2)).sum(axis=-1) / 2


def kl_log_sigma(mu, sigma):
    """log σ where log σ² belongs."""
    return (mu**2 + sigma**2 - 1 - np.log(sigma)).sum(axis=-1) / 2


def kl_reversed(mu, sigma):
    """From N(0, I) to q."""
    return ((1 + mu**2) / sigma**2 - 1 + np.log(sigma**2)).sum(axis=-1) / 2


def pathwise_without_noise(slope, mu, sigma, eps):
    """The gradient by σ without ε."""
    z = mu + sigma * eps
    return slope(z), slope(z)


def pathwise_at_the_mean(slope, mu, sigma, eps):
    """The gradient by σ in terms of z instead of ε."""
    z = mu + sigma * eps
    return slope(z), slope(z) * z


def score_not_squared(f, mu, sigma, eps):
    """Divides by σ."""
    z = mu + sigma * eps
    return f(z) * (z - mu) / sigma


def score_reversed(f, mu, sigma, eps):
    """The wrong sign."""
    z = mu + sigma * eps
    return f(z) * (mu - z) / sigma**2


def pixels_black_only(x, o):
    """Forgets the white pixels."""
    return (x * (o - np.logaddexp(0, o))).sum(axis=-1)


def pixels_averaged(x, o):
    """The mean over pixels, not the sum."""
    return (x * o - np.logaddexp(0, o)).mean(axis=-1)


def beta_on_the_fit(fit, kl, beta):
    """β at the wrong term."""
    return (-beta * fit + kl).mean()


def beta_kl_subtracted(fit, kl, beta):
    """Rewards a long code."""
    return (-fit - beta * kl).mean()


def importance_mean_of_logs(log_joint, log_q):
    """The average of the logarithms: the ELBO."""
    return (log_joint - log_q).mean(axis=0)


def importance_naive(log_joint, log_q):
    """Underflows."""
    with np.errstate(divide="ignore"):
        return np.log(np.exp(log_joint - log_q).mean(axis=0))


def importance_sum(log_joint, log_q):
    """Forgets to divide by K."""
    return np.logaddexp.reduce(log_joint - log_q, axis=0)


WRONG = {
    "check_standard_normal": [density_without_half, density_not_normalised],
    "check_location_scale": [scale_is_variance, standardise_instead],
    "check_normal_scaling": [density_not_divided, density_over_variance],
    "check_normal_vector": [vector_without_determinant, vector_transposed],
    "check_unit_gradient": [unit_without_slope, unit_all_entries_alike],
    "check_noise_variance": [variance_from_norm, variance_from_deviation],
    "check_noise_kurtosis": [kurtosis_kept, kurtosis_over_d],
    "check_affine_composition": [composed_in_the_wrong_order, composed_without_second_bias],
    "check_canonical_loss": [canonical_plus, squared_for_all],
    "check_canonical_gradient": [gradient_of_squares, gradient_reversed],
    "check_evidence": [evidence_of_the_mean, evidence_at_the_best],
    "check_elbo": [elbo_of_the_centre, elbo_with_entropy_only, elbo_kl_added],
    "check_gaussian_kl": [kl_sign_of_one, kl_log_sigma, kl_reversed],
    "check_pathwise": [pathwise_without_noise, pathwise_at_the_mean],
    "check_score_function": [score_not_squared, score_reversed],
    "check_pixel_likelihood": [pixels_black_only, pixels_averaged],
    "check_beta_loss": [beta_on_the_fit, beta_kl_subtracted],
    "check_importance": [importance_mean_of_logs, importance_naive, importance_sum],
}
