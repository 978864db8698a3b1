// What every page needs besides its explorers.

// A formula, code or a table that is wider than the screen scrolls; the keyboard must reach it too.
addEventListener("load", () => {
  // Not on "resize": the side bars slide in and out after it, and the text grows or shrinks.
  const watch = new ResizeObserver((changes) => {
    for (const { target } of changes) {
      const box = target.closest("mjx-container[display], pre, .pst-scrollable-table-container");
      if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  });
  const wide = "mjx-container[display], div.highlight > pre, .pst-scrollable-table-container";
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
