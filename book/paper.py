"""Make the whole book one PDF and one EPUB from the built site; `make paper` calls it.

Both are taken from the pages in Chromium, formulas and all, so that nothing is written twice. A
figure is shown in its start state with its sentence. Answers and solutions stand open; code that
only draws or only checks is left out, for it is in the notebooks.

The PDF is printed by Chromium. The EPUB holds formulas as MathML and figures as SVG. It is packed
here because the Python library for it (EbookLib) has a licence that a book under MIT and
CC BY-SA cannot take on.
"""

import html
import os
import re
import unicodedata
import uuid
import zipfile
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

import yaml
from bs4 import BeautifulSoup
from chromium import SITE, chromium
from publish import version

ROOT = Path(__file__).parents[1]
PAPER = ROOT / "_build" / "paper"
TITLE = "Deep Learning Notes"
NOT_ON_PAPER = ["book/how_to_use", "book/gallery", "book/api"]
DROPPED = """script, style, noscript, form, button, input, select, .headerlink,
    .d2l-panel-controls, .d2l-pinned, .d2l-end, .cell.tag_hide-input > details, summary .expanded,
    summary svg"""
ALPHABET = re.compile(r'(<m[in]\b[^>]*?) mathvariant="([a-z-]+)"([^>]*>)([^<]+)(?=<)')
STYLE = """
@page { size: A4; margin: 20mm 18mm 20mm 18mm; }
body { font: 10.5pt/1.45 "DejaVu Serif", Georgia, serif; color: #1b1f24; background: #ffffff; }
h1, h2, h3, h4 { font-family: "DejaVu Sans", sans-serif; line-height: 1.2; break-after: avoid; }
h1 { font-size: 22pt; } h2 { font-size: 15pt; margin-top: 1.6em; } h3 { font-size: 12pt; }
section.page { break-before: page; }
a { color: #0b5cad; text-decoration: none; }
p { orphans: 3; widows: 3; margin: 0.6em 0; }
pre { font: 8.5pt/1.35 "DejaVu Sans Mono", monospace; white-space: pre-wrap; background: #f6f8fa;
      border-left: 2pt solid #d5d9de; padding: 0.5em 0.7em; margin: 0.6em 0; break-inside: avoid; }
code { font-family: "DejaVu Sans Mono", monospace; font-size: 0.88em; }
.cell_output pre { background: none; border-color: #0072b2; }
figure { margin: 1em 0; break-inside: avoid; text-align: center; }
figure svg, figure img { max-width: 100%; height: auto; }
figcaption { font: 9pt/1.35 "DejaVu Sans", sans-serif; text-align: left; }
.question { font-weight: bold; text-align: left; }
.d2l-sentence { font: 9pt/1.35 "DejaVu Sans", sans-serif; text-align: left; }
table { border-collapse: collapse; font-size: 9pt; margin: 0.8em 0; max-width: 100%; }
th, td { border-bottom: 0.5pt solid #d5d9de; padding: 0.25em 0.5em; text-align: left;
         vertical-align: top; }
.admonition, details { border-left: 2pt solid #0072b2; padding: 0 0 0 0.8em; margin: 0.8em 0; }
.admonition-title, summary { font: bold 9.5pt "DejaVu Sans", sans-serif; list-style: none;
                             break-after: avoid; }
.question, dt { break-after: avoid; }
.citation { display: flex; gap: 0.6em; margin: 0.5em 0; } .citation > .label { min-width: 2.4em; }
.citation p { margin: 0; }
mjx-container[display="true"] { margin: 0.6em 0 !important; break-inside: avoid; }
.eqno { float: right; }
nav.contents ul { list-style: none; padding-left: 1.2em; } nav.contents > ul { padding: 0; }
nav.contents > ul > li { margin-top: 0.5em; font-weight: bold; }
nav.contents > ul > li li { font-weight: normal; }
.front { text-align: center; padding-top: 30vh; } .front h1 { font-size: 34pt; }
"""
# A display formula wider than the page shrinks until it fits.
FIT = """() => { for (const box of document.querySelectorAll("mjx-container[display='true']")) {
  const wide = box.scrollWidth / box.clientWidth;
  if (wide > 1) box.style.fontSize = `${Math.max(50, Math.floor(100 / wide))}%`;
} }"""
TO_MATHML = """() => {
  for (const box of document.querySelectorAll("mjx-container")) {
    const math = box.querySelector("math");
    math.setAttribute("alttext", box.dataset.tex);
    box.replaceWith(math);
  }
  for (const one of document.querySelectorAll("section.page *")) {
    for (const { name } of [...one.attributes]) {
      if (name.startsWith("data-") || name.startsWith("aria-") && !one.closest("svg, math")) {
        one.removeAttribute(name);
      }
    }
  }
}"""
SERIALIZE = """() => [...document.querySelectorAll("section.page")].map(
  (page) => [page.id, new XMLSerializer().serializeToString(page)])"""


