"""The weights that ship with the book load, and are worth what their chapter says."""

import importlib.util

import numpy as np
import pytest
from chapters import ROOT

from d2lnotes import nn
from d2lnotes.data import weights

spec = importlib.util.spec_from_file_location("train", ROOT / "benchmarks/weights/train.py")
train = importlib.util.module_from_spec(spec)
spec.loader.exec_module(train)
SHIPPED = train.shipped()


def test_every_file_has_a_training_and_every_training_a_file():
    assert {path.stem for path in train.FOLDER.glob("*.npz")} == set(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_weights_score_what_the_chapter_says(name):
    entry = SHIPPED[name]
    model = entry.build(np.random.default_rng(0))
    nn.load(weights(name), model)
    assert entry.score(model) == pytest.approx(entry.expected, abs=6e-4 * max(1, entry.expected))


def test_weights_that_do_not_ship_are_refused():
    with pytest.raises(ValueError, match="expected the name of weights that ship"):
        weights("alexnet")
