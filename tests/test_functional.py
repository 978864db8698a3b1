"""The functions: derivatives, stability at the edges, conventions, and errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import arrays, derivatives_agree, seeds, shapes

from d2lnotes import functional as F
from d2lnotes.check import gradcheck
from d2lnotes.tensor import Tensor


def leaf(values):
    return Tensor(values, requires_grad=True)


ACTIVATIONS = [F.relu, F.sigmoid, F.tanh, F.gelu]


# Derivatives


@pytest.mark.parametrize("f", ACTIVATIONS)
@given(shape=shapes(), seed=seeds)
def test_activations_differentiate(f, shape, seed):
    derivatives_agree(f, *arrays(seed, shape))


@pytest.mark.parametrize("f", [F.softmax, F.log_softmax])
@given(n=st.integers(0, 3), k=st.integers(1, 4), axis=st.integers(-3, 2), seed=seeds)
def test_softmax_differentiates_along_every_axis(f, n, k, axis, seed):
    shape = [2, k, 3]
    shape[(axis - 1) % 3] = n  # an empty axis beside the one that is normalized
    shape[axis] = k
    derivatives_agree(lambda x: f(x, axis), *arrays(seed, tuple(shape)))


@given(n=st.integers(1, 4), k=st.integers(1, 4), seed=seeds)
def test_losses_differentiate(n, k, seed):
    x, y = arrays(seed, (n, k), (n, k))
    labels = np.random.default_rng(seed).integers(0, k, n)
    derivatives_agree(lambda x: F.cross_entropy(x, labels), x)
    derivatives_agree(lambda x: F.mse(x, y), x)
    derivatives_agree(F.mse, x, y)
    derivatives_agree(lambda x: F.binary_cross_entropy_with_logits(x, np.abs(y) / 2), x)


def test_padding_labels_count_nowhere():
    x = np.random.default_rng(0).standard_normal((5, 3))
    labels = np.array([2, -100, 0, -100, 1])
    derivatives_agree(lambda x: F.cross_entropy(x, labels, ignore_index=-100), x)
    rows = [0, 2, 4]
    expected = F.cross_entropy(x[rows], labels[rows]).item()
    assert np.isclose(F.cross_entropy(x, labels, ignore_index=-100).item(), expected)


@given(lead=st.sampled_from([(), (0,), (3,), (2, 3), (2, 0)]), bias=st.booleans(), seed=seeds)
def test_linear_differentiates(lead, bias, seed):
    sizes = [(*lead, 4), (2, 4), (2,)]
    derivatives_agree(F.linear, *arrays(seed, *sizes[: 2 + bias]))


@given(shape=st.sampled_from([(), (0,), (5,), (2, 3)]), seed=seeds)
def test_embedding_adds_up_rows_that_are_taken_twice(shape, seed):
    indices = np.random.default_rng(seed).integers(0, 4, shape)
    derivatives_agree(lambda W: F.embedding(indices, W), *arrays(seed, (4, 3)))


@given(
    n=st.integers(0, 2),
    kernel=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    stride=st.integers(1, 3),
    padding=st.integers(0, 2),
    bias=st.booleans(),
    seed=seeds,
)
def test_conv2d_differentiates(n, kernel, stride, padding, bias, seed):
    sizes = [(n, 2, 4, 5), (3, 2, *kernel), (3,)]
    derivatives_agree(
        lambda *x: F.conv2d(*x, stride=stride, padding=padding),
        *arrays(seed, *sizes[: 2 + bias]),
    )


def test_conv2d_is_the_loop_over_windows():
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, 3, 6, 7)), rng.standard_normal((4, 3, 3, 2))
    padded = np.pad(x, [(0, 0), (0, 0), (1, 1), (1, 1)])
    y = F.conv2d(x, w, stride=2, padding=1).data
    for n, o, i, j in np.ndindex(y.shape):
        window = padded[n, :, 2 * i : 2 * i + 3, 2 * j : 2 * j + 2]
        assert np.isclose(y[n, o, i, j], (window * w[o]).sum())


@given(
    n=st.integers(0, 2), kernel=st.integers(1, 3), stride=st.sampled_from([None, 1, 2]), seed=seeds
)
def test_pooling_differentiates(n, kernel, stride, seed):
    (x,) = arrays(seed, (n, 2, 4, 5))
    derivatives_agree(lambda x: F.max_pool2d(x, kernel, stride), x)
    derivatives_agree(lambda x: F.avg_pool2d(x, kernel, stride), x)


@pytest.mark.parametrize("training", [True, False])
@given(shape=st.sampled_from([(2, 3), (5, 3), (2, 3, 2, 4), (1, 3, 1, 2)]), seed=seeds)
def test_batch_norm_differentiates(training, shape, seed):
    x, w, b, mean = arrays(seed, shape, (3,), (3,), (3,))

    def f(x, w, b):
        return F.batch_norm(x, mean.copy(), mean**2 + 0.5, w, b, training, eps=1e-2)

    derivatives_agree(f, x, w, b)


@given(lead=st.sampled_from([(), (0,), (3,), (2, 3)]), seed=seeds)
def test_layer_norm_differentiates(lead, seed):
    derivatives_agree(lambda *x: F.layer_norm(*x, eps=1e-2), *arrays(seed, (*lead, 4), (4,), (4,)))


@given(lead=st.sampled_from([(), (0,), (2,), (2, 3)]), masked=st.booleans(), seed=seeds)
def test_attention_differentiates(lead, masked, seed):
    mask = np.random.default_rng(seed).random((*lead, 3, 4)) < 0.5 if masked else None
    derivatives_agree(
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, mask),
        *arrays(seed, (*lead, 3, 2), (*lead, 4, 2), (*lead, 4, 5)),
    )


@given(steps=st.integers(1, 4), n=st.integers(0, 3), h=st.integers(1, 3), seed=seeds)
def test_recurrent_functions_differentiate(steps, n, h, seed):
    def sizes(gates):
        return (steps, n, gates * h), (n, h), (gates * h, h)

    derivatives_agree(F.rnn, *arrays(seed, *sizes(1)))
    derivatives_agree(F.gru, *arrays(seed, *sizes(3), (3 * h,)))
    gates, state, weight = sizes(4)
    derivatives_agree(F.lstm, *arrays(seed, gates, state, state, weight))


def test_dropout_passes_the_gradient_through_its_mask():
    x = np.random.default_rng(0).standard_normal((4, 5))
    gradcheck(lambda x: F.dropout(x, 0.5, rng=np.random.default_rng(1)), x)


# Conventions


def test_the_rectifier_has_derivative_zero_at_zero():
    x = leaf([-1.0, 0.0, 1.0])
    F.relu(x).sum().backward()
    assert x.grad.tolist() == [0, 0, 1]


def test_the_first_of_equal_maxima_in_a_window_gets_the_gradient():
    x = leaf(np.ones((1, 1, 2, 4)))
    F.max_pool2d(x, 2).sum().backward()
    assert x.grad[0, 0].tolist() == [[1, 0, 1, 0], [0, 0, 0, 0]]


def test_the_running_variance_has_the_divisor_of_a_sample():
    mean, var = np.zeros(1), np.ones(1)
    F.batch_norm([[1.0], [3.0]], mean, var, [1.0], [0.0], momentum=0.5)
    assert mean == 1.0 and var == 1.5  # halfway to 2, and to (1 + 1) / (2 − 1) = 2


# Stability


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("scale", [1e4, -1e4])
def test_logits_of_ten_thousand_stay_finite(scale, dtype):
    o = leaf(np.array([[scale, 0.0, -scale], [0.0, scale, scale]], dtype))
    with np.errstate(all="raise", under="ignore"):
        p, log_p = F.softmax(o), F.log_softmax(o)
        loss = F.cross_entropy(o, [2, 0])
        binary = F.binary_cross_entropy_with_logits(o, np.zeros((2, 3)))
        s = F.sigmoid(o)
        for y in (p, log_p, loss, binary, s):
            y.backward(np.ones(y.shape))
    for y in (p.data, log_p.data, loss.data, binary.data, s.data, o.grad):
        assert np.isfinite(y).all() and y.dtype == dtype
    assert np.allclose(p.data.sum(axis=1), 1)
    expected = {1e4: 2e4 + 1e4 + np.log(2), -1e4: 0.0}[scale] / 2
    assert np.isclose(loss.item(), expected)


def test_small_probabilities_keep_their_logarithm():
    o = np.array([[0.0, -200.0]])
    assert np.isclose(F.cross_entropy(o, [1]).item(), 200)
    assert np.isclose(F.log_softmax(o).data[0, 1], -200)
    assert np.isclose(F.sigmoid(np.array(-100.0)).item(), np.exp(-100))


def test_a_query_that_may_attend_to_nothing_gets_zeros():
    rng = np.random.default_rng(0)
    q, k, v = (leaf(rng.standard_normal((3, 4))) for _ in range(3))
    mask = np.array([[True, False, True], [False] * 3, [True] * 3])
    with np.errstate(all="raise"):
        y = F.scaled_dot_product_attention(q, k, v, mask)
        y.sum().backward()
    assert (y.data[1] == 0).all() and (y.data[[0, 2]] != 0).all()
    assert (q.grad[1] == 0).all() and all(np.isfinite(x.grad).all() for x in (q, k, v))
    weights = F.attention_weights(q, k, mask).data
    assert np.allclose(weights.sum(axis=1), [1, 0, 1]) and (weights[~mask] == 0).all()


def test_attention_without_keys_or_without_queries():
    q, k, v = np.ones((2, 4)), np.ones((0, 4)), np.ones((0, 5))
    assert F.scaled_dot_product_attention(q, k, v).data.tolist() == np.zeros((2, 5)).tolist()
    assert F.scaled_dot_product_attention(k, q, np.ones((2, 5))).shape == (0, 5)


@pytest.mark.parametrize("p", [0.0, 0.3, 0.999])
def test_dropout_keeps_the_mean(p):
    x = np.ones(400_000, np.float32)
    y = F.dropout(x, p, rng=np.random.default_rng(0)).data
    assert y.dtype == np.float32 and np.isfinite(y).all()
    kept = 1 / (1 - p)
    assert np.isclose(y.max(), kept, rtol=1e-4)
    # 4 standard errors of a mean of n draws of kept · Bernoulli(1 − p)
    assert abs(y.mean(dtype=float) - 1) <= 4 * np.sqrt(p * kept / x.size) + 1e-6


def test_dropout_at_zero_or_in_evaluation_is_the_identity():
    x = Tensor([1.0, 2.0])
    assert F.dropout(x, 0.0) is x and F.dropout(x, 0.9, training=False) is x


def test_normalizing_a_constant_gives_the_bias():
    x = np.full((4, 3), 1e4, np.float32)
    w, b = np.ones(3, np.float32), np.array([1.0, 2, 3], np.float32)
    assert (F.layer_norm(x, w, b).data == b).all()
    y = F.batch_norm(x, np.zeros(3), np.ones(3), w, b)
    assert (y.data == b).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_functions_keep_the_floating_type(dtype):
    rng = np.random.default_rng(0)

    def make(*shape):
        return leaf(rng.standard_normal(shape).astype(dtype))

    x, images, w, b = make(4, 3), make(2, 3, 4, 4), make(3), make(3)
    stats = np.zeros(3), np.ones(3)
    results = [
        *(f(x) for f in ACTIVATIONS),
        F.softmax(x),
        F.softmax(x, mask=np.eye(4, 3, dtype=bool)),
        F.log_softmax(x),
        F.cross_entropy(x, [0, 1, 2, 0]),
        F.mse(x, np.zeros((4, 3))),
        F.binary_cross_entropy_with_logits(x, np.ones((4, 3))),
        F.linear(x, make(2, 3), make(2)),
        F.dropout(x, 0.3),
        F.embedding([0, 1], x),
        F.conv2d(images, make(2, 3, 3, 3), make(2), padding=1),
        F.max_pool2d(images, 2),
        F.avg_pool2d(images, 2),
        F.batch_norm(x, *stats, w, b),
        F.batch_norm(images, *stats, w, b, training=False),
        F.layer_norm(x, w, b),
        F.scaled_dot_product_attention(x, x, x),
        F.rnn(make(2, 4, 3), x, make(3, 3)),
        F.gru(make(2, 4, 9), x, make(9, 3), make(9)),
        F.lstm(make(2, 4, 12), x, x, make(12, 3)),
    ]
    for y in results:
        assert y.dtype == dtype, y.op
        y.backward(np.ones(y.shape), retain_graph=True)
        for t in filter(lambda t: t.requires_grad, y.inputs):
            assert t.grad.dtype == dtype and t.grad.shape == t.shape, y.op


# Bad input

IMAGES = np.zeros((2, 3, 4, 4))


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: F.cross_entropy(np.zeros((2, 3)), [0, 3]), ValueError, "from 0 to 2, got 3"),
        (lambda: F.cross_entropy(np.zeros((2, 3)), [-1, 0]), ValueError, "from 0 to 2, got -1"),
        (lambda: F.cross_entropy(np.zeros((2, 3)), [0.0, 1.0]), TypeError, "labels to be integers"),
        (lambda: F.cross_entropy(np.zeros(3), [1]), ValueError, r"\(n, classes\)"),
        (lambda: F.cross_entropy(np.zeros((2, 3)), [1]), ValueError, r"got \(2, 3\) and \(1,\)"),
        (lambda: F.cross_entropy(np.zeros((0, 3)), []), ValueError, "at least one example"),
        (lambda: F.cross_entropy([[0.0]], [0], ignore_index=0), ValueError, "at least one example"),
        (lambda: F.mse(np.zeros((2, 1)), np.zeros(2)), ValueError, r"got \(2,\); reshape"),
        (lambda: F.mse(np.zeros(0), np.zeros(0)), ValueError, "at least one example"),
        (lambda: F.linear(np.zeros(784), np.zeros((10, 28))), ValueError, r"got \(784,\)"),
        (lambda: F.dropout([1.0], 1.0), ValueError, r"p in \[0, 1\), got 1"),
        (lambda: F.dropout([1.0], -0.1), ValueError, "got -0.1"),
        (lambda: F.dropout([1.0], np.nan), ValueError, "got nan"),
        (lambda: F.embedding([5], np.zeros((5, 2))), ValueError, "from 0 to 4, got 5"),
        (lambda: F.embedding([0.5], np.zeros((5, 2))), TypeError, "indices to be integers"),
        (lambda: F.conv2d(IMAGES[0], np.zeros((1, 3, 2, 2))), ValueError, r"x\[None\]"),
        (lambda: F.conv2d(IMAGES, np.zeros((1, 1, 2, 2))), ValueError, r"\(n, 1, height, width\)"),
        (lambda: F.conv2d(IMAGES, np.zeros((1, 3, 5, 5))), ValueError, "within the padded image"),
        (lambda: F.conv2d(IMAGES, np.zeros((1, 3, 2, 2)), stride=0), ValueError, "stride >= 1"),
        (lambda: F.max_pool2d(IMAGES, 5), ValueError, "window within the image"),
        (lambda: F.avg_pool2d(IMAGES[0], 2), ValueError, r"got \(3, 4, 4\)"),
        (
            lambda: F.batch_norm([[1.0]], np.zeros(1), np.ones(1), [1.0], [0.0]),
            ValueError,
            r"at least 2 values per channel in training, got 1 .* model.eval\(\)",
        ),
        (
            lambda: F.batch_norm([1.0], np.zeros(1), np.ones(1), [1.0], [0.0]),
            ValueError,
            r"\(n, 1\)",
        ),
        (lambda: F.layer_norm([1.0], [1.0, 1.0], [0.0, 0.0]), ValueError, r"\(\.\.\., 2\)"),
        (lambda: F.softmax([1.0], mask=[1]), TypeError, "mask of booleans"),
        (lambda: F.softmax([1.0, 2.0], mask=[True] * 3), ValueError, r"broadcasts to \(2,\)"),
        (lambda: F.attention_weights([[1.0]], [[1.0, 2.0]]), ValueError, r"\(1, 1\) and \(1, 2\)"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(call, error, message):
    with pytest.raises(error, match=message):
        call()
