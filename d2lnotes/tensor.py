"""Arrays that remember how they were computed, so that their derivatives can be.

Each operation computes its value with NumPy and says, next to it, how a gradient of the result
becomes gradients of the inputs: its *vector-Jacobian products*. :func:`trace` stores both in
the result, and :meth:`Tensor.backward` walks the stored results from the last to the first.
"""

import contextlib
import itertools

import numpy as np

_births = itertools.count()
_recording = True


class no_grad(contextlib.ContextDecorator):
    """Compute without remembering: results made inside have no history and need no gradient.

    Works as ``with no_grad():`` and as a decorator. One switch for the whole process, not one
    per thread.

    Examples
    --------
    >>> w = Tensor(3.0, requires_grad=True)
    >>> with no_grad():
    ...     (w * w).requires_grad
    False
    """

    def __enter__(self):
        global _recording
        self._before, _recording = _recording, False

    def __exit__(self, *error):
        global _recording
        _recording = self._before


class Tensor:
    r"""An array with a gradient.

    Parameters
    ----------
    data : array_like of shape (...)
        Arrays keep their type (integers stay integers: they are labels or indices). Python
        numbers, and lists of them, become float32.
    requires_grad : bool
        Whether :meth:`backward` shall leave a gradient here. The array is then copied, because
        an optimizer will write into it; otherwise it is shared.

    Attributes
    ----------
    data : ndarray
        The values.
    grad : ndarray or None
        The gradient, of the shape and type of ``data``. Gradients of several ``backward``
        calls add up until someone sets ``grad`` to None.
    op : str or None
        The operation that made this tensor; None when a person made it.
    inputs : tuple of Tensor
        What the operation was applied to; empty once ``backward`` has freed the graph.

    Raises
    ------
    TypeError
        The data are not numbers, or integers are asked for a gradient.

    Notes
    -----
    Where an operation meets a Python number, a list, or an array of integers, that operand
    takes the tensor's floating type; two floating arrays follow NumPy (float32 with float64
    gives float64). Comparisons give plain boolean arrays, which have no gradient.

    This is reverse-mode automatic differentiation (Linnainmaa, 1970; a survey: Baydin et al.,
    2018): one backward pass costs a small multiple of the forward pass, whatever the number of
    parameters.

    Examples
    --------
    The gradient of 2 xᵀx is 4x:

    >>> x = Tensor([0.0, 1.0, 2.0, 3.0], requires_grad=True)
    >>> y = 2 * (x @ x)
    >>> y.op, [type(t).__name__ for t in y.inputs]
    ('mul', ['Tensor', 'Tensor'])
    >>> y.backward()
    >>> x.grad
    array([ 0.,  4.,  8., 12.], dtype=float32)
    """

    __slots__ = ("age", "data", "grad", "inputs", "op", "requires_grad", "vjps")
    __array_ufunc__ = None  # so that array + tensor calls Tensor.__radd__
    __hash__ = object.__hash__  # == compares entries, a dictionary needs identity

    def __init__(self, data, requires_grad=False):
        self.data = _as_array(data)
        if requires_grad:
            if self.data.dtype.kind != "f":
                raise TypeError(
                    f"expected floats, got {self.dtype}; convert with data.astype(np.float32)"
                )
            self.data = self.data.copy()
        self.grad = None
        self.requires_grad = requires_grad
        self.op, self.inputs, self.vjps = None, (), ()  # vjps is None once freed
        self.age = next(_births)

    # What NumPy users expect of an array

    @property
    def shape(self):
        """The lengths of the axes."""
        return self.data.shape

    @property
    def dtype(self):
        """The type of the entries."""
        return self.data.dtype

    @property
    def ndim(self):
        """The number of axes."""
        return self.data.ndim

    @property
    def size(self):
        """The number of entries."""
        return self.data.size

    @property
    def T(self):
        """The tensor with its axes in reverse order."""
        return self.transpose()

    def item(self):
        """The only entry, as a Python number.

        >>> Tensor([2.5]).item()
        2.5
        """
        return self.data.item()

    def numpy(self):
        """The values as an array: the same memory, outside the trace.

        >>> Tensor([2.5]).numpy()
        array([2.5], dtype=float32)
        """
        return self.data

    def detach(self):
        """A tensor of the same values (the same memory) that has no history.

        >>> Tensor([2.5], requires_grad=True).detach().requires_grad
        False
        """
        return Tensor(self.data)

    def __array__(self, dtype=None, copy=None):
        return np.array(self.data, dtype=dtype, copy=copy)

    def __len__(self):
        if self.data.ndim == 0:
            raise TypeError("expected a tensor with at least one axis, got a scalar")
        return len(self.data)

    def __iter__(self):
        return (self[k] for k in range(len(self)))

    def __bool__(self):
        return bool(self.data)

    def __float__(self):
        return float(self.data)

    def __repr__(self):
        values = np.array2string(self.data, separator=", ", prefix="Tensor(")
        of_type = "" if self.dtype == np.float32 else f", dtype={self.dtype}"
        if self.op is not None:
            return f"Tensor({values}{of_type}, op={self.op!r})"
        return f"Tensor({values}{of_type}{', requires_grad=True' if self.requires_grad else ''})"

    # The backward pass

    def backward(self, gradient=None, retain_graph=False):
        r"""Add the gradient of this tensor to ``grad`` of every leaf that it was computed from.

        Parameters
        ----------
        gradient : array_like of this tensor's shape, optional
            The vector v of the product :math:`J^\top v`; 1 for a scalar.
        retain_graph : bool
            False frees each result's memory as soon as its gradient has been passed on, so a
            second ``backward`` through it is an error. True keeps the graph, and also leaves
            its gradient (its adjoint) in every tensor on the way, to look at.

        Raises
        ------
        ValueError
            This tensor needs no gradient, is not a scalar, or ``gradient`` has another shape.
        RuntimeError
            The graph has been freed by an earlier ``backward``.

        Examples
        --------
        A tensor used twice receives both gradients, here of x · x:

        >>> x = Tensor(3.0, requires_grad=True)
        >>> (x * x).backward()
        >>> x.grad
        array(6., dtype=float32)
        """
        order = _topological_order(self)
        gradients = {id(self): self._seed(gradient)}
        in_use = {id(gradient)}  # arrays that must not become the grad of a second tensor
        while order:
            result = order.pop()
            g = gradients.pop(id(result))
            if result.op is None or retain_graph:
                result._accumulate(g, in_use)
            for x, gx in zip(result.inputs, _pull_back(result, g), strict=True):
                if x.requires_grad:
                    gx = unbroadcast(gx, x.data.shape)
                    # not +=: operations may hand the same array to two inputs
                    gradients[id(x)] = gradients[id(x)] + gx if id(x) in gradients else gx
            if result.op is not None and not retain_graph:
                result.inputs, result.vjps = (), None

    def _seed(self, gradient):
        if gradient is None and self.size != 1:
            raise ValueError(f"expected a scalar or gradient=, got shape {self.shape}; use .mean()")
        gradient = np.ones_like(self.data) if gradient is None else np.asarray(gradient, self.dtype)
        if gradient.shape != self.shape:
            raise ValueError(f"expected a gradient of shape {self.shape}, got {gradient.shape}")
        return gradient

    def _accumulate(self, g, in_use):
        g = np.asarray(g)
        if self.grad is not None:
            self.grad = np.asarray(self.grad + g, dtype=self.data.dtype)
        elif g.base is not None or id(g) in in_use or g.dtype != self.data.dtype:
            self.grad = g.astype(self.data.dtype)  # a copy of what belongs to someone else
        else:
            self.grad = g
            in_use.add(id(g))

    # Arithmetic, entry by entry with broadcasting

    def __add__(self, other):
        y = operand(other, self)
        return trace("add", self.data + y.data, (self, y), (_same, _same))

    def __sub__(self, other):
        y = operand(other, self)
        return trace("sub", self.data - y.data, (self, y), (_same, np.negative))

    def __rsub__(self, other):
        return operand(other, self) - self

    def __mul__(self, other):
        y = operand(other, self)
        a, b = self.data, y.data
        return trace("mul", a * b, (self, y), (lambda g: g * b, lambda g: g * a))

    def __truediv__(self, other):
        y = operand(other, self)
        a, b = self.data, y.data
        value = a / b
        return trace("div", value, (self, y), (lambda g: g / b, lambda g: -g * value / b))

    def __rtruediv__(self, other):
        return operand(other, self) / self

    def __pow__(self, other):
        y = operand(other, self)
        a, b = self.data, y.data
        value = a**b

        def vjp_base(g):
            return g * np.where(b == 0, 0, b * a ** np.where(b == 0, 1, b - 1))

        def vjp_exponent(g):
            flat = (a == 0) & (b >= 0)  # 0 to any power near b > 0 stays 0
            return g * np.where(flat, 0, value * np.log(np.where(flat, 1, a)))

        return trace("pow", value, (self, y), (vjp_base, vjp_exponent))

    def __rpow__(self, other):
        return operand(other, self) ** self

    def __neg__(self):
        return trace("neg", -self.data, (self,), (np.negative,))

    __radd__, __rmul__ = __add__, __mul__

    def exp(self):
        """The exponential, entry by entry.

        >>> Tensor([0.0]).exp()
        Tensor([1.])
        """
        value = np.exp(self.data)
        return trace("exp", value, (self,), (lambda g: g * value,))

    def log(self):
        """The natural logarithm, entry by entry.

        >>> Tensor([1.0]).log()
        Tensor([0.])
        """
        a = self.data
        return trace("log", np.log(a), (self,), (lambda g: g / a,))

    def sqrt(self):
        """The square root, entry by entry; its derivative at 0 is infinite.

        >>> Tensor([9.0]).sqrt()
        Tensor([3.])
        """
        value = np.sqrt(self.data)
        return trace("sqrt", value, (self,), (lambda g: g / (2 * value),))

    def abs(self):
        """The absolute value, entry by entry; its derivative at 0 is taken to be 0.

        >>> Tensor([-2.0, 3.0]).abs()
        Tensor([2., 3.])
        """
        a = self.data
        return trace("abs", np.abs(a), (self,), (lambda g: g * np.sign(a),))

    def clip(self, low, high):
        """Entries below ``low`` become ``low``, those above ``high`` become ``high``.

        The derivative is 1 from ``low`` to ``high``, both included, and 0 outside.

        >>> Tensor([-2.0, 0.5, 3.0]).clip(0, 1)
        Tensor([0. , 0.5, 1. ])
        """
        a = self.data
        inside = (a >= low) & (a <= high)
        return trace("clip", np.clip(a, low, high), (self,), (lambda g: g * inside,))

    # Comparisons: plain boolean arrays (of two tensors, NumPy asks the other to compare)

    def __eq__(self, other):
        return self.data == other

    def __ne__(self, other):
        return self.data != other

    def __lt__(self, other):
        return self.data < other

    def __le__(self, other):
        return self.data <= other

    def __gt__(self, other):
        return self.data > other

    def __ge__(self, other):
        return self.data >= other

    # Matrix products

    def __matmul__(self, other):
        y = operand(other, self)
        a, b = self.data, y.data
        if not (a.ndim and b.ndim and a.shape[-1] == b.shape[-2 if b.ndim > 1 else 0]):
            raise ValueError(
                f"expected (..., n, k) @ (..., k, m) or vectors of k, got {a.shape} @ {b.shape}"
            )
        # With a as one row, or b as one column, every case is a product of matrices.
        A = a[None, :] if a.ndim == 1 else a
        B = b[:, None] if b.ndim == 1 else b

        def as_matrix(g):
            g = g[..., None] if b.ndim == 1 else g
            return g[..., None, :] if a.ndim == 1 else g

        def vjp_left(g):
            return as_matrix(g) @ B.swapaxes(-1, -2)  # (..., n, m) @ (m, k) -> (..., n, k)

        def vjp_right(g):
            gB = A.swapaxes(-1, -2) @ as_matrix(g)  # (..., k, n) @ (n, m) -> (..., k, m)
            return gB[..., 0] if b.ndim == 1 else gB

        return trace("matmul", a @ b, (self, y), (vjp_left, vjp_right))

    def __rmatmul__(self, other):
        return operand(other, self) @ self

    # Sums and extremes over axes

    def sum(self, axis=None, keepdims=False):
        """The sum over all entries, or over the given axis or axes.

        >>> Tensor([[1.0, 2.0], [3.0, 4.0]]).sum(axis=0)
        Tensor([4., 6.])
        """
        a = self.data
        value = a.sum(axis=axis, keepdims=keepdims)
        return trace("sum", value, (self,), (lambda g: _spread(g, a, axis, keepdims),))

    def mean(self, axis=None, keepdims=False):
        """The mean over all entries, or over the given axis or axes.

        >>> Tensor([[1.0, 2.0], [3.0, 4.0]]).mean(axis=1)
        Tensor([1.5, 3.5])
        """
        a = self.data
        value = a.mean(axis=axis, keepdims=keepdims)
        count = a.size / max(value.size, 1)
        return trace("mean", value, (self,), (lambda g: _spread(g / count, a, axis, keepdims),))

    def max(self, axis=None, keepdims=False):
        """The largest entry; entries that tie for it share the gradient equally.

        >>> Tensor([[1.0, 2.0], [3.0, 0.0]]).max(axis=1)
        Tensor([2., 3.])
        """
        a = self.data
        value = a.max(axis=axis, keepdims=keepdims)

        def vjp(g):
            hit = a == _spread(value, a, axis, keepdims)
            count = hit.sum(axis=axis, keepdims=True, dtype=a.dtype)
            return _spread(g, a, axis, keepdims) * hit / count

        return trace("max", value, (self,), (vjp,))

    def min(self, axis=None, keepdims=False):
        """The smallest entry; entries that tie for it share the gradient equally.

        >>> Tensor([[1.0, 2.0], [3.0, 0.0]]).min(axis=1)
        Tensor([1., 0.])
        """
        return -(-self).max(axis, keepdims)

    # The same entries in another shape

    def reshape(self, *shape):
        """The same entries, row by row, in another shape; one length may be -1.

        >>> Tensor([[1.0, 2.0], [3.0, 4.0]]).reshape(-1).shape
        (4,)
        """
        a = self.data
        return trace("reshape", a.reshape(*shape), (self,), (lambda g: g.reshape(a.shape),))

    def transpose(self, *axes):
        """The axes in another order, by default reversed (as NumPy's, not PyTorch's).

        >>> Tensor([[[1.0, 2.0, 3.0]]]).transpose(2, 0, 1).shape
        (3, 1, 1)
        """
        order = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
        back = np.argsort([k % self.ndim for k in order]) if order else ()
        value = self.data.transpose(*order)
        return trace("transpose", value, (self,), (lambda g: g.transpose(*back),))

    def swapaxes(self, first, second):
        """Two axes exchanged.

        >>> Tensor([[[1.0, 2.0, 3.0]]]).swapaxes(0, 2).shape
        (3, 1, 1)
        """
        value = self.data.swapaxes(first, second)
        return trace("swapaxes", value, (self,), (lambda g: g.swapaxes(first, second),))

    def __getitem__(self, index):
        parts = index if isinstance(index, tuple) else (index,)
        parts = tuple(k.data if isinstance(k, Tensor) else k for k in parts)
        a = self.data

        def vjp(g):
            full = np.zeros_like(a)
            if any(np.ndim(k) and np.asarray(k).dtype != bool for k in parts):
                np.add.at(full, parts, g)  # an entry that was taken twice collects twice
            else:
                full[parts] = g
            return full

        return trace("getitem", a[parts], (self,), (vjp,))


