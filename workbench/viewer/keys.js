/** What the keyboard does, and the page that tells it. */

import { clamp, el } from "./drawing.js";

const STEP = 0.1;
const LAYER_KEYS = ["image", "truth", "prediction", "error", "map"];

/**
 * Return the keys that do something now.
 *
 * @returns [{keys, words, act, arrows}]; `keys` as in KeyboardEvent.key, letters in lower case.
 */
export function keysOf(viewer) {
  const { group, listens } = viewer;
  const set = (change) => () => group.set(change);
  const toggle = (name) => () => group.set({ [name]: !group.settings[name] });
  const opacity = (by) => () => group.set({ opacity: clamp(group.settings.opacity + by, 0, 1) });
  const image = (by) => () => viewer.onMove({ image: by });
  const cycle = (by) => () => viewer.onMove({ cycle: by });
  const pairs = [
    listens.includes("image") && ["J", "next image", image(1)],
    listens.includes("image") && ["K", "previous image", image(-1)],
    listens.includes("cycle") && ["ArrowRight", "next cycle", cycle(1)],
    listens.includes("cycle") && ["ArrowLeft", "previous cycle", cycle(-1)],
    ...LAYER_KEYS.map((layer, place) => viewer.layers.some(([kind]) => kind === layer)
      && [String(place + 1), viewer.layerWords(layer).toLowerCase(), set({ layer })]),
    ["H", "score map over the picture, on and off", toggle("heat")],
    ["U", "units, on and off", toggle("units")],
    ["[", "score map fainter", opacity(-STEP)],
    ["]", "score map stronger", opacity(STEP)],
    ["N", "choose the next unit: picks first", () => viewer.step(1)],
    ["P", "choose the unit before", () => viewer.step(-1)],
    ["+", "zoom in", () => viewer.zoomBy(1.25)],
    ["=", null, () => viewer.zoomBy(1.25)],
    ["-", "zoom out", () => viewer.zoomBy(0.8)],
    ["0", "the whole image", () => group.zoomTo(1, 0.5, 0.5)],
    ["Escape", "no unit chosen", () => viewer.choose(null)],
    ["?", "this list", () => viewer.help()],
  ];
  return pairs.filter(Boolean).map(([key, words, act]) => ({ key, words, act }));
}

/** Act on a key unless the control that has the focus needs it itself. */
export function onKey(viewer, event) {
  if (event.ctrlKey || event.metaKey || event.altKey || !viewer.panes) return;
  const target = event.composedPath()[0];
  if (target.closest?.("dialog")) return; // which closes by itself
  const plain = event.key.length === 1 || event.key === "Escape";
  if (target.tagName === "SELECT" && !["?", "Escape"].includes(event.key)) return; // it finds by letters
  if (target.tagName === "INPUT" && !plain) return; // arrows move a slider
  const pressed = event.key.length === 1 ? event.key.toUpperCase() : event.key;
  const found = keysOf(viewer).find(({ key }) => key === pressed);
  if (!found) return;
  event.preventDefault();
  event.stopPropagation();
  found.act();
}

const SHOWN = { ArrowRight: "→", ArrowLeft: "←", Escape: "Esc", "-": "−" };

/** Return the page of keys; Esc, its button or a click beside it closes it. */
export function helpPage(viewer) {
  const rows = keysOf(viewer).filter(({ words }) => words).map(({ key, words }) =>
    el("div", {}, el("dt", {}, el("kbd", { text: SHOWN[key] ?? key })), el("dd", { text: words })));
  const pointer = "Click chooses a unit · drag moves · Ctrl + wheel zooms";
  const page = el("dialog", { class: "wbv-help", "aria-label": "Keys of the viewer",
    onclick: (event) => event.target === page && page.close(), onclose: () => page.remove() },
  el("div", {},
    el("h2", { text: "Keys" }), el("dl", {}, ...rows), el("p", { text: pointer }),
    el("button", { type: "button", text: "Close", autofocus: "", onclick: () => page.close() })));
  return page;
}
