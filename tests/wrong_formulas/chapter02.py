"""Wrong formulas of chapter 02: the notes' own where those are wrong, and plausible slips."""

import numpy as np


def broadcast_from_the_left(s, t):
    """Fills up with ones on the right."""
    axes = max(len(s), len(t))
    return _combine(s + (1,) * (axes - len(s)), t + (1,) * (axes - len(t)))


def broadcast_anything(s, t):
    """Takes the larger length even where neither is 1."""
    axes = max(len(s), len(t))
    s, t = (1,) * (axes - len(s)) + s, (1,) * (axes - len(t)) + t
    return tuple(map(max, s, t))


def _combine(s, t):
    if any(a != b and 1 not in (a, b) for a, b in zip(s, t, strict=True)):
        raise ValueError
    return tuple(map(max, s, t))


def dot_without_sum(w, x):
    """The products, not their sum."""
    return w * x


def product_entrywise(X, B):
    """Entry by entry."""
    return X * B


def product_turned(X, B):
    """The transpose of the product."""
    return (X @ B).T


def svd_without_sizes(U, sizes, V):
    """Forgets the singular values."""
    return U @ V.T


def svd_rows(U, sizes, V):
    """Takes the rows of V for the directions."""
    return (U * sizes) @ V


def scaling_without_bars(alpha, length):
    """A negative length for a negative factor: what a linear function would do."""
    return alpha * length


def scaling_squared(alpha, length):
    """That of the squared length."""
    return alpha**2 * length


def triangle_equation(whole, first, second):
    """The notes' version: an equation."""
    return abs(whole - first - second) < 1e-12


def triangle_turned(whole, first, second):
    """The inequality the wrong way round."""
    return whole >= first + second


def positivity_of_the_notes(length, is_zero):
    """The notes' version: positive exactly where x is not zero; -1 at zero passes."""
    return (length > 0) == (not is_zero)


def nonnegative_only(length, is_zero):
    """Zero for nonzero vectors passes."""
    return length >= 0


def l2_without_root(x):
    """The squared length."""
    return (x**2).sum()


def l2_mean(x):
    """The root of the mean square."""
    return np.sqrt((x**2).mean())


def l1_without_bars(x):
    """The sum of the entries."""
    return x.sum()


def lp_of_the_notes(x, p):
    """The notes' version: no absolute values."""
    with np.errstate(invalid="ignore"):
        return x.max() if p == np.inf else np.sum(x**p) ** (1 / p)


def lp_without_root(x, p):
    """The root is missing."""
    return np.abs(x).max() if p == np.inf else (np.abs(x) ** p).sum()


def bounds_root_too_early(x):
    """Claims that the sum of sizes is at most the length."""
    d, largest, length = len(x), np.abs(x).max(), np.sqrt((x**2).sum())
    return [largest, np.abs(x).sum(), length, np.sqrt(d) * length, d * largest]


def bounds_without_root(x):
    """d instead of its root."""
    d, largest, length = len(x), np.abs(x).max(), np.sqrt((x**2).sum())
    return [largest, length, np.abs(x).sum(), d * length, d * largest]


def composition_of_the_first(f, g, x):
    """Hands the first intermediate number to all places."""
    return f([g[0](x) for _ in g])


def composition_reversed(f, g, x):
    """The intermediate numbers in reverse order."""
    return f([g_j(x) for g_j in reversed(g)])


def chain_first_way(dy_du, du_dx):
    """Only the way through the first intermediate number."""
    return dy_du[0] * du_dx[0]


def chain_product(dy_du, du_dx):
    """Multiplies over the ways instead of adding."""
    return np.prod(dy_du * du_dx)


def chain_sum_of_slopes(dy_du, du_dx):
    """Adds along a way instead of multiplying."""
    return np.sum(dy_du + du_dx)


def jacobian_not_transposed(J, grad_u):
    """J in place of its transpose."""
    return J @ grad_u


def jacobian_summed(J, grad_u):
    """Sums the Jacobian's columns, without the gradient."""
    return J.sum(axis=0)


def _order(last, seen=None):
    seen = {} if seen is None else seen
    for parent, _ in last.parents:
        if parent not in seen:
            _order(parent, seen)
    seen[last] = True
    return list(seen)


def backward_overwrites(last):
    """= in place of +=."""
    last.adjoint = 1.0
    for value in reversed(_order(last)):
        for parent, slope in value.parents:
            parent.adjoint = value.adjoint * slope


def backward_in_order_of_the_program(last):
    """From the inputs to the result: adjoints are passed on before they arrive."""
    last.adjoint = 1.0
    for value in _order(last):
        for parent, slope in value.parents:
            parent.adjoint += value.adjoint * slope


def forward_without_direction(last, inputs, direction):
    """Every input moves by 1."""
    return _forward(last, inputs, [1] * len(inputs), sum)


def forward_last_way(last, inputs, direction):
    """Only the last parent counts."""
    return _forward(last, inputs, direction, lambda ways: ways[-1])


def _forward(last, inputs, direction, combine):
    tangent = dict(zip(inputs, direction, strict=True))
    for value in _order(last):
        if value not in tangent:
            tangent[value] = combine([slope * tangent[p] for p, slope in value.parents])
    return tangent[last]


def central_divided_by_h(f, x, h):
    """h in place of 2h."""
    return (f(x + h) - f(x - h)) / h


