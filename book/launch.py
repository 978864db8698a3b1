"""Sphinx extension: on the page of each chapter, buttons that open its notebook to be run.

Beside the theme's Binder and Colab it puts
JupyterLite, which ``make book`` builds into the site's folder ``lite``:

* with a link relative to the page, so that it is right wherever the site stands;
* only where ``D2LNOTES_LITE`` is set, that is, where the folder will be there;
* and it takes Binder and Colab away while ``_config.yml`` names no repository, for which the
  theme would fail.
"""

import os
from pathlib import PurePosixPath
from urllib.parse import quote

#: Set where JupyterLite is built beside the book: "cdn", or "self" where the site has the core.
LITE = "D2LNOTES_LITE"
TOOLTIP = {
    "cdn": "Runs in your browser; loads Pyodide (about 30 MB, once) from its CDN",
    "self": "Runs in your browser; loads about 30 MB, once, the half of it from Pyodide's CDN",
}


def setup(app):
    """Connect to the build."""
    # "html": with another value every page is written again, and none is read again.
    app.add_config_value("d2l_lite", os.environ.get(LITE, ""), "html", [str])
    app.connect("config-inited", drop_what_needs_a_repository)
    # The theme makes its buttons at 501.
    app.connect("html-page-context", add_lite_button, priority=502)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "version": "1"}


def drop_what_needs_a_repository(app, config):
    """The theme's buttons for Binder and Colab ask for the repository's address."""
    if not config.html_theme_options.get("repository_url"):
        config.html_theme_options["launch_buttons"] = {}


def add_lite_button(app, pagename, templatename, context, doctree):
    """Put the link to the page's notebook before the theme's own buttons."""
    if not app.config.d2l_lite or context.get("page_source_suffix") != ".ipynb":
        return
    name = PurePosixPath(pagename).name + ".ipynb"
    app.add_js_file("d2l-launch.js", loading_method="defer")
    context["header_buttons"].insert(
        0,
        {
            "type": "link",
            "url": context["pathto"]("lite/notebooks/index.html", 1) + "?path=" + quote(name),
            "text": "Run",
            "tooltip": TOOLTIP[app.config.d2l_lite],
            "icon": "fas fa-play",
            "label": "launch-lite",
        },
    )
