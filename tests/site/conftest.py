"""The built book and the live notebook in a real browser: what both need.

The site is ``_build/html`` of the repository, or the folder that ``D2LNOTES_SITE`` names. Without
a site or without Chromium the tests are skipped; ``D2LNOTES_REQUIRE_BROWSER=1`` makes that a
failure, so that a green run in CI means that they ran.
"""

import html
import json
import os
import re
import shutil
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote

import numpy as np
import pytest

REPOSITORY = Path(__file__).parents[2]
SITE = Path(os.environ.get("D2LNOTES_SITE") or REPOSITORY / "_build" / "html").resolve()
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ELSEWHERE = re.compile(r"^(?!file:|data:|blob:|about:|https?://127\.0\.0\.1[:/])")

EXPLORER = re.compile(r'<figure\b[^>]*\bclass="[^"]*\bd2l-explorer\b[^>]*>.*?</figure>', re.S)
IDENT = re.compile(r'\bid="([^"]+)"')
STATES = re.compile(r'<script type="application/json" class="d2l-states">(.*?)</script>', re.S)
LINK = re.compile(r'<a\b[^>]*\bclass="[^"]*\bd2l-state\b[^>]*>')
HREF = re.compile(r'\bhref="([^"]*)"')


# What the site holds, read from its files -----------------------------------------------------


@dataclass(frozen=True)
class Explorer:
    """An explorer as its page stores it."""

    page: str
    id: str
    data: dict = field(repr=False, compare=False)
    start: tuple
    has_answer: bool

    def __str__(self):
        return f"{self.page}#{self.id}"

    @property
    def controls(self):
        """One dict a control: ``n`` name, ``k`` kind, ``v`` values in links, ``t`` as shown."""
        return self.data["controls"]

    @property
    def shape(self):
        """How many values each control has."""
        return tuple(len(control["v"]) for control in self.controls)

    def version(self, slot, state):
        """The version of ``slot`` in ``state``, found as NumPy counts, not as the script does."""
        if not slot["d"]:
            return slot["v"][slot["i"][0]]
        shape = [self.shape[k] for k in slot["d"]]
        where = np.ravel_multi_index([state[k] for k in slot["d"]], shape)
        return slot["v"][slot["i"][where]]

    def sentence(self, state):
        """The sentence of ``state``."""
        return self.version(self.data["sentence"], state)

    def link(self, state):
        """The link to ``state``."""
        parts = [f"{c['n']}={c['v'][i]}" for c, i in zip(self.controls, state, strict=True)]
        return f"#{self.id}?" + "&".join(parts)

    def random_states(self, count):
        """States of the grid, the same in every run."""
        rng = np.random.default_rng(0)
        return [tuple(int(rng.integers(size)) for size in self.shape) for _ in range(count)]


