"""Every explorer in a real JupyterLab: keyboard, reset, data, while a cell is busy."""

import lab
import pytest
from shown import Shown, agree, made, move_each_slider

from normtheory import explorers

pytestmark = pytest.mark.browser
NAMES = explorers.catalogue()
SAID = {
    "holds": "holds here",
    "fails": "fails here",
    "undecided": "undecided",
    "outside": "outside the claim",
    "silent": "says nothing here",
}


@pytest.fixture(scope="module")
def opened(browser, in_lab):
    """A page of JupyterLab in which all explorers have run, and the errors of its console."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    lab.run_all(page, in_lab(lab.explorer_page(NAMES)))
    yield page, errors
    page.close()


@pytest.fixture(params=NAMES)
def shown(opened, request):
    page, errors = opened
    yield Shown(page, request.param), made(request.param)
    assert not errors, "\n".join(errors)


def test_the_picture_at_paper_values_is_pythons(shown, keep):
    page, explorer = shown
    page.button("paper values")
    page.wait_for_values(explorer.values)
    page.at_rest()
    keep(page.root, f"lab-{explorer.name}")
    agree(page, explorer)


def test_each_slider_moves_the_picture_by_keyboard_and_reset_restores_it(shown):
    page, explorer = shown
    page.button("reset")
    for name, stop in move_each_slider(page, explorer):
        knob = page.control(name).locator('input[type="range"], select')
        assert knob.get_attribute("aria-label").startswith(name)
        if not explorer.parameters[name].choices:
            assert float(knob.get_attribute("aria-valuetext")) == pytest.approx(stop, rel=1e-5)


def test_the_picture_has_a_text_and_badges(shown):
    page, explorer = shown
    page.button("reset")
    page.at_rest()
    text = page.text()
    assert text.startswith(explorer.scene().text)
    assert page.root.locator("canvas").get_attribute("aria-label") == text
    marks = page.root.locator(".nt-mark").evaluate_all("nodes => nodes.map(n => n.dataset.state)")
    assert marks == [state for _, state, _ in explorer.standings()]


def test_each_preset_shows_its_values_and_says_why_claims_hold_or_fail(shown):
    page, explorer = shown
    for label, values in explorer.presets.items():
        page.button(label)
        page.wait_for_values(values, label)
        found = page.root.locator(".nt-badge").all_inner_texts()
        assert len(found) == len(explorer.claims)
        for text, (id, state, reason) in zip(found, explorer.standings(**values), strict=True):
            said = " ".join(text.split())
            assert SAID[state] in said and f"{id} (" in said, label
            assert said.endswith(" ".join(reason.split())), label
    page.button("reset")
    page.wait_for_values(explorer.values, "reset")


def test_a_typed_value_is_taken_and_a_wrong_one_explained(opened):
    page = Shown(opened[0], NAMES[0])
    explorer = made(NAMES[0])
    parameter = next(p for p in explorer.parameters.values() if p.domain[0] >= 0 and not p.choices)
    page.type(parameter.name, "-3")
    problem = page.root.locator(".nt-error")
    page.wait_until(lambda: "-3" in problem.inner_text(), "the message")
    assert parameter.name in problem.inner_text()
    assert page.values() == explorer.values
    page.type(parameter.name, "3")
    page.wait_for_values({parameter.name: 3}, "the value")
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
    explorer = made(NAMES[0])
    name = next(p.name for p in explorer.parameters.values() if not p.choices)
    button = page.control(name).get_by_role("button")
    button.click()
    page.wait_until(lambda: page.values() != explorer.values, "playing")
    button.click()
    assert button.get_attribute("aria-pressed") == "false"
    page.button("reset")


def test_sliders_live_while_a_cell_is_busy(opened, in_lab):
    page, errors = opened
    busy = lab.notebook(
        f"from normtheory import explorers\nexplorers.{NAMES[0]}()",
        "import time\nwhile True: time.sleep(0.01); sum(range(20000))",
    )
    page.goto(in_lab(busy))
    page.wait_for_function(lab.READY, timeout=120_000)
    page.evaluate("void jupyterapp.commands.execute('notebook:run-all-cells')")
    explorer = made(NAMES[0])
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
    shown.wait_for_pixels(start, "reset")
    assert running.count() == 1
    page.evaluate("jupyterapp.shell.currentWidget.sessionContext.session.kernel.interrupt()")
    assert not errors, "\n".join(errors)
