"""Every page of the book as its readers have it: offline, narrow, dark, on paper, spoken."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from conftest import REPOSITORY, SITE, WHOLE_PAGE, address, explorers, pages, source

pytestmark = pytest.mark.browser

LOADS = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src",
         "video": "src", "audio": "src", "object": "data", "embed": "src"}  # fmt: skip
#: Links of a page's head that name an address and load nothing.
NAMES_ONLY = {"canonical", "alternate", "license", "author"}


class Tags(HTMLParser):
    """The tags of a page with their attributes."""

    def __init__(self, text):
        super().__init__()
        self.all = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.all.append((tag, dict(attributes)))


@pytest.fixture(scope="module")
def tags(site):
    """Tags of each page, and its targets."""
    found = {page: Tags(source(page)).all for page in pages()}
    targets = {
        page: {a[key] for _, a in every for key in ("id", "name") if a.get(key)}
        for page, every in found.items()
    }
    return found, targets


# From the files -------------------------------------------------------------------------------


def test_page_names_no_resource_from_elsewhere(tags, page_name):
    for tag, attributes in tags[0][page_name]:
        target = attributes.get(LOADS.get(tag)) or ""
        if tag == "link" and set(attributes.get("rel", "").split()) & NAMES_ONLY:
            continue
        assert not re.match(r"(https?:)?//", target), f"<{tag}> loads {target}"


def test_style_sheets_and_fonts_come_from_the_site(site):
    for sheet in site.rglob("*.css"):
        text = sheet.read_text(encoding="utf-8", errors="replace")
        found = re.findall(r"""(?:url\(|@import\s*)["']?(?:https?:)?//[^"')\s]+""", text)
        assert not found, f"{sheet.relative_to(site)}: {found}"


def test_internal_links_and_anchors_resolve(tags, page_name):
    found, targets = tags
    broken = []
    for tag, attributes in found[page_name]:
        href = attributes.get("href") if tag == "a" else None
        if not href or re.match(r"[a-z]+:|//", href):
            continue
        parts = urlsplit(href)
        home = (SITE / page_name).parent / unquote(parts.path)
        home = (home if parts.path else SITE / page_name).resolve()
        home = home / "index.html" if home.is_dir() else home
        anchor = unquote(parts.fragment).partition("?")[0]
        page = home.relative_to(SITE).as_posix() if home.is_relative_to(SITE) else None
        if not page or not home.is_file() or (anchor and anchor not in targets.get(page, ())):
            broken.append(href)
    assert not [b for b in broken if b != "#"], f"links that lead nowhere: {broken}"


def test_front_page_leads_to_the_book(site):
    if "index.html" not in pages():
        target = re.search(r'url=([^"]+)"', source("index.html"), re.I)[1]
        assert (SITE / target).is_file()


def test_images_have_alternative_text(tags, page_name):
    for tag, attributes in tags[0][page_name]:
        if tag == "img" and attributes.get("aria-hidden") != "true":
            # A picture for the eye only says so with an empty text; it must not be forgotten.
            assert "alt" in attributes, attributes.get("src")
            assert not re.search(r"\.(png|svg|jpe?g)$", attributes["alt"] or ""), attributes["alt"]


def test_figures_that_cells_draw_are_drawn_into_the_page_with_their_text(tags, explorer_page):
    """As pictures in pixels they would neither follow the theme nor grow with sharp edges."""
    images = [a["src"] for tag, a in tags[0][explorer_page] if tag == "img"]
    assert not [src for src in images if "_images/" in src]
    notebook = REPOSITORY / Path(explorer_page).with_suffix(".ipynb")
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"] if notebook.exists() else []
    texts = [cell["metadata"]["mystnb"]["image"]["alt"]
             for cell in cells if "image" in cell["metadata"].get("mystnb", {})]  # fmt: skip
    pictures = [a for tag, a in tags[0][explorer_page] if tag == "svg" and "data-picture" in a]
    named = [a for a in pictures if "aria-labelledby" not in a]  # explorers are named so
    assert [a["aria-label"] for a in named] == texts
    assert all(a["role"] == "img" for a in pictures)


def test_ids_are_unique(tags, page_name):
    ids = [attributes["id"] for _, attributes in tags[0][page_name] if attributes.get("id")]
    assert not {one for one in ids if ids.count(one) > 1}


def test_plain_code_is_as_black_as_what_is_no_element(site):
    """The build takes the elements of these classes away."""
    rules = (site / "_static" / "pygments.css").read_text(encoding="utf-8")
    for theme in ("light", "dark"):
        start = rf'\[data-theme="{theme}"\] \.highlight '
        plain = re.search(start + r"{[^}]*\bcolor: ([^ ;}]+)", rules)[1]
        for one in ("n", "nn", "p", "w"):
            assert re.findall(rf"{start}\.{one} {{ color: ([^ ;}}]+)", rules) == [plain]


# In the browser -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def opened(open_page, site):
    """Each page in each theme, loaded once for the module."""
    loaded = {}

    def opened(name, theme="light"):
        if (name, theme) not in loaded:
            for page, _ in loaded.values():
                page.context.close()
            loaded.clear()
            page, watch = open_page(address(name), theme=theme)
            page.wait_for_function(
                "[...document.querySelectorAll('.d2l-explorer')].every(f => 'ready' in f.dataset)"
            )
            page.add_style_tag(content=WHOLE_PAGE)
            loaded[name, theme] = page, watch
        page, watch = loaded[name, theme]
        page.emulate_media(media="screen")
        page.set_viewport_size({"width": 1200, "height": 900})
        # The theme gives wide code the keyboard a moment after the width has changed.
        page.wait_for_function(
            "() => [...document.querySelectorAll('pre')].filter(box => box.checkVisibility())"
            ".every(box => box.scrollWidth <= box.clientWidth || box.tabIndex === 0)"
        )
        return page, watch

    return opened


def check_page(name, opened):
    """What one load of a page can tell; every complaint, not only the first."""
    page, watch = opened(name)
    complaints = [f"asks for {url}" for url in watch.blocked]
    complaints += [f"console: {text}" for text in watch.complaints()]
    return page, complaints


def test_page_is_quiet_and_asks_nobody_else(opened, page_name):
    _, complaints = check_page(page_name, opened)
    assert not complaints


FAR = """() => [...document.querySelectorAll('.bd-article section > .cell > *')]
    .filter(one => one.checkVisibility() && !one.checkVisibility({contentVisibilityAuto: true}))
    .length"""


def test_what_is_far_waits_and_a_link_into_it_still_arrives(open_page, site, explorer_page):
    page, _ = open_page(address(explorer_page))
    assert page.evaluate(FAR) > 50 or not explorer_page.startswith("notebooks/")
    links = page.locator(".bd-toc-nav a, .page-toc a").evaluate_all("all => all.map(a => a.hash)")
    for fragment in [*links[3::5], *links[:1], *links[-1:]]:
        page.evaluate("hash => { location.hash = hash; }", fragment)
        page.wait_for_function(
            """hash => new Promise(done => {
              const [x, y] = [scrollX, scrollY];
              requestAnimationFrame(() => requestAnimationFrame(() => {
                const {top} = document.getElementById(hash.slice(1)).getBoundingClientRect();
                const end = document.scrollingElement;
                const atEnd = end.scrollTop + end.clientHeight >= end.scrollHeight - 2;
                done(x === scrollX && y === scrollY && (atEnd || Math.abs(top) < 150));
              }));
            })""",
            arg=fragment,
        )
    page.context.close()


def test_page_does_not_scroll_sideways_on_a_phone(opened, page_name):
    page, _ = opened(page_name)
    for width in (360, 320):
        page.set_viewport_size({"width": width, "height": 740})
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => "
                      "requestAnimationFrame(done)))")  # fmt: skip
        wide = page.evaluate("document.scrollingElement.scrollWidth")
        assert wide <= width, f"{wide - width} px too wide at {width}: {page.evaluate(WIDEST)}"


# WCAG 1.4.4, letters of twice the size, and 1.4.12, letters, words and lines set apart.
LARGE = "html { font-size: 200% !important }"
APART = """* { line-height: 1.5 !important; letter-spacing: .12em !important;
  word-spacing: .16em !important } p { margin-bottom: 2em !important }"""
# Words that their own box cuts off.
CUT = """() => [...document.querySelectorAll('main *, header *')].filter(node => {
  const style = getComputedStyle(node);
  return [style.overflowX, style.overflowY].some(way => ['hidden', 'clip'].includes(way))
    && style.clipPath === 'none' && style.position !== 'absolute' && node.clientWidth > 1
    && node.checkVisibility() && [...node.childNodes].some(one => one.data?.trim())
    && (node.scrollWidth > node.clientWidth + 1 || node.scrollHeight > node.clientHeight + 1);
}).slice(0, 5).map(node => node.outerHTML.slice(0, 90))"""


def test_enlarged_and_spaced_letters_lose_nothing(opened, page_name):
    page, _ = opened(page_name)
    for css, width in ((LARGE, 640), (APART, 320)):
        page.set_viewport_size({"width": width, "height": 740})
        style = page.add_style_tag(content=css)
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => "
                      "requestAnimationFrame(done)))")  # fmt: skip
        wide, cut = page.evaluate("document.scrollingElement.scrollWidth"), page.evaluate(CUT)
        found = page.evaluate(WIDEST)
        style.evaluate("style => style.remove()")
        assert wide <= width, f"{wide - width} px too wide at {width}: {found}"
        assert not cut, f"cut off at {width} px: {cut}"


