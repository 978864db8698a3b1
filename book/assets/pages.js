// What every page needs besides its explorers.

// A formula or a figure that is wider than the screen scrolls; the keyboard must reach it too.
addEventListener("load", () => {
  const reach = () => {
    for (const wide of document.querySelectorAll("mjx-container[display], figure .cell_output")) {
      wide.toggleAttribute("tabindex", wide.scrollWidth > wide.clientWidth);
      if (wide.hasAttribute("tabindex")) wide.tabIndex = 0;
    }
  };
  Promise.resolve(window.MathJax?.startup?.promise).then(reach);
  addEventListener("resize", reach);
});
