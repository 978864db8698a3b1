"""Sphinx extension: aids that a reader may use or leave, and that the text does not need.

* A quiz is plain Markdown: a question in bold, a list of choices, and a fold of the class
  ``d2l-quiz`` with a list that says of each choice why it is right or wrong. So it reads in a
  running notebook, on paper and without JavaScript. Here it is checked and marked for the script
  that lets a reader answer.
* In each chapter the first use of a term of the glossary becomes a link that shows the definition.
* ``{reading-progress}`` is the place where the script says what was read; each chapter ends in a
  box to tick. What is ticked stays in the reader's browser.
* The search finds the glossary's terms and the explorers by name.
"""

import json
import re
from html import escape
from typing import ClassVar

from bookmap import notebooks, work
from docutils import nodes
from docutils.parsers.rst import Directive, directives
from overview import exhibits, place
from sphinx import addnodes
from sphinx.domains import Domain, ObjType
from sphinx.domains.std import StandardDomain
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

from d2lnotes.explore.book import grids

logger = logging.getLogger(__name__)
RIGHT = "Right."
LINKS = nodes.reference, addnodes.pending_xref
MAP = "book/map"
DOT = "\u2024"  # what stands before the last "." of a name the search takes for a package's name


def setup(app):
    """Connect to the build."""
    for needed in ("overview", "bookmap"):
        app.setup_extension(needed)
    app.connect("config-inited", add_script)
    app.connect("doctree-read", gather_questions)
    app.connect("doctree-read", collect_terms)
    app.connect("env-before-read-docs", note_glossary)
    app.connect("env-updated", write_again)
    app.connect("env-purge-doc", lambda app, env, doc: terms(env).pop(doc, None))
    app.connect("env-merge-info", lambda app, env, docs, other: terms(env).update(terms(other)))
    app.connect("html-page-context", end_chapter)
    app.add_post_transform(LinkTerms)
    app.add_post_transform(NameTermsOnce)
    app.add_directive("reading-progress", ReadingProgress)
    app.add_domain(Explorers)
    # Sphinx leaves terms out of the search; 0 puts them before headings of the same name.
    StandardDomain.object_types["term"].attrs["searchprio"] = 0
    return {"parallel_read_safe": True, "version": "1"}


def add_script(app, config):
    """The script is told what a citation of a figure says of the book."""
    app.add_css_file("d2l-reading.css")
    app.add_js_file("d2l-reading.js", loading_method="defer", **{
        "data-book": config.html_title, "data-author": config.author,
        "data-year": re.sub(r"\D", "", config.copyright)[-4:],
    })  # fmt: skip


def chapter(docname):
    """The number of a chapter as its file's name has it, "03"; None for other pages."""
    found = re.match(r"(\d\d)_", docname.rpartition("/")[2])
    return found and found[1]


# The quiz --------------------------------------------------------------------------------------


def gather_questions(app, doctree):
    """Put each question and its choices into one box with its answers."""
    folds = [node for node in doctree.findall(nodes.container)
             if "d2l-quiz" in node.get("container_classes", ())]  # fmt: skip
    for number, fold in enumerate(folds, 1):
        at = fold.parent.index(fold)
        question, choices = fold.parent[at - 2 : at] if at > 1 else (None, None)
        wrong = complaint(question, choices, fold)
        if wrong:
            logger.warning(f"quiz, question {number}: {wrong}", location=fold)
            continue
        ident = f"quiz-{chapter(app.env.docname) or nodes.make_id(app.env.docname)}-{number}"
        box = nodes.container("", is_div=True, classes=["d2l-question"], ids=[ident])
        fold.parent.insert(at - 2, box)
        for node in (question, choices, fold):
            node.parent.remove(node)
            box += node
        question["classes"].append("d2l-asks")
        for answer in answers(fold).children:
            if is_right(answer):
                answer["classes"].append("d2l-right")


def answers(fold):
    """The list in a fold that says of each choice why it is right or wrong; None if it has none."""
    return next((node for node in fold.children if isinstance(node, nodes.enumerated_list)), None)


