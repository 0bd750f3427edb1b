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
