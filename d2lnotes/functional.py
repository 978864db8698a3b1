"""What layers compute: functions of tensors, each with its derivative beside it.

Inputs may be tensors or plain arrays. Images are (n, channels, height, width), sequences in the
recurrent functions (steps, n, features), as in PyTorch. In the comments g is the gradient of a
loss with respect to the function's result, and dx that with respect to its input x.
"""

import numpy as np

from d2lnotes.tensor import as_tensor, operand, trace

# Activation functions


def relu(x):
    r"""The rectifier, :math:`\max(x, 0)`; its derivative at 0 is taken to be 0.

    Notes
    -----
    Backward: dx = g where x > 0, else 0. Nair and Hinton (2010).

    Examples
    --------
    >>> relu([-1.0, 0.0, 2.0])
    Tensor([0., 0., 2.])
    """
    x = as_tensor(x)
    value = np.maximum(x.data, 0)
    return trace("relu", value, (x,), (lambda g: g * (value > 0),))


def sigmoid(x):
    r"""The logistic function, :math:`\sigma(x) = 1 / (1 + e^{-x})`.

    Notes
    -----
    Backward: dx = g σ(x) (1 − σ(x)). The exponential is taken of −\|x\|, so it cannot overflow.

    Examples
    --------
    >>> sigmoid([0.0, 10000.0])
    Tensor([0.5, 1. ])
    """
    x = as_tensor(x)
    small = np.exp(-np.abs(x.data))
    value = np.where(x.data >= 0, 1, small) / (1 + small)
    return trace("sigmoid", value, (x,), (lambda g: g * value * (1 - value),))


def tanh(x):
    r"""The hyperbolic tangent, :math:`(e^x - e^{-x}) / (e^x + e^{-x})`.

    Notes
    -----
    Backward: dx = g (1 − tanh² x).

    Examples
    --------
    >>> tanh([0.0, 10000.0])
    Tensor([0., 1.])
    """
    x = as_tensor(x)
    value = np.tanh(x.data)
    return trace("tanh", value, (x,), (lambda g: g * (1 - value * value),))


def gelu(x):
    r"""The Gaussian error linear unit in its tanh form,
    :math:`\tfrac x2 (1 + \tanh(\sqrt{2/\pi}\,(x + 0.044715\,x^3)))`.

    Notes
    -----
    PyTorch's ``gelu(x, approximate="tanh")``, within 0.0005 of x Φ(x). With t = tanh(u):
    dx = g ((1 + t)/2 + x (1 − t²) u′/2). Hendrycks and Gimpel (2016).

    Examples
    --------
    >>> gelu([0.0, 100.0])
    Tensor([  0., 100.])
    """
    x = as_tensor(x)
    a, c = x.data, (2 / np.pi) ** 0.5
    t = np.tanh(c * (a + 0.044715 * a * a * a))

    def vjp(g):
        slope = c * (1 + 3 * 0.044715 * a * a)
        return g * 0.5 * (1 + t + a * (1 - t * t) * slope)

    return trace("gelu", 0.5 * a * (1 + t), (x,), (vjp,))


def softmax(x, axis=-1, mask=None):
    r"""Probabilities from logits, :math:`e^{x_j} / \sum_k e^{x_k}` along an axis.

    Parameters
    ----------
    x : Tensor of shape (...)
        Logits.
    axis : int
        The axis along which the result sums to 1.
    mask : array_like of bool, broadcastable to x, optional
        Where False, the probability is 0. Where nothing is allowed, all of them are 0.

    Returns
    -------
    Tensor of shape (...)

    Notes
    -----
    The largest logit is subtracted first, so the exponential cannot overflow. Backward, with
    probabilities p: dx = p (g − Σ g p).

    Examples
    --------
    >>> softmax([[0.0, 0.0], [10000.0, 0.0]])
    Tensor([[0.5, 0.5],
            [1. , 0. ]])
    >>> softmax([3.0, 3.0, 3.0], mask=[True, False, True])
    Tensor([0.5, 0. , 0.5])
    """
    x = as_tensor(x)
    a = x.data if mask is None else np.where(_as_mask(mask, x.shape), x.data, -np.inf)
    largest = a.max(axis=axis, keepdims=True, initial=np.finfo(a.dtype).min)
    value = np.exp(a - largest)
    total = value.sum(axis=axis, keepdims=True)
    value /= total if mask is None else np.where(total == 0, 1, total)

    def vjp(g):
        dx = g * value
        dx -= value * dx.sum(axis=axis, keepdims=True)
        return dx

    return trace("softmax", value, (x,), (vjp,))


def _as_mask(mask, shape):
    mask = np.asarray(mask)
    if mask.dtype != bool:
        raise TypeError(f"expected a mask of booleans, got {mask.dtype}; compare: mask == 1")
    try:
        return np.broadcast_to(mask, shape)
    except ValueError:
        message = f"expected a mask that broadcasts to {shape}, got shape {mask.shape}"
        raise ValueError(message) from None


