// Draws a picture's layers on a 2-D canvas in matplotlib's look, over a frame that matplotlib drew.
// Coordinates are the frame's CSS pixels; the caller scales the context for sharp screens.

import { GAP, LINE, PAD, SWATCH, labels, legend, passing, silence } from "./places.js";

const POINT = 100 / 72; // matplotlib's points in pixels at its 100 dpi
const DASHES = { "-": [], "--": [3.7, 1.6], ":": [1, 1.65], "-.": [6.4, 1.6, 1, 1.6] };
const FONT = 11 * POINT;
const ROOM = 40; // pixels around a panel in which lines are drawn, to be clipped

// The layers with their arrays: places in the data become views on it.
export function decode(look, bytes) {
  const start = bytes.byteOffset ?? 0;
  const buffer = bytes.buffer ?? bytes;
  // a message's buffers need not lie on a multiple of four bytes
  const floats = new Float32Array(buffer.slice(start, start + bytes.byteLength));
  const panels = look.panels.map((layers) =>
    layers.map((layer) => {
      const arrays = {};
      for (const [name, [from, to]] of Object.entries(layer.arrays)) {
        arrays[name] = floats.subarray(from, to);
      }
      return { ...layer, ...arrays };
    }),
  );
  return { ...look, panels };
}

// Maps from data to pixels for one panel's axes, and back.
export function mapping(axes) {
  const [left, top, width, height] = axes.box;
  const same = (v) => v;
  const ends = (scale, [low, high]) =>
    scale === "log" ? [Math.log10, Math.log10(low), Math.log10(high), (v) => 10 ** v]
      : [same, low, high, same];
  const [fx, x0, x1, gx] = ends(axes.xscale, axes.xlim);
  const [fy, y0, y1, gy] = ends(axes.yscale, axes.ylim);
  return {
    x: (v) => left + ((fx(v) - x0) / (x1 - x0)) * width,
    y: (v) => top + height - ((fy(v) - y0) / (y1 - y0)) * height,
    fromX: (v) => gx(x0 + ((v - left) / width) * (x1 - x0)),
    fromY: (v) => gy(y0 + ((top + height - v) / height) * (y1 - y0)),
    log: { x: axes.xscale === "log", y: axes.yscale === "log" },
    left,
    top,
    right: left + width,
    bottom: top + height,
  };
}

export function paint(context, frame, picture, inks) {
  picture.panels.forEach((layers, index) => {
    const axes = frame.axes[index];
    const map = mapping(axes);
    context.save();
    context.beginPath();
    context.rect(map.left - 1, map.top - 1, map.right - map.left + 2, map.bottom - map.top + 2);
    context.clip();
    for (const layer of layers) DRAW[layer.kind](context, layer, map, inks.line[layer.color]);
    context.restore();
    // what a legend's lines leave behind is not for the next picture
    context.save();
    write(context, frame, axes, layers, map, inks);
    context.restore();
  });
}

// A log axis sends zero to infinity, which a canvas would drop: far away is as good.
const finite = (v) => (v === Infinity ? 1e6 : v === -Infinity ? -1e6 : v);

// A line through points, cut a little outside the panel: what is dashed far away takes long, unseen.
function trace(context, xs, ys, map) {
  const box = {
    left: map.left - ROOM, right: map.right + ROOM, top: map.top - ROOM, bottom: map.bottom + ROOM,
  };
  let drawn = false; // whether the line has come to the last point
  let [x0, y0] = [NaN, NaN];
  for (let k = 0; k < xs.length; k++) {
    const [x, y] = [finite(map.x(xs[k])), finite(map.y(ys[k]))];
    const [enter, leave] = passing(x0, y0, x, y, box) ?? [];
    if (!drawn && enter !== undefined) context.moveTo(x0 + enter * (x - x0), y0 + enter * (y - y0));
    if (leave < 1) context.lineTo(x0 + leave * (x - x0), y0 + leave * (y - y0));
    else if (leave === 1) context.lineTo(x, y);
    drawn = leave === 1;
    [x0, y0] = [x, y];
  }
}

function stroke(context, layer, color) {
  const width = layer.width * POINT;
  context.strokeStyle = color;
  context.lineWidth = width;
  context.lineJoin = "round";
  context.lineCap = layer.dash === "-" ? "square" : "butt";
  context.setLineDash((DASHES[layer.dash] ?? []).map((v) => v * width));
  context.stroke();
  context.setLineDash([]);
}

function area(context, xs, lows, highs, map, color, alpha) {
  context.beginPath();
  for (let k = 0; k < xs.length; k++) context.lineTo(map.x(xs[k]), finite(map.y(highs[k])));
  for (let k = xs.length - 1; k >= 0; k--) context.lineTo(map.x(xs[k]), finite(map.y(lows[k])));
  context.closePath();
  context.globalAlpha = alpha;
  context.fillStyle = color;
  context.fill();
  context.globalAlpha = 1;
}

const MARKERS = {
  o: (c, x, y, r) => c.arc(x, y, r, 0, 2 * Math.PI),
  s: (c, x, y, r) => c.rect(x - r, y - r, 2 * r, 2 * r),
  "^": (c, x, y, r) => polygon(c, [x, y - r, x + r, y + r, x - r, y + r]),
  D: (c, x, y, r) =>
    polygon(c, [x, y - 1.4 * r, x + 1.4 * r, y, x, y + 1.4 * r, x - 1.4 * r, y]),
  x: (c, x, y, r) => cross(c, [x - r, y - r, x + r, y + r], [x - r, y + r, x + r, y - r]),
  "+": (c, x, y, r) => cross(c, [x - r, y, x + r, y], [x, y - r, x, y + r]),
};

