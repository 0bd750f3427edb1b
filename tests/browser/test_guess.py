"""Questions: the picture waits for a guess, by hand or by keys, and then shows what theory says."""

import pytest
from shown import Shown

from normtheory.explorers import controls, tables
from normtheory.explorers.questions import QUESTIONS, question
from normtheory.explorers.sweep import plain

pytestmark = pytest.mark.browser
# a formula in the browser with a mark to drag, a table along the slider, a list
KINDS = ("sample_variance", "pseudo_huber_loss", "standardization_blind_spots")


@pytest.fixture(scope="module")
def opened(browser, still_page):
    """A page without a kernel that asks these, with the pictures that it would have."""
    page = browser.new_page()
    page.goto(still_page([question(name) for name in KINDS], stops=tables.POSITIONS))
    yield page
    page.close()


@pytest.mark.parametrize("name", KINDS)
def test_the_picture_waits_for_a_guess_and_then_shows_what_theory_says(opened, name):
    asked, explorer = QUESTIONS[name], question(name)
    parameter, (right,) = explorer.parameters[asked.slider], explorer.spec["question"]["right"]
    shown = Shown(opened, f"{explorer.title}: a guess")
    told, text = shown.root.locator(".nt-guess"), shown.root.locator(".nt-text")
    start = shown.settle(explorer.values)
    assert asked.words in told.inner_text() and not text.is_visible()
    said = shown.root.locator("canvas")
    assert "wait for your guess" in said.get_attribute("aria-label")
    knobs = shown.root.locator(".nt-control")
    assert [knob.get_attribute("data-name") for knob in knobs.all()] == [asked.slider]
    shown.press(asked.slider, "End", "Home")
    assert shown.settle(explorer.values) == start, "the picture waits"
    first, last = controls.positions(parameter)[0], controls.positions(parameter)[-1]
    shown.button("answer")
    assert f"you said {first if parameter.choices else plain(first)}; it is" in told.inner_text()
    assert f"it is {right if parameter.choices else plain(right)}. {asked.because}" in (
        told.inner_text()
    )
    assert text.is_visible()
    answered = {**explorer.values, asked.slider: right}
    assert shown.settle(answered) != start
    assert shown.text() == explorer.scene(**answered).text == said.get_attribute("aria-label")
    assert first != right != last and "Well seen" not in told.inner_text()
    # another time, and right
    shown.button("guess first")
    assert not text.is_visible()
    shown.button("answer")
    assert told.inner_text().startswith("Well seen")


def test_a_mark_is_dragged_to_the_guess_and_a_line_stands_where_it_was(opened):
    shown = Shown(opened, f"{question(KINDS[0]).title}: a guess")
    shown.button("reset")
    start = shown.settle({"n": 2})
    shown.button("guess first")
    handle, line = shown.root.locator(".nt-handle:visible"), shown.root.locator(".nt-guessed")
    assert line.count() == 1, "where the slider stands"
    before = line.bounding_box()
    handle.focus()
    opened.keyboard.press("ArrowRight")
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    opened.mouse.move(x, y)
    opened.mouse.down()
    opened.mouse.move(x + 90, y, steps=3)
    opened.mouse.up()
    moved = line.bounding_box()["x"] - before["x"]
    assert moved == pytest.approx(90, abs=12)
    assert shown.settle({"n": 2}) == start
    guess = shown.control("n").locator('input[type="text"]').input_value()
    shown.button("answer")
    assert f"you said {guess}; it is 41." in shown.root.locator(".nt-guess").inner_text()
    shown.settle({"n": 41})
    assert line.bounding_box()["x"] == pytest.approx(before["x"] + moved, abs=2)
    shown.press("n", "ArrowRight")
    shown.settle({"n": 42})
    assert not line.count()
