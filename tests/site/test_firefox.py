"""The explorers of the book in Firefox, from file://: one load a page, all its figures in it."""

import os
import shutil

import pytest
from conftest import address, explorers, unavailable
from firefox import Firefox

pytestmark = pytest.mark.browser

INPUTS = ".d2l-control > input, .d2l-control > select"
SETTLED = """async () => {
  const all = [...document.querySelectorAll('.d2l-explorer')];
  while (!all.every(one => 'ready' in one.dataset)) await new Promise(requestAnimationFrame);
}"""
# What a figure shows, beside what it should: outputs, spoken values, sentence, and which parts of
# the picture are not the versions that are expected.
SEEN = """(id, versions) => {
  const figure = document.getElementById(id);
  const {slots} = figure.stored ??= JSON.parse(figure.querySelector('.d2l-states').textContent);
  const texts = list => [...figure.querySelectorAll(list)].map(one => one.textContent);
  return {
    state: [...figure.querySelectorAll('INPUTS')]
      .map(one => one.type === 'checkbox' ? Number(one.checked) : Number(one.value)),
    outputs: texts('.d2l-control output'),
    spoken: [...figure.querySelectorAll('input[type=range]')]
      .map(one => one.getAttribute('aria-valuetext')),
    sentence: figure.querySelector('.d2l-sentence').textContent,
    wrong: slots.flatMap((slot, k) => {
      const wanted = document.createElementNS('http://www.w3.org/2000/svg', 'g');
      wanted.innerHTML = slot.v[versions[k]];
      const shown = figure.querySelector(`[data-slot="${k}"]`).innerHTML;
      return shown === wanted.innerHTML ? [] : [k];
    }),
  };
}""".replace("INPUTS", INPUTS)
SET = """(id, state) => document.getElementById(id).querySelectorAll('INPUTS').forEach((one, k) => {
  if (one.type === 'checkbox') one.checked = Boolean(state[k]); else one.value = state[k];
  for (const kind of ['input', 'change']) one.dispatchEvent(new Event(kind, {bubbles: true}));
})""".replace("INPUTS", INPUTS)
PRESS = "(id, selector) => document.getElementById(id).querySelector(selector).click()"
GO = """hash => new Promise(done => {
  if (location.hash === hash) return done();
  addEventListener('hashchange', () => done(), {once: true});
  location.hash = hash;
})"""
KEYS = {
    "slider": [("Home", 0), ("ArrowRight", 1), ("End", -1), ("ArrowLeft", -2)],
    "choice": [("Home", 0), ("ArrowDown", 1), ("End", -1), ("ArrowUp", -2)],
    "toggle": [("Space", None)],
}


@pytest.fixture(scope="module")
def firefox(site, tmp_path_factory):
    """Firefox with a profile of its own."""
    named = os.environ.get("FIREFOX")
    program = next(filter(None, map(shutil.which, [named or "firefox-esr", "firefox"])), None)
    if program is None:
        unavailable("no Firefox on the PATH; install it, or set FIREFOX to its path")
    firefox = Firefox(program, tmp_path_factory.mktemp("profile"))
    yield firefox
    firefox.close()


def shows(firefox, explorer, state):
    """Check that a figure shows a state in every part that a reader perceives."""
    slots = explorer.data["slots"]
    versions = [explorer.version({**slot, "v": range(len(slot["v"]))}, state) for slot in slots]
    texts = [control["t"][k] for control, k in zip(explorer.controls, state, strict=True)]
    assert firefox.evaluate(SEEN, explorer.id, versions) == {
        "state": list(state),
        "outputs": texts,
        "spoken": [t for t, c in zip(texts, explorer.controls, strict=True) if c["k"] == "slider"],
        "sentence": explorer.sentence(state),
        "wrong": [],
    }, f"{explorer} in {state}"


def with_index(state, k, index):
    """The state with control ``k`` elsewhere."""
    return (*state[:k], index, *state[k + 1 :])


