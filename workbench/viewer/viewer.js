/**
 * The heatmap viewer: image, ground truth or prediction, a score map over it, units on top.
 *
 * One core (class Viewer) for two hosts. The default export is called with a component by Streamlit
 * Components v2 and without arguments by anywidget, which wants {render} back.
 * What `scene` holds is written in payload.py. Nothing is loaded from the network.
 */

import {
  LABELLED, SELECTED, clamp, decode, decodeCodes, el, gradient, number, outline, paintClasses, paintMap,
  pathsOf,
} from "./drawing.js";
import { Group } from "./group.js";

const WORDS = ["not labelled", "labelled", "selected now"];
const LAYERS = { image: "Image", truth: "Ground truth", prediction: "Prediction" };
const MAX_ZOOM = 16;

export default function host(component) {
  return component === undefined ? { render: renderWidget } : renderComponent(component);
}

const mounted = new WeakMap(); // Streamlit calls again with new data on the same parent

function renderComponent({ data, parentElement, setStateValue }) {
  let viewer = mounted.get(parentElement);
  if (!viewer) {
    viewer = new Viewer(parentElement);
    mounted.set(parentElement, viewer);
  }
  viewer.onPick = (unit) => setStateValue("unit", unit);
  viewer.show(data);
  return () => {
    viewer.destroy();
    mounted.delete(parentElement);
  };
}

function renderWidget({ model, el }) {
  const viewer = new Viewer(el);
  const show = () => viewer.show(model.get("scene"));
  const pick = () => viewer.pick(model.get("unit"));
  viewer.onPick = (unit) => {
    model.set("unit", unit);
    model.save_changes();
  };
  model.on("change:scene", show);
  model.on("change:unit", pick);
  show();
  return () => {
    model.off("change:scene", show);
    model.off("change:unit", pick);
    viewer.destroy();
  };
}

class Viewer {
  constructor(parent) {
    this.root = el("div", { class: "wbv", tabindex: 0, "data-lm-suppress-shortcuts": "true" });
    parent.append(this.root);
    this.onPick = () => {};
    this.generation = 0;
    this.paths = new Map();
    this.picked = null;
    this.cursor = null;
    Group.move(this, null);
    this.resized = new ResizeObserver(() => this.draw());
    this.root.addEventListener("keydown", (event) => this.key(event));
  }

  destroy() {
    this.resized.disconnect();
    this.group.members.delete(this);
    this.generation = -1;
    this.root.remove();
  }

  get settings() {
    return this.group.settings;
  }

  /** Show a scene; the old one stays until every picture of the new one is decoded. */
  async show(scene) {
    const generation = ++this.generation;
    if (!scene?.size) return;
    const { image, truth, prediction, map } = scene.pictures;
    const decoded = await Promise.all([
      decode(image), decodeCodes(truth), decodeCodes(prediction), decodeCodes(map),
    ]);
    if (generation !== this.generation) return; // a newer scene came in between, or the end
    this.scene = scene;
    [this.image, this.truth, this.prediction, this.map] = decoded;
    const painted = (codes) => paintClasses(codes, scene.palette, scene.void);
    this.classPictures = { truth: painted(this.truth), prediction: painted(this.prediction) };
    this.paths = pathsOf(scene.units);
    this.view ??= scene.view;
    this.picked = scene.picked;
    Group.move(this, scene.link ?? null);
    this.build();
    this.refresh();
    this.root.dataset.ready = scene.imageId;
  }

  // the page around the pictures

  build() {
    const { scene } = this;
    this.root.replaceChildren();
    this.controls = {};
    this.panes = (this.view === "side" ? ["image", "truth", "prediction", "map"] : ["main"])
      .filter((kind) => kind === "main" || this.has(kind))
      .map((kind) => ({ kind, canvas: this.canvas() }));
    const frames = this.panes.map(({ kind, canvas }) =>
      el("figure", {}, this.panes.length > 1 && el("figcaption", { text: this.caption(kind) }), canvas));
    const panes = el("div", { class: "wbv-panes" }, ...frames);
    const [height, width] = scene.size;
    const across = this.view === "side" ? 2 : 1;
    panes.style.maxWidth = `${Math.round((scene.maxHeight * width) / height) * across}px`;
    this.readout = el("div", { class: "wbv-read" });
    this.root.append(
      this.bar(), panes, this.readout, this.legend(),
      ...scene.notices.map((text) => el("p", { class: "wbv-note", text })),
    );
    this.resized.disconnect();
    for (const { canvas } of this.panes) this.resized.observe(canvas);
    this.read(this.cursor);
  }

