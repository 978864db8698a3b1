"""Formulas that are set when the book is built, on a tiny book."""

import re
from html import unescape
from xml.etree import ElementTree

import maths
import pytest
from fontTools.ttLib import TTFont
from tinybook import build

GOOD = r"""# Formulas

Inline $a < b \& \boldsymbol{x} \in \mathbb{R}$, and

```{math}
:label: eq-sum
\hat{y} = \sum_i w_i x_i \\ = \left\{ \frac{1}{2} \right.
```

\begin{align}
x &= y \\[2pt] z &= 1
\end{align}

See {eq}`eq-sum`.
"""
BAD = {
    r"$\nosuchcommand x$": r"Undefined control sequence \nosuchcommand: \nosuchcommand x",
    r"$\frac{a$": r"Missing close brace: \frac{a",
    r"$a & b$": "Misplaced &: a & b",
}
SOURCES = [r"a < b \& \boldsymbol{x} \in \mathbb{R}",
           r"\begin{split}\hat{y} = \sum_i w_i x_i \\ = \left\{ \frac{1}{2} \right.\end{split}",
           "\\begin{align}\nx &= y \\\\[2pt] z &= 1\n\\end{align}"]  # fmt: skip


def with_maths(text):
    """The tiny book's configuration, with Markdown's formulas as in the real one."""
    return text.replace(
        "sphinx:", "parse: {myst_enable_extensions: [amsmath, dollarmath]}\nsphinx:"
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A book whose first page has good formulas, and its second bad ones."""
    return build(tmp_path_factory.mktemp("book"), GOOD, ["# Notebook\n\n" + "\n\n".join(BAD)],
                 with_maths)  # fmt: skip


def test_formulas_stand_set_in_their_page_and_no_script_sets_them(built):
    page = built.page("index")
    boxes = re.findall(r"<mjx-container\b[^>]*>", page)
    assert [' display="true"' in box for box in boxes] == [False, True, True]
    seen = re.sub(r"<[^>]*>", "", page.partition("<article")[2])
    assert not re.search(r"\\[(\[\])]|\\begin", seen)
    assert not re.search(r"(?i)<script[^>]*mathjax", page)


def test_number_and_link_of_an_equation_stay(built):
    page = built.page("index")
    assert re.search(r'id="equation-eq-sum">\s*<span class="eqno">\(1\)', page)
    assert '<a class="reference internal" href="#equation-eq-sum">(1)</a>' in page


def test_each_formula_has_its_mathml_and_its_source(built):
    page = built.page("index")
    maths = [ElementTree.fromstring(one) for one in re.findall(r"<math\b.*?</math>", page, re.S)]
    assert len(maths) == len(SOURCES)
    assert "".join(maths[0].itertext()) == "a<b&x∈R"
    assert [unescape(tex) for tex in re.findall(r'data-tex="([^"]*)"', page)] == SOURCES


def test_formula_that_cannot_be_set_fails_the_build_and_is_named(built):
    assert built.code != 0
    assert sorted(built.warnings) == sorted(f"notebook.html: {words}" for words in BAD.values())


def test_style_sheet_and_fonts_hold_what_the_pages_use(built):
    page, static = built.page("index"), built.site / "_static"
    (sheet,) = re.findall(r'href="_static/(maths\.css)\?v=\w+"', page)
    style = (static / sheet).read_text(encoding="utf-8")
    for letter, font in maths.LETTER.findall(page):
        assert f"mjx-c.{letter}{font and '.' + font}::before" in style, letter
    assert "mjx-c2A2F" not in style, "a letter that no page uses"
    fonts = re.findall(r'url\("(maths/[\w-]+\.woff)\?v=\w+"\)', style)
    assert fonts and all((static / font).is_file() for font in fonts)
    with TTFont(static / "maths" / "MathJax_Math-Italic.woff") as font:
        letters = font.getBestCmap()
    assert ord("w") in letters and ord("q") not in letters


def test_page_that_was_set_before_is_left_as_it_is(built):
    page = built.page("index")
    assert not list(maths.FORMULA.finditer(page))
