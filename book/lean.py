"""Sphinx extension: a page loads what it uses, waits for no script, and has none inside.

The theme and its companions put a megabyte of icons, a client for notebook servers and a dozen
small scripts before every page. When the book is built,

* the icons that the pages show become a small font, in place of the script that draws all;
* scripts run after the page is there, in their order;
* pictures have their size, so that nothing moves when they come, and come when they are near;
* words of code that have the colour of plain code are no elements of their own;
* what was a script or a handler inside a page becomes a file, so that a site may forbid scripts
  inside pages (the file ``_headers`` of the site says how).
"""

import re
from pathlib import Path
from urllib.parse import unquote

import pydata_sphinx_theme
from fonts import version, write_part
from PIL import Image
from sphinx.util import logging

from d2lnotes.explore.book import written_pages

logger = logging.getLogger(__name__)
SOURCE = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme" / "static"
SHEET = "icons.css"
THEME = "styles/pydata-sphinx-theme.css"
BOOK_THEME = "styles/sphinx-book-theme.css"
THEME_SCRIPT = "scripts/pydata-sphinx-theme.js"
# After every change of a page the theme asks every box for its width, one after the other, and so
# lays out a chapter hundreds of times: a second each. pages.js does what this is meant for.
BOXES = re.compile(r'\["pre",("\.[^"]+",)+"\.pst-scrollable-table-container"\]\.join\(", "\)')
# Names, punctuation, modules and spaces: half of the elements of a chapter, as black as the rest.
PLAIN = re.compile(r'<span class="(?:n|nn|p|w)">([^<]*)</span>|<span></span>')
SOLID = "vendor/fontawesome/webfonts/fa-solid-900.ttf"
# Style sheets of some pages only, and what they are for. A selector could ask
# ``:has(.d2l-gallery)``; but then each move of a slider makes the browser look for one.
SHEETS = {
    "wide.css": re.compile(r'class="[^"]*\bd2l-(?:errata|gallery)\b'),
    "far.css": re.compile(r'<div class="cell\b'),
}
# Icons that the theme's script shows when asked.
ALSO = {"fa-xmark"}
ICON = re.compile(r'class="[^"]*\bfa(?:s|-solid)\b[^"]*"')
NAME = re.compile(r"\bfa-[a-z0-9-]+")
RULES = re.compile(r'((?:\.fa-[a-z0-9-]+:{1,2}before,?)+)\{content:"(\\?)([^"]+)"\}')
FACE = re.compile(r"@font-face\{[^}]*fa-solid-900[^}]*\}")
CODE = re.compile(r'"\\([ef][0-9a-f]{3})"')
UNUSED = re.compile(
    r"<!-- So that users can add custom icons -->"
    r'|<script[^>]* src="[^"]*/(?:fontawesome|sphinx-thebe)\.js[^"]*"[^>]*></script>'
    r'|<link[^>]* href="[^"]*/sphinx-thebe\.css[^"]*"[^>]*/?>'
    r'|<script type="text/x-thebe-config">.*?</script>'
    r"|<script>(?:const THEBE_JS_URL|kernelName|DOCUMENTATION_OPTIONS\.pagename)\b.*?</script>",
    re.S,
)
INSIDE = re.compile(r"<script(?P<first> data-cfasync=\"false\")?>(?P<code>.*?)</script>", re.S)
OUTSIDE = re.compile(
    r"<script (?=src=|data-sd-tabs[^>]* src=)(?!src=\"[^\"]*/inside-[0-9a-f]+\.js)"
)
MARK = "<d2l-mark>"
HANDLER = re.compile(r'\bonclick="(?:window\.)?(\w+)\(\)"')
PICTURE = re.compile(r'<img (?![^>]*\b(?:width|height|loading)=)(?=[^>]* src="([^":?#]+\.png)")')
ROOT = re.compile(r'<html[^>]* data-content_root="([^"]*)"')


def setup(app):
    """Connect to the build."""
    app.add_css_file(SHEET)
    app.connect("html-page-context", add_sheets)
    app.connect("build-finished", finish)
    return {"parallel_read_safe": True, "version": "1"}


def add_sheets(app, pagename, templatename, context, doctree):
    """Add the style sheets that a page needs besides those of all."""
    for sheet, needed in SHEETS.items():
        if needed.search(context.get("body", "")):
            app.add_css_file(sheet)


