/** The colour bar: colours with their values, the histogram of pixel scores, the threshold's handle. */

import { clamp, el, gradient, number, percent, whole } from "./drawing.js";
import { RANGES } from "./view.js";

const BINS = 64;
const HEIGHT = 36;
const DASHES = [null, "5 3", "2 2", "8 3 2 3"]; // of panes of one colour: seeds of a method

/**
 * Group panes by the colour bar they share.
 *
 * @returns [{panes, score, low, high, words, first}], the range in the score's unit.
 */
export function barsOf(panes, mode) {
  const bars = new Map();
  panes.forEach((pane, place) => {
    if (!pane.map) return;
    const { name, unit, low, high } = pane.score;
    const key = mode === "each" ? place : mode === "shared" ? `${name} ${unit}` : `${name} ${unit} ${low} ${high}`;
    if (!bars.has(key)) bars.set(key, { panes: [], score: pane.score, words: RANGES[mode], first: !bars.size });
    bars.get(key).panes.push(pane);
  });
  for (const bar of bars.values()) {
    const ends = bar.panes.map(({ score, range }) => (mode === "score" ? score : range));
    bar.low = Math.min(...ends.map(({ low }) => low));
    bar.high = Math.max(...ends.map(({ high }) => high));
  }
  return [...bars.values()];
}

/** Count the pixels of a pane in equal steps from low to high. */
export function histogram(pane, low, high) {
  const bins = new Float64Array(BINS);
  const { all } = pane.counts;
  pane.values.forEach((value, code) => {
    bins[clamp(Math.floor((BINS * (value - low)) / (high - low || 1)), 0, BINS - 1)] += all[code] - all[code + 1];
  });
  return bins;
}

export class ColourBar {
  /**
   * @param bar from barsOf, or {score, low, high, words} without panes for a difference.
   * @param several whether there are other bars, so that this one says whose it is.
   * @param onThreshold called with a value, or null for none; without it there is no handle.
   */
  constructor(bar, several, onThreshold) {
    this.bar = bar;
    this.first = !several || bar.first;
    this.onThreshold = onThreshold;
    const { score, low, high, words, panes = [] } = bar;
    const whose = several && panes.length ? `: ${panes.map(({ name }) => name).join(", ")}` : "";
    this.ramp = el("div", { class: "wbv-ramp" });
    this.shade = this.ramp.appendChild(el("i"));
    this.handle = Boolean(onThreshold) && this.slider();
    this.plot = el("div", { class: "wbv-plot", title: "Pixels at each score, square-root scale" },
      panes.length > 0 && this.lines(), this.ramp, this.handle);
    if (this.handle) this.plot.addEventListener("pointerdown", (event) => this.drag(event));
    this.counts = el("div", { class: "wbv-counts" });
    this.element = el("div", { class: "wbv-scale" },
      el("span", { text: `${score.name}${score.unit ? ` (${score.unit})` : ""}, range ${words}${whose}` }),
      this.plot,
      el("div", { class: "wbv-ticks" }, ...[low, (low + high) / 2, high].map((v) => el("span", { text: number(v) }))),
      this.counts);
  }

  lines() {
    const { panes, low, high } = this.bar;
    const counted = panes.map((pane) => histogram(pane, low, high));
    const most = Math.max(1, ...counted.map((bins) => Math.max(...bins)));
    const steps = (bins) => [...bins].map((n, i) => {
      const y = HEIGHT - (HEIGHT - 1) * Math.sqrt(n / most);
      return `${i ? "L" : "M"}${i},${y.toFixed(2)}H${i + 1}`;
    }).join("");
    const alone = panes.length === 1;
    const paths = counted.map((bins, i) => {
      const colour = panes[i].colour || "currentColor";
      const before = panes.slice(0, i).filter((other) => other.colour === panes[i].colour).length;
      return el("path", { d: `${steps(bins)}${alone ? `V${HEIGHT}H0Z` : ""}`, style: `--c: ${colour}`,
        class: alone ? "filled" : "", "stroke-dasharray": DASHES[before] });
    });
    return el("svg", { viewBox: `0 0 ${BINS} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
      ...paths);
  }

  slider() {
    const { score, low, high } = this.bar;
    return el("div", { class: "wbv-handle", role: "slider", tabindex: 0, "aria-orientation": "horizontal",
      "aria-label": `Show only what is above, ${score.name}${score.unit ? ` in ${score.unit}` : ""}`,
      "aria-valuemin": low, "aria-valuemax": high, onkeydown: (event) => this.key(event) });
  }

  set(value) {
    const { low, high } = this.bar;
    this.onThreshold(value <= low ? null : Math.min(value, high));
  }

  drag(event) {
    const to = ({ clientX }) => {
      const box = this.ramp.getBoundingClientRect();
      this.set(this.bar.low + ((clientX - box.left) / box.width) * (this.bar.high - this.bar.low));
    };
    event.preventDefault();
    this.handle.focus({ preventScroll: true });
    this.plot.setPointerCapture(event.pointerId);
    const stop = () => this.plot.removeEventListener("pointermove", to);
    this.plot.addEventListener("pointermove", to);
    this.plot.addEventListener("pointerup", stop, { once: true });
    this.plot.addEventListener("pointercancel", stop, { once: true });
    to(event);
  }

  key(event) {
    const { low, high } = this.bar;
    const step = ((high - low) / 100) * (event.shiftKey ? 10 : 1);
    const at = this.at ?? low;
    const places = {
      ArrowRight: at + step, ArrowUp: at + step, ArrowLeft: at - step, ArrowDown: at - step,
      PageUp: at + 10 * step, PageDown: at - 10 * step, Home: low, End: high,
    };
    if (!(event.key in places)) return;
    event.preventDefault();
    event.stopPropagation();
    this.set(places[event.key]);
  }

  tint(colours) {
    this.colours = colours;
    this.ramp.style.backgroundImage = gradient(colours);
  }

  /** Show a threshold: only its handle and words change. */
  show(threshold) {
    this.at = threshold;
    if (!this.handle) return;
    const { low, high, score } = this.bar;
    const share = threshold === null ? 0 : clamp((threshold - low) / (high - low || 1), 0, 1);
    this.handle.style.left = `${100 * share}%`;
    this.shade.style.width = `${100 * share}%`;
    this.handle.setAttribute("aria-valuenow", threshold ?? low);
    this.handle.setAttribute("aria-valuetext", threshold === null ? "all is shown"
      : `above ${number(threshold)} ${score.unit}`);
    this.counts.replaceChildren(...(threshold === null
      ? [this.first && el("span", { class: "wbv-hint", text: "Drag the handle to show only what is above it." })]
      : this.bar.panes.map((pane) => el("span", { text: this.count(pane, threshold) }))).filter(Boolean));
  }

  count(pane, threshold) {
    const { pixels, touched, most, share } = pane.counts.from(pane.codeAbove(threshold));
    const whose = this.bar.panes.length > 1 ? `${pane.name}: ` : "";
    const all = pane.counts.pixels;
    const unit = pane.score.unit ? ` ${pane.score.unit}` : "";
    const most_ = most === null ? "" : `, most in unit ${most} (${percent(share, 1)} of it)`;
    return `${whose}above ${number(threshold)}${unit}: ${whole(pixels)} of ${whole(all)} pixels (${
      percent(pixels, all)}), in ${whole(touched)} of ${whole(pane.units.length)} units${most_}`;
  }
}
