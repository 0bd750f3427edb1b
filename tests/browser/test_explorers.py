"""Every explorer in a real JupyterLab: keyboard, reset, data, while a cell is busy."""

import hashlib

import lab
import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from normtheory import explorers
from normtheory.explorers import controls

pytestmark = pytest.mark.browser
NAMES = explorers.catalogue()
SAID = {
    "holds": "holds here",
    "fails": "fails here",
    "undecided": "undecided",
    "silent": "no setting",
}
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


def explorer_page(names):
    """A notebook with each explorer in a cell of its own."""
    cells = [new_code_cell("from normtheory import explorers")]
    cells += [new_code_cell(f"explorers.{name}()") for name in names]
    return new_notebook(cells=cells, metadata=KERNEL)


@pytest.fixture(scope="module")
def opened(browser, tmp_path_factory):
    """A page of JupyterLab in which all explorers have run, and the errors of its console."""
    folder = tmp_path_factory.mktemp("notebooks")
    nbformat.write(explorer_page(NAMES), folder / "explorers.ipynb")
    busy = new_notebook(
        cells=[
            new_code_cell(f"from normtheory import explorers\nexplorers.{NAMES[0]}()"),
            new_code_cell("import time\nwhile True: time.sleep(0.01); sum(range(20000))"),
        ],
        metadata=KERNEL,
    )
    nbformat.write(busy, folder / "busy.ipynb")
    with lab.serve(folder, tmp_path_factory.mktemp("home")) as address:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        errors = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
        lab.run_all(page, address("explorers.ipynb"))
        yield page, errors, address
        page.close()


class Shown:
    """One explorer on the page."""

    def __init__(self, page, name):
        self.page = page
        title = getattr(explorers, name)().title
        self.root = page.locator(f'.nt-explorer[aria-label="{title}"]').first
        self.root.locator("canvas[data-painted]").wait_for(timeout=60_000)
        self.root.scroll_into_view_if_needed()

    def pixels(self):
        url = self.root.locator("canvas").evaluate("canvas => canvas.toDataURL()")
        return hashlib.sha256(url.encode()).hexdigest()

    def data(self):
        """The arrays of the picture on the screen, and the values it belongs to."""
        values, arrays = self.root.evaluate(
            """root => {
              const { picture } = root.normtheory;
              const arrays = {};
              picture.panels.forEach((layers, i) => layers.forEach((layer, j) => {
                for (const name of Object.keys(layer.arrays)) {
                  arrays[`${i}.${j}.${name}`] = [...layer[name]].map(String);
                }
              }));
              return [picture.values, arrays];
            }"""
        )
        return values, {name: np.array(v, float) for name, v in arrays.items()}

    def box(self):
        """Where the picture stands in the explorer, and its size, in CSS pixels."""
        return self.root.evaluate(
            """root => {
              const outer = root.getBoundingClientRect();
              const { x, y, width, height } = root.querySelector("canvas").getBoundingClientRect();
              return [x - outer.x, y - outer.y, width, height].map(Math.round);
            }"""
        )

    def control(self, name):
        return self.root.locator(f'.nt-control[data-name="{name}"]')

    def press(self, name, *keys):
        """Focus a slider or list and press keys on it."""
        handle = self.control(name).locator('input[type="range"], select')
        handle.focus()
        for key in keys:
            handle.press(key)

    def button(self, name):
        self.root.get_by_role("button", name=name, exact=True).click()

    def wait_until(self, test, what):
        for _ in range(100):
            if test():
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"{what}: not within 5 s")

    def at_rest(self):
        """Wait until the picture has not changed for a while."""
        last = None
        for _ in range(100):
            now = self.pixels(), self.root.locator("progress").is_visible()
            if now == last and not now[1]:
                return now[0]
            last = now
            # longer than a slider's rest, after which a refinement starts
            self.page.wait_for_timeout(220)
        raise AssertionError("the picture never came to rest")


@pytest.fixture(params=NAMES)
def shown(opened, request):
    page, errors, _ = opened
    yield Shown(page, request.param), getattr(explorers, request.param)()
    assert not errors, "\n".join(errors)


def test_the_picture_at_paper_values_is_pythons(shown, keep):
    page, explorer = shown
    page.button("paper values")
    page.wait_until(lambda: page.data()[0] == explorer.values, "paper values")
    page.at_rest()
    keep(page.root, f"lab-{explorer.name}")
    _, arrays = page.data()
    expected = explorer.scene().arrays()
    assert set(arrays) == set(expected)
    refined = explorer.refine is not None
    for name, values in expected.items():
        # a refinement fills in what the first picture leaves open
        if not (refined and np.isnan(values).any()):
            with np.errstate(over="ignore"):
                sent = values.astype("f4")
            # another libm may round the last bit of what the browser computes
            close = (2e-7, 1e-11) if explorer.formula else (0, 0)
            np.testing.assert_allclose(arrays[name], sent, *close, err_msg=name)