function polygon(context, points) {
  context.moveTo(points[0], points[1]);
  for (let k = 2; k < points.length; k += 2) context.lineTo(points[k], points[k + 1]);
  context.closePath();
}

function cross(context, ...lines) {
  for (const [x0, y0, x1, y1] of lines) {
    context.moveTo(x0, y0);
    context.lineTo(x1, y1);
  }
}

const DRAW = {
  Curve(context, layer, map, color) {
    context.beginPath();
    trace(context, layer.x, layer.y, map);
    stroke(context, layer, color);
  },
  Band(context, layer, map, color) {
    area(context, layer.x, layer.low, layer.high, map, color, layer.alpha);
  },
  Fill(context, layer, map, color) {
    area(context, layer.x, new Float32Array(layer.y.length), layer.y, map, color, layer.alpha);
    context.beginPath();
    trace(context, layer.x, layer.y, map);
    stroke(context, { ...layer, dash: "-" }, color);
  },
  Points(context, layer, map, color) {
    const radius = (layer.size * POINT) / 2;
    const open = layer.marker === "x" || layer.marker === "+";
    context.globalAlpha = layer.alpha;
    context.fillStyle = context.strokeStyle = color;
    context.lineWidth = 1.5 * POINT;
    for (let k = 0; k < layer.x.length; k++) {
      context.beginPath();
      MARKERS[layer.marker](context, map.x(layer.x[k]), map.y(layer.y[k]), radius);
      if (open) context.stroke();
      else context.fill();
    }
    context.globalAlpha = 1;
  },
  Bars(context, layer, map, color) {
    const xs = [];
    const ys = [];
    layer.heights.forEach((height, k) => {
      xs.push(layer.edges[k], layer.edges[k + 1]);
      ys.push(height, height);
    });
    const zeros = new Float32Array(xs.length);
    area(context, xs, zeros, ys, map, color, layer.alpha);
    context.beginPath();
    const last = xs.length - 1;
    trace(context, [xs[0], ...xs, xs[last]], [0, ...ys, 0], map);
    stroke(context, { width: 1, dash: "-" }, color);
  },
  VLine(context, layer, map, color) {
    context.beginPath();
    for (const v of layer.x) {
      context.moveTo(map.x(v), map.bottom);
      context.lineTo(map.x(v), map.top);
    }
    stroke(context, layer, color);
  },
  HLine(context, layer, map, color) {
    context.beginPath();
    for (const v of layer.y) {
      context.moveTo(map.left, map.y(v));
      context.lineTo(map.right, map.y(v));
    }
    stroke(context, layer, color);
  },
  Text() {},
};

// The words of a panel: its legend or the labels of its layers, and a word if it is empty.
function write(context, frame, axes, layers, map, inks) {
  const { glyphs } = frame;
  context.font = `${FONT}px "DejaVu Sans", Verdana, "Segoe UI", sans-serif`;
  const width = (text) => glyphs[text]?.width ?? context.measureText(text).width;
  const spell = (text, x, y, ink, halo) => {
    context.save();
    context.translate(x, y);
    context.fillStyle = inks.text[ink];
    context.strokeStyle = inks.halo;
    context.lineWidth = 4;
    context.lineJoin = "round";
    const glyph = glyphs[text];
    const shape = glyph && (context.shape?.(glyph.path) ?? (glyph.outline ??= new Path2D(glyph.path)));
    if (halo && glyph) context.stroke(shape);
    else if (halo) context.strokeText(text, 0, 0);
    if (glyph) context.fill(shape);
    else context.fillText(text, 0, 0);
    context.restore();
  };
  const kept = axes.legend ? legend(layers, axes.legend, map, width) : null;
  if (kept) {
    border(context, kept, inks);
    kept.layers.forEach((layer, row) => {
      const [x, y] = [kept.x + PAD, kept.y + PAD / 2 + (row + 0.5) * LINE];
      swatch(context, layer, x, y, inks.line[layer.color]);
      spell(layer.label, x + SWATCH + GAP, y + 5, "black", false);
    });
  } else {
    for (const { label, color, x, y } of labels(layers, map, width)) spell(label, x, y, color, true);
  }
  const silent = silence(layers, map);
  const middle = (map.left + map.right - width(silent)) / 2;
  if (silent) spell(silent, middle, (map.top + map.bottom) / 2, "grey", false);
}

function border(context, { x, y, width, height }, inks) {
  context.beginPath();
  context.rect(x, y, width, height);
  context.globalAlpha = 0.8;
  context.fillStyle = inks.halo;
  context.fill();
  stroke(context, { width: 0.8, dash: "-" }, inks.line.grey);
  context.globalAlpha = 1;
}

// What a legend shows of a layer.
function swatch(context, layer, x, y, color) {
  const everywhere = { left: -Infinity, right: Infinity, top: -Infinity, bottom: Infinity };
  const map = { x: (v) => x + v * SWATCH, y: () => y, ...everywhere };
  if (layer.marker) DRAW.Points(context, { ...layer, size: 6, alpha: 1, x: [0.5], y: [0] }, map, color);
  else if (layer.dash) DRAW.Curve(context, { ...layer, width: 2, x: [0, 1], y: [0, 0] }, map, color);
  else {
    const box = { x: map.x, y: (v) => y + 5 * v };
    area(context, [0, 1], [1, 1], [-1, -1], box, color, layer.alpha);
  }
}
