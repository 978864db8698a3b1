"""Sphinx extension: pages that show the whole book, such as the gallery of its explorers.

A page writes ``{explorer-gallery}`` and has every explorer of the book, in its order, with its
picture in the start state. Nothing is listed by hand: the pictures are taken from the chapters
when the page is written, and it is written again whenever a page of the book was read.
"""

import re
import shutil
from hashlib import sha256
from html import escape, unescape
from pathlib import Path
from typing import NamedTuple

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.transforms.post_transforms import SphinxPostTransform

PICTURE = re.compile(r"<svg\b.*?</svg>", re.S)
SENTENCE = re.compile(r'<p class="d2l-sentence"[^>]*>(.*?)</p>', re.S)
QUESTION = re.compile(r"<legend>Before you move it: (.*?)</legend>", re.S)
VARIABLE = re.compile(r"var\((--d2l-[\w-]+)(?:,([^()]*))?\)")
FOLDER = "_images/explorers"


def setup(app):
    """Connect to the build."""
    app.add_directive("explorer-gallery", ExplorerGallery)
    app.add_post_transform(ShowWholeBook)
    app.connect("env-get-outdated", note_removed)
    app.connect("env-before-read-docs", note_read)
    app.connect("env-updated", write_again)
    app.connect("env-purge-doc", lambda app, env, doc: overviews(env).discard(doc))
    app.connect(
        "env-merge-info", lambda app, env, docs, other: overviews(env).update(overviews(other))
    )
    return {"parallel_read_safe": True, "version": "1"}


# Which pages, and when ------------------------------------------------------------------------


class whole_book(nodes.General, nodes.Inline, nodes.Element):
    """The place of what is made from all pages; ``make(app, docname)`` returns its nodes."""


def overviews(env):
    """The documents that show the whole book."""
    if not hasattr(env, "d2l_overviews"):
        env.d2l_overviews = set()
    return env.d2l_overviews


def note_removed(app, env, added, changed, removed):
    """A page that left the book must leave the overviews."""
    app.d2l_book_changed = bool(removed)
    return []


def note_read(app, env, docnames):
    """A page that was read may show other explorers than before."""
    app.d2l_book_changed |= bool(docnames)


def write_again(app, env):
    """Sphinx writes the pages that were read; these depend on all of them."""
    return sorted(overviews(env)) if app.d2l_book_changed else []


class ShowWholeBook(SphinxPostTransform):
    """Put what was made in its place, once all pages have been read."""

    default_priority = 7

    def run(self, **kwargs):
        """Replace each place."""
        for node in list(self.document.findall(whole_book)):
            made = node["make"](self.app, self.env.docname, *node["arguments"])
            node.replace_self(made if self.app.builder.format == "html" else [])


def place(env, make, *arguments):
    """Return the node that will be replaced by what ``make`` returns."""
    overviews(env).add(env.docname)
    return whole_book(make=make, arguments=arguments)


def reading_order(env):
    """The book's documents as its table of contents has them, the first page first."""
    return list(env.collect_relations())


def numbered_title(env, docname):
    """The title of a page, after its number."""
    number = ".".join(map(str, env.toc_secnumbers.get(docname, {}).get("", ())))
    return f"{number} {env.titles[docname].astext()}".strip()


# The gallery ----------------------------------------------------------------------------------


class Exhibit(NamedTuple):
    """What the gallery shows of an explorer; texts are plain, the picture is SVG."""

    id: str
    number: str
    question: str
    caption: str
    sentence: str
    picture: str


class ExplorerGallery(Directive):
    """All explorers of the book, each with its picture, its question and a link."""

    def run(self):
        """Return the gallery's place."""
        return [place(self.state.document.settings.env, gallery)]


def exhibits(env, docname):
    """The explorers of one document, in their order."""
    numbers = env.toc_fignumbers.get(docname, {}).get("figure", {})
    for figure in env.get_doctree(docname).findall(nodes.figure):
        if "d2l-explorer" not in figure["classes"]:
            continue
        markup = next(figure.findall(nodes.raw)).astext()
        name = figure["ids"][0]
        question = QUESTION.search(markup)
        yield Exhibit(
            name,
            ".".join(map(str, numbers.get(name, ()))),
            unescape(question[1]) if question else "",
            next(figure.findall(nodes.caption)).astext(),
            unescape(SENTENCE.search(markup)[1]),
            PICTURE.search(markup)[0],
        )


