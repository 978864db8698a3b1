"""Wrong formulas of chapter 03: the notes' own where those are wrong, and plausible slips."""

import numpy as np


def mean_without_bias(x, w, b):
    """Forgets b."""
    return sum(x * w)


def mean_bias_per_feature(x, w, b):
    """Adds b once for each feature."""
    return sum(x_j * w_j + b for x_j, w_j in zip(x, w, strict=False))


def model_elementwise(x, w, b):
    """Multiplies without summing: d numbers for one example."""
    return w * x + b


def model_without_bias(x, w, b):
    """Linear, not affine."""
    return w @ x


def batch_one_number(X, w, b):
    """The notes' equation read as one prediction: a single number for n examples."""
    return w @ X[0] + b


def batch_bias_times_n(X, w, b):
    """Sums the ones: n times the bias."""
    return X @ w + b * len(X)


def loss_without_half(y_hat, y):
    """The square without the half."""
    return (y_hat - y) ** 2


def loss_absolute(y_hat, y):
    """The absolute error."""
    return abs(y_hat - y)


def average_per_example(w, b, X, y):
    """The notes' left side: it still carries the number of an example, so n numbers."""
    return (X @ w + b - y) ** 2 / 2


def average_as_sum(w, b, X, y):
    """The sum instead of the average."""
    return ((X @ w + b - y) ** 2 / 2).sum()


def normal_no_intercept(X, y):
    """No column of ones."""
    return np.linalg.solve(X.T @ X, X.T @ y), 0.0


def normal_bias_from_mean(X, y):
    """Takes the mean target as bias without centring the features."""
    return np.linalg.solve(X.T @ X, X.T @ y), y.mean()


def step_sum(params, batch, gradient, lr):
    """Does not divide by the size of the batch."""
    return params - lr * sum(gradient(params, i) for i in batch)


def step_uphill(params, batch, gradient, lr):
    """Climbs."""
    return params + lr / len(batch) * sum(gradient(params, i) for i in batch)


def step_index_set_of_i(params, batch, gradient, lr):
    """The notes' index set, which depends on the summed i itself: each i sums over itself only,
    and the last one stays."""
    for i in batch:
        new = params - lr / len(batch) * gradient(params, i)
    return new


def weights_wrong_sign(w, b, X, y, batch, lr):
    """The sign of the error turned round."""
    return w + lr / len(batch) * X[batch].T @ (X[batch] @ w + b - y[batch])


def weights_all_examples(w, b, X, y, batch, lr):
    """Sums over all examples, divides by the batch."""
    return w - lr / len(batch) * X.T @ (X @ w + b - y)


def bias_starts_from_w(w, b, X, y, batch, lr):
    """The notes' right side: w where b belongs."""
    return w - lr / len(batch) * (X[batch] @ w + b - y[batch]).sum()


def bias_not_divided(w, b, X, y, batch, lr):
    """Sum instead of average."""
    return b - lr * (X[batch] @ w + b - y[batch]).sum()


def variance_with_replacement(slopes, m):
    """Without the factor 1 - m/n."""
    return slopes.var(axis=0, ddof=1) / m


def variance_not_shrinking(slopes, m):
    """As if a batch were as noisy as one example."""
    return slopes.var(axis=0, ddof=1)


def floor_linear(lr, variance, m):
    """The first-order approximation, which is too small at a rate of 0.5."""
    return lr / 2 * variance / m


def floor_batch_ignored(lr, variance, m):
    """Forgets the batch size."""
    return lr / (2 - lr) * variance


def density_without_sigma(x, mu, sigma):
    """Normalised for sigma = 1 only."""
    return np.exp(-((x - mu) ** 2) / (2 * sigma**2)) / np.sqrt(2 * np.pi)


def density_sigma_not_squared(x, mu, sigma):
    """Sigma where its square belongs."""
    return np.exp(-((x - mu) ** 2) / (2 * sigma)) / np.sqrt(2 * np.pi * sigma)


def noise_variance_as_deviation(X, w, b, sigma, r):
    """Draws with deviation sigma squared."""
    return X @ w + b + sigma**2 * r.normal(size=len(X))


