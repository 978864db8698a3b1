"""Sphinx extension: forms for a teacher that make links, to a figure's state and to a hub.

``{state-links}`` holds every explorer of the book with the values of its controls, as the pages
have them; ``{hub-links}`` the notebooks and the repository's address, if ``_config.yml`` knows
it. Both are filled in by ``d2l-teach.js``, without a server; without the script they are hidden.
"""

import json
import re
from html import escape
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import Directive
from overview import explorer_title, numbered_title, place, reading_order

STATES = re.compile(r'<script type="application/json" class="d2l-states">(.*?)</script>', re.S)
START = {
    "slider": r'<input type="range"[^>]* name="{name}"[^>]* value="(\d+)"',
    "choice": r'<select[^>]* name="{name}".*?value="(\d+)" selected',
    "toggle": r'<input type="checkbox"[^>]* name="{name}"[^>]* (checked)',
}


def setup(app):
    """Connect to the build."""
    app.setup_extension("overview")
    app.add_directive("state-links", StateLinks)
    app.add_directive("hub-links", HubLinks)
    app.connect("html-page-context", add_script)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "version": "1"}


def add_script(app, pagename, templatename, context, doctree):
    """Only pages with such a form load its script."""
    if 'class="d2l-links"' in context.get("body", ""):
        app.add_js_file("d2l-teach.js", loading_method="defer")


class StateLinks(Directive):
    """The form that makes a link to a state of a figure."""

    def run(self):
        """Return the form's place."""
        return [place(self.state.document.settings.env, state_links)]


class HubLinks(Directive):
    """The form that makes links with which a hub fetches the book and opens a chapter."""

    def run(self):
        """Return the form's place."""
        return [place(self.state.document.settings.env, hub_links)]


def state_links(app, docname):
    """Return the form, with all figures and their controls."""
    groups, figures = "", {}
    for home in reading_order(app.env):
        address = app.builder.get_relative_uri(docname, home)
        numbers = app.env.toc_fignumbers.get(home, {}).get("figure", {})
        options = ""
        for figure in app.env.get_doctree(home).findall(nodes.figure):
            if "d2l-explorer" not in figure["classes"]:
                continue
            name = figure["ids"][0]
            number = ".".join(map(str, numbers.get(name, ())))
            title = f"{number} {explorer_title(name)}".strip()
            controls = _controls(next(figure.findall(nodes.raw)).astext())
            figures[name] = {"page": address, "title": f"Fig. {title}", "controls": controls}
            options += f'<option value="{name}">{escape(title)}</option>'
        if options:
            label = numbered_title(app.env, home)
            groups += f'<optgroup label="{escape(label)}">{options}</optgroup>'
    data = json.dumps(figures, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return _form(
        "state-links",
        f'<label>Figure <select name="figure">{groups}</select></label>'
        '<div class="d2l-links-controls"></div>'
        '<label>Where the book stands <input type="url" name="base" autocomplete="off" '
        'placeholder="https://…"></label>',
        f'<script type="application/json">{data}</script>',
    )


def hub_links(app, docname):
    """Return the form, with all notebooks."""
    options = "".join(
        f'<option value="{escape(home)}.ipynb">{escape(numbered_title(app.env, home))}</option>'
        for home in reading_order(app.env)
        if Path(app.env.doc2path(home)).suffix == ".ipynb"
    )
    theme = app.config.html_theme_options
    repository = escape(theme.get("repository_url") or "")
    branch = escape(theme.get("repository_branch") or "main")
    return _form(
        "hub-links",
        '<label>Hub <input type="url" name="hub" autocomplete="off" '
        'placeholder="https://hub.example.edu"></label>'
        '<label>Repository of the book <input type="url" name="repository" autocomplete="off" '
        f'placeholder="https://github.com/name/deep-learning-notes" value="{repository}"></label>'
        f'<label>Branch <input name="branch" autocomplete="off" value="{branch}"></label>'
        f'<label>Chapter <select name="notebook">{options}</select></label>',
    )


def _form(name, fields, data=""):
    return [
        nodes.raw(
            "",
            f'<form class="d2l-links" id="{name}" hidden>{fields}'
            f'<div class="d2l-links-made" role="status"></div>{data}</form>',
            format="html",
        )
    ]


def _controls(markup):
    """The controls of an explorer: name, label, values in links, as shown, and the start."""
    controls = json.loads(STATES.search(markup)[1])["controls"]
    for control in controls:
        found = re.search(START[control["k"]].format(name=control["n"]), markup, re.S)
        start = found[1] if found else "0"
        control["start"] = 1 if start == "checked" else int(start)
    return [{key: control[key] for key in ("n", "l", "v", "t", "start")} for control in controls]
