"""A chapter as the browser shows it alone, without the book around it.

JupyterLite renders MyST, but knows one notebook only. References within it work; those to other
chapters, to figures (which a cell makes, not MyST) and to works become words here. Folded code
stays folded, and each figure gets its caption, which otherwise stands in its cell's metadata.
"""

import re
from dataclasses import dataclass

NOTE = """\
:::{{note}} This notebook runs in your browser
*Run → Run All Cells* runs it; the first time, about 20 MB are loaded for that.
Then the figures have sliders.
A bar ••• is folded code: press it.
What you change is kept in this browser and nowhere else.
Python is several times slower here than installed, {slow}.
:::"""
#: The cell that fetches the package on Colab (book/colab.py); here it is in the list.
ON_COLAB = "fetch-on-colab"
ROLE = re.compile(r"\{(ref|numref|eq)\}`(?:([^`<]*?)\s*<([^`>]+)>|([^`<]+))`")
CITE = re.compile(r"\{cite:([pt])\}`([^`]+)`")
LABEL = re.compile(r"^\(([\w-]+)\)=\n+(?:#+ (.+)|)", re.M)
DIRECTIVE = re.compile(
    r"^[`:]{3,}\{(\w+)\}[ ]*(.*)\n(?::\w+:.*\n)*?:(?:label|name): ([\w-]+)", re.M
)
STATE = re.compile(r"\[([^\]]+)\]\((?:[\w./]*)#fig-[\w-]+\?[^)]*\)")
PAGE = re.compile(r"\[([^\]]+)\]\((?:\.\./)?[\w/]+\.md(?:#[\w-]+)?\)")
WHAT = {"ref": "a section", "numref": "a figure", "eq": "an equation"}


@dataclass
class Target:
    """Something that a reference can name: where it is and what it is called."""

    page: str
    title: str = ""
    is_figure: bool = False


def targets(notebooks, pages):
    """All that references name, by label.

    ``notebooks`` are those of the book by their names, ``pages`` the texts of its other pages.
    """
    found = {}
    for page, text in pages.items():
        found |= {label: Target(page, title) for label, title in LABEL.findall(text)}
    for page, notebook in notebooks.items():
        for cell in notebook["cells"]:
            text = source(cell)
            if cell["cell_type"] == "markdown":
                found |= {label: Target(page, title) for label, title in LABEL.findall(text)}
                for kind, title, label in DIRECTIVE.findall(text):
                    found[label] = Target(page, title if kind != "math" else "")
            elif figure := figure_of(cell):
                found[figure["name"]] = Target(page, figure_title(figure["name"]), True)
    return found


def works(bibliography):
    """Author and year of each work, by key."""
    found = {}
    for key, entry in re.findall(r"^@\w+\{(\S+),\n(.*?)^\}", bibliography, re.M | re.S):
        fields = dict(re.findall(r"^\s*(\w+)\s*=\s*\{(.*)\},?$", entry, re.M))
        people = fields.get("author", fields.get("editor", key)).split(" and ")
        names = [re.sub(r"[{}\\\"'`^~]", "", one.partition(",")[0]) for one in people]
        many = len(names) > 2 or names[-1] == "others"
        author = f"{names[0]} et al." if many else " and ".join(names)
        found[key] = author, fields.get("year", "")
    return found


def export(page, notebook, known, cited):
    """Return the notebook ``page`` for JupyterLite; the one that came is not changed."""
    cells = []
    for cell in notebook["cells"]:
        if cell["id"] == ON_COLAB:
            continue
        cell = {**cell, "metadata": dict(cell["metadata"])}
        if cell["cell_type"] == "markdown":
            cell["source"] = in_words(source(cell), page, known, cited)
        elif "hide-input" in cell["metadata"].get("tags", []):
            cell["metadata"]["jupyter"] = {"source_hidden": True}
        cells.append(cell)
        if figure := figure_of(cell):
            text = in_words(figure["caption"], page, known, cited)
            title = f"**{figure_title(figure['name'])}.** {text}"
            cells.append(markdown(f"caption-{figure['name']}"[:64], title))
    shorter = any("browser.fewer(" in source(cell) for cell in cells)
    slow = "so long trainings are shorter and say so" if shorter else "so some cells take a while"
    cells.insert(1, markdown("in-the-browser", NOTE.format(slow=slow)))
    metadata = {
        **notebook["metadata"],
        # Another name, and JupyterLite asks which kernel to take.
        "kernelspec": {"name": "python", "display_name": "Python (Pyodide)"},
        "language_info": {"name": "python"},
    }
    return {**notebook, "cells": cells, "metadata": metadata}


def source(cell):
    """The text of a cell."""
    return "".join(cell["source"])


def markdown(ident, text):
    """A new cell of text."""
    return {"cell_type": "markdown", "id": ident, "metadata": {}, "source": text}


def figure_of(cell):
    """The name and caption of the figure that a cell makes, if it makes one."""
    return cell["metadata"].get("mystnb", {}).get("figure")


def figure_title(name):
    """What a figure is called where figures have no numbers; an explorer's function is named so."""
    return "Figure “" + name.removeprefix("fig-").replace("-", " ") + "”"


def in_words(text, page, known, cited):
    """Put words in the place of what only the whole book can resolve."""

    def refer(match):
        kind, said, label = match[1], match[2], (match[3] or match[4]).strip()
        target = known.get(label)
        if target and target.page == page and not target.is_figure:
            return match[0]
        if said:
            return said
        title = target.title if target else label
        title = title if (target and target.is_figure) or not title else f"“{title}”"
        place = "" if not target or target.page == page else chapter(target.page)
        return f"{title or WHAT[kind]}{place}"

    def cite(match):
        found = [cited.get(key.strip(), (key.strip(), "")) for key in match[2].split(",")]
        if match[1] == "t":
            return ", ".join(f"{author} ({year})" for author, year in found)
        return "(" + "; ".join(f"{author}, {year}" for author, year in found) + ")"

    text = ROLE.sub(refer, text)
    text = CITE.sub(cite, text)
    return PAGE.sub(r"\1", STATE.sub(r"\1", text))


def chapter(page):
    """Where something is, if not here."""
    number = re.match(r"(\d+)_", page)
    return f" of chapter {int(number[1])}" if number else " of the book"
