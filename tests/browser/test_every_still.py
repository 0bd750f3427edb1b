"""Explorers on one page without a kernel, where each is moved once."""

import pytest
from matplotlib.figure import Figure
from shown import FEW, Shown, agree, move_each_slider
from window import Window

from normtheory import explorers
from normtheory.explorers import controls, wire
from normtheory.figures import drawing

pytestmark = pytest.mark.browser
STOPS = 5  # of each slider: its ends, and what is between them where an end is left out
CLOSE = 2**-15, 1e-9  # three bytes of a number; what the browser computes may round to zero
BLANK = b'<svg xmlns="http://www.w3.org/2000/svg" />'
# formulas (those of each topic are tried alone), tables of each kind, and refinements
KINDS = (*FEW, "gradient_decay", "joint_laws", "equilibrium_edges")


@pytest.fixture(scope="module")
def made(request):
    """The explorers that are asked for, without presets, over axes that are left blank: this is
    about what is drawn on them, and matplotlib takes longer for the axes than all else here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Figure, "savefig", lambda self, out, **_: out.write(BLANK))
        patch.setattr(wire, "_frames", {})
        patch.setattr(drawing, "_axes", drawing._axes.__wrapped__)
        patch.setattr(controls, "POSITIONS", STOPS)
        asked = [i.callspec.params["name"] for i in request.session.items if i.path == request.path]
        found = {name: getattr(explorers, name)() for name in asked}
        for explorer in found.values():
            explorer.presets = {}
            explorer.spec = {**explorer.spec, "presets": {}}
        yield found


@pytest.fixture(scope="module")
def opened(profile, still_page, made):
    """The page with those explorers, without pictures of several moved sliders."""
    window = Window(profile)
    window.page.goto(still_page(made.values(), STOPS, 0))
    yield window
    window.page.close()


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name in KINDS else pytest.mark.slow)
        for name in explorers.catalogue()
    ],
)
def test_each_slider_moves_it_to_pythons_data_and_reset_restores_it(opened, made, name):
    explorer = made[name]
    shown = Shown(opened.page, explorer.title)
    assert shown.values() == explorer.values
    agree(shown, explorer, CLOSE)
    assert shown.text() == explorer.scene().text
    assert shown.marks() == [state for _, state, _ in explorer.standings()]
    moved = set()
    for slider, stop in move_each_slider(shown, explorer, STOPS, ends=1):
        agree(shown, explorer, CLOSE, **{**explorer.values, slider: stop})
        moved.add(slider)
    assert moved == set(explorer.parameters)
    opened.assert_clean()
