"""Mistakes of the notes must not come back: none of their strings stands outside the errata."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Each pattern with a string that it must find: a pattern that finds nothing proves nothing.
PATTERNS = [
    ("L1", r"Febrary", "Febrary 9, 2023"),
    ("L2", r"Baye's", "Baye's Theorem"),
    ("L3", r"preceptron", "multilayer preceptron"),
    ("L4", r"fuctions", "activation fuctions"),
    ("L5", r"i\s*\\in\s*\\(?:beta|mathcal\{B\})_i", r"\sum_{i \in \beta_i} l"),
    ("L6", r"-\\log\(y\|X\)", r"-\log(y|X) = 0"),
    ("L7", r"training model than", "closer to the training model than to"),
    ("L8", r"generalization error to grow", "but the generalization error to grow"),
    ("L9", r"difference between and the labels", "the difference between and the labels"),
    ("L10", r"outputs\s+\$?\\sigma_i", r"the outputs $\sigma_i$"),
    ("L11", r"\|\|x \+ y\|\| = \|\|x\|\|", "||x + y|| = ||x|| + ||y||"),
    ("L12", r"\\sum_\{i=1\}\^n \\mathbf\{x\}_i\^p", r"\sum_{i=1}^n \mathbf{x}_i^p"),
    ("L13", r"L\^\{\(i\)\}", r"L^{(i)}(\mathbf w, b)"),
    (
        "L14",
        r"\\mathbf\{w\}\^T \\mathbf\{x\} \+ b = \\mathbf\{X\}",
        r"\hat{y} = \mathbf{w}^T \mathbf{x} + b = \mathbf{X} \mathbf{w} + b",
    ),
    ("L15", r"f\(\\mathbf\{x\}\)\^\{\(i\)\}", r"f(\mathbf{x})^{(i)}"),
    ("L16", r"\\sim P\[l", r"E_{(\mathbf{x}, y) \sim P[l(\mathbf{x}, y, f)]}"),
    ("L17", r"logarithmic map", "the logarithmic map"),
    ("L18", r"disjoints", "k disjoints sets"),
    ("L19", r"entire the dataset", "over entire the dataset"),
    ("L20", r"more a complex", "expect more a complex model"),
    ("L21", r"feature dimensionality n", "with feature dimensionality n"),
    ("L22", r"always mitigate overfitting", "we can always mitigate overfitting"),
]

FILES = sorted(
    path
    for pattern in [
        "README.md",
        "CONTRIBUTING.md",
        "book/*.md",
        "notebooks/*.ipynb",
        "d2lnotes/**/*.py",
    ]
    for path in ROOT.glob(pattern)
    if path.name != "errata.md"
)


def text_of(path):
    """A file's text; of a notebook what its cells say, without JSON's escapes."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return text
    return "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"])


def test_there_are_22_patterns():
    assert [name for name, _, _ in PATTERNS] == [f"L{k}" for k in range(1, 23)]


@pytest.mark.parametrize("name, pattern, sample", PATTERNS, ids=lambda value: value[:3])
def test_each_pattern_finds_what_it_is_for(name, pattern, sample):
    assert re.search(pattern, sample)


def test_the_errata_page_is_where_wrong_forms_stand():
    errata = (ROOT / "book/errata.md").read_text(encoding="utf-8")
    assert [name for name, pattern, _ in PATTERNS if re.search(pattern, errata)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_mistake_of_the_notes_came_back(path):
    text = text_of(path)
    assert not [
        (name, match[0]) for name, pattern, _ in PATTERNS for match in re.finditer(pattern, text)
    ]
