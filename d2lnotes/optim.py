"""Optimizers, in order of increasing complexity, gradient clipping, and learning-rate schedules."""

import math

import numpy as np


class SGD:
    r"""Stochastic gradient descent, with momentum and weight decay if wanted.

    :math:`g \leftarrow \nabla L + \lambda w`, :math:`v \leftarrow \mu v + g`,
    :math:`w \leftarrow w - \eta v`.

    Parameters
    ----------
    params : iterable of Tensor
        What to train. Tensors whose ``grad`` is None are left alone in a step.
    lr : float
        The learning rate η, above 0. It may be changed between steps: ``optimizer.lr = …``.
    momentum : float in [0, 1)
        μ; with 0, v is the gradient.
    weight_decay : float
        λ, at least 0.

    Raises
    ------
    ValueError
        No parameters, or a number out of its range (NaN included).

    Notes
    -----
    Robbins and Monro (1951); momentum: Polyak (1964), in PyTorch's form, in which the learning
    rate multiplies the velocity.

    Examples
    --------
    >>> from d2lnotes.tensor import Tensor
    >>> w = Tensor(1.0, requires_grad=True)
    >>> optimizer = SGD([w], lr=0.25)
    >>> (w * w).backward()
    >>> optimizer.step()
    >>> w.item()
    0.5
    """

    def __init__(self, params, lr, momentum=0.0, weight_decay=0.0):
        self.params = _as_params(params)
        if not lr > 0:
            raise ValueError(f"expected a learning rate above 0, got {lr}")
        _check_range("momentum", momentum, 0, 1)
        _check_range("weight_decay", weight_decay, 0, math.inf)
        self.lr, self.momentum, self.weight_decay = lr, momentum, weight_decay
        self.velocity = [np.zeros_like(p.data) if momentum else None for p in self.params]
        self.scratch = [np.empty_like(p.data) for p in self.params]

    @property
    def lr(self):
        """The learning rate; a schedule may end at 0."""
        return self._lr

    @lr.setter
    def lr(self, lr):
        _check_range("a learning rate", lr, 0, math.inf)
        self._lr = lr

    def zero_grad(self):
        """Forget the gradients of all parameters."""
        for p in self.params:
            p.grad = None

    def step(self):
        """Move every parameter one step, in place and without temporary arrays."""
        for p, v, scratch in zip(self.params, self.velocity, self.scratch, strict=True):
            if p.grad is None:
                continue
            g = p.grad
            if self.weight_decay:
                g = np.multiply(p.data, self.weight_decay, out=scratch)
                g += p.grad
            if self.momentum:
                v *= self.momentum
                v += g
                g = v
            p.data -= np.multiply(g, self.lr, out=scratch)


class Adam(SGD):
    r"""Adaptive moments: each parameter's step is scaled by the size of its own gradients.

    :math:`m \leftarrow \beta_1 m + (1-\beta_1) g`,
    :math:`s \leftarrow \beta_2 s + (1-\beta_2) g^2`, and with the corrections
    :math:`\hat m = m / (1-\beta_1^t)`, :math:`\hat s = s / (1-\beta_2^t)` for their start at 0
    :math:`w \leftarrow w - \eta\, \hat m / (\sqrt{\hat s} + \epsilon)`.

    Parameters
    ----------
    params : iterable of Tensor
    lr : float
        η, above 0.
    betas : pair of float in [0, 1)
        β₁ and β₂.
    eps : float
        ε, above 0.
    weight_decay : float
        λ; λw is added to the gradient, as in :class:`SGD`.

    Raises
    ------
    ValueError
        As in :class:`SGD`.

    Notes
    -----
    Kingma and Ba (2015).

    Examples
    --------
    The first step has the length lr, whatever the gradient:

    >>> from d2lnotes.tensor import Tensor
    >>> w = Tensor(1.0, requires_grad=True)
    >>> optimizer = Adam([w], lr=0.25)
    >>> (1000 * w).backward()
    >>> optimizer.step()
    >>> round(w.item(), 6)
    0.75
    """

    decoupled = False

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(params, lr, 0.0, weight_decay)
        for beta in betas:
            _check_range("each of betas", beta, 0, 1)
        if not eps > 0:
            raise ValueError(f"expected eps above 0, got {eps}")
        self.betas, self.eps, self.steps = betas, eps, 0
        self.mean = [np.zeros_like(p.data) for p in self.params]
        self.square = [np.zeros_like(p.data) for p in self.params]

    def step(self):
        """Move every parameter one step, in place and without temporary arrays."""
        self.steps += 1
        beta1, beta2 = self.betas
        # m̂ / (√ŝ + ε) = m / (1 − β₁ᵗ) / (√s / √(1 − β₂ᵗ) + ε), arranged for few passes
        root = math.sqrt(1 - beta2**self.steps)
        rate = self.lr * root / (1 - beta1**self.steps)
        for p, m, s, scratch in zip(self.params, self.mean, self.square, self.scratch, strict=True):
            if p.grad is None:
                continue
            g = p.grad
            if self.weight_decay and self.decoupled:
                p.data *= 1 - self.lr * self.weight_decay
            elif self.weight_decay:
                g = g + self.weight_decay * p.data
            m *= beta1
            m += np.multiply(g, 1 - beta1, out=scratch)
            np.multiply(g, g, out=scratch)
            scratch *= 1 - beta2
            s *= beta2
            s += scratch
            np.sqrt(s, out=scratch)
            scratch += self.eps * root
            np.divide(m, scratch, out=scratch)
            scratch *= rate
            p.data -= scratch


