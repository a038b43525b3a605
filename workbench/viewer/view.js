/**
 * The view: all that a person sets in a viewer, as one value that a host can read and set.
 *
 * Viewers of one link share it: methods compare only where both show the same part of an image in
 * the same colours.
 */

export const LAYOUTS = {
  grid: "Grid", side: "Layers side by side", swipe: "Swipe", difference: "Difference",
};
export const LAYERS = {
  image: "Image", truth: "Ground truth", prediction: "Prediction", error: "Error", map: "Score map alone",
};
export const RANGES = { score: "of the score", shared: "shared by the panes", each: "of each pane" };
export const MAX_ZOOM = 16;

const START = {
  layout: "grid", layer: "image", heat: true, opacity: 0.65, threshold: null, colormap: "viridis",
  range: "score", units: true, swipe: 0.5, pair: [0, 1], zoom: { scale: 1, x: 0.5, y: 0.5 },
};
/** What a new viewer takes over from the last one that was touched. */
const KEPT = ["layer", "heat", "opacity", "colormap", "range", "units"];
let remembered = {};
const linked = new Map(); // link ► Group

const between = (low, high) => (value) => Number.isFinite(value) && value >= low && value <= high;
const known = (words) => (value) => typeof value === "string" && Object.hasOwn(words, value);
const flag = (value) => typeof value === "boolean";
const share = between(0, 1);
const VALID = {
  layout: known(LAYOUTS), layer: known(LAYERS), range: known(RANGES), heat: flag, units: flag,
  opacity: share, swipe: share, colormap: (value) => typeof value === "string",
  threshold: (value) => value === null || Number.isFinite(value),
  pair: (value) => Array.isArray(value) && value.length === 2 && value.every(between(0, 3)),
  zoom: (value) => between(1, MAX_ZOOM)(value?.scale) && share(value.x) && share(value.y),
};

/** Return what of a view can be applied; it may come from an address that somebody wrote. */
export function understood(view) {
  return Object.fromEntries(
    Object.entries(view ?? {}).filter(([name, value]) => VALID[name]?.(value)));
}

export class Group {
  constructor(settings = {}) {
    this.settings = structuredClone({ ...START, ...remembered, ...settings });
    this.members = new Set();
  }

  get zoom() {
    return this.settings.zoom;
  }

  /** Change settings in every viewer of the group. */
  set(change) {
    const { zoom, ...others } = change;
    Object.assign(this.settings, others);
    remembered = Object.fromEntries(KEPT.map((name) => [name, this.settings[name]]));
    if (zoom) this.place(zoom);
    for (const member of this.members) member.refresh();
  }

  place({ scale, x, y }) {
    const edge = 0.5 / scale; // the image always fills the picture
    const within = (value) => Math.min(Math.max(value, edge), 1 - edge);
    this.settings.zoom = { scale, x: within(x), y: within(y) };
  }

  zoomTo(scale, x, y) {
    this.place({ scale, x, y });
    for (const member of this.members) member.moved();
  }

  /** Take a viewer out of its group and into the one of a link; without a link it is alone. */
  static move(viewer, link) {
    const before = viewer.group;
    if (before && link === viewer.link) return;
    before?.members.delete(viewer);
    if (link === null || !linked.get(link)?.members.size) {
      viewer.group = new Group(before?.settings);
      if (link !== null) linked.set(link, viewer.group);
    } else viewer.group = linked.get(link);
    viewer.link = link;
    viewer.group.members.add(viewer);
  }
}

const DEBOUNCE_MS = 300;
const ECHO_MS = 3000;

/** Return a view with no more digits than an address needs. */
function rounded(settings) {
  const { zoom, threshold, ...others } = settings;
  const short = (value) => Number(value.toFixed(4));
  return { ...others, swipe: short(others.swipe),
    threshold: threshold === null ? null : Number(threshold.toPrecision(6)),
    zoom: { scale: short(zoom.scale), x: short(zoom.x), y: short(zoom.y) } };
}

/**
 * Keeps a host and a viewer of one mind about the view.
 *
 * A change is told when the person has stopped for a moment. What the host gives back of what it was
 * told a moment ago is an echo: the person may have moved on since, so it changes nothing.
 */
export class Exchange {
  constructor(tell) {
    this.tell = tell;
    this.told = []; // {view, at}
    this.given = null;
  }

  /** Return what a view from the host changes: null where it is nothing new. */
  take(view) {
    const text = JSON.stringify(view ?? null);
    if (text === this.given) return null;
    this.given = text;
    const now = performance.now();
    this.told = this.told.filter(({ at }) => now - at < ECHO_MS);
    const same = (told) => Object.entries(view ?? {})
      .every(([name, value]) => JSON.stringify(told[name]) === JSON.stringify(value));
    if (this.told.some((one) => same(one.view))) return null;
    this.known = undefined; // the host knows it already
    return understood(view);
  }

  /** Take note of the view as it is now, and tell it unless it changes again at once. */
  note(settings) {
    const view = rounded(settings);
    const text = JSON.stringify(view);
    const before = this.known;
    this.known = text;
    if (before === undefined || before === text) return; // what a viewer starts with is nobody's doing
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.told.push({ view, at: performance.now() });
      this.tell(view);
    }, DEBOUNCE_MS);
  }

  end() {
    clearTimeout(this.timer);
  }
}
