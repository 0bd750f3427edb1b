// Explorers on a page without a kernel: a model that answers from tables carried in the page, between
// whose entries it interpolates.

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

// The stops around a value, and the share of each.
function around(stops, value, log) {
  if (typeof value === "string") return [[stops.indexOf(value), 1]];
  const k = Math.max(stops.findLastIndex((stop) => stop <= value), 0);
  if (k === stops.length - 1 || value <= stops[k]) return [[k, 1]];
  const [low, here, high] = [stops[k], value, stops[k + 1]].map(log ? Math.log : Number);
  const share = (here - low) / (high - low);
  return [[k, 1 - share], [k + 1, share]];
}

const heaviest = (corners) => corners.reduce((best, each) => (each[1] > best[1] ? each : best))[0];

// A number between some entries, of which `pick` tells the values and `first` is the nearest one:
// `Tables.between` in Python says the same.
function between(pick, first, corners, lines, log) {
  const [scaled, back] = log ? [(v) => Math.log(v), Math.exp] : [Number, Number];
  const nearest = pick(first);
  if (!Number.isFinite(scaled(nearest))) return nearest;
  let [grid, held, moved] = [0, 0, 0];
  for (const [k, share] of corners) {
    const value = scaled(pick(k));
    if (!Number.isFinite(value)) continue;
    grid += value * share;
    held += share;
  }
  for (const [k, share] of lines) moved += scaled(pick(k)) * share;
  const whole = held > 1 - 1e-9 && Number.isFinite(moved);
  return back(grid / held + (whole ? moved : 0));
}

