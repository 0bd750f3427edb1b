// Brings the first page to life: its explorer, and the filter of its claims. The page carries both as
// text, since its policy lets no script run between its tags.
for (const name of ["still", "filter"]) {
  const text = document.getElementById(`nt-page-${name}`).textContent;
  const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  import(url).then((script) => script.start?.());
}
