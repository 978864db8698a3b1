"""The book as PDF and as EPUB, made of a few pages: all of it takes minutes."""

import re
import zipfile
from xml.etree import ElementTree

import paper
import pytest
from conftest import explorers

pytestmark = pytest.mark.browser

NAMES = ["book/preface", "notebooks/06_builders_guide", "notebooks/12_miscellaneous",
         "book/references"]  # fmt: skip
XHTML = "{http://www.w3.org/1999/xhtml}"


@pytest.fixture(scope="module")
def written(site, open_page, tmp_path_factory):
    """The document in the browser, the PDF and the EPUB."""
    folder = tmp_path_factory.mktemp("paper")
    page, watch = open_page()
    seen = {}
    printed = paper.write_pdf

    def look_and_print(page, target):
        seen["text"] = page.locator("body").inner_text()
        seen["errors"] = page.locator("mjx-merror, mjx-utext").count()
        seen["controls"] = page.locator("form, button, input, select, details:not([open])").count()
        printed(page, target)
        boxes = "mjx-container[display='true'], figure svg, figure img, table"
        seen["cut"] = page.evaluate(
            "boxes => [...document.querySelectorAll(boxes)].filter(b => b.getBoundingClientRect()"
            ".right > document.body.getBoundingClientRect().right + 1).map(b => b.outerHTML)",
            boxes,
        )

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paper, "write_pdf", look_and_print)
        pdf, epub = paper.write_both(page, NAMES, folder)
    assert not watch.blocked
    return seen, pdf, zipfile.ZipFile(epub)


def test_every_figure_stands_with_its_first_sentence_and_its_question(written):
    text = re.sub(r"\s+", " ", written[0]["text"])
    mine = [e for e in explorers() if e.page.removesuffix(".html") in NAMES]
    assert len(mine) > 5
    for explorer in mine:
        assert re.sub(r"\s+", " ", explorer.sentence(explorer.start)) in text


def test_no_formula_is_raw_or_unknown_and_nothing_is_cut(written):
    seen = written[0]
    assert not re.search(r"\\\(|\\\[|\\begin\{|\$\$", seen["text"])
    assert seen["errors"] == 0
    assert seen["cut"] == []


def test_folds_stand_open_and_nothing_asks_to_be_pressed(written):
    seen = written[0]
    assert "Solution" in seen["text"] and "Show the code" not in seen["text"]
    assert seen["controls"] == 0


def test_pdf_is_tagged_and_has_an_outline(written):
    data = written[1].read_bytes()
    assert data.startswith(b"%PDF-")
    assert b"/StructTreeRoot" in data and b"/Outlines" in data
    assert b"/MediaBox [0 0 594.9" in data or b"/MediaBox [0 0 595" in data, "not A4"


def test_epub_is_packed_as_readers_ask(written):
    archive = written[2]
    first = archive.infolist()[0]
    assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
    opf = ElementTree.fromstring(archive.read("book/package.opf"))
    items = [node.attrib for node in opf.iter("{http://www.idpf.org/2007/opf}item")]
    listed = {f"book/{item['href']}" for item in items} | {"book/package.opf"}
    assert listed == {name for name in archive.namelist() if name.startswith("book/")}
    assert len({item["id"] for item in items}) == len(items)


def test_links_of_the_epub_resolve(written):
    archive = written[2]
    trees = {name: ElementTree.fromstring(archive.read(name))
             for name in archive.namelist() if name.endswith(".xhtml")}  # fmt: skip
    ids = {name: {node.get("id") for node in tree.iter()} for name, tree in trees.items()}
    count = 0
    for name, tree in trees.items():
        for link in tree.iter(f"{XHTML}a"):
            href = link.get("href", "")
            if href and not re.match(r"[a-z]+:", href):
                path, _, fragment = href.partition("#")
                assert fragment in ids[f"book/{path}" if path else name], href
                count += 1
    assert count > 100


def test_formulas_of_the_epub_are_mathml_with_their_source(written):
    chapter = ElementTree.fromstring(written[2].read("book/12_miscellaneous.xhtml"))
    formulas = list(chapter.iter("{http://www.w3.org/1998/Math/MathML}math"))
    assert len(formulas) > 50
    assert all(formula.get("alttext") for formula in formulas)
    assert "var(--" not in written[2].read("book/12_miscellaneous.xhtml").decode()


def test_letters_of_the_epub_need_no_mathvariant(written):
    markup = written[2].read("book/12_miscellaneous.xhtml").decode()
    left = set(re.findall(r'mathvariant="([^"]+)"[^>]*>([^<]+)<', markup))
    assert {alphabet for alphabet, _ in left} <= {"normal"}, left
    assert "\N{MATHEMATICAL BOLD SMALL X}" in markup and "\N{DOUBLE-STRUCK CAPITAL R}" in markup


@pytest.mark.parametrize(
    "alphabet, letter, expected",
    [("bold", "x", "𝐱"), ("bold", "1", "𝟏"), ("bold", "Σ", "𝚺"), ("double-struck", "R", "ℝ"),
     ("script", "N", "𝒩"), ("script", "B", "ℬ"), ("bold-italic", "ϵ", "𝝐"),
     ("sans-serif", "W", "𝖶"), ("bold", "⊤", None)],
)  # fmt: skip
def test_letter_of_an_alphabet(alphabet, letter, expected):
    assert paper.mathematical(alphabet, letter) == expected
