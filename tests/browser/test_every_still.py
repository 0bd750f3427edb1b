"""Every explorer on one page without a kernel, where each is moved once."""

import pytest
from shown import STOPS, Shown, agree, made, move_each_slider

from normtheory import explorers
from normtheory.explorers import controls

pytestmark = pytest.mark.browser
NAMES = explorers.catalogue()
CLOSE = 2**-15, 1e-9  # three bytes of a number; what the browser computes may round to zero


@pytest.fixture(scope="module")
def opened(browser, still_page):
    """The page with all explorers, and what its console said."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    page.goto(still_page(NAMES))
    yield page, errors
    page.close()


@pytest.mark.parametrize("name", NAMES)
def test_each_slider_moves_it_to_pythons_data_and_reset_restores_it(opened, name):
    page, errors = opened
    explorer, shown = made(name), Shown(page, name)
    assert shown.values() == explorer.values
    agree(shown, explorer, CLOSE)
    assert shown.text() == explorer.scene().text
    assert shown.marks() == [state for _, state, _ in explorer.standings()]
    stops = controls.POSITIONS if explorer.formula else STOPS
    moves = 0
    for moved, stop in move_each_slider(shown, explorer, stops):
        agree(shown, explorer, CLOSE, **{**explorer.values, moved: stop})
        moves += 1
    assert moves == 2 * len(explorer.parameters)
    assert not errors, "\n".join(errors)
