// The claims: where each stands at the setting on the screen, what its document says, what is true,
// and its verdict as a whole.

import { button, element } from "./element.js";

const MARKS = {
  holds: "✓ holds here",
  fails: "✗ fails here",
  undecided: "? undecided",
  outside: "– outside the claim",
  silent: "– says nothing here",
};

// Sentences with MathML in them, which Python has made.
function words(tag, attributes, html) {
  const node = element(tag, attributes);
  node.innerHTML = html;
  return node;
}

// The claim's entry in the ledger: a page of its own on the site, or folded into the explorer.
function entry({ id, page, entry: parts }) {
  if (page) return element("a", { href: page, class: "nt-entry-link" }, `all about ${id}, and how to cite it`);
  return element(
    "details",
    { class: "nt-ledger" },
    element("summary", {}, `all about ${id}`),
    ...parts.flatMap(([title, sentences]) => [
      element("h4", {}, title),
      element(
        "ul",
        {},
        ...sentences.map(([html, kind]) => {
          const item = words("li", {}, html);
          item.append(element("span", { class: "nt-kind" }, ` [${kind}]`));
          return item;
        }),
      ),
    ]),
  );
}

export class Badges {
  // `moveTo(values)` brings a claim's own knobs to the setting at which it fails.
  constructor(claims, moveTo) {
    this.claims = claims;
    const rows = claims.map((claim) => this.row(claim, moveTo));
    this.node = element("ul", { class: "nt-badges", "aria-label": "claims at this setting" }, ...rows);
    // the same beside the picture of a phone, whose badges are a screen below
    const signs = claims.map(() => element("span", { class: "nt-sign" }));
    this.strip = element("div", { class: "nt-strip", "aria-hidden": "true" }, ...signs);
  }

  show(standings) {
    standings.forEach(([, state, reason], k) => {
      const [mark, why] = this.node.children[k].firstChild.children;
      for (const sign of [mark, this.strip.children[k]]) {
        sign.dataset.state = state;
        sign.textContent = MARKS[state];
      }
      why.textContent = reason;
    });
  }

  // Where the claims stand, in words; on paper each with its name.
  said(named = false) {
    return this.claims.map(({ id, verdict }, k) => {
      const [mark, why] = this.node.children[k].firstChild.children;
      const found = [mark.textContent.slice(2), why.textContent].filter(Boolean).join(": ");
      if (named) return `${id} (${verdict} as a whole) ${found}.`;
      return why.textContent && `${found}.`;
    });
  }

  row(claim, moveTo) {
    const { id, verdict, meaning, speaker, says, truth, breaks, ignores } = claim;
    const whole = element(
      "div",
      { class: "nt-whole" },
      element("span", {}, "as a whole: "),
      element("b", { class: "nt-verdict", "data-verdict": verdict, title: meaning }, verdict),
    );
    if (Object.keys(breaks).length) {
      const [words, label] = ["show me where it fails", `show me where it fails: ${id}`];
      const looks = { class: "nt-breaks", "aria-label": label };
      whole.append(button(words, () => moveTo(breaks), looks));
    }
    whole.append(entry(claim));
    const same = `The same whatever the ${ignores.join("; ")}.`;
    return element(
      "li",
      { class: "nt-badge", "data-claim": id },
      element("div", { class: "nt-here" }, element("span", { class: "nt-mark" }), element("span")),
      ...(ignores.length ? [element("p", { class: "nt-ignores" }, same)] : []),
      words("p", { class: "nt-says" }, `<b>${speaker}:</b> ${says}`),
      words("p", { class: "nt-truth" }, `<b>What is true:</b> ${truth}`),
      whole,
    );
  }
}
