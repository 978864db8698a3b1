"""Layers: functions with parameters, and the ways to collect, initialize, save and load these.

Every layer that draws random numbers takes ``rng``, a ``numpy.random.Generator``. Without one it
draws from a fresh, unseeded generator, so that no two runs agree: pass one where they shall.
"""

import os
import zipfile
import zlib
from pathlib import Path

import numpy as np

from d2lnotes import functional as F
from d2lnotes.tensor import Tensor, as_tensor


class Parameter(Tensor):
    """A tensor that belongs to a module and is trained.

    Examples
    --------
    >>> Parameter(np.zeros(2, np.float32)).requires_grad
    True
    """

    __slots__ = ()

    def __init__(self, data, requires_grad=True):
        super().__init__(data, requires_grad)


class Module:
    """What all layers and models share.

    A subclass sets its parts in ``__init__`` and defines ``forward``. An attribute that is a
    :class:`Parameter` is trained; an attribute that is an array is a *buffer*, saved but not
    trained; an attribute that is a module, or a list of modules, is a child. Names are joined
    by dots: the weight of the second entry of ``self.blocks`` is ``blocks.1.weight``.

    Attributes
    ----------
    training : bool
        Set by :meth:`train` and :meth:`eval` for the module and all its children.

    Examples
    --------
    >>> class Scale(Module):
    ...     def __init__(self):
    ...         self.factor = Parameter(3.0)
    ...
    ...     def forward(self, x):
    ...         return x * self.factor
    >>> Scale()(Tensor(2.0)).item()
    6.0
    >>> Scale().named_parameters()
    [('factor', Tensor(3., requires_grad=True))]
    """

    training = True

    def forward(self, *inputs):
        """What the module computes; each subclass has its own."""
        raise NotImplementedError(f"{type(self).__name__} has no forward method; define one")

    def __call__(self, *inputs, **options):
        return self.forward(*inputs, **options)

    def named_children(self):
        """Pairs (name, module) of the direct children."""
        for name, value in vars(self).items():
            if isinstance(value, Module):
                yield name, value
            elif isinstance(value, (list, tuple)):
                for k, item in enumerate(value):
                    if isinstance(item, Module):
                        yield f"{name}.{k}", item

    def modules(self):
        """This module, its children, their children, and so on."""
        yield self
        for _, child in self.named_children():
            yield from child.modules()

    def _named(self, kind, prefix=""):
        for name, value in vars(self).items():
            if isinstance(value, kind):
                yield prefix + name, value
        for name, child in self.named_children():
            yield from child._named(kind, f"{prefix}{name}.")

    def named_parameters(self):
        """A list of pairs (name, parameter); a parameter that is shared stands once."""
        unique = {}
        for name, parameter in self._named(Parameter):
            unique.setdefault(id(parameter), (name, parameter))
        return list(unique.values())

    def parameters(self):
        """A list of all parameters; one that is shared stands once."""
        return [parameter for _, parameter in self.named_parameters()]

    def train(self, mode=True):
        """Switch to training (dropout on, statistics of the batch); returns the module."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self):
        """Switch to evaluation (dropout off, running statistics); returns the module."""
        return self.train(False)

    def zero_grad(self):
        """Forget the gradients of all parameters."""
        for parameter in self.parameters():
            parameter.grad = None

    def state_dict(self):
        """Copies of all parameters and buffers, by name.

        Returns
        -------
        dict of str to ndarray
        """
        state = {name: p.data.copy() for name, p in self._named(Parameter)}
        return state | {name: buffer.copy() for name, buffer in self._named(np.ndarray)}

    def load_state_dict(self, state):
        """Take over the values of a :meth:`state_dict`, or raise and change nothing.

        Parameters
        ----------
        state : dict of str to array_like
            Exactly the names and shapes of this module's own state.

        Raises
        ------
        ValueError
            A name is missing or unknown, or a shape differs.
        """
        own = {name: p.data for name, p in self._named(Parameter)} | dict(self._named(np.ndarray))
        missing, unknown = sorted(own.keys() - state.keys()), sorted(state.keys() - own.keys())
        if missing or unknown:
            raise ValueError(
                f"expected the {len(own)} names of this {type(self).__name__}; missing: "
                f"{missing or 'none'}, unknown: {unknown or 'none'}; was the state saved from "
                "another architecture?"
            )
        for name, value in own.items():
            if np.shape(state[name]) != value.shape:
                raise ValueError(
                    f"expected {name} of shape {value.shape}, got {np.shape(state[name])}; was "
                    "the state saved from a model of another size?"
                )
        for name, value in own.items():
            value[...] = state[name]


class Sequential(Module):
    """Modules applied one after the other.

    Examples
    --------
    >>> Sequential(Flatten(), ReLU())([[[-1.0], [2.0]]])
    Tensor([[0., 2.]])
    """

    def __init__(self, *layers):
        for layer in layers:
            if not callable(layer):
                raise TypeError(f"expected modules, got {layer!r}; write Sequential(a, b, c)")
        self.layers = list(layers)

    def named_children(self):
        """Pairs ("0", first module), ("1", second module), …"""
        return [(str(k), x) for k, x in enumerate(self.layers) if isinstance(x, Module)]

    def __len__(self):
        return len(self.layers)

    def __getitem__(self, k):
        return self.layers[k]

    def forward(self, x):
        """The last layer's output."""
        for layer in self.layers:
            x = layer(x)
        return x