  has(kind) {
    return Boolean(this[kind]);
  }

  caption(kind) {
    return LAYERS[kind] ?? this.scene.score.name;
  }

  bar() {
    const s = this.settings;
    const c = this.controls;
    const choice = (name, options, label) => {
      const onchange = () => this.group.set({ [name]: c[name].value });
      c[name] = el("select", { onchange, "aria-label": label, title: label },
        ...options.map(([value, text]) => el("option", { value, text })));
      return c[name];
    };
    const slider = (name, label, title) => {
      const oninput = () => this.group.set({ [name]: Number(c[name].value) });
      c[name] = el("input", { type: "range", min: 0, max: 1, step: 0.01, oninput, "aria-label": title });
      return el("label", { title }, el("span", { text: label }), c[name]);
    };
    const check = (name, label, title) => {
      c[name] = el("input", { type: "checkbox", onchange: () => this.group.set({ [name]: c[name].checked }) });
      return el("label", { title }, c[name], el("span", { text: label }));
    };
    const layers = Object.entries(LAYERS).filter(([kind]) => this.has(kind));
    if (layers.length && !layers.some(([kind]) => kind === s.layer)) s.layer = layers[0][0];
    const flip = () => {
      this.view = this.view === "side" ? "one" : "side";
      this.build();
      this.refresh();
    };
    return el("div", { class: "wbv-bar" },
      this.view !== "side" && layers.length > 0 && choice("layer", layers, "Picture below the score map"),
      this.map && check("heat", "Score map", "Show the score map (H)"),
      this.map && slider("opacity", "Opacity", "Opacity of the score map ([ and ])"),
      this.map && slider("threshold", "From", "Hide the score map below this value"),
      this.map && choice("colormap", Object.keys(this.scene.colormaps).map((n) => [n, n]), "Colours"),
      this.map && choice("scale", [["score", "full range"], ["map", "this map's range"]],
        "Range of the colours: all that the score can be, or this map's lowest to highest"),
      check("units", "Units", "Show the units (U)"),
      el("button", { type: "button", onclick: flip,
        text: this.view === "side" ? "One picture" : "Side by side" }));
  }

  legend() {
    const { classes, palette, units } = this.scene;
    const used = new Set();
    for (const codes of [this.truth, this.prediction]) codes?.values.forEach((id) => used.add(id));
    this.colourBar = el("div", { class: "wbv-scale" });
    const chip = (colour, text, kind = "") =>
      el("span", { class: `wbv-chip ${kind}` }, el("i", { style: `--c: ${colour}` }), text);
    const states = new Set(units.map((unit) => unit[5]));
    return el("div", { class: "wbv-legend" }, this.map && this.colourBar,
      el("div", { class: "wbv-chips" },
        states.has(2) && chip(SELECTED, WORDS[2], "line"),
        states.has(1) && chip(LABELLED, WORDS[1], "line"),
        ...classes.map((name, id) => used.has(id) && chip(`rgb(${palette[id]})`, name)),
        used.has(this.scene.void) && chip("transparent", "void", "hatch")));
  }

