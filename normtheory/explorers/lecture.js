// Lecture mode: one explorer fills the window, and the keys 1 to 9 choose its presets.

import { button } from "./element.js";

export function lecture(root, presets) {
  const lectures = () => root.classList.contains("nt-lecture");
  const enter = () => {
    root.classList.add("nt-lecture");
    root.tabIndex = -1;
    // above everything, also where the application around it cuts off what is fixed
    root.popover = "manual";
    root.showPopover();
    root.focus();
    toggle.textContent = "leave lecture";
  };
  const leave = () => {
    root.hidePopover();
    root.removeAttribute("popover");
    root.classList.remove("nt-lecture");
    toggle.textContent = "lecture";
    toggle.focus();
  };
  const toggle = button("lecture", () => (lectures() ? leave() : enter()), {
    title: "fill the window; keys 1 to 9 choose presets, Escape leaves",
  });
  root.dataset.lmSuppressShortcuts = "true";
  root.addEventListener("keydown", (event) => {
    const types = event.target.matches('input[type="text"], select');
    if (!lectures() || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") leave();
    else if (types || !(event.key in presets)) return;
    else presets[event.key]();
    event.preventDefault();
  });
  return toggle;
}
