"""Sphinx extension: bakes the explorers, checks every link to a state, keeps the site to itself.

Listed under ``extra_extensions`` in ``_config.yml``. It

* tells the kernels to bake (`D2LNOTES_BAKE`), and drops cached notebooks when the package changed;
* makes one ``<figure class="d2l-explorer">`` of the explorer and its caption, and a
  ``<figure class="d2l-still">`` of a figure that does not move, with its alternative text;
* resolves links such as ``[degree 15](#fig-polynomial-degree?degree=15)`` and warns, which fails
  the build, when the figure, the control or the value does not exist;
* folds the code that prepares a figure into one fold;
* mends what the theme and the bibliography leave wrong.
"""

import hashlib
import json
import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from html import escape
from importlib.metadata import version
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode

import nbformat
from docutils import nodes
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from jupyter_cache.executors.utils import single_nb_execution
from myst_nb.sphinx_ import HideCodeCellNode, HideInputCells
from sphinx.addnodes import pending_xref
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

from d2lnotes.explore.explorer import BAKE

logger = logging.getLogger(__name__)
STATES = re.compile(r'<script type="application/json" class="d2l-states">(.*?)</script>', re.S)
NAME = re.compile(r'data-explorer="([^"]+)"')
# The extensions are loaded one by one, by the pages that use them (\\boldsymbol is one).
MATHJAX = ["tex-chtml.js", "input/tex/extensions", "output/chtml/fonts/woff-v2"]


def setup(app):
    """Connect to the build."""
    app.connect("config-inited", configure)
    app.connect("env-get-outdated", reread_what_changed)
    app.connect("env-before-read-docs", execute_together)
    app.connect("doctree-read", collect_explorers)
    app.connect("doctree-read", describe_stills)
    app.connect("env-purge-doc", lambda app, env, doc: grids(env).pop(doc, None))
    app.connect("env-merge-info", lambda app, env, docs, other: grids(env).update(grids(other)))
    app.connect("build-finished", finish)
    app.add_post_transform(StateLinks)
    app.add_post_transform(GatherFolds)
    app.add_js_file("d2l-explore.js", loading_method="async")
    app.add_css_file("d2l-explore.css")
    return {"parallel_read_safe": True, "version": "1"}


def grids(env):
    """Explorers by document: ``{document: {figure: {control: values as links write them}}}``."""
    if not hasattr(env, "d2l_grids"):
        env.d2l_grids = {}
    return env.d2l_grids


# Before reading ------------------------------------------------------------------------------


def configure(app, config):
    """Bake; no widget script, no script from elsewhere; nothing stale."""
    os.environ[BAKE] = "1"
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    config.nb_ipywidgets_js = {}
    config.nb_mime_priority_overrides = [("html", "text/html", 1)]
    config.nb_code_prompt_show, config.nb_code_prompt_hide = "Show the code", "Hide the code"
    cache = cache_folder(app, config)
    stamp = cache / "d2lnotes.sha256"
    digest = package_digest()
    app.d2l_package_changed = not stamp.exists() or stamp.read_text() != digest
    if app.d2l_package_changed:
        shutil.rmtree(cache, ignore_errors=True)
        cache.mkdir(parents=True)
        stamp.write_text(digest)


def cache_folder(app, config):
    """Where MyST-NB keeps executed notebooks."""
    return Path(config.nb_execution_cache_path or Path(app.outdir).parent / ".jupyter_cache")


def package_digest():
    """A hash of all that a notebook's outputs depend on besides its own text.

    The execution cache knows the cells only: after a change in the package it would go on serving
    old figures.
    """
    digest = files_digest(Path(__file__).parents[1])
    for package in ("numpy", "matplotlib"):
        digest.update(version(package).encode())
    return digest.hexdigest()


