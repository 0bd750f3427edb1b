// Draws a picture's layers on a 2-D canvas in matplotlib's look, over a frame that matplotlib drew.
// Coordinates are the frame's CSS pixels; the caller scales the context for sharp screens.

const POINT = 100 / 72; // matplotlib's points in pixels at its 100 dpi
const DASHES = { "-": [], "--": [3.7, 1.6], ":": [1, 1.65], "-.": [6.4, 1.6, 1, 1.6] };
const LINE = 19; // pixels that a direct label takes
const FONT = 11 * POINT;

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
    if (axes.legend) return;
    const taken = [];
    for (const layer of layers) {
      if (layer.label) label(context, frame, layer, map, inks, taken);
    }
  });
}

// A log axis sends zero to infinity, which a canvas would drop: far away is as good.
const finite = (v) => (v === Infinity ? 1e6 : v === -Infinity ? -1e6 : v);

function trace(context, xs, ys, map) {
  let pen = false;
  for (let k = 0; k < xs.length; k++) {
    const x = finite(map.x(xs[k]));
    const y = finite(map.y(ys[k]));
    if (Number.isNaN(x) || Number.isNaN(y)) {
      pen = false;
    } else if (pen) {
      context.lineTo(x, y);
    } else {
      context.moveTo(x, y);
      pen = true;
    }
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

// Where a label would like to sit. Must agree with `_anchor` in figures/lettering.py.
function anchor(layer, map) {
  const middle = (map.left + map.right) / 2;
  if (layer.kind === "Text") return [map.x(layer.x[0]), map.y(layer.y[0]), layer.align];
  if (layer.kind === "Points") {
    const [x, y] = [map.x(layer.x[0]), map.y(layer.y[0])];
    return x < middle ? [x + 8, y + 4, "left"] : [x - 8, y + 4, "right"];
  }
  if (layer.kind === "VLine") {
    const x = map.x(layer.x[0]);
    return x < middle ? [x + 5, map.top + 13, "left"] : [x - 5, map.top + 13, "right"];
  }
  const at = map.left + layer.label_at * (map.right - map.left);
  const align = layer.label_at < 0.15 ? "left" : layer.label_at > 0.85 ? "right" : "center";
  if (layer.kind === "HLine") return [at, map.y(layer.y[0]) - 5, align];
  const bars = layer.kind === "Bars";
  const ys = bars ? layer.heights : layer.kind === "Band" ? layer.high : layer.y;
  let nearest = Infinity;
  let height = map.bottom + 6;
  for (let k = 0; k < ys.length; k++) {
    const x = map.x(bars ? (layer.edges[k] + layer.edges[k + 1]) / 2 : layer.x[k]);
    const y = map.y(ys[k]);
    if (Number.isFinite(x) && Number.isFinite(y) && Math.abs(x - at) < nearest) {
      nearest = Math.abs(x - at);
      height = y;
    }
  }
  return [at, height - 6, align];
}

// A direct label with a halo, moved up or down by whole lines until it covers no other.
function label(context, frame, layer, map, inks, taken) {
  const [x, wish, align] = anchor(layer, map);
  if (!Number.isFinite(x) || !Number.isFinite(wish)) return;
  const glyph = frame.glyphs[layer.label];
  context.font = `${FONT}px "DejaVu Sans", Verdana, "Segoe UI", sans-serif`;
  const width = glyph ? glyph.width : context.measureText(layer.label).width;
  let start = x - { left: 0, center: width / 2, right: width }[align];
  start = Math.min(Math.max(start, map.left + 2), Math.max(map.right - width, map.left + 2));
  let y = Math.max(Math.min(wish, map.bottom - 4), map.top + 13);
  for (const step of [0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6]) {
    const place = y - step * LINE;
    const inside = place <= map.bottom && place >= map.top + 8;
    const clear = taken.every(
      ([begin, end, low]) =>
        place <= low - LINE || place >= low + LINE || start >= end || start + width <= begin,
    );
    if (inside && clear) {
      y = place;
      break;
    }
  }
  taken.push([start, start + width, y]);
  context.save();
  context.translate(start, y);
  context.fillStyle = inks.text[layer.color];
  context.strokeStyle = inks.halo;
  context.lineWidth = 4;
  context.lineJoin = "round";
  if (glyph) {
    const shape = context.shape?.(glyph.path) ?? (glyph.outline ??= new Path2D(glyph.path));
    context.stroke(shape);
    context.fill(shape);
  } else {
    context.strokeText(layer.label, 0, 0);
    context.fillText(layer.label, 0, 0);
  }
  context.restore();
}