# Initialization: arrays to put into parameters


def uniform_fan_in(shape, fan_in, rng=None):
    r"""Uniform on :math:`\pm 1/\sqrt{\text{fan in}}`: PyTorch's default, and ours.

    Its variance is 1/(3 fan in): smaller than the variance 2/fan in of He et al. (2015), so a
    deep plain network needs one of the rules below.

    Examples
    --------
    >>> bool(abs(uniform_fan_in((10, 4), 4, np.random.default_rng(0))).max() <= 0.5)
    True
    """
    limit = 1 / max(fan_in, 1) ** 0.5
    return np.random.default_rng(rng).uniform(-limit, limit, shape).astype(np.float32)


def xavier_uniform(shape, rng=None, gain=1.0):
    r"""Uniform with variance :math:`2\,\text{gain}^2 / (\text{fan in} + \text{fan out})`.

    ``shape`` is that of a weight, (out, in, ...). Glorot and Bengio (2010).

    Examples
    --------
    >>> bool(abs(xavier_uniform((2, 4), np.random.default_rng(0))).max() <= 1)
    True
    """
    fans = (shape[0] + shape[1]) * int(np.prod(shape[2:]))
    limit = gain * (6 / fans) ** 0.5
    return np.random.default_rng(rng).uniform(-limit, limit, shape).astype(np.float32)


def kaiming_normal(shape, rng=None, gain=2**0.5):
    r"""Gaussian with variance :math:`\text{gain}^2 / \text{fan in}`; gain √2 suits ReLU.

    ``shape`` is that of a weight, (out, in, ...). He et al. (2015).

    Examples
    --------
    >>> kaiming_normal((1000, 200), np.random.default_rng(0)).std().round(2)
    np.float32(0.1)
    """
    scale = gain / int(np.prod(shape[1:])) ** 0.5
    return (scale * np.random.default_rng(rng).standard_normal(shape)).astype(np.float32)


# Layers


class Linear(Module):
    r"""An affine layer, :math:`y = x W^\top + b`.

    Parameters
    ----------
    in_features, out_features : int
    bias : bool
    rng : numpy.random.Generator, optional

    Notes
    -----
    ``weight`` has the shape (out, in), ``bias`` (out,); both start uniform on ±1/√in.

    Examples
    --------
    >>> Linear(3, 2)(np.zeros((5, 3), np.float32)).shape
    (5, 2)
    """

    def __init__(self, in_features, out_features, bias=True, rng=None):
        _check_sizes(in_features=in_features, out_features=out_features)
        self.weight = Parameter(uniform_fan_in((out_features, in_features), in_features, rng))
        self.bias = Parameter(uniform_fan_in(out_features, in_features, rng)) if bias else None

    def forward(self, x):
        """(..., in) → (..., out)."""
        return F.linear(x, self.weight, self.bias)