def log_softmax(x, axis=-1):
    r"""Logarithms of probabilities, :math:`x_j - \log \sum_k e^{x_k}` along an axis.

    Notes
    -----
    Backward: dx = g − softmax(x) Σ g.

    Examples
    --------
    >>> log_softmax([[0.0, 10000.0]])
    Tensor([[-10000.,      0.]])
    """
    x = as_tensor(x)
    value = x.data - x.data.max(axis=axis, keepdims=True)
    value -= np.log(np.exp(value).sum(axis=axis, keepdims=True))

    def vjp(g):
        return g - np.exp(value) * g.sum(axis=axis, keepdims=True)

    return trace("log_softmax", value, (x,), (vjp,))


# Losses


def cross_entropy(logits, labels, ignore_index=None):
    r"""Mean cross-entropy of a softmax, :math:`\frac1n \sum_i (\log\sum_k e^{o_{ik}} - o_{iy_i})`.

    Parameters
    ----------
    logits : Tensor of shape (n, classes)
        Scores before the softmax, any real numbers.
    labels : array_like of int, shape (n,)
        The true classes, from 0 to classes − 1.
    ignore_index : int, optional
        Examples with this label (padding) count neither in the sum nor in n.

    Returns
    -------
    Tensor of shape ()
        In nats, the mean over the examples.

    Raises
    ------
    ValueError
        Wrong shapes, a label out of range, or no example to average over.
    TypeError
        The labels are not integers.

    Notes
    -----
    Softmax and logarithm are fused: nothing overflows, and the backward pass is the difference
    dx = g (softmax(o) − onehot(y)) / n.

    Examples
    --------
    Two equally likely classes cost log 2 = 0.693 nats:

    >>> round(cross_entropy([[5.0, 5.0]], [0]).item(), 3)
    0.693
    """
    logits = as_tensor(logits)
    o = logits.data
    labels = _as_indices("labels", labels)
    if o.ndim != 2 or labels.shape != o.shape[:1]:
        raise ValueError(
            f"expected logits (n, classes) and labels (n,), got {o.shape} and {labels.shape}; "
            "flatten sequences with logits.reshape(-1, classes)"
        )
    if ignore_index is not None:
        counted = labels != ignore_index
        return cross_entropy(logits[counted], labels[counted])
    if labels.size == 0:
        raise ValueError("expected at least one example to average over, got none")
    _check_range("labels", labels, o.shape[1])
    rows = np.arange(len(o))
    shifted = o - o[rows, o.argmax(axis=1)][:, None]  # max(axis=1) is slow where rows are short
    chosen = shifted[rows, labels]
    odds = np.exp(shifted, out=shifted)
    total = odds.sum(axis=1, keepdims=True)
    value = (np.log(total[:, 0]) - chosen).sum() / len(rows)

    def vjp(g):
        dx = odds / total
        dx[rows, labels] -= 1
        dx *= g / len(rows)
        return dx

    return trace("cross_entropy", value, (logits,), (vjp,))


def _as_indices(name, indices):
    indices = np.asarray(indices)
    if indices.size and indices.dtype.kind not in "iu":
        raise TypeError(f"expected {name} to be integers, got {indices.dtype}")
    return indices.astype(int, copy=False)


def _check_range(name, indices, count):
    wrong = indices[(indices < 0) | (indices >= count)]
    if wrong.size:
        raise ValueError(f"expected {name} from 0 to {count - 1}, got {wrong[0]}")


def binary_cross_entropy_with_logits(logits, targets):
    r"""Mean cross-entropy of a sigmoid, the mean of :math:`\log(1 + e^{o}) - y\,o`.

    Parameters
    ----------
    logits : Tensor of shape (...)
        Log-odds o of the answer 1.
    targets : array_like of shape (...)
        Answers y: 0, 1, or a probability between; they get no gradient.

    Returns
    -------
    Tensor of shape ()
        In nats, the mean over the entries.

    Notes
    -----
    log(1 + eᵒ) is computed by ``logaddexp``. Backward: dx = g (σ(o) − y) / n.

    Examples
    --------
    >>> round(binary_cross_entropy_with_logits([0.0], [1.0]).item(), 3)
    0.693
    """
    logits = as_tensor(logits)
    o, y = logits.data, _as_targets(logits, targets)
    value = (np.logaddexp(0, o) - y * o).mean()

    def vjp(g):
        return (sigmoid(o).data - y) * (g / o.size)

    return trace("binary_cross_entropy", value, (logits,), (vjp,))


