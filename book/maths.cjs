// Sets formulas with MathJax: reads a list of {tex, display} as JSON, writes their markup and the
// style sheet. `maths.py` calls it with the folder of MathJax.
"use strict";
const folder = process.argv[2];

// Of the text around the formulas; `maths.py` scales their letters.
const AROUND = { em: 16, ex: 8, containerWidth: 1280 };

async function set(formulas) {
  const MathJax = await require(`${folder}/node-main.js`).init({
    loader: {
      paths: { mathjax: folder },
      load: ["input/tex", "output/chtml", "adaptors/liteDOM", "a11y/assistive-mml"],
      // MathJax was packed without this component's version, and would say so each time.
      versionWarnings: false,
    },
    tex: { packages: { "[-]": ["noundefined"] } }, // a command that does not exist is an error
    chtml: { fontURL: "maths", adaptiveCSS: false },
  });
  const adaptor = MathJax.startup.adaptor;
  const markup = [];
  for (const { tex, display } of formulas) {
    const node = await MathJax.tex2chtmlPromise(tex, { display, ...AROUND });
    adaptor.setAttribute(node, "data-tex", tex.replaceAll("&", "&amp;")); // it escapes quotes only
    markup.push(adaptor.outerHTML(node));
  }
  return { markup, style: adaptor.textContent(MathJax.chtmlStylesheet()) };
}

let words = "";
process.stdin.setEncoding("utf8");
process.stdin.on("data", (some) => { words += some; });
process.stdin.on("end", () => set(JSON.parse(words)).then(
  (done) => process.stdout.write(JSON.stringify(done)),
  (error) => { console.error(error); process.exitCode = 1; },
));