def _check_sizes(**sizes):
    for name, size in sizes.items():
        if not isinstance(size, (int, np.integer)) or size < 1:
            raise ValueError(f"expected {name} to be a positive integer, got {size!r}")


class Flatten(Module):
    """All axes but the first become one: images to vectors.

    Examples
    --------
    >>> Flatten()(np.zeros((5, 1, 28, 28))).shape
    (5, 784)
    """

    def forward(self, x):
        """(n, ...) → (n, product)."""
        x = as_tensor(x)
        return x.reshape(len(x), int(np.prod(x.shape[1:])))


class ReLU(Module):
    """:func:`d2lnotes.functional.relu` as a module.

    Examples
    --------
    >>> ReLU()([-1.0, 2.0])
    Tensor([0., 2.])
    """

    def forward(self, x):
        """max(x, 0)."""
        return F.relu(x)


class Sigmoid(Module):
    """:func:`d2lnotes.functional.sigmoid` as a module.

    Examples
    --------
    >>> Sigmoid()([0.0])
    Tensor([0.5])
    """

    def forward(self, x):
        """1 / (1 + exp(−x))."""
        return F.sigmoid(x)


class Tanh(Module):
    """:func:`d2lnotes.functional.tanh` as a module.

    Examples
    --------
    >>> Tanh()([0.0])
    Tensor([0.])
    """

    def forward(self, x):
        """tanh x."""
        return F.tanh(x)


class GELU(Module):
    """:func:`d2lnotes.functional.gelu` as a module.

    Examples
    --------
    >>> GELU()([0.0])
    Tensor([0.])
    """

    def forward(self, x):
        """gelu(x)."""
        return F.gelu(x)


class Dropout(Module):
    """:func:`d2lnotes.functional.dropout` in training, nothing in evaluation.

    Parameters
    ----------
    p : float in [0, 1)
        The probability that an entry is zeroed.
    rng : numpy.random.Generator, optional

    Examples
    --------
    >>> Dropout(0.5).eval()([1.0, 2.0])
    Tensor([1., 2.])
    """

    def __init__(self, p=0.5, rng=None):
        if not 0 <= p < 1:
            raise ValueError(f"expected a probability p in [0, 1), got {p}")
        self.p, self.rng = p, np.random.default_rng(rng)

    def forward(self, x):
        """The shape stays."""
        return F.dropout(x, self.p, self.training, self.rng)


class Embedding(Module):
    """A table of vectors, one for each of ``num_embeddings`` symbols, drawn from N(0, 1).

    Examples
    --------
    >>> Embedding(27, 8)([[0, 26], [3, 3]]).shape
    (2, 2, 8)
    """

    def __init__(self, num_embeddings, embedding_dim, rng=None):
        _check_sizes(num_embeddings=num_embeddings, embedding_dim=embedding_dim)
        table = np.random.default_rng(rng).standard_normal((num_embeddings, embedding_dim))
        self.weight = Parameter(table.astype(np.float32))

    def forward(self, indices):
        """Integers (...) → (..., embedding_dim)."""
        return F.embedding(indices, self.weight)


