"""Automatic differentiation: every operation against central differences, and its edges."""

import gc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import arrays, broadcastable, derivatives_agree, seeds, shapes

from d2lnotes.check import CheckFailed, gradcheck
from d2lnotes.tensor import (
    Tensor,
    concatenate,
    maximum,
    minimum,
    no_grad,
    pad,
    stack,
    trace,
    unbroadcast,
    where,
)


def leaf(values):
    return Tensor(values, requires_grad=True)


# Derivatives against central differences

BINARY = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "maximum": maximum,
    "minimum": minimum,
    "where": lambda x, y: where(x.data > y.data, x * x, y),
}


@pytest.mark.parametrize("name", BINARY)
@given(shapes=broadcastable(), seed=seeds)
def test_binary_operations_broadcast_both_ways(name, shapes, seed):
    x, y = arrays(seed, *shapes)
    derivatives_agree(BINARY[name], x, y + 0.003 if name in ("maximum", "minimum", "where") else y)


@given(shapes=broadcastable(), seed=seeds)
def test_powers_with_tensor_exponents(shapes, seed):
    x, y = arrays(seed, *shapes)
    derivatives_agree(lambda x, y: x**y, np.abs(x) + 0.2, y)


@pytest.mark.parametrize("name", ["add", "sub", "mul", "div"])
@given(shape=shapes(), seed=seeds)
def test_numbers_stand_on_either_side(name, shape, seed):
    (x,) = arrays(seed, shape)
    derivatives_agree(lambda x: BINARY[name](x, 3.0), x)
    derivatives_agree(lambda x: BINARY[name](3.0, x), x)


UNARY = {
    "neg": lambda x: -x,
    "exp": Tensor.exp,
    "log": lambda x: (x * x).log(),
    "sqrt": lambda x: (x * x + 0.1).sqrt(),
    "abs": Tensor.abs,
    "clip": lambda x: x.clip(-1.0, 1.0),
    "square": lambda x: x**2,
    "cube": lambda x: x**3.0,
    "reciprocal": lambda x: x**-1,
    "power of two": lambda x: 2**x,
}


@pytest.mark.parametrize("name", UNARY)
@given(shape=shapes(), seed=seeds)
def test_unary_operations(name, shape, seed):
    (x,) = arrays(seed, shape)
    near_a_bound = np.abs(np.abs(x) - 1) < 1e-3
    derivatives_agree(UNARY[name], np.where(near_a_bound, 0.5, x))


@given(
    sizes=st.sampled_from(
        [
            [(3,), (3,)],
            [(3,), (3, 2)],
            [(2, 3), (3,)],
            [(2, 3), (3, 4)],
            [(3,), (5, 3, 2)],
            [(5, 2, 3), (3,)],
            [(5, 2, 3), (3, 4)],
            [(2, 3), (5, 3, 4)],
            [(5, 1, 2, 3), (4, 3, 2)],
            [(0, 3), (3, 2)],
            [(2, 0), (0, 3)],
            [(1, 2, 3), (4, 3, 1)],
        ]
    ),
    seed=seeds,
)
def test_matrix_products_of_matrices_vectors_and_batches(sizes, seed):
    derivatives_agree(lambda x, y: x @ y, *arrays(seed, *sizes))


REDUCTIONS = [Tensor.sum, Tensor.mean, Tensor.max, Tensor.min]


@pytest.mark.parametrize("reduce", REDUCTIONS)
@given(data=st.data(), keepdims=st.booleans(), seed=seeds)
def test_reductions_over_any_axes(reduce, data, keepdims, seed):
    empty_is_fine = reduce is Tensor.sum
    sides = st.integers(0 if empty_is_fine else 1, 3)
    shape = tuple(data.draw(st.lists(sides, max_size=3)))
    axes = st.integers(-len(shape), len(shape) - 1) if shape else st.none()
    axis = data.draw(st.one_of(st.none(), axes))
    if len(shape) == 3 and data.draw(st.booleans()):
        axis = data.draw(st.sampled_from([(0, 1), (-1, 0), (0, 1, 2)]))
    derivatives_agree(lambda x: reduce(x, axis=axis, keepdims=keepdims), *arrays(seed, shape))


@given(seed=seeds, empty=st.booleans())
def test_changes_of_shape(seed, empty):
    (x,) = arrays(seed, (0 if empty else 4, 2, 3))
    derivatives_agree(lambda x: x.reshape(-1, 6), x)
    derivatives_agree(lambda x: x.reshape((2, len(x), 3)), x)
    derivatives_agree(lambda x: x.T, x)
    derivatives_agree(lambda x: x.transpose(1, 2, 0), x)
    derivatives_agree(lambda x: x.transpose((-1, 0, 1)), x)
    derivatives_agree(lambda x: x.swapaxes(0, -1), x)
    derivatives_agree(lambda x: pad(x, [(1, 2), (0, 0), (0, 1)]), x)


