"""How long a picture takes to follow a key press, in a real JupyterLab.

    normtheory bench --browser

In one run, on one page: an explorer whose pictures the browser computes, the same one without its
formula whose slider was touched (the pictures along it are tabulated), that one on demand (each
picture comes from the kernel), a bare echo of the kernel, and the same picture drawn by `interact`
into the notebook. Times run from the key's own time stamp to the first task after the frame that
shows the change.

What comes from the kernel is compared with the echo in turns, a press of one and then a press of
the other, so that whatever else the machine does slows both; and a press waits until nothing of the
one before is under way: the server holds a small message back until the browser has acknowledged
the last, some 40 ms. Held keys come at the same times for all. Nothing is sent twice for any of
them: ipywidgets keeps one message on its way and then sends the latest value, so that the echo and
the pictures on demand skip values by the same rule.
"""

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PRESSES = 40
FAST = 50
REPEAT_MILLISECONDS = 30  # of a key that is held down
PAUSE_MILLISECONDS = 350  # after a press
EXPLORER = """\
from normtheory import explorers
explorer = explorers.mixture_kurtosis_formula()
explorer"""
# the same picture, and nothing in the browser that could compute it
TABULATED = """\
claims = [claim.id for claim in explorer.claims]
explorers.Explorer(name="kernel", title="from the kernel", view=explorer.view, claims=claims)"""
ECHO = """\
import ipywidgets
slider, echo = ipywidgets.IntSlider(500, max=1000, description="echo"), ipywidgets.HTML("start")
slider.observe(lambda change: setattr(echo, "value", f"value {change['new']}"), "value")
ipywidgets.VBox([slider, echo])"""
INTERACT = """\
%matplotlib inline
import matplotlib.pyplot as plt
from normtheory.figures import drawing
@ipywidgets.interact(p=ipywidgets.FloatSlider(0.25, min=0.01, max=0.99, step=0.01))
def show(p):
    drawing.draw(explorer.scene(p=p), plt.figure())
    plt.show()"""
# Resolves to the milliseconds from the next key press to the frame that shows a change.
WATCH = """([selector, index, kind]) => new Promise((resolve) => {
  const node = document.querySelectorAll(selector)[index];
  const before = node.querySelector("img")?.src;
  let pressed = null;
  const key = (event) => { pressed ??= event.timeStamp; };
  document.addEventListener("keydown", key, true);
  const finish = () => {
    const channel = new MessageChannel();
    requestAnimationFrame(() => channel.port2.postMessage(0));
    channel.port1.onmessage = () => done();
  };
  const done = () => {
    seen.disconnect();
    document.removeEventListener("keydown", key, true);
    resolve(performance.now() - pressed);
  };
  const seen = new MutationObserver(() => {
    if (pressed === null) return;
    if (kind === "canvas") {  // drawn within a frame: the task after it
      const channel = new MessageChannel();
      channel.port1.onmessage = done;
      channel.port2.postMessage(0);
    } else if (kind === "image") {
      const image = node.querySelector("img");
      if (image && image.src !== before) image.decode().then(finish, () => {});
    } else {
      finish();
    }
  });
  seen.observe(node, { attributes: kind === "canvas", attributeFilter: kind === "canvas"
    ? ["data-painted"] : undefined, childList: true, characterData: true, subtree: true });
  window.watching = true;
})"""


# Resolves to the pictures that appear while a knob moves at the rhythm of a key held down. The page
# itself keeps the time: a driver's key would come late whenever the page is busy.
HOLD = """(knob, [[selector, index, kind], times, pause]) => new Promise((resolve) => {
  const node = document.querySelectorAll(selector)[index];
  const options = kind === "canvas" ? { attributes: true, attributeFilter: ["data-painted"] }
    : { childList: true, characterData: true, subtree: true };
  let pictures = 0;
  let last = node.querySelector("img")?.src;
  const counter = new MutationObserver(() => {
    const now = node.querySelector("img")?.src;
    if (kind !== "image" || (now && now !== last)) pictures += 1;
    last = now ?? last;
  });
  counter.observe(node, options);
  const send = (key) => knob.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  const press = {
    range: () => { knob.stepDown(); knob.dispatchEvent(new Event("input")); },
    text: (k) => { knob.value = (0.1037 + 0.01 * k).toFixed(4); send("Enter"); },
  }[knob.type] ?? (() => send("ArrowLeft"));
  let k = 0;
  const clock = setInterval(() => {
    press(k++);
    if (k < times) return;
    clearInterval(clock);
    setTimeout(() => { counter.disconnect(); resolve(pictures); }, pause);
  }, pause);
})"""


class Latency(NamedTuple):
    """Milliseconds from key press to picture, and pictures shown for `FAST` held keys."""

    technique: str
    median: float
    p95: float
    pictures: int