  canvas() {
    const [height, width] = this.scene.size;
    const canvas = el("canvas", { role: "img",
      "aria-label": `${this.scene.title}, image ${this.scene.imageId}` });
    canvas.style.aspectRatio = `${width} / ${height}`;
    let drag = null;
    canvas.addEventListener("pointerdown", (event) => {
      drag = { x: event.clientX, y: event.clientY, moved: false };
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (drag) this.pan(event, drag, canvas);
      this.read(this.place(event, canvas));
    });
    canvas.addEventListener("pointerup", (event) => {
      if (drag && !drag.moved) this.click(this.place(event, canvas));
      drag = null;
    });
    canvas.addEventListener("pointerleave", () => this.read(null));
    canvas.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return; // the plain wheel scrolls the page
      event.preventDefault();
      this.zoomBy(event.deltaY < 0 ? 1.25 : 0.8, this.place(event, canvas));
    }, { passive: false });
    return canvas;
  }

  /** Bring controls, colours and pictures in line with the settings. */
  refresh() {
    if (!this.scene) return;
    for (const [name, control] of Object.entries(this.controls)) {
      if (control.type === "checkbox") control.checked = this.settings[name];
      else control.value = this.settings[name];
    }
    if (this.map) this.recolour();
    this.draw();
  }

  /** Paint the score map in the colours asked for, and the colour bar beside it. */
  recolour() {
    const { score, map, colormaps } = this.scene;
    const { colormap, scale, threshold } = this.settings;
    const colours = Uint8Array.from(atob(colormaps[colormap]), (c) => c.charCodeAt(0));
    const [low, high] = scale === "map" ? [map.low, map.high] : [score.low, score.high];
    this.heat = paintMap(this.map, colours, (code) => this.value(code), [low, high], threshold);
    const from = threshold > 0 ? ` · shown from ${number(low + threshold * (high - low))}` : "";
    const range = scale === "map" ? "this map's range" : "full range";
    const bar = el("div", { class: "wbv-ramp" }, el("i", { style: `width: ${100 * threshold}%` }));
    bar.style.backgroundImage = gradient(colours);
    this.colourBar.replaceChildren(
      el("span", { text: `${score.name}${score.unit ? ` (${score.unit})` : ""}, ${range}${from}` }),
      bar,
      el("div", {}, ...[low, (low + high) / 2, high].map((v) => el("span", { text: number(v) }))));
  }

  value(code) {
    const { low, high } = this.scene.map;
    return low + (code * (high - low)) / 255;
  }

  // drawing

  draw() {
    for (const pane of this.panes ?? []) {
      const ratio = window.devicePixelRatio || 1;
      const { clientWidth, clientHeight } = pane.canvas;
      if (!clientWidth) continue;
      const [width, height] = [clientWidth, clientHeight].map((side) => Math.round(side * ratio));
      if (pane.canvas.width !== width || pane.canvas.height !== height)
        Object.assign(pane.canvas, { width, height });
      const context = pane.canvas.getContext("2d");
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.clearRect(0, 0, width, height);
      const { scale, x, y } = this.group.zoom;
      context.setTransform(scale, 0, 0, scale, width / 2 - x * scale * width, height / 2 - y * scale * height);
      this.pictures(context, pane.kind, width, height);
      const [rows, columns] = this.scene.size;
      outline(context, this.scene.units, this.paths, this.picked, this.settings.units,
        [width / columns, height / rows], ratio / scale);
    }
  }

  pictures(context, kind, width, height) {
    const put = (picture, alpha, smooth) => {
      if (!picture) return;
      context.globalAlpha = alpha;
      context.imageSmoothingEnabled = smooth;
      context.drawImage(picture, 0, 0, width, height);
      context.globalAlpha = 1;
    };
    const layer = kind === "main" ? this.settings.layer : kind;
    put(this.image, layer === "image" || layer === "map" ? 1 : 0.5, true);
    put(this.classPictures[layer], 1, false);
    if ((kind === "main" || kind === "map") && this.map && this.settings.heat)
      put(this.heat, this.settings.opacity, false);
  }

  // the person

  /** Return the place of a pointer in the image, 0–1 across and down. */
  place(event, canvas) {
    const box = canvas.getBoundingClientRect();
    const { scale, x, y } = this.group.zoom;
    return [
      x + ((event.clientX - box.left) / box.width - 0.5) / scale,
      y + ((event.clientY - box.top) / box.height - 0.5) / scale,
    ];
  }

  unitAt([x, y]) {
    const [row, column] = [y * this.scene.size[0], x * this.scene.size[1]];
    const probe = this.panes[0].canvas.getContext("2d");
    probe.save(); // an outline runs through the middle of pixels, which belong to the unit as a whole
    probe.setTransform(1, 0, 0, 1, 0, 0);
    probe.lineWidth = 1;
    probe.setLineDash([]);
    const found = this.scene.units.find(([id, y0, x0, y1, x1]) => {
      const path = this.paths.get(id);
      return row >= y0 && row < y1 && column >= x0 && column < x1 && (!path
        || probe.isPointInPath(path, column, row, "evenodd") || probe.isPointInStroke(path, column, row));
    });
    probe.restore();
    return found;
  }

  read(place) {
    this.cursor = place;
    const inside = place && place.every((v) => v >= 0 && v < 1);
    this.readout.replaceChildren(...(inside ? this.facts(place) : [el("span", { class: "wbv-hint",
      text: "Point at the image to read values; click a unit to choose it. "
        + "H score map · U units · [ ] opacity · + − zoom · 0 all · Esc none" })]));
  }

  facts(place) {
    const { score, classes, aggregation, size } = this.scene;
    const at = (codes) => codes.values[
      Math.floor(place[1] * codes.height) * codes.width + Math.floor(place[0] * codes.width)];
    const name = (id) => (id === this.scene.void ? "void" : (classes[id] ?? `class ${id}`));
    const unit = this.unitAt(place);
    const rank = unit?.[5] === 2 ? ` as pick ${unit[6] + 1}` : "";
    return [
      ["x, y", `${Math.floor(place[0] * size[1])}, ${Math.floor(place[1] * size[0])}`],
      this.map && [score.name, `${number(this.value(at(this.map)))} ${score.unit}`],
      this.prediction && ["predicted", name(at(this.prediction))],
      this.truth && ["true", name(at(this.truth))],
      unit && [`unit ${unit[0]}`, `${WORDS[unit[5]]}${rank}`],
      unit && unit[7] !== null && [`${aggregation} of unit`, number(unit[7])],
    ].filter(Boolean).map(([label, text]) => el("span", {}, el("b", { text: label }), ` ${text}`));
  }

  click(place) {
    this.root.focus({ preventScroll: true });
    const unit = this.unitAt(place);
    this.pick(unit && unit[0] !== this.picked ? unit[0] : null);
    this.onPick(this.picked);
  }

  pick(unit) {
    this.picked = unit;
    this.draw();
  }

  pan(event, drag, canvas) {
    const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
    if (!drag.moved && Math.hypot(dx, dy) < 4) return;
    const { scale, x, y } = this.group.zoom;
    this.group.zoomTo(scale, x - dx / canvas.clientWidth / scale, y - dy / canvas.clientHeight / scale);
    Object.assign(drag, { x: event.clientX, y: event.clientY, moved: true });
  }

  /** Zoom so that the place under the pointer stays where it is. */
  zoomBy(factor, [px, py] = [this.group.zoom.x, this.group.zoom.y]) {
    const { scale, x, y } = this.group.zoom;
    const next = clamp(scale * factor, 1, MAX_ZOOM);
    this.group.zoomTo(next, px + ((x - px) * scale) / next, py + ((y - py) * scale) / next);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.scene) return;
    const { heat, units, opacity } = this.settings;
    const actions = {
      h: () => this.group.set({ heat: !heat }),
      u: () => this.group.set({ units: !units }),
      "[": () => this.group.set({ opacity: clamp(opacity - 0.1, 0, 1) }),
      "]": () => this.group.set({ opacity: clamp(opacity + 0.1, 0, 1) }),
      "+": () => this.zoomBy(1.25),
      "=": () => this.zoomBy(1.25),
      "-": () => this.zoomBy(0.8),
      0: () => this.group.zoomTo(1, 0.5, 0.5),
      escape: () => {
        this.pick(null);
        this.onPick(null);
      },
    };
    const action = actions[event.key.toLowerCase()];
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  }
}
