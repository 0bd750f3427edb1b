"""Explorers in a real JupyterLab: keyboard, reset, data, while a cell is busy."""

import lab
import pytest
from shown import FEW, Shown, agree, check_claims, check_tracks, each, made, move_each_slider, pages
from window import Window

pytestmark = pytest.mark.browser
NAME = FEW[1]
SAID = {
    "holds": "holds here",
    "fails": "fails here",
    "undecided": "undecided",
    "outside": "outside the claim",
    "silent": "says nothing here",
}


@pytest.fixture(scope="module")
def opened(jupyterlab, jupyter, request):
    """A page of JupyterLab in which some explorers have run."""
    if request.param == "few":
        yield jupyterlab
        return
    window = Window(jupyterlab.context)
    jupyter.put(request.param, lab.explorer_page(pages()[request.param]))
    lab.run_all(window.page, jupyter.address(request.param))
    yield window
    window.page.close()


@pytest.fixture
def shown(opened, name):
    yield Shown(opened.page, name), made(name)
    opened.assert_clean()


def every(*quick):
    """Each explorer on its page, which has the scope of the module: else each opens its own."""
    return pytest.mark.parametrize(
        ("opened", "name"), each(*quick), indirect=["opened"], scope="module"
    )


@every(NAME)
def test_each_slider_moves_the_picture_by_keyboard_and_reset_restores_it(shown, keep):
    page, explorer = shown
    page.button("defaults")
    page.settle(explorer.values)
    keep(page.root, f"lab-{explorer.name}")
    agree(page, explorer)
    # a simulation of seconds follows each move of the refined one
    sliders = list(explorer.parameters)[: 1 if explorer.name == FEW[2] else None]
    for name, stop in move_each_slider(page, explorer, sliders=sliders):
        knob = page.control(name).locator('input[type="range"], select')
        assert knob.get_attribute("aria-label").startswith(name)
        if not explorer.parameters[name].choices:
            assert float(knob.get_attribute("aria-valuetext")) == pytest.approx(stop, rel=1e-5)


@every(NAME)
def test_the_picture_has_a_text_and_badges(shown):
    page, explorer = shown
    page.button("reset")
    page.settle(explorer.values)
    text = page.text()
    assert text.startswith(explorer.scene().text)
    assert page.root.locator("canvas").get_attribute("aria-label") == text
    assert page.marks() == [state for _, state, _ in explorer.standings()]


@every(NAME)
def test_each_preset_shows_its_values_and_says_why_claims_hold_or_fail(shown):
    page, explorer = shown
    for label, values in explorer.presets.items():
        page.button(label)
        page.settle(values, label)
        found = page.root.locator(".nt-here").all_inner_texts()
        for text, (_, state, reason) in zip(found, explorer.standings(**values), strict=True):
            said = " ".join(text.split())
            assert SAID[state] in said, label
            assert said.endswith(" ".join(reason.split())), label
    page.button("reset")
    page.settle(explorer.values, "reset")


def test_each_claim_stands_in_its_explorer_with_its_entry_in_the_ledger(jupyterlab):
    page, explorer = Shown(jupyterlab.page, NAME), made(NAME)
    check_claims(page, explorer)
    for claim in explorer.claims:
        row = page.claim(claim.id)
        row.locator("summary").click()
        printed = row.locator(".nt-ledger li")
        assert printed.count() == len(claim.sentences)
        assert {text.rpartition("[")[2] for text in printed.all_inner_texts()} == {
            f"{each.kind}]" for each in claim.sentences
        }
        row.locator("summary").click()


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[] if n == NAME else pytest.mark.slow) for n in FEW]
)
def test_the_sliders_tracks_show_where_the_claims_hold_and_fail(jupyterlab, name):
    page, explorer = Shown(jupyterlab.page, name), made(name)
    page.button("reset")
    page.settle(explorer.values)
    check_tracks(page, explorer)
    label = list(explorer.presets)[1]
    page.button(label)
    page.settle(explorer.presets[label])
    check_tracks(page, explorer)
    page.button("reset")


def test_a_typed_value_is_taken_and_a_wrong_one_explained(jupyterlab):
    page = Shown(jupyterlab.page, NAME)
    explorer = made(NAME)
    parameter = next(p for p in explorer.parameters.values() if p.domain[0] >= 0 and not p.choices)
    page.type(parameter.name, "-3")
    problem = page.root.locator(".nt-error")
    page.wait_until(lambda: "-3" in problem.inner_text(), "the message")
    assert parameter.name in problem.inner_text()
    assert page.values() == explorer.values
    page.type(parameter.name, "3")
    page.settle({parameter.name: 3}, "the value")
    assert problem.inner_text() == ""
    page.button("reset")


@pytest.mark.parametrize("format", ["PNG", "SVG", "PDF", "CSV"])
def test_a_picture_is_saved(jupyterlab, format):
    page = Shown(jupyterlab.page, NAME)
    with jupyterlab.page.expect_download() as saved:
        page.button(format)
    assert saved.value.suggested_filename == f"{NAME}.{format.lower()}"


def test_play_moves_a_slider_with_the_clock(jupyterlab):
    page = Shown(jupyterlab.page, NAME)
    explorer = made(NAME)
    name = next(p.name for p in explorer.parameters.values() if not p.choices)
    button = page.control(name).get_by_role("button")
    button.click()
    page.wait_until(lambda: page.values() != explorer.values, "playing")
    button.click()
    assert button.get_attribute("aria-pressed") == "false"
    page.button("reset")


# runs a cell that never ends, and notes when it begins and ends
BUSY = """() => {
  const { kernel } = jupyterapp.shell.currentWidget.sessionContext.session;
  const code = "import time\\nwhile True: time.sleep(0.01); sum(range(20000))";
  const cell = kernel.requestExecute({ code });
  cell.onIOPub = ({ header }) => (window.busy ||= header.msg_type === "execute_input");
  cell.done.finally(() => (window.busy = false));
}"""
INTERRUPT = "jupyterapp.shell.currentWidget.sessionContext.session.kernel.interrupt()"


def test_sliders_live_while_a_cell_is_busy(jupyterlab):
    page, explorer, shown = jupyterlab.page, made(NAME), Shown(jupyterlab.page, NAME)
    shown.button("reset")
    start = shown.settle(explorer.values)
    page.evaluate(BUSY)
    shown.wait_until(lambda: page.evaluate("window.busy"), "the cell")
    name = next(p.name for p in explorer.parameters.values() if not p.choices)
    shown.press(name, "ArrowRight", "ArrowRight")
    # the mark needs the kernel's word, which came on its other thread
    assert shown.settle() != start
    assert shown.values() != explorer.values
    shown.button("reset")
    assert shown.settle(explorer.values, "reset") == start
    assert page.evaluate("window.busy")
    page.evaluate(INTERRUPT)
    shown.wait_until(lambda: not page.evaluate("window.busy"), "the end of the cell")
