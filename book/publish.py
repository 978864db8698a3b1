"""Sphinx extension: what a published book needs besides its pages.

* The footer says which version and which commit was built.
* Where the site has an address, there is a ``sitemap.xml``, and each page names a picture for
  those who link to it: an explorer of the chapter, taken by ``make picture``. The address is
  ``html.baseurl`` of ``_config.yml``, or the environment variable ``D2LNOTES_BASEURL``, by which
  a workflow publishes a fork at the fork's own address.

Without an address nothing is written that would need one.
"""

import os
import re
import subprocess
from pathlib import Path
from urllib.parse import quote, urljoin
from xml.sax.saxutils import escape

from d2lnotes import __version__
from d2lnotes.explore.book import written_pages

CARDS = Path(__file__).parent / "assets" / "cards"
COMMIT = re.compile(r'<span class="d2l-version">[^<]*</span>')


def setup(app):
    """Connect to the build."""
    app.setup_extension("sphinxext.opengraph")
    app.connect("config-inited", configure)
    app.connect("source-read", choose_card)
    app.connect("build-finished", finish)
    return {"parallel_read_safe": True, "version": "1"}


def configure(app, config):
    """Pages take their address, for pictures and descriptions, from the site's."""
    base = config.html_baseurl = os.environ.get("D2LNOTES_BASEURL") or config.html_baseurl
    if base and not re.fullmatch(r"https?://[^\s?#]+/", base):
        raise ValueError(
            f"the site's address (html.baseurl or D2LNOTES_BASEURL) is {base!r}; write the whole "
            "address of the site with a slash at its end, such as https://example.org/notes/, "
            "or leave it empty"
        )
    config.ogp_site_url = base
    config.ogp_social_cards = {"enable": False}
    config.ogp_type = "book"


def choose_card(app, docname, source):
    """Name the page's picture, or switch the page's tags off where the site has no address."""
    meta = app.env.metadata[docname]
    if not app.config.html_baseurl:
        meta["ogp_disable"] = "yes"
        return
    own = CARDS / f"{docname.rpartition('/')[2]}.png"
    name = own.name if own.exists() else "index.png"
    meta["og:image"] = urljoin(app.config.html_baseurl, f"_static/cards/{name}")


def finish(app, error):
    """Write the commit into all pages, also those that this build left as they were."""
    if error or app.builder.format != "html":
        return
    mark = f'<span class="d2l-version">{escape(version())}</span>'
    for page in written_pages(app.outdir):
        text = page.read_text(encoding="utf-8")
        marked = COMMIT.sub(lambda match: mark, text)
        if marked != text:
            page.write_text(marked, encoding="utf-8")
    if app.config.html_baseurl:
        sitemap = write_sitemap(app.config.html_baseurl, sorted(app.env.found_docs))
        Path(app.outdir, "sitemap.xml").write_text(sitemap, encoding="utf-8")


def version():
    """Version of the package, and the commit where the book is built in a checkout."""
    command = ["git", "describe", "--always", "--dirty", "--exclude=*"]
    try:
        found = subprocess.run(
            command, cwd=Path(__file__).parent, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return f"Version {__version__}"
    return f"Version {__version__}, commit {found.stdout.strip()}"


def write_sitemap(base, documents):
    """List the pages for search engines."""
    rows = [f"<url><loc>{escape(base + quote(name) + '.html')}</loc></url>" for name in documents]
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">',
            *rows,
            "</urlset>",
            "",
        ]
    )
