// Links to a view: the end of the page's address names an explorer and where its knobs stand.

import { read, write } from "./setting.js";

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
  return location.hash || (opened ? new URL(opened.name).hash : "");
}

// Go where the page's address says, if it speaks of this explorer; again whenever it changes, until
// `signal` is aborted.
export function follow({ spec, root, moveTo, refuse, signal }) {
  const go = () => {
    try {
      const wish = read(spec, fragment());
      if (!wish) return false;
      moveTo(wish);
    } catch (error) {
      refuse(error.message);
    }
    root.scrollIntoView({ block: "nearest" });
    return true;
  };
  // once for each page: a cell that runs again shows what it says
  const followed = document.documentElement.dataset;
  if (followed.normtheoryLink !== fragment() && go()) followed.normtheoryLink = fragment();
  window.addEventListener("hashchange", go, { signal });
}
