"""The map of the book says what the chapters say, and counts what they hold."""

import re

import bookmap
import pytest
from bookmap import Stop, Work, arrows, draw, duration, section, work
from chapters import NOTEBOOKS, ROOT, cells

PAGE = (ROOT / "book/map.md").read_text(encoding="utf-8")
NUMBERS = {path: int(path.name[:2]) for path in NOTEBOOKS}


def stops():
    lines = re.search(r"```\{book-map\}\n(.*?)\n```", PAGE, re.S)[1].splitlines()
    found = [bookmap.parse(line) for line in lines]
    assert all(found)
    return found


STOPS = {stop.number: stop for stop in stops()}


def homes():
    """The chapter of each label."""
    return {
        label: NUMBERS[path]
        for path in NOTEBOOKS
        for text in cells(path, "markdown")
        for label in re.findall(r"^\(([\w-]+)\)=$", text, re.M)
    }


def prerequisites(path):
    """The sentences of a chapter that begin with "You need", and what else their paragraph says."""
    text = "\n\n".join(cells(path, "markdown"))
    paragraph = re.search(r"^You need .*?(?=\n\n|\Z)", text, re.M | re.S)[0]
    first, *rest = paragraph.splitlines()
    return first, "\n".join(rest)


def chapters_of(text, homes, own):
    labels = re.findall(r"\{ref\}`(?:[^`<]*<)?([\w-]+)>?`", text)
    return {homes[label] for label in labels} - {own}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_map_needs_what_the_chapter_says_it_needs(path):
    """The first sentence names what is needed; a later one of the same paragraph what helps."""
    number = NUMBERS[path]
    assert number in STOPS, f"no row for chapter {number} in the table of book/map.md"
    needed, helpful = (chapters_of(text, homes(), number) for text in prerequisites(path))
    assert set(STOPS[number].needs) == needed
    assert set(STOPS[number].helped) == helpful - needed


def test_map_has_every_chapter_and_needs_none_that_comes_later():
    assert list(STOPS) == list(NUMBERS.values()), "a row of book/map.md for each chapter"
    for stop in STOPS.values():
        assert all(other < stop.number for other in stop.needs + stop.helped)
        assert len({(one.row, one.column) for one in STOPS.values()}) == len(STOPS)


def test_needs_that_follow_from_others_are_not_drawn_and_none_is_lost():
    drawn = arrows(STOPS.values())

    def before(number):
        mine = {a for a, b in drawn if b == number}
        return mine.union(*(before(one) for one in mine))

    for stop in STOPS.values():
        assert set(stop.needs) <= before(stop.number)
    assert arrows([Stop(2, "", 0, 0, (), ()), Stop(3, "", 1, 0, (2,), ()),
                   Stop(4, "", 2, 0, (2, 3), ())]) == [(2, 3), (3, 4)]  # fmt: skip
    assert len(drawn) == len(set(drawn)) == len(STOPS) - 1


def test_picture_has_a_link_for_each_chapter_and_an_arrow_for_each_need_drawn():
    addresses = {number: f"chapter{number}.html" for number in STOPS}
    picture = draw(tuple(STOPS.values()), addresses)
    assert re.findall(r'<a href="([^"]+)"', picture) == list(addresses.values())
    helping = sum(len(stop.helped) for stop in STOPS.values())
    assert picture.count("marker-end") == len(arrows(STOPS.values())) + helping
    assert "needs 3, 4, 5" in picture


@pytest.mark.parametrize(
    "line",
    ["7 Convolutions @ 1 1", "7: Convolutions", "7: C @ 1 1; needs x", "7: C @ 1 1; wants 2"],
)
def test_line_of_another_form_is_refused(line):
    assert bookmap.parse(line) is None
    assert bookmap.parse("7: C @ 1 2; needs 3 4; helped by 5") == Stop(7, "C", 1, 2, (3, 4), (5,))


# Counting --------------------------------------------------------------------------------------


def cell(kind, source):
    return {"cell_type": kind, "source": [source]}


CHAPTER = [
    cell("markdown", "(ch-one)=\n# Two words\n\n"
                     "Three more words, $x^2 + y$ and {ref}`one <sec-a>`."),
    cell("code", "@explore(k=Slider([1, 2]))\ndef f(figure, k): ..."),
    cell("markdown", "(sec-a)=\n## A section\n\nIts text."),
    cell("markdown", "### Below it\n\n:::{dropdown} Answer\nSeen by readers.\n:::"),
    cell("markdown", "## Exercises\n"),
    cell("markdown", "```{exercise} Easy\n:label: ex-a\n★ Do it.\n```\n\n"
                     ":::{dropdown} Solution\nNot counted at all.\n:::"),
    cell("markdown", "```{exercise} Hard\n:label: ex-b\n★★★ Do that.\n```"),
]  # fmt: skip


def test_words_figures_and_exercises_are_counted():
    # Two words / Three more words formula and one / A section Its text / Below it Seen by readers
    # / Exercises / Easy Do it / Hard Do that; stars are no words, and neither are solutions.
    assert work(CHAPTER[:1]) == Work(8)
    assert work(CHAPTER[2:3]) == Work(4)
    assert work(CHAPTER) == Work(8 + 4 + 5 + 1 + 3 + 3, 1, one_star=1, three_stars=1)
    assert work(CHAPTER).exercises == 2
    assert work(CHAPTER).practice == 10 + 45
    assert work(CHAPTER).reading == pytest.approx(24 / 60 + 3)


def test_section_ends_at_the_next_heading_of_its_level():
    assert section(CHAPTER, "sec-a") == CHAPTER[2:4]
    assert section(CHAPTER, "ch-one") == CHAPTER
    assert section(CHAPTER, "sec-b") == []


def test_every_exercise_of_the_book_is_counted():
    for path in NOTEBOOKS:
        text = "\n".join(cells(path, "markdown"))
        counted = work([cell("markdown", text)]).exercises
        assert counted == len(re.findall(r"^`{3,}\{exercise\}", text, re.M)), path.stem


def test_durations_are_said_as_people_say_them():
    assert [duration(m) for m in (1, 12, 57, 58, 89, 106)] == [
        "5 min", "10 min", "55 min", "1 h", "1.5 h", "2 h"]  # fmt: skip


def test_reading_paths_name_sections_that_exist():
    known = homes()
    for labels in re.findall(r"\{study-time\}`([^`]*)`", PAGE):
        assert all(label in known for label in labels.split())
