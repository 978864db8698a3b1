"""The forms that filter the errata and the gallery, and the map, as readers use them."""

import re

import pytest
from conftest import address, explorers, source

pytestmark = pytest.mark.browser
ERRATA, GALLERY, MAP = "book/errata.html", "book/gallery.html", "book/map.html"
ROWS = "table.d2l-errata tbody tr"


@pytest.fixture
def opened(open_page, site):
    """Opens a page at a hash and waits for its form."""
    pages = []

    def opened(name, hash="", **options):
        page, watch = open_page(None, **options)
        pages.append(page)
        page.goto(address(name, hash), wait_until="domcontentloaded")
        if options.get("java_script_enabled", True) and name != MAP:
            page.wait_for_selector("form.d2l-filter:visible")
        return page, watch

    yield opened
    for page in pages:
        page.context.close()


@pytest.fixture
def errata(opened):
    return lambda hash="", **options: opened(ERRATA, hash, **options)


def shown(page, items=ROWS):
    return page.locator(f"{items}:visible").count()


def said(page):
    return page.locator(".d2l-filter output").inner_text()


def test_everything_is_shown_at_first(errata):
    page, watch = errata()
    assert shown(page) == 144 and said(page) == "144 of 144 rows shown"
    assert not watch.complaints() and not watch.blocked


def test_filters_combine_and_the_count_is_announced(errata):
    page, _ = errata()
    assert page.locator(".d2l-filter output").get_attribute("role") == "status"
    page.get_by_label("Verdict").select_option("wrong")
    assert shown(page) == 21 and said(page) == "21 of 144 rows shown"
    page.get_by_label("Chapter").select_option("3")
    page.get_by_label("Kind").select_option("equations")
    names = page.locator(f"{ROWS}:visible td:first-child strong:first-child").all_inner_texts()
    assert [n for n in names if n[0] == "E"] == "E11 E13 E14 E15 E16 E21 E23 E25".split()
    assert said(page) == "8 of 144 rows shown"
    page.get_by_role("button", name="Show all").click()
    page.wait_for_function("document.querySelector('.d2l-filter output').textContent[0] === '1'")
    assert shown(page) == 144


def test_every_word_of_a_search_must_occur(errata):
    page, _ = errata()
    page.get_by_label("Words").fill("Triangle  INEQUALITY")
    assert 0 < shown(page) < 10
    page.get_by_label("Words").fill("no such words (.*")
    assert shown(page) == 0 and said(page) == "0 of 144 rows shown"


def test_form_works_by_keyboard_alone(errata):
    page, _ = errata()
    page.get_by_label("Chapter").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    assert said(page) == "21 of 144 rows shown"
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("softmax")
    assert 0 < shown(page) < 21
    page.keyboard.press("Enter")
    assert page.evaluate("location.href").partition("errata.html")[2].startswith("#errata?"), (
        "Enter must not leave the page"
    )
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('.d2l-filter output').textContent[0] === '1'")


def test_address_carries_the_filter_and_brings_it_back(errata):
    page, _ = errata()
    page.get_by_label("Verdict").select_option("typo")
    page.get_by_label("Words").fill("bayes & co")
    assert page.evaluate("location.hash") == "#errata?verdict=typo&words=bayes+%26+co"
    again, _ = errata("#errata?verdict=incomplete&chapter=4")
    assert again.get_by_label("Verdict").input_value() == "incomplete"
    assert shown(again) == 3
    again.evaluate("location.hash = '#errata?verdict=wrong'")
    again.wait_for_function("document.querySelector('.d2l-filter output').textContent[0] === '2'")
    assert again.get_by_label("Chapter").input_value() == "", "what is not named is not filtered"


@pytest.mark.parametrize(
    "hash",
    [
        "#errata?verdict=<img src=x onerror=alert(1)>",
        "#errata?chapter=99&kind=constructor&verdict=__proto__",
        "#errata?%zz=%E0%A4%A",
        "#errata?" + "verdict=wrong2&" * 500,
    ],
)
def test_address_from_anyone_filters_nothing_and_runs_nothing(errata, hash):
    page, watch = errata(hash)
    assert shown(page) == 144
    assert not watch.complaints() and page.locator("main img[src='x']").count() == 0


def test_search_in_an_address_is_text_of_bounded_length(errata):
    page, watch = errata("#errata?words=%3Cb%3E" + "x" * 5000)
    assert page.get_by_label("Words").input_value() == "<b>" + "x" * 77
    assert shown(page) == 0 and not watch.complaints()