def is_right(answer):
    """Whether an answer begins with **Right.**"""
    strong = next(answer.findall(nodes.strong), None)
    return strong is not None and strong.astext() == RIGHT and answer.astext().startswith(RIGHT)


def complaint(question, choices, fold):
    """What is wrong with the form of a question; None if nothing is."""
    if not isinstance(question, nodes.paragraph) or not isinstance(choices, nodes.enumerated_list):
        return "before the answers stand the question, in one paragraph, and a list of choices"
    said = answers(fold)
    if said is None or len(said) != len(choices):
        return f"{len(choices)} choices need as many answers, in a numbered list"
    if not 3 <= len(choices) <= 4:
        return f"it has {len(choices)} choices; three or four are wanted"
    if any(isinstance(choice[0], nodes.enumerated_list) for choice in choices):
        return "a number with a period begins a list; leave out the period of such a choice"
    right = sum(map(is_right, said))
    if right != 1:
        return f"{right} answers begin with **{RIGHT}**; one must"
    if not any(isinstance(node, LINKS) for node in fold.findall()):
        return "its answers link to nothing; name the figure's state or the section that shows it"
    return None


# The glossary ----------------------------------------------------------------------------------


def terms(env):
    """Terms by document: ``{document: [(spellings, id, definition)]}``."""
    if not hasattr(env, "d2l_terms"):
        env.d2l_terms = {}
    return env.d2l_terms


def collect_terms(app, doctree):
    """Remember the terms of a glossary and the first paragraph of each definition."""
    found = []
    for glossary in doctree.findall(addnodes.glossary):
        for item in glossary.findall(nodes.definition_list_item):
            spelt = list(item.findall(nodes.term))
            first = next(item.findall(nodes.paragraph)).astext()
            names = [term.astext() for term in spelt]
            found.append((names, spelt[0]["ids"][0], " ".join(first.split())))
    if found:
        terms(app.env)[app.env.docname] = found


def note_glossary(app, env, docnames):
    """Whether the glossary is read anew in this build."""
    app.d2l_glossary_read = bool({*terms(env)} & {*docnames}) or not terms(env)


def write_again(app, env):
    """A chapter shows definitions that stand on another page."""
    return sorted(env.found_docs) if app.d2l_glossary_read and terms(env) else []


#: What running text stands in: no heading, link, code, formula, caption, fold or exercise.
RUNNING = (nodes.document, nodes.section, nodes.paragraph, nodes.strong, nodes.emphasis,
           nodes.bullet_list, nodes.enumerated_list, nodes.list_item)  # fmt: skip


class LinkTerms(SphinxPostTransform):
    """Make links of the first use of each term in a notebook."""

    default_priority = 5  # before references are resolved: they are known by their nodes
    formats = ("html",)

    def run(self, **kwargs):
        """Go through the running text once."""
        if not self.env.doc2path(self.env.docname).endswith(".ipynb"):
            return
        waiting = {}
        for home, found in terms(self.env).items():
            page = self.app.builder.get_relative_uri(self.env.docname, home)
            for names, ident, definition in found:
                entry = names, f"{page}#{ident}", definition
                waiting |= {name: entry for name in names}
        for text in [node for node in self.document.findall(nodes.Text) if is_running(node)]:
            self.link(text, waiting)

    def link(self, text, waiting):
        """Replace a text by itself with links in it, and forget the terms that it used."""
        said, made, start = str(text), [], 0
        while match := first_term(said, waiting, start):
            names, address, definition = waiting[match.name]
            for name in names:
                del waiting[name]
            word = nodes.Text(said[match.start : match.end])
            made += [nodes.Text(said[start : match.start])]
            made += [nodes.reference("", "", word, internal=True, refuri=address,
                                     reftitle=definition, classes=["d2l-term"])]  # fmt: skip
            start = match.end
        if made:
            text.parent.replace(text, [*made, nodes.Text(said[start:])])


def is_running(text):
    """Whether a text belongs to a paragraph or a list of the page itself."""
    node = text.parent
    while isinstance(node, RUNNING):
        if isinstance(node, nodes.document):
            return True
        node = node.parent
    return False


