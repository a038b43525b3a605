"use strict";
const charts = JSON.parse(document.getElementById("charts").textContent);
const dark = matchMedia("(prefers-color-scheme: dark)");
const settings = { responsive: true, displaylogo: false, modeBarButtonsToRemove: ["select2d", "lasso2d"] };
const PRINTED = 680; // pixels: the width of a page of A4 within its margins

async function draw(theme, width) {
  for (const [id, looks] of Object.entries(charts)) {
    const { data, layout } = looks[theme];
    const size = width ? { width, autosize: false } : {};
    await Plotly.react(id, data, { ...layout, ...size }, settings);
  }
}

const drawn = () => draw(dark.matches ? "dark" : "light");
const closed = [];
addEventListener("beforeprint", () => {
  closed.push(...document.querySelectorAll("details:not([open])"));
  for (const part of closed) part.open = true;
  draw("light", PRINTED);
});
addEventListener("afterprint", () => {
  for (const part of closed.splice(0)) part.open = false;
  drawn();
});
dark.addEventListener("change", drawn);
drawn().then(() => document.documentElement.setAttribute("data-drawn", ""));
