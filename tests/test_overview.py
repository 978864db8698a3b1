"""The gallery of a tiny book: every explorer, from the pages themselves, and never stale."""

import re
from types import SimpleNamespace

import overview
import pytest
from tinybook import build, code

INDEX = "# Index\n\n```{explorer-gallery}\n```\n"
IMPORTS = """\
from d2lnotes.explore import Guess, Slider, explore
from d2lnotes.plotting import panels"""
ASKED = """\
@explore(k=Slider([1, 2], label="power"),
         guess=Guess("Is 1 < 2 & 2 > 1?", {"no": {"k": 1}, "yes": {"k": 2}}, truth="yes"))
def asked(figure, k):
    panels(figure)[0].plot([0, 1], [0, k])
    return f"The slope is {k} & rising."


asked"""
SILENT = """\
@explore(k=Slider([1, 2], label="power"))
def silent(figure, k):
    panels(figure)[0].plot([0, 1], [k, 0])
    return f"It falls by {k}."


silent"""


def cells(*sources):
    figures = {ASKED: "fig-asked", SILENT: "fig-silent"}
    return ["# Notebook", code(IMPORTS), *(
        code(source, figure=figures.get(source, "fig-asked")) for source in sources)]  # fmt: skip


@pytest.fixture(scope="module")
def books(tmp_path_factory):
    """A book with one explorer, the same with two after a warm build, and again from cold."""
    warm, cold = tmp_path_factory.mktemp("warm"), tmp_path_factory.mktemp("cold")
    first = build(warm, INDEX, cells(ASKED))
    before = first.page("index")
    changed = ASKED.replace("rising", "changed")
    second = build(warm, INDEX, cells(changed, SILENT))
    return SimpleNamespace(before=before, warm=second,
                           cold=build(cold, INDEX, cells(changed, SILENT)))  # fmt: skip


def cards(page):
    return re.findall(r'<li class="d2l-card".*?</li>', page, re.S)


def test_gallery_shows_each_explorer_with_its_question_or_caption(books):
    (card,) = cards(books.before)
    assert 'href="notebook.html#fig-asked"' in card
    assert "<p>Is 1 &lt; 2 &amp; 2 &gt; 1?</p>" in card
    assert card.count('alt="The slope is 1 &amp; rising."') == 2
    assert re.search(r"Fig\. \d+(\.\d+)?</span> Asked</a>", card)
    assert "<p>Caption of fig-silent.</p>" in cards(books.warm.page("index"))[1]


def test_change_in_a_chapter_reaches_the_gallery_of_a_page_that_did_not_change(books):
    one, two = cards(books.warm.page("index"))
    assert "1 &amp; changed." in one and "fig-silent" in two
    assert "2 of 2 figures shown" in books.warm.page("index")


def test_warm_and_cold_builds_agree(books):
    assert books.warm.code == books.cold.code == 0, books.warm.log + books.cold.log
    assert cards(books.warm.page("index")) == cards(books.cold.page("index"))
    files = [
        {path.name: path.read_bytes() for path in (built.site / overview.FOLDER).iterdir()}
        for built in (books.warm, books.cold)
    ]
    assert files[0] == files[1]
    names = [f"fig-{n}-{theme}.svg" for n in ("asked", "silent") for theme in ("light", "dark")]
    assert sorted(files[0]) == sorted(names)


def test_pictures_are_files_with_the_colours_of_their_theme(books):
    sources = re.findall(r'src="([^"?]+\.svg)\?v=[0-9a-f]{8}"', books.warm.page("index"))
    assert len(sources) == 4
    for source in sources:
        picture = (books.warm.site / source).read_text(encoding="utf-8")
        assert picture.startswith("<svg") and "var(" not in picture and "aria-" not in picture
        assert ("#121212" in picture) == ("-dark" in source), "the paper of the dark theme"


# Parts that need no build ----------------------------------------------------------------------


def environment(**more):
    return SimpleNamespace(docname="page", **more)


def test_pages_that_show_the_book_are_forgotten_and_merged_like_others():
    env, other = environment(), environment(d2l_overviews={"map"})
    overview.place(env, overview.gallery)
    assert overview.overviews(env) == {"page"}
    handlers = {}
    app = SimpleNamespace(
        connect=handlers.__setitem__, add_directive=lambda *a: None, add_post_transform=lambda *a: 0
    )
    overview.setup(app)
    handlers["env-merge-info"](app, env, [], other)
    assert overview.overviews(env) == {"page", "map"}
    handlers["env-purge-doc"](app, env, "page")
    assert overview.overviews(env) == {"map"}


@pytest.mark.parametrize(
    "removed, read, again", [((), (), []), ((), ("a",), ["map"]), (("a",), (), ["map"])]
)
def test_gallery_is_written_again_when_any_page_was_read_or_removed(removed, read, again):
    app, env = SimpleNamespace(), environment(d2l_overviews={"map"})
    overview.note_removed(app, env, set(), set(), set(removed))
    overview.note_read(app, env, list(read))
    assert overview.write_again(app, env) == again


def test_colour_that_the_style_sheet_lacks_is_the_one_in_the_picture():
    picture = '<svg viewBox="0 0 1 1" data-picture role="img" aria-labelledby="a"><path ' \
              'fill="var(--d2l-ink,#111)" stroke="var(--d2l-new,#222)"/></svg>'  # fmt: skip
    assert overview.standalone(picture, {"--d2l-ink": "#eee"}) == (
        '<svg viewBox="0 0 1 1"><path fill="#eee" stroke="#222"/></svg>'
    )
