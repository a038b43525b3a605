/** One scene: a run's image with its classes, score map and units, decoded. */

import {
  Raster, clamp, decode, decodeCodes, number, paintClasses, paintErrors, percent, whole,
} from "./drawing.js";
import { Counts, WORDS, pathsOf } from "./units.js";

export class Pane {
  /** Decode a scene; pictures that several panes show are decoded once. */
  static async of(scene, pictures, cache) {
    const once = (name, how) => {
      const place = scene.pictures[name];
      if (place === null) return null;
      const key = `${how.name} ${place}`;
      if (!cache.has(key)) cache.set(key, how(pictures[place]));
      return cache.get(key);
    };
    const pane = new Pane();
    [pane.image, pane.truth, pane.prediction, pane.map] = await Promise.all([
      once("image", decode), once("truth", decodeCodes), once("prediction", decodeCodes),
      once("map", decodeCodes),
    ]);
    return Object.assign(pane, scene).prepare();
  }

  prepare() {
    this.painted = {};
    this.still = {}; // what frame.js keeps of it
    this.paths = pathsOf(this.units);
    this.error = Boolean(this.truth && this.prediction);
    if (!this.map) return this;
    const { low, high } = this.range;
    this.values = Array.from({ length: 256 }, (_, code) => low + (code * (high - low)) / 255);
    this.raster = new Raster(this.map.width, this.map.height);
    this.counts = new Counts(this.map, this.units, this.size);
    return this;
  }

  has(layer) {
    return Boolean(this[layer]);
  }

  /** Whether another pane's scores are of the same kind, so that one threshold is for both. */
  scores(score) {
    return this.map && this.score.name === score.name && this.score.unit === score.unit;
  }

  /** Return a layer's picture in the colours of the classes; painted when first asked for. */
  picture(layer) {
    const { truth, prediction, palette } = this;
    const nothing = this.void;
    if (!(layer in this.painted))
      this.painted[layer] = layer === "error"
        ? paintErrors(truth, prediction, nothing)
        : paintClasses(this[layer], palette, nothing);
    return this.painted[layer];
  }

  recolour(table) {
    this.heat = this.raster.paint(this.map.values, table);
  }

  /** Return the lowest code above a threshold, 256 if there is none. */
  codeAbove(threshold) {
    const code = this.values.findIndex((value) => value > threshold);
    return code < 0 ? 256 : code;
  }

  codeAt([x, y], codes) {
    return codes.values[Math.floor(y * codes.height) * codes.width + Math.floor(x * codes.width)];
  }

  valueAt(place) {
    return this.map ? this.values[this.codeAt(place, this.map)] : null;
  }

  /** Return the unit at a place, 0–1 across and down; the context is used to test its shape. */
  unitAt([x, y], probe) {
    const [row, column] = [y * this.size[0], x * this.size[1]];
    probe.save(); // an outline runs through the middle of pixels, which belong to the unit as a whole
    probe.setTransform(1, 0, 0, 1, 0, 0);
    probe.lineWidth = 1;
    probe.setLineDash([]);
    const found = this.units.find(([id, y0, x0, y1, x1]) => {
      const path = this.paths.get(id);
      return row >= y0 && row < y1 && column >= x0 && column < x1 && (!path
        || probe.isPointInPath(path, column, row, "evenodd") || probe.isPointInStroke(path, column, row));
    });
    probe.restore();
    return found;
  }

  className(id) {
    return id === this.void ? "void" : (this.classes[id] ?? `class ${id}`);
  }

  /** Return [label, text] of all that is known of a place and the unit there. */
  facts(place, unit, threshold) {
    const { score, size } = this;
    return [
      ["x, y", `${Math.floor(place[0] * size[1])}, ${Math.floor(place[1] * size[0])}`],
      this.map && [score.name, `${number(this.valueAt(place))} ${score.unit}`],
      this.prediction && ["predicted", this.className(this.codeAt(place, this.prediction))],
      this.truth && ["true", this.className(this.codeAt(place, this.truth))],
      ...this.unitFacts(unit, threshold),
    ].filter(Boolean);
  }

