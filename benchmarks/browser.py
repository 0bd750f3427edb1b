"""How long a picture takes to follow a key press, in a real JupyterLab.

    normtheory bench --browser

In one run, on one page: an explorer whose slider was touched (its pictures are in the browser), the
same explorer on demand (each picture comes from the kernel), a bare echo of the kernel, and the
same picture drawn by `interact` into the notebook. Times run from the key's own time stamp to the
first task after the frame that shows the change.
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
EXPLORER = """\
from normtheory import explorers
explorers.mixture_kurtosis_formula()"""
ECHO = """\
import ipywidgets
slider, echo = ipywidgets.IntSlider(max=1000, description="echo"), ipywidgets.HTML("start")
slider.observe(lambda change: setattr(echo, "value", f"value {change['new']}"), "value")
ipywidgets.VBox([slider, echo])"""
INTERACT = """\
%matplotlib inline
import matplotlib.pyplot as plt
from normtheory.figures import drawing
explorer = explorers.mixture_kurtosis_formula()
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
    cells = [new_code_cell(source) for source in (EXPLORER, ECHO, INTERACT)]
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as home:
        nbformat.write(new_notebook(cells=cells, metadata=kernel), Path(folder) / "latency.ipynb")
        with lab.serve(folder, home) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=list(chromium.FLAGS))
            page = browser.new_page(viewport={"width": 1280, "height": 1000})
            lab.run_all(page, address("latency.ipynb"))
            page.locator(".nt-explorer canvas[data-painted]").wait_for()
            page.locator(".jp-OutputArea-output img").first.wait_for()
            found = _all(page)
            browser.close()
    return found


def _all(page):
    canvas = (".nt-explorer canvas", 0, "canvas")
    slider = page.locator('.nt-control[data-name="p"] input[type="range"]')
    entry = page.locator('.nt-control[data-name="p"] input[type="text"]')
    knobs = page.locator(".noUi-handle")
    return [
        _technique(page, "explorer, tabulated ahead", slider, canvas),
        _technique(page, "explorer, on demand", entry, canvas, typed=True),
        _technique(page, "echo of the kernel", knobs.nth(0), (".widget-html-content", 0, "text")),
        # an output of `interact` replaces itself: what stays is its cell
        _technique(page, "interact, inline figure", knobs.nth(1), (".jp-CodeCell", 2, "image")),
    ]


def _technique(page, name, knob, watched, *, typed=False):
    times = []
    knob.scroll_into_view_if_needed()
    knob.focus()
    page.wait_for_timeout(2000)  # for the pictures along the slider
    for k in range(PRESSES):
        if typed:
            knob.fill(f"{0.1037 + 0.01 * k:.4f}")  # between the positions of the slider
        page.evaluate("window.watching = false")
        page.evaluate(f"window.watched = ({WATCH})({list(watched)!r}); void 0")
        page.wait_for_function("window.watching")
        knob.press("Enter" if typed else "ArrowRight")
        times.append(page.evaluate("window.watched"))
        page.wait_for_timeout(150)
    return Latency(name, statistics.median(times), _p95(times), _held(page, knob, watched, typed))


def _held(page, knob, watched, typed):
    """How many pictures appear while a key is held down for `FAST` repeats."""
    selector, index, kind = watched
    count = """([selector, index, kind]) => {
      const node = document.querySelectorAll(selector)[index];
      window.pictures = 0;
      const options = kind === "canvas" ? { attributes: true, attributeFilter: ["data-painted"] }
        : { childList: true, characterData: true, subtree: true };
      let last = node.querySelector("img")?.src;
      window.counter?.disconnect();
      window.counter = new MutationObserver(() => {
        const now = node.querySelector("img")?.src;
        if (kind !== "image" || (now && now !== last)) window.pictures += 1;
        last = now ?? last;
      });
      window.counter.observe(node, options);
    }"""
    page.evaluate(count, [selector, index, kind])
    for k in range(FAST):
        if typed:
            knob.fill(f"{0.1037 + 0.01 * k:.4f}")
        knob.press("Enter" if typed else "ArrowLeft")
        page.wait_for_timeout(REPEAT_MILLISECONDS - 10)
    page.wait_for_timeout(40)
    return page.evaluate("window.pictures")


def _p95(times):
    return statistics.quantiles(times, n=20)[-1]


def table(found):
    """The measurements as lines of text, with the two ratios that say how good they are."""
    lines = [f"{'technique':<28}{'median ms':>10}{'p95 ms':>9}{f'pictures of {FAST}':>17}"]
    lines += [f"{f.technique:<28}{f.median:>10.1f}{f.p95:>9.1f}{f.pictures:>17}" for f in found]
    ahead, demand, echo, inline = (f.median for f in found)
    lines.append(f"tabulated ahead is {inline / ahead:.0f} times faster than interact")
    lines.append(f"on demand takes {demand / echo:.2f} times as long as an echo of the kernel")
    return "\n".join(lines)


def main(arguments):
    """Measure, print the table, and write it as JSON if asked to; the exit code."""
    parser = argparse.ArgumentParser(prog="normtheory bench --browser")
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
    sys.exit(main(sys.argv[1:]))
