// Makes links for a teacher: to a state of a figure, and for a hub that fetches the book.
// All that goes into a link is encoded, and only http(s) addresses become links.
(() => {
  "use strict";

  const make = (tag, properties = {}, ...children) => {
    const node = Object.assign(document.createElement(tag), properties);
    node.append(...children);
    return node;
  };

  /* The address that was typed, without a slash at its end; null where it is none. */
  function addressOf(text) {
    try {
      const url = new URL(text.trim());
      return /^https?:$/.test(url.protocol) ? url.href.replace(/\/+$/, "") : null;
    } catch {
      return null;
    }
  }

  /* Show each link with its name and a button that copies it. */
  function show(form, rows) {
    form.querySelector(".d2l-links-made").replaceChildren(...rows.map(([name, text, href]) => {
      if (!text) return make("p", { textContent: name });
      const copy = make("button", { type: "button", textContent: "Copy" });
      copy.ariaLabel = `Copy: ${name}`;
      copy.addEventListener("click", async () => {
        const done = await navigator.clipboard?.writeText(text).then(() => true, () => false);
        copy.textContent = done ? "Copied" : "Select the text to copy it";
      });
      const words = make("code", { textContent: text });
      return make("p", {}, `${name}: `, href ? make("a", { href }, words) : words, " ", copy);
    }));
  }

  function stateLinks(form) {
    const figures = JSON.parse(form.querySelector("script").textContent);
    const { figure, base } = form.elements;
    const place = form.querySelector(".d2l-links-controls");
    const home = new URL("..", location.href.split(/[?#]/)[0]); // this page stands in book/
    if (home.protocol !== "file:") base.value = home.href;

    function controls() {
      place.replaceChildren(...figures[figure.value].controls.map((control) => {
        const options = control.t.map((text, k) =>
          make("option", { textContent: text, value: control.v[k], selected: k === control.start }));
        return make("label", {}, control.l, make("select", { name: `value-${control.n}` }, ...options));
      }));
    }

    function write() {
      const chosen = figures[figure.value];
      const query = chosen.controls
        .map((c) => `${c.n}=${encodeURIComponent(form.elements[`value-${c.n}`].value)}`).join("&");
      const local = new URL(`${chosen.page}#${figure.value}?${query}`, location.href.split(/[?#]/)[0]);
      const site = addressOf(base.value);
      const there = site ? `${site}/${local.href.slice(home.href.length)}` : local.href;
      show(form, [
        ["Link", there, local.href],
        ["Markdown", `[${chosen.title}](${there})`],
      ]);
    }

    figure.addEventListener("input", controls);
    controls();
    return write;
  }

  function hubLinks(form) {
    const { hub, repository, branch, notebook } = form.elements;
    return () => {
      const source = addressOf(repository.value);
      const site = addressOf(hub.value);
      const where = encodeURIComponent(branch.value.trim() || "main");
      if (!source) return show(form, [["Type the repository's address, which begins with https://."]]);
      const folder = source.split("/").pop().replace(/\.git$/, "");
      const file = encodeURIComponent(`lab/tree/${folder}/${notebook.value}`);
      const pull = `${site}/hub/user-redirect/git-pull?repo=${encodeURIComponent(source)}` +
        `&branch=${where}&urlpath=${file}`;
      const github = source.match(/^https:\/\/github\.com\/([^/]+\/[^/]+?)(?:\.git)?$/);
      const place = github ? `gh/${github[1]}` : `git/${encodeURIComponent(source)}`;
      const binder = `https://mybinder.org/v2/${place}/${where}` +
        `?urlpath=${encodeURIComponent(`lab/tree/${notebook.value}`)}`;
      show(form, [
        site ? ["For the hub", pull, pull] : ["Type the hub's address for a link to it."],
        ["For Binder", binder, binder],
      ]);
    };
  }

  const kinds = { "state-links": stateLinks, "hub-links": hubLinks };
  for (const form of document.querySelectorAll("form.d2l-links")) {
    const write = kinds[form.id](form);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", write);
    form.hidden = false;
    write();
  }
})();
