// Voila's own template says this in scripts between its tags, which the policy forbids: show the
// page when its cells and its theme are there, whichever comes last.
window.voila_finish = () => {
  if (!window.themeLoaded) {
    window.cellLoaded = true;
    return;
  }
  document.getElementById("loading")?.remove();
  document.getElementById("rendered_cells").style.display = "";
};
document.addEventListener("DOMContentLoaded", () => window.voila_finish());
