"""A slider that plays: back and forth, until a hand or the scroll stops it."""

import numpy as np
import pytest
from shown import Shown, made

pytestmark = pytest.mark.browser
NAME = "mixture_kurtosis_formula"
# when a playing slider stood where, until it has turned and gone back a little
SEEN = """async (row) => {
  const [range, play] = [row.querySelector("input"), row.querySelector("button")];
  const seen = [];
  play.click();
  while (!(seen.length && seen.at(-1)[1] < Math.max(...seen.map(([, at]) => at)) - 5)) {
    await new Promise(requestAnimationFrame);
    seen.push([document.timeline.currentTime, Number(range.value)]);
  }
  play.click();
  return seen;
}"""


def dragged(shown, thing):
    """Take hold of the middle of a thing by the mouse, and move it a little to the right."""
    box = thing.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    shown.page.mouse.move(x, y)
    shown.page.mouse.down()
    shown.page.mouse.move(x + 15, y, steps=3)
    shown.page.mouse.up()


def guessed(shown):
    """Ask for a guess, and for its answer."""
    shown.button("guess first")
    answer = shown.root.locator(".nt-guess").get_by_role("button")
    if answer.is_visible():
        answer.click()


ACTS = {
    "a guess": guessed,
    "reset": lambda shown: shown.button("reset"),
    "a preset": lambda shown: shown.root.locator(".nt-preset").first.click(),
    "typing": lambda shown: shown.type("sigma1", "1.5"),
    "typing into its own entry": lambda shown: shown.type("p", "0.3"),
    "typing what is refused": lambda shown: shown.type("p", "7"),
    "another slider": lambda shown: shown.press("sigma1", "ArrowRight"),
    "its own slider": lambda shown: shown.press("p", "ArrowRight"),
    "a mark of the picture": lambda shown: (
        shown.root.locator(".nt-handle").first.focus(),
        shown.page.keyboard.press("ArrowRight"),
    ),
    "dragging a slider": lambda shown: dragged(
        shown, shown.control("sigma1").locator('input[type="range"]')
    ),
    "dragging a mark": lambda shown: dragged(shown, shown.root.locator(".nt-handle").first),
    "the button itself": lambda shown: shown.control("p").get_by_role("button").click(),
    "a second slider that plays": lambda shown: (
        shown.control("separation").get_by_role("button").click()
    ),
    "the end of the page": lambda shown: shown.page.evaluate("scrollTo(0, 1e5)"),
}


@pytest.fixture(scope="module")
def shown(browser, still_page):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(still_page([made(NAME)]))
    page.evaluate("document.body.style.paddingBottom = '3000px'")
    yield Shown(page, NAME)
    page.close()


def test_it_turns_at_the_end(shown):
    shown.press("p", "End", "ArrowLeft", "ArrowLeft")
    seen = shown.control("p").evaluate(SEEN)
    last = int(shown.control("p").locator('input[type="range"]').get_attribute("max"))
    # the clock starts with the first frame
    passed = (np.array(seen)[:, 0] - seen[0][0]) / 6000 * (last + 1)
    folded = last - np.abs((last - 2 + passed) % (2 * last) - last)
    np.testing.assert_allclose(np.array(seen)[:, 1], folded, atol=1.5)


@pytest.mark.parametrize("act", ACTS)
def test_it_stops(shown, act):
    shown.root.locator("h2").scroll_into_view_if_needed()
    play = shown.control("p").get_by_role("button")
    play.click()
    shown.wait_until(lambda: shown.values()["p"] != made(NAME).values["p"], "playing")
    assert play.get_attribute("aria-pressed") == "true"
    ACTS[act](shown)
    shown.wait_until(lambda: play.get_attribute("aria-pressed") == "false", act)
    assert play.inner_text() == "▶"
    shown.button("reset")
    shown.settle(made(NAME).values)
    assert shown.root.locator('[aria-pressed="true"]').count() == 0
