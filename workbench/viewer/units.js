/** Units of an image: their outlines and hatches, which is where, and what they count. */

export const LABELLED = "#3f8fd9"; // the blue and the vermillion of workbench.figures, dark theme:
export const SELECTED = "#f07b22"; // with a dark halo they stand out on any picture
export const WORDS = ["not labelled", "labelled", "selected now"];
const HALO = "rgba(0, 0, 0, 0.65)";
const HATCH_PX = 12;

/** Return unit's id ► path, in image pixels, of every unit that is no rectangle. */
export function pathsOf(units) {
  const paths = new Map();
  for (const [id, , , , , , , , rings] of units) {
    if (!rings?.length) continue;
    const path = new Path2D();
    for (const ring of rings) { // through the middle of pixels
      path.moveTo(ring[0] + 0.5, ring[1] + 0.5);
      for (let i = 2; i < ring.length; i += 2) path.lineTo(ring[i] + 0.5, ring[i + 1] + 0.5);
      path.closePath();
    }
    paths.set(id, path);
  }
  return paths;
}

/** Return a unit's path in the canvas, its edge moved inwards where it is a rectangle. */
function shapeOf([id, y0, x0, y1, x1], paths, [sx, sy], inset) {
  const path = new Path2D();
  if (paths.has(id)) path.addPath(paths.get(id), new DOMMatrix([sx, 0, 0, sy, 0, 0]));
  else path.rect(x0 * sx + inset, y0 * sy + inset, (x1 - x0) * sx - 2 * inset, (y1 - y0) * sy - 2 * inset);
  return path;
}

/**
 * Outline units: labelled ones hatched, selected ones with their place in the batch.
 *
 * @param paths of those that are no rectangles.
 * @param scale canvas pixels an image pixel, across and down.
 * @param line width of one CSS pixel.
 * @param colour of selected units, if it is not the usual one; then others are left out.
 */
export function outline(context, units, paths, scale, line, colour = null) {
  const stroke = (unit, inset, style, thick) => {
    context.strokeStyle = style;
    context.lineWidth = thick * line;
    context.stroke(shapeOf(unit, paths, scale, inset * line));
  };
  if (!colour) for (const unit of units) stroke(unit, 0, "rgba(255, 255, 255, 0.35)", 1);
  const marked = units.filter((u) => (colour ? u[5] === 2 : u[5] > 0)).sort((a, b) => a[5] - b[5]);
  const labelled = marked.filter((unit) => unit[5] === 1);
  if (labelled.length) hatch(context, labelled, paths, scale, line);
  for (const unit of marked) {
    stroke(unit, 2.5, HALO, 5);
    stroke(unit, 2.5, unit[5] === 2 ? (colour ?? SELECTED) : LABELLED, 3);
    if (unit[5] === 2) badge(context, unit, scale, line, colour ?? SELECTED);
  }
}

/** Mark the unit that was chosen, if it is one of these. */
export function markPicked(context, units, paths, picked, scale, line) {
  const unit = units.find(([id]) => id === picked);
  if (!unit) return;
  const shape = shapeOf(unit, paths, scale, 4 * line);
  context.lineWidth = 3 * line;
  context.strokeStyle = "#000";
  context.stroke(shape);
  context.setLineDash([6 * line, 6 * line]);
  context.strokeStyle = "#fff";
  context.stroke(shape);
  context.setLineDash([]);
}

/** Hatch units, so that what is labelled is not told by its colour alone. */
function hatch(context, units, paths, scale, line) {
  const inside = new Path2D();
  for (const unit of units) inside.addPath(shapeOf(unit, paths, scale, 0));
  context.save();
  context.clip(inside, "evenodd");
  const { a: zoom, e, f } = context.getTransform();
  const { width, height } = context.canvas;
  const [left, top] = [-e / zoom, -f / zoom]; // of what is seen
  const [across, down] = [width / zoom, height / zoom];
  const step = HATCH_PX * line;
  const path = new Path2D();
  const first = Math.floor((left - top - down) / step) * step; // lines stay with the image, not the canvas
  for (let at = first; at < left + across - top; at += step) {
    path.moveTo(at + top, top);
    path.lineTo(at + top + down, top + down);
  }
  for (const [style, thick] of [[HALO, 2], [LABELLED, 1.2]]) {
    context.strokeStyle = style;
    context.lineWidth = thick * line;
    context.stroke(path);
  }
  context.restore();
}

