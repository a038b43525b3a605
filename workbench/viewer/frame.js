/** One canvas: a pane, two of them to swipe between, or their difference; and the pointer over it. */

import { clamp, el } from "./drawing.js";
import { markPicked, outline } from "./units.js";

/**
 * Paint what a frame shows.
 *
 * @param content {kind: "pane", pane, layer} where layer is undefined for the one that is chosen,
 *   {kind: "swipe", pane, other}, or {kind: "difference", pane, other, difference}.
 * @param settings the view.
 * @param look {width, height} of the canvas, ratio of its pixels to CSS pixels, picked unit.
 */
export function paintFrame(context, content, settings, look) {
  const { width, height } = look;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, width, height);
  if (content.kind === "difference") paintDifference(context, content, settings, look);
  else if (content.kind === "swipe") {
    const divider = Math.round(settings.swipe * width);
    clipped(context, [0, divider], height, () => paintPane(context, content.pane, undefined, settings, look));
    clipped(context, [divider, width], height, () => paintPane(context, content.other, undefined, settings, look));
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = "#000";
    context.fillRect(divider - 2 * look.ratio, 0, 4 * look.ratio, height);
    context.fillStyle = "#fff";
    context.fillRect(divider - look.ratio, 0, 2 * look.ratio, height);
  } else paintPane(context, content.pane, content.layer, settings, look);
}

function clipped(context, [from, to], height, draw) {
  context.save();
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.beginPath();
  context.rect(from, 0, to - from, height);
  context.clip();
  draw();
  context.restore();
}

function zoomed(context, { zoom: { scale, x, y } }, { width, height }) {
  context.setTransform(scale, 0, 0, scale, width / 2 - x * scale * width, height / 2 - y * scale * height);
}

function put(context, picture, { width, height }, alpha = 1, smooth = false) {
  context.globalAlpha = alpha;
  context.imageSmoothingEnabled = smooth;
  context.drawImage(picture, 0, 0, width, height);
  context.globalAlpha = 1;
}

function paintPane(context, pane, own, settings, look) {
  const layer = own ?? (pane.has(settings.layer) ? settings.layer : "image");
  const alone = own === undefined && layer === "map";
  const place = [look.width, look.height, settings.zoom];
  still(context, pane, `under ${own}`, [layer, ...place], look, (onto) => {
    zoomed(onto, settings, look);
    if (pane.image && !alone) put(onto, pane.image, look, ["image", "map"].includes(layer) ? 1 : 0.5, true);
    if (["truth", "prediction", "error"].includes(layer)) put(onto, pane.picture(layer), look);
  });
  zoomed(context, settings, look);
  if (pane.map && (alone || (settings.heat && (own === undefined || own === "map"))))
    put(context, pane.heat, look, alone ? 1 : settings.opacity);
  still(context, pane, "over", [settings.units, look.picked, ...place], look, (onto) => {
    zoomed(onto, settings, look);
    const scale = unitScale(pane, look);
    const line = look.ratio / settings.zoom.scale;
    if (settings.units) outline(onto, pane.units, pane.paths, scale, line);
    markPicked(onto, pane.units, pane.paths, look.picked, scale, line);
  });
}

/** Put what only changes with its key, painted once: a threshold that moves draws little else. */
function still(context, pane, name, key, { width, height }, draw) {
  const text = JSON.stringify(key);
  let kept = pane.still[name];
  if (kept?.text !== text) {
    const canvas = kept?.canvas ?? document.createElement("canvas");
    Object.assign(canvas, { width, height }); // which clears it
    draw(canvas.getContext("2d"));
    kept = pane.still[name] = { text, canvas };
  }
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.drawImage(kept.canvas, 0, 0);
}

function paintDifference(context, { pane, other, difference }, settings, look) {
  zoomed(context, settings, look);
  put(context, difference.heat, look);
  const scale = unitScale(pane, look);
  const line = look.ratio / settings.zoom.scale;
  if (settings.units) {
    outline(context, pane.units, pane.paths, scale, line, pane.colour || "#ffffff");
    outline(context, other.units, other.paths, scale, line, other.colour || "#ffd700");
  }
  markPicked(context, pane.units, pane.paths, look.picked, scale, line);
}

