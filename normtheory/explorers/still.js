// Explorers on a page without a kernel: a model that answers from tables carried in the page.

// The scripts of one kind that the page carries, by name.
function carried(kind) {
  const nodes = [...document.querySelectorAll(`.nt-${kind}`)];
  return Object.fromEntries(nodes.map((n) => [n.id.replace(`nt-${kind}-`, ""), n.textContent]));
}

async function unpack(text) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

// Numbers from the upper three of their bytes, each plane of bytes behind the other.
function numbers(planes) {
  const bytes = new Uint8Array(planes);
  const count = bytes.length / 3;
  const joined = new Uint8Array(4 * count);
  for (let plane = 0; plane < 3; plane++) {
    for (let k = 0; k < count; k++) joined[4 * k + plane + 1] = bytes[plane * count + k];
  }
  return new Float32Array(joined.buffer);
}

// A key moves a slider by one position, which a coarse grid must not round away; a pointer says
// where it wants to be.
let keyed = false;
addEventListener("keydown", () => (keyed = true), true);
addEventListener("pointerdown", () => (keyed = false), true);

// Stands in for the notebook's widget model: state, events, and the pictures along a slider.
export class Model {
  constructor(state, floats, nearest) {
    this.state = state;
    this.floats = floats;
    this.nearest = nearest;
    this.frames = state.frames;
    if (state.spec.formula) {
      state.spec.formula.looks = state.computed.map((entry) => this.picture(entry));
    }
    const first = state.presets[state.start];
    this.base = first;
    this.shown = first.values;
    this.values = { spec: state.spec, links: {}, error: "", progress: -1 };
    this.values.picture = { ...this.picture(first.picture), values: first.values, seq: 0 };
    this.values.frame = state.frames[this.values.picture.frame];
    this.values.note = this.note(false);
  }

  // Which settings this page holds: all of them where they are computed or the grid is complete.
  note(bent) {
    const { spec, stops, grid } = this.state;
    if (spec.formula || spec.question || spec.controls.length < 2) return "";
    const steps = spec.controls.map(({ name, positions }) => [stops[name]?.length, positions.length]);
    if (grid.length && steps.every(([held, all]) => held === all)) return "";
    const several = grid.length
      ? `several keep to ${steps.map(([held]) => held).join(" × ")} steps`
      : "a second one starts from a preset again";
    return bent
      ? `Moved to the nearest setting that this page holds (${several}); a notebook shows every one.`
      : `On this page one slider moves freely from a preset, ${several}.`;
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

  // Where the claims stand along each slider: on a line through a preset, or on the grid.
  tracks(values) {
    const { spec, presets, stops, grid } = this.state;
    const sliders = spec.controls.filter((control) => !control.choice);
    return sliders.flatMap(({ name, positions }) => {
      const others = Object.fromEntries(Object.entries(values).filter(([key]) => key !== name));
      const same = ({ values: at }) => Object.entries(others).every(([key, v]) => at[key] === v);
      const line = Object.values(presets).find((each) => same(each) && each.lines[name])?.lines[name];
      const states = (entry) => entry[4].map(([, state]) => state);
      if (line) return [{ name, others, found: line.map((entry, k) => [k, states(entry)]) }];
      if (!stops[name]) return [];
      const at = (k) => this.place({ ...values, [name]: stops[name][k] });
      if (!grid.length || at(0) === null) return [];
      const found = stops[name].map((stop, k) => [positions.indexOf(stop), states(grid[at(k)])]);
      return [{ name, others, found }];
    });
  }

  // Where on the grid these values are, null where they are beside it.
  place(values) {
    let place = 0;
    for (const [name, stops] of Object.entries(this.state.stops)) {
      const k = stops.indexOf(values[name]);
      if (k < 0) return null;
      place = place * stops.length + k;
    }
    return place;
  }

  // The picture after `moved` moved (null: a preset or a link was chosen), and its values.
  ahead(values, moved) {
    const presets = Object.values(this.state.presets);
    // of a setting at which a claim fails there is the picture alone, without lines through it
    const fits = (preset, but) =>
      (but === null || but in preset.lines) &&
      Object.entries(preset.values).every(([key, value]) => key === but || values[key] === value);
    // a link may leave the presets: with one slider if that is enough
    const strays = moved === null && !presets.some((each) => fits(each, null));
    const one = (key) => presets.some((each) => fits(each, key));
    const name = strays ? (Object.keys(values).find(one) ?? null) : moved;
    const fitting = fits(this.base, name) ? this.base : presets.find((each) => fits(each, name));
    this.base = fitting ?? this.base;
    let found;
    const preset = name === null && !(strays && this.state.grid.length);
    if (preset) found = { ...this.picture(this.base.picture), values: this.base.values };
    else if (fitting || !this.state.grid.length) found = this.along(values, name);
    else found = this.across(values, name);
    // a slider that snaps to its own steps is seen to; what was typed is not replaced in silence
    const typed = (key) =>
      !this.state.spec.controls.find((c) => c.name === key).positions.includes(values[key]);
    const bent = Object.keys(values).some(
      (key) => found.values[key] !== values[key] && (key !== name || typed(key)),
    );
    this.shown = found.values;
    return { ...found, note: this.note(bent) };
  }

  // On the line of one slider through the latest preset.
  along(values, name) {
    const { positions, choice } = this.state.spec.controls.find((c) => c.name === name);
    const position = choice ? positions.indexOf(values[name])
      : this.nearest(positions, values[name]);
    const found = this.picture(this.base.lines[name][position]);
    return { ...found, values: { ...this.base.values, [name]: positions[position] } };
  }

  // On the grid of all sliders.
  across(values, name) {
    const at = {};
    let place = 0;
    for (const { name: key, choice } of this.state.spec.controls) {
      const stops = this.state.stops[key];
      let k = choice ? stops.indexOf(values[key]) : this.nearest(stops, values[key]);
      const wish = Math.sign(values[key] - this.shown[key]);
      const stays = Math.sign(stops[k] - this.shown[key]) !== wish;
      if (key === name && !choice && keyed && stays) {
        k = Math.min(Math.max(k + wish, 0), stops.length - 1);
      }
      at[key] = stops[k];
      place = place * stops.length + k;
    }
    return { ...this.picture(this.state.grid[place]), values: at };
  }
}

// Bring every explorer of the page to life.
export async function start() {
  const [page, scripts, formulas] = ["page", "companion", "formula"].map(carried);
  const blob = new Blob([page.explorer], { type: "text/javascript" });
  const { default: explorer, load } = await import(URL.createObjectURL(blob));
  const { setting, links } = await load(scripts);
  const names = [];
  for (const place of document.querySelectorAll(".nt-still")) {
    const parts = place.querySelector("script").textContent.split(" ");
    const [described, data] = await Promise.all(parts.map(unpack));
    const state = JSON.parse(new TextDecoder().decode(described));
    state.spec.scripts = scripts;
    if (state.spec.formula) state.spec.formula.source = formulas[place.dataset.topic];
    const model = new Model(state, numbers(data), setting.nearest);
    const el = document.createElement("div");
    place.append(el);
    await explorer.render({ model, el });
    names.push(state.spec.name);
  }
  // an address may name an explorer that is not here
  const check = () => {
    const problem = links.stranger(names);
    if (problem) document.querySelector(".nt-error").textContent = problem;
  };
  addEventListener("hashchange", check);
  check();
}