def test_what_scrolls_sideways_takes_the_keyboard_at_every_width(opened, page_name):
    """The side bars move after the window changed, so widths are known only afterwards."""
    page, _ = opened(page_name)
    for width in (320, 1200, 900):
        page.set_viewport_size({"width": width, "height": 740})
        page.wait_for_function(
            """() => [...document.querySelectorAll('mjx-container[display]')]
              .filter(box => box.checkVisibility() && getComputedStyle(box).overflowX === 'auto')
              .every(box => box.scrollWidth <= box.clientWidth || box.tabIndex === 0)"""
        )


# Words of figures that do not move which are smaller than 11 pixels, and pictures that are cut.
SMALL = """() => [...document.querySelectorAll('.d2l-still svg[data-picture]')].flatMap(svg => {
  const figure = svg.closest('figure'), box = svg.getBoundingClientRect();
  const scale = box.width / svg.viewBox.baseVal.width;
  const words = [...svg.querySelectorAll('text')]
    .map(text => [text.textContent, text.getAttribute('font-size') * scale])
    .filter(([, size]) => size < 11)
    .map(([text, size]) => `${figure.id}: "${text}" ${size.toFixed(1)} px`);
  return box.right > figure.getBoundingClientRect().right + 1 ? [...words, figure.id] : words;
})"""