def central_one_sided(f, x, h):
    """The forward difference."""
    return (f(x + h) - f(x)) / h


def complex_real_part(f, x, h):
    """The real part."""
    return f(x + 1j * h).real / h


def complex_not_divided(f, x, h):
    """Forgets to divide by h."""
    return f(x + 1j * h).imag


def bayes_turned(p_b_given_a, p_a, p_b):
    """P(A) and P(B) exchanged."""
    return p_b_given_a * p_b / p_a


def bayes_without_prior(p_b_given_a, p_a, p_b):
    """The usual confusion: P(B | A) taken for P(A | B)."""
    return p_b_given_a


def total_unweighted(p_b_given, p):
    """The plain mean of the conditional probabilities."""
    return np.mean(p_b_given)


def total_first(p_b_given, p):
    """Forgets the false alarms."""
    return p_b_given[0] * p[0]


def odds_turned(odds, p_b_given_a, p_b_given_not_a):
    """The likelihood ratio upside down."""
    return odds * p_b_given_not_a / p_b_given_a


def odds_without_alarm(odds, p_b_given_a, p_b_given_not_a):
    """Forgets the false alarms."""
    return odds * p_b_given_a


def expectation_of_the_mean(f, x, p):
    """f of the expectation."""
    return f((x * p).sum())


def expectation_unweighted(f, x, p):
    """All values alike."""
    return f(x).mean()


def linear_without_factors(a, mean_x, b, mean_y):
    """Forgets a and b."""
    return mean_x + mean_y


def linear_squared(a, mean_x, b, mean_y):
    """The rule for variances of independent variables."""
    return a**2 * mean_x + b**2 * mean_y


def variance_without_mean(x, p):
    """E[X²]."""
    return (x**2 * p).sum()


def variance_of_sizes(x, p):
    """The standard deviation."""
    return np.sqrt((x**2 * p).sum() - (x * p).sum() ** 2)


def covariance_not_centred(X):
    """Forgets the means."""
    return X.T @ X / len(X)


def covariance_of_rows(X):
    """Sums over the wrong axis: (n, n)."""
    off = X - X.mean(axis=0)
    return off @ off.T / len(X)


def mixture_uncorrelated(v, Sigma):
    """Only the variances, without the covariances."""
    return (v**2 * np.diag(Sigma)).sum()


def mixture_not_squared(v, Sigma):
    """Weights that are not squared."""
    return v @ np.diag(Sigma)


def tower_unweighted(conditional_means, p):
    """The plain sum."""
    return conditional_means.sum()


def guess_without_noise(conditional_means, conditional_variances, guesses, p):
    """Forgets what no guess can remove."""
    return ((conditional_means - guesses) ** 2 * p).sum()


def guess_not_squared(conditional_means, conditional_variances, guesses, p):
    """The distance instead of its square."""
    return ((conditional_variances + abs(conditional_means - guesses)) * p).sum()


def standard_error_without_root(sigma, n):
    """n in place of its root."""
    return sigma / n


def standard_error_of_one(sigma, n):
    """No gain from more draws."""
    return sigma


def chebyshev_root(variance, n, epsilon):
    """The root of the bound."""
    return np.sqrt(variance / n) / epsilon


def chebyshev_too_sharp(variance, n, epsilon):
    """A quarter of the bound."""
    return variance / (4 * n * epsilon**2)


WRONG = {
    "check_broadcast": [broadcast_from_the_left, broadcast_anything],
    "check_dot_product": [dot_without_sum],
    "check_matrix_product": [product_entrywise, product_turned],
    "check_svd": [svd_without_sizes, svd_rows],
    "check_norm_scaling": [scaling_without_bars, scaling_squared],
    "check_triangle_inequality": [triangle_equation, triangle_turned],
    "check_norm_positive": [positivity_of_the_notes, nonnegative_only],
    "check_l2_norm": [l2_without_root, l2_mean],
    "check_l1_norm": [l1_without_bars],
    "check_lp_norm": [lp_of_the_notes, lp_without_root],
    "check_norm_order": [bounds_root_too_early, bounds_without_root],
    "check_composition": [composition_of_the_first, composition_reversed],
    "check_chain_rule": [chain_first_way, chain_product, chain_sum_of_slopes],
    "check_chain_rule_matrix": [jacobian_not_transposed, jacobian_summed],
    "check_adjoint": [backward_overwrites, backward_in_order_of_the_program],
    "check_tangent": [forward_without_direction, forward_last_way],
    "check_central_difference": [central_divided_by_h, central_one_sided],
    "check_complex_step": [complex_real_part, complex_not_divided],
    "check_bayes": [bayes_turned, bayes_without_prior],
    "check_total_probability": [total_unweighted, total_first],
    "check_bayes_odds": [odds_turned, odds_without_alarm],
    "check_expectation": [expectation_of_the_mean, expectation_unweighted],
    "check_linearity": [linear_without_factors, linear_squared],
    "check_variance": [variance_without_mean, variance_of_sizes],
    "check_covariance": [covariance_not_centred, covariance_of_rows],
    "check_variance_mixture": [mixture_uncorrelated, mixture_not_squared],
    "check_tower": [tower_unweighted],
    "check_best_guess": [guess_without_noise, guess_not_squared],
    "check_standard_error": [standard_error_without_root, standard_error_of_one],
    "check_chebyshev": [chebyshev_root, chebyshev_too_sharp],
}