def test_explorers_of_a_page_move_in_firefox(firefox, explorer_page):
    mine = [explorer for explorer in explorers() if explorer.page == explorer_page]
    linked = mine[-1]
    there = tuple(n - 1 for n in linked.shape)
    firefox.open(address(explorer_page, linked.link(there)))
    firefox.evaluate(SETTLED)
    shows(firefox, linked, there)
    for explorer in mine:
        press = lambda does, e=explorer: firefox.evaluate(PRESS, e.id, f"[data-do={does}]")  # noqa: E731
        press("reset")
        shows(firefox, explorer, explorer.start)
        keys_move_each_control(firefox, explorer)
        for state in explorer.random_states(3):
            firefox.evaluate(SET, explorer.id, state)
            shows(firefox, explorer, state)
        press("reset")
        shows(firefox, explorer, explorer.start)
        press("pin")
        firefox.evaluate(GO, explorer.link(there := tuple(n - 1 for n in explorer.shape)))
        shows(firefox, explorer, there)
        ghosts = "id => document.querySelectorAll(`[id='${id}'] .d2l-ghost`).length"
        assert firefox.evaluate(ghosts, explorer.id) == len(explorer.data["slots"])
        press("pin")
        assert firefox.evaluate(ghosts, explorer.id) == 0
        if "guess" in explorer.data:
            press("reset")
            guess(firefox, explorer)
    assert not firefox.said
    assert not [url for url in firefox.asked if not url.startswith(("file:", "data:", "blob:"))]
    formulas_are_set(firefox)
    picture_follows_the_theme(firefox, mine[0])


# The address, once it is as it should be or has had three seconds for it.
ADDRESS = """async link => {
  const now = () => decodeURIComponent(location.hash);
  const end = performance.now() + 3000;
  while (now() !== link && performance.now() < end) await new Promise(requestAnimationFrame);
  return now();
}"""


def keys_move_each_control(firefox, explorer):
    """Press keys on each control, the others at their start; the address follows."""
    for k, control in enumerate(explorer.controls):
        selector = f".d2l-control > [name='{control['n']}']"
        firefox.evaluate("(id, s) => document.getElementById(id).querySelector(s).focus()",
                         explorer.id, selector)  # fmt: skip
        for key, index in KEYS[control["k"]]:
            firefox.press(key)
            index = 1 - explorer.start[k] if index is None else index % explorer.shape[k]
            state = with_index(explorer.start, k, index)
            shows(firefox, explorer, state)
        assert firefox.evaluate(ADDRESS, explorer.link(state)) == explorer.link(state)
        firefox.evaluate(PRESS, explorer.id, "[data-do=reset]")


def guess(firefox, explorer):
    """Commit to a wrong answer: the figure goes to the truth."""
    asked = explorer.data["guess"]
    answers = list(asked["answers"])
    wrong = next(answer for answer in answers if answer != asked["truth"])
    verdict = firefox.evaluate(
        """(id, k) => {
          const box = document.getElementById(id).querySelector('.d2l-guess');
          box.querySelectorAll('input')[k].click();
          box.querySelector('[data-do=commit]').click();
          return box.querySelector('.d2l-verdict').textContent;
        }""",
        explorer.id,
        answers.index(wrong),
    )
    assert wrong in verdict and asked["truth"] in verdict
    names = [control["n"] for control in explorer.controls]
    truth = asked["answers"][asked["truth"]]
    state = tuple(truth.get(name, k) for name, k in zip(names, explorer.start, strict=True))
    shows(firefox, explorer, state)


def formulas_are_set(firefox):
    """No formula is left as it was written, and none in error."""
    left = """() => [...document.querySelectorAll('.math')]
        .filter(one => !one.querySelector('mjx-container') || one.querySelector('mjx-merror'))
        .map(one => one.textContent)"""
    assert firefox.evaluate(left) == []


def picture_follows_the_theme(firefox, explorer):
    """Paper and ink of a figure change places when the reader chooses the dark theme."""
    colours = """async (id, theme) => {
      const button = document.querySelector('.theme-switch-button');
      const root = document.documentElement;
      for (let k = 0; k < 3 && root.dataset.theme !== theme; k++) button.click();
      const svg = document.getElementById(id).querySelector('svg[data-picture]');
      const light = colour =>
        colour.match(/[\\d.]+/g).slice(0, 3).reduce((a, b) => a + Number(b), 0) > 384;
      return [root.dataset.theme, light(getComputedStyle(svg).backgroundColor),
              light(getComputedStyle(svg.querySelector('text')).fill)];
    }"""
    assert firefox.evaluate(colours, explorer.id, "dark") == ["dark", False, True]
    assert firefox.evaluate(colours, explorer.id, "light") == ["light", True, False]
