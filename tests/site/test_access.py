"""The book without a mouse, without seeing it, with large letters, with colours of one's own."""

import json
import re
from pathlib import Path

import pytest
import yaml
from conftest import WHOLE_PAGE, address, explorers, figure_markup, unavailable

pytestmark = pytest.mark.browser

READY = "[...document.querySelectorAll('.d2l-explorer')].every(f => 'ready' in f.dataset)"


@pytest.fixture
def visit(site, open_page):
    """Load a page and wait until its figures answer."""
    contexts = []

    def visit(name):
        page, watch = open_page(address(name))
        contexts.append(page.context)
        page.wait_for_function(READY)
        page.add_style_tag(content=WHOLE_PAGE)
        return page, watch

    yield visit
    for context in contexts:
        context.close()


# What axe-core finds, at any level, best practice included --------------------------------------

#: Findings in the theme's own markup that stay: rule, beginning of the element, why.
ACCEPTED = []

# All folds open; and what stands a thousand times on a page is looked at once: formulas, colours
# of code. The pictures' ink has a test of its own.
THIN = """() => {
  for (const fold of document.querySelectorAll('details')) fold.open = true;
  const seen = new Set();
  for (const word of document.querySelectorAll('div.highlight pre span[class]:not(:has(*))')) {
    if (seen.has(word.className)) word.replaceWith(word.textContent);
    seen.add(word.className);
  }
  for (const one of [...document.querySelectorAll('mjx-container')].slice(5)) one.replaceChildren();
  for (const one of document.querySelectorAll('.d2l-explorer svg')) one.replaceChildren();
}"""
# What is too wide is given to the keyboard a moment after the page changed.
FOCUSABLE = """() => [...document.querySelectorAll('pre, mjx-container[display], .cell_output')]
    .every(box => !box.checkVisibility() || box.scrollWidth <= box.clientWidth || box.tabIndex === 0
      || getComputedStyle(box).overflowX === 'visible')"""
COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}
STRUCTURE = {"rules": {"color-contrast": {"enabled": False}}}


@pytest.fixture(scope="module")
def axe():
    """The accessibility checker's script, from its Python package."""
    package = pytest.importorskip("axe_playwright_python")
    script = Path(package.__file__).with_name("axe.min.js")
    if not script.is_file():
        unavailable("axe-playwright-python came without axe.min.js")
    return script


def test_axe_finds_nothing(visit, axe, page_name):
    page, _ = visit(page_name)
    page.add_script_tag(path=axe)
    page.evaluate(THIN)
    found = []
    for theme, width, options in [("light", 1200, {}), ("light", 390, STRUCTURE),
                                  ("dark", 1200, COLOURS)]:  # fmt: skip
        page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function(FOCUSABLE)
        violations = page.evaluate(
            "async options => (await axe.run(document, options)).violations",
            {"resultTypes": ["violations"], **options},
        )
        found += [
            f"{theme}, {width} px: {one['id']} ({one['impact']}): {node['html'][:150]}"
            for one in violations
            for node in one["nodes"]
            if not any(one["id"] == rule and node["html"].startswith(start)
                       for rule, start, _ in ACCEPTED)
        ]  # fmt: skip
    assert not found, "\n".join(found)


# The tree that a screen reader walks ----------------------------------------------------------

NODE = re.compile(r'(?P<role>[a-z]+)(?: (?P<name>"(?:[^"\\]|\\.)*"))?(?P<state>(?: \[[^]]+\])*)')


def spoken(figure):
    """Roles, names and states of a figure's accessibility tree, in reading order."""

    def walk(node):
        if isinstance(node, list):
            for one in node:
                yield from walk(one)
        elif isinstance(node, dict):
            for key, value in node.items():
                yield from read(key)
                yield from walk(value) if isinstance(value, list) else ()
        elif isinstance(node, str):
            yield from read(node)

    def read(text):
        if found := NODE.fullmatch(text):
            name = json.loads(found["name"]) if found["name"] else ""
            yield " ".join([found["role"], plain(name), *found["state"].split()]).strip()

    silent = {"paragraph", "text", "option", "link", "code", "emphasis", "strong"}
    tree = yaml.safe_load(figure.aria_snapshot())
    return [line for line in walk(tree) if line.split(" ")[0] not in silent]


def plain(text):
    """A text with single blanks, as the tree has it."""
    return re.sub(r"\s+", " ", text).strip()


def expected(explorer, number, caption):
    """What a reader who listens must hear of a figure at its start, in order."""
    yield plain(f"figure {number} {caption}")
    if guess := explorer.data.get("guess"):
        yield "radiogroup Before you move it: "
        for answer in guess["answers"]:
            yield plain(f"radio {answer}")
        yield from ["button Commit to this guess [disabled]", "status"]
    yield plain(f"img {explorer.sentence(explorer.start)}")
    yield f"group Controls of {number}"
    roles = {"slider": "slider", "choice": "combobox", "toggle": "checkbox"}
    for control, start in zip(explorer.controls, explorer.start, strict=True):
        checked = " [checked]" if control["k"] == "toggle" and start else ""
        yield plain(f"{roles[control['k']]} {control['l']}") + checked
        if f'data-for="{control["n"]}"' in figure_markup(explorer):
            yield "button Play"
    yield from ["button Reset", "button Pin this state", "button Copy link", "status"]
    yield "group"  # the fold "Cite"
    if "map" in explorer.data:
        yield plain(f"img Map of the {explorer.data['map']['label']} over ")