@dataclass
class Page:
    """A page of the site on its way to paper."""

    name: str
    soup: BeautifulSoup
    title: str

    @property
    def stem(self):
        return self.name.rpartition("/")[2]


# One document of all pages --------------------------------------------------------------------


def page_names():
    """The pages in the order of the table of contents, without what paper cannot do."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    names = [toc["root"], *(entry["file"] for part in toc["parts"] for entry in part["chapters"])]
    return [name for name in names if name not in NOT_ON_PAPER]


def read_page(name):
    """The article of one page."""
    text = (SITE / f"{name}.html").read_text(encoding="utf-8")
    soup = BeautifulSoup(text, "html.parser").select_one("article.bd-article")
    for guess in soup.select(".d2l-guess"):
        guess.replace_with(question(guess.legend.get_text()))
    for node in soup.select(f"{DROPPED}, .only-dark"):
        if not node.decomposed:
            node.decompose()
    for fold in soup.find_all("details"):
        fold["open"] = ""
    for said in soup.select("summary p"):
        said.name = "span"
        if said.string == "Show the code":
            said.string = "Code"
    heading = soup.find("h1")
    return Page(name, soup, heading.get_text(" ", strip=True) if heading else name)


def question(words):
    """What a figure asks before it is moved, as a paragraph."""
    paragraph = BeautifulSoup("<p class='question'></p>", "html.parser").p
    paragraph.string = words.removeprefix("Before you move it: ")
    return paragraph


def join(pages, folder):
    """Give each page ids of its own and let links lead within the one document.

    A link to a page that is not on paper becomes plain text.
    """
    known = {page.name: page for page in pages}
    ids = Counter(node["id"] for page in pages for node in page.soup.find_all(id=True))
    own = {
        (page.name, node["id"]): f"{page.stem}--{node['id']}" if ids[node["id"]] > 1 else node["id"]
        for page in pages for node in page.soup.find_all(id=True)
    }  # fmt: skip
    for page in pages:
        for link in page.soup.find_all("a", href=True):
            target = resolve(page.name, link["href"])
            if target is None:
                continue  # it leads out of the book
            name, fragment = target
            if name not in known:
                link.unwrap()
            else:
                link["href"] = "#" + own.get((name, fragment), f"page-{known[name].stem}")
        for node in page.soup.find_all(id=True):
            new = own[page.name, node["id"]]
            if not node.find_parent("svg"):
                node["id"] = new
        for image in page.soup.find_all("img", src=True):
            file = (SITE / page.name).parent / unquote(image["src"])
            image["src"] = os.path.relpath(file.resolve(), folder)
            del image["loading"]  # all of them are printed
    return pages


def resolve(page, href):
    """The page and the fragment to which a link leads; None outside of the book."""
    if re.match(r"[a-z]+:|//", href):
        return None
    path, _, fragment = href.partition("#")
    fragment = unquote(fragment.partition("?")[0])
    if not path:
        return page, fragment
    file = os.path.normpath(os.path.join(os.path.dirname(page), unquote(path)))
    return file.removesuffix(".html"), fragment


def contents(pages):
    """The table of contents: pages and their sections, as nested lists of links."""
    rows = []
    for page in pages:
        sections = [
            f'<li><a href="#{heading.parent["id"]}">{text(heading)}</a></li>'
            for heading in page.soup.find_all("h2") if heading.parent.get("id")
        ]  # fmt: skip
        inner = f"<ul>{''.join(sections)}</ul>" if sections else ""
        rows.append(f'<li><a href="#page-{page.stem}">{html.escape(page.title)}</a>{inner}</li>')
    return f'<nav class="contents"><h2>Contents</h2><ul>{"".join(rows)}</ul></nav>'


def text(node):
    """What a heading says, for a list."""
    return html.escape(node.get_text(" ", strip=True))


def document(pages, folder):
    """The whole book as one page of HTML."""
    maths = os.path.relpath(SITE / "_static" / "maths.css", folder)
    body = "\n".join(
        f'<section class="page" id="page-{page.stem}">{page.soup.decode_contents()}</section>'
        for page in pages
    )
    note = (
        "Figures stand in their start state, answers and solutions open. "
        "Code that only draws or checks is in the notebooks."
    )
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{TITLE}</title><style>{STYLE}</style>
<link rel="stylesheet" href="{maths}"></head>
<body><div class="front"><h1>{TITLE}</h1><p>An interactive companion</p>
<p>{version()}</p><p>{note}</p></div>
<section class="page">{contents(pages)}</section>
{body}</body></html>"""


