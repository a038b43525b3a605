/**
 * The heatmap viewer: image, ground truth or prediction, a score map over it, units on top.
 *
 * One core (class Viewer) for two hosts. The default export is called with a component by Streamlit
 * Components v2 and without arguments by anywidget, which wants {render} back.
 * What `scene` holds is written in payload.py. Nothing is loaded from the network.
 */

const LABELLED = "#3f8fd9"; // the blue and the vermillion of workbench.figures, dark theme:
const SELECTED = "#f07b22"; // with a dark halo they stand out on any picture
const HALO = "rgba(0, 0, 0, 0.65)";
const WORDS = ["not labelled", "labelled", "selected now"];
const LAYERS = { image: "Image", truth: "Ground truth", prediction: "Prediction" };
const MAX_ZOOM = 16;

/** Settings of the last viewer that was touched: a new one starts with them. */
let remembered = {
  layer: "image", heat: true, opacity: 0.65, threshold: 0, colormap: "viridis",
  scale: "score", units: true,
};
const groups = new Map(); // link ► {settings, zoom, members}: viewers that move together

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

/** Make an element: el("div", {class: "x", text: "y", onclick: f}, child, …). */
function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (key === "text") node.textContent = value;
    else if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== null && value !== false) node.setAttribute(key, value);
  }
  node.append(...children.filter(Boolean));
  return node;
}