def test_every_figure_can_be_read_and_moved_by_ear(visit, explorer_page):
    page, watch = visit(explorer_page)
    for explorer in explorers():
        if explorer.page != explorer_page:
            continue
        figure = page.locator(f"figure[id='{explorer.id}']")
        number, caption = (
            figure.locator(f"figcaption .caption-{part}").inner_text()
            for part in ("number", "text")
        )
        if "map" in explorer.data:  # it is drawn when the page comes near it
            figure.scroll_into_view_if_needed()
            figure.locator(".d2l-map").wait_for()
        heard = spoken(figure)
        wanted = list(expected(explorer, plain(number), caption))
        assert len(heard) == len(wanted), heard
        assert [a[: len(b)] for a, b in zip(heard, wanted, strict=True)] == wanted
        if "guess" in explorer.data:
            question = figure.locator(".d2l-guess legend").inner_text()
            assert heard[1] == f"radiogroup {plain(question)}"
        # A move is announced: the same element, which is a live region, has other words.
        sentence = figure.locator(".d2l-sentence")
        before = sentence.inner_text(), sentence.element_handle()
        slider = figure.locator("input[type=range]").first
        if slider.count():
            slider.press("End" if slider.input_value() == "0" else "Home")
            assert sentence.inner_text() != before[0]
        assert before[1].evaluate("one => one.isConnected && one.ariaLive") == "polite"
        figure.locator("button[data-do=pin]").press("Space")
        assert "button Pin this state [pressed]" in spoken(figure)
    assert not watch.complaints()


def test_focus_stays_in_the_figure_after_a_guess(visit):
    """The button that had it is then disabled; without the focus a reader begins at the top."""
    explorer = next(one for one in explorers() if "guess" in one.data)
    page, _ = visit(explorer.page)
    figure = page.locator(f"figure[id='{explorer.id}']")
    figure.locator("input[type=radio]").first.press("Space")
    figure.locator("button[data-do=commit]").press("Enter")
    assert figure.locator(".d2l-verdict").inner_text()
    assert page.evaluate("document.activeElement.closest('figure')?.id") == explorer.id
    assert figure.locator(".d2l-control > :is(input, select):focus").count() == 1


# By keyboard, and in colours of one's own --------------------------------------------------------

CHAPTER = "notebooks/03_linear_regression.html"
# What has the focus: whether it can be seen, whether a ring shows it, whether it comes after the
# one before.
STOP = """() => {
  const one = document.activeElement, box = one.getBoundingClientRect();
  const style = getComputedStyle(one), last = window.lastStop;
  window.lastStop = one;
  return {
    what: one.outerHTML.slice(0, 90),
    seen: box.width > 0 && box.bottom > 0 && box.top < innerHeight,
    ring: style.outlineStyle !== 'none' || style.boxShadow !== 'none',
    after: !last || Boolean(last.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING),
  };
}"""


def test_first_stop_leads_past_the_side_bar_and_each_stop_after_it_shows(visit):
    page, _ = visit(CHAPTER)
    page.keyboard.press("Tab")
    skip = page.evaluate("[document.activeElement.textContent.trim(), document.activeElement.hash]")
    assert skip == ["Skip to main content", "#main-content"]
    assert page.evaluate(STOP)["seen"]
    page.keyboard.press("Enter")
    for _ in range(60):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        assert page.evaluate("document.activeElement.closest('#main-content') !== null"), stop
        assert stop["seen"] and stop["ring"] and stop["after"], stop


def test_focus_goes_into_a_fold_that_was_opened(visit):
    page, _ = visit(CHAPTER)
    fold = page.locator(".tag_hide-input details").first
    summary = fold.locator("summary")
    summary.press("Enter")
    assert fold.evaluate("fold => fold.open")
    assert summary.evaluate("one => one === document.activeElement")
    page.keyboard.press("Tab")
    assert fold.evaluate("fold => fold.contains(document.activeElement)")
    page.keyboard.press("Shift+Tab")
    summary.press("Enter")
    page.keyboard.press("Tab")
    assert not fold.evaluate("fold => fold.contains(document.activeElement)")


def test_forced_colours_reach_words_controls_and_pictures(visit):
    page, _ = visit(CHAPTER)
    page.emulate_media(forced_colors="active")
    wrong = page.evaluate(
        """() => {
          const probe = document.body.appendChild(document.createElement('i'));
          const system = colour => (probe.style.color = colour, getComputedStyle(probe).color);
          const [ink, paper] = [system('CanvasText'), system('Canvas')];
          const is = (one, name, wanted) => getComputedStyle(one)[name] === wanted
            ? [] : [`${one.outerHTML.slice(0, 60)}: ${name} ${getComputedStyle(one)[name]}`];
          return [...document.querySelectorAll('.d2l-explorer')].flatMap(figure => [
            ...is(figure.querySelector('.d2l-sentence'), 'color', ink),
            ...is(figure.querySelector('.d2l-control label'), 'color', ink),
            ...is(figure.querySelector('svg[data-picture]'), 'backgroundColor', paper),
            ...is(figure.querySelector('svg[data-picture] text'), 'fill', ink),
          ]);
        }"""
    )
    assert ink_differs(page)
    assert not wrong


def ink_differs(page):
    """Whether the forced colours are another pair than the book's own."""
    own = page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--d2l-ink')")
    return own.strip().lower() == "canvastext"
