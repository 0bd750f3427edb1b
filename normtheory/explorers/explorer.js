// One explorer: sliders, the canvas, badges. Serves a notebook (with a kernel behind `model`) and a
// static page (whose `model` only holds the state) alike.

const MARKS = {
  holds: "✓ holds here",
  fails: "✗ fails here",
  undecided: "? undecided",
  silent: "– no setting",
};
const FOCUSED = ["input", "select", "button"];
const SURFACES = 24; // axes kept as pixels
const REST = 160; // milliseconds without a move after which a slider counts as released

// anywidget and the static page load this file alone; its companions come along as text
async function load(source) {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  try {
    return await import(url);
  } finally {
    URL.revokeObjectURL(url);
  }
}

function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  // JupyterLab's command mode would take the arrow keys from what has the focus
  if (FOCUSED.includes(tag)) node.dataset.lmSuppressShortcuts = "true";
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== false) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

function symbol({ path, width, height, depth }) {
  const [w, h] = [width + 1, height + depth + 2];
  const holder = element("span");
  holder.innerHTML =
    `<svg width="${w}" height="${h}" viewBox="0 ${-height - 1} ${w} ${h}" aria-hidden="true" ` +
    `style="margin-bottom:${-depth - 1}px"><path d="${path}"/></svg>`;
  return holder.firstChild;
}

