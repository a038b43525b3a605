/** What is seen as one PNG picture: title, panes, colour bars and legend, in a fixed font, on white. */

import { canvasOf, clamp, number } from "./drawing.js";
import { paintFrame } from "./frame.js";

const FONT = '"Liberation Sans", Arial, Helvetica, sans-serif';
const INK = "#1f2328";
const MUTED = "#59606b";
const MARGIN = 16;
const LINE = 18;
const BAR = 320;

class Sheet {
  /** @param width in units of which each takes `ratio` pixels of the picture. */
  constructor(width, ratio) {
    [this.width, this.ratio, this.y] = [width, ratio, MARGIN];
    this.jobs = []; // drawn once the height is known
    this.measure = canvasOf(1, 1).getContext("2d");
  }

  text(words, x = MARGIN, style = `13px ${FONT}`, colour = INK) {
    this.measure.font = style;
    let line = "";
    const put = () => {
      const [text, y] = [line, this.y + 13];
      this.jobs.push((c) => Object.assign(c, { font: style, fillStyle: colour }).fillText(text, x, y));
      this.y += LINE;
    };
    for (const word of words.split(" ")) {
      const longer = line ? `${line} ${word}` : word;
      if (line && this.measure.measureText(longer).width > this.width - MARGIN - x) {
        put();
        line = word;
      } else line = longer;
    }
    put();
  }

  bar({ bar, colours, threshold, words }) {
    const { low, high } = bar;
    this.text(words[0]);
    const y = this.y;
    const width = Math.min(BAR, this.width - 2 * MARGIN);
    this.jobs.push((c) => {
      for (let x = 0; x < width; x++) {
        const at = 3 * Math.round((255 * x) / (width - 1));
        c.fillStyle = `rgb(${colours.slice(at, at + 3).join(" ")})`;
        c.fillRect(MARGIN + x, y, 1, 12);
      }
      if (threshold !== null) {
        const x = MARGIN + width * clamp((threshold - low) / (high - low || 1), 0, 1);
        c.fillStyle = INK;
        c.fillRect(x - 1, y - 3, 2, 18);
      }
      Object.assign(c, { font: `12px ${FONT}`, fillStyle: MUTED });
      [low, (low + high) / 2, high].forEach((value, place) => {
        c.textAlign = ["left", "center", "right"][place];
        c.fillText(number(value), MARGIN + (width * place) / 2, y + 26);
      });
      c.textAlign = "left";
    });
    this.y += 34;
    for (const line of words.slice(1)) this.text(line);
    this.y += 6;
  }

  chips(chips) {
    this.measure.font = `13px ${FONT}`;
    let x = MARGIN;
    for (const [colour, text, kind] of chips) {
      const wide = 20 + this.measure.measureText(text).width + 16;
      if (x > MARGIN && x + wide > this.width - MARGIN) [x, this.y] = [MARGIN, this.y + LINE];
      const [left, y] = [x, this.y];
      this.jobs.push((c) => mark(c, colour, kind, left, y));
      this.jobs.push((c) => Object.assign(c, { font: `13px ${FONT}`, fillStyle: INK })
        .fillText(text, left + 18, y + 12));
      x += wide;
    }
    if (chips.length) this.y += LINE;
  }

  canvas() {
    const canvas = canvasOf(Math.round(this.width * this.ratio), Math.round((this.y + MARGIN) * this.ratio));
    const context = canvas.getContext("2d");
    context.fillStyle = "#ffffff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.scale(this.ratio, this.ratio);
    for (const job of this.jobs) job(context);
    return canvas;
  }
}

function mark(c, colour, kind, x, y) {
  c.save();
  c.beginPath();
  c.rect(x, y + 1, 13, 13);
  c.clip();
  const lines = kind.includes("line");
  c.fillStyle = kind === "hatch" ? "#dddddd" : lines ? "#ffffff" : colour;
  c.fillRect(x, y + 1, 13, 13);
  if (kind === "hatch" || kind.includes("striped")) {
    c.strokeStyle = kind === "hatch" ? "#777777" : colour;
    c.lineWidth = 1.5;
    c.beginPath();
    for (let d = -12; d < 13; d += 5) {
      c.moveTo(x + d, y + 14);
      c.lineTo(x + d + 13, y + 1);
    }
    c.stroke();
  }
  c.strokeStyle = lines ? colour : MUTED;
  c.lineWidth = lines ? 6 : 1;
  c.strokeRect(x, y + 1, 13, 13);
  c.restore();
}

/**
 * Compose the picture.
 *
 * @param seen {title, frames: [{content, names: [[colour, text]]}], size, settings, picked, bars, chips,
 *   notices}; a bar is {bar, colours, threshold, words}.
 */
export function sheetOf(seen) {
  const columns = seen.frames.length > 1 ? 2 : 1;
  const [rows, across] = seen.size;
  const wide = clamp(across, 480, 1024);
  const high = Math.round((wide * rows) / across);
  const ratio = wide * columns > 1200 ? 1 : 2;
  const sheet = new Sheet(columns * (wide + MARGIN) + MARGIN, ratio);
  sheet.text(seen.title, MARGIN, `bold 15px ${FONT}`);
  sheet.y += 4;
  seen.frames.forEach(({ content, names }, place) => {
    const x = MARGIN + (place % columns) * (wide + MARGIN);
    const y = sheet.y;
    let left = x;
    for (const [colour, text] of names) {
      sheet.measure.font = `bold 13px ${FONT}`;
      const at = left;
      if (colour) sheet.jobs.push((c) => Object.assign(c, { fillStyle: colour }).fillRect(at, y + 2, 11, 11));
      const from = at + (colour ? 17 : 0);
      sheet.jobs.push((c) => Object.assign(c, { font: `bold 13px ${FONT}`, fillStyle: INK })
        .fillText(text, from, y + 12));
      left = from + sheet.measure.measureText(text).width + 14;
    }
    const top = y + (names.length ? 18 : 0);
    sheet.jobs.push((c) => {
      const picture = canvasOf(wide * ratio, high * ratio);
      const look = { width: wide * ratio, height: high * ratio, ratio, picked: seen.picked };
      paintFrame(picture.getContext("2d"), content, seen.settings, look);
      c.drawImage(picture, x, top, wide, high);
    });
    const last = place === seen.frames.length - 1;
    if (last || place % columns === columns - 1) sheet.y = top + high + 12;
  });
  for (const bar of seen.bars) sheet.bar(bar);
  sheet.chips(seen.chips);
  for (const notice of seen.notices) sheet.text(notice, MARGIN, `12px ${FONT}`, MUTED);
  return sheet.canvas();
}

/** Let the browser save a canvas as a PNG file. */
export function download(canvas, name) {
  canvas.toBlob((blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `${name}.png`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }, "image/png");
}
