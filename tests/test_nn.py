"""Modules: how they collect, save and load parameters, and how the layers behave."""

import copy
import zipfile

import numpy as np
import pytest
from strategies import double

from d2lnotes import functional as F
from d2lnotes import nn
from d2lnotes.check import gradcheck
from d2lnotes.tensor import Tensor, no_grad


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def small_net(seed=0):
    rng = np.random.default_rng(seed)
    return nn.Sequential(
        nn.Linear(4, 3, rng=rng),
        nn.BatchNorm1d(3),
        nn.ReLU(),
        nn.Dropout(0.5, rng=rng),
        nn.Linear(3, 2, rng=rng),
    )


# Parameters


def test_names_are_those_of_pytorch():
    names = [name for name, _ in small_net().named_parameters()]
    assert names == ["0.weight", "0.bias", "1.weight", "1.bias", "4.weight", "4.bias"]
    assert list(small_net().state_dict()) == [*names, "1.running_mean", "1.running_var"]


def test_modules_in_lists_are_children():
    class Stack(nn.Module):
        def __init__(self):
            self.blocks = [nn.Linear(2, 2), nn.Linear(2, 2, bias=False)]

    names = [name for name, _ in Stack().named_parameters()]
    assert names == ["blocks.0.weight", "blocks.0.bias", "blocks.1.weight"]


def test_a_shared_parameter_stands_once_and_is_trained_by_both_uses(rng):
    layer = nn.Linear(3, 3, rng=rng)
    net = nn.Sequential(layer, nn.Tanh(), layer)
    assert len(net.parameters()) == 2
    double(net)
    x = rng.standard_normal((2, 3))

    def twice(w, b):
        return F.linear(F.tanh(F.linear(x, w, b)), w, b)

    gradcheck(twice, layer.weight.data, layer.bias.data)
    net(x).sum().backward()
    w, b = Tensor(layer.weight.data, True), Tensor(layer.bias.data, True)
    twice(w, b).sum().backward()
    assert np.allclose(layer.weight.grad, w.grad) and np.allclose(layer.bias.grad, b.grad)


def test_a_frozen_parameter_is_kept_and_gets_no_gradient():
    net = small_net()
    net[0].weight.requires_grad = False
    assert "0.weight" in net.state_dict() and len(net.parameters()) == 6
    net(np.ones((2, 4), np.float32)).sum().backward()
    assert net[0].weight.grad is None and net[0].bias.grad is not None
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())


def test_train_and_eval_reach_every_child():
    net = nn.Sequential(small_net(), nn.TransformerEncoderLayer(4, 2, 8))
    assert net.eval() is net and not any(m.training for m in net.modules())
    assert net.train() is net and all(m.training for m in net.modules())


def test_the_same_generator_gives_the_same_network():
    a, b = small_net(0), small_net(0)
    x = np.ones((2, 4), np.float32)
    assert (a(x).data == b(x).data).all()
    assert (a[0].weight.data != small_net(1)[0].weight.data).any()


def test_two_layers_without_a_generator_differ():
    assert (nn.Linear(3, 3).weight.data != nn.Linear(3, 3).weight.data).any()


def test_fresh_parameters_are_float32():
    modules = [
        small_net(),
        nn.Conv2d(1, 2, 3),
        nn.Embedding(3, 2),
        nn.LSTM(2, 3),
        nn.TransformerDecoderLayer(4, 2, 8),
    ]
    for module in modules:
        assert all(p.dtype == np.float32 for p in module.parameters())


def test_starting_weights_have_the_spread_that_the_rules_promise(rng):
    w = nn.Linear(400, 300, rng=rng).weight.data
    assert abs(w).max() <= 1 / 20 and np.isclose(w.var(), 1 / (3 * 400), rtol=0.02)
    w = nn.xavier_uniform((300, 400), rng, gain=2)
    assert np.isclose(w.var(), 4 * 2 / 700, rtol=0.02)
    w = nn.kaiming_normal((30, 40, 5, 5), rng)
    assert np.isclose(w.var(), 2 / 1000, rtol=0.03) and w.dtype == np.float32
    w = nn.xavier_uniform((30, 40, 5, 5), rng)
    assert np.isclose(w.var(), 2 / (70 * 25), rtol=0.03)


# State, files


def test_state_dict_is_a_copy_and_loading_restores_it():
    net = small_net()
    state = net.state_dict()
    for p in net.parameters():
        p.data += 1
    net[1].running_mean += 1
    net.load_state_dict(state)
    for name, value in net.state_dict().items():
        assert (value == state[name]).all()


def test_loading_keeps_the_arrays_and_their_type():
    net = small_net()
    before = net[0].weight.data
    net.load_state_dict({k: v.astype(float) for k, v in small_net(1).state_dict().items()})
    assert net[0].weight.data is before and before.dtype == np.float32