def mse(prediction, target):
    r"""Mean squared error, the mean of :math:`(\hat y - y)^2` (no factor ½).

    Parameters
    ----------
    prediction : Tensor of shape (...)
    target : array_like of shape (...)
        The same shape: (n, 1) against (n,) would broadcast to (n, n) and is an error.

    Returns
    -------
    Tensor of shape ()

    Raises
    ------
    ValueError
        The shapes differ, or there is nothing to average over.

    Notes
    -----
    Backward: dŷ = 2 g (ŷ − y) / n, and dy = −dŷ if the target is a tensor that needs it.

    Examples
    --------
    >>> mse([1.0, 2.0], [1.0, 4.0])
    Tensor(2.)
    """
    prediction = as_tensor(prediction)
    target = operand(target, prediction)
    error = prediction.data - _as_targets(prediction, target.data)
    value = np.vdot(error, error) / error.size

    def vjp(g):
        d = error * (2 * g / error.size)
        return d, -d if target.requires_grad else None

    return trace("mse", value, (prediction, target), vjp)


def _as_targets(prediction, target):
    target = np.asarray(target)
    if target.shape != prediction.shape:
        raise ValueError(f"expected targets {prediction.shape}, got {target.shape}; reshape one")
    if target.size == 0:
        raise ValueError("expected at least one example to average over, got none")
    return target.astype(prediction.dtype, copy=False)


# Layers


def linear(x, weight, bias=None):
    r"""An affine map, :math:`y = x W^\top + b`.

    Parameters
    ----------
    x : Tensor of shape (..., in)
    weight : Tensor of shape (out, in)
    bias : Tensor of shape (out,), optional

    Returns
    -------
    Tensor of shape (..., out)

    Raises
    ------
    ValueError
        The last axis of x is not as long as that of the weight.

    Notes
    -----
    Backward: dx = g W, dW = gᵀ x, db = Σ g, sums running over all axes but the last.

    Examples
    --------
    >>> linear([[1.0, 2.0]], [[3.0, 4.0]], [0.5])
    Tensor([[11.5]])
    """
    x, weight = as_tensor(x), as_tensor(weight)
    a, W = x.data, weight.data
    if a.shape[-1:] != W.shape[1:]:
        raise ValueError(
            f"expected x of shape (..., {W.shape[1]}), got {a.shape}; the last axis holds the "
            "features (flatten images first)"
        )
    rows = a.reshape(-1, W.shape[1]) if a.ndim != 2 else a
    value = rows @ W.T  # (n, in) @ (in, out) -> (n, out)
    inputs = (x, weight) if bias is None else (x, weight, as_tensor(bias))
    if bias is not None:
        value += inputs[2].data

    def flat(g):
        return g.reshape(-1, len(W)) if g.ndim != 2 else g

    vjps = (
        lambda g: (flat(g) @ W).reshape(a.shape),
        lambda g: flat(g).T @ rows,  # (out, n) @ (n, in) -> (out, in)
        lambda g: np.ones(len(rows), g.dtype) @ flat(g),  # the sum, by a product: it is faster
    )
    value = value.reshape(*a.shape[:-1], len(W)) if a.ndim != 2 else value
    return trace("linear", value, inputs, vjps[: len(inputs)])


def dropout(x, p=0.5, training=True, rng=None):
    r"""Zero each entry with probability p and divide the others by 1 − p.

    Parameters
    ----------
    x : Tensor of shape (...)
    p : float in [0, 1)
    training : bool
        False gives x itself.
    rng : numpy.random.Generator, optional
        Where the mask is drawn from; by default a fresh, unseeded one.

    Returns
    -------
    Tensor of shape (...)
        Its expectation is x.

    Raises
    ------
    ValueError
        p is not in [0, 1).

    Notes
    -----
    Backward: dx = g · mask / (1 − p), with the same mask. Srivastava et al. (2014).

    Examples
    --------
    >>> dropout([1.0, 2.0], p=0.5, training=False)
    Tensor([1., 2.])
    """
    if not 0 <= p < 1:
        raise ValueError(f"expected a probability p in [0, 1), got {p}")
    x = as_tensor(x)
    if not training or p == 0:
        return x
    keep = np.random.default_rng(rng).random(x.shape, dtype=np.float32) >= p
    scale = keep * x.dtype.type(1 / (1 - p))
    return trace("dropout", x.data * scale, (x,), (lambda g: g * scale,))


def embedding(indices, weight):
    r"""Rows of a table: entry i of the result is row ``indices[i]`` of ``weight``.

    Parameters
    ----------
    indices : array_like of int, shape (...)
        From 0 to count − 1.
    weight : Tensor of shape (count, features)

    Returns
    -------
    Tensor of shape (..., features)

    Raises
    ------
    ValueError
        An index is out of range.
    TypeError
        The indices are not integers.

    Notes
    -----
    Backward: each row of dW is the sum of g over the places where that row was taken.

    Examples
    --------
    >>> embedding([1, 0, 1], [[1.0, 2.0], [3.0, 4.0]])
    Tensor([[3., 4.],
            [1., 2.],
            [3., 4.]])
    """
    weight = as_tensor(weight)
    W = weight.data
    indices = _as_indices("indices", indices)
    _check_range("indices", indices, len(W))

    def vjp(g):
        dW = np.zeros_like(W)
        order = np.argsort(indices, axis=None, kind="stable")  # equal ones in runs: sum each
        taken, starts = np.unique(indices.reshape(-1)[order], return_index=True)
        dW[taken] = np.add.reduceat(g.reshape(-1, W.shape[1])[order], starts, axis=0)
        return dW

    return trace("embedding", W[indices], (weight,), (vjp,))


