"""Ten thousand addresses that nobody meant well, given to a page with explorers."""

import random
import re

import pytest
from conftest import SITE, address, explorers

pytestmark = pytest.mark.browser

COUNT = 10_000
NAMES = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "valueOf", "length"]
MARKUP = ["<img src=x onerror=alert(1)>", "<script>alert(1)</script>", "javascript:alert(1)",
          "<svg onload=alert(1)>", "'\"`${alert(1)}", "</script><iframe src=//x>"]  # fmt: skip
NUMBERS = ["NaN", "Infinity", "-Infinity", "1e999", "-0", "0x10", "1e-400", "", " ", "1,5", "١",
           "½", "1_000", "0b1", "00", "+1", "--1", ".", "e", "9" * 400]  # fmt: skip
UNICODE = ["\u202e", "\x00", "\x7f", "\ufeff", "😀", "Å", "ﬀ", "𝟙", "\u2028", "ß" * 50]


def hashes(figures, count, seed=0):
    """Addresses of every kind: noise, near misses of real links, names that objects have."""
    rng = random.Random(seed)
    pieces = NAMES + MARKUP + NUMBERS + UNICODE + list("?&=#%;+/\\[]{}<>'\"") + ["%E0%A4%A", "%zz"]

    def noise():
        return "".join(map(chr, rng.choices(range(1, 256), k=rng.randrange(60))))

    def escapes():
        return "".join(f"%{rng.randrange(256):02x}" for _ in range(rng.randrange(40)))

    def value(control):
        right, number = rng.choice(control["v"]), str(rng.uniform(-10, 10))
        wrong = rng.choices(pieces, k=2)
        return rng.choice([right, right + "000", number, *wrong, noise(), escapes()])

    def near_miss(figure):
        pairs = [f"{rng.choice([c['n'], c['n'], *rng.choices(pieces, k=1)])}={value(c)}"
                 for c in rng.choices(figure.controls, k=rng.randrange(1, 5))]  # fmt: skip
        link = f"#{figure.id}?" + rng.choice("&&&;?#").join(pairs)
        if rng.random() < 0.5:  # a character lost, doubled or changed
            at = rng.randrange(len(link))
            link = link[:at] + rng.choice(["", link[at] * 2, *pieces]) + link[at + 1 :]
        return link

    def pile(figure):
        return f"#{figure.id}?" + "&".join(rng.choices(pieces, k=rng.randrange(12)))

    def long(figure):
        name = figure.controls[0]["n"]
        return f"#{figure.id}?" + f"{name}={rng.choice(pieces)}&" * rng.randrange(200, 2000)

    kinds = [near_miss] * 40 + [pile] * 40 + [lambda _: "#" + noise(), lambda _: "#" + escapes(),
             lambda f: f"#{rng.choice(NAMES)}?{near_miss(f)[1:]}"] * 6 + [long]  # fmt: skip
    return [rng.choice(kinds)(rng.choice(figures)) for _ in range(count)]


# The page's script with an address of its own in place of the browser's, which lets a page change
# the real one only some hundred times in ten seconds. The browser still spells each address.
RUN_WITH_OWN_ADDRESS = """source => {
  window.place = {hash: '', href: location.href};
  const history = {replaceState() {}};
  new Function('location', 'history', source)(window.place, history);
}"""
VISIT = """hashes => {
  const figures = [...document.querySelectorAll('.d2l-explorer')];
  const inputs = figure => [...figure.querySelectorAll(
    '.d2l-control > input, .d2l-control > select')];
  const wrong = [];
  for (const hash of hashes) {
    const {href} = Object.assign(new URL(location.href.split('#')[0]), {hash});
    Object.assign(window.place, {href, hash: new URL(href).hash});
    dispatchEvent(new Event('hashchange'));
    const named = window.place.hash.slice(1).split('?')[0];
    const figure = figures.find(one => one.id === named);
    if (!figure) continue;
    const {controls, sentence} = figure.grid ??=
      JSON.parse(figure.querySelector('.d2l-states').textContent);
    const on = inputs(figure).every((input, k) => {
      const at = input.type === 'checkbox' ? Number(input.checked) : Number(input.value);
      const spoken = input.parentNode.querySelector('output').textContent;
      return input.value !== '' && at in controls[k].v && spoken === controls[k].t[at];
    });
    if (!on || !sentence.v.includes(figure.querySelector('.d2l-sentence').textContent))
      wrong.push(hash);
  }
  return wrong;
}"""
# Elements by kind, those of the states' own pictures apart: they change with the state.
KINDS = """() => {
  const count = {};
  for (const node of document.querySelectorAll('*'))
    if (!node.closest('[data-slot]')) count[node.localName] = (count[node.localName] ?? 0) + 1;
  return count;
}"""
PICTURES = """() => [...document.querySelectorAll('.d2l-explorer')].map(figure => {
  figure.querySelector('[data-do=reset]').click();
  return figure.querySelector('svg[data-picture]').innerHTML
    + figure.querySelector('.d2l-sentence').textContent;
})"""


def test_ten_thousand_hostile_addresses_leave_the_page_as_it_was(site, open_page):
    by_page = {}
    for explorer in explorers():
        by_page.setdefault(explorer.page, []).append(explorer)
    # The page with the most kinds of controls.
    name = max(by_page, key=lambda page: (len({c["k"] for e in by_page[page] for c in e.controls}),
                                          len(by_page[page])))  # fmt: skip
    page, watch = open_page()
    page.route("**/*.js*", lambda route: route.fulfill(content_type="text/javascript", body=""))
    page.goto(address(name), wait_until="domcontentloaded")
    script = next((SITE / "_static").glob("d2l-explore*.js")).read_text(encoding="utf-8")
    page.evaluate(RUN_WITH_OWN_ADDRESS, script)
    before = page.evaluate(PICTURES), page.evaluate(KINDS)
    watch.clear()  # the page's other scripts are missing
    given = hashes(by_page[name], COUNT)
    assert page.evaluate(VISIT, given) == []
    assert (page.evaluate(PICTURES), page.evaluate(KINDS)) == before
    assert page.evaluate("Object.keys(Object.prototype).length === 0")
    assert not watch.complaints()
    # And the real links, given the same way, are followed.
    for explorer in by_page[name]:
        state = tuple(n - 1 for n in explorer.shape)
        assert page.evaluate(VISIT, [explorer.link(state)]) == []
        shown = page.locator(f"[id='{explorer.id}'] .d2l-sentence").inner_text()
        assert re.sub(r"\s+", " ", shown) == re.sub(r"\s+", " ", explorer.sentence(state))
