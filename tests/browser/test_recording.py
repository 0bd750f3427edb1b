"""A recorded training run on a page where nothing can train: played, scrubbed, chosen."""

import numpy as np
import pytest
from shown import Shown, agree
from window import Window

from normtheory.experiments import digits_run
from normtheory.explorers import recording, still

pytestmark = pytest.mark.browser
CLOSE = 2**-15, 1e-9


@pytest.fixture(scope="module")
def made():
    return recording(digits_run("none", "SELU", depth=12), rate=0.005)


@pytest.fixture(scope="module")
def shown(profile, made, tmp_path_factory):
    """A page without a kernel that holds it, as the site makes it."""
    page = tmp_path_factory.mktemp("recording") / "page.html"
    page.write_text(f"<!doctype html><meta charset=utf-8>{still.embed(made)}{still.assets([])}")
    window = Window(profile)
    window.page.goto(page.as_uri())
    yield Shown(window.page, made.title)
    window.assert_clean()
    window.page.close()


def test_it_says_that_it_is_a_recording_and_of_what(shown, made):
    note = shown.root.locator(".nt-note").inner_text()
    assert note == made.spec["note"] and "rate = 0.005" in note and "seed = 0, 1, 2" in note
    assert not shown.root.get_by_role("button", name="start", exact=True).count()
    assert "kernel" not in shown.root.inner_text()


def test_it_is_scrubbed_and_its_lists_choose(shown, made):
    shown.press("step", "Home")
    shown.settle({"step": 0})
    shown.press("step", *["ArrowRight"] * 5)
    shown.settle({"step": 50})
    agree(shown, made, CLOSE, step=50)
    for name, choice in (("seed", "2"), ("drawn", "SELU")):
        shown.control(name).locator("select").select_option(choice)
        shown.settle({name: choice})
    chosen = {"seed": "2", "drawn": "SELU"}
    agree(shown, made, CLOSE, step=50, **chosen)
    assert shown.text() == made.scene(step=50, **chosen).text
    # between two pictures the nearest is shown as it was
    for typed, nearest in ((52, 50), (58, 60)):
        shown.type("step", str(typed))
        shown.settle({"step": typed})
        agree(shown, made, CLOSE, step=nearest, **chosen)
    shown.button("reset")
    shown.settle(made.values)


def test_it_plays_from_its_start_to_its_end(shown, made):
    shown.press("step", "End")
    shown.settle(made.values)
    play = shown.control("step").get_by_role("button")
    play.click()
    seen = []
    shown.wait_until(lambda: seen.append(shown.values()["step"]) or seen[-1] < 100, "the start")
    shown.wait_until(lambda: seen.append(shown.values()["step"]) or seen[-1] == 300, "the end")
    rising = seen[int(np.argmin(seen)) :]
    assert len(set(rising)) > 5 and rising == sorted(rising)
    # each picture shows what was known by then
    play.click()
    at = shown.values()
    shown.settle(at)
    agree(shown, made, CLOSE, **at)


def test_it_stays_small(made):
    assert len(still.embed(made)) < 1.5e6
