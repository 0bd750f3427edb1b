// Pieces of the page.

const FOCUSED = ["input", "select", "button"];

export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  // JupyterLab's command mode would take the arrow keys from what has the focus
  if (FOCUSED.includes(tag)) node.dataset.lmSuppressShortcuts = "true";
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== false) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

export function button(name, onclick, attributes = {}) {
  return element("button", { type: "button", ...attributes, onclick }, name);
}

// A text with formulas, whose outlines matplotlib made, as a picture that stands on the line.
export function outlined({ path, width, height, depth }) {
  const [w, h] = [width + 1, height + depth + 2];
  const holder = element("span");
  holder.innerHTML =
    `<svg width="${w}" height="${h}" viewBox="0 ${-height - 1} ${w} ${h}" aria-hidden="true" ` +
    `style="margin-bottom:${-depth - 1}px"><path d="${path}"/></svg>`;
  return holder.firstChild;
}