# Recording


def trace(op, value, inputs, vjps):
    """Make the result of an operation, and let it remember where it came from.

    Parameters
    ----------
    op : str
        The name of the operation.
    value : ndarray
        What the operation gave.
    inputs : tuple of Tensor
        What it was applied to.
    vjps : tuple of callable, or callable
        One function per input, from the gradient of the result to the gradient of that input;
        or one function that gives all of them as a tuple, where they share work. An input that
        was broadcast may get its gradient in the broadcast shape.

    Returns
    -------
    Tensor
        The result. It remembers nothing inside ``no_grad``, or when no input needs a gradient.

    Examples
    --------
    An operation of one's own, the cube:

    >>> def cube(x):
    ...     return trace("cube", x.data**3, (x,), (lambda g: g * 3 * x.data**2,))
    >>> x = Tensor(2.0, requires_grad=True)
    >>> cube(x).backward()
    >>> x.grad
    array(12., dtype=float32)
    """
    result = Tensor.__new__(Tensor)
    result.data = value if type(value) is np.ndarray else np.asarray(value)
    result.grad, result.age = None, next(_births)
    result.requires_grad = _recording and any([x.requires_grad for x in inputs])
    result.op, result.inputs, result.vjps = None, (), ()
    if result.requires_grad:
        result.op, result.inputs, result.vjps = op, inputs, vjps
    return result