// Stands in for the notebook's widget model: state, events, and pictures at every setting.
export class Model {
  constructor(state, floats, filled) {
    Object.assign(this, { state, floats, filled, frames: state.frames });
    const { spec, exact } = state;
    this.controls = Object.fromEntries(spec.controls.map((control) => [control.name, control]));
    // behind the setting where it starts
    const looks = exact.settings.slice(1).map((_, k) => this.kept(k + 1));
    if (spec.formula) spec.formula.looks = looks;
    this.values = { spec, links: {}, error: "", progress: -1, note: state.note };
    this.values.picture = { ...this.kept(0), values: exact.settings[0], seq: 0 };
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

  // The picture at these values, which are brought to where this page has pictures.
  ahead(values) {
    const { exact, note } = this.state;
    const same = (at) => Object.entries(at).every(([name, value]) => values[name] === value);
    const k = exact.settings.findIndex(same);
    if (k >= 0) return { ...this.kept(k), values: exact.settings[k], note };
    const held = { ...values };
    for (const { name, choice, positions } of Object.values(this.controls)) {
      const [low, high] = [positions[0], positions.at(-1)];
      if (!choice) held[name] = Math.min(Math.max(values[name], low), high);
    }
    const beyond = Object.keys(held).filter((name) => held[name] !== values[name]);
    const told = (name) => `${name} = ${held[name]} and not ${values[name]}`;
    const shows = `This page ends there, and shows ${beyond.map(told).join(", ")}.`;
    const parts = {};
    for (const table of this.state.tables) {
      const shares = this.shares(table, held);
      for (const [name, column] of Object.entries(table.columns)) {
        parts[name] = this.part(column, ...shares);
      }
    }
    return { ...this.picture(parts, held), values: held, note: beyond.length ? shows : note };
  }

  // A picture that is held as it is.
  kept(k) {
    const { settings, columns } = this.state.exact;
    const entries = Object.entries(columns);
    const parts = entries.map(([name, column]) => [name, this.part(column, [[k, 1]], [])]);
    return this.picture(Object.fromEntries(parts), settings[k]);
  }

  // A table's entries around these values with their shares: of its grid, and of its lines.
  shares(table, values) {
    const moved = table.sliders.filter((name) => values[name] !== this.controls[name].default);
    const alone = moved.length === 1 && table.lines[moved[0]];
    if (alone) {
      const ends = around(alone.stops, values[moved[0]], this.controls[moved[0]].log);
      return [ends.map(([k, share]) => [alone.first + k, share]), []];
    }
    let corners = [[0, 1]];
    const coarse = (name) => around(table.stops[name], values[name], this.controls[name].log);
    for (const name of table.sliders) {
      const { length } = table.stops[name];
      corners = corners.flatMap(([at, w]) => coarse(name).map(([k, t]) => [at * length + k, w * t]));
    }
    const { controls } = this;
    const away = (name) => controls[name].choice && values[name] !== controls[name].default;
    const lines = [];
    for (const [name, line] of table.sliders.some(away) ? [] : Object.entries(table.lines)) {
      const ends = coarse(name);
      if (ends.length === 1) continue;
      for (const [k, t] of ends) lines.push([line.axis[k], -t]);
      const fine = around(line.stops, values[name], controls[name].log);
      for (const [k, t] of fine) lines.push([line.first + k, t]);
    }
    return [corners, lines];
  }

  // A part of the picture between its entries.
  part({ kind, log, values }, corners, lines) {
    const first = heaviest(corners);
    if (kind === "array") return this.array(values, log, first, corners, lines);
    if (kind !== "word") {
      const found = between((k) => Number(values[k] ?? NaN), first, corners, lines, log);
      return kind === "integer" ? Math.round(found) : found;
    }
    const { words, unsure } = this.state;
    const word = words[values[first]];
    const alike = word?.length !== 2 || corners.every(([k]) => words[values[k]][0] === word[0]);
    return alike ? word : unsure;
  }

  array(values, log, first, corners, lines) {
    const place = (k) => values[values.length === 1 ? 0 : k];
    const [start, length] = place(first);
    const { floats } = this;
    const like = ([k]) => place(k)[1] === length;
    const every = [...corners, ...lines];
    if (every.every(([k]) => place(k)[0] === start)) return floats.subarray(start, start + length);
    const grid = corners.filter(like);
    const moved = lines.every(like) ? lines : [];
    const found = new Float32Array(length);
    for (let e = 0; e < length; e++) {
      found[e] = between((k) => floats[place(k)[0] + e], first, grid, moved, log);
    }
    return found;
  }

  picture(parts, values) {
    const sentence = (name) => {
      const own = Object.entries(parts).filter(([key]) => key.startsWith(`${name}.`));
      const numbers = own.map(([key, part]) => [key.slice(name.length + 1), Array.isArray(part) ? part[0] : part]);
      // between two pictures numbers are known to a thousandth
      return this.filled(parts[name][1], { ...values, ...Object.fromEntries(numbers) }, 1e-3);
    };
    const panels = JSON.parse(parts.look[0]).map((layers, i) =>
      layers.map((layer, j) => {
        const named = layer.arrays.map((name) => [name, parts[`${i}.${j}.${name}`]]);
        const lengths = named.map(([name, array]) => [name, array.length]);
        return { ...layer, ...Object.fromEntries(named), arrays: Object.fromEntries(lengths) };
      }),
    );
    const standings = this.state.spec.claims.map(({ id }, k) => {
      const [state] = parts[`claim${k}`];
      return [id, state, sentence(`claim${k}`)];
    });
    return { frame: parts.axes[0], text: sentence("text"), standings, panels };
  }

  // Where the claims stand: of each its id and state.
  standings(values) {
    const { spec, tables } = this.state;
    return spec.claims.map(({ id }, k) => {
      const table = tables.find(({ columns }) => `claim${k}` in columns);
      return [id, this.part(table.columns[`claim${k}`], ...this.shares(table, values))[0]];
    });
  }
}

// Bring every explorer of the page to life.
export async function start() {
  const [page, scripts, formulas] = ["page", "companion", "formula"].map(carried);
  const blob = new Blob([page.explorer], { type: "text/javascript" });
  const { default: explorer, load } = await import(URL.createObjectURL(blob));
  const { words } = await load(scripts);
  for (const place of document.querySelectorAll(".nt-still")) {
    const parts = place.querySelector("script").textContent.split(" ");
    const [described, data] = await Promise.all(parts.map(unpack));
    const state = JSON.parse(new TextDecoder().decode(described));
    state.spec.scripts = scripts;
    if (state.spec.formula) state.spec.formula.source = formulas[place.dataset.topic];
    const model = new Model(state, numbers(data), words.filled);
    const el = document.createElement("div");
    place.append(el);
    await explorer.render({ model, el });
  }
}
