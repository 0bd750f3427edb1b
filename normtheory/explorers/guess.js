// Guess first: the reader sets a slider where they think a claim changes, before tracks and badges
// tell; or where the explorer's own question has its answer, before the picture tells.

import { button, element } from "./element.js";
import { nearest, plain } from "./setting.js";

const CLOSE = 3; // positions of a slider within which a guess is right
const WORDS = { holds: "holds", fails: "fails", undecided: "is undecided" };
const said = (state) => WORDS[state] ?? "says nothing";

// Where along a slider a claim changes: pairs of neighbouring positions.
function changes(states, claim) {
  return states.flatMap((each, k) => (k && each[claim] !== states[k - 1][claim] ? [[k - 1, k]] : []));
}

export class Guess {
  // Of a view whose knobs, tracks and handles are made.
  constructor(view) {
    const { root, spec } = view;
    Object.assign(this, { view, root, spec });
    this.offered = Boolean(spec.question || (view.knobs.shows.size > 1 && spec.claims.length));
    this.held = {}; // the guess at the explorer's own question, while that is open
    this.line = {}; // the guess that the picture marks: until the next move
    this.words = element("span", { "aria-live": "polite" });
    this.reveal = button("answer", () => this.answer());
    this.node = element("div", { class: "nt-guess", hidden: "" }, this.words, this.reveal);
    this.button = button("guess first", () => this.ask());
    if (spec.question) this.pose();
  }

  // Each claim's state along a slider, null until it is known.
  states(name) {
    return this.view.knobs.states(name);
  }

  // A guess is another: the sliders stand there, and the picture marks it.
  guessed() {
    const { knobs, handles, values } = this.view;
    knobs.show({ ...values, ...this.held });
    handles.mark(this.line);
  }

  // Whether what would tell the answer is kept from the reader.
  keep(secret) {
    this.root.classList.toggle("nt-guessing", secret);
    this.view.stage.name();
  }

  // The explorer's own question: its picture waits.
  pose() {
    const { name, words } = this.spec.question;
    this.end();
    this.held = this.line = { [name]: this.view.values[name] };
    this.keep(true);
    this.node.hidden = this.reveal.hidden = false;
    this.words.textContent = `Your guess first: ${words} `;
    this.guessed();
  }

  // Some sliders are moved: whether that is a guess, and nothing else.
  take(changes) {
    if (!Object.keys(this.held).some((name) => name in changes)) return false;
    this.held = this.line = changes;
    this.guessed();
    return true;
  }

  // The sliders are moved by what knows of no question.
  end() {
    if (!this.spec.question) return;
    this.held = this.line = {};
    this.keep(false);
    this.node.hidden = true;
  }

  tell() {
    const { name, right, because, close } = this.spec.question;
    const { positions, choice } = this.spec.controls.find((control) => control.name === name);
    const guess = this.held[name];
    const place = (value) => (choice ? positions.indexOf(value) : nearest(positions, value));
    const off = (value) => Math.abs(place(value) - place(guess));
    const best = right.reduce((one, other) => (off(other) < off(one) ? other : one));
    const wrong = choice ? "Not that one" : `${off(best)} steps off`;
    const verdict = off(best) <= (choice ? 0 : close) ? "Well seen" : wrong;
    this.view.moveTo({ ...this.view.values, [name]: best });
    this.line = { [name]: guess };
    this.node.hidden = false;
    this.reveal.hidden = true;
    this.words.textContent =
      `${verdict}: you said ${plain(guess)}; it is ${right.map(plain).join(" or ")}. ${because}`;
  }

  // A slider along which a claim changes, and which claim; null where there is none at this setting.
  find() {
    for (const { name, meaning, positions } of this.spec.controls) {
      const states = this.states(name);
      const claim = states ? this.spec.claims.findIndex((_, k) => changes(states, k).length) : -1;
      if (claim >= 0) return { name, meaning, positions, claim };
    }
    return null;
  }

  ask() {
    this.view.knobs.stop();
    if (this.spec.question) return this.pose();
    this.question = this.find();
    const { question, root, node, words, reveal, spec } = this;
    node.hidden = false;
    reveal.hidden = !question;
    this.keep(Boolean(question));
    if (!question) {
      words.textContent = "No slider changes a claim here: choose another preset first.";
      return;
    }
    const { id, speaker } = spec.claims[question.claim];
    const what = `what ${speaker.replace(/^The /, "the ")} (${id}) begins or ceases to hold`;
    words.textContent = `Your guess: set “${question.meaning}” where ${what}, then `;
    root.querySelector(`[data-name="${question.name}"] input`).focus();
  }

  answer() {
    if (this.spec.question) return this.tell();
    if (this.view.tracks.busy) return void setTimeout(() => this.answer(), 30);
    const { name, positions, claim } = this.question;
    const states = this.states(name);
    const here = nearest(positions, this.view.values[name]);
    const far = ([, k]) => Math.abs(k - here);
    const all = changes(states, claim);
    this.keep(false);
    this.reveal.hidden = true;
    if (!all.length) {
      this.words.textContent = `At the setting to which you went it ${said(states[here][claim])} everywhere.`;
      return;
    }
    const [low, high] = all.reduce((best, each) => (far(each) < far(best) ? each : best));
    const [before, after] = [low, high].map((k) => said(states[k][claim]));
    const verdict = far([low, high]) <= CLOSE ? "Well seen" : `${far([low, high])} steps off`;
    this.words.textContent =
      `${verdict}: you said ${plain(positions[here])}; up to ${plain(positions[low])} the claim `
      + `${before}, from ${plain(positions[high])} on it ${after}.`;
  }
}
