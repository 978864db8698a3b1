"""The pages under the headers that the site's file ``_headers`` asks a server to send."""

import functools
import http.server
import re
import threading
from fnmatch import fnmatch

import pytest
from conftest import SITE, explorers, source

pytestmark = pytest.mark.browser

VIOLATIONS = """window.violations = [];
addEventListener("securitypolicyviolation", (event) => violations.push(
  `${event.violatedDirective}: ${event.blockedURI} ${event.sample}`));"""


def rules():
    """The headers by the path's pattern, from the file that the site ships."""
    found, path = {}, None
    for line in (SITE / "_headers").read_text(encoding="utf-8").splitlines():
        if line.startswith("/"):
            path = line.strip()
        elif line.startswith("  "):
            found.setdefault(path, []).append(tuple(line.strip().split(": ", 1)))
    return found


class Strict(http.server.SimpleHTTPRequestHandler):
    """A server that sends the headers."""

    def end_headers(self):
        for pattern, headers in rules().items():
            if fnmatch(self.path.partition("?")[0], pattern):
                for name, value in headers:
                    self.send_header(name, value)
        super().end_headers()

    def log_message(self, *_):
        pass


def test_policy_is_one_for_all_pages(site):
    policies = [dict(headers).get("Content-Security-Policy") for path, headers in rules().items()
                if not path.startswith(("/_static", "/_images"))]  # fmt: skip
    assert len(policies) == 4 and len(set(policies)) == 1
    assert not re.search(r"script-src[^;]*(unsafe|http|\*)", policies[0])


@pytest.fixture(scope="module")
def address(site):
    """The address of the served site."""
    handler = functools.partial(Strict, directory=SITE)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def visit(open_page, address):
    """Open a page of the served site; returns the page and a check that nothing was refused."""

    def visit(name):
        page, watch = open_page()
        page.add_init_script(VIOLATIONS)
        response = page.goto(address + name)
        assert "script-src 'self';" in response.headers["content-security-policy"]

        def quiet():
            assert page.evaluate("violations") == []
            assert not watch.complaints() and not watch.blocked
            page.context.close()

        return page, quiet

    return visit


def until(page, condition, arg=None):
    """Wait until a condition holds; Playwright's own way to wait needs eval in the page."""
    for _ in range(150):
        if page.evaluate(condition, arg):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"never so: {condition}")


def test_page_holds_no_script_and_no_handler(site, page_name):
    text = source(page_name)
    if "data-content_root" not in text:
        return  # a page that only the server shows, or leads on
    tags = re.findall(r"<script\b[^>]*>", text)
    assert not [tag for tag in tags if " src=" not in tag and "application/json" not in tag]
    assert not re.findall(r"<[a-z]+\b[^>]*\son[a-z]+=[^>]*>", re.sub(r'"[^"<]*<[^"]*"', '""', text))
    assert not re.search(r'(?:href|src)="javascript:', text)


def test_chapter_works_under_the_policy(visit):
    chapters = [one for one in explorers() if one.page.startswith("notebooks/")]
    explorer = next(one for one in chapters if one.controls[0]["k"] == "slider")
    page, quiet = visit(explorer.page)
    figure = page.locator(f"figure[id='{explorer.id}'][data-ready]")
    before = figure.locator(".d2l-control output").first.text_content()
    slider = figure.locator("input[type=range]").first
    slider.press("Home")
    slider.press("End")
    assert figure.locator(".d2l-control output").first.text_content() != before
    until(page, "() => [...document.fonts].some("
          "font => font.family.includes('MJX') && font.status === 'loaded')")  # fmt: skip
    assert page.locator("mjx-container").count()
    quiet()


def test_gallery_and_errata_filter_under_the_policy(visit):
    for name, items in (("book/gallery.html", ".d2l-card"), ("book/errata.html", "tbody tr")):
        page, quiet = visit(name)
        rows = page.locator(f"{items}:visible")
        every = rows.count()
        page.locator(".d2l-filter input[type=search], .d2l-filter input").first.fill("softmax")
        until(page, """([items, every]) => [...document.querySelectorAll(items)]
            .filter(one => one.checkVisibility()).length < every""", [items, every])  # fmt: skip
        quiet()


def test_search_finds_under_the_policy(visit):
    page, quiet = visit("search.html?q=perceptron")
    page.locator("#search-results li a").first.wait_for()
    quiet()


def test_buttons_of_the_theme_work_under_the_policy(visit):
    page, quiet = visit("book/preface.html")
    page.evaluate("window.print = () => { window.printed = true; }")
    page.locator("[data-d2l-press='print']").first.evaluate("button => button.click()")
    assert page.evaluate("window.printed")
    before = page.evaluate("document.documentElement.dataset.mode")
    page.locator("button.theme-switch-button").first.evaluate("button => button.click()")
    assert page.evaluate("document.documentElement.dataset.mode") != before
    quiet()
