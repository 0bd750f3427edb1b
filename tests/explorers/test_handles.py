"""Handles: marks of a picture that follow sliders as they declare, so that a hand on the mark moves
the slider to where the mark goes."""

import functools

import numpy as np
import pytest

from normtheory import explorers
from normtheory.explorers import controls
from normtheory.figures.scene import Bars, Panel, Points, Scene


@functools.cache
def made(name):
    return getattr(explorers, name)()


def handles(scene):
    """Each handle of a picture: its panel, its layer, axis, slider and slope."""
    for i, panel in enumerate(scene.panels):
        for j, layer in enumerate(panel.layers):
            for axis, (slider, slope) in layer.drag.items():
                yield (i, j), panel, layer, axis, slider, slope


def place(layer, axis):
    """Where on an axis the mark is taken hold of."""
    if isinstance(layer, Bars):
        return layer.edges.mean() if axis == "x" else layer.heights[0]
    values = getattr(layer, axis)
    return values.max() if len(values) > 1 else values[0]


def moves(name):
    """How far each mark goes on its axis when its slider moves, and how far it should."""
    explorer = made(name)
    for (i, j), panel, layer, axis, slider, slope in handles(explorer.scene()):
        start, stops = explorer.values[slider], controls.positions(explorer.parameters[slider])
        scale = np.log if getattr(panel, f"{axis}scale") == "log" else np.asarray
        near = min(range(len(stops)), key=lambda k: abs(stops[k] - start))
        for k in {max(near - 3, 0), min(near + 5, len(stops) - 1)} - {near}:
            moved = explorer.scene(**{slider: stops[k]}).panels[i].layers[j]
            went = scale(place(moved, axis)) - scale(place(layer, axis))
            yield went, slope * (scale(stops[k]) - scale(start)), (name, i, j, axis, slider)


# each kind of mark: points, bars, lines, curves, words
FEW = ("phase_shift", "few_modes", "selu_moments", "trained_loss", "trained_phases")


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[] if n in FEW else pytest.mark.slow) for n in explorers.catalogue()],
)
def test_a_mark_goes_where_its_slider_takes_it(name):
    for went, expected, what in moves(name):
        assert went == pytest.approx(expected, rel=2e-3, abs=1e-9), what


def test_the_check_rejects_a_wrong_slope():
    (went, expected, _), *_ = moves("trained_loss")
    assert went == pytest.approx(expected)
    assert went != pytest.approx(expected / 2), "a variance does not go as a standard deviation"


@pytest.mark.slow
def test_most_explorers_have_a_handle():
    held = [name for name in explorers.catalogue() if any(handles(made(name).scene()))]
    assert len(held) >= 30, sorted(set(explorers.catalogue()) - set(held))


@pytest.mark.parametrize("drag", [{"z": "mu"}, {"x": ("mu", 0)}, {"y": ("mu", np.nan)}])
def test_a_wrong_handle_is_refused(drag):
    with pytest.raises(ValueError, match="drag must name x or y"):
        Points([1], [1], drag=drag)


def test_a_handle_names_a_slider_of_its_explorer():
    layer = Points([1], [1], drag={"x": "nu"})
    scene = Scene([Panel(xlim=(0, 1), ylim=(0, 1), layers=[layer])], "text")
    parameters = made("few_modes").parameters.values()
    with pytest.raises(ValueError, match="nu"):
        explorers.Explorer(name="x", title="x", view=lambda **values: scene, parameters=parameters)