def test_each_slider_moves_the_picture_by_keyboard_and_reset_restores_it(shown):
    page, explorer = shown
    page.button("reset")
    start, box = page.at_rest(), page.box()
    for name, parameter in explorer.parameters.items():
        seen = {start}
        for key in ("End", "Home"):
            page.press(name, key)
            stop = controls.positions(parameter)[-1 if key == "End" else 0]
            page.wait_until(lambda: page.data()[0][name] == stop, f"{name} = {stop}")  # noqa: B023
            seen.add(page.pixels())
            assert page.box() == box, f"{name} = {stop} resizes or shifts the picture"
        knob = page.control(name).locator('input[type="range"], select')
        assert knob.get_attribute("aria-label").startswith(name)
        if not parameter.choices:
            assert float(knob.get_attribute("aria-valuetext")) == pytest.approx(stop, rel=1e-5)
        # a knob may matter for a badge only
        text = page.root.locator(".nt-text").inner_text()
        assert len(seen) > 1 or text != explorer.scene().text, f"{name} moves nothing"
        page.button("reset")
        page.wait_until(lambda: page.data()[0] == explorer.values, "reset")
        page.wait_until(lambda: page.pixels() == start, f"reset after {name}")


def test_the_picture_has_a_text_and_badges(shown):
    page, explorer = shown
    page.button("reset")
    page.at_rest()
    text = page.root.locator(".nt-text").inner_text()
    assert text.startswith(explorer.scene().text)
    assert page.root.locator("canvas").get_attribute("aria-label") == text
    marks = page.root.locator(".nt-mark").evaluate_all("nodes => nodes.map(n => n.dataset.state)")
    assert marks == [state for _, state, _ in explorer.standings()]


def test_each_preset_shows_its_values_and_says_why_claims_hold_or_fail(shown):
    page, explorer = shown
    for label, values in explorer.presets.items():
        page.button(label)
        page.wait_until(lambda: page.data()[0] == values, label)  # noqa: B023
        found = page.root.locator(".nt-badge").all_inner_texts()
        assert len(found) == len(explorer.claims)
        for text, (id, state, reason) in zip(found, explorer.standings(**values), strict=True):
            said = " ".join(text.split())
            assert SAID[state] in said and f"{id} (" in said, label
            assert said.endswith(" ".join(reason.split())), label
    page.button("reset")
    page.wait_until(lambda: page.data()[0] == explorer.values, "reset")


def test_a_typed_value_is_taken_and_a_wrong_one_explained(opened):
    page = Shown(opened[0], NAMES[0])
    explorer = getattr(explorers, NAMES[0])()
    parameter = next(p for p in explorer.parameters.values() if p.domain[0] >= 0 and not p.choices)
    entry = page.control(parameter.name).locator('input[type="text"]')
    entry.fill("-3")
    entry.press("Enter")
    problem = page.root.locator(".nt-error")
    page.wait_until(lambda: "-3" in problem.inner_text(), "the message")
    assert parameter.name in problem.inner_text()
    assert page.data()[0] == explorer.values
    entry.fill("3")
    entry.press("Enter")
    page.wait_until(lambda: page.data()[0][parameter.name] == 3, "the value")
    assert problem.inner_text() == ""
    page.button("reset")


@pytest.mark.parametrize("format", ["PNG", "SVG", "PDF", "CSV"])
def test_a_picture_is_saved(opened, format):
    page = Shown(opened[0], NAMES[0])
    with opened[0].expect_download(timeout=20_000) as saved:
        page.button(format)
    assert saved.value.suggested_filename == f"{NAMES[0]}.{format.lower()}"


def test_play_moves_a_slider_with_the_clock(opened):
    page = Shown(opened[0], NAMES[0])
    explorer = getattr(explorers, NAMES[0])()
    name = next(p.name for p in explorer.parameters.values() if not p.choices)
    button = page.control(name).get_by_role("button")
    button.click()
    page.wait_until(lambda: page.data()[0] != explorer.values, "playing")
    button.click()
    assert button.get_attribute("aria-pressed") == "false"
    page.button("reset")


def test_sliders_live_while_a_cell_is_busy(opened):
    page, errors, address = opened
    page.goto(address("busy.ipynb"))
    page.wait_for_function(lab.READY, timeout=120_000)
    page.evaluate("void jupyterapp.commands.execute('notebook:run-all-cells')")
    explorer = getattr(explorers, NAMES[0])()
    shown = Shown(page, NAMES[0])
    page.wait_for_timeout(500)
    running = page.locator(".jp-InputPrompt", has_text="[*]:")
    assert running.count() == 1
    name = next(p.name for p in explorer.parameters.values() if not p.choices)
    start = shown.pixels()
    shown.press(name, "ArrowRight", "ArrowRight")
    shown.wait_until(lambda: shown.pixels() != start, "the picture")
    # the kernel answered on its other thread: a preset cannot be drawn ahead
    page.wait_for_timeout(300)
    shown.button("reset")
    shown.wait_until(lambda: shown.pixels() == start, "reset")
    assert running.count() == 1
    page.evaluate("jupyterapp.shell.currentWidget.sessionContext.session.kernel.interrupt()")
    assert not errors, "\n".join(errors)
