// The crosshair: what a panel's curves, bars and points say where a pointer or a finger is.

import { mapping } from "./canvas.js";
import { element } from "./element.js";

const NEAR = 14; // pixels within which a point or a line counts as met
const DIGITS = 4;

const short = (v) => String(Number(v.toPrecision(DIGITS)));

// Where a line through points passes this x, in pixels: of several places the one nearest to y.
function crossing(layer, ys, map, x, y) {
  let best = NaN;
  for (let k = 1; k < ys.length; k++) {
    const [x0, x1] = [map.x(layer.x[k - 1]), map.x(layer.x[k])];
    if (!(Math.min(x0, x1) <= x && x <= Math.max(x0, x1))) continue;
    const [y0, y1] = [map.y(ys[k - 1]), map.y(ys[k])];
    const share = x1 === x0 ? 0 : (x - x0) / (x1 - x0);
    const found = share === 0 ? y0 : share === 1 ? y1 : y0 + share * (y1 - y0);
    if (!(Math.abs(found - y) >= Math.abs(best - y))) best = found;
  }
  return best;
}

const within = (v, low, high) => v >= low && v <= high;

// What each kind of layer says at a place: the heights in pixels that are marked, and words.
const READ = {
  Curve(layer, map, x, y) {
    const at = crossing(layer, layer.y, map, x, y);
    return Number.isFinite(at) ? { ys: [at], says: short(map.fromY(at)) } : null;
  },
  Fill: (...given) => READ.Curve(...given),
  Band(layer, map, x, y) {
    const ys = [layer.low, layer.high].map((each) => crossing(layer, each, map, x, y));
    if (!ys.every(Number.isFinite)) return null;
    return { ys, says: ys.map((v) => short(map.fromY(v))).join(" to ") };
  },
  Bars(layer, map, x) {
    const at = map.fromX(x);
    const k = layer.heights.findIndex((_, n) => within(at, layer.edges[n], layer.edges[n + 1]));
    if (k < 0 || !Number.isFinite(layer.heights[k])) return null;
    return { ys: [map.y(layer.heights[k])], says: short(layer.heights[k]) };
  },
  Points(layer, map, x, y) {
    let [best, far] = [-1, NEAR];
    layer.x.forEach((v, k) => {
      const away = Math.hypot(map.x(v) - x, map.y(layer.y[k]) - y);
      if (away <= far) [best, far] = [k, away];
    });
    if (best < 0) return null;
    const at = `(${short(layer.x[best])}, ${short(layer.y[best])})`;
    return { ys: [map.y(layer.y[best])], says: at };
  },
  VLine(layer, map, x) {
    const met = [...layer.x].find((v) => Math.abs(map.x(v) - x) <= NEAR / 2);
    return met === undefined ? null : { ys: [], says: short(met) };
  },
  HLine: (layer) => (layer.label ? { ys: [], says: [...layer.y].map(short).join(", ") } : null),
  Text: () => null,
};

// A layer without a name has that of its like in another panel, if there is one.
function name(layer, picture) {
  const like = (other) => other.label && other.color === layer.color && other.dash === layer.dash
    && other.marker === layer.marker;
  return layer.label || (picture.panels.flat().find(like)?.label ?? "");
}

// What stands at a place of a picture, in its frame's pixels; null beside the panels.
export function reading(picture, frame, { x, y }) {
  const index = frame.axes.findIndex(({ box: [left, top, width, height] }) =>
    within(x, left, left + width) && within(y, top, top + height),
  );
  if (index < 0) return null;
  const [axes, map] = [frame.axes[index], mapping(frame.axes[index])];
  const rows = picture.panels[index].flatMap((layer) => {
    const found = READ[layer.kind](layer, map, x, y);
    return found ? [{ ...found, name: name(layer, picture), color: layer.color }] : [];
  });
  const place = { x: short(map.fromX(x)), y: short(map.fromY(y)) };
  return { index, map, xlabel: axes.xlabel, ylabel: axes.ylabel, place, rows };
}

export class Crosshair {
  constructor(stage) {
    this.stage = stage;
    this.at = null; // where the pointer is, in the frame's pixels
    this.line = element("div", { class: "nt-cross" });
    this.box = element("div", { class: "nt-reading", "aria-hidden": "true" });
    stage.node.append(this.line, this.box);
    const follow = (event) => this.point(event);
    for (const kind of ["pointermove", "pointerdown"]) stage.node.addEventListener(kind, follow);
    // a finger leaves what it touched to be read
    stage.node.addEventListener("pointerleave", (event) => {
      if (event.pointerType === "mouse") this.hide();
    });
    this.hide();
  }

  point(event) {
    if (!this.stage.frame) return;
    this.at = this.stage.point(event);
    this.show();
  }

  hide() {
    this.at = null;
    this.line.hidden = this.box.hidden = true;
  }

  // Read the picture on the screen where the pointer is; called again when the picture has changed.
  show() {
    const { stage, at, line, box } = this;
    const { shown, frame } = stage;
    const found = at && frame && shown.frame === frame.key ? reading(shown, frame, at) : null;
    line.hidden = box.hidden = !found;
    if (!found) return;
    const { map, rows } = found;
    const share = (v, all) => `${(100 * v) / all}%`;
    line.style.left = share(at.x, frame.width);
    line.style.top = share(map.top, frame.height);
    line.style.height = share(map.bottom - map.top, frame.height);
    const dots = rows.flatMap(({ ys, color }) => ys.map((y) => [y, color]));
    const inside = dots.filter(([y]) => within(y, map.top - 1, map.bottom + 1));
    line.replaceChildren(
      ...inside.map(([y, color]) => {
        const dot = element("i");
        dot.style.top = share(y - map.top, map.bottom - map.top);
        dot.style.background = stage.ink(color);
        return dot;
      }),
    );
    const row = (words, value, color) => {
      const swatch = element("i");
      if (color) swatch.style.background = stage.ink(color);
      return element("div", {}, swatch, stage.words(words), element("b", {}, value));
    };
    // without a curve under it the place itself is what there is to read
    const own = rows.some(({ ys }) => ys.length) ? [] : [row(found.ylabel || "y", found.place.y)];
    box.replaceChildren(
      row(found.xlabel || "x", found.place.x),
      ...own,
      ...rows.map((each) => row(each.name || found.ylabel || "value", each.says, each.color)),
    );
    const right = at.x > frame.width / 2;
    box.style.left = right ? "" : share(at.x + 12, frame.width);
    box.style.right = right ? share(frame.width - at.x + 12, frame.width) : "";
    box.style.top = share(map.top + 4, frame.height);
  }
}
