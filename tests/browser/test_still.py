"""Explorers on a page without a kernel, opened from a file."""

import math

import nbformat
import numpy as np
import patience
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from shown import STOPS, Shown, agree, check_claims, check_tracks, made
from window import Window

from normtheory.explorers import controls, still

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("thinned")]
TWO_FRAMES = """new Promise((resolve) =>
  requestAnimationFrame(() => requestAnimationFrame(resolve)))"""
CLOSE = 2**-15, 1e-11  # three bytes of a number; what the browser computes may round to zero
TABULATED = ("projected_error", "collapse")
COMPUTED = "mixture_kurtosis_formula"
NAMES = (*TABULATED, COMPUTED)


@pytest.fixture(scope="module")
def opened(profile, still_page):
    """A page of these explorers, which asks no host for anything."""
    window = Window(profile)
    window.page.goto(still_page([made(name) for name in NAMES]))
    yield window
    window.page.close()
    assert not any(window.hosts)


def start(opened, name):
    """An explorer on it, at its defaults."""
    shown = Shown(opened.page, name)
    shown.button("reset")
    shown.settle(made(name).values)
    return shown


@pytest.fixture(params=NAMES)
def shown(opened, request):
    yield start(opened, request.param), made(request.param)
    opened.assert_clean()


def test_sliders_with_a_formula_move_freely(opened):
    shown, explorer = start(opened, COMPUTED), made(COMPUTED)
    values = dict(explorer.values)
    for name, parameter in explorer.parameters.items():
        stops = controls.positions(parameter)
        values[name] = stops[-2]
        shown.press(name, "End", "ArrowLeft")
    shown.settle(values, "all sliders beside their ends")
    name = next(iter(values))
    shown.type(name, "0.123456")
    values[name] = 0.123456
    shown.settle(values, "a typed value")
    agree(shown, explorer, CLOSE, **values)
    assert shown.text() == explorer.scene(**values).text
    assert shown.root.locator(".nt-note").inner_text() == ""


@pytest.mark.parametrize("shown", TABULATED, indirect=True)
def test_sliders_move_together_on_a_grid(shown):
    page, explorer = shown
    stops = still.grid(explorer.parameters.values())
    assert stops
    first, *_, last = explorer.parameters
    before = page.values()
    steps = " × ".join(str(len(each)) for each in stops.values())
    note = page.root.locator(".nt-note").inner_text()
    assert "one slider moves freely" in note and f"several keep to {steps} steps" in note
    page.press(first, "End")
    assert page.root.locator(".nt-note").inner_text() == note
    page.press(last, "Home")
    ends = {first: stops[first][-1], last: stops[last][0]}
    page.settle({**before, **ends}, "two sliders at their ends")
    agree(page, explorer, CLOSE, **page.values())
    # a key goes on to the next stop, though that is several positions away
    page.press(last, "ArrowRight")
    page.settle({last: stops[last][1]}, "the next stop")
    # what stands between two stops moves to the nearest, and the page says so
    page.button("reset")
    page.press(first, "End", "ArrowLeft")
    page.press(last, "Home")
    between = controls.positions(explorer.parameters[first], still.POSITIONS)[-2]
    nearest = min(stops[first], key=lambda stop: abs(stop - between))
    assert nearest != between
    page.settle({**before, **ends, first: nearest}, "the nearest stop")
    assert "nearest" in page.root.locator(".nt-note").inner_text()


def test_a_grid_holds_both_ends_and_the_default():
    for name in (*TABULATED, "fisher_blocks", "joint_laws"):
        parameters = made(name).parameters
        stops = still.grid(parameters.values())
        assert math.prod(map(len, stops.values())) <= still.PICTURES * (len(parameters) - 1)
        for each, values in stops.items():
            positions = controls.positions(parameters[each], still.POSITIONS)
            assert values == sorted(values, key=positions.index)
            assert {positions[0], positions[-1], parameters[each].default} <= set(values)


def test_badges_follow(shown):
    page, explorer = shown
    for preset, values in explorer.presets.items():
        page.button(preset)
        page.settle(values, preset)
        assert page.marks() == [state for _, state, _ in explorer.standings(**values)]


@pytest.mark.parametrize("format", ["PNG", "CSV"])
def test_the_page_saves_without_a_kernel(shown, format):
    page, explorer = shown
    with page.page.expect_download() as saved:
        page.button(format)
    assert saved.value.suggested_filename == f"{explorer.name}.{format.lower()}"


