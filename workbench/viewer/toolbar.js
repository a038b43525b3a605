/** The controls above the pictures, one set for all panes, and the legend below them. */

import { WRONG, el } from "./drawing.js";
import { LABELLED, SELECTED, WORDS } from "./units.js";
import { LAYOUTS, RANGES } from "./view.js";

const RANGE_WORDS = "Range of the colours: all that the score can be, lowest to highest of the panes together, "
  + "or of each";

export class Toolbar {
  constructor(viewer) {
    this.viewer = viewer;
    this.controls = {};
    const { panes } = viewer;
    const several = panes.length > 1;
    const map = panes.some((pane) => pane.map);
    const layouts = (several ? ["grid", "swipe", "difference"] : ["grid", "side"])
      .map((name) => [name, !several && name === "grid" ? "One picture" : LAYOUTS[name]]);
    const letters = panes.map((pane, place) => [place, pane.name]);
    this.pairs = panes.length > 2 && el("span", { class: "wbv-pair" }, ...[0, 1].map((side) =>
      this.pairChoice(side, letters)));
    const ranges = Object.entries(RANGES).filter(([name]) => several || name !== "shared")
      .map(([name, words]) => [name, name === "each" && !several ? "range of this map" : `range ${words}`]);
    this.element = el("div", { class: "wbv-bar", role: "toolbar", "aria-label": "Viewer" },
      this.choice("layout", layouts, "Layout"), this.pairs,
      viewer.layers.length > 0 && this.choice("layer", viewer.layers, "Picture below the score map"),
      map && this.check("heat", "Score map", "Show the score map (H)"),
      map && this.slider("opacity", "Opacity", "Opacity of the score map ([ and ])"),
      map && this.choice("colormap", Object.keys(viewer.data.colormaps).map((n) => [n, n]), "Colours"),
      map && this.choice("range", ranges, RANGE_WORDS),
      this.check("units", "Units", "Show the units (U)"),
      this.slider("swipe", "Divider", "Divider between A, on the left, and B"),
      el("span", { class: "wbv-buttons" },
        this.button("−", "Zoom out (−)", () => viewer.zoomBy(0.8)),
        this.button("+", "Zoom in (+)", () => viewer.zoomBy(1.25)),
        this.button("Fit", "The whole image (0)", () => viewer.group.zoomTo(1, 0.5, 0.5)),
        this.button("PNG", "Save what is seen as a PNG picture", () => viewer.save()),
        this.button("?", "Keys (?)", () => viewer.help())));
  }

  named(name, properties) {
    return { "data-name": name, ...properties };
  }

  choice(name, options, label) {
    const onchange = () => this.viewer.group.set({ [name]: control.value });
    const control = el("select", this.named(name, { onchange, "aria-label": label, title: label }),
      ...options.map(([value, text]) => el("option", { value, text })));
    return (this.controls[name] = control);
  }

  pairChoice(side, options) {
    const label = `Which is ${"AB"[side]}`;
    const onchange = () => {
      const pair = [...this.viewer.pair];
      pair[side] = Number(control.value);
      if (pair[0] === pair[1]) pair[1 - side] = this.viewer.pair[side]; // they change places
      this.viewer.group.set({ pair });
    };
    const control = el("select", this.named(`pair${side}`, { onchange, "aria-label": label, title: label }),
      ...options.map(([value, text]) => el("option", { value, text })));
    this.controls[`pair${side}`] = control;
    return el("label", {}, el("span", { text: "AB"[side] }), control);
  }

  slider(name, label, title) {
    const oninput = () => this.viewer.group.set({ [name]: Number(control.value) });
    const control = el("input", this.named(name, {
      type: "range", min: 0, max: 1, step: 0.01, oninput, "aria-label": title }));
    this.controls[name] = control;
    return el("label", { title }, el("span", { text: label }), control);
  }

  check(name, label, title) {
    const onchange = () => this.viewer.group.set({ [name]: control.checked });
    const control = el("input", this.named(name, { type: "checkbox", onchange }));
    this.controls[name] = control;
    return el("label", { title }, control, el("span", { text: label }));
  }

  button(text, title, onclick) {
    return el("button", this.named(title, { type: "button", text, title, "aria-label": title, onclick }));
  }

  /** Bring the controls in line with the view, and show those that do something in its layout. */
  refresh(settings) {
    const { viewer, controls } = this;
    const { layout, pair } = viewer;
    const values = { ...settings, layout, pair0: pair[0], pair1: pair[1], layer: viewer.layer };
    for (const [name, control] of Object.entries(controls))
      if (control.type === "checkbox") control.checked = values[name];
      else if (control.value !== String(values[name])) control.value = values[name];
    const shown = (name, whether) => {
      const control = controls[name];
      if (control) (control.closest("label") ?? control).hidden = !whether;
    };
    if (this.pairs) this.pairs.hidden = !["swipe", "difference"].includes(layout);
    shown("swipe", layout === "swipe");
    const difference = layout === "difference";
    for (const name of ["heat", "opacity", "colormap"]) shown(name, !difference);
    shown("layer", !difference && layout !== "side");
  }
}

/** Return what the legend says: [colour, text, kind of mark]. */
export function legendOf(viewer) {
  const { panes, layout, layer } = viewer;
  if (layout === "difference")
    return viewer.compared.filter((pane) => pane.units.some((unit) => unit[5] === 2))
      .map((pane, side) => [pane.colour || ["#ffffff", "#ffd700"][side], `selected by ${pane.name}`, "line"]);
  const states = new Set(panes.flatMap((pane) => pane.units.map((unit) => unit[5])));
  const layers = layout === "side" ? ["truth", "prediction"] : [layer];
  const used = new Set();
  const pictures = panes.flatMap((pane) => layers.includes("error")
    ? [] : layers.map((name) => ["truth", "prediction"].includes(name) && pane[name]).filter(Boolean));
  for (const codes of pictures) for (const id of codes.values) used.add(id);
  const hasVoid = used.has(panes[0].void)
    || (layers.includes("error") && panes.some((pane) => pane.truth?.values.includes(pane.void)));
  return [
    states.has(2) && [SELECTED, WORDS[2], "line"],
    states.has(1) && [LABELLED, WORDS[1], "line striped"],
    layers.includes("error") && [`rgb(${WRONG})`, "predicted wrongly", ""],
    ...panes[0].classes.map((name, id) => used.has(id) && [`rgb(${panes[0].palette[id]})`, name, ""]),
    hasVoid && ["transparent", "void", "hatch"],
  ].filter(Boolean);
}

export function chip([colour, text, kind]) {
  return el("span", { class: `wbv-chip ${kind}` }, el("i", { style: `--c: ${colour}` }), text);
}