def test_words_in_figures_can_be_read_on_a_phone(opened, explorer_page):
    page, _ = opened(explorer_page)
    page.set_viewport_size({"width": 390, "height": 740})
    page.wait_for_function(
        "() => [...document.querySelectorAll('figure [data-columns-1]')]"
        ".every(picture => picture.closest('.d2l-columns-1'))"
    )
    assert not page.evaluate(SMALL)


# Elements that reach beyond the window and are not inside something that scrolls or hides.
WIDEST = """() => {
  const clipped = node => {
    for (let one = node.parentElement; one && one !== document.body; one = one.parentElement)
      if (getComputedStyle(one).overflowX !== 'visible') return true;
    return false;
  };
  return [...document.body.querySelectorAll('*')]
    .filter(n => n.getBoundingClientRect().right > innerWidth + 1 && !clipped(n))
    .slice(0, 5).map(n => n.outerHTML.slice(0, 90));
}"""


def test_controls_are_large_enough_to_touch(opened, explorer_page):
    page, _ = opened(explorer_page)
    for width in (1200, 360):
        page.set_viewport_size({"width": width, "height": 740})
        small = page.evaluate(
            """() => [...document.querySelectorAll('.d2l-explorer :is(input, select, button)')]
              .map(one => [one, one.matches('[type=checkbox], [type=radio]')
                ? one.closest('label, .d2l-control') : one])
              .filter(([_, target]) => target.checkVisibility()
                && target.getBoundingClientRect().height < 43.9)
              .map(([one, target]) =>
                one.outerHTML.slice(0, 80) + target.getBoundingClientRect().height)"""
        )
        assert not small, f"at {width} px: {small}"


def test_controls_stay_inside_their_figure(opened, explorer_page):
    page, _ = opened(explorer_page)
    page.set_viewport_size({"width": 320, "height": 740})
    outside = page.evaluate(
        """() => [...document.querySelectorAll('.d2l-explorer :is(input, select, button, svg)')]
          .filter(one => one.checkVisibility()).filter(one => {
            const [mine, frame] = [one, one.closest('figure')].map(n => n.getBoundingClientRect());
            return mine.left < frame.left - 1 || mine.right > frame.right + 1;
          }).map(one => one.outerHTML.slice(0, 80))"""
    )
    assert not outside