# Convolution and pooling


def conv2d(x, weight, bias=None, stride=1, padding=0):
    r"""Cross-correlation of images with kernels,
    :math:`y_{noij} = b_o + \sum_{cab} x_{n,c,\,si+a,\,sj+b}\, W_{ocab}`.

    Parameters
    ----------
    x : Tensor of shape (n, in, h, w)
    weight : Tensor of shape (out, in, kh, kw)
    bias : Tensor of shape (out,), optional
    stride, padding : int
        Steps s between windows, and rows and columns of zeros around the image (p), in pixels.

    Returns
    -------
    Tensor of shape (n, out, (h + 2p − kh) // s + 1, (w + 2p − kw) // s + 1)

    Raises
    ------
    ValueError
        The channels disagree, or the kernel is larger than the padded image.

    Notes
    -----
    All windows are laid out as columns of one matrix, and one matrix product does the rest
    (Chellapilla, Puri and Simard, 2006). Backward: dW = g columnsᵀ; the gradient of the columns
    is Wᵀ g, added where each was taken; db is the sum of g.

    Examples
    --------
    >>> image = np.arange(9.0).reshape(1, 1, 3, 3)
    >>> kernel = np.arange(4.0).reshape(1, 1, 2, 2)
    >>> conv2d(image, kernel).data
    array([[[[19., 25.],
             [37., 43.]]]])
    """
    x, weight = as_tensor(x), as_tensor(weight)
    inputs = (x, weight) if bias is None else (x, weight, as_tensor(bias))
    _check_images(x, weight.shape[1])
    (n, c, h, w), (out, _, kh, kw) = x.shape, weight.shape
    h, w = h + 2 * padding, w + 2 * padding
    if stride < 1 or padding < 0 or kh > h or kw > w:
        raise ValueError(
            "expected stride >= 1, padding >= 0 and a kernel within the padded image, got "
            f"{stride=}, {padding=}, kernel ({kh}, {kw}), padded image ({h}, {w})"
        )
    oh, ow = (h - kh) // stride + 1, (w - kw) // stride + 1
    # At stride 1 windows start at every pixel, also where they run over into the next row (the
    # image gets a spare one): whole images are then copied in one run, which pays for the waste.
    wide = w if stride == 1 else ow
    # The columns of 8 images fit in the processor's cache, and need not be kept for backward.
    parts = [slice(k, k + 8) for k in range(0, n, 8)]
    pixels = np.zeros((n, c, h + 1, w), x.dtype)
    pixels[:, :, padding : h - padding, padding : w - padding] = x.data
    W = weight.data.reshape(out, -1)  # (out, c · kh · kw)

    def windows(pixels):
        by_image, by_channel, by_row, by_column = pixels.strides
        strides = (by_image, by_channel, by_row, by_column, stride * by_row, stride * by_column)
        return np.lib.stride_tricks.as_strided(pixels, (len(pixels), c, kh, kw, oh, wide), strides)

    def columns(part):
        return windows(pixels[part]).reshape(-1, c * kh * kw, oh * wide)  # a copy

    b = np.zeros(out, W.dtype) if bias is None else inputs[2].data
    value = np.empty((n, out, oh, ow), np.result_type(x.data, W, b))
    for part in parts:
        product = W @ columns(part)  # (out, c · kh · kw) @ (8, c · kh · kw, oh · wide)
        product = product.reshape(-1, out, oh, wide)[..., :ow]
        np.add(product, b[:, None, None], out=value[part])

    def vjp(g):
        dW, full = np.zeros_like(W), np.zeros(pixels.shape, g.dtype)
        for part in parts:
            widened = np.zeros((*g[part].shape[:3], wide), g.dtype)
            widened[..., :ow] = g[part]
            widened = widened.reshape(-1, out, oh * wide)
            dW += (widened @ columns(part).swapaxes(1, 2)).sum(axis=0)
            if x.requires_grad:
                share = (W.T @ widened).reshape(-1, c, kh, kw, oh, wide)  # of the columns
                taken = windows(full[part])
                for place in np.ndindex(kh, kw):
                    taken[:, :, *place] += share[:, :, *place]
        dx = full[:, :, padding : h - padding, padding : w - padding]
        return (dx, dW.reshape(weight.shape), g.sum(axis=(0, 2, 3)))[: len(inputs)]

    return trace("conv2d", value, inputs, vjp)


