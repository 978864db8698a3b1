/* Moves the baked explorers. Knows nothing of any one figure: all it needs stands in the markup
   that d2lnotes/explore/page.py writes and in the JSON beside it. A classic script, so that it
   runs from file:// too. */
(() => {
  "use strict";
  const SVG = "http://www.w3.org/2000/svg";
  const stillPlease = matchMedia("(prefers-reduced-motion: reduce)");
  const explorers = new Map();
  let resting; // a timer: the address follows when the hand rests

  function element(tag, properties = {}, ...children) {
    const node = Object.assign(document.createElement(tag), properties);
    node.append(...children);
    return node;
  }

  /* Where there is little room, the panels stand in two columns or in one, and stay readable. */
  function fold(figure, room) {
    const picture = figure.querySelector("[data-picture]");
    const layout = (n) => picture.getAttribute(`data-columns-${n}`);
    if (!layout(1)) return;
    if (!layout(0)) picture.setAttribute("data-columns-0", picture.getAttribute("viewBox"));
    const squeezed = room < Number(layout(0).split(" ")[2]) && layout(2);
    const columns = room < 520 ? 1 : squeezed ? 2 : 0;
    if (picture.getAttribute("viewBox") !== layout(columns)) {
      picture.setAttribute("viewBox", layout(columns));
    }
    for (const n of [1, 2]) figure.classList.toggle(`d2l-columns-${n}`, n === columns);
  }

  class Explorer {
    constructor(figure) {
      this.figure = figure;
      this.find = (selector) => figure.querySelector(selector);
      this.picture = this.find("[data-picture]");
      this.sentence = this.find(".d2l-sentence");
      this.inputs = [...figure.querySelectorAll(".d2l-control > input, .d2l-control > select")];
      this.start = this.inputs.map((input) => this.written(input));
      this.committed = !this.find(".d2l-guess");
      this.listen();
      const number = this.find(".caption-number")?.textContent.trim() ?? "this figure";
      this.find(".d2l-panel-controls").setAttribute("aria-label", `Controls of ${number}`);
      figure.tabIndex = -1;
      figure.d2lAddress = () => location.href.split("#")[0] + this.link; // for other scripts
      figure.dataset.ready = "";
    }

    /* The states, parsed at the first need. */
    get data() {
      const data = JSON.parse(this.find(".d2l-states").textContent);
      Object.defineProperty(this, "data", { value: data });
      this.sizes = data.controls.map((control) => control.v.length);
      this.slots = data.slots.map((slot, k) => ({
        ...slot, node: this.find(`[data-slot="${k}"]`), shown: this.version(slot, this.start),
      }));
      this.drawMap();
      this.reserve();
      return data;
    }

    /* The figure has another width. */
    fit() {
      if (Object.hasOwn(this, "data")) this.reserve();
    }

    /* Room for the longest sentence, or the controls below would move while they are held. */
    reserve() {
      const trial = this.sentence.cloneNode();
      for (const name of ["id", "aria-live"]) trial.removeAttribute(name);
      trial.style.minHeight = "";
      trial.textContent = this.data.sentence.v.reduce((a, b) => (b.length > a.length ? b : a));
      this.sentence.after(trial);
      const height = trial.offsetHeight;
      trial.remove();
      this.sentence.style.minHeight = `${height}px`;
    }

    read(input) {
      return input.type === "checkbox" ? Number(input.checked) : Number(input.value);
    }

    /* What stands in the markup: a reader may have moved the control before the script came. */
    written(input) {
      if (input.type === "checkbox") return Number(input.defaultChecked);
      if (input.type === "range") return Number(input.defaultValue);
      return [...input.options].findIndex((option) => option.defaultSelected);
    }

    get state() {
      return this.inputs.map((input) => this.read(input));
    }

    /* Where a state stands in a list over the controls `over`, the last of them fastest. */
    offset(state, over) {
      return over.reduce((sum, k) => sum * this.sizes[k] + state[k], 0);
    }

    version(slot, state) {
      return slot.i[this.offset(state, slot.d)];
    }

    /* Set the controls, then draw. */
    move(state) {
      state.forEach((index, k) => {
        const input = this.inputs[k];
        if (input.type === "checkbox") input.checked = Boolean(index);
        else input.value = index;
      });
      this.draw();
    }

    draw() {
      const { controls, sentence } = this.data;
      const state = this.state;
      this.inputs.forEach((input, k) => {
        const text = controls[k].t[state[k]];
        const output = input.parentNode.querySelector("output");
        if (output.textContent !== text) output.textContent = text;
        if (input.type === "range") input.setAttribute("aria-valuetext", text);
      });
      for (const slot of this.slots) {
        const version = this.version(slot, state);
        if (version !== slot.shown) slot.node.innerHTML = slot.v[version];
        slot.shown = version;
      }
      const text = sentence.v[this.version(sentence, state)];
      if (this.sentence.textContent !== text) this.sentence.textContent = text;
      if (this.map) this.colourMap(state);
    }

    listen() {
      const { figure } = this;
      figure.addEventListener("input", (event) => {
        if (this.inputs.includes(event.target)) this.draw();
        if (event.target.type === "radio") this.find("[data-do=commit]").disabled = false;
      });
      figure.addEventListener("change", (event) => {
        if (!this.inputs.includes(event.target)) return;
        // A held key moves thirty times a second; browsers refuse that many addresses.
        clearTimeout(resting);
        resting = setTimeout(() => this.writeLink(), 200);
      });
      figure.addEventListener("click", (event) => {
        const button = event.target.closest("[data-do]");
        if (button) this[button.dataset.do](button);
      });
    }

    /* Links: #fig-NAME?degree=15&lam=0 */
    get link() {
      const parts = this.data.controls.map((c, k) => `${c.n}=${encodeURIComponent(c.v[this.state[k]])}`);
      return `#${this.figure.id}?${parts.join("&")}`;
    }

    writeLink() {
      clearTimeout(resting);
      try {
        history.replaceState(null, "", this.link);
      } catch { /* a browser may refuse on file:// or after many calls; the figure moved anyway */ }
    }

    /* Take what a link says where it is on the grid, and ignore the rest. */
    follow(query) {
      const asked = new URLSearchParams(query);
      const state = this.data.controls.map((control, k) => {
        const word = asked.get(control.n);
        const exact = control.v.indexOf(word);
        if (word === null || exact >= 0 || control.k !== "slider") {
          return exact >= 0 ? exact : this.state[k];
        }
        const value = word.trim() === "" ? NaN : Number(word);
        const gaps = control.v.map((v) => Math.abs(v - value));
        const nearest = gaps.indexOf(Math.min(...gaps));
        const close = gaps[nearest] <= 0.01 * Math.abs(control.v[nearest]);
        return close ? nearest : this.state[k];
      });
      if (this.ghostOfGuess) this.unpin(); // it belongs to the question, not to this state
      this.move(state);
      this.figure.scrollIntoView({ block: "start" });
      this.figure.focus({ preventScroll: true });
    }

    /* Buttons */
    reset() {
      this.stop?.();
      this.move(this.start);
      this.writeLink();
    }

    async copy() {
      this.writeLink();
      const address = this.figure.d2lAddress();
      const button = this.find("[data-do=copy]");
      try {
        await navigator.clipboard.writeText(address);
        button.textContent = "Link copied";
      } catch {
        button.textContent = "Link is in the address bar";
      }
      const said = this.find(".d2l-said");
      said.textContent = button.textContent;
      setTimeout(() => { button.textContent = "Copy link"; said.textContent = ""; }, 2000);
    }

    pin() {
      if (this.ghosts) this.unpin();
      else this.pinState(this.state, "Pinned in grey: ");
    }

    pinState(state, words) {
      const { sentence } = this.data;
      this.unpin();
      this.ghosts = this.slots.map((slot) => {
        const ghost = document.createElementNS(SVG, "g");
        ghost.setAttribute("class", "d2l-ghost");
        ghost.setAttribute("aria-hidden", "true");
        ghost.innerHTML = slot.v[this.version(slot, state)];
        slot.node.before(ghost);
        return ghost;
      });
      this.note = element("p", {
        className: "d2l-pinned",
        textContent: words + sentence.v[this.version(sentence, state)],
      });
      this.sentence.after(this.note);
      this.pressed(true);
    }

    unpin() {
      for (const ghost of this.ghosts ?? []) ghost.remove();
      this.note?.remove();
      this.ghosts = null;
      this.ghostOfGuess = false;
      this.pressed(false);
    }

    pressed(is) {
      this.find("[data-do=pin]").setAttribute("aria-pressed", is);
    }

    play(button) {
      if (this.stop) return this.stop();
      const input = this.inputs.find((one) => one.name === button.dataset.for);
      const last = Number(input.max);
      const step = () => {
        const at = Number(input.value);
        input.value = at < last ? at + 1 : 0;
        this.draw();
      };
      step();
      if (stillPlease.matches) return this.writeLink();
      this.sentence.setAttribute("aria-live", "off");
      button.textContent = "Pause";
      const timer = setInterval(() => (Number(input.value) < last ? step() : this.stop()), 250);
      this.stop = () => {
        clearInterval(timer);
        button.textContent = "Play";
        this.sentence.setAttribute("aria-live", "polite");
        this.stop = null;
        this.writeLink();
      };
    }

    /* The guess: afterwards the figure shows the truth, and what was guessed in grey. */
    commit() {
      const { answers, truth } = this.data.guess;
      const box = this.find(".d2l-guess");
      const picked = box.querySelector("input:checked").value;
      const at = (answer) => {
        const set = Object.hasOwn(answers, answer) ? answers[answer] : {};
        return this.data.controls.map((c, k) => (Object.hasOwn(set, c.n) ? set[c.n] : this.state[k]));
      };
      const [guessed, right] = [at(picked), at(truth)];
      this.committed = true;
      const held = box.contains(document.activeElement);
      for (const input of box.querySelectorAll("input, button")) input.disabled = true;
      for (const label of box.querySelectorAll("label")) {
        const answer = label.firstChild.value;
        if (answer === truth) label.classList.add("d2l-truth");
        if (answer === picked) label.classList.add("d2l-picked");
      }
      this.unpin();
      if (picked !== truth && Object.keys(answers[picked]).length) {
        this.pinState(guessed, "Your guess, in grey: ");
        this.ghostOfGuess = true;
      }
      this.marks = [["◆", right]];
      if (Object.keys(answers[picked]).length) this.marks.unshift(["◇", guessed]);
      this.move(right);
      this.markControls();
      box.querySelector(".d2l-verdict").textContent = picked === truth
        ? `You said “${picked}”, and so does the figure.`
        : `You said “${picked}”; the figure says “${truth}”.`;
      this.figure.dataset.committed = "";
      if (held) this.inputs[0].focus({ preventScroll: true }); // a disabled button loses the focus
    }

    /* Open and filled diamonds on the sliders: the guess and the truth. */
    markControls() {
      const { answers, truth } = this.data.guess;
      this.inputs.forEach((input, k) => {
        const name = this.data.controls[k].n;
        if (input.type !== "range" || !Object.hasOwn(answers[truth], name)) return;
        const marks = element("div", { className: "d2l-marks", ariaHidden: "true" });
        for (const [mark, state] of this.marks) {
          const one = element("span", { textContent: mark });
          one.style.setProperty("--at", state[k] / Number(input.max));
          marks.append(one);
        }
        input.after(marks);
      });
    }

    /* The map of the grid: the returned number over the first two sliders. */
    drawMap() {
      const map = this.data.map;
      if (!map) return;
      const [x, y] = map.axes;
      const [columns, rows] = [this.sizes[x], this.sizes[y]];
      const label = (k) => this.data.controls[k].l;
      const picture = document.createElementNS(SVG, "svg");
      picture.setAttribute("viewBox", `0 0 ${columns} ${rows}`);
      picture.setAttribute("preserveAspectRatio", "none");
      picture.setAttribute("role", "img");
      picture.setAttribute("aria-label",
        `Map of the ${map.label} over ${label(x)} and ${label(y)}; move it with the sliders`);
      const rectangle = (className, attributes) => {
        const node = document.createElementNS(SVG, "rect");
        node.setAttribute("class", className);
        for (const name in attributes) node.setAttribute(name, attributes[name]);
        picture.append(node);
        return node;
      };
      this.map = { ...map, cells: [] };
      for (let j = 0; j < rows; j++) {
        for (let i = 0; i < columns; i++) {
          this.map.cells.push(rectangle("d2l-cell", { x: i, y: rows - 1 - j, width: 1, height: 1 }));
        }
      }
      this.map.here = rectangle("d2l-here", { width: 1, height: 1 });
      const go = (event) => {
        if (event.type === "pointermove" && !event.buttons) return;
        const box = picture.getBoundingClientRect();
        const on = (share, size) => Math.min(size - 1, Math.max(0, Math.floor(share * size)));
        const state = this.state;
        state[x] = on((event.clientX - box.left) / box.width, columns);
        state[y] = on(1 - (event.clientY - box.top) / box.height, rows);
        this.move(state);
      };
      picture.addEventListener("pointerdown", (event) => {
        picture.setPointerCapture(event.pointerId);
        go(event);
      });
      picture.addEventListener("pointermove", go);
      picture.addEventListener("pointerup", () => this.writeLink());
      this.find(".d2l-panel-controls").append(
        element("div", { className: "d2l-map" }, picture,
          element("p", { textContent: `${map.label}: the stronger the colour, the larger. Across: ${label(x)}; up: ${label(y)}.` })));
    }

    colourMap(state) {
      const { axes: [x, y], values, cells, here } = this.map;
      const [columns, rows] = [this.sizes[x], this.sizes[y]];
      const all = this.sizes.map((_, k) => k);
      const held = state.filter((_, k) => k !== x && k !== y).join();
      if (held !== this.map.held) {
        const at = [...state];
        const shown = cells.map((_, k) => {
          at[x] = k % columns;
          at[y] = Math.floor(k / columns);
          return values[this.offset(at, all)];
        });
        const ranks = [...new Set(shown)].sort((a, b) => a - b);
        shown.forEach((value, k) => {
          const share = ranks.indexOf(value) / Math.max(1, ranks.length - 1);
          cells[k].setAttribute("fill-opacity", (0.05 + 0.9 * share).toFixed(2));
        });
        this.map.held = held;
      }
      here.setAttribute("x", state[x]);
      here.setAttribute("y", rows - 1 - state[y]);
    }
  }

  /* Follow a link's state. Its text is only ever compared with what the figure has. */
  function follow(hash) {
    clearTimeout(resting);
    const [id, query] = [hash.slice(1).split("?")[0], hash.split("?")[1]];
    if (query !== undefined) explorers.get(id)?.follow(query);
  }

  /* Pictures that come later push the figure away: go back to it, unless the reader has moved. */
  function stay(figure) {
    const signs = ["wheel", "touchstart", "pointerdown", "keydown"];
    let moved = false;
    for (const sign of signs) addEventListener(sign, () => { moved = true; }, { once: true });
    addEventListener("load", () => {
      if (figure && !moved) figure.scrollIntoView({ block: "start" });
    });
  }

  /* An answer opens once a guess is made; asked twice, it opens without one. */
  function guardAnswers() {
    let owner = null;
    for (const node of document.querySelectorAll(".d2l-explorer, details.d2l-answer")) {
      if (node.matches(".d2l-explorer")) {
        owner = explorers.get(node.id);
        continue;
      }
      const explorer = owner;
      node.querySelector("summary").addEventListener("click", (event) => {
        if (!explorer || explorer.committed || node.open) return;
        event.preventDefault();
        explorer.committed = true;
        const box = explorer.find(".d2l-guess");
        box.querySelector(".d2l-verdict").textContent =
          "Commit to a guess first: it is what makes the answer stick. Or open the answer again to skip.";
        box.querySelector("input").focus();
        box.scrollIntoView({ block: "nearest" });
      });
    }
  }

  /* Figures answer one by one, while the page still comes. */
  const coming = document.getElementsByClassName("d2l-explorer");

  function wake() {
    for (const figure of coming) {
      if (explorers.has(figure.id) || !isWhole(figure)) continue;
      explorers.set(figure.id, new Explorer(figure));
      widths.observe(figure.querySelector("figcaption"));
      near.observe(figure);
      if (location.hash.startsWith(`#${figure.id}?`)) { // asked for before the figure was there
        follow(location.hash);
        stay(figure);
      }
    }
  }

  /* The caption comes last, after the states, and something after it. */
  function isWhole(figure) {
    const caption = figure.querySelector("figcaption");
    return caption && (caption.nextSibling || document.readyState !== "loading");
  }

  function begin() {
    wake();
    for (const caption of document.querySelectorAll(".d2l-still figcaption")) widths.observe(caption);
    guardAnswers();
  }

  /* Called for those on the screen before they are painted, for others when they come near it, and
     when the page has another width. A caption's own size does not change with its picture's. */
  const widths = new ResizeObserver((changes) => {
    // All widths are read before anything is written, or the page would be laid out for each.
    const figures = changes.map(({ target }) => target.closest("figure"));
    const rooms = figures.map((figure) => figure.clientWidth);
    figures.forEach((figure, k) => {
      fold(figure, rooms[k]);
      explorers.get(figure.id)?.fit();
    });
  });

  /* The states of a figure are parsed when it comes near the screen, between two frames. */
  const later = window.requestIdleCallback ?? ((run) => setTimeout(run, 200));
  const near = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      later(() => explorers.get(target.id).draw());
    }
  }, { rootMargin: "1000px" });

  addEventListener("hashchange", () => follow(location.hash));
  addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href*='#fig-']");
    if (link && link.href === location.href) follow(link.hash); // no hashchange comes
  });
  if (document.readyState === "loading") {
    const arrivals = new MutationObserver(wake);
    arrivals.observe(document, { childList: true, subtree: true });
    addEventListener("DOMContentLoaded", () => {
      arrivals.disconnect();
      begin();
    });
    wake();
  } else {
    begin();
  }
})();
