// Says when the kernel behind an explorer is gone, which the explorer itself would never hear.

const GONE = ["restarting", "autorestarting", "terminating", "dead"];
const PATIENCE = 1500; // milliseconds that a connection may be lost before it is said
const again = () =>
  document.body.dataset.voila !== undefined ? "reload the page" : "run its cell again";

// Calls `say(sentence)`, with an empty one when the connection is back, until `signal` is aborted.
export function watch(model, { say, signal }) {
  const kernel = model.widget_manager?.kernel;
  if (!kernel) return;
  let lost = false; // what a kernel knew of this explorer ends with it
  let waiting = null;
  const check = () => {
    clearTimeout(waiting);
    if (GONE.includes(kernel.status)) lost = true;
    if (lost) return say(`The kernel of this explorer has stopped: ${again()}.`);
    if (kernel.connectionStatus === "connected") return say("");
    waiting = setTimeout(() => say(`No connection to the kernel: ${again()}.`), PATIENCE);
  };
  const signals = [kernel.statusChanged, kernel.connectionStatusChanged, kernel.disposed];
  for (const each of signals) each?.connect(check);
  signal.addEventListener("abort", () => {
    clearTimeout(waiting);
    for (const each of signals) each?.disconnect(check);
  });
}
