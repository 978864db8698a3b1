"""The notebooks' form: what makes them run anywhere and differ by what was changed."""

import ast
import json
import re
import warnings
from collections import Counter
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
MACHINE = re.compile(
    r"/(?:home|Users|root|tmp|work|mnt|opt)/|[A-Z]:\\\\?Users|/usr/(?!bin/env)|127\.0\.0\.1|localhost"
)
#: The cell of book/colab.py is the same in all, and runs on Colab only.
ON_COLAB = "fetch-on-colab"
MEANT_TO_STAY = {"nbval-check-output", "keep_output"}

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def cells(path, kind=None):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for number, cell in enumerate(notebook["cells"]):
        if kind in (None, cell["cell_type"]) and cell.get("id") != ON_COLAB:
            yield number, cell, "".join(cell["source"])


def tags(cell):
    return set(cell["metadata"].get("tags", []))


def problems(path, find):
    """All that ``find(cell, source)`` says of the code cells, with their numbers."""
    return [
        f"cell {number}: {said}"
        for number, cell, source in cells(path, "code")
        for said in find(cell, source)
    ]


@each_notebook
def test_it_is_valid_and_names_the_stock_kernel(path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # nbformat warns of missing and repeated ids only
        notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
        nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) >= (4, 5)
    assert notebook.metadata.kernelspec.name == "python3"
    assert notebook.metadata.kernelspec.display_name == "Python 3"
    assert "version" not in notebook.metadata.get("language_info", {}), "run `make golden`"


@each_notebook
def test_its_cells_have_ids_of_their_own(path):
    ids = Counter(cell["id"] for _, cell, _ in cells(path))
    assert not [one for one, count in ids.items() if count > 1]
    # nbstripout without --keep-id numbers the cells: every cell behind an insertion then changes.
    assert not all(one.isdigit() for one in ids)


@each_notebook
def test_only_golden_cells_store_their_outputs(path):
    def find(cell, source):
        golden = "keep_output" in tags(cell)
        if cell["outputs"] and not golden:
            yield "stores an output; run `make golden`"
        if golden and not cell["outputs"]:
            yield "is golden but stores nothing, so nothing is compared; run `make golden`"
        if golden and cell["execution_count"] is None:
            yield "has no execution count, and nbval refuses it; run `make golden`"
        if tags(cell) & MEANT_TO_STAY not in (set(), MEANT_TO_STAY):
            yield f"has one tag of {sorted(MEANT_TO_STAY)} and needs both"
        for output in cell["outputs"]:
            if output["output_type"] == "error" or output.get("name") == "stderr":
                yield "stores an error or a warning"

    assert not problems(path, find)


@each_notebook
def test_code_cells_are_short(path):
    def find(cell, source):
        lines = source.splitlines()
        if not source.strip():
            yield "is empty"
        if len(lines) > 15:
            yield f"has {len(lines)} lines; 15 are one idea"
        for line in lines:
            if len(line) > 79:
                yield f"has {len(line)} columns: {line[:40]}…"
            if line != line.rstrip():
                yield f"ends in blanks: {line[:40]}…"

    assert not problems(path, find)


@each_notebook
def test_one_cell_imports_and_comes_first(path):
    importing = [
        number
        for number, _, source in cells(path, "code")
        if any(
            isinstance(node, (ast.Import, ast.ImportFrom)) for node in ast.walk(ast.parse(source))
        )
    ]
    first = next(number for number, _, _ in cells(path, "code"))
    assert importing == [first]


@each_notebook
def test_it_draws_its_random_numbers_from_generators(path):
    def find(cell, source):
        for name in re.findall(r"np\.random\.(\w+)", source):
            if name not in ("default_rng", "Generator"):
                yield f"uses NumPy's global state: np.random.{name}"

    assert not problems(path, find)


@each_notebook
def test_it_names_no_machine(path):
    assert not MACHINE.findall(path.read_text(encoding="utf-8"))


@each_notebook
def test_it_needs_no_network_and_no_shell(path):
    def find(cell, source):
        if re.search(r"^\s*[!%]", source, re.M):
            yield "runs a shell command or a magic"
        if re.search(r"urlopen|requests\.|urlretrieve", source):
            yield "asks the network"

    assert not problems(path, find)


@each_notebook
def test_figures_have_captions_and_names_of_their_own(path):
    figures = [
        cell["metadata"]["mystnb"]["figure"]
        for _, cell, _ in cells(path, "code")
        if "figure" in cell["metadata"].get("mystnb", {})
    ]
    assert all(figure.get("caption") and figure.get("name") for figure in figures)
    names = Counter(figure["name"] for figure in figures)
    assert not [name for name, count in names.items() if count > 1]


@each_notebook
def test_it_begins_with_its_title_and_has_one(path):
    _, cell, source = next(cells(path))
    labelled = cell["cell_type"] == "markdown" and re.match(r"\(ch-[\w-]+\)=\n# \S", source)
    assert labelled, "the first cell is (ch-name)= and, on the next line, the title after one #"
    titles = [n for n, _, text in cells(path, "markdown") if re.search(r"^# ", text, re.M)]
    assert titles == [0]


@each_notebook
def test_it_stands_in_the_table_of_contents(path):
    contents = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    assert re.search(rf"file: notebooks/{path.stem}(\.ipynb)?$", contents, re.M)


@pytest.mark.parametrize("name", re.findall(r"file: (\S+)", (ROOT / "_toc.yml").read_text()))
def test_every_page_of_the_contents_exists(name):
    assert list((ROOT / name).parent.glob(Path(name).name + ".*"))


def test_no_page_names_a_machine():
    for page in [*(ROOT / "book").glob("*.md"), ROOT / "CONTRIBUTING.md"]:
        assert not re.findall(r"/(?:home|Users|root|tmp|work)/", page.read_text(encoding="utf-8"))
