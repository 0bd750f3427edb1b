"""Explorers on a page without a kernel, opened from a file."""

import nbformat
import numpy as np
import patience
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from shown import STOPS, Shown, agree, check_claims, check_tracks, made, rarely, thin
from window import Window

from normtheory.claims.sentence import filled
from normtheory.explorers import controls, still, tables

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


@pytest.fixture(scope="module")
def held():
    """The tables of the page's explorers."""
    with pytest.MonkeyPatch.context() as patch:
        thin(patch)
        return {name: tables.Tables(made(name)) for name in TABULATED}


def random_settings(explorer, count=4):
    rng = np.random.default_rng(3)
    return [{p.name: p.draw(rng) for p in explorer.parameters.values()} for _ in range(count)]


@pytest.mark.parametrize("shown", [TABULATED[0], *rarely(*TABULATED[1:])], indirect=True)
def test_every_slider_is_followed_and_no_other_moves(shown, held):
    page, explorer = shown
    tabled = held[explorer.name]
    note = page.root.locator(".nt-note")
    told = f"{100 * tabled.error[1]:.1f}% at most"
    for values in random_settings(explorer):
        for name, value in values.items():
            page.type(name, repr(value))
            page.settle({name: value}, "the typed value")
        # all of them, to the last digit
        assert page.values() == values
        assert told in note.inner_text()
        parts, true = tabled.between(values), explorer.scene(**values)
        found = page.arrays()
        for name in true.arrays():
            np.testing.assert_allclose(found[name], parts[name], 1e-4, 1e-6, err_msg=name)
        numbers = {n: parts.get(f"text.{n}", values.get(n)) for n in true.text.numbers}
        for name, number in true.text.numbers.items():
            if isinstance(number, int) and name not in values:
                numbers[name] = round(float(numbers[name][0]))
            elif name not in values:
                numbers[name] = float(numbers[name][0])
        assert parts["text"] == ("", true.text.template)
        said = filled(true.text.template, numbers)
        for word, expected in zip(page.text().split(), said.split(), strict=True):
            # one part in 65,000 may turn a last digit
            assert word == expected or float(word.strip(",.;")) == pytest.approx(
                float(expected.strip(",.;")), rel=2e-3
            )
        assert page.marks() == [parts[f"claim{k}"][0] for k in range(len(explorer.claims))]


@pytest.mark.parametrize("shown", TABULATED, indirect=True)
def test_what_is_typed_beyond_the_page_is_not_replaced_in_silence(shown):
    page, explorer = shown
    name = next(n for n, p in explorer.parameters.items() if p.domain[1] > p.typical[1])
    end = controls.positions(explorer.parameters[name], tables.POSITIONS)[-1]
    far = int(end + 1)
    page.type(name, str(far))
    page.settle({**explorer.values, name: end}, "where the page ends")
    assert f"{name} = {end:g} and not {far}" in page.root.locator(".nt-note").inner_text()


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
    if explorer.formula:
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


# of ten moves, the longest time in which the page did nothing else
HELD = """async (root) => {
  const range = root.querySelector('input[type="range"]');
  let [longest, last, busy] = [0, performance.now(), true];
  const held = [];
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    const now = performance.now();
    [longest, last] = [Math.max(longest, now - last), now];
    if (busy) port2.postMessage(null);
  };
  port2.postMessage(null);
  for (let k = 1; k <= 10; k++) {
    longest = 0;
    range.value = (k * 7) % range.max;
    range.dispatchEvent(new Event("input"));
    await new Promise((resolve) => setTimeout(resolve, 1000));
    held.push(longest);
  }
  busy = false;
  return held;
}"""


# three explorers' tracks, followed one after another: in which order they are coloured
QUEUED = """async () => {
  const shown = [];
  const made = (name, standings) => new modules.tracks.Tracks({
    controls: [{ name: "x", positions: [...Array(60).keys()] }],
    standings,
    show: (_, states) => shown.push([name, states.length]),
  });
  const slow = () => {
    const end = performance.now() + 1;
    while (performance.now() < end);
    return [["claim", "holds"]];
  };
  const fails = () => { throw new Error("on purpose"); };
  const all = [made("first", slow), made("fails", fails), made("last", slow)];
  for (const each of all) each.follow({ x: 0 });
  for (let turn = 0; turn < 5000 && all.some((each) => each.busy); turn++) {
    await new Promise((done) => setTimeout(done));
  }
  return shown;
}"""


def test_the_latest_moves_tracks_go_first_and_one_that_fails_holds_up_no_other(modules):
    shown = modules.evaluate(QUEUED)
    assert shown == [["last", 60], ["last", 60], ["first", 60], ["first", 60]]


@pytest.mark.slow
def test_colouring_the_tracks_of_many_sliders_never_holds_the_page(page, still_page):
    name = "repulsion"
    page.goto(still_page([made(name)], controls.POSITIONS // 2, 27))
    shown = Shown(page, name)
    slow = patience.slowness()
    held = shown.root.evaluate(HELD)
    assert np.median(held) < 33 * max(slow, patience.slowness()), held


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


# counts the axes that a page reads
READING = """
const Own = Image;
window.axes = { asked: 0, read: 0 };
window.Image = class extends Own {
  constructor() {
    super();
    axes.asked += 1;
    this.addEventListener("load", () => (axes.read += 1));
  }
};"""


def test_the_axes_are_read_before_the_hand_moves(page, still_page):
    explorer = made("equilibrium_channels")
    page.add_init_script(READING)
    page.goto(still_page([explorer]))
    shown = Shown(page)
    assert page.evaluate("axes") == {"asked": 1, "read": 1}
    shown.root.hover()
    held = tables.Tables(explorer)
    columns = [held.kept, *(columns for _, columns in held.tables)]
    frames = set().union(*(each.get("axes", ()) for each in columns))
    read = {"asked": len(frames), "read": len(frames)}
    shown.wait_until(lambda: page.evaluate("axes") == read, "the axes")
    seen = set()
    for name in explorer.parameters:
        for key in ("Home", "End"):
            shown.press(name, key)
            shown.settle()
            seen.add(page.evaluate("document.querySelector('section').normtheory.picture.frame"))
    assert len(seen) > 1
    assert page.evaluate("axes") == read


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