def files_digest(*folders):
    """A hash of all files in some folders."""
    digest = hashlib.sha256()
    for path in sorted(path for folder in folders for path in folder.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            digest.update(path.name.encode() + path.read_bytes())
    return digest


def reread_what_changed(app, env, added, changed, removed):
    """Sphinx keeps what it read of a page whose own file did not change.

    Nor does it copy a style sheet or script that alone has changed, since no page is outdated.
    """
    folders = [*app.config.html_static_path, *app.config.html_extra_path]
    assets = files_digest(*(Path(app.srcdir, folder) for folder in folders)).hexdigest()
    same = not app.d2l_package_changed and getattr(env, "d2l_assets", None) == assets
    env.d2l_assets = assets
    return [] if same else list(env.found_docs)


def execute_together(app, env, docnames):
    """Run the notebooks that the cache lacks, as many at once as there are processors.

    MyST-NB would run them one after the other, each when its page is read; now it finds them in
    the cache. One that fails is left to it, which then says where.
    """
    if app.config.nb_execution_mode != "cache":
        return
    store = get_cache(cache_folder(app, app.config))
    found = [Path(env.doc2path(name)) for name in docnames]
    books = {path: nbformat.read(path, 4) for path in found if path.suffix == ".ipynb"}
    new = {path: book for path, book in books.items() if not is_cached(store, book)}

    def run(path):
        return single_nb_execution(new[path], path.parent, app.config.nb_execution_timeout, False)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, result in zip(new, pool.map(run, new), strict=True):
            if result.err is None:
                logger.info(f"executed {path.name} in {result.time:.0f} s")
                seconds = {"execution_seconds": result.time}
                bundle = CacheBundleIn(new[path], str(path), data=seconds)
                store.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)


def is_cached(store, notebook):
    """Whether a notebook with the same cells has been executed before."""
    try:
        store.match_cache_notebook(notebook)
    except KeyError:
        return False
    return True


# While reading -------------------------------------------------------------------------------


def collect_explorers(app, doctree):
    """Mark the figures that hold an explorer and remember their grids."""
    env, found = app.env, {}
    for raw in list(doctree.findall(nodes.raw)):
        name, states = NAME.search(raw.astext()), STATES.search(raw.astext())
        if not (name and states):
            continue
        figure = figure_around(raw)
        if (
            figure is None
            or name[1] not in figure["ids"]
            or not list(figure.findall(nodes.caption))
        ):
            logger.warning(
                f"the explorer {name[1]} needs a caption and its name in the cell's metadata: "
                f'"mystnb": {{"figure": {{"name": "{name[1]}", "caption": "..."}}}}',
                location=raw,
            )
            continue
        mark(figure, "explorer")
        data = json.loads(states[1])
        found[name[1]] = {c["n"]: (c["k"], c["v"]) for c in data["controls"]}
    grids(env)[env.docname] = found


def figure_around(node):
    """The figure in which a node stands, or None."""
    while node is not None and not isinstance(node, nodes.figure):
        node = node.parent
    return node


def mark(figure, kind):
    """Say what a figure is, and what its cell holds: a style sheet finds out slowly (``:has``)."""
    figure["classes"].append(f"d2l-{kind}")
    cell = figure
    while cell is not None and "cell" not in cell.get("classes", ()):
        cell = cell.parent
    if cell is not None:
        cell["classes"].append(f"d2l-has-{kind}")


def describe_stills(app, doctree):
    """Mark the figures that do not move and let their pictures say what they show.

    The alternative text stands in the cell's metadata for the picture in pixels, which comes in
    the same bundle and of which the page makes no use.
    """
    for raw in list(doctree.findall(nodes.raw)):
        if not raw.astext().startswith("<svg") or " data-picture" not in raw.astext():
            continue
        pixels = list(raw.parent.parent.findall(nodes.image))
        words = next((image["alt"] for image in pixels if image.get("alt")), "")
        figure = figure_around(raw)
        if figure is None or not figure["ids"] or not words:
            logger.warning(
                "a figure needs a name, a caption and a text for those who do not see it in the "
                'cell\'s metadata: "mystnb": {"figure": {"name": "fig-...", "caption": "..."}, '
                '"image": {"alt": "..."}}',
                location=raw,
            )
            continue
        mark(figure, "still")
        markup = raw.astext().replace('role="img"', f'role="img" aria-label="{escape(words)}"', 1)
        raw[:] = [nodes.Text(markup)]


