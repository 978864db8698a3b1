"""Put a first cell into each notebook that fetches the package on Colab, and nowhere else.

``make colab`` runs it. The address is that of ``repository`` in ``_config.yml``; while it is empty
no notebook has such a cell. Where d2lnotes is installed, here, on Binder and in JupyterLite, the
cell does nothing.
"""

from copy import deepcopy
from pathlib import Path

import nbformat
import yaml

ROOT = Path(__file__).resolve().parents[1]
IDENT = "fetch-on-colab"
SOURCE = """\
# Only on Colab: fetch the book's package. Elsewhere it is there already.
import importlib.util
import subprocess
import sys

if importlib.util.find_spec("d2lnotes") is None:
    address = "git+{address}"
    install = [sys.executable, "-m", "pip", "install", "-q", address]
    subprocess.run(install, check=True)"""


def main():
    """Bring every notebook into line with ``_config.yml``."""
    settings = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    for path in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb")):
        before = nbformat.read(path, as_version=4)
        after = with_cell(before, settings["repository"]["url"])
        if after != before:
            nbformat.write(after, path)
            print(f"changed {path.relative_to(ROOT)}")


def with_cell(notebook, address):
    """Return the notebook with the cell right below its title; without an address, with none."""
    notebook = deepcopy(notebook)
    cells = [cell for cell in notebook.cells if cell.id != IDENT]
    if address:
        # The book's pages do not show it.
        cell = nbformat.v4.new_code_cell(
            SOURCE.format(address=address), metadata={"tags": ["remove-cell"]}
        )
        cell["id"] = IDENT
        cells.insert(1, cell)
    notebook.cells = cells
    return notebook


if __name__ == "__main__":
    main()
