"""One explorer on a page, as a test sees and moves it."""

import base64
import functools

import numpy as np
import pytest
from patience import until

from normtheory import explorers
from normtheory.claims import STATES
from normtheory.explorers import controls, tables

# of what is on the canvas: the same number, the same pixels (FNV-1a, a word at a time)
PIXELS = """root => {
  const canvas = root.querySelector("canvas");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let hash = 2166136261;
  for (const word of new Uint32Array(data.buffer)) hash = Math.imul(hash ^ word, 16777619);
  return `${canvas.width}x${canvas.height} ${hash}`;
}"""
# once the product has marked a setting with the values that are wanted as settled: what is on the
# screen; the answer comes with the mark, and is null after so many milliseconds
SETTLED = f"""(root, [wanted, most]) => new Promise((resolve) => {{
  const settled = () => {{
    const at = JSON.parse(root.dataset.settled ?? "null");
    return at !== null && Object.entries(wanted).every(([name, value]) => at[name] === value);
  }};
  const look = () => ({{
    values: root.normtheory.picture.values,
    problem: root.querySelector(".nt-error").textContent,
    pixels: ({PIXELS})(root),
  }});
  const answer = () => {{
    watch.disconnect();
    clearTimeout(end);
    resolve(settled() ? look() : null);
  }};
  const watch = new MutationObserver(() => settled() && answer());
  watch.observe(root, {{ attributes: true, attributeFilter: ["data-settled"] }});
  const end = setTimeout(answer, most);
  if (settled()) answer();
}})"""
# each array's bytes in base64
DATA = """root => {
  const arrays = {};
  root.normtheory.picture.panels.forEach((layers, i) => layers.forEach((layer, j) => {
    for (const name of Object.keys(layer.arrays)) {
      const bytes = new Uint8Array(Float32Array.from(layer[name]).buffer);
      let text = "";
      for (const byte of bytes) text += String.fromCharCode(byte);
      arrays[`${i}.${j}.${name}`] = btoa(text);
    }
  }));
  return arrays;
}"""
# loads the explorers' scripts as `modules`, as a page does
MODULES = """async ([source, companions]) => {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  window.modules = await (await import(url)).load(companions);
}"""
# HTML as the browser writes it
NORMAL = """html => {
  const node = document.createElement("p");
  node.innerHTML = html;
  return node.innerHTML;
}"""
BOX = """root => {
  const outer = root.getBoundingClientRect();
  const { x, y, width, height } = root.querySelector("canvas").getBoundingClientRect();
  return [x - outer.x, y - outer.y, width, height].map(Math.round);
}"""

# a formula in the browser, tables along the sliders, a refinement by the kernel: what all explorers
# share is tested on these, in every host; each explorer is moved on a page without a kernel
FEW = ("ratio_bound", "collapse", "selu_targets")
STOPS, GRID = 5, 27  # of a page's tables, thinned so that they take seconds


def thin(patch, stops=STOPS, pictures=GRID):
    """Let a page's tables have so many stops of a slider, and so many pictures of a grid."""
    patch.setattr(tables, "POSITIONS", stops)
    patch.setattr(tables, "PICTURES", pictures)
    patch.setattr(tables, "OWN", {})
    patch.setattr(tables, "TRIED", 4)


def pages():
    """Explorers by the page they share: those few, and the others ten a page."""
    rest = [name for name in explorers.catalogue() if name not in FEW]
    return {"few": FEW} | {f"more-{k}": rest[k : k + 10] for k in range(0, len(rest), 10)}


def each(*quick):
    """Pairs of a page and an explorer on it; all but the quick ones are `make test-all`'s."""
    return [
        pytest.param(page, name, marks=[] if name in quick else pytest.mark.slow)
        for page, names in pages().items()
        for name in names
    ]


def rarely(*values):
    """Parameters of a test that `make test-all` alone tries: others are tried always."""
    return [pytest.param(value, marks=pytest.mark.slow) for value in values]


@functools.cache
def made(name):
    """The explorer of that name, at its defaults; drawing its axes takes a while, so once."""
    return getattr(explorers, name)()


