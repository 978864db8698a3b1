"""Wrong formulas of chapter 04: slips that run without an error message.

The notes' own equations are right here; what they leave out is the condition that labels sum to 1.
"""

import numpy as np


def hot_column(classes, q):
    """Classes along the rows: transposed."""
    return np.eye(q)[:, classes]


def cold(classes, q):
    """0 for the right class, 1 elsewhere."""
    return 1 - np.eye(q)[classes]


def scores_without_bias(x, W, b):
    """Forgets b."""
    return x @ W


def scores_bias_per_pixel(x, W, b):
    """Adds the bias once for each pixel."""
    return (x[:, None] * W + b).sum(axis=0)


def batch_bias_summed(X, W, b):
    """One bias, the sum, for all classes."""
    return X @ W + b.sum()


def exponents_base_two(o):
    """Powers of 2 instead of e."""
    return 2.0**o / (2.0**o).sum(axis=-1, keepdims=True)


def normalised_over_everything(o):
    """One sum for the whole batch."""
    return np.exp(o) / np.exp(o).sum()


def normalised_over_examples(o):
    """The sum over the wrong axis."""
    return np.exp(o) / np.exp(o).sum(axis=0)


def naive(o):
    """Overflows."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.exp(o) / np.exp(o).sum(axis=-1, keepdims=True)


def numerator_not_shifted(o):
    """Subtracts the maximum in the sum only."""
    total = np.exp(o - o.max(axis=-1, keepdims=True)).sum(axis=-1, keepdims=True)
    return np.exp(o) / total


def sum_of_probabilities(Y, Y_hat):
    """A sum where a product belongs."""
    return Y_hat[Y == 1].sum()


def product_of_all_entries(Y, Y_hat):
    """Also multiplies by what was said of the classes that did not occur."""
    return np.prod(Y_hat)


def loss_with_nan(y, y_hat):
    """Without the convention that 0 log 0 counts as 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return -(y * np.log(y_hat)).sum()


def loss_in_bits(y, y_hat):
    """The logarithm to base 2."""
    used = y > 0
    return -(y[used] * np.log2(y_hat[used])).sum()


def loss_swapped(y, y_hat):
    """Label and prediction exchanged."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return -(y_hat * np.log(y)).sum()


def nll_average(Y, Y_hat):
    """The average where the sum belongs."""
    return -np.log(Y_hat[Y == 1]).mean()


def nll_over_columns(Y, Y_hat):
    """n and q mixed up by the letter i: stops after q examples."""
    return -sum(np.log(Y_hat[i][Y[i] == 1][0]) for i in range(Y.shape[1] - 1))


def loss_sign(y, o):
    """The sign of the second term."""
    return np.log(np.exp(o).sum()) + y @ o


def loss_log_of_scores(y, o):
    """Logarithm and sum exchanged."""
    return o.sum() - y @ o


def lse_once(y, o):
    """The notes' last form where labels sum to 2: it needs the condition that they sum to 1."""
    return np.log(np.exp(o).sum()) - y @ o


def lse_plain(o):
    """Overflows."""
    with np.errstate(over="ignore", divide="ignore"):
        return np.log(np.exp(o).sum(axis=-1))


def lse_forgets_m(o):
    """Subtracts the maximum and does not add it again."""
    return np.log(np.exp(o - o.max(axis=-1, keepdims=True)).sum(axis=-1))


def lse_is_max(o):
    """The hard maximum."""
    return o.max(axis=-1)


def gradient_reversed(y, o):
    """What happened minus what was said."""
    return y - np.exp(o) / np.exp(o).sum()


def gradient_true_class_only(y, o):
    """Moves the true class alone."""
    return y * (np.exp(o) / np.exp(o).sum() - y)


def _error(X, Y, W, b):
    E = np.exp(X @ W + b)
    return E / E.sum(axis=1, keepdims=True) - Y


def weight_gradient_sum(X, Y, W, b):
    """The gradient of the sum, not of the average."""
    error = _error(X, Y, W, b)
    return X.T @ error, error.sum(axis=0)


