"""Every explorer of the book, moved in a browser from file://, where no server and no kernel is."""

import re
from functools import cached_property

import pytest
from conftest import STATES, address, as_address, explorers, figure_markup, source

pytestmark = pytest.mark.browser

READY = "[...document.querySelectorAll('.d2l-explorer')].every(f => 'ready' in f.dataset)"
STATE = """figure => [...figure.querySelectorAll('.d2l-control > input, .d2l-control > select')]
    .map(one => one.type === 'checkbox' ? Number(one.checked) : Number(one.value))"""
PICTURE = "figure => figure.querySelector('svg[data-picture]').innerHTML"
SENTENCE = "figure => figure.querySelector('.d2l-sentence').textContent"
SET = """(figure, state) => [...figure.querySelectorAll(
    '.d2l-control > input, .d2l-control > select')].forEach((one, k) => {
  if (one.type === 'checkbox') one.checked = Boolean(state[k]); else one.value = state[k];
  for (const kind of ['input', 'change']) one.dispatchEvent(new Event(kind, {bubbles: true}));
})"""
# All that a reader perceives of a figure, and which slots show the versions that are expected.
SEEN = """(figure, versions) => ({
  state: (%s)(figure),
  outputs: [...figure.querySelectorAll('.d2l-control output')].map(one => one.textContent),
  spoken: [...figure.querySelectorAll('input[type=range]')].map(one => one.ariaValueText),
  sentence: (%s)(figure),
  wrong: versions.flatMap((version, k) => {
    const wanted = document.createElementNS('http://www.w3.org/2000/svg', 'g');
    wanted.innerHTML = version;
    const slot = figure.querySelector(`[data-slot="${k}"]`);
    return slot.innerHTML === wanted.innerHTML ? [] : [k];
  }),
})""" % (STATE, SENTENCE)  # noqa: UP031


class Figure:
    """An explorer on an open page.

    Its parts are found by the page itself, once: a locator searches all of a chapter's 40,000
    nodes anew at each use, which would take most of the tests' time.
    """

    def __init__(self, explorer, page, watch):
        self.explorer, self.page, self.watch = explorer, page, watch
        self.names = [control["n"] for control in explorer.controls]

    @cached_property
    def root(self):
        return self.page.evaluate_handle("id => document.getElementById(id)", self.explorer.id)

    def wait(self):
        self.page.wait_for_function(READY)
        return self

    def part(self, selector):
        found = self.root.evaluate_handle("(one, what) => one.querySelector(what)", selector)
        assert found.as_element(), f"{self.explorer} has no {selector}"
        return found.as_element()

    def count(self, selector):
        return self.root.evaluate("(one, what) => one.querySelectorAll(what).length", selector)

    def control(self, name):
        return self.part(f".d2l-control > [name='{name}']")

    def button(self, does, name=None):
        which = f"[data-for='{name}']" if name else ""
        return self.part(f"button[data-do='{does}']{which}")

    def state(self):
        return tuple(self.root.evaluate(STATE))

    def picture(self):
        return self.root.evaluate(PICTURE)

    def sentence(self):
        return self.root.evaluate(SENTENCE)

    def hash_becomes(self, link):
        """Wait: the address follows when the hand rests."""
        self.page.wait_for_function("hash => location.hash === hash", arg=as_address(link))

    def set(self, state):
        self.root.evaluate(SET, list(state))

    def reset(self):
        self.button("reset").click()
        pin = self.button("pin")
        if pin.get_attribute("aria-pressed") == "true":
            pin.click()

    def shows(self, state):
        """Check that controls, outputs, every part of the picture and the sentence agree."""
        explorer = self.explorer
        versions = [explorer.version(slot, state) for slot in explorer.data["slots"]]
        kinds = [control["k"] for control in explorer.controls]
        shown = [control["t"][k] for control, k in zip(explorer.controls, state, strict=True)]
        assert self.root.evaluate(SEEN, versions) == {
            "state": list(state),
            "outputs": shown,
            "spoken": [text for text, kind in zip(shown, kinds, strict=True) if kind == "slider"],
            "sentence": explorer.sentence(state),
            "wrong": [],
        }


