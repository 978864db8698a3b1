"""Take the pictures of the book from its built pages; `make picture` calls it.

* The README's picture: one figure as a reader of the page sees it, in the state named below.
* The cards that other sites show beside a link: a page's title above its first figure.
"""

from pathlib import Path

from chromium import SITE, chromium
from PIL import Image

ASSETS = Path(__file__).parent / "assets"
PAGE = SITE / "notebooks" / "03_linear_regression.html"
FIGURE, STATE = "fig-polynomial-degree", "degree=8&n=20&noise=0.1"
TARGET = ASSETS / "readme.png"
CARDS = ASSETS / "cards"
CARD_SIZE = {"width": 1200, "height": 630}

# The states of the cards, where the first figure or its start says little or is of three panels.
STATES = {
    "03_linear_regression": f"{FIGURE}?{STATE}",
    "05_multilayer_perceptrons": "fig-double-descent?width=40&noise=0.1&lam=0",
    "07_convolutional_networks": "fig-conv-arithmetic?side=8&p=1&s=2",
    "08_modern_convolutional_networks": "fig-fine-tuning",
}
CARD = """title => {
  const picture = document.querySelector(location.hash
    ? `figure[id='${location.hash.slice(1).split("?")[0]}'] svg[data-picture]`
    : ".d2l-explorer svg[data-picture]").cloneNode(true);
  const card = document.createElement("main");
  card.innerHTML = "<h1></h1><p>Deep Learning Notes</p>";
  card.querySelector("h1").textContent = title;
  card.append(picture);
  picture.removeAttribute("style");
  picture.classList.add("card-picture");
  document.body.replaceChildren(card);
  const style = document.createElement("style");
  style.textContent = `body { margin: 0; background: white; color: #1b1f24 }
    main { box-sizing: border-box; width: 1200px; height: 630px; padding: 36px 56px;
           display: flex; flex-direction: column; font-family: "DejaVu Sans", sans-serif }
    main h1 { margin: 0; font-size: 46px; line-height: 1.1; color: inherit }
    main p { margin: 6px 0 18px; font-size: 24px; color: #57606a }
    .card-picture { flex: 1; min-height: 0; width: 100% }`;
  document.head.append(style);
}"""


def main():
    """Open the pages in Chromium and photograph them."""
    with chromium() as browser:
        take_readme(browser)
        CARDS.mkdir(exist_ok=True)
        for page in [SITE / "book" / "index.html", *sorted(SITE.glob("notebooks/*.html"))]:
            take_card(browser, page, STATES.get(page.stem, ""))


def take_readme(browser):
    """One figure, on white, without its question."""
    page = browser.new_page(
        viewport={"width": 1200, "height": 1400}, device_scale_factor=1.5, color_scheme="light"
    )
    page.goto(f"{PAGE.as_uri()}#{FIGURE}?{STATE}")
    figure = page.locator(f"#{FIGURE}[data-ready]")
    figure.locator(".d2l-guess").evaluate("box => box.hidden = true")
    figure.screenshot(path=TARGET)
    page.close()


def take_card(browser, path, state):
    """A page's title and one of its figures, 1200 by 630 pixels, in few colours."""
    page = browser.new_page(viewport=CARD_SIZE, color_scheme="light", reduced_motion="reduce")
    page.goto(path.as_uri() + (f"#{state}" if state else ""))
    page.locator(".d2l-explorer[data-ready]").first.wait_for()
    title = page.locator("h1").first.evaluate("h => h.firstChild.textContent.trim() || h.innerText")
    page.evaluate(CARD, title)
    target = CARDS / f"{path.stem}.png"
    page.screenshot(path=target)
    page.close()
    Image.open(target).convert("P", palette=Image.Palette.ADAPTIVE, colors=64).save(
        target, optimize=True
    )


if __name__ == "__main__":
    main()
