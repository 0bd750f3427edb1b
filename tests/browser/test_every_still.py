"""Every explorer on one page without a kernel, its tables thinned so that this takes a minute."""

import numpy as np
import pytest
from test_explorers import Shown

from normtheory import explorers
from normtheory.explorers import controls, still

pytestmark = pytest.mark.browser
NAMES = explorers.catalogue()
STOPS, GRID = 8, 16
CLOSE = 2**-15, 1e-9  # three bytes of a number; what the browser computes may round to zero


@pytest.fixture(scope="module")
def opened(browser, tmp_path_factory):
    """The page, the explorers on it and what its console said."""
    made = {name: getattr(explorers, name)() for name in NAMES}
    path = tmp_path_factory.mktemp("site") / "page.html"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(still, "POSITIONS", STOPS)
        patch.setattr(still, "PICTURES", GRID)
        body = "".join(map(still.embed, made.values())) + still.assets(made.values())
        path.write_text(f'<!doctype html><meta charset="utf-8"><body>{body}', encoding="utf-8")
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    page.goto(path.as_uri())
    yield page, made, errors
    page.close()


@pytest.mark.parametrize("name", NAMES)
def test_it_shows_pythons_data_and_each_slider_moves_it_and_reset_restores_it(opened, name):
    page, made, errors = opened
    explorer, shown = made[name], Shown(page, name)
    start = shown.pixels()
    values, arrays = shown.data()
    assert values == explorer.values
    expected = explorer.scene().arrays()
    assert set(arrays) == set(expected)
    for key, array in expected.items():
        with np.errstate(over="ignore"):
            sent = array.astype("f4")
        np.testing.assert_allclose(arrays[key], sent, *CLOSE, err_msg=key)
    text = shown.root.locator(".nt-text")
    for parameter in explorer.parameters.values():
        target = controls.POSITIONS if explorer.formula else STOPS
        stops = controls.positions(parameter, target)
        seen = {(start, explorer.scene().text)}
        for key, stop in (("End", stops[-1]), ("Home", stops[0])):
            shown.press(parameter.name, key)
            moved = parameter.name
            shown.wait_until(lambda: shown.data()[0][moved] == stop, f"{moved} = {stop}")  # noqa: B023
            seen.add((shown.pixels(), text.inner_text()))
        assert len(seen) > 1, f"{moved} moves nothing"
        shown.button("reset")
        shown.wait_until(lambda: shown.pixels() == start, f"reset after {moved}")
    assert not errors, "\n".join(errors)
