"""The data sets are what they say, are read without a network, and are handed on whole."""

import gzip
import hashlib
import socket
import struct
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from d2lnotes import data
from d2lnotes.data import (
    FASHION_CLASSES,
    DataLoader,
    alice,
    digits,
    el_nino,
    fashion_mnist,
    interface_strings,
    k_fold,
    penguins,
    sunspots,
    train_val_test_split,
)

settings.register_profile("repeatable", derandomize=True, deadline=None, max_examples=50)
settings.load_profile("repeatable")

DATASETS = files("d2lnotes").joinpath("datasets")


# Data sets -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, digest",
    [
        ("alice.txt.gz", "857077ed54186a41b4d92dddac538e7d6e0e9a18312b79e3199ed8771421c8da"),
        ("penguins.csv", "f204db2c753b0937caac3cb35258562c14f073e4bbc76be24b4c51ce22767a93"),
        ("elnino_sst.csv", "27bfb6fa41c40554d8f69e262bf71d9cae37e475da4d85bea44d30fbeec685c0"),
        ("sunspots.csv.gz", "a9730a5a0626d1d6b92ebe394763f9be49d98031e786558baa9bf23393ff02c3"),
        (
            "jupyterlab_eng_fra.tsv.gz",
            "bb3410da8553f32a222eca17e4786ede763129aaa3c796eb7cf0623f9e5d0db8",
        ),
    ],
)
def test_the_files_hold_what_was_checked_when_they_came(name, digest):
    content = DATASETS.joinpath(name).read_bytes()
    content = gzip.decompress(content) if name.endswith(".gz") else content
    assert hashlib.sha256(content).hexdigest() == digest


def test_fashion_mnist_has_1000_and_200_images_of_each_class():
    X_train, y_train, X_test, y_test = fashion_mnist()
    assert X_train.shape == (10000, 28, 28) and X_test.shape == (2000, 28, 28)
    assert X_train.dtype == X_test.dtype == np.float32
    assert X_train.min() == X_test.min() == 0 and X_train.max() == X_test.max() == 1
    assert np.bincount(y_train).tolist() == [1000] * 10
    assert np.bincount(y_test).tolist() == [200] * 10
    assert y_train.dtype == y_test.dtype == np.int64
    assert len(FASHION_CLASSES) == 10


def test_standardised_images_have_about_mean_0_and_deviation_1():
    X_train, _, X_test, _ = fashion_mnist(standardize=True)
    assert X_train.dtype == X_test.dtype == np.float32
    assert abs(X_train.mean()) < 0.01 and abs(X_train.std() - 1) < 0.01
    assert abs(X_test.mean()) < 0.03 and abs(X_test.std() - 1) < 0.03


def test_digits_are_8_by_8_in_file_order():
    X, y = digits()
    assert X.shape == (1797, 8, 8) and X.dtype == np.float32
    assert X.min() == 0 and X.max() == 1 and np.all(X * 16 == np.round(X * 16))
    assert np.bincount(y).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_alice_is_the_whole_book():
    text = alice()
    assert len(text) == 148_324
    assert text.rstrip().endswith("the happy summer days.")


def test_interface_strings_are_pairs_of_distinct_english():
    pairs = interface_strings()
    assert len(pairs) == 1936
    assert all(len(pair) == 2 and all(pair) for pair in pairs)
    assert len({english for english, _ in pairs}) == 1936


def test_penguins_have_the_known_counts():
    birds = penguins()
    assert list(birds) == [
        "species",
        "island",
        "bill_length_mm",
        "bill_depth_mm",
        "flipper_length_mm",
        "body_mass_g",
        "sex",
        "year",
    ]
    assert {len(column) for column in birds.values()} == {344}
    names, counts = np.unique(birds["species"], return_counts=True)
    assert dict(zip(names.tolist(), counts.tolist(), strict=True)) == {
        "Adelie": 152,
        "Chinstrap": 68,
        "Gentoo": 124,
    }


