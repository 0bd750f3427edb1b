"""Two views of one explorer, and the end of the kernel behind them."""

import os
import re
import signal
from urllib.parse import urlsplit

import lab
import nbformat
import pytest
from patience import until
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
        until(
            lambda: [v[name] for v, _ in views(page)[pair]] == [value, value],  # noqa: B023
            lambda: f"{key} on {mover}: {views(page)}",  # noqa: B023
            rest=lab.resting(page),
        )
    assert not any(said for _, said in views(page))
    page.evaluate(f"void {KERNEL}.restart()")
    until(lambda: all(GONE in said for _, said in views(page)), "words", 5, lab.resting(page))
    said = [words for _, words in views(page)]
    assert "go on" in said[0] and "go on" not in said[2] and "run its cell again" in said[2]
    # the formula goes on drawing
    page.locator(".nt-explorer").first.locator('[data-name="n"] input').first.focus()
    page.keyboard.press("End")
    until(lambda: views(page)[0][0]["n"] == 20, "the picture", rest=lab.resting(page))
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
            until(
                lambda: all(wanted.items() <= seen.items() for seen, _ in views(page)[both]),
                lambda: f"{what}: {views(page)}",
                rest=lab.resting(page),
            )

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
        until(
            lambda: views(page)[first + 1][0][slider] != explorer.values[slider],  # noqa: B023
            "the view beside the one that plays",
            rest=lab.resting(page),
        )
        two.locator(".nt-preset").get_by_text(preset, exact=True).click()
        until(
            lambda: play.get_attribute("aria-pressed") == "false",  # noqa: B023
            "the end of playing",
            rest=lab.resting(page),
        )
        together(at, "the hand on the other view")


def test_a_killed_kernel_is_said(opened):
    page = opened
    kill(page)
    until(lambda: all(GONE in said for _, said in views(page)), "words", 5, lab.resting(page))


def test_the_app_says_within_two_seconds_that_a_kernel_was_killed(page, tmp_path):
    folder = tmp_path / "pages"
    folder.mkdir()
    nbformat.write(lab.notebook(*CELLS), folder / "page.ipynb")
    with lab.command(["app", "--dir", str(folder)], tmp_path / "log") as address:
        parts = urlsplit(address)
        page.goto(f"{parts.scheme}://{parts.netloc}/voila/render/page.ipynb?{parts.query}")
        page.locator(".nt-explorer[data-settled]").nth(3).wait_for()
        kill(page)
        until(lambda: all(GONE in said for _, said in views(page)), "words", 2, lab.resting(page))
        assert all("reload the page" in said for _, said in views(page))
        page.goto("about:blank")  # it would go on asking for its server
