/**
 * Pictures, pixels and outlines, without any state: what viewer.js draws with.
 *
 * Colours are packed as a canvas packs them (little-endian RGBA), so that painting a map is one
 * table look-up a pixel.
 */

export const LABELLED = "#3f8fd9"; // the blue and the vermillion of workbench.figures, dark theme:
export const SELECTED = "#f07b22"; // with a dark halo they stand out on any picture
const HALO = "rgba(0, 0, 0, 0.65)";

/** Make an element: el("div", {class: "x", text: "y", onclick: f}, child, …). */
export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (key === "text") node.textContent = value;
    else if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== null && value !== false) node.setAttribute(key, value);
  }
  node.append(...children.filter(Boolean));
  return node;
}

/** Decode a picture without touching its values. */
export async function decode(url) {
  if (!url) return null;
  const image = new Image();
  image.src = url;
  await image.decode();
  return createImageBitmap(image, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
}

/** Read the 8-bit codes of a grey picture. */
export async function decodeCodes(url) {
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

/** Paint codes through a table of 256 packed colours. */
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

/** Paint class ids; void is see-through with a hatch, so that it is never taken for a class. */
export function paintClasses(codes, palette, nothing) {
  if (!codes) return null;
  const table = new Uint32Array(256).fill(packed(128, 128, 128));
  palette.forEach(([r, g, b], id) => (table[id] = packed(r, g, b)));
  table[nothing] = 0;
  const hatch = packed(255, 255, 255, 170);
  return paint(codes, table, (out, values, width) => {
    for (let i = 0; i < values.length; i++)
      if (values[i] === nothing && ((i % width) + Math.floor(i / width)) % 6 < 2) out[i] = hatch;
  });
}

/**
 * Paint a score map: a table look-up, half a millisecond at 360×480.
 *
 * @param colours 256 RGB colours, one after the other.
 * @param valueOf turns a code into the score's unit.
 * @param range the values of the first and the last colour.
 * @param threshold share of the range below which nothing is shown.
 */
export function paintMap(codes, colours, valueOf, [low, high], threshold) {
  const table = new Uint32Array(256);
  for (let code = 0; code < 256; code++) {
    const share = (valueOf(code) - low) / (high - low || 1);
    const place = 3 * clamp(Math.round(255 * share), 0, 255);
    const alpha = share + 1e-9 < threshold ? 0 : 255;
    table[code] = packed(colours[place], colours[place + 1], colours[place + 2], alpha);
  }
  return paint(codes, table);
}

/** Write a colour map as a CSS gradient. */
export function gradient(colours) {
  const stops = [0, 32, 64, 96, 128, 160, 192, 224, 255].map(
    (i) => `rgb(${colours.slice(3 * i, 3 * i + 3).join(" ")})`);
  return `linear-gradient(to right, ${stops.join(", ")})`;
}

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

/**
 * Outline units.
 *
 * @param paths of those that are no rectangles.
 * @param scale canvas pixels an image pixel, across and down.
 * @param line width of one CSS pixel.
 */
export function outline(context, units, paths, picked, shown, [sx, sy], line) {
  const box = ([id, y0, x0, y1, x1], inset, colour, thick, dash = []) => {
    context.strokeStyle = colour;
    context.lineWidth = thick * line;
    context.setLineDash(dash.map((d) => d * line));
    if (paths.has(id)) {
      const path = new Path2D();
      path.addPath(paths.get(id), new DOMMatrix([sx, 0, 0, sy, 0, 0]));
      context.stroke(path);
    } else
      context.strokeRect(x0 * sx + inset * line, y0 * sy + inset * line,
        (x1 - x0) * sx - 2 * inset * line, (y1 - y0) * sy - 2 * inset * line);
  };
  if (shown) {
    for (const unit of units) box(unit, 0, "rgba(255, 255, 255, 0.35)", 1);
    for (const unit of units.filter((u) => u[5] > 0).sort((a, b) => a[5] - b[5])) {
      box(unit, 2.5, HALO, 5);
      box(unit, 2.5, unit[5] === 2 ? SELECTED : LABELLED, 3);
      if (unit[5] === 2) badge(context, unit, sx, sy, line);
    }
  }
  for (const unit of units.filter((u) => u[0] === picked)) {
    box(unit, 4, "#000", 3);
    box(unit, 4, "#fff", 3, [6, 6]);
  }
}

/** Write a selected unit's place in the batch into its corner, counted from 1. */
function badge(context, unit, sx, sy, line) {
  const text = String(unit[6] + 1);
  context.font = `bold ${12 * line}px sans-serif`;
  const width = context.measureText(text).width + 8 * line;
  context.fillStyle = SELECTED;
  context.fillRect(unit[2] * sx + 4 * line, unit[1] * sy + 4 * line, width, 16 * line);
  context.fillStyle = "#000";
  context.fillText(text, unit[2] * sx + 8 * line, unit[1] * sy + 16 * line);
}

const packed = (r, g, b, a = 255) => ((a << 24) | (b << 16) | (g << 8) | r) >>> 0;
export const number = (value, digits = 3) => (value === null ? "–" : Number(value).toPrecision(digits));
export const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
