// What a notebook's widget and a static page load: an explorer's scripts, and one view of it.

const IMPORT = /from "\.\/(\w+)\.js"/g;

// anywidget and the static page load this file alone; its companions come along as text, by name,
// and import each other as files would.
export async function load(sources) {
  const urls = {};
  const place = (name) => {
    const linked = () => sources[name].replace(IMPORT, (_, other) => `from "${place(other)}"`);
    urls[name] ??= URL.createObjectURL(new Blob([linked()], { type: "text/javascript" }));
    return urls[name];
  };
  const names = Object.keys(sources);
  try {
    const modules = await Promise.all(names.map((name) => import(place(name))));
    return Object.fromEntries(names.map((name, k) => [name, modules[k]]));
  } finally {
    Object.values(urls).forEach(URL.revokeObjectURL);
  }
}

async function render({ model, el }) {
  const spec = model.get("spec");
  const formula = spec.formula && { formula: spec.formula.source };
  const loaded = await load({ ...spec.scripts, ...formula });
  const view = new loaded.view.View({ model, formula: loaded.formula?.[spec.name] ?? null });
  el.append(view.root);
  view.open();
  return () => view.close();
}

export default { render };
