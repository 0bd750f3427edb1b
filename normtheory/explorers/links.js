// Links to a view: the end of the page's address names an explorer and where its knobs stand.

import { place, read, write } from "./setting.js";

// The address of this page as a link to the view with these values.
export function address(spec, values) {
  const url = new URL(location.href);
  url.searchParams.delete("token"); // the way into a server is not part of a view
  url.hash = write(spec, values);
  return url.href;
}

// The end of the address that the reader opened: JupyterLab drops it from what it shows.
function fragment() {
  const [opened] = performance.getEntriesByType("navigation");
  // Firefox names it "document"
  const end = location.hash || (opened ? new URL(opened.name, location.href).hash : "");
  // a chat may have encoded the question mark, and what follows
  return /^[^?]*%3F/i.test(end) ? decode(end) : end;
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

// In JupyterLab the address is the application's, on a page of the site or the app it is the reader's.
const isPage = (spec) => spec.static || document.body.dataset.voila !== undefined;
const REST = 400; // milliseconds without a move after which the address follows

// The page's address follows the knobs, so that reloading and going back restore them.
export class Address {
  constructor(spec) {
    this.spec = spec;
  }

  note(values) {
    clearTimeout(this.rest);
    if (!isPage(this.spec)) return;
    const noted = location.hash;
    this.rest = setTimeout(() => {
      // whoever has changed the address meanwhile will be followed
      if (location.hash !== noted) return;
      const hash = write(this.spec, values);
      history.replaceState(history.state, "", hash);
      document.documentElement.dataset.normtheoryLink = hash;
    }, REST);
  }

  close() {
    clearTimeout(this.rest);
  }
}

const [SOON, LATER] = [300, 3000]; // milliseconds in which a page, or a kernel, may bring another explorer

// What is wrong with an address that names an explorer which is not on the page; empty if nothing is.
function stranger(names) {
  const [name, settings] = fragment().replace(/^#/, "").split("?", 2);
  const here = names.includes(name) || (settings === undefined && document.getElementById(name));
  return !name || here ? "" : `the link names ${name}, and the explorers here are ${names.join(", ")}`;
}

// The first explorer of a page says that its address names none of them.
function watchStrangers({ spec, root, refuse, signal }) {
  let [told, waiting] = ["", null];
  const look = () => {
    const all = [...document.querySelectorAll(".nt-explorer:not(.nt-question)")];
    if (all[0] !== root) return;
    const problem = stranger([...new Set(all.map((each) => each.dataset.explorer))]);
    const stands = root.querySelector(".nt-error").textContent;
    if (problem || (told && stands === told)) refuse(problem);
    if (problem && problem !== told) root.scrollIntoView({ block: "start" });
    told = problem;
  };
  const wait = () => {
    clearTimeout(waiting);
    waiting = setTimeout(look, spec.static ? SOON : LATER);
  };
  document.addEventListener("normtheory:opened", wait, { signal });
  window.addEventListener("hashchange", wait, { signal });
  signal.addEventListener("abort", () => clearTimeout(waiting));
  document.dispatchEvent(new CustomEvent("normtheory:opened"));
}

// Go where the page's address says, if it speaks of this explorer; again whenever it changes, and back
// to `start` when it says nothing any more, until `signal` is aborted.
export function follow({ spec, root, start, moveTo, refuse, signal }) {
  const go = () => {
    try {
      const wish = read(spec, fragment());
      if (!wish) return false;
      moveTo(wish);
    } catch (error) {
      refuse(error.message);
    }
    root.scrollIntoView({ block: "start" });
    return true;
  };
  // once for each page: a cell that runs again shows what it says
  const followed = document.documentElement.dataset;
  if (followed.normtheoryLink !== fragment() && go()) followed.normtheoryLink = fragment();
  const change = ({ oldURL }) => {
    const [left] = new URL(oldURL).hash.slice(1).split("?");
    if (location.hash) go();
    else if (left === place(spec) && isPage(spec)) moveTo(start);
  };
  window.addEventListener("hashchange", change, { signal });
  watchStrangers({ spec, root, refuse, signal });
}
