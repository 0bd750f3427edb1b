// Few stops of the Tab key lie before what a page is about: the list of pages is one, and the arrows
// go through it; a heading's own link is none.

{
  for (const link of document.querySelectorAll(".headerlink")) link.tabIndex = -1;

  const tree = document.querySelector(".sidebar-tree");
  const links = tree ? [...tree.querySelectorAll("a")] : [];
  const current = links.find((link) => link.closest(".current-page")) ?? links[0];
  for (const link of links) link.tabIndex = link === current ? 0 : -1;
  // the keys also of what the theme folds
  for (const box of tree?.querySelectorAll("input") ?? []) box.tabIndex = -1;

  tree?.addEventListener("keydown", (event) => {
    const way = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    const here = links.indexOf(event.target);
    if (!way || here < 0) return;
    event.preventDefault();
    const next = links[(here + way + links.length) % links.length];
    event.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });

  // keys also scroll what scrolls sideways on a narrow page
  const scrolls = (each) =>
    each.scrollWidth > each.clientWidth && getComputedStyle(each).overflowX === "auto";
  const sized = new ResizeObserver(() => {
    for (const each of document.querySelectorAll("article :is(p, li, dd, .table-wrapper, .math-wrapper)")) {
      if (scrolls(each)) each.tabIndex = 0;
      else each.removeAttribute("tabindex");
    }
  });
  for (const article of document.querySelectorAll("article")) sized.observe(article);
}
