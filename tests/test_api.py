"""Every public name is documented, by an example too, and stands on the package's page."""

import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import pytest

import d2lnotes
from d2lnotes import nn

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "book/api.md").read_text(encoding="utf-8")
MODULES = sorted(
    f"d2lnotes.{module.name}"
    for module in pkgutil.iter_modules(d2lnotes.__path__)
    if not module.ispkg and not module.name.startswith("_")
)


def public(module_name):
    """Functions and classes that a module defines and does not mark as its own business."""
    module = importlib.import_module(module_name)
    for name, value in vars(module).items():
        if name.startswith("_") or getattr(value, "__module__", None) != module_name:
            continue
        if inspect.isfunction(value) or inspect.isclass(value):
            yield name, value


NAMES = [
    pytest.param(value, id=f"{module}.{name}")
    for module in MODULES
    for name, value in public(module)
    if not (inspect.isclass(value) and issubclass(value, Exception))
]


def test_there_is_something_to_test():
    assert len(MODULES) >= 9 and len(NAMES) >= 80


@pytest.mark.parametrize("module", MODULES)
def test_every_module_stands_on_the_page_and_says_what_it_is(module):
    assert re.search(rf"automodule:: {re.escape(module)}$", PAGE, re.M)
    assert importlib.import_module(module).__doc__


@pytest.mark.parametrize("value", NAMES)
def test_every_public_name_has_an_example(value):
    shown_by = nn.save if value is nn.load else value  # one example shows both
    assert ">>>" in (shown_by.__doc__ or ""), "write an example that can be checked by hand"
    assert value.__name__ in shown_by.__doc__


@pytest.mark.parametrize("value", [name for name in NAMES if inspect.isclass(name.values[0])])
def test_every_public_method_says_what_it_does(value):
    silent = [
        name
        for name, method in vars(value).items()
        if not name.startswith("_") and inspect.isfunction(method) and not method.__doc__
    ]
    assert not silent


@pytest.mark.parametrize("value", NAMES)
def test_docstrings_are_raw_where_they_hold_a_backslash(value):
    """An escape that was not meant, such as the tab in a formula's ``\\theta``."""
    assert not re.search(r"[\t\x07\x08\x0b\x0c\r]", value.__doc__ or "")