def _topological_order(last):
    """All tensors that ``last`` depends on and that need a gradient, inputs before results."""
    if not last.requires_grad:
        raise ValueError(
            "expected a result with requires_grad=True, got one without a history (from no_grad?)"
        )
    found, to_visit = {id(last): last}, [last]
    while to_visit:
        result = to_visit.pop()
        if result.vjps is None:
            raise RuntimeError(
                f"{result.op!r} was freed by an earlier backward; give that one retain_graph=True"
            )
        for x in result.inputs:
            if x.requires_grad and id(x) not in found:
                found[id(x)] = x
                to_visit.append(x)
    # A result is always younger than its inputs, so age is a topological order.
    return sorted(found.values(), key=lambda x: x.age)


def _pull_back(result, g):
    if callable(result.vjps):
        return result.vjps(g)
    pairs = zip(result.inputs, result.vjps, strict=True)
    return [vjp(g) if x.requires_grad else None for x, vjp in pairs]


def unbroadcast(g, shape):
    """Sum ``g`` over the axes along which an array of the given shape was broadcast.

    Broadcasting copies entries; the gradient of an entry is the sum over its copies.

    Examples
    --------
    >>> unbroadcast(np.ones((2, 3)), (3,))
    array([2., 2., 2.])
    >>> unbroadcast(np.ones((2, 3)), (2, 1))
    array([[3.],
           [3.]])
    """
    if g.shape == shape:
        return g
    new = g.ndim - len(shape)
    stretched = [new + k for k, length in enumerate(shape) if length == 1]
    return g.sum(axis=(*range(new), *stretched)).reshape(shape)


