// Where words stand in a panel: labels beside their marks, a legend where it covers none of them, and
// a word for a panel that shows nothing. Must agree with `figures/places.py`.

export const LINE = 19; // pixels that a line of words takes
export const [GAP, PAD, SWATCH] = [6, 4, 22];
const RISE = 13; // of letters above their baseline
const STEPS = [0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6]; // in lines, up first
const STRAY = 10; // pixels that a label may stand from where its curve is seen
const FAR = 1e6;
const GRID = [0, 0.25, 0.5, 0.75, 1];
const SHARES = { left: 0, center: 0.5, right: 1, upper: 0, lower: 1 };
const [NOTHING, BEYOND] = ["no values here", "all beyond these axes"];
const isLine = ({ kind }) => kind === "VLine" || kind === "HLine";
const isSeen = (x, y, map) => x >= map.left && x <= map.right && y >= map.top && y <= map.bottom;

// Parallel lines from one side of a panel to the other.
function across(at, first, last) {
  return [at.flatMap((v) => [v, v, NaN]), at.flatMap(() => [first, last, NaN])];
}

// The pixels of what a layer draws, in order, and whether lines join them.
function outline(layer, map) {
  // a log axis sends zero to infinity: far away is as good
  const along = (side) => (v) => Math.max(-FAR, Math.min(FAR, map[side](v)));
  const xs = (values) => Array.from(values, along("x"));
  const ys = (values) => Array.from(values, along("y"));
  const twice = (values) => values.flatMap((v) => [v, v]);
  switch (layer.kind) {
    case "Text": return { x: xs(layer.x.slice(0, 1)), y: ys(layer.y.slice(0, 1)), joined: false };
    case "Points": return { x: xs(layer.x), y: ys(layer.y), joined: false };
    case "VLine": {
      const [x, y] = across(xs(layer.x), map.bottom, map.top);
      return { x, y, joined: true };
    }
    case "HLine": {
      const [y, x] = across(ys(layer.y), map.left, map.right);
      return { x, y, joined: true };
    }
    case "Bars": {
      const tops = Array.from(layer.heights, (v) => (v === 0 ? NaN : v)); // no bar, no mark
      return { x: twice(xs(layer.edges)).slice(1, -1), y: twice(ys(tops)), joined: true };
    }
    case "Band": {
      const x = xs(layer.x);
      return { x: [...x, NaN, ...x], y: [...ys(layer.high), NaN, ...ys(layer.low)], joined: true };
    }
    default: return { x: xs(layer.x), y: ys(layer.y), joined: true };
  }
}

// Whether what is traced touches a box.
function meets({ x, y, joined }, box) {
  for (let k = 0; k < x.length; k++) {
    if (isSeen(x[k], y[k], box)) return true;
    if (joined && k && passing(x[k - 1], y[k - 1], x[k], y[k], box)) return true;
  }
  return false;
}

// The shares of a line's length between which it is inside a box; null where it passes by.
export function passing(x0, y0, x1, y1, box) {
  let [enter, leave] = [0, 1];
  for (const [from, to, low, high] of [[x0, x1, box.left, box.right], [y0, y1, box.top, box.bottom]]) {
    const step = to - from;
    if (Number.isNaN(step)) return null;
    if (step === 0) {
      if (from < low || from > high) return null;
      continue;
    }
    const ends = [(low - from) / step, (high - from) / step];
    enter = Math.max(enter, Math.min(...ends));
    leave = Math.min(leave, Math.max(...ends));
  }
  return enter <= leave ? [enter, leave] : null;
}

// Where the direct labels of a panel stand: none covers another, and what is not seen has none.
export function labels(layers, map, width) {
  const taken = [];
  const found = [];
  for (const layer of layers) {
    if (!layer.label || !meets(outline(layer, map), map)) continue;
    const [x, wish, side] = anchor(layer, map);
    const wide = width(layer.label);
    let start = x - { left: 0, center: wide / 2, right: wide }[side];
    start = Math.min(Math.max(start, map.left + 2), Math.max(map.right - wide, map.left + 2));
    let y = Math.max(Math.min(wish, map.bottom - 4), map.top + RISE);
    // by whole lines, up first, and else as near as others leave room
    const others = taken.flatMap(([, , at]) => [at - LINE, at + LINE]);
    others.sort((one, other) => Math.abs(one - y) - Math.abs(other - y));
    const fits = (place) =>
      map.top + RISE <= place && place <= map.bottom &&
      taken.every(
        ([first, last, other]) =>
          place <= other - LINE || place >= other + LINE || start >= last || start + wide <= first,
      );
    y = [...STEPS.map((step) => y - step * LINE), ...others].find(fits) ?? y;
    taken.push([start, start + wide, y]);
    found.push({ label: layer.label, color: layer.color, x: start, y });
  }
  return found;
}