def test_link_to_a_row_shows_it_whatever_is_filtered(errata):
    page, _ = errata("#errata?verdict=typo")
    assert not page.locator("#err-e11").is_visible()
    page.evaluate("location.hash = '#err-e11'")
    page.wait_for_function("document.querySelector('.d2l-filter output').textContent[0] === '1'")
    assert page.locator("tr:has(#err-e11)").is_visible()


def test_everything_is_there_without_the_script_and_on_paper(errata):
    page, _ = errata(java_script_enabled=False)
    assert shown(page) == 144 and not page.locator("form#errata").is_visible()
    page.context.close()
    page, _ = errata()
    page.emulate_media(media="print")
    assert shown(page) == 144 and not page.locator("form#errata").is_visible()


def test_rows_become_blocks_on_a_phone(errata):
    page, _ = errata("#errata?verdict=wrong", width=390)
    for width in (390, 320):
        page.set_viewport_size({"width": width, "height": 740})
        first = page.locator(f"{ROWS}:visible").first
        assert first.evaluate("n => getComputedStyle(n).display") == "block"
        assert page.evaluate("document.scrollingElement.scrollWidth") <= width
        assert shown(page) == 21, "a hidden row stays hidden as a block"


# The gallery -----------------------------------------------------------------------------------


def test_gallery_has_every_explorer_once_and_each_link_hits(site):
    links = re.findall(r'<li class="d2l-card"[^>]*>.*?<a href="([^"]+)"', source(GALLERY), re.S)
    wanted = {}
    for explorer in explorers():
        home = explorer.page.removeprefix("book/") if explorer.page.startswith("book/") else (
            "../" + explorer.page)  # fmt: skip
        wanted[f"{home}#{explorer.id}"] = explorer
    assert sorted(links) == sorted(wanted)


def test_gallery_says_what_each_figure_shows(site):
    page = source(GALLERY)
    for explorer in explorers():
        pictures = re.findall(
            rf'<img [^>]*src="([^"]*/{explorer.id}-(?:light|dark)\.svg)[?"]', page
        )
        assert len(pictures) == 2, explorer
        for picture in pictures:
            text = (site / "book" / picture).read_text(encoding="utf-8")
            assert "var(" not in text and text.startswith("<svg"), picture


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_gallery_loads_only_the_pictures_near_the_window(opened, theme):
    page, watch = opened(GALLERY, theme=theme)
    page.wait_for_function(
        f"document.querySelector('.d2l-card img.only-{theme}').naturalWidth > 100"
    )
    pictures = page.evaluate(
        """() => performance.getEntriesByType('resource').map(one => one.name)
          .filter(name => name.includes('/explorers/'))"""
    )
    assert len(pictures) <= 40
    assert all(f"-{theme}.svg" in url for url in pictures)
    assert page.locator(f".d2l-card img:not(.only-{theme}):visible").count() == 0
    assert not watch.complaints()


def test_gallery_is_filtered_by_word(opened):
    page, _ = opened(GALLERY, "#figures?words=penguin")
    every = len(explorers())
    count = shown(page, ".d2l-card")
    assert 0 < count < every and said(page) == f"{count} of {every} figures shown"
    assert page.locator(".d2l-shelf:visible").count() <= count, "no heading without a figure"


def test_click_on_a_card_leads_to_the_figure(opened):
    page, _ = opened(GALLERY)
    page.locator(".d2l-card").nth(1).click()
    page.wait_for_selector("figure#fig-bayes")
    assert page.evaluate("location.href").endswith("02_preliminaries.html#fig-bayes")


# The map ---------------------------------------------------------------------------------------


def test_map_leads_to_each_chapter_in_picture_and_table(site):
    page = source(MAP)
    picture = re.findall(r'<a href="([^"]+)" aria-label="Chapter (\d+), [^"]+; needs ', page)
    table = re.findall(r'<th scope="row"><a href="([^"]+)">(\d+) ', page)
    assert sorted(picture) == sorted(table)
    assert [int(number) for _, number in table] == list(range(2, 13))
    assert all((site / "book" / href).is_file() for href, _ in table)


def test_boxes_of_the_map_take_the_keyboard_and_hold_their_text(opened):
    page, watch = opened(MAP)
    for width in (1200, 390, 320):
        page.set_viewport_size({"width": width, "height": 740})
        outside = page.evaluate(
            """() => [...document.querySelectorAll('.d2l-chapters a')].filter(one => {
              const [box, text] = ['rect', 'text'].map(n =>
                one.querySelector(n).getBoundingClientRect());
              return text.left < box.left || text.right > box.right
                || text.top < box.top || text.bottom > box.bottom;
            }).map(one => one.textContent)"""
        )
        assert not outside, width
    page.locator(".d2l-chapters a").first.focus()
    page.keyboard.press("Tab")
    label = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert label.startswith("Chapter 3, ")
    assert not watch.complaints()
