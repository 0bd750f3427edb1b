// One explorer: connects its knobs, its stage and what computes its pictures. Serves a notebook
// (with a kernel behind `model`) and a static page (whose `model` only holds the state) alike.

const REST = 160; // milliseconds without a move after which a slider counts as released
const IMPORT = /from "\.\/(\w+)\.js"/g;

// anywidget and the static page load this file alone; its companions come along as text, by name,
// and import each other as files would.
export async function load(sources) {
  const urls = {};
  const place = (name) => {
    const linked = () => sources[name].replace(IMPORT, (_, other) => `from "${place(other)}"`);
    urls[name] ??= URL.createObjectURL(new Blob([linked()], { type: "text/javascript" }));
    return urls[name];
  };
  const names = Object.keys(sources);
  try {
    const modules = await Promise.all(names.map((name) => import(place(name))));
    return Object.fromEntries(names.map((name, k) => [name, modules[k]]));
  } finally {
    Object.values(urls).forEach(URL.revokeObjectURL);
  }
}

async function render({ model, el }) {
  const spec = model.get("spec");
  const formula = spec.formula && { formula: spec.formula.source };
  const loaded = await load({ ...spec.scripts, ...formula });
  const { button, element } = loaded.element;
  const { decode } = loaded.canvas;
  const compute = loaded.formula?.[spec.name];
  const kernel = !spec.static;
  const send = kernel ? (message) => model.send(message) : null;
  const frames = new Map(Object.entries(model.frames ?? {}));
  const ahead = new loaded.ahead.Ahead({ spec, formula: compute, frames, send });
  const start = { ...model.get("picture").values };
  const defaults = Object.fromEntries(spec.controls.map((c) => [c.name, c.default]));
  let values = { ...start };
  let seq = 0; // of this view's latest move
  let resting = null;
  const teardown = new AbortController();
  const { signal } = teardown;

  // ---- the page ----
  const kind = spec.only ? "nt-explorer nt-alone" : "nt-explorer";
  const root = element("section", { class: kind, "aria-label": spec.title });
  const text = element("p", { class: "nt-text", "aria-live": "polite" });
  const problem = element("div", { class: "nt-error", role: "alert" });
  const note = element("p", { class: "nt-note", "aria-live": "polite" }, model.get("note") ?? "");
  const progress = element("progress", { class: "nt-progress", max: 1, "aria-label": "refining" });
  const refuse = (sentence) => (problem.textContent = sentence);
  const touch = (name) => ahead.touch(values, name);
  const badges = new loaded.badges.Badges(spec.claims, (breaks) =>
    moveTo({ ...defaults, ...breaks }),
  );
  // the site's first page has one slider alone
  const controls = spec.controls.filter(({ name }) => !spec.only || name === spec.only);
  const knobs = new loaded.knobs.Knobs(controls, {
    value: (name) => values[name],
    move,
    touch,
    refuse,
    signal,
  });
  const tell = (picture) => {
    text.textContent = picture.text;
    if (picture.standings) badges.show(picture.standings);
    mark();
  };
  const stage = new loaded.stage.Stage({ root, frames, inks: spec.inks, tell });
  const tracks = new loaded.tracks.Tracks({
    controls: spec.claims.length ? controls : [],
    standings: compute && ((at) => compute(at, spec.formula.given).standings),
    ask: (at) => (send ? send({ type: "tracks", values: at }) : model.tracks(at).map(take)),
    show: (name, states) => knobs.track(name, states),
  });
  const address = new loaded.links.Address(spec);
  const take = (found) => tracks.take(found);
  // a training run waits for its reader, and for a kernel
  const begin = button("start", () => send({ type: "start", values }), { class: "nt-start" });
  const stop = button("stop", () => send({ type: "stop" }), { class: "nt-stop" });
  root.append(
    element(
      "div",
      { class: "nt-head" },
      element("h3", {}, spec.title),
      ...(spec.starts && kernel ? [begin, stop] : []),
      ...Object.entries(spec.presets).map(([name, preset]) => button(name, () => moveTo(preset))),
      button("reset", () => moveTo(start), { class: "nt-reset" }),
    ),
    knobs.node,
    problem,
    ...(kernel ? [] : [note]),
    element("div", { class: "nt-scroll" }, stage.node),
    progress,
    text,
    badges.node,
    loaded.saving.foot({ spec, stage, values: () => values, send }),
  );
  el.append(root);

  // Whether the setting has settled: the kernel has said its last word on it, and that is painted.
  // Then the mark `data-settled` names the setting; otherwise there is none.
  function mark() {
    const heard = !kernel || (model.get("answered") >= seq && model.get("progress") < 0);
    if (heard && stage.rests) root.dataset.settled = JSON.stringify(values);
    else delete root.dataset.settled;
  }

  // ---- moving ----
  function move(name, value, fromLink = false) {
    values = { ...values, [name]: value };
    knobs.show(values, name);
    changed(name);
    const channel = model.get("links")?.[name];
    if (channel && !fromLink) {
      const detail = { channel, value, source: root };
      document.dispatchEvent(new CustomEvent("normtheory:link", { detail }));
    }
  }

  function moveTo(given) {
    values = { ...given };
    knobs.show(values);
    changed(null);
  }

  // Draw at once if the browser can; tell the kernel where we are in any case.
  function changed(name) {
    problem.textContent = "";
    // a page's own pictures may lie beside the values asked for
    const held = Boolean(model.ahead) && !compute;
    const found = held ? model.ahead(values, name) : ahead.find(values, name);
    seq = Math.max(seq + 1, performance.timeOrigin + performance.now());
    if (held) {
      values = found.values;
      note.textContent = found.note;
      knobs.show(values);
    }
    if (found) stage.present({ ...found, seq, values });
    tracks.follow(values);
    address.note(values);
    request(Boolean(found), false);
    clearTimeout(resting);
    // without a refinement the kernel has nothing to do at rest, and its answer would delay the next
    if (spec.refines) resting = setTimeout(() => request(false, true), REST);
    mark();
  }

  function request(drawn, settled) {
    model.set("request", { seq, values, drawn, settled });
    model.save_changes();
  }

  // ---- listening ----
  const heard = {
    "change:picture": () => {
      const look = model.get("picture");
      const frame = model.get("frame");
      frames.set(frame.key, frame);
      if (look.moved || look.seq > seq) {
        seq = look.seq;
        values = { ...look.values };
        knobs.show(values);
        tracks.follow(values);
      } else if (stage.shown && look.seq < (stage.shown.seq ?? 0)) {
        return; // the hand was faster than this picture
      }
      stage.present(look.data ? decode(look, look.data) : look);
    },
    "change:answered": mark,
    "change:error": () => refuse(model.get("error")),
    "change:progress": () => {
      const done = model.get("progress");
      progress.style.visibility = done < 0 ? "hidden" : "visible";
      progress.value = Math.max(done, 0);
      begin.disabled = done >= 0;
      stop.disabled = done < 0;
      mark();
    },
    "msg:custom": (content, buffers) => {
      if (content.type === "file") {
        loaded.saving.download(content.name, new Blob([buffers[0]], { type: content.mime }));
      } else if (content.type === "table") {
        ahead.take(content, buffers);
      } else if (content.type === "tracks") {
        take(content);
      }
    },
  };
  for (const [event, answer] of Object.entries(heard)) model.on(event, answer);
  document.addEventListener(
    "normtheory:link",
    ({ detail: { channel, value, source } }) => {
      if (source === root) return;
      for (const [name, own] of Object.entries(model.get("links") ?? {})) {
        if (own === channel && values[name] !== value) {
          touch(name);
          move(name, value, true);
        }
      }
    },
    { signal },
  );

  // ---- the first picture ----
  knobs.show(values);
  heard["change:picture"]();
  // to the last bit what a reset will show
  const { shown } = stage;
  if (compute && shown.seq === 0) stage.present({ ...shown, ...ahead.find(values, null) });
  heard["change:error"]();
  heard["change:progress"]();
  tracks.follow(values);
  loaded.links.follow({ spec, root, moveTo, refuse, signal });

  return () => {
    teardown.abort();
    clearTimeout(resting);
    stage.close();
    tracks.close();
    address.close();
    for (const [event, answer] of Object.entries(heard)) model.off(event, answer);
  };
}

export default { render };
