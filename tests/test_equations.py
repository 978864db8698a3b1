"""Every equation of the notes has a check, and every check can fail."""

import importlib
import re
import tomllib

import pytest
from chapters import NOTEBOOKS, ROOT, cells, namespace

EQUATIONS = tomllib.loads((ROOT / "tests/equations.toml").read_text())["equation"]
# chapter: the E-numbers that stem from it
NOTES_EQUATIONS = {
    "02": range(1, 10),
    "03": range(10, 26),
    "04": range(26, 37),
    "05": range(37, 40),
    "11": range(40, 45),
}
BY_CHAPTER = {path.name[:2]: path for path in NOTEBOOKS}


def wrong_formulas(chapter):
    return importlib.import_module(f"wrong_formulas.chapter{chapter}").WRONG


def ident(equation):
    return f"{equation['chapter']}-{equation['label']}"


@pytest.mark.parametrize("chapter", NOTES_EQUATIONS)
def test_every_equation_of_the_notes_is_listed(chapter):
    listed = {
        int(number)
        for equation in EQUATIONS
        if equation["chapter"] == chapter
        for number in re.findall(r"E(\d+)", equation.get("notes", ""))
    }
    assert listed >= set(NOTES_EQUATIONS[chapter])


@pytest.mark.parametrize("equation", EQUATIONS, ids=ident)
def test_the_label_stands_in_its_chapter(equation):
    text = "\n".join(cells(BY_CHAPTER[equation["chapter"]], "markdown"))
    label = re.escape(equation["label"])
    assert re.search(rf":label: {label}$|\$\$ \({label}\)", text, re.M)


@pytest.mark.parametrize("equation", EQUATIONS, ids=ident)
def test_the_check_accepts_the_formula_of_the_chapter(equation, capsys):
    names = namespace(BY_CHAPTER[equation["chapter"]])
    capsys.readouterr()
    names[equation["checker"]](names[equation["formula"]])
    assert "✓" in capsys.readouterr().out


@pytest.mark.parametrize("equation", EQUATIONS, ids=ident)
def test_the_check_rejects_wrong_formulas(equation):
    names = namespace(BY_CHAPTER[equation["chapter"]])
    wrong = wrong_formulas(equation["chapter"])[equation["checker"]]
    assert wrong, "no wrong formula to reject"
    for formula in wrong:
        with pytest.raises(Exception):  # noqa: B017 - a wrong shape may raise anything
            names[equation["checker"]](formula)
