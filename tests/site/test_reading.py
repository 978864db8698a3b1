"""Definitions, quizzes, progress, citations and search, as a reader uses them."""

import json
import re
from itertools import pairwise

import pytest
import yaml
from conftest import REPOSITORY, address, as_address, explorers, source
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)  # one tab hears of another late on a busy machine
CHAPTER, MAP = "notebooks/04_linear_classification.html", "book/map.html"
KEY = "deep-learning-notes.reading"
CLIPBOARD = """Object.defineProperty(navigator, "clipboard", {value: {
  writeText: async (text) => { window.copied = text; }}})"""


@pytest.fixture
def opened(open_page, site):
    """Opens the chapter, or another page, and closes it when the test is over."""
    pages = []

    def opened(name=CHAPTER, hash="", prepare="", **options):
        page, watch = open_page(None, **options)
        pages.append(page)
        page.add_init_script(CLIPBOARD)
        page.add_init_script(prepare)
        page.goto(address(name, hash), wait_until="domcontentloaded")
        return page, watch

    yield opened
    for page in pages:
        page.context.close()


# Definitions -----------------------------------------------------------------------------------


def test_definition_appears_on_hover_and_focus_stays_under_the_pointer_and_leaves_on_escape(opened):
    page, watch = opened()
    tip = page.get_by_role("tooltip")
    term = page.locator("a.d2l-term", has_text="one-hot").first
    other = page.locator("a.d2l-term", has_text="logits").first
    expect(tip).to_have_count(0)
    term.hover()
    expect(tip).to_contain_text("a 1 at its place")
    expect(term).to_have_accessible_description(re.compile("a 1 at its place"))
    tip.hover()
    page.wait_for_timeout(400)  # longer than it would have stayed after the pointer left its word
    expect(tip).to_be_visible()
    page.keyboard.press("Escape")
    expect(tip).to_have_count(0)
    page.mouse.move(0, 0)
    other.focus()
    expect(tip).to_contain_text("score of a class")
    box, screen = tip.bounding_box(), page.viewport_size
    assert box["x"] >= 0 and box["x"] + box["width"] <= screen["width"]
    page.keyboard.press("Enter")
    page.wait_for_url("**/book/glossary.html#term-logit")
    assert not watch.complaints() and not watch.blocked


def test_first_tap_shows_the_definition_and_the_second_leads_to_the_glossary(opened):
    page, _ = opened(width=390, has_touch=True, is_mobile=True)
    term = page.locator("a.d2l-term", has_text="simplex").first
    tip = page.get_by_role("tooltip")
    term.tap()
    expect(tip).to_contain_text("add up to 1")
    page.locator("article p").first.tap()
    expect(tip).to_have_count(0)
    term.tap()
    expect(tip).to_be_visible()
    term.tap()
    page.wait_for_url("**/book/glossary.html#term-simplex")


# The quiz --------------------------------------------------------------------------------------


def test_quiz_says_why_by_keyboard_and_remembers_the_answers(opened):
    page, watch = opened()
    group = page.get_by_role("group", name=re.compile(r"^1 of 5\. We add 100"))
    check, verdict = group.get_by_role("button", name="Check"), group.get_by_role("status")
    answers = page.locator("#quiz-04-1 details")
    expect(check).to_be_disabled()
    expect(answers).to_be_hidden()
    group.get_by_label("It becomes surer").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(verdict).to_contain_text("Not this one. That is what multiplying the scores does")
    expect(answers).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    check.click()
    expect(verdict).to_contain_text("Right. Every term has the factor")
    verdict.get_by_role("link", name="subtract the largest score first").click()
    expect(page.locator("#fig-softmax .d2l-sentence")).to_contain_text("0.665")
    for number in range(2, 6):
        box = page.locator(f"#quiz-04-{number}")
        box.get_by_role("radio").first.check()
        box.get_by_role("button", name="Check").click()
    expect(page.locator(".d2l-score")).to_have_text("3 of 5 right at the last try.")
    # The browser passes on what it keeps in its own time: reload when another tab has it. A tab
    # may go on with what it read first, so it is asked anew.
    beside = page.context.new_page()
    for _ in range(50):
        beside.goto(address("book/glossary.html"), wait_until="domcontentloaded")
        if beside.evaluate(f"(localStorage.getItem('{KEY}') ?? '').includes('quiz-04-5')"):
            break
    page.reload(wait_until="domcontentloaded")
    expect(verdict).to_contain_text("Right. Every term")
    expect(page.locator(".d2l-score")).to_have_text("3 of 5 right at the last try.")
    assert not watch.complaints() and not watch.blocked


def test_without_script_the_quiz_is_a_list_with_a_fold_and_no_box_is_left_over(opened):
    page, _ = opened(java_script_enabled=False)
    first = page.locator("#quiz-04-1")
    expect(first.locator("> ol > li")).to_have_text(
        ["It becomes surer of the largest score.", "It becomes less sure.", "Nothing changes."]
    )
    expect(first.get_by_text("Every term has the factor")).to_be_hidden()
    first.locator("summary").click()
    expect(first.get_by_text("Every term has the factor")).to_be_visible()
    expect(page.locator("form:visible input[type=checkbox]")).to_have_count(0)
    expect(page.get_by_role("link", name="This chapter on the map")).to_be_visible()


# Progress --------------------------------------------------------------------------------------


