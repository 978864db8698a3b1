"""The errata take every equation and claim of the notes once, and prove what they call wrong."""

import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest
from chapters import NOTEBOOKS, cells

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "book/errata.md").read_text(encoding="utf-8")
PRINTED = tomllib.loads((ROOT / "tests/notes_formulas.toml").read_text(encoding="utf-8"))
ROW = re.compile(
    r"^\* - \(err-(?P<label>\w+)\)=\n"
    r"    (?P<kind>equation|claim) \*\*(?P<name>[EC]\d+)\*\*\n\n"
    r"    chapter (?P<chapter>\d+)\n\n"
    r"    (?P<verdicts>[^\n]+)\n"
    r"  - (?P<body>.*?)(?=^\* - |^```)",
    re.M | re.S,
)
ROWS = {match["name"]: match for match in ROW.finditer(PAGE)}
CHECKED = {
    equation["label"]
    for equation in tomllib.loads((ROOT / "tests/equations.toml").read_text())["equation"]
}
VERDICTS = ["wrong", "imprecise", "incomplete", "typo", "artefact", "correct"]
#: Where the notes put them: E1-E9 and C3-C11 into chapter 2, and so on.
CHAPTERS = {
    1: ("", range(1, 3)),
    2: (range(1, 10), range(3, 12)),
    3: (range(10, 26), range(12, 52)),
    4: (range(26, 37), range(52, 62)),
    5: (range(37, 40), range(62, 88)),
    7: ("", range(88, 92)),
    11: (range(40, 45), range(92, 100)),
    12: ("", range(100, 101)),
}

each_row = pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)


def verdicts(row):
    return row["verdicts"].replace("*", "").split(", ")


def part(row, label):
    """What stands behind one of the bold labels of a row."""
    found = re.search(
        rf"\*\*{label}:\*\*(.*?)(?=\n\n    (?:\*\*\w|Check|See)|\Z)", row["body"], re.S
    )
    return found[1].strip() if found else ""


def last_line(row):
    return row["body"].strip().splitlines()[-1].strip()


def test_each_equation_and_claim_stands_there_once():
    names = re.findall(r"^    (?:equation|claim) \*\*(\w+)\*\*$", PAGE, re.M)
    wanted = [f"E{k}" for k in range(1, 45)] + [f"C{k}" for k in range(1, 101)]
    assert Counter(names) == Counter(wanted)
    assert set(ROWS) == set(wanted), "a row has not the form of the others"


def test_each_row_has_its_kind_its_label_and_its_chapter():
    for chapter, (equations, claims) in CHAPTERS.items():
        for name in [f"E{k}" for k in equations] + [f"C{k}" for k in claims]:
            row = ROWS[name]
            assert row["chapter"] == str(chapter), name
            assert row["label"] == name.lower()
            assert row["kind"] == {"E": "equation", "C": "claim"}[name[0]]


@each_row
def test_row_says_what_the_notes_say_what_is_right_and_where_that_is_shown(row):
    assert verdicts(row)[0] in VERDICTS and set(verdicts(row)) <= set(VERDICTS)
    assert part(row, "The notes") and part(row, "Right")
    assert re.match(r"(?:Check: equations? \{eq\}|See )", last_line(row)), last_line(row)


@pytest.mark.parametrize("row", [r for r in ROWS.values() if "wrong" in verdicts(r)],
                         ids=lambda row: row["name"])  # fmt: skip
def test_wrong_row_has_a_case_with_numbers_and_a_link(row):
    assert re.search(r"\d", part(row, "A case")), "no counterexample"
    assert re.search(r"\{(?:eq|numref|ref)\}`[\w-]+`", last_line(row))


@each_row
def test_links_lead_to_a_label_of_the_book(row):
    """Sphinx holds this too; here it needs no build, and an equation's link must be its check."""
    texts = {path: "\n".join(cells(path, "markdown")) for path in NOTEBOOKS}
    for role, label in re.findall(r"\{(eq|ref)\}`(?:[^`<]*<)?([\w-]+)>?`", row["body"]):
        assert any(
            f"({label})=" in text or f":label: {label}\n" in text or f"$$ ({label})" in text
            for text in texts.values()
        ), label
        if role == "eq" and last_line(row).startswith("Check"):
            assert label in CHECKED, f"no check of {label} is listed"
    for name in re.findall(r"\(#err-(\w+)\)", row["body"]):
        assert name.upper() in ROWS


def plain(formula):
    """A formula without what only lays it out, and without words and full stops around it."""
    formula = formula.replace(r"\text{Attention}", "Attention")
    layout = r"\\(?:begin|end)\{aligned\}|\\\\(?=\s)|\\q?quad|\\text\{(?!def)[\w ]*\}|\\ "
    formula = re.sub(layout, "", formula)
    return re.sub(r"[\s&$,]|\bwhere\b|\band\b|\.$", "", formula)


@pytest.mark.parametrize("name", PRINTED)
def test_equation_is_quoted_as_the_notes_print_it(name):
    """The page wrong about the notes would be as bad as the notes wrong about the matter."""
    assert plain(part(ROWS[name], "The notes")) == plain(PRINTED[name])


def test_the_counts_in_the_text_are_those_of_the_rows():
    count = Counter(verdicts(row)[0] for row in ROWS.values())
    text = re.sub(r"<[^>]+>", "", PAGE)
    assert f"not so: {count['wrong']}." in text
    assert f"good will: {count['imprecise']}." in text
    assert f"it fails: {count['incomplete']} first of all." in text
    assert count["typo"] == count["artefact"] == 4 and ": 4 of each." in text
    assert f"**Correct** are {count['correct']}." in text


def test_the_form_offers_what_the_rows_have():
    offered = {
        name: set(re.findall(r"<option(?: value=\"(\w+)\")?>(\w+)?", body))
        for name, body in re.findall(r'<select name="(\w+)".*?>(.*?)</select>', PAGE, re.S)
    }
    values = {name: {value or text for value, text in found} - {"all"}
              for name, found in offered.items()}  # fmt: skip
    assert values["chapter"] == {row["chapter"] for row in ROWS.values()}
    assert values["verdict"] == {one for row in ROWS.values() for one in verdicts(row)}
    assert values["kind"] == {row["kind"] for row in ROWS.values()}