class Found:
    """A term and where a text uses it."""

    def __init__(self, name, match):
        self.name, self.start, self.end = name, match.start(), match.end()


def first_term(said, names, start=0):
    """The first use of any of some names from ``start`` on, the longest where two begin; or None.

    A plural counts. Capitals do not matter, except in a name that has some itself, such as ReLU.
    """
    found = []
    for name in names:
        words = r"\s+".join(map(re.escape, name.split()))
        flags = re.I if name == name.lower() else 0
        match = re.compile(rf"(?<![\w-]){words}(?:e?s)?(?![\w-])", flags).search(said, start)
        if match:
            found.append(Found(name, match))
    return min(found, key=lambda one: (one.start, -one.end), default=None)


# What was read ---------------------------------------------------------------------------------


def end_chapter(app, pagename, templatename, context, doctree):
    """End a chapter with the box that says it was read, and its place on the map."""
    number = chapter(pagename)
    if not (number and doctree):
        return
    to_map = ""
    if MAP in app.env.found_docs:
        address = f"{context['pathto'](MAP)}#map-{number}"
        to_map = f'<a href="{address}">This chapter on the map of the book</a>'
    context["body"] += (
        f'<div class="d2l-end"><form hidden data-chapter="{number}"><label><input type="checkbox" '
        f'name="read" autocomplete="off"> I have read this chapter</label></form>{to_map}</div>'
    )


class ReadingProgress(Directive):
    """The place where the page says how much of the book was read."""

    option_spec: ClassVar = {"quiet": directives.flag}

    def run(self):
        """Return the place; ``:quiet:`` shows nothing before something is ticked."""
        return [place(self.state.document.settings.env, progress, "quiet" in self.options)]


def progress(app, docname, quiet):
    """Return the chapters with their addresses and numbers of exercises, for the script."""
    chapters = {
        chapter(home): {
            "address": app.builder.get_relative_uri(docname, home),
            "exercises": work(cells).exercises,
        }
        for home, cells in notebooks(app.env).items()
        if chapter(home)
    }
    data = escape(json.dumps(chapters))
    also = " data-quiet" if quiet else ""
    return [nodes.raw("", f'<form class="d2l-progress" hidden data-chapters="{data}"{also}></form>',
                      format="html")]  # fmt: skip


# The search ------------------------------------------------------------------------------------


class NameTermsOnce(SphinxPostTransform):
    """Leave the glossary's entries of the index to the index page.

    The search would show them too, each as "Glossary", before the term by its name.
    """

    default_priority = 5
    formats = ("html",)

    def run(self, **kwargs):
        """Drop them from the page that is written; the index has them already."""
        for term in self.document.findall(nodes.term):
            for entry in list(term.findall(addnodes.index)):
                entry.parent.remove(entry)


class Explorers(Domain):
    """The explorers as things that the search knows by name, beside functions and terms."""

    name, label = "d2l", "Deep Learning Notes"
    object_types: ClassVar = {"explorer": ObjType("figure to move", searchprio=1)}

    def get_objects(self):
        """Each explorer with its name and what it asks or, without a question, shows."""
        for docname in sorted(doc for doc, found in grids(self.env).items() if found):
            for one in exhibits(self.env, docname):
                name = one.id.removeprefix("fig-").replace("-", " ").capitalize()
                asks = one.question or one.caption.rstrip(".")
                asks = asks.replace(". ", "; ").replace(".", DOT)
                # Where name and anchor agree, the search takes what it shows for the anchor.
                home = f"{docname}#{one.id}"
                yield home, f"{name}: {asks}", "explorer", docname, one.id, 1

    def get_type_name(self, type, primary=False):
        """What the search says of a result, without the name of the domain."""
        return type.lname

    def merge_domaindata(self, docnames, otherdata):
        """Nothing of its own: the explorers are read from the pages."""

    def resolve_any_xref(self, env, fromdocname, builder, target, node, contnode):
        """No reference leads here: figures have labels of their own."""
        return []
