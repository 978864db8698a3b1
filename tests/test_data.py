"""The data sets are what they say, and are read without a network."""

import socket
from importlib.resources import files

import numpy as np
import pytest

from d2lnotes.data import penguins


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


def test_penguins_are_read_without_a_network(monkeypatch):
    def refuse(*args, **kwargs):
        raise OSError("no network in this test")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    penguins()


def test_each_call_gives_arrays_of_its_own():
    penguins()["year"][:] = 0
    assert penguins()["year"].min() == 2007


@pytest.mark.parametrize(
    "name",
    [path.name for path in files("d2lnotes").joinpath("datasets").iterdir()],
)
def test_every_data_file_is_named_in_the_notice(name):
    notice = files("d2lnotes").joinpath("datasets/NOTICE").read_text(encoding="utf-8")
    assert name == "NOTICE" or name in notice