class AdamW(Adam):
    r"""Adam whose weight decay acts on the weights alone:
    :math:`w \leftarrow (1 - \eta\lambda) w` before each step.

    Parameters as in :class:`Adam`; ``weight_decay`` is 0.01 by default.

    Notes
    -----
    Loshchilov and Hutter (2019).

    Examples
    --------
    With a gradient of 0 only the decay is left:

    >>> from d2lnotes.tensor import Tensor
    >>> w = Tensor(1.0, requires_grad=True)
    >>> optimizer = AdamW([w], lr=0.5, weight_decay=0.5)
    >>> (0 * w).backward()
    >>> optimizer.step()
    >>> w.item()
    0.75
    """

    decoupled = True

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(params, lr, betas, eps, weight_decay)


def _as_params(params):
    params = list(params)
    if not params:
        raise ValueError("expected parameters to train, got none; pass model.parameters()")
    for p in params:
        if not hasattr(p, "requires_grad"):
            raise TypeError(f"expected tensors, got {type(p).__name__}; pass model.parameters()")
    return params


def _check_range(name, value, low, high):
    if not low <= value < high:
        raise ValueError(f"expected {name} in [{low}, {high}), got {value}")


def clip_grad_norm(params, max_norm):
    r"""Shorten the gradient of all parameters together to at most ``max_norm``.

    :math:`g \leftarrow g \cdot \min(1, \theta / \|g\|)`, with the Euclidean norm over all
    entries of all gradients.

    Parameters
    ----------
    params : iterable of Tensor
    max_norm : float
        θ, above 0.

    Returns
    -------
    float
        The norm before clipping.

    Raises
    ------
    ValueError
        ``max_norm`` is not above 0.

    Notes
    -----
    Pascanu, Mikolov and Bengio (2013).

    Examples
    --------
    >>> from d2lnotes.tensor import Tensor
    >>> w = Tensor([1.0, 1.0], requires_grad=True)
    >>> (w * np.array([3.0, 4.0])).sum().backward()
    >>> clip_grad_norm([w], 1.0)
    5.0
    >>> w.grad
    array([0.6, 0.8], dtype=float32)
    """
    if not max_norm > 0:
        raise ValueError(f"expected max_norm above 0, got {max_norm}")
    params = [p for p in params if p.grad is not None]
    norm = math.sqrt(sum(float(np.vdot(p.grad, p.grad)) for p in params))
    if norm > max_norm:
        for p in params:
            p.grad = p.grad * (max_norm / norm)
    return norm


# Learning-rate schedules: functions that make a function from the step (0, 1, 2, …) to the rate


def constant(lr):
    """The same rate at every step.

    Examples
    --------
    >>> constant(0.1)(1000)
    0.1
    """
    return lambda step: lr


def step_decay(lr, every, factor=0.1):
    r"""The rate times ``factor`` after every so many steps,
    :math:`\eta\,\gamma^{\lfloor t / k \rfloor}`.

    Examples
    --------
    >>> [step_decay(8.0, every=2, factor=0.5)(t) for t in range(5)]
    [8.0, 8.0, 4.0, 4.0, 2.0]
    """
    return lambda step: lr * factor ** (step // every)


def exponential(lr, factor):
    r"""The rate times ``factor`` after each step, :math:`\eta\,\gamma^t`.

    Examples
    --------
    >>> [exponential(8.0, 0.5)(t) for t in range(3)]
    [8.0, 4.0, 2.0]
    """
    return lambda step: lr * factor**step


def cosine(lr, steps, final=0.0):
    r"""Half a cosine from ``lr`` down to ``final``, where it stays after ``steps`` steps.

    :math:`\eta_T + \tfrac12 (\eta_0 - \eta_T)(1 + \cos(\pi t / T))`; Loshchilov and Hutter
    (2017).

    Examples
    --------
    >>> [round(cosine(8.0, steps=4)(t), 3) for t in (0, 2, 4, 9)]
    [8.0, 4.0, 0.0, 0.0]
    """
    return lambda step: final + 0.5 * (lr - final) * (1 + math.cos(math.pi * min(step / steps, 1)))


def warmup(steps, then):
    """A straight line up to the first rate of another schedule, which then takes over.

    Parameters
    ----------
    steps : int
        Length of the rise; step 0 already has 1/steps of the rate.
    then : callable
        The schedule that follows; its own step 0 is at ``steps``.

    Examples
    --------
    >>> [warmup(4, constant(8.0))(t) for t in range(6)]
    [2.0, 4.0, 6.0, 8.0, 8.0, 8.0]
    """
    return lambda step: then(0) * (step + 1) / steps if step < steps else then(step - steps)
