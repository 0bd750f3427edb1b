// What a reader takes along: the picture as a file, a line of Python, a link to the view.

import { button, element } from "./element.js";
import { address } from "./links.js";
import { python } from "./setting.js";
import { pngFile, svgFile } from "./sheet.js";

export function download(name, blob) {
  const link = element("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

// A field of a CSV file: in quotes where it needs them.
function field(text) {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

// The picture's data, one row a value, in the columns that Python writes.
export function csv(picture, { axes }) {
  const rows = ["panel,layer,label,kind,quantity,index,value"];
  picture.panels.forEach((layers, i) =>
    layers.forEach((layer, j) => {
      const head = [axes[i].title || i, j, layer.label, layer.kind].map((each) => field(`${each}`));
      for (const name of Object.keys(layer.arrays)) {
        layer[name].forEach((v, k) => rows.push([...head, name, k, v].join(",")));
      }
    }),
  );
  return rows.join("\n");
}

// The explorer's last line; `values()` tells where its knobs stand. `send` reaches the kernel, whose
// numbers have all their digits; without one (null) the page saves those of its picture.
export function foot({ spec, stage, values, badges, send }) {
  const parts = () => ({ spec, stage, values: values(), claims: badges.said(true) });
  const here = {
    png: () => pngFile(parts()),
    svg: () => svgFile(parts()),
    csv: () => new Blob([csv(stage.shown, stage.frame)], { type: "text/csv" }),
  };
  const formats = send ? ["png", "svg", "pdf", "csv"] : Object.keys(here);
  const save = async (format) => {
    if (send && !["png", "svg"].includes(format)) send({ type: "save", format });
    else download(`${spec.name}.${format}`, await here[format]());
  };
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
    // with its import, so that it runs wherever it is pasted
    button("copy Python", () =>
      copy(`from normtheory import explorers; ${python(spec, values())}`),
    ),
    button("copy link", () => copy(address(spec, values()))),
    copied,
  );
}