def test_penguins_mark_what_is_unknown():
    birds = penguins()
    known = birds["sex"] != ""
    assert known.sum() == 333
    assert set(birds["sex"][known].tolist()) == {"female", "male"}
    assert np.isnan(birds["body_mass_g"]).sum() == 2
    assert not np.isnan(birds["body_mass_g"][known]).any()


def test_penguins_have_plausible_numbers():
    birds = penguins()
    for name, low, high in [
        ("body_mass_g", 2700, 6300),
        ("flipper_length_mm", 172, 231),
        ("bill_length_mm", 32, 60),
        ("bill_depth_mm", 13, 22),
        ("year", 2007, 2009),
    ]:
        assert birds[name].dtype == np.float64
        assert np.nanmin(birds[name]) >= low and np.nanmax(birds[name]) <= high, name


@pytest.mark.parametrize(
    "load, column, first, last, count, low, high",
    [
        (el_nino, "sst_c", "1950-01", "2010-12", 732, 18, 30),
        (sunspots, "sunspots", "1749-01", "2008-12", 3120, 0, 260),
    ],
)
def test_series_have_every_month_once(load, column, first, last, count, low, high):
    series = load()
    months, values = series["month"], series[column]
    assert list(series) == ["month", column]
    assert len(months) == len(values) == count
    assert (str(months[0]), str(months[-1])) == (first, last)
    assert np.all(np.diff(months) == np.timedelta64(1, "M"))
    assert np.all((values >= low) & (values <= high))


@pytest.mark.parametrize(
    "load", [fashion_mnist, digits, alice, interface_strings, penguins, el_nino, sunspots]
)
def test_they_are_read_without_a_network(load, monkeypatch):
    def refuse(*args, **kwargs):
        raise OSError("no network in this test")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    load()


def test_each_call_gives_arrays_of_its_own():
    penguins()["year"][:] = 0
    assert penguins()["year"].min() == 2007
    digits()[0][:] = 7
    assert digits()[0].max() == 1


def test_the_idx_format_is_read(tmp_path):
    values = np.arange(12, dtype=np.uint8).reshape(3, 2, 2)
    path = tmp_path / "images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(struct.pack(">4B3i", 0, 0, 8, 3, 3, 2, 2) + values.tobytes()))
    assert np.array_equal(data._read_idx(path), values)


@pytest.mark.parametrize("name", sorted(path.name for path in DATASETS.iterdir()))
def test_every_data_file_is_named_in_the_notice(name):
    notice = DATASETS.joinpath("NOTICE").read_text(encoding="utf-8")
    assert name == "NOTICE" or name in notice


@pytest.mark.parametrize(
    "name, owner",
    [
        ("LICENSE-fashion-mnist.txt", "Copyright (c) 2017 Zalando SE"),
        ("LICENSE-jupyterlab.txt", "Copyright (c) 2023 Project Jupyter Contributors"),
    ],
)
def test_licences_that_must_ship_do(name, owner):
    assert owner in DATASETS.joinpath(name).read_text(encoding="utf-8")


# Batches -------------------------------------------------------------------------------------


@given(
    n=st.integers(1, 40),
    batch_size=st.integers(1, 50),
    shuffle=st.booleans(),
    seed=st.integers(0, 100),
)
def test_an_epoch_holds_every_example_once(n, batch_size, shuffle, seed):
    X, y = np.arange(n) * 10.0, np.arange(n)
    loader = DataLoader(
        X, y, batch_size=batch_size, shuffle=shuffle, rng=np.random.default_rng(seed)
    )
    batches = list(loader)
    assert len(batches) == len(loader)
    assert all(np.array_equal(a, b * 10) for a, b in batches)  # rows stay together
    seen = np.concatenate([b for _, b in batches])
    assert sorted(seen.tolist()) == list(range(n))
    if not shuffle:
        assert seen.tolist() == list(range(n))


def test_every_epoch_has_another_order_and_a_seed_repeats_them():
    def epochs(seed):
        loader = DataLoader(
            np.arange(30), batch_size=7, shuffle=True, rng=np.random.default_rng(seed)
        )
        return [np.concatenate([x for (x,) in loader]).tolist() for _ in range(2)]

    first, second = epochs(0)
    assert first != second
    assert epochs(0) == [first, second]


