"""Wrong formulas of chapter 07: slips that run without an error message.

The notes have no equation here; what is wrong is the claim that the network, and not its
training, is invariant to the order of the features (C90), and the parent book's 4Δ² weights.
"""

import numpy as np


def not_permuted(W1, order):
    """The notes' claim: the function itself does not care."""
    return W1


def permuted_columns(W1, order):
    """Shuffles hidden units, not pixels."""
    return W1[:, order[order < W1.shape[1]]]


def permuted_backwards(W1, order):
    """The inverse shuffle."""
    return W1[np.argsort(order)]


def image_layer_transposed(X, W, U):
    """Sums over the place of the unit."""
    return U + np.einsum("ijkl,ij->kl", W, X)


def image_layer_without_bias(X, W, U):
    return np.einsum("ijkl,kl->ij", W, X)


def shared_minus(X, V, u):
    """A convolution: minus signs."""
    H = np.full(X.shape, float(u))
    for a, b in np.ndindex(V.shape):
        H += V[a, b] * np.roll(X, (a, b), axis=(0, 1))
    return H


def shared_by_place(X, V, u):
    """Not equivariant: a weight of its own for each place."""
    return V * X + u


def impulse_unturned(F, side):
    """The response itself."""
    return F(np.eye(1, side * side).reshape(side, side))


def impulse_off_by_one(F, side):
    """Turned, but the middle moved by one pixel."""
    return F(np.eye(1, side * side).reshape(side, side))[::-1, ::-1]


def weights_without_the_middle(N, reach):
    """The parent book's count."""
    return N**4, (2 * N - 1) ** 2, 4 * reach**2


def weights_periodic(N, reach):
    """Offsets of a periodic grid."""
    return N**4, N**2, (2 * reach + 1) ** 2


def _places(X, V):
    windows = np.lib.stride_tricks.sliding_window_view(X, V.shape)
    return np.einsum("ijab,ab->ij", windows, V)


def correlate_turned(X, V):
    """A true convolution, where it fits."""
    return _places(X, V[::-1, ::-1])


def correlate_padded(X, V):
    """Keeps the size."""
    return _places(np.pad(X, [(0, v - 1) for v in V.shape]), V)


def convolve_not_turned(X, V):
    """Full, but a cross-correlation."""
    return _places(np.pad(X, [(v - 1, v - 1) for v in V.shape]), V)


def convolve_turned_in_one_direction(X, V):
    return _places(np.pad(X, [(v - 1, v - 1) for v in V.shape]), V[::-1])


def kernel_gradient_turned(X, V, G):
    return _places(X, G)[::-1, ::-1]


def kernel_gradient_mean(X, V, G):
    """The mean over the places, not the sum."""
    return _places(X, G) / G.size


def pixel_gradient_not_turned(X, V, G):
    return convolve_not_turned(G, V)


def pixel_gradient_valid(X, V, G):
    """Without the margin."""
    return _places(G, V[::-1, ::-1])


def size_rounded_up(N, k, p, s, delta):
    return -(-(N + 2 * p - delta * (k - 1) - 1) // s) + 1


def size_padding_once(N, k, p, s, delta):
    """p in all, not on each side."""
    return max(N + p - delta * (k - 1) - 1, 0) // s + 1


def size_without_dilation(N, k, p, s, delta):
    return (N + 2 * p - k) // s + 1


def channels_not_summed(X, V, u):
    """Sees the first input channel only."""
    return np.array([u[o] + _places(X[0], V[o, 0]) for o in range(len(V))])


def channels_bias_each(X, V, u):
    """The bias once for each input channel."""
    return np.array(
        [sum(u[o] + _places(x, v) for x, v in zip(X, V[o], strict=True)) for o in range(len(V))]
    )


def weights_bias_per_input(c_in, c_out, k):
    return c_in * (c_out * k**2 + 1)


def weights_one_input(c_in, c_out, k):
    """A kernel for each output channel, not for each pair."""
    return c_out * (k**2 + 1)


def pool_mean(X, k):
    h, w = (side // k for side in X.shape)
    return X[: h * k, : w * k].reshape(h, k, w, k).mean(axis=(1, 3))


def pool_overlapping(X, k):
    """Stride 1."""
    return np.lib.stride_tricks.sliding_window_view(X, (k, k)).max(axis=(2, 3))


def pool_not_below_zero(X, k):
    """Starts the search for the largest at 0."""
    h, w = (side // k for side in X.shape)
    return np.maximum(X[: h * k, : w * k].reshape(h, k, w, k).max(axis=(1, 3)), 0)


def field_without_strides(layers):
    return 1 + sum(k - 1 for k, _ in layers)


def field_own_stride(layers):
    """Multiplies by the layer's own stride, too."""
    r, step = 1, 1
    for k, s in layers:
        step *= s
        r += (k - 1) * step
    return r


WRONG = {
    "check_permuted_features": [not_permuted, permuted_columns, permuted_backwards],
    "check_image_layer": [image_layer_transposed, image_layer_without_bias],
    "check_shared_kernel": [shared_minus, shared_by_place],
    "check_impulse_response": [impulse_unturned, impulse_off_by_one],
    "check_layer_weights": [weights_without_the_middle, weights_periodic],
    "check_cross_correlation": [correlate_turned, correlate_padded],
    "check_true_convolution": [convolve_not_turned, convolve_turned_in_one_direction],
    "check_kernel_gradient": [kernel_gradient_turned, kernel_gradient_mean],
    "check_pixel_gradient": [pixel_gradient_not_turned, pixel_gradient_valid],
    "check_output_size": [size_rounded_up, size_padding_once, size_without_dilation],
    "check_multichannel": [channels_not_summed, channels_bias_each],
    "check_conv_weights": [weights_bias_per_input, weights_one_input],
    "check_max_pooling": [pool_mean, pool_overlapping, pool_not_below_zero],
    "check_receptive_field": [field_without_strides, field_own_stride],
}
