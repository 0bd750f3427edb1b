// Handles: marks of the picture that a hand or the arrow keys move, and with them the sliders that
// they follow. A layer's `drag` says which, and how far the mark goes for each step of a slider.

import { mapping } from "./canvas.js";
import { element } from "./element.js";
import { nearest, plain } from "./setting.js";

const REACH = 22; // of the page's pixels around a mark that are taken for it
const KEYS = {
  ArrowRight: ["x", 1],
  ArrowLeft: ["x", -1],
  ArrowUp: ["y", 1],
  ArrowDown: ["y", -1],
};

const greatest = (values) => values.reduce((best, v, k) => (v > values[best] ? k : best), 0);

// What of a layer is taken hold of: data coordinates, of which a line has only one, and the axes
// along which each moves. A curve, such as an ellipse, is widened at its right and at its top.
function grips(layer) {
  const { kind, drag } = layer;
  const axes = Object.keys(drag);
  if (kind === "Bars") return [{ x: (layer.edges[0] + layer.edges[1]) / 2, y: layer.heights[0], axes }];
  if (kind !== "Curve") return [{ x: layer.x?.[0], y: layer.y?.[0], axes }];
  return axes.map((axis) => {
    const k = greatest(layer[axis]);
    return { x: layer.x[k], y: layer.y[k], axes: [axis] };
  });
}

export class Handles {
  // `move(changes)` moves some sliders by hand; `touch(name)` is called before one moves alone.
  // `value(name)` tells where a slider stands, which a picture that waits may not know.
  constructor({ stage, controls, move, touch, value }) {
    Object.assign(this, { stage, move, touch, value, nodes: new Map(), lines: [] });
    this.controls = new Map(controls.map((control) => [control.name, control]));
  }

  // The handles stand where the picture that has been painted has their marks.
  show(picture, frame) {
    const seen = new Set();
    picture.panels.forEach((layers, i) => {
      const map = mapping(frame.axes[i]);
      layers.forEach((layer, j) =>
        grips(layer).forEach((grip, k) => {
          // the site's first page has one slider alone
          if (!grip.axes.length || !grip.axes.every((a) => this.controls.has(layer.drag[a][0]))) return;
          const key = `${i}.${j}.${k}`;
          if (!this.nodes.has(key)) this.nodes.set(key, this.make(layer, grip));
          const node = this.nodes.get(key);
          Object.assign(node, { map, grip, layer, values: picture.values });
          this.place(node, frame);
          seen.add(key);
        }),
      );
    });
    for (const [key, node] of this.nodes) if (!seen.has(key)) node.hidden = true;
  }

  // Lines where the marks would stand if their sliders stood at these values.
  mark(guessed) {
    this.lines.splice(0).forEach((line) => line.remove());
    for (const node of this.nodes.values()) {
      if (node.hidden) continue;
      for (const axis of node.grip.axes) {
        const [name, slope] = node.layer.drag[axis];
        if (!(name in guessed)) continue;
        const { map, grip, values } = node;
        const wish = guessed[name];
        const at = map.log[axis] ? grip[axis] * (wish / values[name]) ** slope
          : grip[axis] + slope * (wish - values[name]);
        const line = element("div", { class: `nt-guessed nt-along-${axis}` });
        this.stage.node.append(line);
        this.lines.push(line);
        const { left, right, top, bottom } = map;
        const { width, height } = this.stage.frame;
        const place = axis === "x" ? { left: map.x(at), top, height: bottom - top }
          : { left, top: map.y(at), width: right - left };
        for (const [side, pixels] of Object.entries(place)) {
          const all = side === "left" || side === "width" ? width : height;
          line.style[side] = `${(100 * pixels) / all}%`;
        }
      }
    }
  }

  make(layer, grip) {
    const names = grip.axes.map((axis) => layer.drag[axis][0]);
    const node = element("div", {
      class: "nt-handle",
      role: "slider",
      tabindex: 0,
      "aria-label": `drag: ${names.map((n) => this.controls.get(n).meaning).join("; ")}`,
      "data-drag": names.join(" "),
      onpointerdown: (event) => this.take(event),
      onkeydown: (event) => this.press(node, event),
      onfocus: () => names.length === 1 && this.touch(names[0]),
    });
    node.dataset.lmSuppressShortcuts = "true";
    this.stage.node.append(node);
    return node;
  }