def _same(g):
    return g


def _spread(g, a, axis, keepdims):
    """``g``, reduced over ``axis`` of ``a``, back in the shape of ``a``."""
    if axis is not None and not keepdims:
        g = np.expand_dims(g, axis)
    return np.broadcast_to(g, a.shape)


# From whatever the reader has to tensors


def _as_array(data):
    array = np.asarray(data)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"expected numbers, got {array.dtype}: {str(data)[:60]}")
    known = isinstance(data, (np.ndarray, np.generic, Tensor))
    return array if known else array.astype(np.float32)


def as_tensor(x):
    """``x`` itself if it is a tensor, otherwise a tensor of its values.

    Examples
    --------
    >>> as_tensor([1, 2])
    Tensor([1., 2.])
    """
    return x if isinstance(x, Tensor) else Tensor(x)


def operand(other, like):
    """``other`` as a tensor that leaves the floating type of ``like`` alone where it can.

    Examples
    --------
    >>> operand(2, Tensor(np.ones(3))).dtype
    dtype('float64')
    """
    array = other.data if isinstance(other, Tensor) else np.asarray(other)
    weak = array.dtype.kind in "iub" or not isinstance(other, (Tensor, np.ndarray))
    if weak and like.data.dtype.kind == "f" and array.dtype.kind in "fiub":
        return Tensor(array.astype(like.data.dtype))
    return as_tensor(other)