class StateLinks(SphinxPostTransform):
    """Resolve ``#fig-NAME?control=value`` before MyST looks for a target of that name."""

    default_priority = 8

    def run(self, **kwargs):
        """Replace each such reference by a link, and warn of what does not exist."""
        for node in list(self.document.findall(pending_xref)):
            # A link with a file's name, other.md#fig-a?k=1, has its target in a part of its own.
            target = (node.get("reftargetid") or node.get("reftarget", "")).replace("&amp;", "&")
            if node.get("reftype") != "myst" or "?" not in target:
                continue
            figure, _, query = target.partition("?")
            figure = figure.rpartition("#")[2]
            node.replace_self(self.link(node, figure, query))

    def link(self, node, figure, query):
        """Return the reference node, after checking the figure and each value."""
        inside = nodes.inline("", "", *[child.deepcopy() for child in node[0].children])
        homes = [doc for doc, found in grids(self.env).items() if figure in found]
        if not homes:
            logger.warning(f"link to a state of {figure!r}: there is no such explorer",
                           location=node)  # fmt: skip
            return inside
        controls = grids(self.env)[homes[0]][figure]
        asked = parse_qsl(query, keep_blank_values=True)
        for name, value in asked or [("", "")]:
            if name not in controls:
                logger.warning(f"{figure} has no control {name!r}; it has {', '.join(controls)}",
                               location=node)  # fmt: skip
            elif value not in controls[name][1]:
                logger.warning(
                    f"{figure}: {name}={value} is not on its grid: {', '.join(controls[name][1])}",
                    location=node,
                )
        address = "#" + figure + "?" + urlencode(asked, quote_via=quote)
        here = self.env.docname
        if self.app.builder.format == "html" and homes[0] != here:
            address = self.app.builder.get_relative_uri(here, homes[0]) + address
        return nodes.reference("", "", inside, internal=True, refuri=address,
                               classes=["d2l-state"])  # fmt: skip


class GatherFolds(SphinxPostTransform):
    """Make one fold of the folded cells that follow one another.

    A notebook has one idea a cell, so that a figure takes four or five; its reader wants one
    line between the text and the picture.
    """

    default_priority = HideInputCells.default_priority + 1
    formats = ("html",)

    def run(self, **kwargs):
        """Move the code of each folded cell without an output into the fold of the next."""
        for cell in list(self.document.findall(nodes.container)):
            after = cell.next_node(descend=False, siblings=True)
            if _is_folded(cell) and len(cell.children) == 1 and _is_folded(after):
                after.children[0][:0] = cell.children[0].children
                cell.parent.remove(cell)


def _is_folded(node):
    """Whether a node is a cell whose code, but not its output, stands in a fold."""
    return (
        isinstance(node, nodes.container)
        and node.get("hide_mode") == "input"
        and isinstance(node.children[0], HideCodeCellNode)
    )


# After writing -------------------------------------------------------------------------------


def finish(app, error):
    """Mend the pages."""
    if error or app.builder.format != "html":
        return
    for page in written_pages(app.outdir):
        page.write_text(mend(page.read_text(encoding="utf-8")), encoding="utf-8")


def written_pages(outdir):
    """The site's pages; its tools' own and those of JupyterLite beside it are none."""
    for page in Path(outdir).rglob("*.html"):
        if not {"_static", "lite"} & set(page.relative_to(outdir).parts):
            yield page


def mend(page):
    """Mend a page: what its tools write and a browser or a screen reader stumbles over.

    * The theme points Bootstrap's scroll spy at a list that its markup does not have; the spy then
      scans every link of the page and throws on ``#fig-a?degree=1``.
    * The bibliography's list has the role of a list but not of its items, and theirs is withdrawn.
    * Every exercise has the same id.
    * The side bar with the book's title and contents is no landmark.
    """
    page = page.replace(' id="exercise-content"', "").replace(' role="doc-biblioentry"', "")
    bar = '<div id="pst-primary-sidebar" '
    page = page.replace(bar, f'{bar}role="complementary" aria-label="The book" ')
    if 'id="pst-page-toc-nav"' in page:
        page = page.replace('data-bs-target=".bd-toc-nav"', 'data-bs-target="#pst-page-toc-nav"')
    else:
        page = page.replace('data-bs-spy="scroll" data-bs-target=".bd-toc-nav"', "")
    for pair in ('role="list" class="citation-list"', 'class="citation-list" role="list"'):
        page = page.replace(pair, 'class="citation-list"')
    return re.sub(r'(<div class="[^"]*citation-list[^"]*") role="list"', r"\1", page)
