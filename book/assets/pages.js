// What every page needs besides its explorers.

// A formula, code or a table that is wider than the screen scrolls; the keyboard must reach it too.
addEventListener("load", () => {
  // Not on "resize": the side bars slide in and out after it, and the text grows or shrinks.
  // First all widths are read, then what follows from them is written: a page is laid out once.
  const watch = new ResizeObserver((changes) => {
    const boxes = new Set(changes.map(({ target }) => target.closest(wide)));
    const scrolls = [...boxes].map((box) => [box, box.scrollWidth > box.clientWidth]);
    for (const [box, is] of scrolls) {
      if (is === (box.tabIndex === 0)) continue;
      if (is) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  });
  const wide = "mjx-container[display], div.highlight > pre, .cell_output > .output, "
    + ".pst-scrollable-table-container";
  for (const box of document.querySelectorAll(wide)) {
    watch.observe(box);
    if (box.firstElementChild) watch.observe(box.firstElementChild);
  }
});

// The theme's buttons; the build takes their handlers out of the pages.
addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-d2l-press]");
  const known = { print: () => print(), toggleFullScreen: () => window.toggleFullScreen() };
  if (button) known[button.dataset.d2lPress]();
});
