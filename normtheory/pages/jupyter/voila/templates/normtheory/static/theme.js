// the pages choose their theme by their address
if (matchMedia("(prefers-color-scheme: dark)").matches) {
  for (const link of document.querySelectorAll("main a")) link.search = "theme=dark";
}
