"""The chapters' explorers. That the page stores what is drawn is checked when it is baked."""

import json

import pytest
from chapters import NOTEBOOKS, explorers

from d2lnotes.explore.svg import to_markup


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_an_explorer_draws_the_same_after_the_whole_notebook_ran(path):
    """A later cell that binds one of its names anew would change what a live slider shows."""
    for explorer in explorers(path):
        after = explorer.fresh()
        assert (after.sentence, after.value) == (explorer.first.sentence, explorer.first.value)
        assert to_markup(after.tree) == to_markup(explorer.first.tree), explorer.id


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_explorer_has_its_figure(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    named = {
        cell["metadata"].get("mystnb", {}).get("figure", {}).get("name")
        for cell in notebook["cells"]
    }
    assert {explorer.id for explorer in explorers(path)} <= named


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_explorer_asks_before_it_shows(path):
    silent = [explorer.id for explorer in explorers(path) if explorer.guess is None]
    assert not silent