@pytest.fixture(scope="module")
def opened(open_page):
    """Pages that stand open, by name and by who uses them: a load is what costs most.

    One page of the book at a time: once for the tests that leave it as they found it, and once
    for each kind of test that changes its own figure for good.
    """
    pages = {}

    def opened(name, kind=None, prepare=None, **options):
        if (name, kind) not in pages:
            for elsewhere in [key for key in pages if key[0] != name]:
                pages.pop(elsewhere)[0].context.close()
            page, watch = open_page(**options)
            pages[name, kind] = page, watch
            if prepare:
                page.add_init_script(prepare)
            page.goto(address(name))
        return pages[name, kind]

    return opened


@pytest.fixture
def find(site, opened):
    """An explorer on its page, at its start state; a test leaves the page as it found it.

    The rest of the page is out of sight, for to lay out a whole chapter after each move takes
    its time; ``whole_page=True`` has it back.
    """

    def find(explorer, whole_page=False):
        figure = Figure(explorer, *opened(explorer.page)).wait()
        figure.root.evaluate(BACK_IN_SIGHT if whole_page else OUT_OF_SIGHT)
        figure.reset()
        figure.watch.clear()
        return figure

    return find


@pytest.fixture
def use_up(site, opened):
    """An explorer that its test changes for good, on a page for tests of that kind."""

    def use_up(explorer, kind, **options):
        return Figure(explorer, *opened(explorer.page, kind, **options)).wait()

    return use_up


OUT_OF_SIGHT = """figure => {
  if (!document.querySelector('style.out-of-sight')) {
    const style = document.createElement('style');
    style.className = 'out-of-sight';
    style.textContent = '[data-out-of-sight] { display: none !important; }';
    document.head.append(style);
  }
  for (const one of document.querySelectorAll('[data-out-of-sight]')) {
    if (one.contains(figure)) one.removeAttribute('data-out-of-sight');
  }
  for (let node = figure; node !== document.body; node = node.parentElement) {
    for (const one of node.parentElement.children) {
      if (one !== node) one.setAttribute('data-out-of-sight', '');
    }
  }
}"""
BACK_IN_SIGHT = """() => {
  for (const one of document.querySelectorAll('[data-out-of-sight]')) {
    one.removeAttribute('data-out-of-sight');
  }
}"""


@pytest.fixture
def load(site, open_page):
    """An explorer on a page of its own, for what cannot be undone."""
    contexts = []

    def load(explorer, fragment="", prepare=None, **options):
        page, watch = open_page(**options)
        contexts.append(page.context)
        if prepare:
            page.add_init_script(prepare)
        page.goto(address(explorer.page, fragment), wait_until="domcontentloaded")
        return Figure(explorer, page, watch).wait()

    yield load
    for context in contexts:
        context.close()


def other(explorer, steps=1):
    """A state in which every control is elsewhere than at the start."""
    return tuple((k + steps) % n for k, n in zip(explorer.start, explorer.shape, strict=True))


# Markup: the contract -------------------------------------------------------------------------


def test_each_figure_id_stands_once_in_its_page(site, explorer):
    ids = re.findall(r'\bid="([^"]+)"', source(explorer.page))
    assert ids.count(explorer.id) == 1
    assert [e.id for e in explorers()].count(explorer.id) == 1, "another page has the same figure"


def test_caption_and_number_belong_to_the_figure(find, explorer):
    figure = find(explorer)
    assert re.search(r"\d", figure.part("figcaption .caption-number").inner_text())
    assert figure.part("figcaption .caption-text").inner_text().strip()


def test_picture_is_named_by_the_sentence(find, explorer):
    figure = find(explorer)
    picture = figure.part("svg[data-picture]")
    assert figure.count("svg[data-picture]") == 1
    assert picture.get_attribute("role") == "img"
    sentence = figure.part(f"[id='{picture.get_attribute('aria-labelledby')}']")
    assert sentence.get_attribute("aria-live") == "polite"
    assert sentence.inner_text() == explorer.sentence(explorer.start)