INDICES = [
    1,
    -1,
    slice(1, 3),
    slice(None, None, -2),
    (..., 0),
    (slice(None), None, 1),
    (slice(0, 0), 1),
    [0, 0, 2],
    (np.array([[0, 1], [1, 1]]), slice(None), [[2, 2], [2, 0]]),
    (slice(None), np.array([1, 1, 0])),
    np.array([True, False, True, True]),
    (np.array([False, True, False, False]), [0, 0]),
    [False, True, False, True],
    Tensor(np.array([3, 3])),
]


@pytest.mark.parametrize("index", INDICES, ids=str)
@given(seed=seeds)
def test_indexing(index, seed):
    derivatives_agree(lambda x: x[index], *arrays(seed, (4, 2, 3)))


def test_an_entry_taken_twice_collects_twice():
    x = leaf([1.0, 2.0, 3.0])
    x[[0, 0, 2]].sum().backward()
    assert x.grad.tolist() == [2, 0, 1]


@given(seed=seeds, axis=st.integers(-2, 1))
def test_joining(seed, axis):
    x, y = arrays(seed, (2, 3), (2, 3))
    derivatives_agree(lambda x, y: concatenate([x, y, x], axis=axis), x, y)
    derivatives_agree(lambda x, y: stack([x, y, x], axis=axis), x, y)


def test_a_wrong_derivative_is_found():
    def wrong_exp(x):
        value = np.exp(x.data)
        return trace("exp", value, (x,), (lambda g: g * value * 1.001,))

    def unbroadcast_forgotten(x):
        y = x.sum(axis=0, keepdims=True)
        return trace("mul", x.data * y.data, (x, y), (lambda g: g * y.data, lambda g: g))

    with pytest.raises(CheckFailed):
        gradcheck(wrong_exp, [0.5, 1.0])
    with pytest.raises(CheckFailed):
        gradcheck(unbroadcast_forgotten, [[0.5], [1.0]])


@given(seed=seeds)
def test_a_random_direction_agrees_forward_and_backward(seed):
    """vᵀ(J u) by differences equals (vᵀJ) u by one backward pass, for a whole expression."""
    rng = np.random.default_rng(seed)
    x, u = rng.standard_normal((2, 4, 3))

    def f(x):
        return ((x @ x.T).exp().sum(axis=1) * x[:, 0]).reshape(2, 2) / (1 + x[0, 0] ** 2)

    v = rng.standard_normal((2, 2))
    h = 1e-6
    forward = (v * (f(Tensor(x + h * u)).data - f(Tensor(x - h * u)).data)).sum() / (2 * h)
    start = leaf(x)
    f(start).backward(v)
    backward = (start.grad * u).sum()
    assert abs(forward - backward) <= 1e-5 * max(1, abs(backward))


# The graph


def test_gradient_accumulates_when_a_tensor_is_used_twice():
    x = leaf(3.0)
    y = x * x
    (y + y * x).backward()  # x² + x³: 2x + 3x²
    assert x.grad == 33


def test_gradients_of_a_diamond_add_up():
    x = leaf(2.0)
    a, b = 3 * x, x + 1
    (a * b).backward()  # 3x² + 3x
    assert x.grad == 15


def test_several_backward_passes_add_up():
    x = leaf([1.0, 2.0])
    for _ in range(3):
        (x * x).sum().backward()
    assert x.grad.tolist() == [6, 12]


def test_two_losses_on_one_graph_need_it_retained():
    x = leaf(2.0)
    y = x.exp()
    y.backward(retain_graph=True)
    y.backward()
    assert np.isclose(x.grad, 2 * np.exp(2.0))
    with pytest.raises(RuntimeError, match="freed by an earlier backward"):
        y.backward()


def test_a_freed_part_stops_backward_before_any_gradient_changes():
    x, w = leaf(2.0), leaf(1.0)
    y = x.exp()
    (y * 1).backward()
    before = x.grad
    with pytest.raises(RuntimeError, match="'exp' was freed"):
        (y * w).backward()
    assert x.grad is before and w.grad is None


def test_retaining_the_graph_leaves_the_adjoints_of_results():
    x = leaf(3.0)
    y = 2 * x
    z = y * y
    z.backward(retain_graph=True)
    assert (z.grad, y.grad, x.grad) == (1, 12, 24)
    assert z.op == "mul" and z.inputs == (y, y)


def test_backward_frees_what_it_passed():
    x = leaf(3.0)
    y = x * x
    y.backward()
    assert y.op == "mul" and y.inputs == () and y.grad is None