async function decode(url) {
  if (!url) return null;
  const image = new Image();
  image.src = url;
  await image.decode();
  return createImageBitmap(image, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
}

/** Read the 8-bit codes of a grey picture. */
async function decodeCodes(url) {
  const bitmap = await decode(url);
  if (!bitmap) return null;
  const { width, height } = bitmap;
  const context = canvasOf(width, height).getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  const pixels = context.getImageData(0, 0, width, height).data;
  const values = new Uint8Array(width * height);
  for (let i = 0; i < values.length; i++) values[i] = pixels[4 * i];
  return { width, height, values };
}

function canvasOf(width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return canvas;
}

/** Paint codes through a table of 256 RGBA colours, packed as the canvas packs them. */
function paint({ width, height, values }, table, special = null) {
  const canvas = canvasOf(width, height);
  const context = canvas.getContext("2d");
  const picture = context.createImageData(width, height);
  const out = new Uint32Array(picture.data.buffer);
  for (let i = 0; i < values.length; i++) out[i] = table[values[i]];
  if (special) special(out, values, width);
  context.putImageData(picture, 0, 0);
  return canvas;
}

const packed = (r, g, b, a = 255) => ((a << 24) | (b << 16) | (g << 8) | r) >>> 0;
const number = (value, digits = 3) => (value === null ? "–" : Number(value).toPrecision(digits));
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

class Viewer {
  constructor(parent) {
    this.root = el("div", { class: "wbv", tabindex: 0, "data-lm-suppress-shortcuts": "true" });
    parent.append(this.root);
    this.onPick = () => {};
    this.generation = 0;
    this.picked = null;
    this.cursor = null;
    this.join(null);
    this.resized = new ResizeObserver(() => this.draw());
    this.root.addEventListener("keydown", (event) => this.key(event));
  }

  destroy() {
    this.resized.disconnect();
    this.group.members.delete(this);
    this.generation = -1;
    this.root.remove();
  }

  join(link) {
    if (this.group && (link ?? null) === this.link) return;
    this.group?.members.delete(this);
    this.link = link ?? null;
    const fresh = () => ({
      settings: this.group?.settings ?? { ...remembered },
      zoom: { scale: 1, x: 0.5, y: 0.5 },
      members: new Set(),
    });
    if (this.link === null) this.group = fresh();
    else {
      if (!groups.get(this.link)?.members.size) groups.set(this.link, fresh());
      this.group = groups.get(this.link);
    }
    this.group.members.add(this);
  }

  get settings() {
    return this.group.settings;
  }

  /** Change settings here and in every linked viewer. */
  set(change) {
    Object.assign(this.settings, change);
    remembered = { ...this.settings };
    for (const member of this.group.members) member.refresh();
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
    this.classPictures = { truth: this.classes(this.truth), prediction: this.classes(this.prediction) };
    this.view ??= scene.view;
    this.picked = scene.picked;
    this.join(scene.link);
    this.build();
    this.refresh();
    this.root.dataset.ready = scene.imageId;
  }

  /** Paint class ids; void is see-through with a hatch, so that it is never taken for a class. */
  classes(codes) {
    if (!codes) return null;
    const table = new Uint32Array(256).fill(packed(128, 128, 128));
    this.scene.palette.forEach(([r, g, b], id) => (table[id] = packed(r, g, b)));
    const { void: nothing } = this.scene;
    table[nothing] = 0;
    const hatch = packed(255, 255, 255, 170);
    return paint(codes, table, (out, values, width) => {
      for (let i = 0; i < values.length; i++)
        if (values[i] === nothing && ((i % width) + Math.floor(i / width)) % 6 < 2) out[i] = hatch;
    });
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
    this.read(null);
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
      const onchange = () => this.set({ [name]: c[name].value });
      c[name] = el("select", { onchange, "aria-label": label, title: label },
        ...options.map(([value, text]) => el("option", { value, text })));
      return c[name];
    };
    const slider = (name, label, title) => {
      const oninput = () => this.set({ [name]: Number(c[name].value) });
      c[name] = el("input", { type: "range", min: 0, max: 1, step: 0.01, oninput, "aria-label": title });
      return el("label", { title }, el("span", { text: label }), c[name]);
    };
    const check = (name, label, title) => {
      c[name] = el("input", { type: "checkbox", onchange: () => this.set({ [name]: c[name].checked }) });
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

  /** Make the picture of the score map: a table look-up, half a millisecond at 360×480. */
  recolour() {
    const { score, map, colormaps } = this.scene;
    const { colormap, scale, threshold } = this.settings;
    const colours = Uint8Array.from(atob(colormaps[colormap]), (c) => c.charCodeAt(0));
    const [low, high] = scale === "map" ? [map.low, map.high] : [score.low, score.high];
    const table = new Uint32Array(256);
    for (let code = 0; code < 256; code++) {
      const share = (this.value(code) - low) / (high - low || 1);
      const place = 3 * clamp(Math.round(255 * share), 0, 255);
      const alpha = share + 1e-9 < threshold ? 0 : 255;
      table[code] = packed(colours[place], colours[place + 1], colours[place + 2], alpha);
    }
    this.heat = paint(this.map, table);
    const stops = [0, 32, 64, 96, 128, 160, 192, 224, 255].map((i) =>
      `rgb(${colours.slice(3 * i, 3 * i + 3).join(" ")})`);
    const from = threshold > 0 ? ` · shown from ${number(low + threshold * (high - low))}` : "";
    const bar = el("div", { class: "wbv-ramp" });
    bar.style.backgroundImage = `linear-gradient(to right, ${stops.join(", ")})`;
    bar.append(el("i", { style: `width: ${100 * threshold}%` }));
    const range = scale === "map" ? "this map's lowest to highest" : "all it can be";
    this.colourBar.replaceChildren(
      el("span", { text: `${score.name}${score.unit ? ` (${score.unit})` : ""}: ${range}${from}` }),
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
      if (this.settings.units || this.picked !== null) this.outlines(context, width, height, ratio);
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

  outlines(context, width, height, ratio) {
    const [rows, columns] = this.scene.size;
    const [sx, sy] = [width / columns, height / rows];
    const line = ratio / this.group.zoom.scale; // one CSS pixel
    const box = ([, y0, x0, y1, x1], inset, colour, thick, dash = []) => {
      context.strokeStyle = colour;
      context.lineWidth = thick * line;
      context.setLineDash(dash.map((d) => d * line));
      context.strokeRect(x0 * sx + inset * line, y0 * sy + inset * line,
        (x1 - x0) * sx - 2 * inset * line, (y1 - y0) * sy - 2 * inset * line);
    };
    const { units } = this.scene;
    if (this.settings.units) {
      for (const unit of units) box(unit, 0, "rgba(255, 255, 255, 0.35)", 1);
      for (const state of [1, 2])
        for (const unit of units.filter((u) => u[5] === state)) {
          box(unit, 2.5, HALO, 5);
          box(unit, 2.5, state === 2 ? SELECTED : LABELLED, 3);
          if (state === 2) this.badge(context, unit, sx, sy, line);
        }
    }
    for (const unit of units.filter((u) => u[0] === this.picked)) {
      box(unit, 4, "#000", 3);
      box(unit, 4, "#fff", 3, [6, 6]);
    }
  }

  badge(context, unit, sx, sy, line) {
    const text = String(unit[6] + 1);
    context.font = `bold ${12 * line}px sans-serif`;
    const width = context.measureText(text).width + 8 * line;
    context.fillStyle = SELECTED;
    context.fillRect(unit[2] * sx + 4 * line, unit[1] * sy + 4 * line, width, 16 * line);
    context.fillStyle = "#000";
    context.fillText(text, unit[2] * sx + 8 * line, unit[1] * sy + 16 * line);
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
    const [rows, columns] = this.scene.size;
    return this.scene.units.find(([, y0, x0, y1, x1]) =>
      y * rows >= y0 && y * rows < y1 && x * columns >= x0 && x * columns < x1);
  }

  read(place) {
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
    this.zoomTo(scale, x - dx / canvas.clientWidth / scale, y - dy / canvas.clientHeight / scale);
    Object.assign(drag, { x: event.clientX, y: event.clientY, moved: true });
  }

  /** Zoom so that the place under the pointer stays where it is. */
  zoomBy(factor, [px, py] = [this.group.zoom.x, this.group.zoom.y]) {
    const { scale, x, y } = this.group.zoom;
    const next = clamp(scale * factor, 1, MAX_ZOOM);
    this.zoomTo(next, px + ((x - px) * scale) / next, py + ((y - py) * scale) / next);
  }

  zoomTo(scale, x, y) {
    const edge = 0.5 / scale; // the image always fills the picture
    Object.assign(this.group.zoom, { scale, x: clamp(x, edge, 1 - edge), y: clamp(y, edge, 1 - edge) });
    for (const member of this.group.members) member.draw();
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.scene) return;
    const { heat, units, opacity } = this.settings;
    const actions = {
      h: () => this.set({ heat: !heat }),
      u: () => this.set({ units: !units }),
      "[": () => this.set({ opacity: clamp(opacity - 0.1, 0, 1) }),
      "]": () => this.set({ opacity: clamp(opacity + 0.1, 0, 1) }),
      "+": () => this.zoomBy(1.25),
      "=": () => this.zoomBy(1.25),
      "-": () => this.zoomBy(0.8),
      0: () => this.zoomTo(1, 0.5, 0.5),
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
