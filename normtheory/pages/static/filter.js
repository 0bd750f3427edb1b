// Hides the tiles of the first page, or the entries of the ledger and the errata, that do not fit.

const form = document.querySelector(".nt-filter");
const marks = [...document.querySelectorAll(".nt-tile, .nt-record")];
const entries = marks.map((mark) => ({
  node: mark.matches(".nt-tile") ? mark : mark.closest("section"),
  ...mark.dataset,
}));

function apply() {
  const chosen = [...form.querySelectorAll('[aria-pressed="true"]')].map((b) => b.dataset.verdict);
  const [document_] = form.querySelectorAll("select");
  const word = form.querySelector("input").value.trim().toLowerCase();
  let shown = 0;
  for (const { node, verdict, document: from } of entries) {
    // of a tile that is folded, what is seen
    const seen = node.querySelector("summary") ?? node;
    const fits = (!chosen.length || chosen.includes(verdict))
      && (!document_.value || document_.value === from)
      && seen.textContent.toLowerCase().includes(word);
    node.hidden = !fits;
    shown += fits;
  }
  // a document's heading goes with its last entry
  for (const section of document.querySelectorAll("section section:has(> section .nt-record)")) {
    section.hidden = !section.querySelector(":scope > section:not([hidden])");
  }
  form.querySelector("output").textContent = `${shown} of ${entries.length}`;
}

if (form) {
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", apply);
  for (const button of form.querySelectorAll("button")) {
    button.addEventListener("click", () => {
      button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
      apply();
    });
  }
  apply();
}
