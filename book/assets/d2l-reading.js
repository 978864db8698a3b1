/* Aids for the reader: definitions beside terms, quizzes, what was read, citations of figures. All
   of it stands on markup that reads without this script (book/reading.py). A classic script, so
   that it runs from file:// too. */
(() => {
  "use strict";
  const about = document.currentScript.dataset;

  function element(tag, properties = {}, ...children) {
    const node = Object.assign(document.createElement(tag), properties);
    node.append(...children);
    return node;
  }

  // What the reader ticked, in this browser only -------------------------------------------------
  // {"off": true} or {"chapters": {"03": {"read": true, "done": ["ex-…"], "quiz": {"quiz-03-1": 2}}}}
  // Other pages of the same address may write there, so what is read is checked before it is used.
  const KEY = "deep-learning-notes.reading";
  const isName = (name) => typeof name === "string" && /^[\w-]{1,80}$/.test(name);
  const isThing = (thing) => typeof thing === "object" && thing !== null && !Array.isArray(thing);

  function checked(data) {
    const chapters = {};
    for (const [number, entry] of Object.entries(isThing(data?.chapters) ? data.chapters : {})) {
      if (!/^\d\d$/.test(number) || !isThing(entry)) continue;
      const done = Array.isArray(entry.done) ? entry.done.filter(isName).slice(0, 100) : [];
      const quiz = Object.entries(isThing(entry.quiz) ? entry.quiz : {}).slice(0, 100)
        .filter(([name, pick]) => isName(name) && Number.isInteger(pick) && pick >= 0 && pick < 10);
      chapters[number] = { read: entry.read === true, done, quiz: Object.fromEntries(quiz) };
    }
    return { off: data?.off === true, chapters };
  }

  function load() {
    try {
      return checked(JSON.parse(localStorage.getItem(KEY)));
    } catch {
      return checked(null);
    }
  }

  function save(change) {
    const data = load(); // another tab may have written since
    change(data);
    try {
      localStorage.setItem(KEY, JSON.stringify(data));
    } catch { /* full or forbidden, as on some file:// pages: it holds as long as the page */ }
    show(data);
  }

  function entryOf(data, number) {
    return data.chapters[number] ??= { read: false, done: [], quiz: {} };
  }

  const shows = []; // what follows a change
  const show = (data) => { for (const one of shows) one(data); };

  // Progress -------------------------------------------------------------------------------------
  function tick(name, label) {
    const box = element("input", { type: "checkbox", name, autocomplete: "off" });
    return [box, element("label", {}, box, ` ${label}`)];
  }

  function startChapter(form) {
    const { chapter } = form.dataset;
    const read = form.querySelector("input");
    read.addEventListener("change", () => save((data) => { entryOf(data, chapter).read = read.checked; }));
    const exercises = [...document.querySelectorAll(".exercise.admonition[id]")];
    const boxes = exercises.map((exercise) => {
      const [box, label] = tick(exercise.id, "done");
      label.className = "d2l-done";
      box.setAttribute("aria-describedby", `${exercise.id}-d2l-title`);
      const title = exercise.querySelector(".admonition-title");
      title.id = `${exercise.id}-d2l-title`;
      title.after(label);
      box.addEventListener("change", () => save((data) => {
        const entry = entryOf(data, chapter);
        entry.done = entry.done.filter((one) => one !== exercise.id);
        if (box.checked) entry.done.push(exercise.id);
      }));
      return [box, label];
    });
    const count = element("p", { className: "d2l-count" });
    count.setAttribute("role", "status");
    exercises[0]?.before(count);
    shows.push((data) => {
      const entry = data.chapters[chapter];
      form.hidden = data.off;
      read.checked = Boolean(entry?.read);
      for (const [box, label] of boxes) {
        label.hidden = data.off;
        box.checked = Boolean(entry?.done.includes(box.name));
      }
      const done = boxes.filter(([box]) => box.checked).length;
      count.textContent = done && !data.off ? `${done} of ${boxes.length} exercises done.` : "";
    });
  }

  function startProgress(form) {
    const chapters = JSON.parse(form.dataset.chapters);
    const said = element("p");
    said.setAttribute("role", "status");
    const button = element("button", { type: "button" });
    form.append(said, button);
    const doneOf = (data, number) =>
      Math.min(data.chapters[number]?.done.length ?? 0, chapters[number].exercises);
    button.addEventListener("click", () => save((data) => {
      data.off = !data.off;
      if (data.off) data.chapters = {};
    }));
    shows.push((data) => {
      const numbers = Object.keys(chapters).sort();
      const read = numbers.filter((number) => data.chapters[number]?.read);
      const done = numbers.reduce((sum, number) => sum + doneOf(data, number), 0);
      const exercises = numbers.reduce((sum, number) => sum + chapters[number].exercises, 0);
      button.textContent = data.off ? "Keep my progress in this browser" : "Forget it and switch it off";
      form.hidden = "quiet" in form.dataset && !read.length && !done;
      if (data.off) said.textContent = "Progress is switched off, and nothing is stored.";
      else {
        said.textContent =
          `You have read ${read.length} of ${numbers.length} chapters and done ${done} of ${exercises} exercises. ` +
          "This is known to your browser only.";
      }
      for (const number of numbers) mark(number, read.includes(number), doneOf(data, number));
    });
  }

  // On the map each chapter's row says it too.
  function mark(number, isRead, done) {
    const row = document.getElementById(`map-${number}`);
    if (!row) return;
    for (const [cell, text] of [[row.cells[0], isRead ? "✓ read" : ""], [row.cells[3], done ? `${done} done` : ""]]) {
      let note = cell.querySelector(".d2l-note");
      if (!note) cell.append(note = element("span", { className: "d2l-note" }));
      note.textContent = text;
    }
  }

  // Quiz -----------------------------------------------------------------------------------------
  function startQuiz() {
    const boxes = [...document.querySelectorAll(".d2l-question")];
    if (!boxes.length) return;
    const chapter = document.querySelector(".d2l-end form")?.dataset.chapter;
    const questions = boxes.map((box, k) => startQuestion(box, k, boxes.length, (pick) => {
      tell();
      if (chapter && !load().off) save((data) => { entryOf(data, chapter).quiz[box.id] = pick; });
    }));
    const score = element("p", { className: "d2l-score" });
    score.setAttribute("role", "status");
    boxes.at(-1).after(score);
    function tell() {
      const answered = questions.filter((one) => one.state !== "");
      const right = questions.filter((one) => one.state === "right");
      score.textContent = answered.length < boxes.length ? ""
        : `${right.length} of ${boxes.length} right at the last try.`;
    }
    const kept = load().chapters[chapter]?.quiz ?? {};
    for (const one of questions) if (one.id in kept) one.answer(kept[one.id]);
    tell();
  }

  function startQuestion(box, k, count, told) {
    const [asks, choices] = box.children;
    const fold = box.querySelector("details");
    const answers = [...fold.querySelectorAll("ol > li")];
    const legend = element("legend", {}, element("span", { textContent: `${k + 1} of ${count}. ` }), ...asks.childNodes);
    const labels = [...choices.children].map((choice, index) => {
      const radio = element("input", { type: "radio", name: box.id, value: index, autocomplete: "off" });
      const text = element("span");
      for (const part of choice.children) text.append(...part.childNodes);
      return element("label", {}, radio, text);
    });
    const button = element("button", { type: "submit", textContent: "Check", disabled: true });
    const verdict = element("div", { className: "d2l-because" });
    verdict.setAttribute("role", "status");
    const form = element("form", {}, element("fieldset", {}, legend, ...labels, button, verdict));
    const question = { id: box.id, state: "", answer };

    function answer(pick) {
      const radio = labels[pick]?.firstChild;
      if (!radio) return;
      radio.checked = button.disabled = true;
      const isRight = answers[pick].classList.contains("d2l-right");
      question.state = isRight ? "right" : "wrong";
      for (const [index, label] of labels.entries()) {
        label.dataset.state = index === pick ? question.state : "";
      }
      const because = element("div");
      if (!isRight) because.append(element("strong", { textContent: "Not this one. " }));
      for (const part of answers[pick].cloneNode(true).children) because.append(...part.childNodes);
      verdict.replaceChildren(because);
      fold.hidden = false;
    }
    form.addEventListener("change", () => { button.disabled = false; });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const pick = labels.findIndex((label) => label.firstChild.checked);
      if (pick < 0) return;
      answer(pick);
      told(pick);
    });
    fold.querySelector(".sd-summary-text")?.replaceChildren("All answers");
    fold.hidden = true;
    choices.remove();
    asks.replaceWith(form);
    return question;
  }

  // Definitions ----------------------------------------------------------------------------------
  // Shown on hover, focus and the first tap; Escape takes them away; they stay under the pointer.
  function startTerms() {
    const links = document.querySelectorAll("a.d2l-term");
    if (!links.length) return;
    const tip = element("div", { id: "d2l-definition", className: "d2l-definition", hidden: true });
    tip.setAttribute("role", "tooltip");
    document.body.append(tip);
    let owner = null, timer = 0, tapped = false;

    function open(link) {
      clearTimeout(timer);
      if (owner === link) return;
      close();
      owner = link;
      tip.textContent = link.dataset.definition;
      tip.hidden = false;
      link.setAttribute("aria-describedby", tip.id);
      const word = link.getClientRects()[0];
      const wide = document.documentElement.clientWidth;
      const left = Math.max(8, Math.min(word.left, wide - tip.offsetWidth - 8));
      const below = word.bottom + tip.offsetHeight + 8 < innerHeight;
      const top = below ? word.bottom + 4 : Math.max(0, word.top - tip.offsetHeight - 4);
      tip.style.left = `${left + scrollX}px`;
      tip.style.top = `${top + scrollY}px`;
    }

    function close() {
      clearTimeout(timer);
      owner?.removeAttribute("aria-describedby");
      owner = null;
      tip.hidden = true;
    }

    const leave = () => { timer = setTimeout(close, 250); }; // time to reach the definition
    for (const link of links) {
      link.dataset.definition = link.title;
      link.removeAttribute("title");
      link.addEventListener("pointerdown", (event) => {
        tapped = event.pointerType !== "mouse" && owner !== link;
      });
      link.addEventListener("pointerenter", (event) => { if (event.pointerType === "mouse") open(link); });
      link.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse") leave(); });
      link.addEventListener("focus", () => open(link));
      link.addEventListener("blur", leave);
      link.addEventListener("click", (event) => {
        if (tapped) event.preventDefault(); // the second tap leads to the glossary
        tapped = false;
        open(link);
      });
    }
    tip.addEventListener("pointerenter", () => clearTimeout(timer));
    tip.addEventListener("pointerleave", leave);
    addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
    addEventListener("pointerdown", (event) => {
      if (owner && event.target !== owner && !owner.contains(event.target) && !tip.contains(event.target)) close();
    });
  }

  // Citations ------------------------------------------------------------------------------------
  function citation(figure) {
    const version = document.querySelector(".d2l-version")?.textContent.trim() ?? "";
    const number = figure.querySelector(".caption-number")?.textContent.trim() ?? "";
    const caption = figure.querySelector(".caption-text")?.textContent.replace(/\s+/g, " ").trim().replace(/\.$/, "") ?? "";
    const name = figure.id.replace(/^fig-/, "").replaceAll("-", " ");
    const title = name[0].toUpperCase() + name.slice(1);
    const address = figure.d2lAddress();
    const now = new Date();
    const today = [now.getFullYear(), now.getMonth() + 1, now.getDate()]
      .map((part) => String(part).padStart(2, "0")).join("-");
    const { author, book, year } = about;
    const key = `deeplearningnotes-${figure.id}`;
    const braced = (text) => text.replace(/[{}\\]/g, "").replace(/[%#&_$]/g, "\\$&");
    return {
      text: `${author} (${year}). ${title}: ${caption}. ${[number, book, version].filter(Boolean).join(", ")}. ${address} (seen on ${today}).`,
      BibTeX: [
        `@misc{${key},`,
        `  title        = {{${braced(title)}}},`,
        `  author       = {{${braced(author)}}},`,
        `  year         = {${year}},`,
        `  howpublished = {${braced([number, book, version].filter(Boolean).join(", "))}},`,
        `  url          = {${address}},`,
        `  note         = {${braced(caption)}. Seen on ${today}}`,
        "}",
      ].join("\n"),
    };
  }

  function startCitations() {
    for (const figure of document.querySelectorAll(".d2l-explorer")) {
      const buttons = figure.querySelector(".d2l-buttons");
      if (!buttons) continue;
      const fold = element("details", { className: "d2l-cite" }, element("summary", { textContent: "Cite" }));
      const said = element("p");
      said.setAttribute("role", "status");
      const texts = {};
      for (const kind of ["text", "BibTeX"]) {
        texts[kind] = element("pre", { tabIndex: 0 });
        texts[kind].setAttribute("aria-label", `Citation as ${kind}`);
        const button = element("button", { type: "button", textContent: `Copy ${kind}` });
        button.addEventListener("click", async () => {
          refresh();
          try {
            await navigator.clipboard.writeText(texts[kind].textContent);
            said.textContent = `Copied as ${kind}.`;
          } catch {
            getSelection().selectAllChildren(texts[kind]);
            said.textContent = "Selected; your browser lets you copy it yourself.";
          }
        });
        fold.append(texts[kind], button);
      }
      fold.append(said);
      const refresh = () => {
        const made = citation(figure);
        for (const kind in texts) texts[kind].textContent = made[kind];
      };
      fold.addEventListener("toggle", () => { if (fold.open) refresh(); });
      // After the figure has moved, by a control or by a button.
      for (const sign of ["input", "click"]) {
        figure.addEventListener(sign, (event) => {
          if (!fold.open || fold.contains(event.target)) return;
          said.textContent = "";
          refresh();
        });
      }
      buttons.append(fold);
    }
  }

  function begin() {
    document.querySelectorAll(".d2l-end form").forEach(startChapter);
    document.querySelectorAll(".d2l-progress").forEach(startProgress);
    show(load());
    addEventListener("storage", (event) => { if (event.key === KEY) show(load()); });
    addEventListener("pageshow", () => show(load())); // a page that "back" brings is as it was left
    startQuiz();
    startTerms();
    startCitations();
  }
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", begin);
  else begin();
})();
