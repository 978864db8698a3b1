"""Aids for the reader on a tiny book, and the glossary and the quizzes of the real one."""

import json
import re
from types import SimpleNamespace

import pytest
import reading
from bs4 import BeautifulSoup
from chapters import NOTEBOOKS, ROOT, cells
from reading import first_term
from tinybook import build, code

GOOD = """\
**What is $1 + 1$?**

1. One.
2. Two.
3. Three.

:::{dropdown} Answer
:class-container: d2l-quiz
1. That is a product.
2. **Right.**
   See {ref}`sec-sums`.
3. That is one too many.
:::
"""
BAD = {
    GOOD.replace("**Right.**", "Right."): "0 answers begin with **Right.**; one must",
    GOOD.replace("1. That", "1. **Right.** That"): "2 answers begin with **Right.**; one must",
    GOOD.replace("3. Three.\n", ""): "2 choices need as many answers, in a numbered list",
    GOOD.replace("3. Three.\n", "").replace("3. That is one too many.\n", ""):
        "it has 2 choices; three or four are wanted",
    GOOD.replace("2. Two.", "2. 27."):
        "a number with a period begins a list; leave out the period of such a choice",
    GOOD.replace("See {ref}`sec-sums`.", "See the sums."):
        "its answers link to nothing; name the figure's state or the section that shows it",
    GOOD.replace("1. One.\n2. Two.\n3. Three.\n", "Guess.\n"):
        "before the answers stand the question, in one paragraph, and a list of choices",
}  # fmt: skip
INDEX = """\
# Index

A small loss is no term here, since this is no chapter.

```{reading-progress}
```

```{glossary}
small loss
tiny loss
  What a *careful* model has.

  Chapter 1, {ref}`sec-sums`.

ReLU
  A bend.

loss
  A number that says how bad it is.
```
"""
TEXT = """\
(sec-sums)=
# Sums of a loss

A relu is no ReLU, and `loss` is code, as is $loss$.
Many tiny losses, and **losses** without end; the loss and the small loss again.

:::{note}
A loss in a box.
:::
"""
EXPLORER = """\
from d2lnotes.explore import Guess, Slider, explore
from d2lnotes.plotting import panels

@explore(k=Slider([1, 2], label="power"),
         guess=Guess("Power 0.5. Which?", {"one": {"k": 1}, "two": {"k": 2}}, truth="one"))
def small_powers(figure, k):
    panels(figure)[0].plot([0, 1], [0, k])
    return f"Power {k}."


small_powers"""


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """A book with a glossary, a quiz and an explorer; one build, and one with another glossary."""
    folder = tmp_path_factory.mktemp("reading")
    content = [TEXT, code(EXPLORER, figure="fig-small-powers"), GOOD]
    first = build(folder, INDEX, content)
    assert first.code == 0, first.log
    before, front, index = first.page("notebook"), first.page("index"), search_index(first)
    second = build(folder, INDEX.replace("A bend.", "Another bend."), content)
    return SimpleNamespace(page=before, front=front, index=index, changed=second.page("notebook"))


def search_index(built):
    text = (built.site / "searchindex.js").read_text(encoding="utf-8")
    return json.loads(text[text.index("{") : text.rindex("}") + 1])


# The quiz --------------------------------------------------------------------------------------


def test_question_its_choices_and_answers_stand_in_one_box(book):
    box = BeautifulSoup(book.page, "html.parser").select_one(".d2l-question")
    assert box["id"] == "quiz-notebook-1"
    assert [child.name for child in box.find_all(recursive=False)] == ["p", "ol", "details"]
    assert [li.get_text(strip=True) for li in box.select("ol")[0].select("li")] == [
        "One.", "Two.", "Three."]  # fmt: skip
    right = [li.get("class") for li in box.select("details li")]
    assert right == [None, ["d2l-right"], None]
    assert not box.select("form, input, button"), "the script makes the form"


def test_each_slip_in_a_question_is_named_and_fails_the_build(tmp_path):
    built = build(tmp_path, "# Index", [TEXT, *BAD])
    assert built.code != 0
    said = [line.partition(": ")[2] for line in built.warnings if line.startswith("quiz")]
    assert said == list(BAD.values())


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_chapter_has_five_questions_before_its_exercises(path):
    texts = [text for text in cells(path, "markdown")]
    number = path.name[:2]
    label = f"(sec-ch{number}-quiz)="
    at = next((k for k, text in enumerate(texts) if text.startswith(label)), None)
    assert at is not None, f"no cell that begins with {label} and the heading Five Questions"
    assert re.search(r"^## Exercises", texts[at + 1], re.M)
    assert texts[at].count(":class-container: d2l-quiz") == 5
    right = re.findall(r"^(\d)\. \*\*Right\.\*\*", texts[at], re.M)
    assert len(right) == 5 and len(set(right)) > 1, "the right answer always at the same place"