def test_paper_shows_the_picture_and_no_controls(opened, explorer_page):
    page, _ = opened(explorer_page)
    page.emulate_media(media="print")
    for explorer in explorers():
        if explorer.page == explorer_page:
            figure = page.locator(f"figure[id='{explorer.id}']")
            assert figure.locator("svg[data-picture]").is_visible()
            assert figure.locator(".d2l-sentence").is_visible()
            assert figure.locator(":is(input, select, button):visible").count() == 0


def test_start_state_stands_without_javascript(open_page, site, explorer_page):
    page, watch = open_page(address(explorer_page), java_script_enabled=False)
    for explorer in explorers():
        if explorer.page == explorer_page:
            figure = page.locator(f"figure[id='{explorer.id}']")
            assert figure.locator("svg[data-picture]").is_visible()
            assert figure.locator("svg[data-picture]").bounding_box()["height"] > 100
            sentence = figure.locator(".d2l-sentence").text_content()
            assert sentence == explorer.sentence(explorer.start)
            assert figure.locator("figcaption").is_visible()
            assert figure.locator(":is(input, select, button):visible").count() == 0
    assert not watch.blocked
    page.context.close()


CONTRAST = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true});
  const over = (color, alpha, [r, g, b]) => {   // a colour on a background, as it is painted
    canvas.globalAlpha = 1; canvas.fillStyle = `rgb(${r} ${g} ${b})`; canvas.fillRect(0, 0, 1, 1);
    canvas.globalAlpha = alpha; canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = rgb => rgb.map(c => c / 255)
    .map(c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
    .reduce((sum, c, k) => sum + c * [.2126, .7152, .0722][k], 0);
  const ratio = (a, b) => {
    const [low, high] = [light(a), light(b)].sort((x, y) => x - y);
    return (high + .05) / (low + .05);
  };
  const inside = (x, y, box) =>
    x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
  const side = 400, painted = new Map();
  const pixel = (image, x, y) => {   // of an image, at a place of the page
    if (!painted.has(image)) {
      const canvas = new OffscreenCanvas(side, side).getContext('2d');
      canvas.imageSmoothingEnabled = false;
      canvas.drawImage(image, 0, 0, side, side);
      painted.set(image, canvas.getImageData(0, 0, side, side).data);
    }
    const box = image.getBoundingClientRect();
    const [column, row] = [(x - box.left) / box.width, (y - box.top) / box.height]
      .map(share => Math.min(side - 1, Math.floor(share * side)));
    return [...painted.get(image).slice(4 * (row * side + column))].slice(0, 4);
  };
  const low = [];
  for (const svg of document.querySelectorAll('figure svg[data-picture]')) {
    const figure = svg.closest('figure');
    const paper = over(getComputedStyle(svg).backgroundColor, 1, [255, 255, 255]);
    const nodes = [...svg.querySelectorAll('path, text, image')];
    nodes.forEach((node, k) => {
      const style = getComputedStyle(node);
      if (node.localName === 'text') {
        const box = node.getBoundingClientRect();
        const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
        let ground = paper;
        for (const below of nodes.slice(0, k)) {   // rectangles; other shapes are not so simple
          const plain = /^M[-\\d. l]+Z?$/.test(below.getAttribute('d') ?? '')
            && below.getAttribute('d').match(/-?[\\d.]+/g).length <= 10;
          if (below.localName === 'image' && inside(x, y, below.getBoundingClientRect())) {
            const [r, g, b, alpha] = pixel(below, x, y);
            ground = over(`rgb(${r} ${g} ${b})`, alpha / 255, ground);
          }
          const fill = getComputedStyle(below);
          if (plain && fill.fill !== 'none' && inside(x, y, below.getBoundingClientRect()))
            ground = over(fill.fill, Number(fill.fillOpacity), ground);
        }
        const got = ratio(over(style.fill, Number(style.fillOpacity), ground), ground);
        if (got < 4.5)
          low.push(`${figure.id}: text "${node.textContent}" ${style.fill} ${got.toFixed(2)}`);
      } else if (node.localName === 'path' && style.fill === 'none'
          && !node.getAttribute('stroke').includes('--d2l-grid')
          && Number(style.strokeOpacity) >= .6) {
        const got = ratio(over(style.stroke, Number(style.strokeOpacity), paper), paper);
        if (got < 3)
          low.push(`${figure.id}: curve ${node.getAttribute('stroke')} ${got.toFixed(2)}`);
      }
    });
  }
  return [...new Set(low)];
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_ink_is_readable_on_its_background(opened, explorer_page, theme):
    page, _ = opened(explorer_page, theme)
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    assert not page.evaluate(CONTRAST)
