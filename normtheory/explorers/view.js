// One view of an explorer: connects its knobs, its stage and what computes its pictures, in a notebook
// (with a kernel behind `model`) and on a static page (whose `model` only holds the state) alike.

import { Ahead } from "./ahead.js";
import { Badges } from "./badges.js";
import { decode } from "./canvas.js";
import { Crosshair } from "./crosshair.js";
import { button, element } from "./element.js";
import { Guess } from "./guess.js";
import { Handles } from "./handles.js";
import { Knobs } from "./knobs.js";
import { watch } from "./lifeline.js";
import { Address, follow } from "./links.js";
import { lay } from "./page.js";
import { download, foot } from "./saving.js";
import { place } from "./setting.js";
import { Stage } from "./stage.js";
import { Tracks } from "./tracks.js";

const REST = 160; // milliseconds without a move after which a slider counts as released
const SPOKEN = 700; // milliseconds of rest after which a screen reader is told

export class View {
  // `formula(values, given)` computes the picture; null where the kernel or the page holds them.
  constructor({ model, formula }) {
    const spec = model.get("spec");
    const start = { ...model.get("picture").values };
    Object.assign(this, { model, spec, formula, start, kernel: !spec.static });
    this.values = { ...start };
    this.seq = 0; // of this view's latest move
    this.teardown = new AbortController();
    this.send = this.kernel ? (message) => model.send(message) : null;
    this.frames = new Map(Object.entries(model.frames ?? {}));
    this.ahead = new Ahead({ spec, formula, frames: this.frames, send: this.send });
    this.makeParts();
    this.makePage();
    this.listen();
  }

  makeParts() {
    const { spec, model, formula, send, frames } = this;
    const kind = `nt-explorer${spec.only ? " nt-alone" : ""}${spec.question ? " nt-question" : ""}`;
    const called = `${spec.title}${spec.question ? ": a guess" : ""}`;
    this.root = element("section", { class: kind, "aria-label": called, "data-explorer": place(spec) });
    const defaults = Object.fromEntries(spec.controls.map((c) => [c.name, c.default]));
    this.badges = new Badges(spec.claims, (breaks) => this.moveTo({ ...defaults, ...breaks }));
    const only = spec.only ?? spec.question?.name; // the one slider of the site's first page, or a guess
    const controls = spec.controls.filter(({ name }) => !only || name === only);
    const touch = (name) => this.ahead.touch(this.values, name);
    const value = (name) => this.guess.held[name] ?? this.values[name];
    this.knobs = new Knobs(controls, {
      value,
      move: (name, at, plays = false) => this.move({ [name]: at }, { plays }),
      touch,
      refuse: (sentence) => this.refuse(sentence),
      scrubbed: spec.scrubbed,
    });
    this.stage = new Stage({
      root: this.root,
      frames,
      inks: spec.inks,
      tell: (picture, frame) => this.tell(picture, frame),
    });
    const move = (changes) => this.move(changes);
    this.handles = new Handles({ stage: this.stage, controls, move, touch, value });
    this.crosshair = new Crosshair(this.stage);
    this.tracks = new Tracks({
      controls: spec.claims.length ? controls : [],
      standings: formula ? (at) => this.ahead.standings(at)
        : model.standings && ((at) => model.standings(at)),
      ask: (at) => send({ type: "tracks", values: at }),
      show: (name, states) => this.knobs.track(name, states),
    });
    this.guess = new Guess(this);
    this.address = new Address(spec);
  }

  makePage() {
    const { spec, model, stage, badges, guess, knobs, root, start, send } = this;
    const values = () => this.values;
    // a training run waits for its reader, and for a kernel
    this.begin = button("start", () => send({ type: "start", values: values() }), { class: "nt-start" });
    this.stop = button("stop", () => send({ type: "stop" }), { class: "nt-stop" });
    const starts = spec.starts && this.kernel ? [this.begin, this.stop] : [];
    const moveTo = (at) => this.moveTo(at);
    const ends = foot({ spec, stage, values, badges, send });
    const note = model.get("note") ?? "";
    const parts = { spec, start, moveTo, starts, guess, knobs, note, stage, badges, foot: ends };
    Object.assign(this, lay(root, parts));
  }

