"""Two views of one explorer, and the end of the kernel behind them."""

import os
import re
import signal
from urllib.parse import urlsplit

import lab
import nbformat
import pytest
from patience import until
from playwright.sync_api import expect
from shown import Shown, made

# each opens a page of JupyterLab or an app of its own
pytestmark = [pytest.mark.browser, pytest.mark.slow]
CELLS = (
    "import os\nfrom normtheory import explorers\nprint(f'kernel {os.getpid()}')",
    "one = explorers.few_modes()\none",
    "one",
    "two = explorers.collapse()\ntwo",
    "two",
)
GONE = "The kernel of this explorer has stopped"
KERNEL = "jupyterapp.shell.currentWidget.sessionContext.session.kernel"


@pytest.fixture
def opened(page, jupyter):
    jupyter.put("lifeline", lab.notebook(*CELLS))
    lab.run_all(page, jupyter.address("lifeline"))
    page.locator(".nt-explorer[data-settled]").nth(3).wait_for()
    return page


def views(page):
    """What each explorer shows and what it says of its kernel."""
    return page.locator(".nt-explorer").evaluate_all(
        "all => all.map((node) => [node.normtheory.picture.values,"
        " node.querySelector('.nt-lost').textContent])"
    )


def wait(page, test, what, seconds=20):
    """Until a test is true of the page's views."""
    until(lambda: test(views(page)), lambda: f"{what}: {views(page)}", seconds, lab.resting(page))


def all_say(seen):
    return all(GONE in said for _, said in seen)


def kill(page):
    """Kill the kernel behind a page, which has printed its number."""
    words = page.get_by_text(re.compile(r"^\s*kernel \d+\s*$")).last.inner_text()
    os.kill(int(words.split()[1]), signal.SIGKILL)


def test_views_keep_in_step_and_say_within_seconds_that_their_kernel_was_restarted(opened):
    page = opened
    # by formula, by the kernel, and from the kernel's table
    moves = [
        (0, "n", "End", 20),
        (1, "n", "Home", 1),
        (2, "steps", "End", 20),
        (3, "steps", "Home", 0),
    ]
    for mover, name, key, value in (*moves, (2, "steps", "ArrowRight", 0.2)):
        pair = slice(mover // 2 * 2, mover // 2 * 2 + 2)
        page.locator(".nt-explorer").nth(mover).locator(f'[data-name="{name}"] input').first.focus()
        page.keyboard.press(key)
        both = lambda seen: [v[name] for v, _ in seen[pair]] == [value, value]  # noqa: B023, E731
        wait(page, both, f"{key} on {mover}")
    assert not any(said for _, said in views(page))
    page.evaluate(f"void {KERNEL}.restart()")
    wait(page, all_say, "words", 5)
    said = [words for _, words in views(page)]
    assert "go on" in said[0] and "go on" not in said[2] and "run its cell again" in said[2]
    # the formula goes on drawing
    page.locator(".nt-explorer").first.locator('[data-name="n"] input').first.focus()
    page.keyboard.press("End")
    wait(page, lambda seen: seen[0][0]["n"] == 20, "the picture")
    until(lambda: page.evaluate(lab.READY, None), "the new kernel", 60, lab.resting(page))
    page.evaluate(lab.RUN)
    until(lambda: page.evaluate(lab.IDLE), "the cells", 60, lab.resting(page))
    shown = Shown(page, "collapse")
    shown.press("steps", "End")
    shown.settle({"steps": 20})
    assert not any(said for _, said in views(page)), "healed"


def test_views_keep_in_step_whatever_moves_one_of_them(opened):
    page = opened
    for first, name, slider, values in (
        (0, "few_modes", "upper", {"upper": 0.25}),
        (2, "collapse", "steps", {"steps": 7}),
    ):
        explorer = made(name)
        one, two = (page.locator(".nt-explorer").nth(first + k) for k in (0, 1))
        both = slice(first, first + 2)

        def together(wanted, what, both=both):
            wait(page, lambda seen: all(wanted.items() <= v.items() for v, _ in seen[both]), what)

        entry = one.locator(f'[data-name="{slider}"] input[type="text"]')
        entry.fill(str(values[slider]))
        entry.press("Enter")
        together(values, "what was typed")
        preset, at = list(explorer.presets.items())[-1]
        two.locator(".nt-preset").get_by_text(preset, exact=True).click()
        together(at, "a preset")
        one.locator(".nt-reset").click()
        together(explorer.values, "reset")
        # one plays, and the other follows; a hand on the other stops it
        play = one.locator(f'[data-name="{slider}"] button')
        play.click()
        other, still = first + 1, explorer.values[slider]
        wait(page, lambda seen: seen[other][0][slider] != still, "the other view")  # noqa: B023
        two.locator(".nt-preset").get_by_text(preset, exact=True).click()
        expect(play).to_have_attribute("aria-pressed", "false")
        together(at, "the hand on the other view")


def test_a_killed_kernel_is_said(opened):
    kill(opened)
    wait(opened, all_say, "words", 5)


def test_the_app_says_within_two_seconds_that_a_kernel_was_killed(page, tmp_path):
    folder = tmp_path / "pages"
    folder.mkdir()
    nbformat.write(lab.notebook(*CELLS), folder / "page.ipynb")
    with lab.command(["app", "--dir", str(folder)], tmp_path / "log") as address:
        parts = urlsplit(address)
        page.goto(f"{parts.scheme}://{parts.netloc}/voila/render/page.ipynb?{parts.query}")
        page.locator(".nt-explorer[data-settled]").nth(3).wait_for()
        kill(page)
        wait(page, all_say, "words", 2)
        assert all("reload the page" in said for _, said in views(page))
        page.goto("about:blank")  # it would go on asking for its server
