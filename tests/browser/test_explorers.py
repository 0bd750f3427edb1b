"""Explorers in a real JupyterLab: keyboard, reset, data, while a cell is busy."""

import lab
import pytest
from shown import (
    FEW,
    Shown,
    agree,
    check_claims,
    check_tracks,
    each,
    made,
    move_each_slider,
    pages,
)

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
def opened(browser, in_lab, request):
    """A page of JupyterLab in which some explorers have run, and the errors of its console."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    lab.run_all(page, in_lab(lab.explorer_page(pages()[getattr(request, "param", "few")])))
    yield page, errors
    page.close()


@pytest.fixture
def shown(opened, name):
    page, errors = opened
    yield Shown(page, name), made(name)
    assert not errors, "\n".join(errors)


# the page has the scope of the module: else each explorer would open its own
every = pytest.mark.parametrize(("opened", "name"), each(), indirect=["opened"], scope="module")
few = pytest.mark.parametrize("opened", ["few"], indirect=True, scope="module")


@every
def test_each_slider_moves_the_picture_by_keyboard_and_reset_restores_it(shown, keep):
    page, explorer = shown
    page.button("defaults")
    page.settle(explorer.values)
    keep(page.root, f"lab-{explorer.name}")
    agree(page, explorer)
    for name, stop in move_each_slider(page, explorer):
        knob = page.control(name).locator('input[type="range"], select')
        assert knob.get_attribute("aria-label").startswith(name)
        if not explorer.parameters[name].choices:
            assert float(knob.get_attribute("aria-valuetext")) == pytest.approx(stop, rel=1e-5)


@every
def test_the_picture_has_a_text_and_badges(shown):
    page, explorer = shown
    page.button("reset")
    page.settle(explorer.values)
    text = page.text()
    assert text.startswith(explorer.scene().text)
    assert page.root.locator("canvas").get_attribute("aria-label") == text
    assert page.marks() == [state for _, state, _ in explorer.standings()]


@every
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


@few
def test_each_claim_stands_in_its_explorer_with_its_entry_in_the_ledger(opened):
    page, explorer = Shown(opened[0], NAME), made(NAME)
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


@few
@pytest.mark.parametrize("name", FEW)
def test_the_sliders_tracks_show_where_the_claims_hold_and_fail(opened, name):
    page, explorer = Shown(opened[0], name), made(name)
    page.button("reset")
    page.settle(explorer.values)
    check_tracks(page, explorer)
    label = list(explorer.presets)[1]
    page.button(label)
    page.settle(explorer.presets[label])
    check_tracks(page, explorer)
    page.button("reset")


@few
def test_a_typed_value_is_taken_and_a_wrong_one_explained(opened):
    page = Shown(opened[0], NAME)
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


@few
@pytest.mark.parametrize("format", ["PNG", "SVG", "PDF", "CSV"])
def test_a_picture_is_saved(opened, format):
    page = Shown(opened[0], NAME)
    with opened[0].expect_download() as saved:
        page.button(format)
    assert saved.value.suggested_filename == f"{NAME}.{format.lower()}"


@few
def test_play_moves_a_slider_with_the_clock(opened):
    page = Shown(opened[0], NAME)
    explorer = made(NAME)
    name = next(p.name for p in explorer.parameters.values() if not p.choices)
    button = page.control(name).get_by_role("button")
    button.click()
    page.wait_until(lambda: page.values() != explorer.values, "playing")
    button.click()
    assert button.get_attribute("aria-pressed") == "false"
    page.button("reset")


def test_sliders_live_while_a_cell_is_busy(page, in_lab):
    busy = lab.notebook(
        f"from normtheory import explorers\nexplorers.{NAME}()",
        "import time\nwhile True: time.sleep(0.01); sum(range(20000))",
    )
    lab.connect(page, in_lab(busy))
    page.evaluate(lab.RUN)
    explorer, shown = made(NAME), Shown(page, NAME)
    running = page.locator(".jp-InputPrompt", has_text="[*]:")
    assert running.count() == 1
    name = next(p.name for p in explorer.parameters.values() if not p.choices)
    start = shown.settle()
    shown.press(name, "ArrowRight", "ArrowRight")
    # the mark needs the kernel's word, which came on its other thread
    assert shown.settle() != start
    assert shown.values() != explorer.values
    shown.button("reset")
    assert shown.settle(explorer.values, "reset") == start
    assert running.count() == 1
    page.evaluate("jupyterapp.shell.currentWidget.sessionContext.session.kernel.interrupt()")