# PDF ------------------------------------------------------------------------------------------


def write_pdf(page, target):
    """Print the document, with page numbers and an outline."""
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 658, "height": 1000})  # A4 less its margins, in CSS pixels
    page.evaluate(FIT)
    number = (
        '<div style="width:100%;text-align:center;font:8px sans-serif;color:#57606a">'
        '<span class="pageNumber"></span></div>'
    )
    page.pdf(
        path=target, prefer_css_page_size=True, tagged=True, outline=True, print_background=True,
        display_header_footer=True, header_template="<span></span>", footer_template=number,
    )  # fmt: skip


# EPUB -----------------------------------------------------------------------------------------

CONTAINER = """<?xml version="1.0" encoding="utf-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="book/package.opf" media-type="application/oebps-package+xml"/>
</rootfiles></container>"""
XHTML = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" lang="en"
xml:lang="en"><head><title>{title}</title><link rel="stylesheet" href="book.css"/></head>
<body>{body}</body></html>"""


def write_epub(page, pages, target):
    """Pack the pages, each as a chapter with its formulas in MathML."""
    page.evaluate(TO_MATHML)
    parts = dict(page.evaluate(SERIALIZE))
    places = {}
    for stem, markup in parts.items():
        for found in re.findall(r'\bid="([^"]+)"', markup):
            places.setdefault(found, stem.removeprefix("page-"))
    files, pictures = {}, {}
    for one in pages:
        body = for_reader(parts[f"page-{one.stem}"], one.stem, places)
        body = with_pictures(body, target.parent, pictures)
        files[f"{one.stem}.xhtml"] = XHTML.format(title=html.escape(one.title), body=body)
    toc = re.sub(r'href="#([^"]+)"', lambda m: address(m[1], places), contents(pages))
    toc = toc.replace('<nav class="contents">', '<nav epub:type="toc" id="toc">')
    toc = toc.replace("<ul>", "<ol>").replace("</ul>", "</ol>")
    files["nav.xhtml"] = XHTML.format(title="Contents", body=toc)
    files["book.css"] = re.sub(r"@page[^}]*}|section\.page {[^}]*}", "", STYLE)
    files["package.opf"] = package(pages, files, pictures)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        archive.writestr("META-INF/container.xml", CONTAINER)
        for name, content in files.items():
            archive.writestr(f"book/{name}", content)
        for name, path in pictures.items():
            archive.write(path, f"book/{name}")


def for_reader(markup, stem, places):
    """A chapter's XHTML: links lead between files, colours are no variables, letters letters."""
    markup = ALPHABET.sub(in_alphabet, markup)
    markup = re.sub(r"var\(--[\w-]+,\s*([^()]+)\)", r"\1", markup)
    return re.sub(r'href="#([^"]+)"', lambda match: address(match[1], places, stem), markup)