def finish(app, error):
    """Rewrite the pages, and write the scripts and the icons that they ask for."""
    if error or app.builder.format != "html":
        return
    static = Path(app.outdir, "_static")
    pages = {page: page.read_text(encoding="utf-8") for page in written_pages(app.outdir)}
    used = {name for text in pages.values() for icon in ICON.findall(text)
            for name in NAME.findall(icon)}  # fmt: skip
    sheet = f"{SHEET}?v={write_icons(static, used | ALSO)}"
    calm_theme(static / THEME_SCRIPT)
    for page, text in pages.items():
        lean = re.sub(rf"{re.escape(SHEET)}(\?v=\w+)?", sheet, slim(text, static))
        lean = with_sizes(lean, page.parent)
        if lean != text:
            page.write_text(lean, encoding="utf-8")


def slim(page, static):
    """A page without what it does not use, with no script inside, and all but one deferred."""
    root = ROOT.search(page)
    if root is None:
        return page  # not of the theme's making
    page = PLAIN.sub(r"\1", UNUSED.sub("", page))
    # The theme chooses light or dark before anything is painted; all else can wait.
    once, later = [], {}
    for script in INSIDE.finditer(page):
        if script["first"]:
            once.append(script["code"])
        else:
            later[script["code"].strip()] = None
    tags = []
    for kind, codes in (("", once), ("defer ", later)):
        if codes:
            name = write_script(static, "\n".join(codes))
            tags.append(f'<script {kind}src="{root[1]}_static/{name}"></script>')
    page = INSIDE.sub(lambda script: tags.pop(0) if script["first"] else MARK, page)
    page = page.replace(MARK, "".join(tags), 1).replace(MARK, "")
    page = OUTSIDE.sub(r"<script defer ", page)
    return HANDLER.sub(r'data-d2l-press="\1"', page)


def calm_theme(script):
    """Let the theme look for no boxes that are too wide."""
    text, found = BOXES.subn('"d2l-none"', script.read_text(encoding="utf-8"))
    if found:
        script.write_text(text, encoding="utf-8")
    elif '"d2l-none"' not in text:
        logger.warning(f"{script.name} no longer looks for wide boxes as it did: see lean.BOXES")


def with_sizes(page, folder):
    """A page whose pictures say how large they are, and are fetched when they come near."""

    def sized(tag):
        with Image.open(folder / unquote(tag[1])) as picture:
            width, height = picture.size
        return f'{tag[0]}loading="lazy" width="{width}" height="{height}" '

    return PICTURE.sub(sized, page)


def write_script(static, code):
    """Write what stood inside a page into a file, and return its name."""
    name = f"inside-{version(code.encode())}.js"
    (static / name).write_text(code.strip() + "\n", encoding="utf-8")
    return name


def write_icons(static, used):
    """Write the style sheet and the font of the icons in use; return their version."""
    style = (SOURCE / THEME).read_text(encoding="utf-8")
    rules, letters = [], set()
    for selectors, escaped, code in RULES.findall(style):
        if used & set(NAME.findall(selectors)):
            rules.append(f'{selectors}{{content:"{escaped}{code}"}}')
            letters.add(int(code, 16) if escaped else ord(code))
    style = FACE.sub("", RULES.sub("", style))
    (static / THEME).write_text(style, encoding="utf-8")
    # What the style sheets themselves show beside links and boxes.
    for sheet in (style, (static / BOOK_THEME).read_text(encoding="utf-8")):
        letters |= {int(code, 16) for code in CODE.findall(sheet)}
        letters |= {ord(one) for one in sheet if "\ue000" <= one <= "\uf8ff"}
    write_part(SOURCE / SOLID, static / "icons.woff", letters)
    for name in ("fontawesome.js", "fontawesome.js.map"):
        (static / "scripts" / name).unlink(missing_ok=True)
    mark = version((static / "icons.woff").read_bytes(), "".join(rules).encode())
    face = (
        f'@font-face{{font-family:"Font Awesome 6 Free";font-weight:900;'
        f"src:url(icons.woff?v={mark})}}"
    )
    (static / SHEET).write_text("\n".join([face, *rules, ""]), encoding="utf-8")
    return mark