  refuse(sentence) {
    this.problem.textContent = sentence;
  }

  // A picture has been painted: the rest of the page follows it.
  tell(picture, frame) {
    this.text.textContent = picture.text;
    if (picture.standings) this.badges.show(picture.standings);
    this.handles.show(picture, frame);
    this.handles.mark(this.guess.line);
    this.crosshair.show();
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => this.speak(picture), SPOKEN);
    this.mark();
  }

  // A screen reader hears of a setting once, when the hand rests.
  speak({ text }) {
    if (this.root.classList.contains("nt-guessing")) return;
    this.spoken.textContent = [text, ...this.badges.said()].join(" ");
  }

  // Whether the setting has settled: the kernel has said its last word on it, and that is painted.
  // Then the mark `data-settled` names the setting; otherwise there is none.
  mark() {
    const { model, root, stage } = this;
    const heard = !this.kernel || (model.get("answered") >= this.seq && model.get("progress") < 0);
    if (heard && stage.rests) root.dataset.settled = JSON.stringify(this.values);
    else delete root.dataset.settled;
  }

  // ---- moving ----
  // Some sliders go elsewhere: by hand, or because one plays or a linked explorer has moved.
  move(changes, { plays = false, linked = false } = {}) {
    if (!plays) this.knobs.stop();
    if (this.guess.take(changes)) return;
    this.guess.end();
    const names = Object.keys(changes).filter((name) => changes[name] !== this.values[name]);
    if (!names.length) return;
    this.values = { ...this.values, ...changes };
    const one = names.length === 1 ? names[0] : null;
    this.knobs.show(this.values, one);
    this.changed(one);
    for (const name of linked ? [] : names) {
      const channel = this.model.get("links")?.[name];
      if (!channel) continue;
      const detail = { channel, value: changes[name], source: this.root };
      document.dispatchEvent(new CustomEvent("normtheory:link", { detail }));
    }
  }

  moveTo(given) {
    this.knobs.stop();
    this.guess.end();
    this.values = { ...given };
    this.knobs.show(this.values);
    this.changed(null);
  }

  // Draw at once if the browser can; tell the kernel where we are in any case.
  changed(name) {
    this.problem.textContent = "";
    const { model } = this;
    // a page's own pictures may lie beside the values asked for
    const held = Boolean(model.ahead) && !this.formula;
    const found = held ? model.ahead(this.values) : this.ahead.find(this.values, name);
    this.seq = Math.max(this.seq + 1, performance.timeOrigin + performance.now());
    if (held) {
      this.values = found.values;
      this.note.textContent = found.note;
      this.knobs.show(this.values);
    }
    this.arrive(found);
    this.request(Boolean(found), false);
    clearTimeout(this.resting);
    // without a refinement the kernel has nothing to do at rest, and its answer would delay the next
    if (this.spec.refines) this.resting = setTimeout(() => this.request(false, true), REST);
    this.mark();
  }

  // The knobs stand elsewhere, where a picture may be at hand: then the kernel has none to send, and
  // other views of this explorer are told.
  arrive(found) {
    const { spec, root, values, seq } = this;
    // a question stands beside the explorer that links speak of
    if (!spec.question) this.address.note(values);
    this.tracks.follow(values);
    if (!found) return;
    const picture = { ...found, seq, values };
    this.stage.present(picture);
    const detail = { spec, source: root, picture, frame: this.frames.get(found.frame) };
    document.dispatchEvent(new CustomEvent("normtheory:step", { detail }));
  }

  request(drawn, settled) {
    const { seq, values } = this;
    this.model.set("request", { seq, values, drawn, settled });
    this.model.save_changes();
  }

  // ---- listening ----
  listen() {
    const { model, root, teardown: { signal } } = this;
    this.heard = {
      // a hand on another view stops what plays here
      "change:request": () => model.get("request").seq === this.seq || this.knobs.stop(),
      "change:picture": () => this.hear(),
      "change:answered": () => this.mark(),
      "change:error": () => this.refuse(model.get("error")),
      "change:progress": () => this.refined(model.get("progress")),
      "msg:custom": (content, buffers) => this.receive(content, buffers),
    };
    for (const [event, answer] of Object.entries(this.heard)) model.on(event, answer);
    document.addEventListener("normtheory:link", ({ detail }) => this.takeLink(detail), { signal });
    document.addEventListener("normtheory:step", ({ detail }) => this.keepStep(detail), { signal });
    watch(model, { say: (sentence) => this.mourn(sentence), signal });
    this.seen = new IntersectionObserver((all) => all.at(-1).isIntersecting || this.knobs.stop());
    this.seen.observe(root);
  }

  // The kernel is gone, or (an empty sentence) back.
  mourn(sentence) {
    const more = sentence && this.formula ? " Sliders and picture go on." : "";
    this.lost.textContent = sentence + more;
  }

  // The kernel has sent a picture.
  hear() {
    const { model, stage } = this;
    const look = model.get("picture");
    const frame = model.get("frame");
    this.frames.set(frame.key, frame);
    if (look.moved || look.seq > this.seq) {
      this.seq = look.seq;
      this.values = { ...look.values };
      this.knobs.show(this.values);
      this.tracks.follow(this.values);
    } else if (stage.shown && look.seq < (stage.shown.seq ?? 0)) {
      return; // the hand was faster than this picture
    }
    stage.present(look.data ? decode(look, look.data) : look);
  }

  // Another view of this explorer has moved.
  keepStep({ spec, source, picture, frame }) {
    if (spec !== this.spec || source === this.root) return;
    const { seq, values } = picture;
    this.knobs.stop();
    Object.assign(this, { seq, values });
    this.frames.set(frame.key, frame);
    this.knobs.show(values);
    this.tracks.follow(values);
    this.stage.present(picture);
  }

  refined(done) {
    this.progress.style.visibility = done < 0 ? "hidden" : "visible";
    this.progress.value = Math.max(done, 0);
    this.begin.disabled = done >= 0;
    this.stop.disabled = done < 0;
    this.mark();
  }

  receive(content, buffers) {
    const { type, name, mime } = content;
    if (type === "file") download(name, new Blob([buffers[0]], { type: mime }));
    else if (type === "table") this.ahead.take(content, buffers);
    else if (type === "tracks") this.tracks.take(content);
  }

  takeLink({ channel, value, source }) {
    if (source === this.root) return;
    for (const [name, own] of Object.entries(this.model.get("links") ?? {})) {
      if (own !== channel || this.values[name] === value) continue;
      this.ahead.touch(this.values, name);
      this.move({ [name]: value }, { linked: true });
    }
  }

  // The first picture; the page holds the view by now.
  open() {
    const { spec, root, stage, start } = this;
    this.knobs.show(this.values);
    this.hear();
    // to the last bit what a reset will show
    const { shown } = stage;
    const exact = this.formula && shown.seq === 0 && this.ahead.find(this.values, null);
    if (exact) stage.present({ ...shown, ...exact });
    this.heard["change:error"]();
    this.heard["change:progress"]();
    this.tracks.follow(this.values);
    const { signal } = this.teardown;
    const [moveTo, refuse] = [(wish) => this.moveTo(wish), (sentence) => this.refuse(sentence)];
    if (!spec.question) follow({ spec, root, start, moveTo, refuse, signal });
  }

  close() {
    this.teardown.abort();
    this.seen.disconnect();
    this.knobs.stop();
    clearTimeout(this.resting);
    clearTimeout(this.speaking);
    this.stage.close();
    this.tracks.stop();
    this.address.close();
    for (const [event, answer] of Object.entries(this.heard)) this.model.off(event, answer);
  }
}