@pytest.mark.parametrize(
    "spoil, message",
    [
        (lambda state: state.pop("0.weight"), r"missing: \['0.weight'\]"),
        (lambda state: state.update(extra=np.zeros(1)), r"unknown: \['extra'\]"),
        (lambda state: state.update({"4.bias": np.zeros(3)}), r"4.bias of shape \(2,\), got \(3,"),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(spoil, message):
    net, state = small_net(), small_net(1).state_dict()
    spoil(state)
    before = net.state_dict()
    with pytest.raises(ValueError, match=message):
        net.load_state_dict(state)
    assert all((value == before[name]).all() for name, value in net.state_dict().items())


def test_save_and_load(tmp_path):
    path = tmp_path / "net.npz"
    net, other = small_net(), small_net(1)
    net(np.ones((2, 4), np.float32))
    nn.save(path, net)
    nn.load(path, other)
    for name, value in net.state_dict().items():
        assert (other.state_dict()[name] == value).all()
    with np.load(path, allow_pickle=False) as archive:
        assert sorted(archive.files) == sorted(net.state_dict())
    assert [p.name for p in tmp_path.iterdir()] == ["net.npz"]


def test_a_failed_save_leaves_the_old_file_and_no_draft(tmp_path, monkeypatch):
    path = tmp_path / "net.npz"
    nn.save(path, small_net())
    before = path.read_bytes()
    net = small_net(1)
    monkeypatch.setattr(net, "state_dict", lambda: {"a": np.array([object()])})
    with pytest.raises(ValueError, match="pickle"):
        nn.save(path, net)
    assert path.read_bytes() == before and [p.name for p in tmp_path.iterdir()] == ["net.npz"]


def test_any_attribute_name_can_be_saved(tmp_path):
    class Odd(nn.Module):
        def __init__(self):
            self.file, self.allow_pickle = nn.Parameter(1.0), nn.Parameter(2.0)

    nn.save(tmp_path / "odd.npz", Odd())
    odd = Odd()
    odd.file.data += 5
    nn.load(tmp_path / "odd.npz", odd)
    assert odd.file.item() == 1


def whole(path):
    nn.save(path, small_net())
    return path.read_bytes()


def damaged_in_the_middle(path):
    content = bytearray(whole(path))
    content[200:260] = bytes(60)
    return bytes(content)


def pickled(path):
    np.savez(path, **{"0.weight": np.array([{}], dtype=object)})
    return path.read_bytes()


def single_array(path):
    np.save(path.with_suffix(".npy"), np.zeros(3))
    return path.with_suffix(".npy").read_bytes()


def foreign_archive(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "hello")
    return path.read_bytes()


@pytest.mark.parametrize(
    "content",
    [
        lambda path: whole(path)[:-20],
        lambda path: whole(path)[:100],
        damaged_in_the_middle,
        lambda path: b"",
        lambda path: b"hello",
        pickled,
        single_array,
        foreign_archive,
    ],
)
def test_a_damaged_or_foreign_file_is_refused_and_changes_nothing(content, tmp_path):
    path = tmp_path / "net.npz"
    path.write_bytes(content(path))
    net = small_net(2)
    before = net.state_dict()
    with pytest.raises(ValueError, match="expected"):
        nn.load(path, net)
    assert all((value == before[name]).all() for name, value in net.state_dict().items())


def test_no_damage_of_a_byte_is_loaded_unnoticed(tmp_path):
    path = tmp_path / "net.npz"
    content = np.frombuffer(whole(path), np.uint8)
    expected = small_net().state_dict()
    rng = np.random.default_rng(0)
    refused = 0
    for place in rng.integers(0, len(content), 300):
        damaged = content.copy()
        damaged[place] ^= 1 << rng.integers(8)
        path.write_bytes(damaged.tobytes())
        net = small_net(1)
        try:
            nn.load(path, net)
        except ValueError:
            refused += 1
            expected_now = small_net(1).state_dict()
        else:
            expected_now = expected  # the byte held a date, say
        assert all((v == expected_now[k]).all() for k, v in net.state_dict().items())
    assert refused > 150


def test_a_missing_file_is_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        nn.load(tmp_path / "nothing.npz", small_net())


def test_a_model_can_be_copied():
    net = small_net().eval()
    twin = copy.deepcopy(net)
    x = np.ones((2, 4), np.float32)
    assert (net(x).data == twin(x).data).all()
    twin[0].weight.data += 1
    assert (net(x).data != twin(x).data).any()


# Layers


def test_dropout_acts_in_training_only(rng):
    layer = nn.Dropout(0.5, rng=rng)
    x = np.ones((100, 100), np.float32)
    assert set(np.unique(layer(x).data)) == {0, 2}
    assert (layer.eval()(x).data == 1).all()


def test_batch_norm_evaluates_with_running_statistics(rng):
    layer = nn.BatchNorm2d(3, momentum=1.0)
    x = rng.standard_normal((50, 3, 4, 4)) * [[[2.0]], [[3.0]], [[4.0]]] + 1
    trained = layer(x.astype(np.float32))
    assert np.allclose(trained.data.mean(axis=(0, 2, 3)), 0, atol=1e-5)
    assert np.allclose(layer.running_mean, x.mean(axis=(0, 2, 3)), atol=1e-5)
    layer.eval()
    again = layer(x.astype(np.float32))
    assert np.allclose(again.data, trained.data, atol=0.01)
    before = layer.running_mean.copy()
    layer(np.ones((1, 3, 1, 1), np.float32))  # a batch of one is fine in evaluation
    assert (layer.running_mean == before).all()


@pytest.mark.parametrize("cell", [nn.RNN, nn.GRU, nn.LSTM])
def test_recurrent_layers_differentiate_and_continue_from_a_state(cell, rng):
    layer = double(cell(2, 3, rng=rng))
    x = rng.standard_normal((5, 4, 2))
    gradcheck(lambda x: layer(x)[0], x)
    whole, _ = layer(x)
    first, state = layer(x[:2])
    rest, _ = layer(x[2:], state)
    assert np.allclose(whole.data, np.concatenate([first.data, rest.data]))


def test_a_detached_state_cuts_the_graph(rng):
    layer = nn.GRU(2, 3, rng=rng)
    x = Tensor(rng.standard_normal((2, 1, 2)).astype(np.float32), requires_grad=True)
    _, state = layer(x)
    outputs, _ = layer(np.ones((2, 1, 2), np.float32), state.detach())
    outputs.sum().backward()
    assert x.grad is None


def test_a_causal_mask_hides_the_future(rng):
    layer = nn.TransformerEncoderLayer(8, 2, 16, rng=rng).eval()
    x = rng.standard_normal((1, 5, 8)).astype(np.float32)
    y = x.copy()
    y[:, 3:] += 1
    with no_grad():
        a, b = layer(x, nn.causal_mask(5)).data, layer(y, nn.causal_mask(5)).data
    assert np.allclose(a[:, :3], b[:, :3], atol=1e-6) and not np.allclose(a[:, 3:], b[:, 3:])


def test_attention_ignores_padding_and_survives_a_fully_padded_example(rng):
    layer = nn.MultiHeadAttention(8, 2, rng=rng)
    x = rng.standard_normal((2, 4, 8)).astype(np.float32)
    mask = np.array([[True, True, False, False], [False] * 4])[:, None, :]
    y, weights = layer(x, x, x, mask, need_weights=True)
    y.sum().backward()
    assert weights.shape == (2, 2, 4, 4)
    assert (weights.data[0, :, :, 2:] == 0).all() and (weights.data[1] == 0).all()
    assert np.allclose(y.data[1], layer.output.bias.data)
    assert all(np.isfinite(p.grad).all() for p in layer.parameters())


@pytest.mark.parametrize("norm_first", [False, True])
def test_transformer_layers_differentiate(norm_first, rng):
    options = {"dropout": 0.0, "norm_first": norm_first, "rng": rng}
    encoder = double(nn.TransformerEncoderLayer(4, 2, 6, **options))
    decoder = double(nn.TransformerDecoderLayer(4, 2, 6, **options))
    x, memory = rng.standard_normal((2, 2, 3, 4))
    gradcheck(lambda x: encoder(x), x)
    gradcheck(lambda x, m: decoder(x, m, nn.causal_mask(3)), x, memory)


# Bad input


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: nn.Linear(0, 3), ValueError, "in_features to be a positive integer, got 0"),
        (lambda: nn.Linear(3, 2.5), ValueError, "out_features to be a positive integer"),
        (lambda: nn.Dropout(1.0), ValueError, r"p in \[0, 1\), got 1.0"),
        (lambda: nn.MultiHeadAttention(8, 3), ValueError, "got 3 heads for 8"),
        (lambda: nn.RNN(2, 3)(np.zeros((5, 2))), ValueError, r"\(steps, n, 2\)"),
        (lambda: nn.GRU(2, 3)(np.zeros((0, 4, 2))), ValueError, "at least one step"),
        (lambda: nn.GRU(2, 3)(np.zeros((5, 4, 2)), np.zeros((4, 2))), ValueError, r"\(4, 3\), got"),
        (lambda: nn.Sequential([nn.ReLU()]), TypeError, r"write Sequential\(a, b, c\)"),
        (lambda: nn.Module()(1), NotImplementedError, "no forward method"),
        (lambda: nn.BatchNorm1d(3)(np.zeros((1, 3))), ValueError, r"model.eval\(\)"),
        (lambda: nn.Linear(784, 10)(np.zeros((5, 28, 28))), ValueError, r"\(\.\.\., 784\), got"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(call, error, message):
    with pytest.raises(error, match=message):
        call()