class Conv2d(Module):
    """A convolutional layer with square kernels; see :func:`d2lnotes.functional.conv2d`.

    Parameters
    ----------
    in_channels, out_channels, kernel_size : int
    stride, padding : int
    bias : bool
    rng : numpy.random.Generator, optional

    Notes
    -----
    ``weight`` has the shape (out, in, k, k); it starts uniform on ±1/√(in k²), as the bias does.

    Examples
    --------
    >>> Conv2d(1, 6, 5, padding=2)(np.zeros((2, 1, 28, 28), np.float32)).shape
    (2, 6, 28, 28)
    """

    def __init__(
        self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True, rng=None
    ):
        _check_sizes(in_channels=in_channels, out_channels=out_channels, kernel_size=kernel_size)
        shape = (out_channels, in_channels, kernel_size, kernel_size)
        fan_in = in_channels * kernel_size**2
        self.weight = Parameter(uniform_fan_in(shape, fan_in, rng))
        self.bias = Parameter(uniform_fan_in(out_channels, fan_in, rng)) if bias else None
        self.stride, self.padding = stride, padding

    def forward(self, x):
        """(n, in, h, w) → (n, out, oh, ow)."""
        return F.conv2d(x, self.weight, self.bias, self.stride, self.padding)


class MaxPool2d(Module):
    """:func:`d2lnotes.functional.max_pool2d` as a module.

    Examples
    --------
    >>> MaxPool2d(2)(np.zeros((1, 6, 28, 28))).shape
    (1, 6, 14, 14)
    """

    def __init__(self, kernel_size, stride=None):
        _check_sizes(kernel_size=kernel_size)
        self.kernel_size, self.stride = kernel_size, stride

    def forward(self, x):
        """(n, c, h, w) → (n, c, oh, ow)."""
        return F.max_pool2d(x, self.kernel_size, self.stride)


class AvgPool2d(MaxPool2d):
    """:func:`d2lnotes.functional.avg_pool2d` as a module.

    Examples
    --------
    >>> AvgPool2d(2)(np.zeros((1, 6, 28, 28))).shape
    (1, 6, 14, 14)
    """

    def forward(self, x):
        """(n, c, h, w) → (n, c, oh, ow)."""
        return F.avg_pool2d(x, self.kernel_size, self.stride)


class BatchNorm1d(Module):
    """Batch normalization of features; see :func:`d2lnotes.functional.batch_norm`.

    Parameters
    ----------
    num_features : int
    eps : float
    momentum : float
        How far the running statistics move towards each batch's.

    Examples
    --------
    >>> BatchNorm1d(1, eps=0.0)([[1.0], [3.0]]).data
    array([[-1.],
           [ 1.]], dtype=float32)
    """

    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        _check_sizes(num_features=num_features)
        self.weight = Parameter(np.ones(num_features, np.float32))
        self.bias = Parameter(np.zeros(num_features, np.float32))
        self.running_mean = np.zeros(num_features, np.float32)
        self.running_var = np.ones(num_features, np.float32)
        self.eps, self.momentum = eps, momentum

    def forward(self, x):
        """The shape stays."""
        state = self.running_mean, self.running_var, self.weight, self.bias
        return F.batch_norm(x, *state, self.training, self.momentum, self.eps)


class BatchNorm2d(BatchNorm1d):
    """Batch normalization of channels, over the images and their pixels.

    Examples
    --------
    >>> BatchNorm2d(6)(np.zeros((2, 6, 28, 28), np.float32)).shape
    (2, 6, 28, 28)
    """


class LayerNorm(Module):
    """Normalization of each example; see :func:`d2lnotes.functional.layer_norm`.

    Examples
    --------
    >>> LayerNorm(2, eps=0.0)([[1.0, 3.0]]).data
    array([[-1.,  1.]], dtype=float32)
    """

    def __init__(self, normalized_shape, eps=1e-5):
        _check_sizes(normalized_shape=normalized_shape)
        self.weight = Parameter(np.ones(normalized_shape, np.float32))
        self.bias = Parameter(np.zeros(normalized_shape, np.float32))
        self.eps = eps

    def forward(self, x):
        """(..., d) → (..., d)."""
        return F.layer_norm(x, self.weight, self.bias, self.eps)


# Recurrent layers