function isDark() {
  const jupyter = document.body.dataset.jpThemeLight;
  if (jupyter !== undefined) return jupyter === "false";
  const chosen = document.documentElement.dataset.theme ?? document.body.dataset.theme;
  if (chosen === "dark" || chosen === "light") return chosen === "dark";
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

function download(name, blob) {
  const link = element("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

async function render({ model, el }) {
  const spec = model.get("spec");
  const { decode, paint } = await load(spec.canvas);
  const { nearest, parse, plain, python, read, write } = await load(spec.setting);
  const formula = spec.formula && (await load(spec.formula.source))[spec.name];
  const looks = spec.formula?.looks.map((look) => (look.data ? decode(look, look.data) : look));
  const frames = new Map(Object.entries(model.frames ?? {}));
  const surfaces = new Map();
  const stage = { frame: null, shown: null, queued: false };
  let values = { ...model.get("picture").values };
  let table = { name: null, others: "", pictures: new Map() };
  let seq = 0; // of this view's latest move
  let resting = null;
  const teardown = new AbortController();
  const { signal } = teardown;

  // ---- the page ----
  const text = element("p", { class: "nt-text", "aria-live": "polite" });
  const badges = element("ul", { class: "nt-badges", "aria-label": "claims at this setting" });
  const problem = element("div", { class: "nt-error", role: "alert" });
  const note = element("p", { class: "nt-note", "aria-live": "polite" }, model.get("note") ?? "");
  const progress = element("progress", { class: "nt-progress", max: 1, "aria-label": "refining" });
  const canvas = element("canvas", { role: "img" });
  const picture = element("div", { class: "nt-stage" }, canvas);
  const controls = new Map();
  const root = element("section", { class: "nt-explorer", "aria-label": spec.title });
  el.append(root);

  const presets = Object.entries(spec.presets).map(([name, preset]) =>
    element("button", { type: "button", onclick: () => moveTo(preset) }, name),
  );
  const reset = element(
    "button",
    { type: "button", class: "nt-reset", onclick: () => moveTo(start) },
    "reset",
  );
  const start = { ...values };
  const kernel = !spec.static;
  // a training run waits for its reader, and for a kernel
  const begin = element(
    "button",
    { type: "button", class: "nt-start", onclick: () => model.send({ type: "start", values }) },
    "start",
  );
  const stop = element(
    "button",
    { type: "button", class: "nt-stop", onclick: () => model.send({ type: "stop" }) },
    "stop",
  );
  const runs = spec.starts && kernel ? [begin, stop] : [];
  const formats = kernel ? ["png", "svg", "pdf", "csv"] : ["png", "csv"];
  const saves = formats.map((format) =>
    element("button", { type: "button", onclick: () => save(format) }, format.toUpperCase()),
  );
  const copied = element("span", { "aria-live": "polite" });
  const copies = Object.entries({ "copy Python": () => python(spec, values), "copy link": address });
  root.append(
    element("div", { class: "nt-head" }, element("h3", {}, spec.title), ...runs, ...presets, reset),
    element("div", { class: "nt-controls" }, ...spec.controls.map(makeControl)),
    problem,
    ...(kernel ? [] : [note]),
    element("div", { class: "nt-scroll" }, picture),
    progress,
    text,
    badges,
    element(
      "div",
      { class: "nt-foot" },
      "save",
      ...saves,
      ...copies.map(([name, line]) =>
        element("button", { type: "button", onclick: () => copy(line()) }, name),
      ),
      copied,
    ),
  );

  function makeControl(control) {
    const { name, positions } = control;
    const spoken = `${name}, ${control.meaning}`;
    const label = element("span", { class: "nt-name" }, symbol(control.symbol), ` ${control.meaning}`);
    if (control.choice) {
      const list = element(
        "select",
        { "aria-label": spoken, onchange: () => move(name, list.value) },
        ...positions.map((choice) => element("option", { value: choice }, choice)),
      );
      controls.set(name, { control, show: (value) => (list.value = value) });
      return element("div", { class: "nt-control", "data-name": name }, label, list);
    }
    const range = element("input", {
      type: "range",
      min: 0,
      max: positions.length - 1,
      step: 1,
      "aria-label": spoken,
      oninput: () => move(name, positions[Number(range.value)]),
      onfocus: () => touch(name),
      onpointerdown: () => touch(name),
    });
    const take = () => {
      if (entry.value === plain(values[name])) return;
      try {
        move(name, parse(control, entry.value));
      } catch (error) {
        entry.value = plain(values[name]);
        problem.textContent = error.message;
      }
    };
    const entry = element("input", {
      type: "text",
      inputmode: "decimal",
      "aria-label": `${spoken}, typed`,
      onchange: take,
      // a notebook may keep Enter from having its usual effect
      onkeydown: (event) => event.key === "Enter" && take(),
    });
    const play = element(
      "button",
      { type: "button", "aria-label": `play ${name}`, "aria-pressed": "false" },
      "▶",
    );
    play.addEventListener("click", () => toggle(name, positions, play));
    controls.set(name, {
      control,
      show: (value) => {
        range.value = nearest(positions, value);
        range.setAttribute("aria-valuetext", plain(value));
        entry.value = plain(value);
      },
    });
    return element(
      "div",
      { class: "nt-control", "data-name": name },
      label,
      range,
      element("span", { class: "nt-entry" }, entry, play),
    );
  }

  // ---- moving ----
  function move(name, value, fromLink = false) {
    values = { ...values, [name]: value };
    controls.get(name).show(value);
    changed(name);
    const channel = model.get("links")?.[name];
    if (channel && !fromLink) {
      const detail = { channel, value, source: root };
      document.dispatchEvent(new CustomEvent("normtheory:link", { detail }));
    }
  }

  function moveTo(given) {
    values = { ...given };
    for (const [name, { show }] of controls) show(values[name]);
    changed(null);
  }

  // Draw at once if the browser can; tell the kernel where we are in any case.
  function changed(name) {
    problem.textContent = "";
    const found = formula ? computed() : model.ahead ? model.ahead(values, name) : ahead(name);
    seq = Math.max(seq + 1, performance.timeOrigin + performance.now());
    if (model.ahead && !formula) {
      values = found.values;
      note.textContent = found.note;
      for (const [each, { show }] of controls) show(values[each]);
    }
    if (found) present({ ...found, seq, values });
    request(Boolean(found), false);
    clearTimeout(resting);
    // without a refinement the kernel has nothing to do at rest, and its answer would delay the next
    if (spec.refines) resting = setTimeout(() => request(false, true), REST);
  }

  function request(drawn, settled) {
    model.set("request", { seq, values, drawn, settled });
    model.save_changes();
  }

  // The picture by formula; null where its axes are not here yet.
  function computed() {
    const { look = 0, arrays, labels = {}, text, standings } = formula(values, spec.formula.given);
    const panels = looks[look].panels.map((layers, i) =>
      layers.map((layer, j) => {
        const moved = { label: labels[`${i}.${j}`] ?? layer.label };
        for (const key of Object.keys(layer.arrays)) {
          const found = arrays[`${i}.${j}.${key}`];
          moved[key] = found ? Float32Array.from(found) : layer[key];
        }
        return { ...layer, ...moved };
      }),
    );
    const found = { frame: looks[look].frame, panels, text, standings };
    return frames.has(found.frame) ? found : null;
  }

  function ahead(name) {
    if (name === null || name !== table.name || table.others !== others(name)) return null;
    const position = controls.get(name).control.positions.indexOf(values[name]);
    const found = table.pictures.get(position);
    return found && frames.has(found.frame) ? found : null;
  }

  function others(name) {
    const { [name]: moved, ...rest } = values;
    return JSON.stringify(spec.controls.map((c) => rest[c.name] ?? null));
  }

  // A slider is about to move: ask for the pictures along it.
  function touch(name) {
    if (!kernel || formula) return;
    if (table.name === name && table.others === others(name)) return;
    table = { name, others: others(name), pictures: new Map() };
    model.send({ type: "touch", name, values });
  }

  function toggle(name, positions, button) {
    const playing = button.getAttribute("aria-pressed") === "true";
    button.setAttribute("aria-pressed", String(!playing));
    button.textContent = playing ? "▶" : "❚❚";
    if (playing) return;
    touch(name);
    const first = nearest(positions, values[name]);
    let clock = null;
    let passed = 0;
    // the clock decides where we are, so a slow picture skips positions and never slows the clock
    const tick = (now) => {
      if (signal.aborted || button.getAttribute("aria-pressed") !== "true") return;
      clock ??= now;
      const steps = Math.floor(((now - clock) / 6000) * positions.length);
      if (steps > passed) {
        passed = steps;
        move(name, positions[(first + steps) % positions.length]);
      }
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  // ---- showing ----
  function present(found) {
    stage.shown = found;
    if (!stage.queued) {
      stage.queued = true;
      requestAnimationFrame(draw);
    }
  }

  function draw() {
    stage.queued = false;
    const shown = stage.shown;
    const frame = frames.get(shown.frame);
    if (!frame || signal.aborted) return;
    const dark = isDark();
    root.classList.toggle("nt-dark", dark);
    if (stage.frame !== frame) {
      stage.frame = frame;
      picture.style.maxWidth = `${frame.width}px`;
      picture.style.aspectRatio = `${frame.width} / ${frame.height}`;
    }
    const width = picture.clientWidth || frame.width;
    const scale = (width / frame.width) * Math.max(window.devicePixelRatio || 1, 1);
    const size = [Math.round(frame.width * scale), Math.round(frame.height * scale)];
    const background = surface(frame, dark, size);
    // until the new axes are there the old picture stays: nothing flickers
    if (!background) return;
    if (canvas.width !== size[0] || canvas.height !== size[1]) [canvas.width, canvas.height] = size;
    const context = canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    const inks = { ...spec.inks[dark ? "dark" : "light"], halo: dark ? "#161616" : "#ffffff" };
    context.fillStyle = inks.halo;
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(background, 0, 0);
    context.setTransform(scale, 0, 0, scale, 0, 0);
    paint(context, frame, shown, inks);
    text.textContent = shown.text;
    canvas.setAttribute("aria-label", shown.text);
    if (shown.standings) showBadges(shown.standings);
    canvas.dataset.painted = String(Number(canvas.dataset.painted ?? 0) + 1);
    root.normtheory = { picture: shown }; // what is on the screen, for tests and the console
  }

  // The frame's axes as pixels of this size, or null until they are ready.
  function surface(frame, dark, size) {
    const key = `${frame.key} ${dark} ${size}`;
    if (surfaces.has(key)) return surfaces.get(key);
    if (surfaces.size >= SURFACES) surfaces.delete(surfaces.keys().next().value);
    surfaces.set(key, null);
    const { light, [dark ? "dark" : "light"]: inks } = spec.inks;
    // a shape without a colour of its own is black by SVG's default
    let svg = frame.svg.replace("<svg ", `<svg fill="${inks.line.black}" `);
    for (const [name, ink] of Object.entries(light.line)) {
      svg = svg.replaceAll(ink.toLowerCase(), inks.line[name]);
    }
    const image = new Image();
    image.onload = () => {
      const drawn = document.createElement("canvas");
      [drawn.width, drawn.height] = size;
      drawn.getContext("2d").drawImage(image, 0, 0, size[0], size[1]);
      surfaces.set(key, drawn);
      present(stage.shown);
    };
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
    return null;
  }

  function showBadges(standings) {
    standings.forEach(([id, state, reason], k) => {
      let row = badges.children[k];
      if (!row) {
        const verdict = spec.claims.find((claim) => claim.id === id)?.verdict;
        const about = element("span", { class: "nt-claim" }, id);
        row = element(
          "li",
          { class: "nt-badge" },
          element("span", { class: "nt-mark" }),
          element("span", {}, about, ` (${verdict}) `, element("span")),
        );
        badges.append(row);
      }
      row.firstChild.dataset.state = state;
      row.firstChild.textContent = MARKS[state];
      row.lastChild.lastChild.textContent = reason;
    });
  }

  // ---- saving ----
  function save(format) {
    if (kernel) {
      model.send({ type: "save", format });
    } else if (format === "png") {
      canvas.toBlob((blob) => download(`${spec.name}.png`, blob));
    } else {
      const rows = ["panel,layer,label,quantity,index,value"];
      stage.shown.panels.forEach((layers, i) =>
        layers.forEach((layer, j) => {
          for (const name of Object.keys(layer.arrays)) {
            layer[name].forEach((v, k) =>
              rows.push([i, j, JSON.stringify(layer.label), name, k, v].join(",")),
            );
          }
        }),
      );
      download(`${spec.name}.csv`, new Blob([rows.join("\n")], { type: "text/csv" }));
    }
  }

  async function copy(line) {
    try {
      await navigator.clipboard.writeText(line);
      copied.textContent = `copied ${line}`;
    } catch {
      copied.textContent = line; // no permission: then it can be selected
    }
  }

  // ---- links ----
  function address() {
    const url = new URL(location.href);
    url.searchParams.delete("token"); // the way into a server is not part of a view
    url.hash = write(spec, values);
    return url.href;
  }

  // The end of the address that the reader opened: JupyterLab drops it from what it shows.
  function fragment() {
    const [opened] = performance.getEntriesByType("navigation");
    return location.hash || (opened ? new URL(opened.name).hash : "");
  }

  // Go where the page's address says, if it speaks of this explorer.
  function follow() {
    try {
      const wish = read(spec, fragment());
      if (!wish) return false;
      moveTo(wish);
    } catch (error) {
      problem.textContent = error.message;
    }
    root.scrollIntoView({ block: "nearest" });
    return true;
  }

  // ---- listening ----
  function onPicture() {
    const look = model.get("picture");
    const frame = model.get("frame");
    frames.set(frame.key, frame);
    if (look.moved || look.seq > seq) {
      seq = look.seq;
      values = { ...look.values };
      for (const [name, { show }] of controls) show(values[name]);
    } else if (stage.shown && look.seq < (stage.shown.seq ?? 0)) {
      return; // the hand was faster than this picture
    }
    present(look.data ? decode(look, look.data) : look);
  }

  function onMessage(content, buffers) {
    if (content.type === "file") {
      download(content.name, new Blob([buffers[0]], { type: content.mime }));
    } else if (content.type === "table" && content.name === table.name) {
      const named = spec.controls.map((c) => content.others[c.name] ?? null);
      if (JSON.stringify(named) !== table.others) return;
      for (const frame of content.frames) frames.set(frame.key, frame);
      content.entries.forEach((entry, k) =>
        table.pictures.set(entry.position, decode(entry, buffers[k])),
      );
    }
  }

  const onError = () => (problem.textContent = model.get("error"));
  const onProgress = () => {
    const done = model.get("progress");
    progress.style.visibility = done < 0 ? "hidden" : "visible";
    progress.value = Math.max(done, 0);
    begin.disabled = done >= 0;
    stop.disabled = done < 0;
  };
  model.on("change:picture", onPicture);
  model.on("change:error", onError);
  model.on("change:progress", onProgress);
  model.on("msg:custom", onMessage);
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
  const resized = new ResizeObserver(() => stage.shown && present(stage.shown));
  resized.observe(picture);
  const themed = new MutationObserver(() => stage.shown && present(stage.shown));
  const watched = { attributes: true, attributeFilter: ["data-jp-theme-light", "data-theme"] };
  themed.observe(document.body, watched);
  themed.observe(document.documentElement, watched);
  for (const [name, { show }] of controls) show(values[name]);
  onPicture();
  // to the last bit what a reset will show
  if (formula && stage.shown.seq === 0) present({ ...stage.shown, ...computed() });
  onError();
  onProgress();
  // once for each page: a cell that runs again shows what it says
  const followed = document.documentElement.dataset;
  if (followed.normtheoryLink !== fragment() && follow()) followed.normtheoryLink = fragment();
  window.addEventListener("hashchange", follow, { signal });

  return () => {
    teardown.abort();
    clearTimeout(resting);
    resized.disconnect();
    themed.disconnect();
    model.off("change:picture", onPicture);
    model.off("change:error", onError);
    model.off("change:progress", onProgress);
    model.off("msg:custom", onMessage);
  };
}

export default { render };