def test_controls_are_native_labelled_and_tied_to_an_output(find, explorer):
    figure = find(explorer)
    tags = {"slider": "INPUT range", "choice": "SELECT select-one", "toggle": "INPUT checkbox"}
    for control in explorer.controls:
        one = figure.control(control["n"])
        assert figure.count(f".d2l-control > [name='{control['n']}']") == 1
        assert one.evaluate("one => one.tagName + ' ' + one.type") == tags[control["k"]]
        assert one.evaluate("one => [...one.labels].map(l => l.textContent)") == [control["l"]]
        assert figure.count(f"output[for='{one.get_attribute('id')}']") == 1


def test_states_are_stored_once_a_figure(site, explorer):
    assert len(STATES.findall(figure_markup(explorer))) == 1
    for slot in [*explorer.data["slots"], explorer.data["sentence"]]:
        assert sorted(set(slot["i"])) == list(range(len(slot["v"]))), "a version is never shown"


def test_links_write_three_digits(site, explorer):
    for control in explorer.controls:
        assert len(set(control["v"])) == len(control["v"])
        for word in control["v"] if control["k"] == "slider" else []:
            value = float(word)
            assert value == int(value) or value == float(f"{value:.3g}")


# Moving ---------------------------------------------------------------------------------------


def test_start_state_is_drawn(find, explorer):
    find(explorer).shows(explorer.start)


def test_keys_move_each_control(find, explorer):
    figure = find(explorer)
    for k, control in enumerate(explorer.controls):
        figure.reset()
        one, last = figure.control(control["n"]), len(control["v"]) - 1
        seen = {(figure.picture(), figure.sentence())}
        for key, index in steps(control["k"], explorer.start[k], last):
            one.press(key)
            assert figure.state()[k] == index, f"{control['n']}: {key}"
            figure.shows((*explorer.start[:k], index, *explorer.start[k + 1 :]))
            seen.add((figure.picture(), figure.sentence()))
        assert len({picture for picture, _ in seen}) > 1, f"{control['n']} moves no picture"
        if control["k"] == "slider":
            assert len({sentence for _, sentence in seen}) > 1, f"{control['n']}: same sentence"
    assert not figure.watch.complaints()


def steps(kind, start, last):
    """Keys to press one after the other, and where each leads."""
    if kind == "toggle":
        return [("Space", 1 - start), ("Space", start)]
    up, down = ("ArrowRight", "ArrowLeft") if kind == "slider" else ("ArrowDown", "ArrowUp")
    return [("Home", 0), (up, 1), ("End", last), (up, last), (down, last - 1)]


def test_pointer_moves_each_control(find, explorer):
    figure = find(explorer, whole_page=True)
    for k, control in enumerate(explorer.controls):
        figure.reset()
        one, last = figure.control(control["n"]), len(control["v"]) - 1
        index = 0 if explorer.start[k] == last else last
        if control["k"] == "slider":
            drag(figure.page, one, explorer.start[k] / last, index / last)
        elif control["k"] == "choice":
            one.select_option(index=index)  # a label too may be a number
        else:
            index = 1 - explorer.start[k]
            one.click()
        figure.shows((*explorer.start[:k], index, *explorer.start[k + 1 :]))


def drag(page, slider, start, end):
    """Drag a slider's thumb; both places are shares of its way."""
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    at = lambda share: box["x"] + 8 + share * (box["width"] - 16)  # noqa: E731
    middle = box["y"] + box["height"] / 2
    page.mouse.move(at(start), middle)
    page.mouse.down()
    page.mouse.move(at((start + end) / 2), middle)
    page.mouse.move(at(end), middle)
    page.mouse.up()


def test_baked_states_show_what_their_index_says(find, explorer):
    figure = find(explorer)
    for state in explorer.random_states(12):
        figure.set(state)
        figure.shows(state)
    assert not figure.watch.complaints()


def test_reset_brings_the_start_back(find, explorer):
    figure = find(explorer)
    figure.set(other(explorer))
    figure.button("reset").click()
    figure.shows(explorer.start)


# Play -----------------------------------------------------------------------------------------


def test_play_goes_one_step_a_press_under_reduced_motion(find, playable):
    figure = find(playable)
    name, k, last = play_axis(figure)
    figure.control(name).press("Home")
    for step in (1, 2):
        figure.button("play", name).click()
        assert figure.state()[k] == min(step, last)
    assert figure.button("play", name).inner_text() == "Play"
    figure.control(name).press("End")
    figure.button("play", name).click()
    assert figure.state()[k] == 0, "after the last step it begins again"