def measure():
    """Run the browser and return one `Latency` for each technique.

    Raises
    ------
    RuntimeError
        If there is no Chromium, or JupyterLab does not start.
    """
    if not (ROOT / "tests" / "browser" / "lab.py").exists():
        raise RuntimeError("--browser needs the tests' JupyterLab, which only a clone holds")
    sys.path.insert(0, str(ROOT / "tests" / "browser"))
    import chromium
    import lab
    import nbformat
    from nbformat.v4 import new_code_cell, new_notebook
    from playwright.sync_api import sync_playwright

    path = chromium.find()
    if not path:
        raise RuntimeError(f"there is no Chromium: {chromium.HOW_TO_GET_ONE}")
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    cells = [new_code_cell(source) for source in (EXPLORER, TABULATED, ECHO, INTERACT)]
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as home:
        nbformat.write(new_notebook(cells=cells, metadata=kernel), Path(folder) / "latency.ipynb")
        with lab.serve(folder, home) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=list(chromium.FLAGS))
            page = browser.new_page(viewport={"width": 1280, "height": 1000})
            lab.run_all(page, address("latency.ipynb"))
            for k in range(2):
                page.locator(".nt-explorer canvas[data-painted]").nth(k).wait_for()
            page.locator(".jp-OutputArea-output img").first.wait_for()
            found = _all(page)
            browser.close()
    return found


class _Technique:
    """A knob on the page, what to press on it, and the node that shows the answer."""

    def __init__(self, page, name, knob, watched, *, typed=False):
        self.page, self.name, self.knob, self.typed = page, name, knob, typed
        self.watched = list(watched)
        self.times, self.pictures = [], 0

    def focus(self):
        self.knob.scroll_into_view_if_needed()
        self.knob.focus()
        self.page.wait_for_timeout(2000)  # for the pictures along the slider

    def press(self, k):
        """One press, watched until its picture is there."""
        self.knob.focus()
        if self.typed:  # between the positions of the slider
            self.knob.fill(f"{0.1037 + 0.01 * k:.4f}")
        self.page.evaluate("window.watching = false")
        self.page.evaluate(f"window.watched = ({WATCH})({self.watched!r}); void 0")
        self.page.wait_for_function("window.watching")
        self.knob.press("Enter" if self.typed else "ArrowRight")
        self.times.append(self.page.evaluate("window.watched"))
        self.page.wait_for_timeout(PAUSE_MILLISECONDS)

    def hold(self):
        """Count the pictures that appear while the knob moves `FAST` times."""
        self.knob.focus()
        given = [self.watched, FAST, REPEAT_MILLISECONDS]
        self.pictures = self.knob.evaluate(HOLD, given)
        self.page.wait_for_timeout(PAUSE_MILLISECONDS)

    def latency(self):
        times = self.times
        return Latency(self.name, statistics.median(times), _p95(times), self.pictures)


def _all(page):
    canvas = ".nt-explorer canvas"
    slider = page.locator('.nt-control[data-name="p"] input[type="range"]')
    entry = page.locator('.nt-control[data-name="p"] input[type="text"]')
    knobs = page.locator(".noUi-handle")
    kernel, echo = (canvas, 1, "canvas"), (".widget-html-content", 0, "text")
    # an output of `interact` replaces itself: what stays is its cell
    cell = (".jp-CodeCell", 3, "image")
    rounds = [
        [_Technique(page, "explorer, computed ahead", slider.nth(0), (canvas, 0, "canvas"))],
        [_Technique(page, "explorer, tabulated ahead", slider.nth(1), kernel)],
        [
            _Technique(
                page, "explorer, on demand", entry.nth(1), (canvas, 1, "canvas"), typed=True
            ),
            _Technique(page, "echo of the kernel", knobs.nth(0), echo),
        ],
        [_Technique(page, "interact, inline figure", knobs.nth(1), cell)],
    ]
    for techniques in rounds:
        techniques[-1].focus()
        for k in range(PRESSES):
            for technique in techniques:
                technique.press(k)
        for technique in techniques:
            technique.hold()
    return [technique.latency() for techniques in rounds for technique in techniques]


def _p95(times):
    return statistics.quantiles(times, n=20)[-1]


def table(found):
    """The measurements as lines of text, with the two ratios that say how good they are."""
    lines = [f"{'technique':<28}{'median ms':>10}{'p95 ms':>9}{f'pictures of {FAST}':>17}"]
    lines += [f"{f.technique:<28}{f.median:>10.1f}{f.p95:>9.1f}{f.pictures:>17}" for f in found]
    computed, ahead, demand, echo, inline = (f.median for f in found)
    slowest = max(computed, ahead)
    lines.append(f"ahead of the hand is {inline / slowest:.0f} times faster than interact")
    lines.append(f"on demand takes {demand / echo:.2f} times as long as an echo of the kernel")
    return "\n".join(lines)


def report(option, measure, table, arguments):
    """Measure, print the table, and write it as JSON if asked to; the exit code."""
    parser = argparse.ArgumentParser(prog=f"normtheory bench --{option}")
    parser.add_argument("--json", metavar="FILE")
    given = parser.parse_args(arguments)
    try:
        found = measure()
    except (RuntimeError, ModuleNotFoundError) as error:
        print(f"normtheory bench: {error}", file=sys.stderr)
        return 2
    print(table(found))
    if given.json:
        Path(given.json).write_text(json.dumps([f._asdict() for f in found], indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(report("browser", measure, table, sys.argv[1:]))
