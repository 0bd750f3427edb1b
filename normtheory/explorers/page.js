// The page of one view: its title and presets, and the pieces that others have made, in order.

import { button, element } from "./element.js";
import { lecture } from "./lecture.js";

// Buttons that are one stop of the Tab key: the arrows go from one to the next.
function toolbar(label, buttons) {
  buttons.forEach((each, k) => (each.tabIndex = k ? -1 : 0));
  const press = (event) => {
    const way = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!way) return;
    event.preventDefault();
    const here = buttons.indexOf(event.target);
    const next = buttons[(here + way + buttons.length) % buttons.length];
    event.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  };
  const looks = { class: "nt-presets", role: "toolbar", "aria-label": label, onkeydown: press };
  return element("div", looks, ...buttons);
}

// The place of a picture that is larger than a phone; what scrolls is reached by a key, too.
function scrolling(picture) {
  const node = element("div", { class: "nt-scroll" }, picture);
  const watcher = new ResizeObserver(() => {
    const [right, below] = [node.scrollWidth - node.clientWidth, node.scrollHeight - node.clientHeight];
    // lengths are whole pixels, sizes need not be
    if (Math.max(right, below) > 1) node.tabIndex = 0;
    else node.removeAttribute("tabindex");
  });
  for (const each of [node, picture]) watcher.observe(each);
  return node;
}

// `starts` are the buttons of a training run; `moveTo(values)` moves all sliders. Returns the places of
// what the view says.
export function lay(root, { spec, start, moveTo, starts, guess, knobs, note, stage, badges, foot }) {
  const said = {
    problem: element("div", { class: "nt-error", role: "alert" }),
    lost: element("div", { class: "nt-lost", role: "alert" }),
    note: element("p", { class: "nt-note", "aria-live": "polite" }, note),
    progress: element("progress", { class: "nt-progress", max: 1, "aria-label": "refining" }),
    text: element("p", { class: "nt-text" }),
    spoken: element("p", { class: "nt-spoken", "aria-live": "polite" }),
  };
  const presets = Object.entries(spec.presets);
  const keys = Object.fromEntries(presets.map(([, at], k) => [k + 1, () => moveTo(at)]).slice(0, 9));
  const choices = presets.map(([name, at]) => button(name, () => moveTo(at), { class: "nt-preset" }));
  const reset = button("reset", () => moveTo(start), { class: "nt-reset" });
  const more = guess.offered ? [guess.button] : [];
  root.append(
    element(
      "div",
      { class: "nt-head" },
      element("h2", {}, spec.title),
      ...starts,
      toolbar("presets", [...choices, reset, ...more, lecture(root, keys)]),
    ),
    guess.node,
    knobs.node,
    said.problem,
    spec.static ? said.note : said.lost,
    // what stays in sight on a phone while a finger is on a slider
    element("div", { class: "nt-view" }, scrolling(stage.node), badges.strip),
    said.progress,
    said.text,
    said.spoken,
    badges.node,
    foot,
  );
  return said;
}
