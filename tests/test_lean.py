"""What is taken out of the pages: icons that none shows, and scripts that stand inside."""

import re
from pathlib import Path
from types import SimpleNamespace

import lean
import pytest
from fontTools.ttLib import TTFont

PAGE = """<html lang="en" data-content_root="../" >
<script data-cfasync="false">
  document.documentElement.dataset.mode = localStorage.getItem("mode") || "auto";
</script>
<!-- So that users can add custom icons -->
<script src="../_static/scripts/fontawesome.js?digest=1"></script>
<link rel="stylesheet" type="text/css" href="../_static/sphinx-thebe.css?v=1" />
<script src="../_static/doctools.js?v=1"></script>
<script defer="defer" src="../_static/d2l-explore.js?v=1"></script>
<script>let first = 'a';</script>
<script src="../_static/togglebutton.js?v=1"></script>
<script>var second = 'b';</script>
<script>var second = 'b';</script>
<script>const THEBE_JS_URL = "https://unpkg.com/thebe@0.8.2/lib/index.js";</script>
<script async="async" src="../_static/sphinx-thebe.js?v=1"></script>
<script type="application/json" class="d2l-states">{"a": "b"}</script>
<pre><span></span><span class="n">x</span> <span class="o">=</span> <span class="mi">1</span></pre>
<button onclick="toggleFullScreen()"><i class="fas fa-expand"></i></button>
<button onclick="window.print()">Print</button>
"""
SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script>", re.S)


@pytest.fixture
def slim(tmp_path):
    """The page as it becomes, and the folder of its files."""
    return lean.slim(PAGE, tmp_path), tmp_path


def test_no_script_stands_inside_but_data(slim):
    page, _ = slim
    inside = [(tag, code) for tag, code in SCRIPT.findall(page) if code]
    assert [tag.split()[0] for tag, _ in inside] == ['type="application/json"']
    assert "onclick" not in page
    assert re.findall(r'data-d2l-press="(\w+)"', page) == ["toggleFullScreen", "print"]


def test_scripts_that_stood_inside_keep_their_order_each_once(slim):
    page, static = slim
    names = re.findall(r'src="\.\./_static/(inside-\w+\.js)"', page)
    once, later = ((static / name).read_text(encoding="utf-8") for name in names)
    assert once.startswith("document.documentElement.dataset.mode")
    assert later == "let first = 'a';\nvar second = 'b';\n"


def test_only_the_choice_of_light_or_dark_runs_before_the_page_is_there(slim):
    tags = [tag for tag, _ in SCRIPT.findall(slim[0]) if " src=" in tag]
    assert [("defer" in tag) for tag in tags] == [False, True, True, True, True]


def test_what_the_book_does_not_use_is_gone(slim):
    assert not re.search("thebe|fontawesome|custom icons", slim[0])


def test_words_of_plain_code_are_no_elements(slim):
    code = re.search("<pre>.*?</pre>", slim[0])[0]
    assert code == '<pre>x <span class="o">=</span> <span class="mi">1</span></pre>'


THEME_SCRIPT = Path(lean.SOURCE, lean.THEME_SCRIPT)


def test_theme_looks_for_no_wide_boxes(tmp_path):
    script = tmp_path / THEME_SCRIPT.name
    script.write_text(THEME_SCRIPT.read_text(encoding="utf-8"), encoding="utf-8")
    for _ in range(2):
        lean.calm_theme(script)
        text = script.read_text(encoding="utf-8")
        assert text.count('"d2l-none"') == 1 and ".jp-RenderedHTMLCommon" not in text


def test_theme_that_looks_in_another_way_is_told(tmp_path, monkeypatch):
    said = []
    monkeypatch.setattr(lean.logger, "warning", said.append)
    script = tmp_path / "theme.js"
    script.write_text("document.querySelectorAll('pre')")
    lean.calm_theme(script)
    assert len(said) == 1 and "theme.js" in said[0]


def test_page_that_is_lean_stays_as_it_is(slim):
    page, static = slim
    assert lean.slim(page, static) == page


def test_page_that_the_theme_did_not_make_stays_as_it_is(tmp_path):
    page = "<html lang='en'><script>keep()</script>"
    assert lean.slim(page, tmp_path) == page


def test_icons_in_use_are_the_only_ones_in_style_and_font(tmp_path):
    (tmp_path / "styles").mkdir()
    (tmp_path / lean.BOOK_THEME).write_text('.onthispage:after{content:"\\f107"}')
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "fontawesome.js").write_text("all of them")
    mark = lean.write_icons(tmp_path, {"fa-expand"})
    sheet = (tmp_path / lean.SHEET).read_text(encoding="utf-8")
    assert re.findall(r"\.(fa-\w+):before", sheet) == ["fa-expand"]
    assert f"icons.woff?v={mark}" in sheet
    with TTFont(tmp_path / "icons.woff") as font:
        letters = font.getBestCmap()
    assert 0xF065 in letters and 0xF186 not in letters
    assert 0xF05A in letters, "the theme's own, in the title of a box"
    theme = (tmp_path / lean.THEME).read_text(encoding="utf-8")
    assert "fa-expand" not in theme and ".fa-solid" in theme
    assert not (tmp_path / "scripts" / "fontawesome.js").exists()


def test_other_icons_give_the_style_another_address(tmp_path):
    (tmp_path / "styles").mkdir()
    (tmp_path / lean.BOOK_THEME).write_text('.onthispage:after{content:"\\f107"}')
    one, two, again = (lean.write_icons(tmp_path, {name})
                       for name in ("fa-expand", "fa-moon", "fa-expand"))  # fmt: skip
    assert one == again != two


@pytest.mark.parametrize(
    "body, sheets",
    [('<div class="d2l-gallery">', ["wide.css"]), ("<p>d2l-gallery</p>", []), (None, []),
     ('<div class="cell docutils">', ["far.css"])],
)  # fmt: skip
def test_style_sheets_come_to_the_pages_that_need_them(body, sheets):
    added = []
    context = {} if body is None else {"body": body}
    lean.add_sheets(SimpleNamespace(add_css_file=added.append), "page", "", context, None)
    assert added == sheets
