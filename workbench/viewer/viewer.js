/**
 * The heatmap viewer: 1–4 panes of image, classes and score map, units on top.
 *
 * One core (class Viewer) for two hosts. The default export is called with a component by Streamlit
 * Components v2 and without arguments by anywidget, which wants {render} back.
 * What is drawn is written in payload.py. Nothing is loaded from the network.
 */

import { ColourBar, barsOf } from "./colourbar.js";
import { clamp, colourTable, coloursOf, el, number } from "./drawing.js";
import { Frame } from "./frame.js";
import { helpPage, onKey } from "./keys.js";
import { Difference, Pane } from "./pane.js";
import { download, sheetOf } from "./save.js";
import { Toolbar, chip, legendOf } from "./toolbar.js";
import { Exchange, Group, LAYERS, MAX_ZOOM } from "./view.js";

export default function host(component) {
  return component === undefined ? { render: renderWidget } : renderComponent(component);
}

const mounted = new WeakMap(); // Streamlit calls again with new data on the same parent

function renderComponent({ data, parentElement, setStateValue, setTriggerValue }) {
  let viewer = mounted.get(parentElement);
  if (!viewer) {
    viewer = new Viewer(parentElement);
    mounted.set(parentElement, viewer);
  }
  viewer.onPick = (unit) => setStateValue("unit", unit);
  viewer.onMove = (move) => setTriggerValue("move", move);
  viewer.onView = (view) => setTriggerValue("view", view);
  viewer.show(data);
  return () => {
    viewer.destroy();
    mounted.delete(parentElement);
  };
}

function renderWidget({ model, el }) {
  const viewer = new Viewer(el);
  const put = (name) => (value) => {
    model.set(name, value);
    model.save_changes();
  };
  viewer.onPick = put("unit");
  viewer.onView = put("view");
  viewer.onMove = (move) => model.send({ move });
  const heard = {
    "change:scene": () => viewer.show(model.get("scene")),
    "change:unit": () => viewer.pick(model.get("unit")),
    "change:view": () => viewer.take(model.get("view")),
  };
  for (const [event, hear] of Object.entries(heard)) model.on(event, hear);
  heard["change:view"](); // which may have been set before this is shown
  heard["change:scene"]();
  return () => {
    for (const [event, hear] of Object.entries(heard)) model.off(event, hear);
    viewer.destroy();
  };
}

class Viewer {
  constructor(parent) {
    this.root = el("div", { class: "wbv", tabindex: 0, role: "group", "aria-label": "Score map viewer",
      "data-lm-suppress-shortcuts": "true" });
    parent.append(this.root);
    this.onPick = this.onMove = this.onView = () => {};
    this.listens = [];
    this.generation = 0;
    this.picked = null;
    this.cursor = [null, null];
    Group.move(this, null);
    this.exchange = new Exchange((view) => this.onView(view));
    this.resized = new ResizeObserver(() => this.draw());
    this.root.addEventListener("keydown", (event) => onKey(this, event));
  }

  destroy() {
    this.resized.disconnect();
    this.exchange.end();
    this.group.members.delete(this);
    this.generation = -1;
    this.root.remove();
  }

  get settings() {
    return this.group.settings;
  }

  /** Show what payload.py made; the old stays until every picture of the new is decoded. */
  async show(data) {
    const generation = ++this.generation;
    if (!data?.panes) return;
    const text = JSON.stringify({ ...data, view: null, picked: null });
    if (text === this.text) { // the host ran again: whoever drags a handle goes on
      if (data.picked !== this.picked) this.pick(data.picked);
      this.take(data.view);
      return;
    }
    const cache = new Map();
    const panes = await Promise.all(data.panes.map((scene) => Pane.of(scene, data.pictures, cache)));
    if (generation !== this.generation) return; // newer data came in between, or the end
    const score = this.panes && this.scored?.score;
    Object.assign(this, { text, data, panes, listens: data.listens, picked: data.picked });
    this.layers = Object.entries(LAYERS).filter(([kind]) => panes.some((pane) => pane.has(kind)))
      .map(([kind]) => [kind, this.layerWords(kind)]);
    Group.move(this, data.link ?? null);
    const change = this.exchange.take(data.view);
    if (score && !this.scored?.scores(score)) this.settings.threshold = null; // it was another score's
    this.build();
    this.group.set(change ?? {});
    this.root.dataset.ready = panes[0].imageId;
  }

