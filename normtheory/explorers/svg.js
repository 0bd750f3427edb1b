// The part of a canvas's context that `canvas.js` draws with, writing SVG: one drawing code for both.

const escaped = (text) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
const short = (v) => Number(v.toFixed(2));

// An element with attributes as text.
export function tag(name, attributes, content = "") {
  const given = Object.entries(attributes).filter(([, value]) => value !== null);
  const listed = given.map(([key, value]) => ` ${key}="${escaped(String(value))}"`).join("");
  return `<${name}${listed}>${content}</${name}>`;
}

export const words = (text, attributes) => tag("text", attributes, escaped(text));

const measure = document.createElement("canvas").getContext("2d");

export class Sketch {
  constructor() {
    Object.assign(this, { parts: [], clips: 0, kept: [], path: "", dash: [] });
    Object.assign(this, { globalAlpha: 1, dx: 0, dy: 0, clipped: null, font: "" });
  }

  save() {
    const { dx, dy, clipped } = this;
    this.kept.push({ dx, dy, clipped });
  }

  restore() {
    Object.assign(this, this.kept.pop());
  }

  beginPath() {
    this.path = "";
  }

  moveTo(x, y) {
    this.path += `M${short(x)} ${short(y)}`;
  }

  lineTo(x, y) {
    this.path += `${this.path ? "L" : "M"}${short(x)} ${short(y)}`;
  }

  closePath() {
    this.path += "Z";
  }

  rect(x, y, w, h) {
    this.path += `M${short(x)} ${short(y)}h${short(w)}v${short(h)}h${short(-w)}Z`;
  }

  arc(x, y, r) {
    const half = `a${short(r)} ${short(r)} 0 1 0`;
    this.path += `M${short(x - r)} ${short(y)}${half}${short(2 * r)} 0${half}${short(-2 * r)} 0Z`;
  }

  clip() {
    this.clipped = `url(#nt-clip-${this.clips})`;
    const shape = tag("path", { d: this.path });
    this.parts.push(tag("clipPath", { id: `nt-clip-${this.clips++}` }, shape));
  }

  setLineDash(dash) {
    this.dash = dash;
  }

  translate(x, y) {
    this.dx += x;
    this.dy += y;
  }

  measureText(text) {
    measure.font = this.font;
    return measure.measureText(text);
  }

  // What canvases call a path of its own.
  shape(path) {
    return path;
  }

  look(fills) {
    return {
      fill: fills ? this.fillStyle : "none",
      stroke: fills ? null : this.strokeStyle,
      "stroke-width": fills ? null : short(this.lineWidth),
      "stroke-linejoin": fills ? null : this.lineJoin,
      "stroke-dasharray": !fills && this.dash.length ? this.dash.map(short).join(" ") : null,
      opacity: this.globalAlpha === 1 ? null : this.globalAlpha,
      transform: this.dx || this.dy ? `translate(${short(this.dx)} ${short(this.dy)})` : null,
      "clip-path": this.clipped,
    };
  }

  stroke(path = this.path) {
    this.parts.push(tag("path", { d: path, ...this.look(false) }));
  }

  fill(path = this.path) {
    this.parts.push(tag("path", { d: path, ...this.look(true) }));
  }

  strokeText(text) {
    this.parts.push(words(text, { style: `font: ${this.font}`, ...this.look(false) }));
  }

  fillText(text) {
    this.parts.push(words(text, { style: `font: ${this.font}`, ...this.look(true) }));
  }
}
