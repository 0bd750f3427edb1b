"""Every explorer on one page without a kernel, its tables thinned so that this takes a minute."""

import pytest
from shown import Shown, agree, made, move_each_slider

from normtheory import explorers
from normtheory.explorers import controls, still

pytestmark = pytest.mark.browser
NAMES = explorers.catalogue()
STOPS, GRID = 8, 16
CLOSE = 2**-15, 1e-9  # three bytes of a number; what the browser computes may round to zero


@pytest.fixture(scope="module")
def opened(browser, tmp_path_factory):
    """The page with all explorers, and what its console said."""
    path = tmp_path_factory.mktemp("site") / "page.html"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(still, "POSITIONS", STOPS)
        patch.setattr(still, "PICTURES", GRID)
        every = [made(name) for name in NAMES]
        body = "".join(map(still.embed, every)) + still.assets(every)
        path.write_text(f'<!doctype html><meta charset="utf-8"><body>{body}', encoding="utf-8")
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    page.goto(path.as_uri())
    yield page, errors
    page.close()


@pytest.mark.parametrize("name", NAMES)
def test_it_shows_pythons_data_and_each_slider_moves_it_and_reset_restores_it(opened, name):
    page, errors = opened
    explorer, shown = made(name), Shown(page, name)
    assert shown.values() == explorer.values
    agree(shown, explorer, CLOSE)
    stops = controls.POSITIONS if explorer.formula else STOPS
    moves = list(move_each_slider(shown, explorer, stops))
    assert len(moves) == 2 * len(explorer.parameters)
    assert not errors, "\n".join(errors)