const unitScale = ({ size: [rows, columns] }, { width, height }) => [width / columns, height / rows];

const NEAR_PX = 10;

export class Frame {
  /** @param viewer is told of clicks, of the place under the pointer and of another zoom. */
  constructor(viewer, content, caption) {
    this.viewer = viewer;
    this.content = content;
    this.canvas = this.makeCanvas();
    this.element = el("figure", {}, caption, this.canvas);
  }

  makeCanvas() {
    const [height, width] = this.content.pane.size;
    const canvas = el("canvas", { role: "img" });
    canvas.style.aspectRatio = `${width} / ${height}`;
    let drag = null;
    canvas.addEventListener("pointerdown", (event) => {
      drag = { x: event.clientX, y: event.clientY, moved: false, divider: this.atDivider(event) };
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (drag?.divider) this.swipe(event);
      else if (drag) this.pan(event, drag);
      canvas.style.cursor = this.atDivider(event) ? "ew-resize" : "";
      this.viewer.read(this, this.place(event));
    });
    canvas.addEventListener("pointerup", (event) => {
      if (drag && !drag.moved && !drag.divider) this.viewer.click(this, this.place(event));
      drag = null;
    });
    canvas.addEventListener("pointercancel", () => (drag = null));
    canvas.addEventListener("pointerleave", () => this.viewer.read(this, null));
    canvas.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return; // the plain wheel scrolls the page
      event.preventDefault();
      this.viewer.zoomBy(event.deltaY < 0 ? 1.25 : 0.8, this.place(event));
    }, { passive: false });
    return canvas;
  }

  get group() {
    return this.viewer.group;
  }

  /** Return the share of the picture's width at which a pointer is. */
  across(event) {
    const box = this.canvas.getBoundingClientRect();
    return (event.clientX - box.left) / box.width;
  }

  atDivider(event) {
    if (this.content.kind !== "swipe") return false;
    const away = this.across(event) - this.group.settings.swipe;
    return Math.abs(away) * this.canvas.clientWidth < NEAR_PX;
  }

  swipe(event) {
    this.group.set({ swipe: clamp(this.across(event), 0, 1) });
  }

  pan(event, drag) {
    const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
    if (!drag.moved && Math.hypot(dx, dy) < 4) return;
    const { scale, x, y } = this.group.zoom;
    const { clientWidth, clientHeight } = this.canvas;
    this.group.zoomTo(scale, x - dx / clientWidth / scale, y - dy / clientHeight / scale);
    Object.assign(drag, { x: event.clientX, y: event.clientY, moved: true });
  }

  /** Return the place of a pointer in the image, 0–1 across and down. */
  place(event) {
    const box = this.canvas.getBoundingClientRect();
    const { scale, x, y } = this.group.zoom;
    return [
      x + ((event.clientX - box.left) / box.width - 0.5) / scale,
      y + ((event.clientY - box.top) / box.height - 0.5) / scale,
    ];
  }

  /** Return the pane that is seen at a place: in a swipe, the side it is on. */
  paneAt([x]) {
    const { kind, pane, other } = this.content;
    const { zoom, swipe } = this.group.settings;
    return kind === "swipe" && (x - zoom.x) * zoom.scale + 0.5 > swipe ? other : pane;
  }

  draw(picked) {
    const ratio = window.devicePixelRatio || 1;
    const { clientWidth, clientHeight } = this.canvas;
    if (!clientWidth) return;
    const [width, height] = [clientWidth, clientHeight].map((side) => Math.round(side * ratio));
    if (this.canvas.width !== width || this.canvas.height !== height)
      Object.assign(this.canvas, { width, height });
    paintFrame(this.canvas.getContext("2d"), this.content, this.group.settings, { width, height, ratio, picked });
  }
}
