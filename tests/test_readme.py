"""What the README tells people to type is what the Makefile does."""

import doctest
import re
from pathlib import Path

import pytest

from d2lnotes import functional
from d2lnotes.check import gradcheck
from d2lnotes.explore.bake import bake

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TEXTS = ["README.md", "CONTRIBUTING.md", "book/how_to_use.md", "book/index.md"]

TARGETS = set(re.findall(r"^(\w+):", MAKEFILE, re.M))
RECIPES = MAKEFILE.replace("$(BIN)", ".venv/bin").replace("$(PYTHON)", "python3")
PLAIN = re.findall(r"^(?:\.venv|python3).*", README, re.M)


@pytest.mark.parametrize("name", TEXTS)
def test_every_make_target_that_a_text_names_exists(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    code = re.findall(r"`(make [^`]+)`|^(make .*)", text, re.M)
    named = {
        word
        for groups in code
        for word in "".join(groups).partition("#")[0].split()[1:]
        if "=" not in word
    }
    assert named, "no make command found"
    assert named <= TARGETS


def test_every_public_target_is_phony():
    phony = set(re.search(r"^\.PHONY: (.*)", MAKEFILE, re.M)[1].split())
    assert phony == TARGETS


@pytest.mark.parametrize("command", PLAIN)
def test_plain_commands_are_those_of_the_makefile(command):
    assert command.replace("-m pip install", "-m pip install --quiet") in RECIPES or (
        command in RECIPES
    )


def test_the_plain_commands_cover_environment_book_notebooks_and_tests():
    for part in ["-m venv", "pip install", "jupyter-book build", "jupyter lab", "pytest", "ruff"]:
        assert any(part in command for command in PLAIN), part


def test_links_of_the_readme_lead_somewhere():
    pictures = set(re.findall(r"!\[[^]]*\]\(([^)]+)\)", README))
    links = set(re.findall(r"\]\(((?!https?:)[^)#]+)\)", README)) - pictures
    assert links
    for link in links:
        assert (ROOT / link).exists(), link


def recipe_of(title):
    """A section of the recipes, and the code that it shows."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    recipe = text.partition(f"## {title}")[2].partition("\n## ")[0]
    return recipe, re.search(r"```python\n(.*?)```", recipe, re.S)[1]


def test_the_operation_that_contributors_are_shown_differentiates():
    names = dict(vars(functional))
    exec(recipe_of("Add an operation")[1], names)
    gradcheck(names["softplus"], [-3.0, 0.0, 2.0])
    tests = doctest.DocTestFinder(recurse=False).find(names["softplus"], globs=names)
    assert doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(tests[0]) == (0, 1)


def test_the_explorer_that_contributors_are_shown_can_be_baked():
    recipe, code = recipe_of("Add an explorer")
    names = {}
    exec(code, names)
    explorer = names["powers_of_x"]
    assert f'"name": "{explorer.id}"' in recipe
    assert explorer.link(power=5) in recipe
    assert bake(explorer).shape == (5,)


def test_the_readme_is_short():
    assert len(README.splitlines()) < 90


def test_ci_calls_make():
    assert "make test" in (ROOT / ".ci/run").read_text()
    assert ".ci/run" in (ROOT / ".github/workflows/ci.yml").read_text()
