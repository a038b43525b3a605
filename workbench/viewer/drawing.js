/**
 * Elements, pictures and colours, without any state: what the other parts draw with.
 *
 * Colours are packed as a canvas packs them (little-endian RGBA), so that painting a map is one
 * table look-up a pixel.
 */

/** Make an element: el("div", {class: "x", text: "y", onclick: f}, child, …). */
export function el(tag, properties = {}, ...children) {
  const drawn = ["svg", "path"].includes(tag);
  const node = drawn
    ? document.createElementNS("http:" + "//www.w3.org/2000/svg", tag) // a name, not an address
    : document.createElement(tag);
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

export function canvasOf(width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return canvas;
}

/** A picture of packed colours that is painted again and again in the same memory. */
export class Raster {
  constructor(width, height) {
    this.canvas = canvasOf(width, height);
    this.width = width;
    this.context = this.canvas.getContext("2d", { willReadFrequently: true });
    this.picture = this.context.createImageData(width, height);
    this.colours = new Uint32Array(this.picture.data.buffer);
  }

  /** Paint codes through a table of packed colours; whatever else is to be painted goes on top. */
  paint(values, table, special = null) {
    const out = this.colours;
    for (let i = 0; i < values.length; i++) out[i] = table[values[i]];
    if (special) special(out);
    this.context.putImageData(this.picture, 0, 0);
    return this.canvas;
  }
}

const striped = (i, width) => ((i % width) + Math.floor(i / width)) % 6 < 2;

/** Paint class ids; void is see-through with a hatch, so that it is never taken for a class. */
export function paintClasses({ width, height, values }, palette, nothing) {
  const table = new Uint32Array(256).fill(packed(128, 128, 128));
  palette.forEach(([r, g, b], id) => (table[id] = packed(r, g, b)));
  table[nothing] = 0;
  const hatch = packed(255, 255, 255, 170);
  return new Raster(width, height).paint(values, table, (out) => {
    for (let i = 0; i < values.length; i++)
      if (values[i] === nothing && striped(i, width)) out[i] = hatch;
  });
}

export const WRONG = [227, 38, 54];

/** Paint where the prediction differs from the truth; both may be of another size. */
export function paintErrors(truth, prediction, nothing) {
  const { width, height, values } = truth;
  const at = (i) => prediction.values[
    Math.floor((Math.floor(i / width) * prediction.height) / height) * prediction.width
      + Math.floor(((i % width) * prediction.width) / width)];
  const codes = values.map((id, i) => (id === nothing ? 2 : Number(at(i) !== id)));
  const hatch = packed(255, 255, 255, 170);
  return new Raster(width, height).paint(codes, [0, packed(...WRONG), 0], (out) => {
    for (let i = 0; i < codes.length; i++) if (codes[i] === 2 && striped(i, width)) out[i] = hatch;
  });
}

/**
 * Return the table that turns codes into packed colours.
 *
 * @param values of the codes, in the score's unit.
 * @param colours 256 RGB colours, one after the other.
 * @param range the values of the first and the last colour.
 * @param threshold only what is above it is shown; null shows all.
 */
export function colourTable(values, colours, [low, high], threshold = null) {
  const table = new Uint32Array(values.length);
  values.forEach((value, code) => {
    const place = 3 * clamp(Math.round((255 * (value - low)) / (high - low || 1)), 0, 255);
    const alpha = threshold === null || value > threshold ? 255 : 0;
    table[code] = packed(colours[place], colours[place + 1], colours[place + 2], alpha);
  });
  return table;
}

/** Return 256 RGB colours that came as base64. */
export const coloursOf = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

/** Write a colour map as a CSS gradient. */
export function gradient(colours) {
  const stops = [0, 32, 64, 96, 128, 160, 192, 224, 255].map(
    (i) => `rgb(${colours.slice(3 * i, 3 * i + 3).join(" ")})`);
  return `linear-gradient(to right, ${stops.join(", ")})`;
}

const packed = (r, g, b, a = 255) => ((a << 24) | (b << 16) | (g << 8) | r) >>> 0;
export const number = (value, digits = 3) => (value === null ? "–" : Number(value).toPrecision(digits));
export const whole = (value) => value.toLocaleString("en-US");
export const percent = (part, all) => `${((100 * part) / (all || 1)).toFixed(1)} %`;
export const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