# Operations on several tensors


def concatenate(tensors, axis=0):
    """Tensors joined along an axis that they have.

    Examples
    --------
    >>> concatenate([Tensor([1.0]), Tensor([2.0, 3.0])])
    Tensor([1., 2., 3.])
    """
    tensors = tuple(as_tensor(x) for x in tensors)
    value = np.concatenate([x.data for x in tensors], axis=axis)
    ends = np.cumsum([x.shape[axis] for x in tensors])[:-1]
    return trace("concatenate", value, tensors, lambda g: np.split(g, ends, axis=axis))


def stack(tensors, axis=0):
    """Tensors of one shape joined along a new axis.

    Examples
    --------
    >>> stack([Tensor([1.0, 2.0]), Tensor([3.0, 4.0])], axis=1)
    Tensor([[1., 3.],
            [2., 4.]])
    """
    tensors = tuple(as_tensor(x) for x in tensors)
    value = np.stack([x.data for x in tensors], axis=axis)
    return trace("stack", value, tensors, lambda g: tuple(np.moveaxis(g, axis, 0)))


def where(condition, x, y):
    """Entries of ``x`` where the condition holds, of ``y`` elsewhere.

    Examples
    --------
    >>> where(np.array([True, False]), Tensor([1.0, 2.0]), 0.0)
    Tensor([1., 0.])
    """
    x = operand(x, y) if isinstance(y, Tensor) else as_tensor(x)
    y = operand(y, x)
    value = np.where(condition, x.data, y.data)
    vjps = (lambda g: np.where(condition, g, 0), lambda g: np.where(condition, 0, g))
    return trace("where", value, (x, y), vjps)


