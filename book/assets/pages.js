// What every page needs besides its explorers.

// A formula that is wider than the screen scrolls; a reader without a pointer must reach it too.
addEventListener("load", () => {
  const reach = () => {
    for (const formula of document.querySelectorAll("mjx-container[display]")) {
      formula.toggleAttribute("tabindex", formula.scrollWidth > formula.clientWidth);
      if (formula.hasAttribute("tabindex")) formula.tabIndex = 0;
    }
  };
  Promise.resolve(window.MathJax?.startup?.promise).then(reach);
  addEventListener("resize", reach);
});