class _Recurrent(Module):
    """The parameters that the recurrent layers share: ``gates`` blocks of weights, stacked."""

    gates = 1

    def __init__(self, input_size, hidden_size, rng=None):
        _check_sizes(input_size=input_size, hidden_size=hidden_size)
        rows = self.gates * hidden_size
        self.weight_ih = Parameter(uniform_fan_in((rows, input_size), hidden_size, rng))
        self.weight_hh = Parameter(uniform_fan_in((rows, hidden_size), hidden_size, rng))
        self.bias_ih = Parameter(uniform_fan_in(rows, hidden_size, rng))
        self.bias_hh = Parameter(uniform_fan_in(rows, hidden_size, rng))
        self.hidden_size = hidden_size

    def _inputs(self, x, state):
        """The sequence and the first state (zeros where none is given), checked."""
        x = as_tensor(x)
        features = self.weight_ih.shape[1]
        if x.ndim != 3 or x.shape[2] != features or len(x) == 0:
            raise ValueError(
                f"expected x of shape (steps, n, {features}) with at least one step, got {x.shape}"
            )
        shape = (x.shape[1], self.hidden_size)
        state = as_tensor(np.zeros(shape, self.weight_hh.dtype) if state is None else state)
        if state.shape != shape:
            raise ValueError(f"expected a state of shape {shape}, got {state.shape}")
        return x, state


class RNN(_Recurrent):
    """A recurrent layer, :func:`d2lnotes.functional.rnn`: one layer, one direction, tanh.

    Parameters
    ----------
    input_size, hidden_size : int
    rng : numpy.random.Generator, optional

    Notes
    -----
    The parameters are those of PyTorch's ``nn.RNN``, without its suffix ``_l0``; they start
    uniform on ±1/√hidden_size. Deep networks are several layers one after the other.

    Examples
    --------
    >>> outputs, state = RNN(27, 16)(np.zeros((5, 2, 27), np.float32))
    >>> outputs.shape, state.shape
    ((5, 2, 16), (2, 16))
    """

    def forward(self, x, state=None):
        """(steps, n, input), (n, h) → all hidden states (steps, n, h) and the last (n, h)."""
        x, h0 = self._inputs(x, state)
        gates = F.linear(x, self.weight_ih, self.bias_ih + self.bias_hh)
        outputs = F.rnn(gates, h0, self.weight_hh)
        return outputs, outputs[-1]


class GRU(_Recurrent):
    """Gated recurrent units, :func:`d2lnotes.functional.gru`: reset after the matrix product.

    Parameters, names and start as in :class:`RNN`, with three blocks of rows: r, z, n.

    Examples
    --------
    >>> outputs, state = GRU(27, 16)(np.zeros((5, 2, 27), np.float32))
    >>> outputs.shape, state.shape
    ((5, 2, 16), (2, 16))
    """

    gates = 3

    def forward(self, x, state=None):
        """(steps, n, input), (n, h) → all hidden states (steps, n, h) and the last (n, h)."""
        x, h0 = self._inputs(x, state)
        gates = F.linear(x, self.weight_ih, self.bias_ih)
        outputs = F.gru(gates, h0, self.weight_hh, self.bias_hh)
        return outputs, outputs[-1]


class LSTM(_Recurrent):
    """Long short-term memory, :func:`d2lnotes.functional.lstm`.

    Parameters, names and start as in :class:`RNN`, with four blocks of rows: i, f, c̃, o.

    Examples
    --------
    >>> outputs, (h, c) = LSTM(27, 16)(np.zeros((5, 2, 27), np.float32))
    >>> outputs.shape, h.shape, c.shape
    ((5, 2, 16), (2, 16), (2, 16))
    """

    gates = 4

    def forward(self, x, state=None):
        """(steps, n, input), pair of (n, h) → all hidden states, and the last pair (h, c)."""
        h0, c0 = (None, None) if state is None else state
        x, h0 = self._inputs(x, h0)
        x, c0 = self._inputs(x, c0)
        gates = F.linear(x, self.weight_ih, self.bias_ih + self.bias_hh)
        states = F.lstm(gates, h0, c0, self.weight_hh)
        return states[0], (states[0, -1], states[1, -1])