def maximum(x, y):
    """The larger of two entries; where they tie, each gets half of the gradient.

    Examples
    --------
    >>> maximum(Tensor([1.0, 5.0]), 3.0)
    Tensor([3., 5.])
    """
    x = as_tensor(x)
    y = operand(y, x)
    share = np.add(x.data > y.data, x.data >= y.data, dtype=x.dtype) / 2
    vjps = (lambda g: g * share, lambda g: g * (1 - share))
    return trace("maximum", np.maximum(x.data, y.data), (x, y), vjps)


def minimum(x, y):
    """The smaller of two entries; where they tie, each gets half of the gradient.

    Examples
    --------
    >>> minimum(Tensor([1.0, 5.0]), 3.0)
    Tensor([1., 3.])
    """
    x = as_tensor(x)
    return -maximum(-x, -operand(y, x))


def pad(x, widths):
    """Zeros around the tensor: ``widths`` holds one pair (before, after) for each axis.

    Examples
    --------
    >>> pad(Tensor([1.0, 2.0]), [(1, 2)])
    Tensor([0., 1., 2., 0., 0.])
    """
    x = as_tensor(x)
    if np.shape(widths) != (x.ndim, 2):
        raise ValueError(f"expected one pair for each of the {x.ndim} axes, got {widths}")
    inside = tuple(slice(b, b + n) for (b, _), n in zip(widths, x.shape, strict=True))
    return trace("pad", np.pad(x.data, widths), (x,), (lambda g: g[inside],))
