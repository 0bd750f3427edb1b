// The stage: a frame's axes as pixels, and the latest picture painted over them.

import { paint } from "./canvas.js";
import { element, outlined } from "./element.js";
import { isNarrow, stacked } from "./stacked.js";

const SURFACES = 24; // axes kept as pixels
const IMAGES = 64; // and as images, which take less memory

export function isDark() {
  const jupyter = document.body.dataset.jpThemeLight;
  if (jupyter !== undefined) return jupyter === "false";
  const chosen = document.documentElement.dataset.theme ?? document.body.dataset.theme;
  if (chosen === "dark" || chosen === "light") return chosen === "dark";
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

export class Stage {
  // `frames` by key, which others fill; `tell(picture)` is called when it has been painted.
  constructor({ root, frames, inks, tell }) {
    Object.assign(this, { root, frames, inks, tell });
    this.canvas = element("canvas", { role: "img" });
    this.node = element("div", { class: "nt-stage" }, this.canvas);
    this.surfaces = new Map();
    this.images = new Map();
    this.shown = null; // the latest picture
    this.frame = null; // whose shape the node has
    this.queued = false;
    this.rests = false; // whether the latest picture is painted
    this.closed = false;
    const again = () => this.shown && this.present(this.shown);
    this.resized = new ResizeObserver(again);
    this.resized.observe(this.node);
    this.themed = new MutationObserver(again);
    const watched = { attributes: true, attributeFilter: ["data-jp-theme-light", "data-theme"] };
    this.themed.observe(document.body, watched);
    this.themed.observe(document.documentElement, watched);
    for (const near of ["pointerenter", "focusin"]) {
      root.addEventListener(near, () => this.prepare(), { once: true });
    }
  }

  // Where an event is, in the frame's pixels.
  point(event) {
    const box = this.node.getBoundingClientRect();
    const scale = this.frame.width / box.width;
    return { x: (event.clientX - box.left) * scale, y: (event.clientY - box.top) * scale };
  }

  // The colour of that name on this page.
  ink(name) {
    return this.inks[isDark() ? "dark" : "light"].line[name];
  }

  // A label of the picture as part of the page.
  words(label) {
    const glyph = this.frame.glyphs[label];
    return element("span", {}, glyph ? outlined(glyph) : label);
  }

  close() {
    this.closed = true;
    this.resized.disconnect();
    this.themed.disconnect();
  }

  // Paint this picture with the next frame of the screen, unless a later one comes before.
  present(picture) {
    this.shown = picture;
    this.rests = false;
    delete this.root.dataset.settled;
    if (!this.queued) {
      this.queued = true;
      requestAnimationFrame(() => this.draw());
    }
  }

  // What the picture says to those who hear it: its numbers, unless they are to be guessed.
  name() {
    const guessing = this.root.classList.contains("nt-guessing");
    const words = guessing ? "the picture; its numbers wait for your guess" : this.shown?.text;
    this.canvas.setAttribute("aria-label", words ?? "");
  }

  draw() {
    this.queued = false;
    const { canvas, node, shown } = this;
    const whole = this.frames.get(shown?.frame);
    if (!whole || this.closed) return;
    const frame = isNarrow() ? stacked(whole) : whole;
    const dark = isDark();
    this.root.classList.toggle("nt-dark", dark);
    if (this.frame !== frame) {
      this.frame = frame;
      node.classList.toggle("nt-stacked", Boolean(frame.stacked));
      node.style.maxWidth = frame.stacked ? "" : `${frame.width}px`;
      node.style.aspectRatio = `${frame.width} / ${frame.height}`;
      node.style.setProperty("--nt-ratio", frame.width / frame.height);
    }
    const width = node.clientWidth || frame.width;
    const scale = (width / frame.width) * Math.max(window.devicePixelRatio || 1, 1);
    const size = [Math.round(frame.width * scale), Math.round(frame.height * scale)];
    const background = this.surface(frame, dark, size);
    // until the new axes are there the old picture stays: nothing flickers
    if (!background) return;
    if (canvas.width !== size[0] || canvas.height !== size[1]) [canvas.width, canvas.height] = size;
    const context = canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    const inks = { ...this.inks[dark ? "dark" : "light"], halo: dark ? "#161616" : "#ffffff" };
    context.fillStyle = inks.halo;
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(background, 0, 0);
    context.setTransform(scale, 0, 0, scale, 0, 0);
    paint(context, frame, shown, inks);
    this.name();
    canvas.dataset.painted = String(Number(canvas.dataset.painted ?? 0) + 1);
    this.root.normtheory = { picture: shown }; // what is on the screen, for tests and the console
    this.rests = true;
    this.tell(shown, frame);
  }

  // The frame's axes as pixels of this size, or null until they are ready.
  surface(frame, dark, size) {
    const { surfaces } = this;
    const key = `${frame.key} ${frame.width} ${dark} ${size}`;
    if (!surfaces.has(key)) {
      const image = this.image(frame, dark);
      if (!image.complete) return null;
      const drawn = document.createElement("canvas");
      [drawn.width, drawn.height] = size;
      drawn.getContext("2d").drawImage(image, 0, 0, size[0], size[1]);
      keep(surfaces, key, drawn, SURFACES);
    }
    return surfaces.get(key);
  }

  // The frame's axes as an image, which the browser takes a moment to read.
  image(frame, dark) {
    const { images } = this;
    const key = `${frame.key} ${frame.width} ${dark}`;
    if (!images.has(key)) {
      const { light, [dark ? "dark" : "light"]: inks } = this.inks;
      // a shape without a colour of its own is black by SVG's default
      let svg = frame.svg.replace("<svg ", `<svg fill="${inks.line.black}" `);
      for (const [name, ink] of Object.entries(light.line)) {
        svg = svg.replaceAll(ink.toLowerCase(), inks.line[name]);
      }
      const image = new Image();
      // no picture waits that has been painted, or is about to be
      image.onload = () => this.rests || this.queued || this.draw();
      image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
      keep(images, key, image, IMAGES);
    }
    return images.get(key);
  }

  // The hand is near: read the axes that it may come to, one after another.
  async prepare() {
    for (const frame of [...this.frames.values()].slice(0, IMAGES)) {
      await this.image(isNarrow() ? stacked(frame) : frame, isDark()).decode();
    }
  }
}

// Keep so many values in a map, the newest.
function keep(map, key, value, most) {
  if (map.size >= most) map.delete(map.keys().next().value);
  map.set(key, value);
}