def test_play_runs_to_the_end_and_pauses(use_up, playable):
    figure = use_up(playable, "film", prepare=OWN_CLOCK, reduced_motion="no-preference")
    name, k, last = play_axis(figure)
    play, clock = figure.button("play", name), figure.page.evaluate
    figure.control(name).press("Home")
    play.click()
    assert play.inner_text() == "Pause"
    assert figure.part(".d2l-sentence").get_attribute("aria-live") == "off"
    clock("tick()")
    play.click()
    assert play.inner_text() == "Play"
    assert 1 <= figure.state()[k] <= min(2, last)
    assert not clock("running()"), "the timer runs on"
    figure.control(name).press("Home")
    play.click()
    for _ in range(last + 1):
        clock("tick()")
    assert play.inner_text() == "Play"
    assert not clock("running()"), "the timer runs on"
    assert figure.part(".d2l-sentence").get_attribute("aria-live") == "polite"
    figure.shows((*playable.start[:k], last, *playable.start[k + 1 :]))


# A clock that ticks when the test says so: a film neither takes its time nor outruns the test.
OWN_CLOCK = """(() => {
  let timer = null;
  window.setInterval = f => { timer = f; return 1; };
  window.clearInterval = () => { timer = null; };
  window.tick = () => { if (timer) timer(); };
  window.running = () => timer !== null;
})()"""


def play_axis(figure):
    """The control that plays: its name, its place and its last index."""
    name = figure.part("button[data-do='play']").get_attribute("data-for")
    k = figure.names.index(name)
    return name, k, figure.explorer.shape[k] - 1


# Guesses --------------------------------------------------------------------------------------


@pytest.mark.parametrize("right", [False, True], ids=["wrong", "right"])
def test_committing_a_guess_shows_it_beside_the_truth(use_up, guessed, right):
    figure = use_up(guessed, f"guess {right}")
    guess = guessed.data["guess"]
    truth = guess["truth"]
    wrong = [answer for answer in guess["answers"] if answer != truth]
    # A wrong answer that is a state of the figure, if there is one, leaves a ghost.
    picked = truth if right else max(wrong, key=lambda answer: len(guess["answers"][answer]))
    commit = figure.button("commit")
    assert commit.is_disabled()
    radio(figure, picked).press("Space")
    assert commit.is_enabled()
    commit.click()
    verdict = figure.part(".d2l-verdict").inner_text()
    assert truth in verdict and picked in verdict
    assert figure.part(".d2l-truth").inner_text().strip() == truth
    assert figure.part(".d2l-picked").inner_text().strip() == picked
    assert figure.count(".d2l-guess input:enabled") == 0
    figure.shows(answer_state(figure, truth))
    guessed_state = answer_state(figure, picked)
    ghosts = figure.count(".d2l-ghost")
    if not right and guess["answers"][picked]:
        assert ghosts == len(guessed.data["slots"])
        assert figure.part(".d2l-pinned").inner_text().endswith(guessed.sentence(guessed_state))
    else:
        assert ghosts == figure.count(".d2l-pinned") == 0
    marked = [c["n"] for c in guessed.controls
              if c["k"] == "slider" and c["n"] in guess["answers"][truth]]  # fmt: skip
    assert figure.count(".d2l-marks") == len(marked)
    assert not figure.watch.complaints()


def radio(figure, answer):
    """The radio button of an answer, whatever signs its words hold."""
    answers = list(figure.explorer.data["guess"]["answers"])
    return figure.part(f".d2l-answers label:nth-child({answers.index(answer) + 1}) > input")


def answer_state(figure, answer):
    """The state that shows an answer, from the start state."""
    asked = figure.explorer.data["guess"]["answers"][answer]
    return tuple(asked.get(n, k) for n, k in zip(figure.names, figure.explorer.start, strict=True))


def answer_fold(figure):
    """The summary of the first answer after the figure."""
    return figure.page.evaluate_handle(
        """id => [...document.querySelectorAll('.d2l-explorer, details.d2l-answer')]
            .reduce(([mine, found], node) => node.matches('.d2l-explorer')
              ? [node.id === id, found] : [mine, found ?? (mine ? node : null)],
            [false, null])[1]""",
        figure.explorer.id,
    ).as_element()


