"""The forms of the teacher's page: the links that they make lead where they say."""

from urllib.parse import parse_qs, urlsplit

import pytest
from conftest import address, as_address, explorers

pytestmark = pytest.mark.browser
TEACH = "book/teach.html"


@pytest.fixture
def teach(open_page, site):
    page, watch = open_page(address(TEACH))
    page.wait_for_selector("form#state-links:visible")
    yield page, watch
    page.context.close()


def made(page, form):
    """The texts that a form offers, by name."""
    rows = page.locator(f"form#{form} .d2l-links-made p")
    return {row.split(":")[0]: code for row, code in zip(
        rows.all_inner_texts(), rows.locator("code").all_inner_texts(), strict=False)}  # fmt: skip


def test_every_figure_is_offered_with_its_controls_at_their_start(teach):
    page, watch = teach
    figure = page.locator("#state-links [name=figure]")
    offered = figure.locator("option").evaluate_all("all => all.map(one => one.value)")
    assert sorted(offered) == sorted(explorer.id for explorer in explorers())
    for explorer in explorers():
        figure.select_option(explorer.id)
        link = as_address(explorer.link(explorer.start))
        assert made(page, "state-links")["Link"].endswith(link)
    assert not watch.complaints() and not watch.blocked


def test_link_opens_the_figure_in_the_chosen_state(teach):
    page, _ = teach
    explorer = next(one for one in explorers() if one.id == "fig-polynomial-degree")
    page.locator("#state-links [name=figure]").select_option(explorer.id)
    page.locator("#state-links [name=value-degree]").select_option("15")
    page.locator("#state-links [name=base]").fill("https://example.org/book/")
    links = made(page, "state-links")
    place = "https://example.org/book/notebooks/03_linear_regression.html#fig-polynomial-degree?"
    assert links["Link"].startswith(place + "degree=15&")
    assert links["Markdown"].startswith("[Fig. 3.") and f"]({links['Link']})" in links["Markdown"]
    page.locator("form#state-links a").first.click()
    figure = page.locator("figure#fig-polynomial-degree[data-ready]")
    figure.wait_for()
    page.wait_for_function(
        "document.querySelector('#fig-polynomial-degree output').textContent === '15'"
    )


def test_hub_and_binder_fetch_the_repository_and_open_the_chapter(teach):
    page, _ = teach
    form = page.locator("form#hub-links")
    form.get_by_label("Hub").fill("https://hub.example.edu/class/")
    form.get_by_label("Repository").fill("https://github.com/someone/notes.git")
    form.get_by_label("Branch").fill("a & b")
    form.get_by_label("Chapter").select_option("notebooks/05_multilayer_perceptrons.ipynb")
    links = made(page, "hub-links")
    pull = urlsplit(links["For the hub"])
    assert pull.netloc + pull.path == "hub.example.edu/class/hub/user-redirect/git-pull"
    assert parse_qs(pull.query) == {
        "repo": ["https://github.com/someone/notes.git"],
        "branch": ["a & b"],
        "urlpath": ["lab/tree/notes/notebooks/05_multilayer_perceptrons.ipynb"],
    }
    assert links["For Binder"] == (
        "https://mybinder.org/v2/gh/someone/notes/a%20%26%20b"
        "?urlpath=lab%2Ftree%2Fnotebooks%2F05_multilayer_perceptrons.ipynb"
    )


@pytest.mark.parametrize("address", ["javascript:alert(1)", "hub", "file:///x", "https://"])
def test_what_is_no_web_address_becomes_no_link(teach, address):
    page, watch = teach
    form = page.locator("form#hub-links")
    form.get_by_label("Hub").fill(address)
    form.get_by_label("Repository").fill(address)
    assert form.locator(".d2l-links-made a").count() == 0
    assert "https://" in form.locator(".d2l-links-made").inner_text()
    form.get_by_label("Repository").fill("https://example.org/notes")
    assert form.locator(".d2l-links-made a").count() == 1, "the one for Binder"
    assert not watch.complaints()


def test_without_javascript_there_are_no_forms(open_page, site):
    page, _ = open_page(address(TEACH), java_script_enabled=False)
    assert page.locator("form.d2l-links").count() == 2
    assert page.locator("form.d2l-links:visible").count() == 0
    page.context.close()