def test_the_trace_names_operations_and_inputs():
    x = leaf([1.0, 2.0])
    y = (x * 2).sum()
    assert y.op == "sum" and y.inputs[0].op == "mul"
    assert y.inputs[0].inputs[0] is x
    assert y.inputs[0].inputs[1].data == 2 and x.op is None


def test_a_chain_of_ten_thousand_operations():
    x = leaf(1.0)
    y = x
    for _ in range(10_000):
        y = y + 1
    y.backward()
    assert x.grad == 1


def test_a_long_chain_that_is_dropped_does_not_overflow_the_stack():
    y = leaf(1.0)
    for _ in range(100_000):
        y = y * 1.0
    del y


def test_no_grad_records_nothing_and_ends_with_its_block():
    x = leaf(2.0)
    with no_grad():
        y = x * x
    assert not y.requires_grad and y.op is None and y.inputs == ()
    assert (x * x).requires_grad
    with pytest.raises(ZeroDivisionError), no_grad():
        raise ZeroDivisionError
    assert (x * x).requires_grad

    @no_grad()
    def twice(x):
        return 2 * x

    assert not twice(x).requires_grad
    with no_grad(), no_grad():
        pass
    assert (x * x).requires_grad


def test_a_detached_branch_is_a_constant():
    x = leaf(3.0)
    (x.detach() * x).backward()
    assert x.grad == 3
    assert x.detach().data is x.data


def test_only_what_needs_a_gradient_gets_one():
    x, w = Tensor(2.0), leaf(3.0)
    (x * w).backward()
    assert x.grad is None and w.grad == 2


def test_gradients_of_different_tensors_share_no_memory():
    x, y = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    (x + y).backward(seed := np.ones(2, np.float32))
    x.grad += 5
    assert y.grad.tolist() == [1, 1] and seed.tolist() == [1, 1]
    z = leaf([1.0, 2.0])
    z.sum().backward()
    z.grad *= 2  # not a read-only view
    assert z.grad.tolist() == [2, 2]


def test_results_are_freed_without_the_garbage_collector():
    gc.collect()
    gc.disable()
    try:
        before = sum(issubclass(type(x), Tensor) for x in gc.get_objects())
        x = leaf(np.ones((3, 3)))
        for _ in range(10):
            ((x @ x).exp() + x.max(axis=0)).mean().backward()
        del x
        after = sum(issubclass(type(x), Tensor) for x in gc.get_objects())
    finally:
        gc.enable()
    assert after == before


# Kinks


def test_the_absolute_value_has_derivative_zero_at_zero():
    x = leaf([-1.0, 0.0, 2.0])
    x.abs().sum().backward()
    assert x.grad.tolist() == [-1, 0, 1]


def test_ties_for_an_extreme_share_the_gradient():
    for reduce, values in ((Tensor.max, [1.0, 3, 3, 3]), (Tensor.min, [5.0, 3, 3, 3])):
        x = leaf(values)
        (3 * reduce(x)).backward()
        assert x.grad.tolist() == [0, 1, 1, 1]


def test_ties_between_two_tensors_give_half_to_each():
    for pick in (maximum, minimum):
        x, y = leaf([1.0, 2.0]), leaf([1.0, 2.0])
        pick(x, y).sum().backward()
        assert x.grad.tolist() == y.grad.tolist() == [0.5, 0.5]


def test_a_clip_passes_the_gradient_at_its_bounds():
    x = leaf([-1.0, 0.0, 0.5, 1.0, 2.0])
    x.clip(0, 1).sum().backward()
    assert x.grad.tolist() == [0, 1, 1, 1, 0]


def test_zero_to_a_power_has_finite_derivatives():
    x, y = leaf([0.0, 0.0]), leaf([0.0, 2.0])
    (x**y).sum().backward()
    assert x.grad.tolist() == [0, 0] and y.grad.tolist() == [0, 0]


# Types


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_every_operation_keeps_the_floating_type(dtype):
    x = leaf(np.array([[0.5, 1.0], [1.5, 2.0]], dtype))
    results = [
        *(f(x) for f in UNARY.values()),
        *(f(x, 3) for f in BINARY.values() if f is not BINARY["where"]),
        *(f(x, np.float64(3)) for f in BINARY.values() if f is not BINARY["where"]),
        where(np.array([True, False]), x, 0.0),
        where(np.array([True, False]), 0.0, x),
        x * np.array([1, 2]),
        x * Tensor(np.array([True, False])),
        x * [0.5, 0.5],
        2.5 - x,
        1 / x,
        x**x,
        x.mean(axis=0),
        x.max(),
        x.max(axis=1),
        x.min(axis=0, keepdims=True),
        x.sum(),
        x @ x,
        x[0],
        x[[0, 0]],
        x.T,
        concatenate([x, x]),
        stack([x, x]),
        pad(x, [(1, 1), (0, 0)]),
    ]
    for y in results:
        assert y.dtype == dtype, y.op
        x.grad = None
        y.backward(np.ones(y.shape), retain_graph=True)
        assert x.grad.dtype == dtype and x.grad.shape == x.shape, y.op
        for result in (y, *y.inputs):  # on the way, too
            assert result.grad is None or result.grad.dtype == dtype, y.op