def test_answer_asks_for_a_guess_first_and_opens_when_asked_again(use_up, answered):
    figure = use_up(answered, "asked twice")
    fold = answer_fold(figure)
    summary = fold.query_selector("summary")
    summary.click()
    assert not fold.evaluate("fold => fold.open")
    assert "guess" in figure.part(".d2l-verdict").inner_text()
    assert figure.page.evaluate("document.activeElement.type") == "radio"
    summary.click()
    assert fold.evaluate("fold => fold.open")


def test_answer_opens_at_once_after_a_guess(use_up, answered):
    figure = use_up(answered, "guessed first")
    radio(figure, answered.data["guess"]["truth"]).check()
    figure.button("commit").click()
    fold = answer_fold(figure)
    fold.query_selector("summary").click()
    assert fold.evaluate("fold => fold.open")


# Pins and maps --------------------------------------------------------------------------------


def test_pinned_state_stays_in_grey_until_it_is_unpinned(find, explorer):
    figure = find(explorer)
    before = figure.picture()
    pin = figure.button("pin")
    pin.click()
    assert pin.get_attribute("aria-pressed") == "true"
    figure.set(other(explorer))
    figure.shows(other(explorer))
    assert figure.count(".d2l-ghost") == len(explorer.data["slots"])
    assert figure.count(".d2l-ghost:not([aria-hidden=true])") == 0
    note = figure.part(".d2l-pinned").inner_text()
    assert note.endswith(explorer.sentence(explorer.start))
    pin.click()
    assert pin.get_attribute("aria-pressed") == "false"
    assert figure.count(".d2l-ghost") == 0
    assert figure.count(".d2l-pinned") == 0
    figure.reset()
    assert figure.picture() == before


def test_pointer_on_the_map_moves_two_sliders(find, mapped):
    figure = find(mapped)
    picture = figure.part(".d2l-map svg")
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    x, y = mapped.data["map"]["axes"]
    columns, rows = mapped.shape[x], mapped.shape[y]
    assert figure.count(".d2l-cell") == columns * rows

    def place(i, j):
        return (box["x"] + (i + 0.5) / columns * box["width"],
                box["y"] + (1 - (j + 0.5) / rows) * box["height"])  # fmt: skip

    def state(i, j):
        return tuple({x: i, y: j}.get(k, start) for k, start in enumerate(mapped.start))

    figure.page.mouse.move(*place(0, rows - 1))
    figure.shows(mapped.start)  # hovering is not moving
    figure.page.mouse.down()
    figure.shows(state(0, rows - 1))
    figure.page.mouse.move(*place(columns - 1, 0))
    figure.shows(state(columns - 1, 0))
    figure.page.mouse.up()
    figure.hash_becomes(mapped.link(state(columns - 1, 0)))
    figure.page.mouse.move(*place(0, 0))
    figure.shows(state(columns - 1, 0))


# Links ----------------------------------------------------------------------------------------


def arrived(figure, state):
    """Wait until the link's state is set, and check that the whole figure shows it."""
    figure.page.wait_for_function(
        f"([id, state]) => JSON.stringify(({STATE})(document.getElementById(id))) === state",
        arg=[figure.explorer.id, str(list(state)).replace(" ", "")],
    )
    figure.shows(state)
    assert figure.part("svg[data-picture]").is_visible()


CLICK = """href => [...document.querySelectorAll('a.d2l-state')]
    .find(a => a.getAttribute('href') === href).click()"""


def test_state_link_moves_its_own_page_now_and_after_a_move(find, state_link):
    explorer, _ = state_link.expected()
    if state_link.page != explorer.page:
        return  # the next test's
    figure = find(explorer)
    for before in (explorer.start, other(explorer)):
        figure.set(before)
        figure.page.evaluate(CLICK, state_link.href)
        arrived(figure, state_link.expected(before)[1])
    assert not figure.watch.complaints()


@pytest.fixture(scope="module")
def traveller(open_page):
    """A page that goes from page to page."""
    return open_page()


