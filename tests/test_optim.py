"""Optimizers, clipping and schedules: their formulas by hand, and their limits."""

import math

import numpy as np
import pytest

from d2lnotes import optim
from d2lnotes.tensor import Tensor


def trained(optimizer, gradients, start=1.0, **options):
    """A single weight after one step for each gradient."""
    w = Tensor(np.array([start]), requires_grad=True)
    update = optimizer([w], **options)
    for g in gradients:
        w.grad = np.array([g])
        update.step()
    return w.data.item()


def test_plain_gradient_descent():
    assert trained(optim.SGD, [2.0, 4.0], lr=0.1) == pytest.approx(1 - 0.2 - 0.4)


def test_momentum_remembers_earlier_gradients():
    # v: 2, then 0.5 · 2 + 4 = 5
    assert trained(optim.SGD, [2.0, 4.0], lr=0.1, momentum=0.5) == pytest.approx(1 - 0.2 - 0.5)


def test_weight_decay_pulls_towards_zero():
    assert trained(optim.SGD, [0.0], lr=0.1, weight_decay=0.5) == pytest.approx(0.95)


@pytest.mark.parametrize("scale", [1e-3, 1, 1e3])
def test_the_first_step_of_adam_has_the_length_of_the_learning_rate(scale):
    assert trained(optim.Adam, [scale], lr=0.1) == pytest.approx(0.9, abs=1e-5)


def test_decay_in_adam_goes_through_the_gradient_and_in_adamw_past_it():
    assert trained(optim.Adam, [0.0], lr=0.1, weight_decay=0.5) == pytest.approx(0.9)
    assert trained(optim.AdamW, [0.0], lr=0.1, weight_decay=0.5) == pytest.approx(0.95)


@pytest.mark.parametrize("optimizer", [optim.SGD, optim.Adam, optim.AdamW])
def test_optimizers_find_the_bottom_of_a_bowl(optimizer):
    w = Tensor([3.0, -2.0], requires_grad=True)
    update = optimizer([w], lr=0.1)
    for step in range(400):
        update.lr = optim.cosine(0.1, 400)(step)
        update.zero_grad()
        (w * w).sum().backward()
        update.step()
    assert (abs(w.data) < 0.02).all()


@pytest.mark.parametrize("optimizer", [optim.SGD, optim.Adam, optim.AdamW])
def test_a_step_writes_in_place_and_leaves_gradients_and_types_alone(optimizer):
    w = Tensor(np.ones(3, np.float32), requires_grad=True)
    idle = Tensor(np.ones(3, np.float32), requires_grad=True)
    data, g = w.data, np.full(3, 2.0, np.float32)
    w.grad = g
    options = {"momentum": 0.9} if optimizer is optim.SGD else {}
    update = optimizer([w, idle], lr=0.1, weight_decay=0.1, **options)
    update.step()
    assert w.data is data and data.dtype == np.float32 and (data != 1).all()
    assert w.grad is g and (g == 2).all() and (idle.data == 1).all()
    update.zero_grad()
    assert w.grad is None


def test_clipping_bounds_the_norm_over_all_parameters():
    a, b, idle = (Tensor(np.zeros(2), requires_grad=True) for _ in range(3))
    a.grad, b.grad = np.array([3.0, 0.0]), np.array([0.0, 4.0])
    assert optim.clip_grad_norm([a, b, idle], 1.0) == 5
    assert np.allclose([a.grad, b.grad], [[0.6, 0], [0, 0.8]]) and idle.grad is None
    assert optim.clip_grad_norm([a, b], 2.0) == pytest.approx(1)
    assert np.allclose([a.grad, b.grad], [[0.6, 0], [0, 0.8]])


def test_clipping_does_not_scale_a_shared_gradient_twice():
    a, b = (Tensor(np.zeros(2), requires_grad=True) for _ in range(2))
    (a + b).backward(np.array([3.0, 4.0]))
    norm = optim.clip_grad_norm([a, b], 1.0)
    assert norm == pytest.approx(math.sqrt(50))
    assert np.allclose(a.grad, np.array([3.0, 4.0]) / norm) and np.allclose(a.grad, b.grad)


def test_clipping_a_gradient_that_is_not_finite_reports_it():
    a = Tensor(np.zeros(2), requires_grad=True)
    a.grad = np.array([np.nan, 1.0])
    assert math.isnan(optim.clip_grad_norm([a], 1.0))


def test_schedules_have_the_shapes_they_promise():
    steps = range(6)
    assert [optim.constant(0.5)(t) for t in steps] == [0.5] * 6
    assert [optim.step_decay(8, every=3, factor=0.5)(t) for t in steps] == [8, 8, 8, 4, 4, 4]
    assert [optim.exponential(8, 0.5)(t) for t in range(4)] == [8, 4, 2, 1]
    half = optim.cosine(1.0, steps=10, final=0.2)
    assert half(0) == 1 and half(5) == pytest.approx(0.6) and half(10) == half(99) == 0.2
    rising = optim.warmup(4, optim.cosine(1.0, steps=10))
    assert [rising(t) for t in range(5)] == [0.25, 0.5, 0.75, 1, 1] and rising(14) == 0


@pytest.mark.parametrize("lr", [0, -0.1, math.nan, math.inf])
def test_a_learning_rate_must_be_above_zero(lr):
    w = Tensor(1.0, requires_grad=True)
    for optimizer in (optim.SGD, optim.Adam, optim.AdamW):
        with pytest.raises(ValueError, match="expected a learning rate"):
            optimizer([w], lr=lr)


def test_a_schedule_may_end_at_zero_and_not_below():
    update = optim.SGD([Tensor(1.0, requires_grad=True)], lr=0.1)
    update.lr = 0
    assert update.lr == 0
    for lr in (-1, math.nan):
        with pytest.raises(ValueError, match="expected a learning rate"):
            update.lr = lr


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda w: optim.SGD([], lr=1), ValueError, r"pass model.parameters\(\)"),
        (lambda w: optim.SGD([np.zeros(3)], lr=1), TypeError, "got ndarray"),
        (lambda w: optim.SGD([w], lr=1, momentum=1), ValueError, r"momentum in \[0, 1\), got 1"),
        (lambda w: optim.SGD([w], lr=1, weight_decay=-1), ValueError, "weight_decay"),
        (lambda w: optim.Adam([w], betas=(0.9, 1)), ValueError, "betas"),
        (lambda w: optim.Adam([w], eps=0), ValueError, "eps above 0, got 0"),
        (lambda w: optim.clip_grad_norm([w], 0), ValueError, "max_norm above 0, got 0"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(call, error, message):
    with pytest.raises(error, match=message):
        call(Tensor(1.0, requires_grad=True))