  take(view) {
    const change = this.exchange.take(view);
    if (change) this.group.set(change);
  }

  // what the view means for these panes: what it asks for may not be there

  get layout() {
    const { layout } = this.settings;
    const several = this.panes.length > 1;
    return (several ? ["swipe", "difference"] : ["side"]).includes(layout) ? layout : "grid";
  }

  get layer() {
    const { layer } = this.settings;
    return this.layers.some(([kind]) => kind === layer) ? layer : (this.layers[0]?.[0] ?? "image");
  }

  get pair() {
    const { pair } = this.settings;
    const there = pair.every((place) => place < this.panes.length) && pair[0] !== pair[1];
    return there ? pair : [0, 1];
  }

  /** A and B. */
  get compared() {
    return this.pair.map((place) => this.panes[place]);
  }

  get seen() {
    if (this.layout === "side") return this.panes.slice(0, 1);
    return this.layout === "grid" ? this.panes : this.compared;
  }

  layerWords(kind) {
    return LAYERS[kind];
  }

  // the page around the pictures

  build() {
    const focused = this.root.getRootNode().activeElement?.dataset?.name;
    this.toolbar = new Toolbar(this);
    this.place = el("div", { class: "wbv-panes" });
    this.readout = el("div", { class: "wbv-read", "aria-live": "polite" });
    this.bars = el("div", { class: "wbv-bars" });
    this.chips = el("div", { class: "wbv-chips" });
    this.notices = el("div", {});
    this.root.replaceChildren(this.toolbar.element, el("div", { class: "wbv-body" }, this.place,
      el("div", { class: "wbv-legend" }, this.readout, this.bars, this.chips)), this.notices);
    this.done = {};
    if (focused) this.root.querySelector(`[data-name="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }

  /** Run a step if what it depends on has changed since it last ran. */
  when(step, ...depends) {
    const key = JSON.stringify(depends);
    if (this.done[step] === key) return;
    this.done[step] = key;
    this[step]();
  }

  /** Bring controls, colours and pictures in line with the view. */
  refresh() {
    if (!this.panes) return;
    const { layout, layer, pair } = this;
    const { colormap, range, threshold, zoom } = this.settings;
    if (!(colormap in this.data.colormaps)) this.settings.colormap = Object.keys(this.data.colormaps)[0];
    this.toolbar.refresh(this.settings);
    this.when("arrange", layout, pair);
    this.when("measure", layout, pair, range);
    this.when("recolour", layout, pair, colormap, range, threshold);
    this.when("describe", layout, pair, layer, this.settings.heat);
    this.moved();
  }

  moved() {
    if (!this.panes) return;
    this.draw();
    if (this.listens.includes("view")) this.exchange.note(this.settings);
  }

  /** Make the frames of the layout. */
  arrange() {
    const { layout, panes } = this;
    const [a, b] = this.compared;
    this.difference = layout === "difference" ? new Difference(a, b) : null;
    this.frames = { grid: () => panes.map((pane) => this.frame({ kind: "pane", pane }, this.named(pane))),
      side: () => ["image", "truth", "prediction", "map"].filter((layer) => panes[0].has(layer)).map((layer) =>
        this.frame({ kind: "pane", pane: panes[0], layer }, [[null, layer === "map" ? panes[0].score.name : LAYERS[layer]]])),
      swipe: () => [this.frame({ kind: "swipe", pane: a, other: b }, this.named(a, "A"), this.named(b, "B"))],
      difference: () => this.difference.refusal ? [] : [this.frame(
        { kind: "difference", pane: a, other: b, difference: this.difference }, this.named(b, "B"), this.named(a, "− A"))],
    }[layout]();
    const [height, width] = panes[0].size;
    const across = this.frames.length > 1 ? 2 : 1;
    this.place.style.maxWidth = `${Math.round((this.data.maxHeight * width) / height) * across}px`;
    this.place.classList.toggle("wbv-many", across > 1);
    this.place.classList.toggle("wbv-swipe", layout === "swipe");
    const refused = this.difference?.refusal;
    this.place.replaceChildren(...this.frames.map(({ element }) => element),
      ...(refused ? [el("p", { class: "wbv-refused", role: "status", text: refused })] : []));
    this.notices.replaceChildren(...this.data.notices.map((text) => el("p", { class: "wbv-note", text })));
    this.resized.disconnect();
    for (const { canvas } of this.frames) this.resized.observe(canvas);
    this.cursor = [null, null];
    this.read(null, null);
  }

  /** Return what a caption says of a pane: the colour of its method and its name. */
  named(pane, letter = "") {
    const alone = this.panes.length === 1 && !pane.colour;
    return alone ? [] : [[pane.colour, `${letter} ${pane.name}`.trim()]];
  }

  frame(content, ...names) {
    const caption = names.flat();
    const frame = new Frame(this, content, caption.length > 0 && el("figcaption", {},
      ...caption.map(([colour, text]) => el("span", { class: "wbv-name" },
        colour && el("i", { style: `--c: ${colour}` }), text))));
    return Object.assign(frame, { caption });
  }

  /** Work out the ranges and make their colour bars. */
  measure() {
    const { difference, settings } = this;
    const shown = difference ? [] : barsOf(this.seen, settings.range);
    this.colourBars = shown.map((bar) => new ColourBar(bar, shown.length > 1,
      this.scored?.scores(bar.score) && ((threshold) => this.group.set({ threshold }))));
    if (difference && !difference.refusal) {
      const [low, high] = difference.range(settings.range);
      const words = settings.range === "score" ? "of the score" : "of this difference";
      this.colourBars = [new ColourBar({ score: difference.score, low, high, words }, false, null)];
    }
    this.bars.replaceChildren(...this.colourBars.map(({ element }) => element));
  }

  /** Paint the score maps in the colours asked for. */
  recolour() {
    const { difference, data } = this;
    const colours = coloursOf(difference ? data.diverging : data.colormaps[this.settings.colormap]);
    for (const shown of this.colourBars) {
      const { bar } = shown;
      const threshold = this.thresholdOf(bar);
      if (difference) difference.recolour(colours, [bar.low, bar.high]);
      else
        for (const pane of bar.panes)
          pane.recolour(colourTable(pane.values, colours, [bar.low, bar.high], threshold));
      shown.tint(colours);
      shown.show(threshold);
    }
  }

  /** The first pane with scores: the threshold is one of its score. */
  get scored() {
    return this.panes.find((pane) => pane.map);
  }

  /** Return the threshold that holds for a bar or pane. */
  thresholdOf({ score }) {
    return !this.difference && this.scored?.scores(score) ? this.settings.threshold : null;
  }

  /** Bring legend and alternative texts in line with what is seen. */
  describe() {
    this.chips.replaceChildren(...legendOf(this).map(chip));
    for (const { canvas, content } of this.frames) {
      const { kind, pane, other, layer = this.layer } = content;
      const alt = (of) => of.alt(LAYERS[layer].toLowerCase(), this.settings.heat);
      canvas.setAttribute("aria-label", kind === "swipe" ? `Left: ${alt(pane)} Right: ${alt(other)}`
        : kind === "difference" ? `${this.difference.name}; B is ${other.title}, A is ${pane.title}, image ${pane.imageId}`
          : alt(pane));
    }
  }

  draw() {
    for (const frame of this.frames ?? []) frame.draw(this.picked);
  }

  // the person

  read(frame, place) {
    this.cursor = [frame, place];
    const inside = place && place.every((v) => v >= 0 && v < 1);
    this.readout.replaceChildren(...(inside
      ? this.facts(frame, place).map(([label, text]) => el("span", {}, el("b", { text: label }), ` ${text}`))
      : [el("span", { class: "wbv-hint",
        text: "Point at the image to read values; click a unit to choose it. Press ? for the keys." })]));
  }

  facts(frame, place) {
    const pane = frame.paneAt(place);
    const facts = pane.facts(place, this.unitAt(frame, place), this.thresholdOf(pane));
    if (this.difference) {
      const { name, score } = this.difference;
      return [facts[0], [name, `${number(this.difference.valueAt(place))} ${score.unit}`],
        ...this.compared.map((of, side) => [`${"AB"[side]} ${of.name}`, number(of.valueAt(place))])];
    }
    const others = this.seen.filter((other) => other !== pane && other.map);
    return [...facts, ...others.map((other) =>
      [`${other.name}: ${other.score.name}`, `${number(other.valueAt(place))} ${other.score.unit}`])];
  }

  unitAt(frame, place) {
    return frame.paneAt(place).unitAt(place, frame.canvas.getContext("2d"));
  }

  click(frame, place) {
    this.root.focus({ preventScroll: true });
    const unit = this.unitAt(frame, place);
    this.choose(unit && unit[0] !== this.picked ? unit[0] : null);
  }

  choose(unit) {
    this.pick(unit);
    this.onPick(unit);
  }

  pick(unit) {
    this.picked = unit;
    this.draw();
  }

  /** Choose the next or former unit of the first pane that is seen: picks in their order come first. */
  step(by) {
    const pane = this.seen[0];
    const order = [...pane.units].sort((a, b) => b[5] - a[5] || a[6] - b[6] || (b[7] ?? -Infinity) - (a[7] ?? -Infinity));
    if (!order.length) return;
    const at = order.findIndex(([id]) => id === this.picked);
    const unit = order[at < 0 ? (by > 0 ? 0 : order.length - 1) : (at + by + order.length) % order.length];
    this.choose(unit[0]);
    this.readout.replaceChildren(...pane.unitFacts(unit, this.thresholdOf(pane)).map(([label, text]) =>
      el("span", {}, el("b", { text: label }), ` ${text}`)));
  }

  /** Zoom so that a place stays where it is. */
  zoomBy(factor, [px, py] = [this.group.zoom.x, this.group.zoom.y]) {
    const { scale, x, y } = this.group.zoom;
    const next = clamp(scale * factor, 1, MAX_ZOOM);
    this.group.zoomTo(next, px + ((x - px) * scale) / next, py + ((y - py) * scale) / next);
  }

  help() {
    const page = helpPage(this);
    this.root.append(page);
    page.showModal();
  }

  save() {
    const { panes, settings, picked, layout } = this;
    const layer = layout === "grid" || layout === "swipe" ? LAYERS[this.layer] : "";
    const bars = this.colourBars.map(({ bar, colours, element, counts }) => ({ bar, colours,
      threshold: this.thresholdOf(bar),
      words: [element.firstChild.textContent,
        ...(this.thresholdOf(bar) === null ? [] : [...counts.children].map((line) => line.textContent))] }));
    const title = [`Image ${panes[0].imageId}`, panes.length === 1 && panes[0].title, layer].filter(Boolean).join(" · ");
    download(sheetOf({ title, size: panes[0].size, settings: { ...settings, layer: this.layer }, picked, bars,
      frames: this.frames.map(({ content, caption }) => ({ content, names: caption })),
      chips: legendOf(this), notices: this.data.notices }), this.data.file);
  }
}