def test_drop_last_leaves_out_the_smaller_batch():
    loader = DataLoader(np.arange(7), batch_size=3, drop_last=True)
    assert [len(x) for (x,) in loader] == [3, 3] and len(loader) == 2


@pytest.mark.parametrize(
    "arrays, options, error, message",
    [
        ([], {"batch_size": 1}, ValueError, "expected at least one array"),
        ([np.ones((0, 3))], {"batch_size": 1}, ValueError, "at least one example"),
        ([np.ones(3), np.ones(4)], {"batch_size": 1}, ValueError, r"got shapes \[\(3,\), \(4,\)\]"),
        ([np.float64(3)], {"batch_size": 1}, ValueError, "same number of rows"),
        ([[[1], [1, 2]]], {"batch_size": 1}, TypeError, "pad them first"),
        ([[1.0, np.nan, np.inf]], {"batch_size": 1}, ValueError, "has 2 NaN or infinite"),
        ([np.ones(3)], {"batch_size": 0}, ValueError, "at least 1, got 0"),
        ([np.ones(3)], {"batch_size": 1.5}, TypeError, "whole batch_size, got 1.5"),
        ([np.ones(3)], {"batch_size": 1, "shuffle": True}, ValueError, "needs an rng"),
        ([np.ones(3)], {"batch_size": 4, "drop_last": True}, ValueError, "leaves nothing"),
    ],
)
def test_the_loader_refuses_what_it_cannot_batch(arrays, options, error, message):
    with pytest.raises(error, match=message):
        DataLoader(*arrays, **options)


# Splits --------------------------------------------------------------------------------------


@given(n=st.integers(10, 60), val=st.sampled_from([0, 0.1, 0.25]), seed=st.integers(0, 20))
def test_the_three_parts_share_nothing_and_lose_nothing(n, val, seed):
    X, y = np.arange(n), np.arange(n) * 2
    parts = train_val_test_split(X, y, val=val, test=0.2, rng=np.random.default_rng(seed))
    assert [len(part[0]) for part in parts][1:] == [round(n * val), round(n * 0.2)]
    assert sorted(np.concatenate([part[0] for part in parts]).tolist()) == list(range(n))
    assert all(np.array_equal(part[0] * 2, part[1]) for part in parts)


def test_without_a_generator_the_test_set_is_the_end_of_the_file():
    (train,), (val,), (test,) = train_val_test_split(np.arange(10), val=0.2, test=0.3)
    assert [train.tolist(), val.tolist(), test.tolist()] == [[0, 1, 2, 3, 4], [5, 6], [7, 8, 9]]


@pytest.mark.parametrize(
    "n, shares, message",
    [
        (10, {"val": 1.0}, "shares in"),
        (10, {"test": -0.1}, "shares in"),
        (10, {"val": 0.5, "test": 0.5}, "a part is empty"),
        (3, {"val": 0.1, "test": 0.3}, "a part is empty"),
        (10, {"val": np.nan}, "shares in"),
    ],
)
def test_a_split_with_an_empty_part_is_refused(n, shares, message):
    with pytest.raises(ValueError, match=message):
        train_val_test_split(np.arange(n), **shares)


@given(n=st.integers(2, 40), k=st.integers(2, 40), shuffled=st.booleans())
def test_each_example_validates_in_one_fold_and_trains_in_the_others(n, k, shuffled):
    k = min(n, k)
    folds = k_fold(n, k, np.random.default_rng(0) if shuffled else None)
    assert len(folds) == k
    assert sorted(np.concatenate([val for _, val in folds]).tolist()) == list(range(n))
    for train, val in folds:
        assert sorted([*train.tolist(), *val.tolist()]) == list(range(n))
    sizes = [len(val) for _, val in folds]
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize("k", [0, 1, 6])
def test_a_number_of_folds_that_leaves_one_empty_is_refused(k):
    with pytest.raises(ValueError, match=f"between 2 and the number of examples, 5; got {k}"):
        k_fold(5, k)