def test_each_claim_stands_in_its_explorer(shown):
    page, explorer = shown
    check_claims(page, explorer)
    for claim in explorer.claims:
        link = page.claim(claim.id).locator("a").get_attribute("href")
        assert link == f"claims/{claim.id}.html"


def test_the_sliders_tracks_show_where_the_claims_hold_and_fail(shown):
    page, explorer = shown
    positions = controls.POSITIONS if explorer.formula else STOPS
    check_tracks(page, explorer, positions)
    label = list(explorer.presets)[-1]
    page.button(label)
    page.settle(explorer.presets[label], label)
    check_tracks(page, explorer, positions)


# milliseconds from a move to the first colours of all other sliders, of twenty moves
RECOLOUR = """async (root) => {
  const ranges = [...root.querySelectorAll('input[type="range"]')];
  const [moved, ...others] = ranges;
  const took = [];
  for (let k = 0; k < 20; k++) {
    others.forEach((range) => (range.normtheory = null));
    const start = performance.now();
    moved.value = (k * 5) % moved.max;
    moved.dispatchEvent(new Event("input"));
    while (others.some((range) => !range.normtheory)) {
      await new Promise((resolve) => setTimeout(resolve));
    }
    took.push(performance.now() - start);
  }
  return took;
}"""


def test_the_tracks_follow_the_hand_at_once(opened):
    shown = start(opened, COMPUTED)
    slow = patience.slowness()
    took = shown.root.evaluate(RECOLOUR)
    assert np.median(took) < 50 * max(slow, patience.slowness()), took


def first_slider(explorer):
    """The name of an explorer's first slider, and how many positions it has on the page."""
    parameter = next(p for p in explorer.parameters.values() if not p.choices)
    stops = controls.POSITIONS if explorer.formula else STOPS
    return parameter.name, len(controls.positions(parameter, stops))


def test_a_key_press_is_painted_within_a_frame_or_two(shown):
    page, explorer = shown
    name, stops = first_slider(explorer)
    page.press(name, "Home")
    page.settle()
    for _ in range(min(20, stops - 1)):
        before = page.values()
        page.press(name, "ArrowRight")
        page.page.evaluate(TWO_FRAMES)
        assert page.values() != before


def test_a_notebooks_widgets_become_live_explorers(page, tmp_path):
    png = "iVBORw0KGgo="
    data = {
        "application/vnd.jupyter.widget-view+json": {"model_id": "0"},
        "image/png": png,
        "text/plain": "text",
    }
    cell = new_code_cell(
        "explorer = explorers.ratio_bound(kappa=2.0)\nexplorer",
        outputs=[new_output("execute_result", data=data)],
    )
    notebook = new_notebook(cells=[new_markdown_cell("# Title"), cell, new_code_cell("1 + 1")])
    assert [each.name for each in still.enliven(notebook)] == ["ratio_bound"]
    nbformat.validate(notebook)
    (output,) = notebook.cells[1].outputs
    assert "application/vnd.jupyter.widget-view+json" not in output["data"]
    assert png in output["data"]["text/html"]
    path = tmp_path / "page.html"
    path.write_text(f'<meta charset="utf-8"><body>{output["data"]["text/html"]}')
    page.goto(path.as_uri())
    shown = Shown(page, "ratio_bound")
    shown.settle({"kappa": 2.0}, "where the cell starts")


@pytest.mark.slow
@pytest.mark.parametrize("shown", ["collapse", COMPUTED], indirect=True)
def test_ten_thousand_moves_leave_nothing_behind(shown):
    page, explorer = shown
    name, _ = first_slider(explorer)
    session = page.page.context.new_cdp_session(page.page)
    session.send("HeapProfiler.enable")
    session.send("Performance.enable")

    def moved():
        page.control(name).locator('input[type="range"]').evaluate(
            """async (range) => {
              for (let k = 0; k < 3400; k++) {
                range.value = k % (Number(range.max) + 1);
                range.dispatchEvent(new Event("input"));
                if (k % 50 === 0) await new Promise(requestAnimationFrame);
              }
            }"""
        )
        session.send("HeapProfiler.collectGarbage")
        metrics = session.send("Performance.getMetrics")["metrics"]
        return next(m["value"] for m in metrics if m["name"] == "JSHeapUsedSize")

    first, second, third = moved(), moved(), moved()
    # one array of a hundred numbers kept for each move would be two megabytes, each time; what the
    # engine compiles meanwhile comes once
    assert min(second - first, third - second) < 500_000