def noise_shared(X, w, b, sigma, r):
    """One error for all examples: not independent."""
    return X @ w + b + sigma * r.normal()


def target_without_bias(y, x, w, b, sigma):
    """The bell stands off the line."""
    return np.exp(-((y - w @ x) ** 2) / (2 * sigma**2)) / np.sqrt(2 * np.pi * sigma**2)


def target_not_normalised(y, x, w, b, sigma):
    """Only the exponential."""
    return np.exp(-((y - w @ x - b) ** 2) / (2 * sigma**2))


def _densities(y, X, w, b, sigma):
    return np.exp(-((y - X @ w - b) ** 2) / (2 * sigma**2)) / np.sqrt(2 * np.pi * sigma**2)


def product_as_sum(y, X, w, b, sigma):
    """The sum of the densities."""
    return _densities(y, X, w, b, sigma).sum()


def product_as_mean(y, X, w, b, sigma):
    """The mean of the densities."""
    return _densities(y, X, w, b, sigma).mean()


def nll_log_of_targets(y, X, w, b, sigma):
    """The notes' left side: the logarithm of the targets, no density; not a number below 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return -np.log(y).sum()


def nll_without_minus(y, X, w, b, sigma):
    """The log-likelihood itself."""
    return np.log(np.prod(_densities(y, X, w, b, sigma)))


def nll_sum_without_brackets(y, X, w, b, sigma):
    """The notes' form read literally: the sum ends after the first term."""
    last = (y - X @ w - b)[-1]
    return len(y) * np.log(2 * np.pi * sigma**2) / 2 + last**2 / (2 * sigma**2)


def nll_sum_constant_once(y, X, w, b, sigma):
    """The constant once instead of n times."""
    error = y - X @ w - b
    return np.log(2 * np.pi * sigma**2) / 2 + (error**2).sum() / (2 * sigma**2)


WRONG_A = {
    "check_conditional_mean": [mean_without_bias, mean_bias_per_feature],
    "check_linear_model": [model_elementwise, model_without_bias],
    "check_linear_model_batch": [batch_one_number, batch_bias_times_n],
    "check_squared_loss": [loss_without_half, loss_absolute],
    "check_average_loss": [average_per_example, average_as_sum],
    "check_normal_equations": [normal_no_intercept, normal_bias_from_mean],
    "check_sgd_step": [step_sum, step_uphill, step_index_set_of_i],
    "check_sgd_weights": [weights_wrong_sign, weights_all_examples],
    "check_sgd_bias": [bias_starts_from_w, bias_not_divided],
    "check_minibatch_variance": [variance_with_replacement, variance_not_shrinking],
    "check_noise_floor": [floor_linear, floor_batch_ignored],
    "check_normal_density": [density_without_sigma, density_sigma_not_squared],
    "check_noise_model": [noise_variance_as_deviation, noise_shared],
    "check_gaussian_likelihood": [target_without_bias, target_not_normalised],
    "check_likelihood_product": [product_as_sum, product_as_mean],
    "check_nll": [nll_log_of_targets, nll_without_minus],
    "check_nll_sum": [nll_sum_without_brackets, nll_sum_constant_once],
}


def index_outside(loss, f, X, y):
    """The notes' form: predict for everything at once, then take a part."""
    predictions = np.resize(f(X), len(y))
    return np.mean([loss(X[i], y[i], predictions[i]) for i in range(len(y))])


def sum_of_losses(loss, f, X, y):
    """A sum, not an average."""
    return sum(loss(x_i, y_i, f(x_i)) for x_i, y_i in zip(X, y, strict=False))


def expectation_of_nothing(loss, f, density, x, y):
    """The notes' form: the loss has slid into the subscript, the density alone is integrated."""
    X, Y = np.meshgrid(x, y, indexing="ij")
    return np.sum(density(X, Y)) * (x[1] - x[0]) * (y[1] - y[0])


def unweighted_mean(loss, f, density, x, y):
    """The mean loss over the grid, as if all pairs were equally likely."""
    X, Y = np.meshgrid(x, y, indexing="ij")
    return np.mean(loss(X, Y, f(X)))