def test_state_link_sets_the_controls_from_another_page(site, traveller, far_link):
    explorer, state = far_link.expected()
    page, watch = traveller
    watch.clear()
    if far_link.page == explorer.page:  # then a link elsewhere, to the same address
        page.goto(address("genindex.html"), wait_until="domcontentloaded")
        page.evaluate(
            """href => {
              const a = document.createElement('a');
              a.href = href;
              document.body.append(a);
              a.click();
            }""",
            address(explorer.page, "#" + far_link.href.partition("#")[2]),
        )
    else:
        page.goto(address(far_link.page), wait_until="domcontentloaded")
        page.evaluate(CLICK, far_link.href)
    page.wait_for_url(lambda url: explorer.page in url, wait_until="domcontentloaded")
    arrived(Figure(explorer, page, watch).wait(), state)
    assert not watch.complaints()


def test_link_opened_on_its_own_ends_at_its_figure(load, explorer):
    """Pictures above the figure may come after the page has jumped to it."""
    figure = load(explorer, explorer.link(other(explorer)))
    figure.page.wait_for_load_state("load")
    figure.page.wait_for_function(
        """id => {
          const top = document.getElementById(id).getBoundingClientRect().top;
          const end = document.scrollingElement;
          const atEnd = end.scrollTop + end.clientHeight >= end.scrollHeight - 2;
          return (top >= 0 && top < 200) || (atEnd && top >= 0);
        }""",
        arg=explorer.id,
    )


def test_same_link_works_again_after_the_slider_moved(find, explorer):
    figure = find(explorer)
    state = other(explorer)
    figure.page.evaluate(
        """([id, link]) => {
          const a = document.createElement('a');
          a.href = link; a.textContent = 'again'; a.id = 'again';
          document.getElementById(id).before(a);
        }""",
        [explorer.id, explorer.link(state)],
    )
    again = figure.page.locator("#again")
    try:
        for _ in range(2):
            again.click()
            arrived(figure, state)
            figure.page.evaluate("history.replaceState(null, '', location.href)")
            # A script that moves a control without a change event leaves the address as it is.
            figure.root.evaluate(SET.replace("['input', 'change']", "['input']"), explorer.start)
            figure.shows(explorer.start)
    finally:
        again.evaluate("a => a.remove()")


def test_address_follows_the_controls(find, explorer):
    figure = find(explorer)
    for k, control in enumerate(explorer.controls):
        figure.reset()
        keys = {"toggle": "Space", "choice": "ArrowDown", "slider": "ArrowRight"}
        last = explorer.start[k] == len(control["v"]) - 1
        key = "Home" if last and control["k"] != "toggle" else keys[control["k"]]
        figure.control(control["n"]).press(key)
        link = explorer.link(figure.state())
        assert link != explorer.link(explorer.start)
        figure.hash_becomes(link)


def hash_change(page, fragment):
    """Change the address's hash and wait until the page has heard of it."""
    page.evaluate(
        """hash => new Promise(done => {
          if (location.hash === hash) return done();
          addEventListener('hashchange', () => done(), {once: true});
          location.hash = hash;
        })""",
        fragment,
    )


def test_value_close_to_the_grid_is_taken_and_another_is_ignored(find, explorer):
    figure = find(explorer)
    for k, control in enumerate(explorer.controls):
        if control["k"] != "slider":
            continue
        values = [float(v) for v in control["v"]]
        for index, value in enumerate(values):
            apart = [abs(v - value) for i, v in enumerate(values) if i != index]
            if value == 0 or min(apart) < 0.2 * abs(value) or index == explorer.start[k]:
                continue
            figure.reset()
            hash_change(figure.page, f"#{explorer.id}?{control['n']}={value * 1.03:.6g}")
            figure.shows(explorer.start)
            hash_change(figure.page, f"#{explorer.id}?{control['n']}={value * 1.008:.6g}")
            figure.shows((*explorer.start[:k], index, *explorer.start[k + 1 :]))
            break
    assert not figure.watch.complaints()


