// JupyterLite needs a web server. From a file its button leads to the page that says so.
if (location.protocol === "file:") {
  for (const link of document.querySelectorAll("a.btn-launch-lite")) {
    const home = link.href.slice(0, link.href.lastIndexOf("lite/notebooks/"));
    link.href = home + "book/how_to_use.html#run-in-the-browser";
    link.title = "Runs in your browser when a web server serves the book; leads to how";
    link.removeAttribute("target");
  }
}
