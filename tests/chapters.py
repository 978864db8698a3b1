"""Run a chapter's code cells once, in this process, and hand out what they define."""

import json
from functools import cache
from pathlib import Path

import matplotlib

from d2lnotes.explore import Explorer

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def cells(path, kind):
    """The sources of a notebook's cells of one kind, ``code`` or ``markdown``."""
    notebook = json.loads(Path(path).read_text(encoding="utf-8"))
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == kind]


@cache
def namespace(path):
    """Run all code cells of a notebook in order; return the names they define."""
    matplotlib.use("agg")
    names = {"__name__": "__main__"}
    for number, source in enumerate(cells(path, "code")):
        exec(compile(source, f"{Path(path).name}, code cell {number}", "exec"), names)
    return names


def explorers(path):
    """The explorers that a notebook defines."""
    found = {id(one): one for one in namespace(path).values() if isinstance(one, Explorer)}
    return list(found.values())