def _check_images(x, channels="channels"):
    if x.ndim != 4 or channels not in ("channels", x.shape[1]):
        raise ValueError(
            f"expected images of shape (n, {channels}, height, width), got {x.shape}; x[:, None] "
            "adds the axis of channels, x[None] that of images"
        )


def _pooling(x, kernel_size, stride):
    """For each place in a window, the index of the pixels that stand there."""
    stride = kernel_size if stride is None else stride
    _check_images(x)
    h, w = x.shape[2:]
    if not (1 <= kernel_size <= min(h, w) and stride >= 1):
        raise ValueError(
            "expected a window within the image and stride >= 1, got "
            f"{kernel_size=}, {stride=}, image ({h}, {w})"
        )
    h, w = h - kernel_size + 1, w - kernel_size + 1
    places = np.ndindex(kernel_size, kernel_size)
    return [(..., slice(a, a + h, stride), slice(b, b + w, stride)) for a, b in places]


def max_pool2d(x, kernel_size, stride=None):
    r"""The largest value in each square window of an image, channel by channel.

    Parameters
    ----------
    x : Tensor of shape (n, c, h, w)
    kernel_size : int
        Side k of the window, in pixels.
    stride : int, optional
        Steps s between windows; by default k.

    Returns
    -------
    Tensor of shape (n, c, (h − k) // s + 1, (w − k) // s + 1)

    Raises
    ------
    ValueError
        x has not four axes, or the window does not fit in the image.

    Notes
    -----
    Backward: g goes to the place of the maximum; of several, to the first in reading order (as
    in PyTorch).

    Examples
    --------
    >>> max_pool2d(np.arange(9.0).reshape(1, 1, 3, 3), 2, stride=1).data
    array([[[[4., 5.],
             [7., 8.]]]])
    """
    x = as_tensor(x)
    places = _pooling(x, kernel_size, stride)
    value = x.data[places[0]].copy("K")
    for place in places[1:]:
        np.maximum(value, x.data[place], out=value)

    def vjp(g):
        dx = np.zeros_like(x.data, dtype=g.dtype)
        left = np.ones_like(value, dtype=bool)  # windows whose maximum has not been met yet
        for place in places:
            hit = left & (x.data[place] == value)
            dx[place] += g * hit
            left ^= hit
        return dx

    return trace("max_pool2d", value, (x,), (vjp,))


def avg_pool2d(x, kernel_size, stride=None):
    r"""The mean of each square window of an image, channel by channel.

    Parameters, shapes and errors are those of :func:`max_pool2d`.

    Notes
    -----
    Backward: each of the k² places in a window receives g / k².

    Examples
    --------
    >>> avg_pool2d(np.arange(9.0).reshape(1, 1, 3, 3), 2, stride=1).data
    array([[[[2., 3.],
             [5., 6.]]]])
    """
    x = as_tensor(x)
    places = _pooling(x, kernel_size, stride)
    value = sum(x.data[place] for place in places) / len(places)

    def vjp(g):
        dx = np.zeros_like(x.data, dtype=g.dtype)
        for place in places:
            dx[place] += g / len(places)
        return dx

    return trace("avg_pool2d", value, (x,), (vjp,))


# Normalization


def batch_norm(x, mean, var, weight, bias, training=True, momentum=0.1, eps=1e-5):
    r"""Standardize each channel over the batch, then scale and shift:
    :math:`y = \gamma (x - \mu) / \sqrt{\sigma^2 + \epsilon} + \beta`.

    Parameters
    ----------
    x : Tensor of shape (n, c) or (n, c, h, w)
    mean, var : ndarray of shape (c,)
        Running statistics. Training moves them in place by ``momentum`` towards those of the
        batch (the variance with divisor m − 1); evaluation uses them.
    weight, bias : Tensor of shape (c,)
        γ and β.
    training : bool
    momentum : float
    eps : float

    Returns
    -------
    Tensor of the shape of x

    Raises
    ------
    ValueError
        The shape is another, or a training batch has only one value per channel: its variance
        is 0 whatever the value is.

    Notes
    -----
    μ and σ² (divisor m) run over the m values of a channel. Backward in training, with
    x̂ = (x − μ)/√(σ² + ε) and means over those m values:
    dx = γ/√(σ² + ε) · (g − mean(g) − x̂ mean(g x̂)), dγ = Σ g x̂, dβ = Σ g.
    Ioffe and Szegedy (2015).

    Examples
    --------
    >>> batch_norm([[1.0], [3.0]], np.zeros(1), np.ones(1), [1.0], [0.0], eps=0.0)
    Tensor([[-1.],
            [ 1.]])
    """
    x, weight, bias = as_tensor(x), as_tensor(weight), as_tensor(bias)
    c = len(weight)
    if x.ndim not in (2, 4) or x.shape[1] != c:
        raise ValueError(f"expected x of shape (n, {c}) or (n, {c}, h, w), got {x.shape}")
    axes = (0,) if x.ndim == 2 else (0, 2, 3)

    def spread_out(per_channel):  # (c,) -> (1, c) or (1, c, 1, 1)
        return per_channel.astype(x.dtype, copy=False).reshape(1, c, *[1] * (x.ndim - 2))

    if training:
        m = x.size // c
        if m < 2:
            raise ValueError(
                f"expected at least 2 values per channel in training, got {m} from {x.shape}; "
                "use a larger batch, or model.eval()"
            )
        center = x.data.mean(axis=axes)
        hat = x.data - spread_out(center)
        variance = (hat * hat).mean(axis=axes)
        mean += momentum * (center - mean)
        var += momentum * (variance * (m / (m - 1)) - var)
    else:
        hat, variance = x.data - spread_out(mean), var
    scale = spread_out(1 / np.sqrt(variance + eps))
    hat *= scale
    gamma = spread_out(weight.data)

    def vjp(g):
        d_bias, d_weight = g.sum(axis=axes), (g * hat).sum(axis=axes)
        if not training:
            return g * (gamma * scale), d_weight, d_bias
        dx = hat * spread_out(-d_weight / m)  # moving a value moves the variance
        dx -= spread_out(d_bias / m)  # and the mean of its channel
        dx += g
        dx *= gamma * scale
        return dx, d_weight, d_bias

    value = hat * gamma
    value += spread_out(bias.data)
    return trace("batch_norm", value, (x, weight, bias), vjp)


