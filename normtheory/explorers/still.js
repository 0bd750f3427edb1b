// Explorers on a page without a kernel: a model that answers from tables carried in the page.

async function load(id) {
  const source = document.getElementById(id).textContent;
  return import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
}

async function unpack(text) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

// Stands in for the notebook's widget model: state, events, and the pictures along a slider.
export class Model {
  constructor(state, floats, nearest) {
    this.state = state;
    this.floats = floats;
    this.nearest = nearest;
    this.frames = state.frames;
    const first = state.presets[state.start];
    this.base = first;
    this.values = { spec: state.spec, links: {}, error: "", progress: -1 };
    this.values.picture = { ...this.picture(first.picture), values: first.values, seq: 0 };
    this.values.frame = state.frames[this.values.picture.frame];
  }

  get(name) {
    return this.values[name];
  }

  set() {}

  save_changes() {}

  on() {}

  off() {}

  send() {}

  // A tabulated picture with its arrays in place.
  picture([frame, look, starts, text, standings]) {
    let next = 0;
    const panels = this.state.looks[look].map((layers) =>
      layers.map((layer) => {
        const arrays = {};
        for (const [name, length] of Object.entries(layer.arrays)) {
          const start = starts[next++];
          arrays[name] = this.floats.subarray(start, start + length);
        }
        return { ...layer, ...arrays };
      }),
    );
    return { frame, text, standings, panels };
  }

  // The picture at these values after `name` moved (null: all may have), and its values. A slider
  // that has no table where the others stand starts from the latest preset again.
  ahead(values, name) {
    const presets = Object.values(this.state.presets);
    const fits = (preset, but) =>
      Object.entries(preset.values).every(([key, value]) => key === but || values[key] === value);
    if (!fits(this.base, name)) {
      this.base = presets.find((preset) => fits(preset, name)) ?? this.base;
    }
    if (name === null) return { ...this.picture(this.base.picture), values: this.base.values };
    const { positions, choice } = this.state.spec.controls.find((c) => c.name === name);
    const position = choice ? positions.indexOf(values[name])
      : this.nearest(positions, values[name]);
    const found = this.picture(this.base.lines[name][position]);
    return { ...found, values: { ...this.base.values, [name]: positions[position] } };
  }
}

// Bring every explorer of the page to life.
export async function start() {
  const { default: explorer, nearest } = await load("nt-source-explorer");
  const canvas = document.getElementById("nt-source-canvas").textContent;
  for (const place of document.querySelectorAll(".nt-still")) {
    const parts = place.querySelector("script").textContent.split(" ");
    const [described, data] = await Promise.all(parts.map(unpack));
    const state = JSON.parse(new TextDecoder().decode(described));
    state.spec.canvas = canvas;
    const model = new Model(state, new Float32Array(data), nearest);
    const el = document.createElement("div");
    place.append(el);
    await explorer.render({ model, el });
  }
}
