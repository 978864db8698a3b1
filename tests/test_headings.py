"""Every heading of the notes has its section in the book, in the same chapter and not empty."""

import re

import pytest
import yaml
from chapters import NOTEBOOKS, ROOT, cells

#: The notes' headings as their file has them, also those that lost their markup on the way: bold
#: lines, "Tanh Function" in plain text, and chapters 8 to 10, which became items of a list.
NOTES = {
    0: ["Deep Learning"],
    1: ["Preface"],
    2: [
        "Preliminaries",
        "AutoDifferentiation",
        "Linear Algebra",
        "Norms",
        "Chain Rule",
        "Baye's Theorem",
        "Expectations",
    ],
    3: [
        "Linear Neural Networks for Regression",
        "Loss Function",
        "Minibatch Stochastic Gradient Descent",
        "Normal Distribution and Squared Loss",
        "Generalization",
        "Training Error & Generalization Error",
        "Model Complexity",
        "Polynomial Curve Fitting",
        "Cross Validation",
        "Weight Decay",
        "Norms & Weight Decay",
    ],
    4: [
        "Linear Neural Networks for Classification",
        "Classification",
        "Linear Model",
        "Softmax",
        "Log-Likelihood",
        "Softmax and Cross-Entropy Loss",
    ],
    5: [
        "Multilayer Perceptrons",
        "Limitations of Linear Models",
        "Incorporating Hidden Layers",
        "From Linear to Nonlinear",
        "Activation Functions",
        "ReLU Function",
        "Sigmoid Function",
        "Tanh Function",
        "Forward and Backward Propagation, Computational Graphs",
        "Forward Propagation",
        "Backward Propagation",
        "Numerical Stability and Initialization",
        "Vanishing and Exploding Gradients",
        "Parameter Initialization",
        "Default Initialization",
        "Generalization in Deep Learning",
        "Dropout",
    ],
    6: ["Builder's Guide"],
    7: ["Convolutional Neural Networks", "From Fully Connected Layers to Convolutions"],
    8: ["Modern Convolutional Neural Networks"],
    9: ["Recurrent Neural Networks"],
    10: ["Modern Recurrent Neural Networks"],
    11: ["Attention Mechanisms and Transformers"],
    12: ["Miscellaneous"],
}
#: Headings that the book spells otherwise, and why.
CORRECTIONS = {
    "Deep Learning": ("Deep Learning Notes", "the title of the notes is the name of the field"),
    "Baye's Theorem": ("Bayes' Theorem", "it is named after Thomas Bayes; errata, C10"),
}
HEADINGS = [(chapter, heading) for chapter, found in NOTES.items() for heading in found]

each_heading = pytest.mark.parametrize("chapter, heading", HEADINGS, ids=lambda value: str(value))


def pages():
    """The text of each chapter by its number, which its place in the table of contents gives it."""
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    names = [contents["root"], *(one["file"] for one in contents["parts"][0]["chapters"])]
    texts = {path.stem: "\n\n".join(cells(path, "markdown")) for path in NOTEBOOKS}
    return {
        number: texts.get(name.partition("/")[2])
        or (ROOT / f"{name}.md").read_text(encoding="utf-8")
        for number, name in enumerate(names)
    }


PAGES = pages()


def sections(text):
    """The headings of a page, each with the text up to the next heading of any level."""
    text = re.sub(r"^(`{3,})[^`\n]*\n.*?^\1", "", text, flags=re.M | re.S)  # "#" in code is none
    parts = re.split(r"^(#+) (.*)$", text, flags=re.M)
    return {
        heading.strip(): (len(marks), body)
        for marks, heading, body in zip(parts[1::3], parts[2::3], parts[3::3], strict=True)
    }


def spelt(heading):
    return CORRECTIONS.get(heading, (heading,))[0]


def complaint(text, heading):
    """What is missing of a heading's section; None if nothing is."""
    found = sections(text)
    if spelt(heading) not in found:
        return f"no section {spelt(heading)!r}"
    level, body = found[spelt(heading)]
    after = list(found).index(spelt(heading)) + 1
    below = after < len(found) and list(found.values())[after][0] > level
    words = re.findall(r"[A-Za-z]{2,}", re.sub(r"^\(.*\)=$", "", body, flags=re.M))
    if len(words) < 20 and not below:
        return f"the section {spelt(heading)!r} is empty"
    return None


def test_the_list_has_all_headings_of_the_notes():
    assert len(HEADINGS) == 51
    assert set(CORRECTIONS) <= {heading for _, heading in HEADINGS}
    assert all(reason for _, reason in CORRECTIONS.values())


@each_heading
def test_heading_of_the_notes_has_its_section(chapter, heading):
    assert complaint(PAGES[chapter], heading) is None


@pytest.mark.parametrize("chapter", [number for number in NOTES if number > 1])
def test_chapter_has_the_number_of_the_notes_and_begins_with_its_title(chapter):
    assert next(iter(sections(PAGES[chapter]))) == spelt(NOTES[chapter][0])
    assert NOTEBOOKS[chapter - 2].name.startswith(f"{chapter:02d}_")


@each_heading
def test_a_section_that_is_taken_away_is_missed(chapter, heading):
    """The comparison can fail: without the line, and with the line but nothing below it."""
    line = rf"^#+ {re.escape(spelt(heading))}$"
    gone = re.sub(line, "", PAGES[chapter], flags=re.M)
    assert complaint(gone, heading) == f"no section {spelt(heading)!r}"
    assert complaint(f"# {spelt(heading)}\n\n# Next\n", heading).endswith("is empty")
    renamed = re.sub(line, f"## {spelt(heading)} and more", PAGES[chapter], flags=re.M)
    assert complaint(renamed, heading)
