"""One explorer on a page, as a test sees and moves it."""

import functools

import numpy as np
from playwright.sync_api import TimeoutError

from normtheory import explorers
from normtheory.explorers import controls

# of what is on the canvas: the same number, the same pixels (FNV-1a, a word at a time)
PIXELS = """root => {
  const canvas = root.querySelector("canvas");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let hash = 2166136261;
  for (const word of new Uint32Array(data.buffer)) hash = Math.imul(hash ^ word, 16777619);
  return `${canvas.width}x${canvas.height} ${hash}`;
}"""
AT = """([root, wanted]) => {
  const values = root.normtheory?.picture.values;
  return values && Object.entries(wanted).every(([name, value]) => values[name] === value);
}"""
PAINTED_AS = f"([root, pixels]) => ({PIXELS})(root) === pixels"
# resolves once the picture has not changed, and nothing was being refined, for so many milliseconds
AT_REST = """([root, quiet]) => new Promise((resolve, reject) => {
  const canvas = root.querySelector("canvas");
  const [started, progress] = [performance.now(), root.querySelector("progress")];
  let [painted, since] = [canvas.dataset.painted, started];
  const look = () => {
    const now = performance.now();
    const refining = progress.style.visibility !== "hidden";
    if (refining || painted !== canvas.dataset.painted) {
      [painted, since] = [canvas.dataset.painted, now];
    }
    if (now - since >= quiet) resolve();
    else if (now - started > 25000) reject(new Error("the picture never came to rest"));
    else setTimeout(look, 15);
  };
  look();
})"""
DATA = """root => {
  const arrays = {};
  root.normtheory.picture.panels.forEach((layers, i) => layers.forEach((layer, j) => {
    for (const name of Object.keys(layer.arrays)) {
      arrays[`${i}.${j}.${name}`] = [...layer[name]].map(String);
    }
  }));
  return arrays;
}"""
BOX = """root => {
  const outer = root.getBoundingClientRect();
  const { x, y, width, height } = root.querySelector("canvas").getBoundingClientRect();
  return [x - outer.x, y - outer.y, width, height].map(Math.round);
}"""
PATIENCE = 5_000  # milliseconds


@functools.cache
def made(name):
    """The explorer of that name, at its defaults; drawing its axes takes a while, so once."""
    return getattr(explorers, name)()


class Shown:
    """The explorer `name` on a Playwright page, or the only one there is."""

    def __init__(self, page, name=None):
        self.page = page
        self.refines = True
        found = page.locator(".nt-explorer")
        if name is not None:
            explorer = made(name)
            found = page.locator(f'.nt-explorer[aria-label="{explorer.title}"]')
            self.refines = explorer.refine is not None
        self.root = found.first
        self.root.locator("canvas[data-painted]").wait_for(timeout=60_000)
        self.root.scroll_into_view_if_needed()
        self._node = self.root.element_handle()

    # what is on the screen

    def values(self):
        """The setting that the picture belongs to."""
        return self._node.evaluate("root => root.normtheory.picture.values")

    def arrays(self):
        """The arrays of the picture, by panel, layer and name."""
        return {name: np.array(v, float) for name, v in self._node.evaluate(DATA).items()}

    def text(self):
        """What the picture says in one line."""
        return self._node.evaluate("root => root.querySelector('.nt-text').textContent")

    def pixels(self):
        """A number that stands for the pixels of the picture."""
        return self._node.evaluate(PIXELS)

    def box(self):
        """Where the picture stands in the explorer, and its size, in CSS pixels."""
        return self._node.evaluate(BOX)

    # hands

    def control(self, name):
        return self.root.locator(f'.nt-control[data-name="{name}"]')

    def press(self, name, *keys):
        """Focus a slider or list and press keys on it."""
        knob = f'.nt-control[data-name="{name}"] :is(input[type="range"], select)'
        self._node.query_selector(knob).focus()
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, name, text):
        """Type a value and press Enter."""
        entry = self.control(name).locator('input[type="text"]')
        entry.fill(text)
        entry.press("Enter")

    def button(self, name):
        """Focus a button by its words and press Enter."""
        self.root.locator("button").get_by_text(name, exact=True).focus()
        self.page.keyboard.press("Enter")

    # patience

    def wait_until(self, test, what):
        for wait in [10] * 50 + [50] * (PATIENCE // 50):
            if test():
                return
            self.page.wait_for_timeout(wait)
        raise AssertionError(f"{what}: not within {PATIENCE // 1000} s")

    def wait_for_values(self, wanted, what=None):
        """Until the picture belongs to a setting, or to some of its values."""
        self._wait(AT, wanted, what or wanted)

    def wait_for_pixels(self, pixels, what):
        """Until the picture has the pixels that `pixels` found."""
        self._wait(PAINTED_AS, pixels, what)

    def at_rest(self):
        """The pixels once the picture has stopped changing."""
        # longer than a slider's rest, after which a refinement starts
        self._node.evaluate(f"root => ({AT_REST})([root, {400 if self.refines else 100}])")
        return self.pixels()

    def _wait(self, test, wanted, what):
        try:
            self.page.wait_for_function(test, arg=[self._node, wanted], timeout=PATIENCE)
        except TimeoutError as error:
            raise AssertionError(f"{what}: not within {PATIENCE // 1000} s") from error


def agree(shown, explorer, close=(0, 0), **values):
    """Raises AssertionError unless the picture's arrays are Python's, as float32.

    Another libm may round the last bit of what the browser computes by formula; `close` is the
    tolerance, relative and absolute, where more is lost on the way.
    """
    found, expected = shown.arrays(), explorer.scene(**values).arrays()
    assert set(found) == set(expected)
    for name, array in expected.items():
        # a refinement fills in what the first picture leaves open
        if explorer.refine and np.isnan(array).any():
            continue
        with np.errstate(over="ignore"):
            sent = array.astype("f4")
        rounded = (2e-7, 1e-11) if explorer.formula and close == (0, 0) else close
        np.testing.assert_allclose(found[name], sent, *rounded, err_msg=f"{name} at {values}")


def move_each_slider(shown, explorer, positions=controls.POSITIONS):
    """Send each slider to both its ends by keyboard, and reset; yields after each key.

    Raises AssertionError where the picture does not follow, changes its place or size, stays the
    same at both ends, or is not restored to the last pixel.
    """
    start, box, text = shown.at_rest(), shown.box(), shown.text()
    for name, parameter in explorer.parameters.items():
        stops = controls.positions(parameter, positions)
        seen = {(start, text)}
        for key, stop in (("End", stops[-1]), ("Home", stops[0])):
            shown.press(name, key)
            shown.wait_for_values({name: stop})
            # a knob may matter for the text only
            seen.add((shown.pixels(), shown.text()))
            assert shown.box() == box, f"{name} = {stop} resizes or shifts the picture"
            yield name, stop
        assert len(seen) > 1, f"{name} moves nothing"
        shown.button("reset")
        shown.wait_for_values(explorer.values, f"reset after {name}")
        shown.wait_for_pixels(start, f"pixels after {name} and reset")