def in_alphabet(match):
    """A bold x as the letter 𝐱: many readers pass over ``mathvariant``, and ℝ would become R."""
    before, alphabet, after, words = match.groups()
    letters = [mathematical(alphabet, one) for one in words]
    return f"{before}{after}{''.join(letters)}" if all(letters) else match[0]


def mathematical(alphabet, letter):
    """Unicode's letter of an alphabet: ``mathematical("bold", "x")`` is 𝐱; None if it has none."""
    name = re.sub(r"^(LATIN|GREEK)( LUNATE)? |LETTER ", "", unicodedata.name(letter, ""))
    name = f"{alphabet.replace('bold-', 'bold ').upper()} {name}"
    for whole in (f"MATHEMATICAL {name}", name):
        try:
            return unicodedata.lookup(whole)
        except KeyError:
            pass
    return None


def with_pictures(markup, folder, pictures):
    """Let pictures stand beside the chapter, and note where they come from."""

    def note(match):
        path = (folder / unquote(html.unescape(match[1]))).resolve()
        pictures[path.name] = path
        return f'src="{path.name}"'

    return re.sub(r'src="([^"]+)"', note, markup)


def address(fragment, places, here=None):
    """The attribute that leads to an id, in its file."""
    home = places[fragment]
    return f'href="{"" if home == here else home + ".xhtml"}#{fragment}"'


def package(pages, files, pictures):
    """The list of all that the EPUB holds, and the order in which it is read."""
    kinds = {"xhtml": "application/xhtml+xml", "css": "text/css", "png": "image/png",
             "svg": "image/svg+xml", "jpg": "image/jpeg"}  # fmt: skip
    rows = []
    for name in [*files, *pictures]:
        extra = ' properties="nav"' if name == "nav.xhtml" else ""
        uses = [kind for kind, tag in (("mathml", "<math"), ("svg", "<svg"))
                if tag in files.get(name, "")]  # fmt: skip
        extra = extra or (f' properties="{" ".join(uses)}"' if uses else "")
        kind = kinds[name.rpartition(".")[2]]
        rows.append(f'<item id="{ident(name)}" href="{name}" media-type="{kind}"{extra}/>')
    spine = "".join(f'<itemref idref="{ident(page.stem + ".xhtml")}"/>' for page in pages)
    return f"""<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id" xml:lang="en">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="id">urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, version())}</dc:identifier>
<dc:title>{TITLE}</dc:title><dc:language>en</dc:language>
<dc:creator>{TITLE} contributors</dc:creator><dc:rights>CC BY-SA 4.0; code MIT</dc:rights>
<meta property="dcterms:modified">{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}</meta></metadata>
<manifest>{"".join(rows)}</manifest>
<spine><itemref idref="nav_xhtml"/>{spine}</spine></package>"""


def ident(name):
    """A file's name as an XML id."""
    return "f" + re.sub(r"\W", "_", name) if name[0].isdigit() else re.sub(r"\W", "_", name)


# ----------------------------------------------------------------------------------------------


def main():
    """Write both, and say where they stand."""
    with chromium() as browser:
        for path in write_both(browser.new_page(color_scheme="light"), page_names(), PAPER):
            print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1e6:.1f} MB")


def write_both(page, names, folder):
    """Write the PDF and the EPUB of some pages into ``folder``, and return their paths."""
    folder.mkdir(exist_ok=True)
    pages = join([read_page(name) for name in names], folder)
    source = folder / "book.html"
    source.write_text(document(pages, folder), encoding="utf-8")
    page.set_default_timeout(600_000)  # it is a page of several hundred
    page.goto(source.as_uri())
    page.evaluate("document.fonts.ready.then(() => null)")
    pdf, epub = (folder / f"deep-learning-notes.{kind}" for kind in ("pdf", "epub"))
    write_pdf(page, pdf)
    write_epub(page, pages, epub)
    return pdf, epub


if __name__ == "__main__":
    main()
