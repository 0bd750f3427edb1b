// The sheet that a reader takes along: title, picture, its sentence, the setting and the claims, as
// one SVG document, or as the pixels of it.

import { paint } from "./canvas.js";
import { plain } from "./setting.js";
import { Sketch, tag, words } from "./svg.js";

const FAMILY = '"DejaVu Sans", Verdana, "Segoe UI", sans-serif';
const EDGE = 16; // pixels around everything
const LINE = 19;
const SHARP = 2; // pixels of a PNG to one of the picture

// A text in lines that fit.
function wrapped(text, font, room) {
  const sketch = Object.assign(new Sketch(), { font });
  const lines = [""];
  for (const word of text.split(" ")) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (sketch.measureText(longer).width <= room || !lines.at(-1)) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

// The axes as matplotlib drew them, as a part of another document.
function axes({ svg, width, height }, y) {
  const inner = svg.slice(svg.indexOf("<svg "));
  const place = `<svg x="${EDGE}" y="${y}" width="${width}" height="${height}" `;
  return inner.replace(/^<svg [^>]*>/, (head) =>
    head.replace(/ (width|height)="[^"]*"/g, "").replace("<svg ", place),
  );
}

// As on paper, whatever the page's theme. `claims` are sentences, one for each claim.
export function sheet({ spec, stage, values, claims }) {
  const { shown, frames, inks } = stage;
  const frame = frames.get(shown.frame);
  const setting = spec.controls.map(({ name }) => `${name} = ${plain(values[name])}`).join(", ");
  const parts = [];
  let y = EDGE;
  const write = (text, size, weight = "") => {
    const font = `${weight} ${size}px ${FAMILY}`.trim();
    for (const line of wrapped(text, font, frame.width)) {
      y += LINE;
      parts.push(words(line, { x: EDGE, y: y - 5, style: `font: ${font}` }));
    }
  };
  write(spec.title, 16, "bold");
  const sketch = new Sketch();
  paint(sketch, frame, shown, { ...inks.light, halo: "#ffffff" });
  parts.push(axes(frame, y), tag("g", { transform: `translate(${EDGE} ${y})` }, sketch.parts.join("")));
  y += frame.height;
  for (const line of [shown.text, setting, ...claims]) if (line) write(line, 13);
  const [width, height] = [frame.width + 2 * EDGE, y + EDGE];
  const size = { width, height, viewBox: `0 0 ${width} ${height}` };
  const page = tag("rect", { width, height, fill: "#ffffff" });
  return tag("svg", { xmlns: "http://www.w3.org/2000/svg", ...size }, page + parts.join(""));
}

export const svgFile = (parts) => new Blob([sheet(parts)], { type: "image/svg+xml" });

export async function pngFile(parts) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(sheet(parts))}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [SHARP * image.width, SHARP * image.height];
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve));
}
