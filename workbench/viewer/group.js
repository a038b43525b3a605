/**
 * Settings and zoom of viewers that move together: side by side, methods compare only if both show
 * the same part of an image in the same colours.
 */

/** Settings of the last viewer that was touched: a new one starts with them. */
let remembered = {
  layer: "image", heat: true, opacity: 0.65, threshold: 0, colormap: "viridis",
  scale: "score", units: true,
};
const linked = new Map(); // link ► Group

export class Group {
  constructor(settings = { ...remembered }) {
    this.settings = settings;
    this.zoom = { scale: 1, x: 0.5, y: 0.5 }; // the place in the middle, 0–1 across and down
    this.members = new Set();
  }

  /** Change settings in every viewer of the group. */
  set(change) {
    Object.assign(this.settings, change);
    remembered = { ...this.settings };
    for (const member of this.members) member.refresh();
  }

  zoomTo(scale, x, y) {
    const edge = 0.5 / scale; // the image always fills the picture
    const within = (value) => Math.min(Math.max(value, edge), 1 - edge);
    Object.assign(this.zoom, { scale, x: within(x), y: within(y) });
    for (const member of this.members) member.draw();
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
