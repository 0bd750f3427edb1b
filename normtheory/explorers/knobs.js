// The knobs: for each parameter a slider with a typed entry and a play button, or a list of choices.

import { button, element } from "./element.js";
import { nearest, parse, plain } from "./setting.js";
import { lanes } from "./tracks.js";

const ROUND = 6000; // milliseconds in which a playing slider passes all its positions

function symbol({ path, width, height, depth }) {
  const [w, h] = [width + 1, height + depth + 2];
  const holder = element("span");
  holder.innerHTML =
    `<svg width="${w}" height="${h}" viewBox="0 ${-height - 1} ${w} ${h}" aria-hidden="true" ` +
    `style="margin-bottom:${-depth - 1}px"><path d="${path}"/></svg>`;
  return holder.firstChild;
}

export class Knobs {
  // `value(name)` tells where a knob stands, `move(name, value)` moves it; `touch(name)` is called
  // when one is about to move, `refuse(sentence)` when what was typed is not allowed. Nothing
  // plays any more once `signal` is aborted.
  constructor(controls, { value, move, touch, refuse, signal }) {
    Object.assign(this, { value, move, touch, refuse, signal });
    this.shows = new Map();
    this.ranges = new Map();
    const made = controls.map((c) => (c.choice ? this.list(c) : this.slider(c)));
    this.node = element("div", { class: "nt-controls" }, ...made);
  }

  // Put all knobs where these values are, or one alone, so that what is being typed elsewhere stays.
  show(values, name = null) {
    for (const [each, show] of this.shows) {
      if (name === null || name === each) show(values[each]);
    }
  }

  // Colour a slider's track by the states of the claims at each of its positions.
  track(name, states) {
    const range = this.ranges.get(name);
    range.style.setProperty("--nt-track", lanes(states));
    range.title = "where the claims hold (green) and fail (orange), the other sliders held";
    range.normtheory = { states }; // for tests and the console
  }

  list(control) {
    const { name, positions } = control;
    const choices = element(
      "select",
      { "aria-label": spoken(control), onchange: () => this.move(name, choices.value) },
      ...positions.map((choice) => element("option", { value: choice }, choice)),
    );
    this.shows.set(name, (value) => (choices.value = value));
    return row(control, choices);
  }

  slider(control) {
    const { name, positions } = control;
    const range = element("input", {
      type: "range",
      min: 0,
      max: positions.length - 1,
      step: 1,
      "aria-label": spoken(control),
      oninput: () => this.move(name, positions[Number(range.value)]),
      onfocus: () => this.touch(name),
      onpointerdown: () => this.touch(name),
    });
    this.ranges.set(name, range);
    const entry = this.entry(control);
    const play = button("▶", () => this.toggle(name, positions, play), {
      "aria-label": `play ${name}`,
      "aria-pressed": "false",
    });
    this.shows.set(name, (value) => {
      range.value = nearest(positions, value);
      range.setAttribute("aria-valuetext", plain(value));
      entry.value = plain(value);
    });
    return row(control, range, element("span", { class: "nt-entry" }, entry, play));
  }

  entry(control) {
    const { name } = control;
    const take = () => {
      if (entry.value === plain(this.value(name))) return;
      try {
        this.move(name, parse(control, entry.value));
      } catch (error) {
        entry.value = plain(this.value(name));
        this.refuse(error.message);
      }
    };
    const entry = element("input", {
      type: "text",
      inputmode: "decimal",
      "aria-label": `${spoken(control)}, typed`,
      onchange: take,
      // a notebook may keep Enter from having its usual effect
      onkeydown: (event) => event.key === "Enter" && take(),
    });
    return entry;
  }

  toggle(name, positions, play) {
    const playing = play.getAttribute("aria-pressed") === "true";
    play.setAttribute("aria-pressed", String(!playing));
    play.textContent = playing ? "▶" : "❚❚";
    if (playing) return;
    this.touch(name);
    const first = nearest(positions, this.value(name));
    let clock = null;
    let passed = 0;
    // the clock decides where we are, so a slow picture skips positions and never slows the clock
    const tick = (now) => {
      if (this.signal.aborted || play.getAttribute("aria-pressed") !== "true") return;
      clock ??= now;
      const steps = Math.floor(((now - clock) / ROUND) * positions.length);
      if (steps > passed) {
        passed = steps;
        this.move(name, positions[(first + steps) % positions.length]);
      }
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }
}

const spoken = ({ name, meaning }) => `${name}, ${meaning}`;

function row(control, ...parts) {
  const sign = symbol(control.symbol);
  const label = element("span", { class: "nt-name" }, sign, ` ${control.meaning}`);
  return element("div", { class: "nt-control", "data-name": control.name }, label, ...parts);
}
