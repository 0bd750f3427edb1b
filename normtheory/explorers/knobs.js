// The knobs: for each parameter a slider with a typed entry and a play button, or a list of choices.

import { button, element, outlined } from "./element.js";
import { nearest, parse, plain } from "./setting.js";
import { lanes } from "./tracks.js";

const ROUND = 6000; // milliseconds in which a playing slider passes all its positions

export class Knobs {
  // `value(name)` tells where a knob stands, `move(name, value)` moves it; `touch(name)` is called
  // when one is about to move, `refuse(sentence)` when what was typed is not allowed. Of the slider
  // `scrubbed`, a recording's time, the end is where playing begins anew.
  constructor(controls, { value, move, touch, refuse, scrubbed }) {
    Object.assign(this, { value, move, touch, refuse, scrubbed });
    this.playing = null; // the button of the slider that plays
    this.shows = new Map();
    this.ranges = new Map();
    const made = controls.map((c) => (c.choice ? this.list(c) : this.slider(c)));
    this.node = element("div", { class: "nt-controls" }, ...made);
  }

  // Whatever plays stops: a hand has moved something, or nobody sees it any more.
  stop() {
    const { playing } = this;
    if (!playing) return;
    this.playing = null;
    playing.setAttribute("aria-pressed", "false");
    playing.textContent = "▶";
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

  // What colours a slider's track, null until it is known.
  states(name) {
    return this.ranges.get(name)?.normtheory?.states ?? null;
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
      onfocus: () => this.stop(), // or what is typed would be written over
      onchange: take,
      // a notebook may keep Enter from having its usual effect
      onkeydown: (event) => event.key === "Enter" && take(),
    });
    return entry;
  }

  // Play a slider to one end, from there to the other, and so on.
  toggle(name, positions, play) {
    const stops = this.playing === play;
    this.stop();
    if (stops) return;
    this.playing = play;
    play.setAttribute("aria-pressed", "true");
    play.textContent = "❚❚";
    this.touch(name);
    const last = positions.length - 1;
    const here = nearest(positions, this.value(name));
    const first = name === this.scrubbed && here === last ? 0 : here;
    let clock = null;
    let passed = 0;
    // the clock decides where we are, so a slow picture skips positions and never slows the clock
    const tick = (now) => {
      if (this.playing !== play) return;
      clock ??= now;
      const steps = Math.floor(((now - clock) / ROUND) * positions.length);
      if (steps > passed) {
        passed = steps;
        const at = (first + steps) % (2 * last);
        this.move(name, positions[Math.min(at, 2 * last - at)], true);
      }
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }
}

const spoken = ({ name, meaning }) => `${name}, ${meaning}`;

function row(control, ...parts) {
  const sign = outlined(control.symbol);
  const label = element("span", { class: "nt-name" }, sign, ` ${control.meaning}`);
  return element("div", { class: "nt-control", "data-name": control.name }, label, ...parts);
}