def test_what_is_ticked_shows_on_the_map_and_is_forgotten_by_one_button(opened):
    page, watch = opened()
    link = page.get_by_role("link", name="This chapter on the map")
    assert link.get_attribute("href").endswith("book/map.html#map-04")
    beside = page.context.new_page()  # a tab that hears of it needs no navigation in time
    beside.goto(address(MAP), wait_until="domcontentloaded")
    progress, row = beside.locator("form.d2l-progress"), beside.locator("#map-04")
    expect(progress).to_contain_text("You have read 0 of 11 chapters")
    page.get_by_label("done").first.check()
    page.get_by_label("I have read this chapter").check()
    expect(page.locator(".d2l-count")).to_have_text("1 of 10 exercises done.")
    expect(progress).to_contain_text(
        re.compile(r"You have read 1 of 11 chapters and done 1 of \d+ exercises")
    )
    expect(row).to_contain_text("✓ read")
    expect(row).to_contain_text("1 done")
    progress.get_by_role("button").click()
    expect(progress).to_contain_text("switched off")
    expect(row).not_to_contain_text("✓ read")
    assert json.loads(beside.evaluate(f"localStorage.getItem('{KEY}')")) == {
        "off": True, "chapters": {}}  # fmt: skip
    expect(page.get_by_label("I have read this chapter")).to_be_hidden()
    progress.get_by_role("button", name="Keep my progress").click()
    expect(page.get_by_label("I have read this chapter")).to_be_visible()
    expect(page.get_by_label("I have read this chapter")).not_to_be_checked()
    assert not watch.complaints()


@pytest.mark.parametrize(
    "prepare",
    [
        f"localStorage.setItem('{KEY}', '{{\"chapters\": {{\"04\": 7, \"<b>\": {{}}, \"05\":"
        " {\"read\": \"yes\", \"done\": {\"a\": 1}, \"quiz\": [9]}}}')",
        f"localStorage.setItem('{KEY}', 'no JSON at all')",
        "Object.defineProperty(window, 'localStorage', {get() { throw new Error('refused'); }})",
    ],
    ids=["other things", "no JSON", "refused"],
)  # fmt: skip
def test_what_the_browser_kept_is_not_trusted(opened, prepare):
    page, watch = opened(MAP, prepare=prepare)
    expect(page.locator("form.d2l-progress")).to_contain_text("You have read 0 of 11 chapters")
    theme = "refused" in prepare  # the theme itself asks for it without care
    assert theme or not watch.complaints()


# Citations -------------------------------------------------------------------------------------


def start_of(name):
    return next(one.link(one.start) for one in explorers() if one.id == name)


def test_figure_is_cited_as_it_stands_and_the_buttons_fit_a_small_phone(opened):
    page, watch = opened(hash="#fig-softmax?cat=2&shift=0&temp=10&form=naive", width=320)
    figure = page.locator("#fig-softmax")
    expect(figure.locator(".d2l-sentence")).to_contain_text("0.367")
    summary = figure.locator(".d2l-cite summary")
    assert summary.bounding_box()["height"] >= 44
    summary.click()
    figure.get_by_role("button", name="Copy text").click()
    expect(figure.get_by_text("Copied as text.")).to_be_visible()
    said = page.evaluate("window.copied")
    wanted = r"Deep Learning Notes contributors \(2026\)\. Softmax: .+\. Fig\. 4\.1, Deep Learning"
    assert re.match(wanted, said), said
    assert "#fig-softmax?cat=2&shift=0&temp=10&form=naive (seen on 20" in said
    figure.get_by_role("button", name="Reset").click()
    figure.get_by_role("button", name="Copy BibTeX").click()
    expect(figure.get_by_text("Copied as BibTeX.")).to_be_visible()
    entry = page.evaluate("window.copied")
    assert entry.startswith("@misc{deeplearningnotes-fig-softmax,\n") and entry.endswith("\n}")
    assert entry.count("{") == entry.count("}")
    address_of_start = re.search(r"url += \{file:.*(#fig-softmax\?.*)\}", entry)[1]
    assert address_of_start == as_address(start_of("fig-softmax"))
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 320
    assert not watch.complaints()


# Search ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "asked, first, figure",
    [
        ("dropout", "dropout", "Dropout"),
        ("learning rate", "learning rate", "Learning rate"),
        ("bias variance", "bias–variance decomposition", "Bias variance"),
        ("condition number", "condition number", None),
    ],
)
def test_search_finds_the_term_first_and_the_figure_among_the_first(opened, asked, first, figure):
    page, _ = opened("search.html", f"?q={asked.replace(' ', '+')}")
    results = page.locator("#search-results ul.search > li > a")
    page.wait_for_function(
        "/finished/.test(document.querySelector('#search-results p.search-summary')?.textContent)"
    )
    titles = results.all_inner_texts()
    assert titles[0] == first
    assert "glossary.html#term-" in results.first.get_attribute("href")
    near = [title for title in titles[:10] if figure and title.startswith(f"{figure}: ")]
    assert near or figure is None, titles[:10]


# The way through the book ----------------------------------------------------------------------


def test_each_page_leads_to_the_next_and_back_in_the_order_of_the_contents(site):
    contents = yaml.safe_load((REPOSITORY / "_toc.yml").read_text(encoding="utf-8"))
    names = [contents["root"], *(
        one["file"] for part in contents["parts"] for one in part["chapters"])]  # fmt: skip
    for before, after in pairwise(names):
        for page, kind, target in [(before, "right-next", after), (after, "left-prev", before)]:
            link = re.search(rf'<a class="{kind}"\s+href="([^"]+)"', source(f"{page}.html"))
            assert link, f"{page} has no link {kind}"
            leads = ((site / f"{page}.html").parent / link[1]).resolve()
            assert leads == site / f"{target}.html", page