/** Write a selected unit's place in the batch into its corner, counted from 1. */
function badge(context, unit, [sx, sy], line, colour) {
  const text = String(unit[6] + 1);
  context.font = `bold ${12 * line}px sans-serif`;
  const width = context.measureText(text).width + 8 * line;
  context.fillStyle = colour;
  context.fillRect(unit[2] * sx + 4 * line, unit[1] * sy + 4 * line, width, 16 * line);
  context.fillStyle = "#000";
  context.fillText(text, unit[2] * sx + 8 * line, unit[1] * sy + 16 * line);
}

/**
 * Call back with every pixel (x, y) of a unit, each once.
 *
 * Rings run through the unit's own outermost pixels: these belong to it, and so does what lies
 * between an odd and an even crossing of a row.
 */
export function eachPixel([, y0, x0, y1, x1, , , , rings], visit) {
  const width = x1 - x0;
  const inside = new Uint8Array(width * (y1 - y0)).fill(rings?.length ? 0 : 1);
  const crossings = Array.from({ length: y1 - y0 }, () => []);
  for (const ring of rings ?? [])
    for (let i = 0; i < ring.length; i += 2) {
      const [ax, ay] = [ring[i] - x0, ring[i + 1] - y0];
      const [bx, by] = [ring[(i + 2) % ring.length] - x0, ring[(i + 3) % ring.length] - y0];
      const steps = Math.max(Math.abs(bx - ax), Math.abs(by - ay));
      for (let s = 0; s <= steps; s++) { // the pixels of an edge, straight or diagonal
        const [x, y] = [ax + ((bx - ax) * s) / (steps || 1), ay + ((by - ay) * s) / (steps || 1)];
        inside[Math.round(y) * width + Math.round(x)] = 1;
      }
      for (let y = Math.min(ay, by); y < Math.max(ay, by); y++)
        crossings[y].push(ax + ((y - ay) * (bx - ax)) / (by - ay));
    }
  crossings.forEach((found, y) => {
    found.sort((a, b) => a - b);
    for (let i = 0; i + 1 < found.length; i += 2)
      for (let x = Math.ceil(found[i]); x <= found[i + 1]; x++) inside[y * width + x] = 1;
  });
  for (let i = 0; i < inside.length; i++)
    if (inside[i]) visit(x0 + (i % width), y0 + Math.floor(i / width));
}

/** How many pixels of a score map lie above a code, in all and in each unit. */
export class Counts {
  /**
   * @param codes {width, height, values} of the score map.
   * @param size [H, W] of the image, which the units refer to.
   */
  constructor(codes, units, size) {
    this.codes = codes;
    this.units = units;
    this.size = size;
    this.all = new Uint32Array(257);
    for (const code of codes.values) this.all[code]++;
    suffixSums(this.all);
  }

  get pixels() {
    return this.all[0];
  }

  /** Return unit's id ► number of its pixels with at least a code, for codes 0–256. */
  get ofUnits() {
    if (this.counted) return this.counted; // not before somebody asks: it visits every pixel
    const { width, height, values } = this.codes;
    const [rows, columns] = this.size;
    const factor = Math.round(columns / width);
    const whole = width * factor === columns && height * factor === rows; // of pixels of the image
    this.counted = new Map();
    for (const unit of this.units) {
      const counts = new Uint32Array(257);
      eachPixel(unit, (x, y) => {
        if (whole && factor > 1 && (x % factor !== factor >> 1 || y % factor !== factor >> 1)) return;
        counts[values[Math.floor((y * height) / rows) * width + Math.floor((x * width) / columns)]]++;
      });
      this.counted.set(unit[0], suffixSums(counts));
    }
    return this.counted;
  }

  /**
   * Return what lies at or above a code (0 … 256).
   *
   * @returns pixels, and of the units: how many have any, and the one with the largest share.
   */
  from(code) {
    let [touched, most, share] = [0, null, 0];
    for (const [id, counts] of this.ofUnits) {
      if (!counts[code]) continue;
      touched++;
      if (counts[code] / counts[0] > share) [most, share] = [id, counts[code] / counts[0]];
    }
    return { pixels: this.all[code], touched, most, share };
  }
}

function suffixSums(counts) {
  for (let i = counts.length - 2; i >= 0; i--) counts[i] += counts[i + 1];
  return counts;
}