  unitFacts(unit, threshold) {
    if (!unit) return [];
    const rank = unit[5] === 2 ? ` as pick ${unit[6] + 1}` : "";
    const facts = [[`unit ${unit[0]}`, `${WORDS[unit[5]]}${rank}`]];
    if (unit[7] !== null) facts.push([`${this.aggregation} of unit`, number(unit[7])]);
    if (this.map && threshold !== null) {
      const counts = this.counts.ofUnits.get(unit[0]);
      const above = counts[this.codeAbove(threshold)];
      facts.push(["above the threshold", `${whole(above)} of its ${whole(counts[0])} pixels (${
        percent(above, counts[0])})`]);
    }
    return facts;
  }

  /** Describe what is seen, for those who do not see it. */
  alt(layer, heat) {
    const states = [2, 1].map((state) => this.units.filter((unit) => unit[5] === state).length);
    const on = heat && this.map && layer !== "map" ? `, ${this.score.name} over it` : "";
    return `${this.title}, image ${this.imageId}: ${layer === "map" ? this.score.name : layer}${on}; `
      + `${states[0]} units selected now, ${states[1]} labelled.`;
  }
}

/**
 * B − A of two panes in the score's unit; what stands in its way is a sentence in `refusal`.
 */
export class Difference {
  constructor(a, b) {
    [this.a, this.b] = [a, b];
    this.refusal = refusal(a, b);
    if (this.refusal) return;
    this.raster = new Raster(a.map.width, a.map.height);
    const [first, second] = [a.map.values, b.map.values];
    this.pairs = Uint16Array.from(first, (code, i) => (code << 8) | second[i]);
    this.values = new Float64Array(65536);
    for (let i = 0; i < 65536; i++) this.values[i] = b.values[i & 255] - a.values[i >> 8];
    this.largest = this.pairs.reduce((most, pair) => Math.max(most, Math.abs(this.values[pair])), 0);
    this.score = { name: this.name, unit: a.score.unit };
  }

  get name() {
    const [first, second] = [this.a.score.name, this.b.score.name];
    return first === second ? `${first}, B − A` : `${second} of B − ${first} of A`;
  }

  /** Return the range of the colours, with zero in its middle. */
  range(mode) {
    const possible = [this.a, this.b].map(({ score }) => score.high - score.low);
    const most = mode === "score" ? Math.max(...possible) : this.largest || 1;
    return [-most, most];
  }

  recolour(colours, [low, high]) {
    const table = new Uint32Array(65536);
    const packed = new Uint32Array(256);
    for (let i = 0; i < 256; i++)
      packed[i] = ((255 << 24) | (colours[3 * i + 2] << 16) | (colours[3 * i + 1] << 8) | colours[3 * i]) >>> 0;
    for (let i = 0; i < 65536; i++)
      table[i] = packed[clamp(Math.round((255 * (this.values[i] - low)) / (high - low)), 0, 255)];
    this.heat = this.raster.paint(this.pairs, table);
  }

  valueAt(place) {
    return this.b.valueAt(place) - this.a.valueAt(place);
  }
}

function refusal(a, b) {
  if (!a.map || !b.map) return `No difference: ${(a.map ? b : a).name} has no score map of this image.`;
  if (a.imageId !== b.imageId) return `No difference: A shows ${a.imageId}, B ${b.imageId}.`;
  if (a.score.unit !== b.score.unit)
    return `No difference: ${a.score.name} is in ${a.score.unit || "no unit"}, ${b.score.name} in ${
      b.score.unit || "no unit"}; choose scores of one unit.`;
  if (a.map.width !== b.map.width || a.map.height !== b.map.height)
    return `No difference: the maps are of ${a.map.width} × ${a.map.height} and ${b.map.width} × ${
      b.map.height} pixels; choose runs that keep maps of one size.`;
  return null;
}