def weight_gradient_bias_over_classes(X, Y, W, b):
    """Averages the bias's gradient over everything: always 0."""
    error = _error(X, Y, W, b)
    return X.T @ error / len(X), np.full(len(b), error.mean())


def hessian_diagonal(o):
    """As if the classes were independent sigmoids."""
    p = np.exp(o) / np.exp(o).sum()
    return np.diag(p * (1 - p))


def hessian_sign(o):
    """Plus instead of minus."""
    p = np.exp(o) / np.exp(o).sum()
    return np.diag(p) + np.outer(p, p)


def logistic_reversed(z):
    """The probability of the other class."""
    return 1 / (1 + np.exp(z))


def logistic_as_logarithm(z):
    """A logarithmic function, not a logistic one."""
    return np.log1p(np.abs(z))


def binary_overflows(y, z):
    """The plain form, infinite at 1,000."""
    with np.errstate(over="ignore"):
        return np.log(1 + np.exp(z)) - y * z


def binary_without_max(y, z):
    """The safe logarithm without max(z, 0)."""
    return np.log1p(np.exp(-abs(z))) - y * z


def divergence_reversed(y, y_hat):
    """KL in the other direction."""
    return -(y * np.log(y)).sum(), (y_hat * np.log(y_hat / y)).sum()


def entropy_of_the_model(y, y_hat):
    """The entropy of the prediction."""
    return -(y_hat * np.log(y_hat)).sum(), (y * np.log(y / y_hat)).sum()


def variance_not_deviation(error, n):
    """Without the square root."""
    return error * (1 - error) / n


def deviation_of_one(error, n):
    """Does not shrink with n."""
    return np.sqrt(error * (1 - error))


def _bins(confidence):
    return np.minimum((confidence * 10).astype(int), 9)


def bins_count_equally(confidence, right):
    """Every bin the same weight."""
    which = _bins(confidence)
    gaps = [abs(right[which == m].mean() - confidence[which == m].mean()) for m in set(which)]
    return np.mean(gaps)


def gap_of_the_means(confidence, right):
    """One bin: gaps of opposite sign cancel."""
    return abs(right.mean() - confidence.mean())


def threshold_reversed(alarm, miss):
    """The costs exchanged."""
    return miss / (alarm + miss)


def threshold_half(alarm, miss):
    """Deaf to costs."""
    return 0.5


def shift_not_normalised(y_hat, old, new):
    """Does not sum to 1."""
    return y_hat * new / old


def shift_forgets_old(y_hat, old, new):
    """Does not take out the old frequencies."""
    weighed = y_hat * new
    return weighed / weighed.sum(axis=-1, keepdims=True)


WRONG = {
    "check_one_hot": [hot_column, cold],
    "check_class_scores": [scores_without_bias, scores_bias_per_pixel],
    "check_class_scores_batch": [scores_without_bias, batch_bias_summed],
    "check_softmax": [exponents_base_two, normalised_over_everything, normalised_over_examples],
    "check_stable_softmax": [naive, numerator_not_shifted],
    "check_class_likelihood": [sum_of_probabilities, product_of_all_entries],
    "check_cross_entropy": [loss_with_nan, loss_in_bits, loss_swapped],
    "check_class_nll": [nll_average, nll_over_columns],
    "check_softmax_cross_entropy": [loss_sign, loss_log_of_scores],
    "check_cross_entropy_split": [lse_once, loss_sign],
    "check_lse": [lse_plain, lse_forgets_m, lse_is_max],
    "check_logit_gradient": [gradient_reversed, gradient_true_class_only],
    "check_class_weight_gradient": [weight_gradient_sum, weight_gradient_bias_over_classes],
    "check_softmax_hessian": [hessian_diagonal, hessian_sign],
    "check_logistic": [logistic_reversed, logistic_as_logarithm],
    "check_binary_cross_entropy": [binary_overflows, binary_without_max],
    "check_gibbs": [divergence_reversed, entropy_of_the_model],
    "check_test_deviation": [variance_not_deviation, deviation_of_one],
    "check_calibration_error": [bins_count_equally, gap_of_the_means],
    "check_cost_threshold": [threshold_reversed, threshold_half],
    "check_label_shift": [shift_not_normalised, shift_forgets_old],
}