# Transformers


class MultiHeadAttention(Module):
    """Attention in several heads, each on its own projections of queries, keys and values.

    Parameters
    ----------
    embed_dim : int
        Features d of queries, keys, values and outputs.
    num_heads : int
        A divisor of d; each head works on d / num_heads features.
    dropout : float in [0, 1)
        Applied to the attention weights in training.
    rng : numpy.random.Generator, optional

    Raises
    ------
    ValueError
        The heads do not divide the features evenly.

    Notes
    -----
    In a mask, True means "may attend to", here and everywhere in this package; PyTorch's
    ``nn.MultiheadAttention`` reads its masks the other way round. Vaswani et al. (2017).

    Examples
    --------
    >>> attention = MultiHeadAttention(8, 2)
    >>> x = np.zeros((3, 5, 8), np.float32)
    >>> attention(x, x, x, mask=causal_mask(5)).shape
    (3, 5, 8)
    """

    def __init__(self, embed_dim, num_heads, dropout=0.0, rng=None):
        _check_sizes(embed_dim=embed_dim, num_heads=num_heads)
        if embed_dim % num_heads:
            raise ValueError(f"expected a divisor, got {num_heads} heads for {embed_dim} features")
        self.query = Linear(embed_dim, embed_dim, rng=rng)
        self.key = Linear(embed_dim, embed_dim, rng=rng)
        self.value = Linear(embed_dim, embed_dim, rng=rng)
        self.output = Linear(embed_dim, embed_dim, rng=rng)
        self.dropout = Dropout(dropout, rng)
        self.num_heads = num_heads

    def forward(self, query, key, value, mask=None, need_weights=False):
        """Queries (n, q, d), keys and values (n, k, d) → (n, q, d).

        ``mask`` is boolean, (q, k), (n, q, k) or (n, heads, q, k). With ``need_weights`` the
        result is a pair with the weights (n, heads, q, k).
        """
        projections = self.query(query), self.key(key), self.value(value)
        q, k, v = map(self._split, projections)  # (n, heads, length, d / heads)
        if mask is not None and np.ndim(mask) == 3:
            mask = np.asarray(mask)[:, None]  # the same for all heads
        weights = self.dropout(F.attention_weights(q, k, mask))  # (n, heads, q, k)
        heads = weights @ v  # (n, heads, q, d / heads)
        n, _, length, _ = heads.shape
        output = self.output(heads.swapaxes(1, 2).reshape(n, length, -1))
        return (output, weights) if need_weights else output

    def _split(self, x):
        n, length, d = x.shape
        return x.reshape(n, length, self.num_heads, d // self.num_heads).swapaxes(1, 2)


def causal_mask(length):
    """A mask (length, length) that lets each position attend to itself and those before it.

    Examples
    --------
    >>> causal_mask(3).astype(int)
    array([[1, 0, 0],
           [1, 1, 0],
           [1, 1, 1]])
    """
    return np.tri(length, dtype=bool)


class TransformerEncoderLayer(Module):
    """Self-attention, then a small network at each position; each added to its input.

    Parameters
    ----------
    d_model : int
    nhead : int
    dim_feedforward : int
        Hidden units (ReLU) of the network.
    dropout : float in [0, 1)
    norm_first : bool
        Normalize before attention and network (which trains without warm-up; Xiong et al.,
        2020), or after adding (the original).
    rng : numpy.random.Generator, optional

    Notes
    -----
    Vaswani et al. (2017).

    Examples
    --------
    >>> TransformerEncoderLayer(8, 2, 16)(np.zeros((3, 5, 8), np.float32)).shape
    (3, 5, 8)
    """

    def __init__(
        self, d_model, nhead, dim_feedforward=2048, dropout=0.1, norm_first=False, rng=None
    ):
        self.self_attn = MultiHeadAttention(d_model, nhead, dropout, rng)
        self.feedforward = _feedforward(d_model, dim_feedforward, dropout, rng)
        self.norm1, self.norm2 = LayerNorm(d_model), LayerNorm(d_model)
        self.dropout = Dropout(dropout, rng)
        self.norm_first = norm_first

    def forward(self, x, mask=None):
        """(n, length, d) → (n, length, d); the mask as in :class:`MultiHeadAttention`."""
        x = self._around(self.norm1, x, lambda x: self.self_attn(x, x, x, mask))
        return self._around(self.norm2, x, self.feedforward)

    def _around(self, norm, x, block):
        """The residual connection around a block, with its normalization."""
        if self.norm_first:
            return x + self.dropout(block(norm(x)))
        return norm(x + self.dropout(block(x)))


def _feedforward(d_model, hidden, dropout, rng):
    first, second = Linear(d_model, hidden, rng=rng), Linear(hidden, d_model, rng=rng)
    return Sequential(first, ReLU(), Dropout(dropout, rng), second)


class TransformerDecoderLayer(TransformerEncoderLayer):
    """An encoder layer with attention to an encoder's output between its two blocks.

    Parameters as in :class:`TransformerEncoderLayer`.

    Examples
    --------
    >>> layer = TransformerDecoderLayer(8, 2, 16)
    >>> x, memory = np.zeros((3, 5, 8), np.float32), np.zeros((3, 7, 8), np.float32)
    >>> layer(x, memory, mask=causal_mask(5)).shape
    (3, 5, 8)
    """

    def __init__(
        self, d_model, nhead, dim_feedforward=2048, dropout=0.1, norm_first=False, rng=None
    ):
        super().__init__(d_model, nhead, dim_feedforward, dropout, norm_first, rng)
        self.cross_attn = MultiHeadAttention(d_model, nhead, dropout, rng)
        self.norm3 = LayerNorm(d_model)

    def forward(self, x, memory, mask=None, memory_mask=None):
        """(n, length, d), (n, source length, d) → (n, length, d)."""
        x = self._around(self.norm1, x, lambda x: self.self_attn(x, x, x, mask))
        x = self._around(self.norm2, x, lambda x: self.cross_attn(x, memory, memory, memory_mask))
        return self._around(self.norm3, x, self.feedforward)


# Saving and loading


def save(path, module):
    """Write all parameters and buffers of a module into an .npz file.

    The file is written beside its place and then moved there, so that ``path`` always holds
    a whole file, the old or the new one.

    Parameters
    ----------
    path : str or os.PathLike
    module : Module

    Examples
    --------
    >>> import tempfile
    >>> layer, copy = Linear(2, 3), Linear(2, 3)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(os.path.join(folder, "layer.npz"), layer)
    ...     load(os.path.join(folder, "layer.npz"), copy)
    >>> bool((layer.weight == copy.weight).all())
    True
    """
    draft = Path(f"{os.fspath(path)}.{os.getpid()}.tmp")
    try:
        with zipfile.ZipFile(draft, "w") as archive:
            for name, value in module.state_dict().items():
                with archive.open(name + ".npy", "w", force_zip64=True) as member:
                    np.lib.format.write_array(member, value, allow_pickle=False)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def load(path, module):
    """Read a file of :func:`save` into a module of the same architecture, or change nothing.

    Nothing in the file is executed (no pickle).

    Parameters
    ----------
    path : str or os.PathLike
    module : Module

    Raises
    ------
    ValueError
        The file is truncated or of another kind, or its names or shapes are not the module's.
    FileNotFoundError
        There is no such file.
    """
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            state = {name: archive[name] for name in archive.files}
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, TypeError, RuntimeError) as e:
        raise ValueError(
            f"expected a file of nn.save, got {path}, truncated or of another kind ({e})"
        ) from e
    module.load_state_dict(state)