def layer_norm(x, weight, bias, eps=1e-5):
    r"""Standardize each example over its last axis, then scale and shift:
    :math:`y = \gamma (x - \mu) / \sqrt{\sigma^2 + \epsilon} + \beta`.

    Parameters
    ----------
    x : Tensor of shape (..., d)
    weight, bias : Tensor of shape (d,)
        γ and β.
    eps : float

    Returns
    -------
    Tensor of shape (..., d)

    Raises
    ------
    ValueError
        The last axis is not as long as the weight.

    Notes
    -----
    Backward as in :func:`batch_norm`, with u = g γ and means over the last axis:
    dx = (u − mean(u) − x̂ mean(u x̂)) / √(σ² + ε). Ba, Kiros and Hinton (2016).

    Examples
    --------
    >>> layer_norm([[1.0, 3.0]], [1.0, 1.0], [0.0, 0.0], eps=0.0)
    Tensor([[-1.,  1.]])
    """
    x, weight, bias = as_tensor(x), as_tensor(weight), as_tensor(bias)
    d = len(weight)
    if x.shape[-1:] != (d,):
        raise ValueError(f"expected x of shape (..., {d}), got {x.shape}")
    rows = x.data.reshape(-1, d)
    hat = rows - rows.mean(axis=1, keepdims=True)
    scale = 1 / np.sqrt(np.einsum("nd,nd->n", hat, hat)[:, None] / d + eps)  # (n, 1)
    hat *= scale

    def vjp(g):
        g = g.reshape(-1, d)
        u = g * weight.data
        along = np.einsum("nd,nd->n", u, hat)[:, None] / d
        dx = (u - u.mean(axis=1, keepdims=True) - hat * along) * scale
        return dx.reshape(x.shape), np.einsum("nd,nd->d", g, hat), g.sum(axis=0)

    value = (hat * weight.data + bias.data).reshape(x.shape)
    return trace("layer_norm", value, (x, weight, bias), vjp)


# Attention


def scaled_dot_product_attention(query, key, value, mask=None):
    r"""Weighted means of the values, :math:`\mathrm{softmax}(Q K^\top / \sqrt d)\, V`.

    Parameters
    ----------
    query : Tensor of shape (..., q, d)
    key : Tensor of shape (..., k, d)
    value : Tensor of shape (..., k, v)
    mask : array_like of bool, broadcastable to (..., q, k), optional
        True where a query may attend to a key. A query that may attend to none gets zeros.

    Returns
    -------
    Tensor of shape (..., q, v)

    Raises
    ------
    ValueError
        The shapes do not fit together.
    TypeError
        The mask is not boolean.

    Notes
    -----
    Composed of differentiable operations. Vaswani et al. (2017).

    Examples
    --------
    A query that is orthogonal to all keys takes the plain mean:

    >>> scaled_dot_product_attention([[0.0]], [[1.0], [2.0]], [[10.0], [20.0]])
    Tensor([[15.]])
    """
    return attention_weights(query, key, mask) @ as_tensor(value)