def without_noise(a, f_x, f_x0, sigma):
    """Bias and variance only."""
    return (a @ f_x - f_x0) ** 2 + sigma**2 * a @ a


def bias_not_squared(a, f_x, f_x0, sigma):
    """The bias itself in place of its square."""
    return sigma**2 + abs(a @ f_x - f_x0) + sigma**2 * a @ a


def remainder_dropped(n, K, rng):
    """K folds of equal size; what does not fit is lost."""
    size = n // K
    rows = rng.permutation(n)
    return [rows[k * size : (k + 1) * size] for k in range(K)]


def drawn_with_repeats(n, K, rng):
    """Folds drawn independently: they overlap."""
    return [rng.integers(0, n, size=n // K) for _ in range(K)]


def in_file_order(n, K, rng):
    """Nothing is shuffled."""
    return np.array_split(np.arange(n), K)


def training_error_only(phi, y):
    """The leverage is forgotten: this is the training error."""
    return np.mean((y - phi @ np.linalg.pinv(phi) @ y) ** 2)


def leverage_outside_the_square(phi, y):
    """Divides the squared residual by 1 - h once."""
    H = phi @ np.linalg.pinv(phi)
    return np.mean((y - H @ y) ** 2 / (1 - np.diag(H)))


def factor_lost(w, b, X, y, lr, lam):
    """The second half of the notes' equation: no factor 1 - lr * lam."""
    error = X @ w + b - y
    return w - lr * X.T @ error / len(y), b - lr * error.mean()


def bias_decays_too(w, b, X, y, lr, lam):
    """Shrinks the bias as well."""
    error = X @ w + b - y
    return (1 - lr * lam) * w - lr * X.T @ error / len(y), (1 - lr * lam) * b - lr * error.mean()


def penalty_without_half(w, b, X, y, lr, lam):
    """The gradient of lam * |w|², twice too large."""
    error = X @ w + b - y
    return (1 - 2 * lr * lam) * w - lr * X.T @ error / len(y), b - lr * error.mean()


def lam_without_n(X, y, lam):
    """λ in place of nλ."""
    Xm, ym = X.mean(axis=0), y.mean()
    Xc = X - Xm
    w = np.linalg.solve(Xc.T @ Xc + lam * np.eye(X.shape[1]), Xc.T @ (y - ym))
    return w, ym - Xm @ w


def not_centred(X, y, lam):
    """Fits the weights as if there were no bias."""
    w = np.linalg.solve(X.T @ X + len(y) * lam * np.eye(X.shape[1]), X.T @ y)
    return w, np.mean(y - X @ w)


def singular_values_not_squared(s, n, lam):
    """s in place of s²."""
    return s / (s + n * lam)


def shares_without_n(s, n, lam):
    """λ in place of nλ."""
    return s**2 / (s**2 + lam)


def mean_of_fold_means(phi, y, folds):
    """Unequal folds weigh their examples unequally."""
    errors = []
    for fold in folds:
        rest = np.setdiff1d(np.arange(len(y)), fold)
        w = np.linalg.lstsq(phi[rest], y[rest])[0]
        errors.append(np.mean((y[fold] - phi[fold] @ w) ** 2))
    return np.mean(errors)


def judged_on_what_it_saw(phi, y, folds):
    """The training error of one fit to all rows."""
    return np.mean((y - phi @ np.linalg.lstsq(phi, y)[0]) ** 2)


WRONG_B = {
    "check_training_error": [index_outside, sum_of_losses],
    "check_generalization_error": [expectation_of_nothing, unweighted_mean],
    "check_bias_variance": [without_noise, bias_not_squared],
    "check_cross_validation": [mean_of_fold_means, judged_on_what_it_saw],
    "check_k_fold": [remainder_dropped, drawn_with_repeats, in_file_order],
    "check_press": [training_error_only, leverage_outside_the_square],
    "check_weight_decay": [factor_lost, bias_decays_too, penalty_without_half],
    "check_ridge": [lam_without_n, not_centred],
    "check_shrinkage": [singular_values_not_squared, shares_without_n],
}

WRONG = {**WRONG_A, **WRONG_B}