# The glossary ----------------------------------------------------------------------------------


def links(page):
    return BeautifulSoup(page, "html.parser").select("a.d2l-term")


def test_first_use_of_each_term_in_running_text_is_a_link_with_its_definition(book):
    found = [(link.get_text(), link["href"], link["title"]) for link in links(book.page)]
    assert found == [
        ("ReLU", "index.html#term-ReLU", "A bend."),
        ("tiny losses", "index.html#term-small-loss", "What a careful model has."),
        ("losses", "index.html#term-loss", "A number that says how bad it is."),
    ]


def test_page_that_is_no_notebook_has_no_such_links(book):
    assert not links(book.front)


def test_definition_that_changes_reaches_chapters_that_did_not(book):
    assert links(book.changed)[0]["title"] == "Another bend."


@pytest.mark.parametrize(
    "said, names, found",
    [
        ("two Gates and a gate", ["gate"], "Gates"),
        ("delegates investigate", ["gate"], None),
        ("a gate-like thing", ["gate"], None),
        ("the learning\nrate", ["rate", "learning rate"], "learning\nrate"),
        ("weights and weight decay", ["weight decay"], "weight decay"),
        ("an adam, then Adam", ["Adam"], "Adam"),
        ("both losses", ["loss"], "losses"),
    ],
)
def test_first_use_is_a_whole_word_the_longest_and_may_be_a_plural(said, names, found):
    match = first_term(said, names)
    assert (match and said[match.start : match.end]) == found


GLOSSARY = (ROOT / "book/glossary.md").read_text(encoding="utf-8")
ENTRIES = re.findall(r"((?:^\S.*\n)+)  (.+)\n\n  Chapter (\d+), \{ref\}`([\w-]+)`\.\n",
                     GLOSSARY.partition("```{glossary}\n")[2], re.M)  # fmt: skip


def test_glossary_says_of_each_term_which_section_of_which_chapter_introduces_it():
    body = GLOSSARY.partition("```{glossary}\n")[2].rpartition("```")[0]
    assert len(ENTRIES) == len(body.strip().split("\n\n")) / 2 > 120
    homes = {
        label: int(path.name[:2])
        for path in NOTEBOOKS
        for text in cells(path, "markdown")
        for label in re.findall(r"^\(([\w-]+)\)=$", text, re.M)
    }
    assert not [names for names, _, number, label in ENTRIES if homes[label] != int(number)]


def test_glossary_is_in_alphabetical_order_and_names_each_term_once():
    first = [names.splitlines()[0].replace("–", "-") for names, *_ in ENTRIES]
    assert first == sorted(first, key=str.lower)
    every = [name for names, *_ in ENTRIES for name in names.splitlines()]
    assert len(every) == len(set(every))


# Progress and search ---------------------------------------------------------------------------


def test_only_chapters_end_with_a_box_to_tick(book):
    assert "d2l-end" not in book.page and "d2l-end" not in book.front
    assert [reading.chapter(name) for name in ("notebooks/03_a", "book/map", "3_a")] == [
        "03", None, None]  # fmt: skip


def test_place_of_the_progress_is_hidden_until_the_script_fills_it(book):
    form = BeautifulSoup(book.front, "html.parser").select_one("form.d2l-progress")
    assert form.has_attr("hidden") and json.loads(form["data-chapters"]) == {}


def test_search_knows_terms_and_explorers_by_name_with_their_places(book):
    objects = {entry[4]: entry for entries in book.index["objects"].values() for entry in entries}
    kinds = {k: name[2] for k, name in book.index["objnames"].items()}
    docs = book.index["docnames"]
    for name, kind, home, anchor in [
        ("small loss", "glossary term", "index", "term-small-loss"),
        ("Small powers: Power 0\u20245; Which?", "figure to move", "notebook",
         "fig-small-powers"),
    ]:  # fmt: skip
        doc, which, _, where, _ = objects[name]
        assert (kinds[str(which)], docs[doc]) == (kind, home)
        assert where == anchor