const sideOf = (share) => (share < 0.15 ? "left" : share > 0.85 ? "right" : "center");

// Where a layer's label would like to sit: its baseline's x and y, and which side is there.
function anchor(layer, map) {
  const middle = (map.left + map.right) / 2;
  let { x, y } = outline(layer, map);
  const first = Math.max(x.findIndex((v, k) => isSeen(v, y[k], map)), 0);
  if (layer.kind === "Text") return [x[0], y[0], layer.align];
  if (layer.kind === "Points") {
    return x[first] < middle ? [x[first] + 8, y[first] + 4, "left"] : [x[first] - 8, y[first] + 4, "right"];
  }
  if (layer.kind === "VLine") {
    const top = map.top + RISE;
    return x[first] < middle ? [x[first] + 5, top, "left"] : [x[first] - 5, top, "right"];
  }
  const at = map.left + layer.label_at * (map.right - map.left);
  if (layer.kind === "HLine") return [at, y[first] - 5, sideOf(layer.label_at)];
  if (layer.kind === "Bars") {
    x = Array.from(layer.heights, (_, k) => map.x((layer.edges[k] + layer.edges[k + 1]) / 2));
    y = Array.from(layer.heights, map.y);
  }
  const count = layer.kind === "Band" ? layer.x.length : x.length;
  const nearest = (fits) => {
    let best = null;
    for (let k = 0; k < count; k++) {
      const held = Number.isFinite(x[k]) && Number.isFinite(y[k]) && fits(k);
      if (held && (best === null || Math.abs(x[k] - at) < Math.abs(x[best] - at))) best = k;
    }
    return best;
  };
  const seen = nearest((k) => isSeen(x[k], y[k], map));
  if (seen === null) return [at, y[nearest(() => true)] - 6, sideOf(layer.label_at)];
  if (Math.abs(x[seen] - at) <= STRAY) return [at, y[seen] - 6, sideOf(layer.label_at)];
  const share = (x[seen] - map.left) / (map.right - map.left);
  return [x[seen], y[seen] - 6, sideOf(share)];
}

// Where a legend stands: near the place that the panel wants, and on nothing; null where there is no
// room for it.
export function legend(layers, wish, map, width) {
  const traced = layers.map((layer) => [layer, outline(layer, map)]).filter(([, each]) => meets(each, map));
  const named = traced.map(([layer]) => layer).filter(({ label, kind }) => label && kind !== "Text");
  if (!named.length) return null;
  const wide = Math.max(...named.map(({ label }) => width(label))) + SWATCH + GAP + 2 * PAD;
  const high = LINE * named.length + PAD;
  const room = [map.right - map.left - wide - 2 * GAP, map.bottom - map.top - high - 2 * GAP];
  if (Math.min(...room) < 0) return null;
  const words = wish.split(" ");
  const far = ([u, v]) => (u - SHARES[words.at(-1)]) ** 2 + (v - SHARES[words[0]]) ** 2;
  const shares = GRID.flatMap((v) => GRID.map((u) => [u, v])).sort((a, b) => far(a) - far(b));
  for (const [u, v] of shares) {
    const [x, y] = [map.left + GAP + u * room[0], map.top + GAP + v * room[1]];
    const box = { left: x - PAD, top: y - PAD, right: x + wide + PAD, bottom: y + high + PAD };
    const covers = ([layer, each]) => (layer.label || !isLine(layer)) && meets(each, box);
    if (!traced.some(covers)) return { x, y, width: wide, height: high, layers: named };
  }
  return null;
}

// What is said in the middle of a panel that shows nothing; empty where it shows something.
export function silence(layers, map) {
  const traced = layers.filter((layer) => !isLine(layer)).map((layer) => outline(layer, map));
  if (!traced.length || traced.some((each) => meets(each, map))) return "";
  const held = traced.some(({ x, y }) => x.some((v, k) => Number.isFinite(v) && Number.isFinite(y[k])));
  return held ? BEYOND : NOTHING;
}
