"""How fast every explorer follows its sliders: on a page without a kernel, and in the kernel.

    normtheory bench --explorers

In the browser, wide and on a phone, each explorer's knobs are set at random, one at a time. A time
runs from there to the first task after the frame that shows the picture, which waits for the screen
up to 17 ms; beside it stands the longest task (the move, the drawing, or the colouring of the
tracks at rest). In the kernel it is the CPU time of a message: picture, badges, and axes that no
setting before has had.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.browser import report

ROOT = Path(__file__).resolve().parents[1]
MOVES = 100  # on a page, whose first ones wait until the browser has compiled what they run
PAUSE = 400  # milliseconds in which the tracks are coloured
SCREENS = {"wide": (1280, 900), "phone": (390, 844)}
MOST = {"wide": 33, "phone": 33, "kernel": 150}  # milliseconds that 95 % of the moves keep
# times what the browser does by itself, for a page that counts the longest
TASKS = """
window.longest = 0;
for (const name of ["requestAnimationFrame", "setTimeout"]) {
  const own = window[name];
  window[name] = (call, ...rest) => own((...given) => {
    const start = performance.now();
    try { call(...given); } finally {
      window.longest = Math.max(window.longest, performance.now() - start);
    }
  }, ...rest);
}"""
# moves a knob of an explorer, and resolves to the milliseconds until that is seen
MOVE = """([root, knob, share]) => new Promise((resolve) => {
  const canvas = root.querySelector("canvas");
  const seen = new MutationObserver(() => {
    seen.disconnect();
    const channel = new MessageChannel();
    channel.port1.onmessage = () => resolve(performance.now() - start);
    channel.port2.postMessage(0);
  });
  seen.observe(canvas, { attributes: true, attributeFilter: ["data-painted"] });
  const start = performance.now();
  if (knob.options) {
    knob.selectedIndex = Math.floor(share * knob.options.length);
    knob.dispatchEvent(new Event("change"));
  } else {
    const to = Math.floor(share * (Number(knob.max) + 1));
    knob.value = to === Number(knob.value) ? (to ? to - 1 : 1) : to;
    knob.dispatchEvent(new Event("input"));
  }
  window.longest = Math.max(window.longest, performance.now() - start);
})"""
# whether all explorers of a page have come
ALL = "count => document.querySelectorAll('canvas[data-painted]').length === count"
WALK = f"""async ([root, shares]) => {{
  const knobs = [...root.querySelectorAll(".nt-control :is(input[type=range], select)")];
  const move = {MOVE};
  const times = [];
  window.longest = 0;
  for (const [k, share] of shares.entries()) {{
    const knob = knobs[k % knobs.length];
    const choice = Math.floor(share * (knob.options?.length ?? 0));
    if (knob.options && knob.selectedIndex === choice) continue; // shows nothing new
    times.push(await move([root, knob, share]));
  }}
  await new Promise((resolve) => setTimeout(resolve, {PAUSE}));
  return [times, window.longest];
}}"""


class Row(NamedTuple):
    """One explorer at one place: milliseconds of its moves, and of the longest task."""

    explorer: str
    where: str
    median: float
    p95: float
    longest: float


def row(name, where, times, longest):
    """The `Row` of some moves."""
    return Row(
        name, where, statistics.median(times), statistics.quantiles(times, n=20)[-1], longest
    )


def in_the_kernel(names, moves=40, seed=0):
    """A `Row` of CPU milliseconds for each explorer."""
    from normtheory import explorers
    from normtheory.explorers import wire

    for name in names:
        explorer, rng, times = getattr(explorers, name)(), np.random.default_rng(seed), []
        for _ in range(moves):
            drawn = {p.name: p.draw(rng) for p in explorer.parameters.values()}
            start = time.process_time()
            scene = explorer.scene(**drawn)
            look, _ = wire.picture(scene)
            explorer.standings(**drawn)
            wire.frame(scene, look["frame"])
            times.append(1000 * (time.process_time() - start))
        yield row(name, "kernel", times, max(times))


def pages(names, folder, each=8):
    """Write pages without a kernel that hold so many explorers; each with its explorers' names."""
    from normtheory import explorers
    from normtheory.explorers import still, tables

    # what lies between the stops takes as long, however many there are
    tables.PICTURES, tables.OWN, tables.TRIED = 27, {}, 1
    for start in range(0, len(names), each):
        some = names[start : start + each]
        made = [getattr(explorers, name)() for name in some]
        topics = {each.formula.topic for each in made if each.formula}
        body = "".join(map(still.embed, made)) + still.assets(topics)
        page = Path(folder) / f"{start}.html"
        page.write_text(f'<!doctype html><meta charset="utf-8"><body>{body}', encoding="utf-8")
        yield page, some


def on_pages(written, moves=MOVES, seed=0):
    """A `Row` for each explorer of the pages and each screen."""
    sys.path.insert(0, str(ROOT / "tests" / "browser"))
    import chromium
    from playwright.sync_api import sync_playwright

    path = chromium.find()
    if not path:
        raise RuntimeError(f"there is no Chromium: {chromium.HOW_TO_GET_ONE}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(chromium.FLAGS))
        for where, (width, height) in SCREENS.items():
            page = browser.new_page(viewport={"width": width, "height": height})
            page.add_init_script(TASKS)
            for address, names in written:
                page.goto(address.as_uri())
                page.wait_for_function(ALL, arg=len(names))
                rng = np.random.default_rng(seed)
                for name in names:
                    root = page.locator(f'.nt-explorer[data-explorer="{name}"]')
                    root.locator(".nt-control").first.hover()  # as a hand that comes to a slider
                    page.wait_for_timeout(PAUSE)  # for the tracks and the axes
                    found = page.evaluate(WALK, [root.element_handle(), rng.random(moves).tolist()])
                    yield row(name, where, *found)
            page.close()
        browser.close()


def table(rows):
    """The measurements as lines of text, the slowest first."""
    rows = sorted(rows, key=lambda each: -each.p95 / MOST[each.where])
    lines = [f"{'explorer':<28}{'where':<8}{'median ms':>10}{'p95 ms':>9}{'longest task':>14}"]
    lines += [
        f"{r.explorer:<28}{r.where:<8}{r.median:>10.1f}{r.p95:>9.1f}{r.longest:>14.1f}"
        for r in rows
    ]
    late = sum(each.p95 > MOST[each.where] for each in rows)
    lines.append(f"{late} of {len(rows)} are later than {MOST}")
    return "\n".join(lines)


def measure():
    """A `Row` of each explorer in the kernel and on each screen."""
    from normtheory import explorers

    names = explorers.catalogue()
    with tempfile.TemporaryDirectory() as folder:
        return [*in_the_kernel(names), *on_pages(list(pages(names, folder)))]


if __name__ == "__main__":
    sys.exit(report("explorers", measure, table, sys.argv[1:]))
