// Pictures that are there before the kernel answers: by formula at every setting, otherwise those
// along the slider that was touched last, which the kernel sends.

import { decode } from "./canvas.js";
import { filled, standing } from "./words.js";

export class Ahead {
  // `formula(values, given)` is null where the explorer has none; `frames` by key; `send` reaches
  // the kernel, null where there is none.
  constructor({ spec, formula, frames, send }) {
    Object.assign(this, { spec, formula, frames, send });
    this.looks = spec.formula?.looks.map((look) => (look.data ? decode(look, look.data) : look));
    this.table = { name: null, others: "", pictures: new Map() };
  }

  // The picture at these values, of which that of `name` moved (null: several); null where it is
  // not here.
  find(values, name) {
    return this.formula ? this.computed(values) : this.tabulated(values, name);
  }

  computed(values) {
    const { spec, formula, frames } = this;
    const found = formula(values, spec.formula.given);
    const { look = 0, labels = {} } = found;
    const [arrays, [name, numbers]] = [found.arrays(), found.text()];
    const panels = this.looks[look].panels.map((layers, i) =>
      layers.map((layer, j) => {
        const moved = { label: labels[`${i}.${j}`] ?? layer.label };
        for (const key of Object.keys(layer.arrays)) {
          const each = arrays[`${i}.${j}.${key}`];
          moved[key] = each ? Float32Array.from(each) : layer[key];
        }
        return { ...layer, ...moved };
      }),
    );
    const { frame } = this.looks[look];
    const text = filled(spec.formula.texts[name], { ...values, ...numbers });
    const standings = this.standings(values, found);
    return frames.has(frame) ? { frame, panels, text, standings } : null;
  }

  // Where each claim stands, by formula.
  standings(values, found = this.formula(values, this.spec.formula.given)) {
    return found.standings().map((each, k) => standing(this.spec.claims[k], each, values));
  }

  tabulated(values, name) {
    const { table } = this;
    if (name === null || name !== table.name) return null;
    if (table.others !== this.others(values, name)) return null;
    const { positions } = this.spec.controls.find((control) => control.name === name);
    const found = table.pictures.get(positions.indexOf(values[name]));
    return found && this.frames.has(found.frame) ? found : null;
  }

  // A slider is about to move: ask for the pictures along it.
  touch(values, name) {
    if (!this.send || this.formula) return;
    const others = this.others(values, name);
    if (this.table.name === name && this.table.others === others) return;
    this.table = { name, others, pictures: new Map() };
    this.send({ type: "touch", name, values });
  }

  // Some of the pictures asked for.
  take(content, buffers) {
    const { table } = this;
    if (content.name !== table.name) return;
    if (this.others(content.others, table.name) !== table.others) return;
    for (const frame of content.frames) this.frames.set(frame.key, frame);
    content.entries.forEach((entry, k) =>
      table.pictures.set(entry.position, decode(entry, buffers[k])),
    );
  }

  // Where all knobs but one stand, as a key.
  others(values, name) {
    const { [name]: moved, ...rest } = values;
    return JSON.stringify(this.spec.controls.map((c) => rest[c.name] ?? null));
  }
}