def gallery(app, docname):
    """Return the gallery, and write its pictures beside it.

    Pictures are files of their own, so that a browser loads those that come near the window and
    no others. A file cannot see the page's theme: each picture is written twice, with the colours
    of the light and of the dark theme, and a browser loads the one that is shown.
    """
    folder = Path(app.outdir, FOLDER)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    themes = colours(app)
    up = "../" * docname.count("/")
    shelves, count = [], 0
    for home in reading_order(app.env):
        found = list(exhibits(app.env, home))
        if not found:
            continue
        count += len(found)
        address = app.builder.get_relative_uri(docname, home)
        cards = "".join(_card(one, address, folder, up, themes) for one in found)
        title = numbered_title(app.env, home)
        shelves.append(
            f'<section class="d2l-shelf" aria-label="{escape(title)}"><h2>{escape(title)}</h2>'
            f'<ul class="d2l-cards">{cards}</ul></section>'
        )
    markup = FILTER.format(count=count) + "".join(shelves)
    return [nodes.raw("", f'<div class="d2l-gallery">{markup}</div>', format="html")]


FILTER = (
    '<form class="d2l-filter" id="figures" hidden data-items=".d2l-card" '
    'data-groups=".d2l-shelf" data-noun="figures">'
    '<label>Words <input type="search" name="words" autocomplete="off" '
    'placeholder="gradient, penguins, …"></label>'
    '<button type="reset">Show all</button>'
    '<output role="status">{count} of {count} figures shown</output></form>'
)


def _card(one, address, folder, up, themes):
    images = ""
    box = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', one.picture)
    for theme, values in themes.items():
        picture = standalone(one.picture, values)
        name = f"{one.id}-{theme}.svg"
        (folder / name).write_text(picture, encoding="utf-8")
        version = sha256(picture.encode()).hexdigest()[:8]
        images += (
            f'<img class="only-{theme}" src="{up}{FOLDER}/{name}?v={version}" '
            f'alt="{escape(one.sentence)}" width="{float(box[1]):.0f}" '
            f'height="{float(box[2]):.0f}" loading="lazy">'
        )
    title = explorer_title(one.id)
    number = f'<span class="d2l-card-number">Fig. {one.number}</span> ' if one.number else ""
    return (
        f'<li class="d2l-card" data-words="{escape(one.caption)}">{images}'
        f'<p><a href="{address}#{one.id}">{number}{escape(title)}</a></p>'
        f"<p>{escape(one.question or one.caption)}</p></li>"
    )


def explorer_title(name):
    """What a list calls a figure: ``fig-norm-balls`` is "Norm balls"."""
    return name.removeprefix("fig-").replace("-", " ").capitalize()


def standalone(picture, values):
    """Return an explorer's picture as a file: its colours spelt out, no ties to a page."""
    head, tail = re.match(r"(<svg\b[^>]*>)(.*)", picture, re.S).groups()
    head = re.sub(r' (?:data-[\w-]+|role|aria-[\w-]+)(?:="[^"]*")?', "", head)
    return VARIABLE.sub(lambda match: values.get(match[1], match[2] or "none"), head + tail)


def colours(app):
    """The style sheet's variables by theme: ``{"light": {"--d2l-ink": "#1b1f24"}, ...}``."""
    sheets = [Path(app.srcdir, each, "d2l-explore.css") for each in app.config.html_static_path]
    text = "".join(each.read_text(encoding="utf-8") for each in sheets if each.exists())
    found = {}
    for theme, start in {"light": ":root", "dark": 'html[data-theme="dark"]'}.items():
        block = re.search(re.escape(start) + r"\s*\{(.*?)\}", text, re.S)
        found[theme] = dict(re.findall(r"(--d2l-[\w-]+):\s*([^;]+);", block[1] if block else ""))
    return found
