// What a reader takes along: the picture as a file, a line of Python, a link to the view.

import { button, element } from "./element.js";
import { address } from "./links.js";
import { python } from "./setting.js";

export function download(name, blob) {
  const link = element("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

// A field of a CSV file: in quotes where it needs them.
function field(text) {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

// The picture's data, one row a value.
export function csv(picture) {
  const rows = ["panel,layer,label,quantity,index,value"];
  picture.panels.forEach((layers, i) =>
    layers.forEach((layer, j) => {
      for (const name of Object.keys(layer.arrays)) {
        layer[name].forEach((v, k) =>
          rows.push([i, j, field(layer.label), name, k, v].join(",")),
        );
      }
    }),
  );
  return rows.join("\n");
}

// The explorer's last line; `values()` tells where its knobs stand. `send` reaches the kernel, which
// draws files of its own; without one (null) the page saves what is on its stage.
export function foot({ spec, stage, values, send }) {
  const here = {
    png: () => stage.canvas.toBlob((blob) => download(`${spec.name}.png`, blob)),
    csv: () => download(`${spec.name}.csv`, new Blob([csv(stage.shown)], { type: "text/csv" })),
  };
  const formats = send ? ["png", "svg", "pdf", "csv"] : Object.keys(here);
  const save = (format) => (send ? send({ type: "save", format }) : here[format]());
  const copied = element("span", { "aria-live": "polite" });
  const copy = async (line) => {
    try {
      await navigator.clipboard.writeText(line);
      copied.textContent = `copied ${line}`;
    } catch {
      copied.textContent = line; // no permission: then it can be selected
    }
  };
  return element(
    "div",
    { class: "nt-foot" },
    "save",
    ...formats.map((format) => button(format.toUpperCase(), () => save(format))),
    button("copy Python", () => copy(python(spec, values()))),
    button("copy link", () => copy(address(spec, values()))),
    copied,
  );
}