def attention_weights(query, key, mask=None):
    r"""How much each query attends to each key, :math:`\mathrm{softmax}(Q K^\top / \sqrt d)`.

    Parameters as in :func:`scaled_dot_product_attention`.

    Returns
    -------
    Tensor of shape (..., q, k)
        Each row sums to 1, or is 0 where the mask allows nothing.

    Examples
    --------
    >>> attention_weights([[0.0]], [[1.0], [2.0]], mask=[[True, False]])
    Tensor([[1., 0.]])
    """
    query, key = as_tensor(query), as_tensor(key)
    if query.ndim < 2 or key.ndim < 2 or query.shape[-1] != key.shape[-1]:
        raise ValueError(
            f"expected queries (..., q, d) and keys (..., k, d), got {query.shape} and {key.shape}"
        )
    scores = (query * query.shape[-1] ** -0.5) @ key.swapaxes(-1, -2)
    return softmax(scores, mask=mask)


# Recurrent layers: the whole sequence is one operation. Each takes the share of the inputs in
# its gates, (steps, n, gates · h), computed for all steps at once by `linear`, the first state,
# and the weights from state to gates. Each step does one matrix product for all gates.


def rnn(gates, h0, weight):
    r"""Hidden states :math:`h_t = \tanh(a_t + h_{t-1} W^\top)`.

    Parameters
    ----------
    gates : Tensor of shape (steps, n, h)
        The inputs' share a, biases included.
    h0 : Tensor of shape (n, h)
        The state before the first step.
    weight : Tensor of shape (h, h)

    Returns
    -------
    Tensor of shape (steps, n, h)

    Notes
    -----
    Backward through time (Werbos, 1990), from the last step: da = (g + dh) (1 − h²), then
    dh = da W for the step before; dW is one product over all steps. Elman (1990).

    Examples
    --------
    >>> rnn([[[0.0]], [[0.0]]], [[0.0]], [[1.0]]).shape
    (2, 1, 1)
    """
    gates, h0, weight = as_tensor(gates), as_tensor(h0), as_tensor(weight)
    a, W = gates.data, weight.data
    (h,) = _room_for_states(a, W, h0)
    for t in range(len(a)):
        np.tanh(a[t] + h[t] @ W.T, out=h[t + 1])

    def vjp(g):
        da, dh = np.empty_like(h[1:]), 0
        for t in reversed(range(len(a))):
            da[t] = (g[t] + dh) * (1 - h[t + 1] ** 2)
            dh = da[t] @ W
        return da, dh, _over_steps(da, h[:-1])

    return trace("rnn", h[1:], (gates, h0, weight), vjp)


def _room_for_states(a, W, *first):
    """An array (count, steps + 1, n, h) whose entries at step 0 are the first states."""
    first = np.stack([state.data for state in first])
    states = np.empty((len(first), len(a) + 1, *first.shape[1:]), np.result_type(a, W, first))
    states[:, 0] = first
    return states


def _over_steps(da, h):
    """The product that every step contributes to dW, (gates, h), in one go."""
    return da.reshape(-1, da.shape[-1]).T @ h.reshape(-1, h.shape[-1])


def gru(gates, h0, weight, bias):
    r"""Hidden states of a gated recurrent unit,
    :math:`h_t = (1 - z_t) \odot n_t + z_t \odot h_{t-1}`.

    The reset and update gates are :math:`r, z = \sigma(a^{r,z}_t + h_{t-1} W_{r,z}^\top +
    b_{r,z})`, the candidate is :math:`n_t = \tanh(a^n_t + r_t \odot (h_{t-1} W_n^\top + b_n))`.

    Parameters
    ----------
    gates : Tensor of shape (steps, n, 3h)
        The inputs' share a of r, z and n, in this order.
    h0 : Tensor of shape (n, h)
    weight : Tensor of shape (3h, h)
    bias : Tensor of shape (3h,)

    Returns
    -------
    Tensor of shape (steps, n, h)

    Notes
    -----
    The reset gate acts after the matrix product, as in PyTorch and cuDNN; in Cho et al. (2014)
    it acts on the state before the product. The bias of n stands inside the reset.
    Backward, from the last step: dn = dh (1 − z)(1 − n²), dz = dh (h₋₁ − n) z (1 − z),
    dr = dn (h₋₁ Wₙᵀ + bₙ) r (1 − r); the step before gets dh = dh z + (dr, dz, dn r) W.

    Examples
    --------
    With all weights 0, z = 1/2 and n = 0, so each step halves the state:

    >>> gru(np.zeros((2, 1, 3)), [[8.0]], np.zeros((3, 1)), np.zeros(3)).data.ravel()
    array([4., 2.])
    """
    inputs = gates, h0, weight, bias = [as_tensor(x) for x in (gates, h0, weight, bias)]
    a, W, b = gates.data, weight.data, bias.data
    (h,) = _room_for_states(a, W, h0)
    # the gates, the candidate, and the state's share of it, before the reset
    r, z, n, u = np.empty((4, *h[1:].shape), h.dtype)
    d = 2 * W.shape[1]  # where the candidate begins
    for t in range(len(a)):
        share = h[t] @ W.T + b  # (n, h) @ (h, 3h) -> (n, 3h)
        u[t] = share[:, d:]
        r[t], z[t] = _blocks(0.5 * np.tanh(0.5 * (a[t, :, :d] + share[:, :d])) + 0.5, 2)  # σ
        np.tanh(a[t, :, d:] + r[t] * u[t], out=n[t])
        h[t + 1] = n[t] + z[t] * (h[t] - n[t])

    def vjp(g):
        da, ds, dh = np.empty_like(a, h.dtype), np.empty_like(a, h.dtype), 0
        dr, dz, dn = _blocks(da, 3)
        for t in reversed(range(len(a))):
            dh = g[t] + dh
            dn[t] = dh * (1 - z[t]) * (1 - n[t] ** 2)
            dr[t] = dn[t] * u[t] * r[t] * (1 - r[t])
            dz[t] = dh * (h[t] - n[t]) * z[t] * (1 - z[t])
            ds[t] = da[t]
            ds[t, :, d:] *= r[t]
            dh = dh * z[t] + ds[t] @ W
        return da, dh, _over_steps(ds, h[:-1]), ds.sum(axis=(0, 1))

    return trace("gru", h[1:], tuple(inputs), vjp)