class Shown:
    """The explorer of a name, or of a title, on a Playwright page, or the only one there is."""

    def __init__(self, page, name=None):
        self.page = page
        found = page.locator(".nt-explorer")
        if name is not None:
            title = made(name).title if name in explorers.catalogue() else name
            found = page.locator(f'.nt-explorer[aria-label="{title}"]')
        until(found.count, f"the explorer {name}", 60, rest=self.rest)
        self.root = found.first
        self.root.scroll_into_view_if_needed()
        self._node = self.root.element_handle()
        self.settle()

    # what is on the screen

    def values(self):
        """The setting that the picture belongs to."""
        return self._node.evaluate("root => root.normtheory.picture.values")

    def arrays(self):
        """The arrays of the picture, by panel, layer and name."""
        found = self._node.evaluate(DATA).items()
        return {name: np.frombuffer(base64.b64decode(text), "<f4") for name, text in found}

    def text(self):
        """What the picture says in one line."""
        return self._node.evaluate("root => root.querySelector('.nt-text').textContent")

    def marks(self):
        """What the badges say of the claims: "holds", "fails", "undecided" or "silent"."""
        marks = self.root.locator(".nt-mark")
        return marks.evaluate_all("nodes => nodes.map((node) => node.dataset.state)")

    def box(self):
        """Where the picture stands in the explorer, and its size, in CSS pixels."""
        return self._node.evaluate(BOX)

    def claim(self, id):
        """The row of a claim."""
        return self.root.locator(f'.nt-badge[data-claim="{id}"]')

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

    def rest(self, seconds):
        """Let some time pass in which the page may speak."""
        self.page.wait_for_timeout(1000 * seconds)

    def wait_until(self, test, what):
        until(test, what, rest=self.rest)

    def settle(self, wanted=(), what="the picture"):
        """Until the explorer has marked its setting, which has the values that are wanted, as
        settled. Returns the picture's pixels."""
        wanted = dict(wanted)
        found = until(
            lambda: self._node.evaluate(SETTLED, [wanted, 500]),
            lambda: f"{what} settled at {wanted or 'any setting'}, but {self.state()}",
            rest=lambda seconds: None,
        )
        shows = found["values"]
        assert shows.items() >= wanted.items(), f"{what}: {found['problem'] or shows}"
        return found["pixels"]

    def marked(self):
        """The setting that is marked as settled, None while there is none."""
        return self._node.evaluate("root => JSON.parse(root.dataset.settled ?? 'null')")

    def state(self):
        """What the explorer says of itself, for a message."""
        return self._node.evaluate(
            "root => JSON.stringify([root.dataset, root.normtheory?.picture.values])"
        )


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


# for each slider, the states of the claims at each of its positions, when all have been computed
TRACKS = """root => Object.fromEntries(
  [...root.querySelectorAll(".nt-control")].map((row) => [
    row.dataset.name, row.querySelector('input[type="range"]')?.normtheory?.states ?? null,
  ]))"""


def check_tracks(shown, explorer, positions=controls.POSITIONS):
    """Raises AssertionError unless every slider's track is coloured as Python's claims stand along
    it: everywhere where the browser computes, else at the positions that come first."""
    values, expected, looked = shown.values(), {}, {}
    for name, parameter in explorer.parameters.items():
        if parameter.choices:
            continue
        stops = controls.positions(parameter, positions)
        expected[name] = [
            [state for _, state, _ in explorer.standings(**{**values, name: stop})]
            for stop in stops
        ]
        first = {round(k * (len(stops) - 1) / 16) for k in range(17)}
        looked[name] = range(len(stops)) if explorer.formula else sorted(first)
        expected[name] = [expected[name][k] for k in looked[name]]

    def found():
        tracks = shown.root.evaluate(TRACKS)
        return {n: tracks[n] and [tracks[n][k] for k in looked[n]] for n in expected}

    shown.wait_until(lambda: found() == expected, lambda: f"tracks, not {found()} at {values}")
    for name in expected:
        drawn = shown.control(name).locator('input[type="range"]')
        css = drawn.evaluate("node => node.style.getPropertyValue('--nt-track')")
        assert css.count("linear-gradient") == len(explorer.claims)
        assert {state for states in expected[name] for state in states} <= {
            word for word in STATES if f"--nt-track-{word}" in css
        }


def check_claims(shown, explorer):
    """Raises AssertionError unless each claim says what its document says, what is true and its
    verdict, and is brought to where it fails by its button."""
    for row, claim in enumerate(explorer.claims):
        told, found = explorer.spec["claims"][row], shown.claim(claim.id)
        for place in ("says", "truth"):
            html = found.locator(f".nt-{place}").inner_html()
            assert html.endswith(shown.page.evaluate(NORMAL, told[place]))
        assert told["speaker"] in found.locator(".nt-says").inner_text()
        whole = " ".join(found.locator(".nt-whole").inner_text().split())
        assert whole.startswith(f"as a whole: {claim.verdict}")
        breaks = found.locator(".nt-breaks")
        assert breaks.count() == bool(claim.breaks)
        if claim.breaks:
            breaks.click()
            shown.settle(explorer.complete(claim.breaks), f"where {claim.id} fails")
            assert shown.marks()[row] == "fails", claim.id


def move_each_slider(shown, explorer, positions=controls.POSITIONS, sliders=None, ends=2):
    """Send each slider, or those named, to both its ends by keyboard, or to one where it is not
    yet, and reset; yields after each key.

    Raises AssertionError where the picture does not follow, changes its place or size, stays the
    same at all ends, or is not restored to the last pixel.
    """
    start, box, text = shown.settle(), shown.box(), shown.text()
    for name in sliders or explorer.parameters:
        stops = controls.positions(explorer.parameters[name], positions)
        seen = {(start, text)}
        keys = [("End", stops[-1]), ("Home", stops[0])]
        keys.sort(key=lambda each: each[1] == explorer.values[name])
        for key, stop in keys[:ends]:
            shown.press(name, key)
            # a knob may matter for the text only
            seen.add((shown.settle({name: stop}), shown.text()))
            assert shown.box() == box, f"{name} = {stop} resizes or shifts the picture"
            yield name, stop
        assert len(seen) > 1, f"{name} moves nothing"
        shown.button("reset")
        assert shown.settle(explorer.values) == start, f"pixels after {name} and reset"