HURT = "<img src=x onerror=window.hurt=1>"
HOSTILE = [
    "{name}=<script>window.hurt=1</script>",
    "{name}=" + HURT,
    "{name}=%3Cimg%20src%3Dx%20onerror%3Dwindow.hurt%3D1%3E",
    "{name}=javascript:window.hurt=1",
    "<svg onload=window.hurt=1>={name}",
    "__proto__=1&constructor=2&toString=3",
    "__proto__[hurt]=1&{name}[]=1",
    "{name}=%E0%A4%A&%=%&%%%",
    "{name}=NaN",
    "{name}=Infinity&{name}=-Infinity",
    "{name}=",
    "{name}",
    "?{name}&&&===",
    "",
    "{name}=1e999",
    "{name}=0x",
    "{name}=" + "9" * 5000,
    "{name}=__proto__",
    "=".join(["{name}"] * 500),
    "&".join(["{name}=nowhere"] * 2000),
    "{name}='\"`${{window.hurt=1}}",
    "{name}=\u202e\ud83d\ude00\x01".encode("utf-16", "surrogatepass").decode("utf-16"),
]


def test_hostile_address_is_ignored(find, explorer):
    figure = find(explorer)
    page = figure.page
    # Other figures build themselves as the page comes near them, and formulas are set meanwhile.
    count = """id => document.querySelectorAll(
        `figure[id='${id}'] *, script, img, iframe, object, embed`).length"""
    before = (figure.picture(), figure.sentence(), page.evaluate(count, explorer.id))
    for control in explorer.controls:
        for query in HOSTILE:
            hash_change(page, f"#{explorer.id}?" + query.replace("{name}", control["n"]))
    unknown = ["#fig-nothing?k=1", "#constructor?a=1", "#__proto__?a=1", "#?a=1", "#%?%=%"]
    empty = [f"#{explorer.id}", f"#{explorer.id}?", "#" + "x" * 100_000 + "?a=1"]
    for fragment in unknown + empty:
        hash_change(page, fragment)
    figure.shows(explorer.start)
    assert (figure.picture(), figure.sentence(), page.evaluate(count, explorer.id)) == before
    assert page.evaluate("window.hurt === undefined && ({}).hurt === undefined")
    assert not figure.watch.complaints()


def test_name_given_twice_sets_a_state_of_the_grid(find, explorer):
    figure = find(explorer)
    state = other(explorer)
    first = explorer.link(state)
    hash_change(figure.page, first + "&" + explorer.link(explorer.start).partition("?")[2])
    figure.shows(state)


def test_hostile_address_is_ignored_on_load(load, explorer_page):
    explorer = next(e for e in explorers() if e.page == explorer_page)
    name = explorer.controls[0]["n"]
    for query in (f"{name}={HURT}&<svg onload=window.hurt=1>", "%E0%A4%A&__proto__=1"):
        figure = load(explorer, f"#{explorer.id}?{query}")
        figure.shows(explorer.start)
        assert figure.page.evaluate("window.hurt === undefined")
        assert not figure.watch.complaints()


def test_copied_link_leads_back_to_the_state(load, explorer_page):
    mine = [e for e in explorers() if e.page == explorer_page]
    clipboard = (
        "Object.defineProperty(navigator, 'clipboard', {value: {"
        "writeText: async text => { window.copied = text; }}})"
    )
    figure = load(mine[0], prepare=clipboard)
    for explorer in mine:
        one = Figure(explorer, figure.page, figure.watch)
        state = other(explorer)
        one.set(state)
        one.button("copy").click()
        one.page.wait_for_function("window.copied")
        assert one.button("copy").inner_text() == "Link copied"
        copied = one.page.evaluate("const copied = window.copied; delete window.copied; copied")
        assert copied == one.page.evaluate("location.href")
        assert copied.startswith(address(explorer.page))
        one.reset()
        hash_change(one.page, "#" + copied.partition("#")[2])
        one.shows(state)


def test_copy_says_where_the_link_is_if_the_clipboard_refuses(load, explorer_page):
    refuse = (
        "Object.defineProperty(navigator, 'clipboard', {value: {"
        "writeText: async () => { throw new Error('no'); }}})"
    )
    explorer = next(e for e in explorers() if e.page == explorer_page)
    figure = load(explorer, prepare=refuse)
    figure.button("copy").click()
    figure.page.wait_for_function("b => b.textContent.includes('address bar')",
                                  arg=figure.button("copy"))  # fmt: skip
    figure.hash_becomes(explorer.link(explorer.start))
    assert not figure.watch.complaints()