def lstm(gates, h0, c0, weight):
    r"""States of a long short-term memory, :math:`c_t = f_t \odot c_{t-1} + i_t \odot \tilde c_t`
    and :math:`h_t = o_t \odot \tanh c_t`.

    The gates are :math:`i, f, o = \sigma(a + h_{t-1} W^\top)`, the candidate is
    :math:`\tilde c_t = \tanh(a + h_{t-1} W^\top)`, each with its rows of W.

    Parameters
    ----------
    gates : Tensor of shape (steps, n, 4h)
        The inputs' share a of i, f, c̃ and o, in this order (PyTorch's), biases included.
    h0, c0 : Tensor of shape (n, h)
        The hidden state and the memory before the first step.
    weight : Tensor of shape (4h, h)

    Returns
    -------
    Tensor of shape (2, steps, n, h)
        All hidden states, and all memories.

    Notes
    -----
    Backward, from the last step, with gradients g of h and k of c: dh = g + (from the step
    after), dc = k + (from the step after) + dh o (1 − tanh² c). The gates get dc c̃, dc c₋₁, dc i
    and dh tanh c, each times the slope of its σ or tanh; the step before gets dh = da W and
    dc = dc f. Hochreiter and Schmidhuber (1997); the forget gate: Gers, Schmidhuber and Cummins
    (2000).

    Examples
    --------
    With all weights 0, f = 1/2 and the candidate is 0, so each step halves the memory:

    >>> zeros = np.zeros((1, 1))
    >>> lstm(np.zeros((2, 1, 4)), zeros, [[8.0]], np.zeros((4, 1))).data[1].ravel()
    array([4., 2.])
    """
    inputs = gates, h0, c0, weight = [as_tensor(x) for x in (gates, h0, c0, weight)]
    a, W = gates.data, weight.data
    h, c = states = _room_for_states(a, W, h0, c0)
    # σ(x) = ½ tanh(½x) + ½, so one tanh serves all four gates, with this factor for each column
    d = W.shape[1]
    half = np.repeat(np.array([0.5, 0.5, 1, 0.5], W.dtype), d)
    s, W_half = a * half, W.T * half  # s, (steps, n, 4h), is in each step turned into the gates
    i, f, n, o = _blocks(s, 4)
    tanh_c = np.empty_like(c[1:])
    for t, gate in enumerate(s):
        gate += h[t] @ W_half  # (n, h) @ (h, 4h) -> (n, 4h)
        np.tanh(gate, out=gate)
        gate *= half
        gate += 1 - half
        c[t + 1] = f[t] * c[t] + i[t] * n[t]
        np.tanh(c[t + 1], out=tanh_c[t])
        np.multiply(o[t], tanh_c[t], out=h[t + 1])

    def vjp(g):
        da, dh, dc = np.empty_like(s), 0, 0
        di, df, dn, do = _blocks(da, 4)
        for t in reversed(range(len(a))):
            dh = dh + g[0, t]
            dc = dc + g[1, t] + dh * o[t] * (1 - tanh_c[t] ** 2)
            np.multiply(dc, n[t], out=di[t])
            np.multiply(dc, c[t], out=df[t])
            np.multiply(dh, tanh_c[t], out=do[t])
            np.multiply(dc, i[t], out=dn[t])
            slope = s[t] * (1 - s[t])  # of σ
            slope[:, 2 * d : 3 * d] = 1 - n[t] * n[t]  # of tanh
            da[t] *= slope
            dh = da[t] @ W
            dc = dc * f[t]
        return da, dh, dc, _over_steps(da, h[:-1])

    return trace("lstm", states[:, 1:], tuple(inputs), vjp)


def _blocks(a, count):
    """Views of the blocks of columns, one for each gate, stacked: (count, ..., h)."""
    return np.moveaxis(a.reshape(*a.shape[:-1], count, a.shape[-1] // count), -2, 0)
