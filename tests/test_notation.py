"""The page of notation: each symbol once in its sense, linked, and double meanings said."""

import re

import pytest
from chapters import NOTEBOOKS, ROOT, cells

PAGE = (ROOT / "book/notation.md").read_text(encoding="utf-8")
TABLES, LETTERS = PAGE.split("(notation-letters)=")
LABELS = {
    label: path
    for path in NOTEBOOKS
    for label in re.findall(r"^\((ch-[\w-]+)\)=", "\n".join(cells(path, "markdown")), re.M)
}


def rows(text):
    for line in text.splitlines():
        if line.startswith("| ") and not line.startswith(("| symbol", "| letter")):
            yield [cell.strip() for cell in re.split(r"(?<!\\) \| ?", line.strip("| ") + " ")]


def test_every_row_leads_to_the_chapter_of_its_number():
    for row in [*rows(TABLES), *rows(LETTERS)]:
        links = re.findall(r"\{ref\}`(\d+) <([\w-]+)>`", " ".join(row))
        assert links, row
        for number, label in links:
            assert LABELS[label].name.startswith(f"{int(number):02d}_"), row


def test_no_row_stands_there_twice():
    seen = set()
    for row in rows(TABLES):
        key = row[0], row[1]
        assert key not in seen, key
        seen.add(key)


def senses(letter):
    """The chapters in whose rows a plain or Greek letter is a symbol of its own."""
    found = set()
    for row in rows(TABLES):
        if re.search(rf"(?:^|, )\${re.escape(letter)}\$", row[0]):
            found.add(re.search(r"\{ref\}`(\d+) ", row[-1] or row[-2])[1])
    return found


@pytest.mark.parametrize("letter", [*"ABDGKLNTcdhkmpqrs", r"\tau", r"\beta", r"\gamma", r"\theta",
                                    r"\kappa", r"\rho", r"\alpha", r"\lambda"])  # fmt: skip
def test_letter_with_rows_in_several_chapters_is_in_the_last_table(letter):
    if len(senses(letter)) > 1:
        assert re.search(rf"^\| [^|]*\$(?:\\mathbf )?{re.escape(letter)}\$", LETTERS, re.M), letter


def mathematics(path):
    """The formulas of a chapter, up to its exercises."""
    text = "\n\n".join(cells(path, "markdown")).split("\n## Exercises")[0]
    text = re.sub(r"^:label:.*$|\\(?:text\w*|operatorname|mathrm)\{[^{}]*\}", "", text, flags=re.M)
    return " ".join(
        "".join(match)
        for match in re.findall(
            r"\$\$(.*?)\$\$|(?<!\$)\$([^$\n]+)\$|```\{math\}\n(.*?)```", text, re.S
        )
    )


BOLD = re.compile(r"\\(?:mathbf|mathsf|mathcal|boldsymbol)\s*\{?\s*(\\?[A-Za-z]+)\}?")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_vectors_matrices_and_sets_of_a_chapter_are_explained(path):
    """Every bold, sans-serif or script letter that a chapter uses three times has a row."""
    used = [name for name in BOLD.findall(mathematics(path)) if len(name.lstrip("\\")) == 1
            or name.startswith("\\")]  # fmt: skip
    known = set(BOLD.findall(TABLES))
    assert not {name for name in used if used.count(name) >= 3 and name not in known}