  place(node, frame) {
    const { map, grip, layer, values } = node;
    const { left, right, top, bottom } = map;
    const within = (v, low, high) => Math.min(Math.max(v, low), high);
    const share = (v, all) => `${(100 * v) / all}%`;
    // a line is held along its whole length, a mark beyond the panel at its edge
    const side = (at, low, high, all) =>
      at === undefined ? [share(low, all), share(high - low, all)]
        : [`calc(${share(within(at, low, high), all)} - ${REACH}px)`, `${2 * REACH}px`];
    node.at = {
      x: grip.x === undefined ? undefined : map.x(grip.x),
      y: grip.y === undefined ? undefined : map.y(grip.y),
    };
    node.hidden = Number.isNaN(node.at.x) || Number.isNaN(node.at.y);
    [node.style.left, node.style.width] = side(node.at.x, left, right, frame.width);
    [node.style.top, node.style.height] = side(node.at.y, top, bottom, frame.height);
    const names = grip.axes.map((axis) => layer.drag[axis][0]);
    const { positions } = this.controls.get(names[0]);
    node.setAttribute("aria-valuemax", positions.length - 1);
    node.setAttribute("aria-valuenow", nearest(positions, values[names[0]]));
    node.setAttribute("aria-valuetext", names.map((n) => `${n} ${plain(values[n])}`).join(", "));
  }

  take(event) {
    if (event.button) return;
    const at = this.stage.point(event);
    const away = (other) =>
      Math.hypot(at.x - (other.at.x ?? at.x), at.y - (other.at.y ?? at.y));
    // of handles above each other in a panel the nearest
    const panel = event.currentTarget.map;
    const seen = [...this.nodes.values()].filter((other) => !other.hidden && other.map === panel);
    const node = seen.reduce((best, other) => (away(other) < away(best) ? other : best));
    const { map } = node;
    // a mark that is held at an edge comes to the hand
    const off = away(node) > 2 * REACH ? { x: 0, y: 0 }
      : { x: at.x - (node.at.x ?? at.x), y: at.y - (node.at.y ?? at.y) };
    // axes that change under the hand would take the mark away from it: those at the start count
    const follow = (moved) => {
      const { x, y } = this.stage.point(moved);
      this.pull(node, { x: map.fromX(x - off.x), y: map.fromY(y - off.y) });
    };
    const release = () => {
      node.removeEventListener("pointermove", follow);
      delete node.dataset.held;
    };
    node.setPointerCapture(event.pointerId);
    node.dataset.held = "";
    node.addEventListener("pointermove", follow);
    for (const end of ["pointerup", "pointercancel"]) node.addEventListener(end, release, { once: true });
  }

  // Bring the mark where the hand wishes it: its slope tells how far its slider goes for that.
  pull(node, wish) {
    const { map, grip, layer, values } = node;
    const changes = {};
    for (const axis of grip.axes) {
      const [name, slope] = layer.drag[axis];
      const value = map.log[axis]
        ? values[name] * (wish[axis] / grip[axis]) ** (1 / slope)
        : values[name] + (wish[axis] - grip[axis]) / slope;
      const { positions } = this.controls.get(name);
      if (Number.isFinite(value)) changes[name] = positions[nearest(positions, value)];
    }
    this.move(changes);
  }

  press(node, event) {
    const { grip, layer } = node;
    const [wanted, way] = KEYS[event.key] ?? [];
    if (!wanted) return;
    event.preventDefault();
    const axis = grip.axes.includes(wanted) ? wanted : grip.axes[0];
    const [name, slope] = layer.drag[axis];
    const { positions } = this.controls.get(name);
    const here = nearest(positions, this.value(name));
    const next = here + way * Math.sign(slope);
    if (next in positions) this.move({ [name]: positions[next] });
  }
}
