"""A book of two pages, built as the real one is, to see what the extension makes of it."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

ROOT = Path(__file__).resolve().parents[1]
BOOK = ROOT / "book"
CONFIG = f"""\
title: A tiny book
only_build_toc_files: true
execute:
  execute_notebooks: cache
  raise_on_error: true
html:
  use_repository_button: false
launch_buttons:
  thebe: false
sphinx:
  local_extensions: {{bookmap: "{BOOK}", launch: "{BOOK}", lean: "{BOOK}", maths: "{BOOK}", \
      overview: "{BOOK}", publish: "{BOOK}", reading: "{BOOK}", teach: "{BOOK}"}}
  extra_extensions: [d2lnotes.explore.book]
  config:
    html_theme: sphinx_book_theme
    html_static_path: ["{BOOK / "assets"}"]
    numfig: true
"""
CONTENTS = """\
format: jb-book
root: index
chapters:
  - file: notebook
"""


@dataclass
class Built:
    """What a build left behind: its exit code, its words and its pages."""

    folder: Path
    code: int
    log: str

    @property
    def site(self):
        return self.folder / "_build" / "html"

    def page(self, name):
        return (self.site / f"{name}.html").read_text(encoding="utf-8")

    @property
    def warnings(self):
        """The build's warnings and errors, without the place where each was found."""
        marks = "WARNING: ", "ERROR: "
        return [line.split(mark, 1)[1] for line in self.log.splitlines()
                for mark in marks if mark in line]  # fmt: skip


def code(source, figure=None, tags=()):
    """A code cell, with the figure's name and caption where an explorer needs them."""
    metadata = {"tags": list(tags)} if tags else {}
    if figure:
        metadata["mystnb"] = {"figure": {"name": figure, "caption": f"Caption of {figure}."}}
    return new_code_cell(source, metadata=metadata)


def build(folder, index, cells, config=str):
    """Write a book of ``index`` (Markdown) and one notebook, and build it with -W.

    ``config`` may change the text of its ``_config.yml``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "_config.yml").write_text(config(CONFIG), encoding="utf-8")
    (folder / "_toc.yml").write_text(CONTENTS, encoding="utf-8")
    (folder / "index.md").write_text(index, encoding="utf-8")
    cells = [new_markdown_cell(cell) if isinstance(cell, str) else cell for cell in cells]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"  # nbformat's own are random
    notebook = new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, folder / "notebook.ipynb")
    environment = {
        **{name: value for name, value in os.environ.items() if name != "D2LNOTES_BAKE"},
        "IPYTHONDIR": str(folder / "ipython"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "OMP_NUM_THREADS": "1",
    }
    command = [Path(sys.executable).with_name("jupyter-book"), "build", "-W", "-n", "--keep-going"]
    done = subprocess.run(
        [*command, folder],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        timeout=300,
    )
    return Built(folder, done.returncode, re.sub(r"\x1b\[[\d;]*m", "", done.stdout))  # no colours