def test_python_numbers_become_float32_and_arrays_keep_their_type():
    assert Tensor(1).dtype == Tensor([1, 2]).dtype == Tensor(0.5).dtype == np.float32
    for dtype in (np.float16, np.float64, np.int64, np.uint8, bool):
        assert Tensor(np.zeros(2, dtype)).dtype == dtype
    assert Tensor(np.float64(1)).dtype == np.float64


def test_gradients_have_the_type_of_their_tensor_in_mixed_expressions():
    w = leaf(np.ones(3, np.float32))
    y = (w * np.ones(3)).sum()
    assert y.dtype == np.float64
    y.backward()
    assert w.grad.dtype == np.float32


def test_comparisons_are_plain_boolean_arrays():
    x = leaf([1.0, 2.0, 3.0])
    for got, expected in [
        (x > 2, [False, False, True]),
        (x >= 2, [False, True, True]),
        (x < Tensor(2.0), [True, False, False]),
        (x <= 2, [True, True, False]),
        (x == 2, [False, True, False]),
        (x != 2, [True, False, True]),
    ]:
        assert type(got) is np.ndarray and got.dtype == bool and got.tolist() == expected


def test_arrays_on_the_left_do_not_take_over():
    x = leaf([1.0, 2.0])
    for y in (np.ones(2) + x, np.ones(2) - x, np.ones(2) * x, np.ones(2) / x, np.ones((2, 2)) @ x):
        assert isinstance(y, Tensor) and y.requires_grad


def test_a_tensor_behaves_like_an_array_where_it_is_read():
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    assert len(x) == 2 and x.ndim == 2 and x.size == 4 and x.shape == (2, 2)
    assert [row.data.tolist() for row in x] == [[1, 2], [3, 4]]
    assert np.asarray(x).tolist() == [[1, 2], [3, 4]]
    assert float(x[0, 1]) == 2 and bool(x[0, 0] == 1)
    assert {x: "hashable"}[x] == "hashable"
    with pytest.raises(TypeError, match="at least one axis"):
        len(Tensor(1.0))


def test_a_trained_tensor_does_not_write_into_the_array_it_came_from():
    start = np.zeros(2)
    x = leaf(start)
    x.data += 1
    assert start.tolist() == [0, 0]


def test_how_tensors_are_printed():
    assert repr(Tensor([1.0])) == "Tensor([1.])"
    assert repr(leaf(np.ones(1))) == "Tensor([1.], dtype=float64, requires_grad=True)"
    assert repr(leaf([1.0]).sum()) == "Tensor(1., op='sum')"


# Bad input


def test_a_vector_is_no_loss():
    with pytest.raises(ValueError, match=r"expected a scalar .* got shape \(2,\)"):
        (leaf([1.0, 2.0]) * 2).backward()


def test_a_result_without_history_cannot_go_backward():
    with pytest.raises(ValueError, match="without a history"):
        Tensor(1.0).backward()


def test_a_gradient_of_the_wrong_shape_is_refused():
    with pytest.raises(ValueError, match=r"expected a gradient of shape \(2,\), got \(3,\)"):
        (leaf([1.0, 2.0]) * 2).backward(np.ones(3))


def test_integers_and_words_have_no_gradient():
    with pytest.raises(TypeError, match=r"convert with data\.astype"):
        Tensor(np.arange(3), requires_grad=True)
    with pytest.raises(TypeError, match="expected numbers"):
        Tensor(["a"])
    with pytest.raises(TypeError, match="expected numbers"):
        leaf([1.0]) + "a"


def test_matrices_that_do_not_fit_are_named():
    with pytest.raises(ValueError, match=r"got \(2, 3\) @ \(2, 3\)"):
        leaf(np.ones((2, 3))) @ np.ones((2, 3))
    with pytest.raises(ValueError, match="expected"):
        leaf(1.0) @ np.ones(2)


def test_padding_needs_a_pair_for_each_axis():
    with pytest.raises(ValueError, match=r"one pair .* each of the 2 axes"):
        pad(leaf(np.ones((2, 3))), [(1, 1)])


@given(shapes=broadcastable(1), seed=seeds)
def test_unbroadcast_undoes_broadcasting(shapes, seed):
    (shape,) = shapes
    full = (2, *[max(n, 2) if n == 1 else n for n in shape])
    copies = int(np.prod(full)) // max(int(np.prod(shape)), 1)
    got = unbroadcast(np.ones(full), shape)
    assert got.shape == shape and (got == copies).all()
