"""An explorer in a person's hands: touch, small and sharp screens, the clock, a broken view."""

import csv
import io

import numpy as np
import pytest
from shown import Shown, made
from window import Window, new_context

pytestmark = pytest.mark.browser
NAME = "mixture_kurtosis_formula"


@pytest.fixture(scope="module")
def address(still_page):
    """Of a page without a kernel."""
    return still_page([made(NAME)])


@pytest.fixture(scope="module")
def phone(browser, address):
    """The explorer on a phone with a sharp screen."""
    screen = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 3}
    window = Window(new_context(browser, **screen, has_touch=True))
    window.page.goto(address)
    yield Shown(window.page, NAME)
    window.context.close()
    window.assert_clean()


def test_a_finger_moves_a_slider(phone, keep):
    start = phone.values()
    keep(phone.page, "phone")
    (name, *others) = start
    box = phone.control(name).locator('input[type="range"]').bounding_box()
    assert box["height"] >= 22 and box["x"] >= 0 and box["x"] + box["width"] <= 390
    phone.page.touchscreen.tap(box["x"] + 0.9 * box["width"], box["y"] + box["height"] / 2)
    stops = phone.page.evaluate(
        "node => Number(node.max)", phone.control(name).locator("input").first.element_handle()
    )
    moved = int(phone.control(name).locator('input[type="range"]').input_value())
    assert 0.8 * stops <= moved <= stops
    phone.wait_until(lambda: phone.values()[name] > start[name], "the finger")
    assert all(phone.values()[other] == start[other] for other in others)


def test_a_small_sharp_screen_gets_every_pixel(phone):
    canvas = phone.root.locator("canvas")
    pixels, shown, page = canvas.evaluate(
        "node => [node.width, node.clientWidth, document.documentElement.scrollWidth]"
    )
    assert pixels == pytest.approx(3 * shown, abs=2)
    assert page <= 390


def test_everything_to_press_has_a_name(phone):
    names = phone.root.locator("button, input, select").evaluate_all(
        "nodes => nodes.map((n) => n.getAttribute('aria-label') ?? n.textContent.trim())"
    )
    assert len(names) > 8 and all(len(name) > 1 for name in names)
    # a name for each purpose
    assert len(set(names)) == len(names)


@pytest.mark.slow
def test_play_follows_the_clock_on_a_slow_page(page, address):
    page.goto(address)
    shown = Shown(page, NAME)
    name = next(iter(shown.values()))
    knob = shown.control(name)
    shown.press(name, "Home")
    # a picture that takes 200 ms must skip positions, not slow the clock
    page.evaluate(
        """() => {
          const paint = CanvasRenderingContext2D.prototype.drawImage;
          CanvasRenderingContext2D.prototype.drawImage = function (...given) {
            const end = performance.now() + 200;
            while (performance.now() < end);
            return paint.apply(this, given);
          };
        }"""
    )
    play = knob.get_by_role("button")
    # where the slider stood when, until it has gone a third of its way
    seen = knob.evaluate(
        """async (node) => {
          const [play, range] = [node.querySelector("button"), node.querySelector("input")];
          const [seen, start] = [[], performance.now()];
          play.click();
          while (Number(range.value) < range.max / 3) {
            await new Promise(requestAnimationFrame);
            seen.push([document.timeline.currentTime - start, Number(range.value)]);
          }
          return seen;
        }"""
    )
    stops = knob.locator('input[type="range"]').evaluate("node => Number(node.max) + 1")
    # the clock starts with the first frame, and a frame that is late shows where it should be
    first = seen[0][0]
    for passed, position in seen:
        assert position == pytest.approx((passed - first) / 6000 * stops, abs=1.5)
    assert len({position for _, position in seen}) < stops / 6, "no position was skipped"
    assert play.get_attribute("aria-pressed") == "true"
    play.click()
    assert play.get_attribute("aria-pressed") == "false"


@pytest.fixture
def shown(jupyterlab):
    """The explorer that breaks, in JupyterLab."""
    shown = Shown(jupyterlab.page, "A line")
    shown.button("reset")
    shown.settle({"a": 1})
    return shown


def test_a_broken_view_says_so_in_one_sentence_and_the_next_move_recovers(shown):
    problem, text = shown.root.locator(".nt-error"), shown.root.locator(".nt-text")
    shown.type("a", "3")
    shown.wait_until(
        lambda: problem.inner_text() == "ArithmeticError: three is too much", "the sentence"
    )
    assert shown.marked() == {"a": 3}, "an error is the last word, too"
    shown.type("a", "4")
    shown.wait_until(lambda: text.inner_text().startswith("slope 4"), "the next picture")
    assert problem.inner_text() == ""


# keeps what each picture says, whether it is marked as settled, and how far its refinement is
LISTEN = """root => {
  const [text, progress] = [root.querySelector(".nt-text"), root.querySelector("progress")];
  const far = () => (progress.style.visibility === "visible" ? progress.value : null);
  const note = () => said.push([text.textContent, "settled" in root.dataset, far()]);
  window.said = [];
  new MutationObserver(note).observe(text, { childList: true });
}"""


def test_a_picture_is_refined_at_rest_with_progress_until_the_next_move(shown):
    shown.root.evaluate(LISTEN)
    said = lambda: shown.page.evaluate("said")  # noqa: E731
    shown.press("a", "ArrowRight")
    shown.wait_until(lambda: len(said()) > 3, "better pictures")
    assert said()[0] == ["slope 2, 0 rounds", False, None], "coarse at once"
    assert 0 < said()[3][2] < 1
    shown.press("a", "ArrowLeft")
    before = len(said())
    shown.settle({"a": 1})
    after = [text for text, _, _ in said()[before:]]
    after = after[after.index("slope 1, 0 rounds") :]
    assert all(text.startswith("slope 1") for text in after), "the old refinement went on"
    assert after[-1] == "slope 1, 40 rounds", "settled before the end"
    assert not any(settled for text, settled, _ in said() if " 40 " not in text)
    assert not shown.root.locator("progress").is_visible()


def test_the_saved_data_is_that_of_the_picture(shown):
    with shown.page.expect_download() as saved:
        shown.button("CSV")
    rows = list(csv.DictReader(io.StringIO(saved.value.path().read_text())))
    y = [float(row["value"]) for row in rows if row["quantity"] == "y"]
    np.testing.assert_allclose(y, np.linspace(0, 1, 11))
    with shown.page.expect_download() as saved:
        shown.button("PNG")
    assert saved.value.path().read_bytes().startswith(b"\x89PNG")
