// Filters the errata's rows and the gallery's figures. A form.d2l-filter names what it filters:
// data-items and data-groups are selectors, data-facets is the part of an item that its selects
// look at. Without this script the form stays hidden and everything is shown.
(() => {
  "use strict";
  const wordsOf = (text) => text.toLowerCase().split(/[\s,;]+/).filter(Boolean);
  const LONGEST = 80; // of a search: the address may come from anyone

  function start(form) {
    const { items, groups, facets, noun } = form.dataset;
    const rows = [...document.querySelectorAll(items)].map((item) => ({
      item,
      text: [item.textContent, item.dataset.words ?? "", ...[...item.querySelectorAll("img")].map((one) => one.alt)]
        .join(" ").toLowerCase().replace(/\s+/g, " "),
      facets: new Set(wordsOf(facets ? item.querySelector(facets).textContent : "")),
    }));
    const fields = [...form.querySelectorAll("select, input")];
    const said = form.querySelector("output");

    function show() {
      const asked = fields.map((field) => [field, field.value.trim().toLowerCase()]);
      let count = 0;
      for (const { item, text, facets: has } of rows) {
        item.hidden = !asked.every(([field, value]) =>
          field.matches("select") ? !value || has.has(value)
            : value.split(/\s+/).every((word) => text.includes(word)));
        count += !item.hidden;
      }
      if (groups)
        for (const group of document.querySelectorAll(groups))
          group.hidden = !group.querySelector(`${items}:not([hidden])`);
      said.textContent = `${count} of ${rows.length} ${noun} shown`;
    }

    function write() {
      const query = new URLSearchParams();
      for (const field of fields) if (field.value.trim()) query.set(field.name, field.value.trim());
      const asked = query.toString();
      history.replaceState(null, "", `#${form.id}${asked && "?" + asked}`);
    }

    // Only values that the form itself offers, and a search of bounded length.
    function read() {
      const [name, query] = decodeHash();
      if (name !== form.id) return reveal(name);
      const wanted = new URLSearchParams(query);
      for (const field of fields) {
        const value = wanted.get(field.name) ?? "";
        const offered = field.matches("select") && [...field.options].some((one) => one.value === value);
        field.value = offered || field.matches("input") ? value.slice(0, LONGEST) : "";
      }
      show();
    }

    // A link to one row must not end at a row that is hidden.
    function reveal(name) {
      const target = name ? document.getElementById(name) : null;
      const hidden = target?.closest("[hidden]");
      if (!hidden || !rows.some(({ item }) => item === hidden)) return;
      form.reset();
      show();
      target.scrollIntoView();
    }

    form.hidden = false;
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", () => { show(); write(); });
    form.addEventListener("reset", () => setTimeout(() => { show(); write(); }));
    addEventListener("hashchange", read);
    show();
    read();
  }

  function decodeHash() {
    const hash = location.hash.slice(1), cut = hash.indexOf("?");
    return cut < 0 ? [hash, ""] : [hash.slice(0, cut), hash.slice(cut + 1)];
  }

  const begin = () => document.querySelectorAll("form.d2l-filter").forEach(start);
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", begin);
  else begin();
})();
