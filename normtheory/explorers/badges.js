// The badges: what each claim says at the setting on the screen.

import { element } from "./element.js";

const MARKS = {
  holds: "✓ holds here",
  fails: "✗ fails here",
  undecided: "? undecided",
  outside: "– outside the claim",
  silent: "– says nothing here",
};

export class Badges {
  constructor(claims) {
    this.claims = claims;
    this.node = element("ul", { class: "nt-badges", "aria-label": "claims at this setting" });
  }

  show(standings) {
    standings.forEach(([id, state, reason], k) => {
      const row = this.node.children[k] ?? this.add(id);
      row.firstChild.dataset.state = state;
      row.firstChild.textContent = MARKS[state];
      row.lastChild.lastChild.textContent = reason;
    });
  }

  add(id) {
    const verdict = this.claims.find((claim) => claim.id === id)?.verdict;
    const about = element("span", { class: "nt-claim" }, id);
    const row = element(
      "li",
      { class: "nt-badge" },
      element("span", { class: "nt-mark" }),
      element("span", {}, about, ` (${verdict}) `, element("span")),
    );
    this.node.append(row);
    return row;
  }
}
