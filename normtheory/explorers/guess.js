// Guess first: the reader sets a slider where they think a claim changes, before tracks and badges
// tell.

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
  // `states(name)` tells each claim's state along a slider, null until it is known; `value(name)`
  // where the slider stands; `busy()` whether states are being computed.
  constructor({ root, spec, states, value, busy }) {
    Object.assign(this, { root, spec, states, value, busy });
    this.words = element("span", { "aria-live": "polite" });
    this.reveal = button("answer", () => this.answer());
    this.node = element("div", { class: "nt-guess", hidden: "" }, this.words, this.reveal);
    this.button = button("guess first", () => this.ask());
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
    this.question = this.find();
    const { question, root, node, words, reveal, spec } = this;
    node.hidden = false;
    reveal.hidden = !question;
    root.classList.toggle("nt-guessing", Boolean(question));
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
    if (this.busy()) return void setTimeout(() => this.answer(), 30);
    const { name, positions, claim } = this.question;
    const states = this.states(name);
    const here = nearest(positions, this.value(name));
    const far = ([, k]) => Math.abs(k - here);
    const all = changes(states, claim);
    this.root.classList.remove("nt-guessing");
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