@cache
def pages():
    """Every page of the site that a reader can stay on, as paths relative to it."""
    found = sorted(path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html"))
    apart = ("_", "lite/")  # pages of JupyterLite are no pages of the book
    return [page for page in found if not page.startswith(apart) and not leads_on(page)]


def leads_on(page):
    """Whether a page only sends its reader to another."""
    return re.search(r'http-equiv="refresh"', source(page), re.I) is not None


@cache
def source(page):
    """The text of a page."""
    return (SITE / page).read_text(encoding="utf-8")


@cache
def explorers():
    """Every explorer of the site."""
    found = []
    for page in pages():
        text = source(page)
        matches = list(EXPLORER.finditer(text))
        for k, match in enumerate(matches):
            states = STATES.search(match[0])
            assert states, f"{page}: an explorer without states"
            data = json.loads(states[1])
            after = text[match.end() : matches[k + 1].start() if k + 1 < len(matches) else None]
            found.append(
                Explorer(
                    page,
                    IDENT.search(match[0])[1],
                    data,
                    _start(match[0], data["controls"]),
                    re.search(r"<details\b[^>]*\bd2l-answer\b", after) is not None,
                )
            )
    return found


def _start(markup, controls):
    """The start state, from the markup that stands without the script."""
    start = []
    for control in controls:
        name = control["n"]
        if control["k"] == "slider":
            tag = re.search(rf'<input type="range"[^>]* name="{name}"[^>]*>', markup)[0]
            start.append(int(re.search(r' value="(\d+)"', tag)[1]))
        elif control["k"] == "choice":
            menu = re.search(rf'<select[^>]* name="{name}".*?</select>', markup, re.S)[0]
            start.append(int(re.search(r'value="(\d+)" selected', menu)[1]))
        else:
            tag = re.search(rf'<input type="checkbox"[^>]* name="{name}"[^>]*>', markup)[0]
            start.append(int(" checked" in tag))
    return tuple(start)


@dataclass(frozen=True)
class StateLink:
    """A link of the prose that sets a figure's controls."""

    page: str
    href: str

    def __str__(self):
        return f"{self.page}->{self.href}"

    @property
    def target(self):
        """The page that holds the figure."""
        path = self.href.partition("#")[0]
        home = (SITE / self.page).parent / path if path else SITE / self.page
        return home.resolve().relative_to(SITE).as_posix()

    @property
    def figure(self):
        """The figure's id."""
        return self.href.partition("#")[2].partition("?")[0]

    @property
    def asked(self):
        """The values that it sets, by control."""
        return dict(parse_qsl(self.href.partition("?")[2]))

    def expected(self, before=None):
        """The explorer, and the state to which the link brings it from ``before`` (the start)."""
        home = [e for e in explorers() if (e.page, e.id) == (self.target, self.figure)]
        assert home, f"{self}: there is no such explorer"
        names = [control["n"] for control in home[0].controls]
        unknown = set(self.asked) - set(names)
        assert not unknown, f"{self}: no control {unknown}"
        state = tuple(
            control["v"].index(unquote(self.asked[name])) if name in self.asked else index
            for name, control, index in zip(
                names, home[0].controls, before or home[0].start, strict=True
            )
        )
        return home[0], state


@cache
def state_links():
    """Every link to a state, of every page, each once a page."""
    found = {}
    for page in pages():
        for tag in LINK.findall(source(page)):
            found.setdefault(StateLink(page, html.unescape(HREF.search(tag)[1])))
    return list(found)


@cache
def links_from_elsewhere():
    """One link to each figure, and every link from another page: each costs a load."""
    found = {}
    for link in state_links():
        own = link.page == link.target
        found.setdefault((link.target, link.figure) if own else link, link)
    return list(found.values())


WANTED = {
    "page_name": pages,
    "explorer": explorers,
    "playable": lambda: [e for e in explorers() if 'data-do="play"' in figure_markup(e)],
    "guessed": lambda: [e for e in explorers() if "guess" in e.data],
    "answered": lambda: [e for e in explorers() if "guess" in e.data and e.has_answer],
    "mapped": lambda: [e for e in explorers() if "map" in e.data],
    "state_link": state_links,
    "far_link": links_from_elsewhere,
    "explorer_page": lambda: sorted({e.page for e in explorers()}),
}


def figure_markup(explorer):
    """The figure as it stands in the page."""
    return next(m[0] for m in EXPLORER.finditer(source(explorer.page))
                if f'id="{explorer.id}"' in m[0])  # fmt: skip


def pytest_generate_tests(metafunc):
    """Run a test for each page, explorer or link that the built site has."""
    for name in WANTED.keys() & set(metafunc.fixturenames):
        metafunc.parametrize(name, WANTED[name]() if SITE.is_dir() else [None], ids=str)


def pytest_collection_modifyitems(items):
    """Keep the tests of one page together (with ``--dist loadgroup``): they share its one load."""
    for item in items:
        params = item.callspec.params if hasattr(item, "callspec") else {}
        pages = [getattr(value, "page", value) for name, value in params.items() if name in WANTED]
        group = f"{item.path.stem} {pages[0] if pages else ''}"
        item.add_marker(pytest.mark.xdist_group(group))


# The browser ----------------------------------------------------------------------------------


def unavailable(reason):
    """Skip, or fail where a browser is required."""
    if os.environ.get("D2LNOTES_REQUIRE_BROWSER"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def site():
    """The folder of the built site."""
    if not pages():
        unavailable(f"no built book in {SITE.name}; run `make book` first")
    return SITE


@pytest.fixture(scope="session")
def browser():
    """Chromium, headless, with a profile of its own."""
    named = os.environ.get("CHROMIUM")
    chromium = named or next(filter(None, map(shutil.which, ["chromium", "chromium-browser"])), "")
    if not chromium or not shutil.which(chromium):
        unavailable("no Chromium on the PATH; install it, or set CHROMIUM to its path")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


class Watch:
    """What a page asked for, said and threw while a test looked on."""

    def __init__(self):
        self.blocked, self.messages, self.errors = [], [], []

    def complaints(self):
        """Console warnings and errors, and uncaught exceptions."""
        said = [text for kind, text in self.messages if kind in ("error", "warning", "assert")]
        return said + self.errors

    def clear(self):
        """Forget what happened so far."""
        for happened in (self.blocked, self.messages, self.errors):
            happened.clear()


@pytest.fixture(scope="module")
def open_page(browser):
    """Open pages that nothing but the site and this machine can answer.

    Returns ``(page, watch)``. Motion is reduced, so that nothing scrolls or fades while a test
    measures; pass ``reduced_motion="no-preference"`` to have it back.
    """
    contexts = []

    def open_page(url=None, *, theme="light", width=1200, **options):
        watch = Watch()
        options = {"reduced_motion": "reduce", "color_scheme": theme, **options}
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        context.set_default_timeout(15_000)

        def block(route):
            watch.blocked.append(route.request.url)
            route.abort()

        context.route(ELSEWHERE, block)
        context.add_init_script(
            f"for (const key of ['mode', 'theme']) localStorage.setItem(key, '{theme}')"
        )
        page = context.new_page()
        page.on("console", lambda message: watch.messages.append((message.type, message.text)))
        page.on("pageerror", lambda error: watch.errors.append(str(error)))
        page.on("dialog", lambda dialog: (watch.errors.append("a dialog"), dialog.dismiss()))
        if url:
            page.goto(url)
        return page, watch

    yield open_page
    for context in contexts:
        context.close()


# Lays out what is far from the screen too, for tests that look at a whole page at once.
WHOLE_PAGE = "* { content-visibility: visible !important }"


def address(page, fragment=""):
    """The file:// address of a page of the site."""
    return (SITE / page).as_uri() + fragment


ALONE = "-._~!*'()"  # what encodeURIComponent leaves alone


def as_address(link):
    """How the browser's address spells a link whose words stand as they are."""
    figure, _, query = link.partition("?")
    pairs = [part.split("=", 1) for part in query.split("&")]
    return f"{figure}?" + "&".join(f"{name}={quote(v, safe=ALONE)}" for name, v in pairs)
