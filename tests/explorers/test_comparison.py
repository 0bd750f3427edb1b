"""The explorer over the stored comparison: its pictures are the stored medians."""

from statistics import quantiles
from types import MappingProxyType

import numpy as np
import pytest
from refused import refuses

from normtheory import experiments, explorers
from normtheory.experiments.side_by_side import METHODS
from normtheory.figures import style


@pytest.fixture(scope="module")
def result():
    return experiments.show("suite.side-by-side")


def test_the_systems_are_those_of_the_style_but_for_the_one_that_needs_channels():
    assert tuple(METHODS) == tuple(name for name in style.METHODS if name != "GN")


@pytest.mark.parametrize("quantity", ["kurtosis", "distance", "variance", "mean"])
def test_curves_are_the_medians_over_seeds(result, quantity):
    explorer = explorers.side_by_side(result)
    scene = explorer.scene(quantity=quantity, layer=2, step=190)
    found = np.median(result.arrays[quantity], axis=0)
    column = list(result.arrays["step"][0]).index(200)
    low, high = scene.panels[0].ylim
    for row, name in enumerate(METHODS):
        by_layer, by_step = (panel.layers[2 + row] for panel in scene.panels[:2])
        assert by_layer.label == name
        np.testing.assert_allclose(by_layer.y, np.clip(found[row, :, column], low, high))
        np.testing.assert_allclose(by_step.y, np.clip(found[row, 1], low, high))
        assert style.INKS[by_layer.color] == style.METHODS[name][0]
        assert f"{name} {found[row, 1, column]:.3g}" in scene.text
    # nothing that matters is cut off
    assert found.max() <= high
    assert "layer 2 of 6 at step 200" in scene.text


def test_a_sweep_visits_every_knob_and_the_line_that_recreates_it_names_the_result(result):
    explorer = explorers.side_by_side(result, step=0)
    text = repr(explorer.sweep())
    for part in ("quantity = mean", "layer = 1", "step = 600", "at the start"):
        assert f"\n{part}" in text
    assert explorer.spec["given"] == 'experiments.show("suite.side-by-side")'


def test_another_result_is_refused():
    class Other:
        arrays = MappingProxyType({name: np.ones((5, 2)) for name in ("cost", "kurtosis", "step")})

    refuses(ValueError, "result must compare none, BN", explorers.side_by_side, Other())


def test_the_table_holds_the_medians_and_quartiles_of_the_seeds(result):
    table = explorers.comparison_table(result, layer=3, step=200)
    column = list(result.arrays["step"][0]).index(200)
    accuracy, found = result.arrays["accuracy"], result.arrays["distance"]
    lines = repr(table).splitlines()
    assert lines[0] == f"Step 200, layer 3 of 6; median and quartiles of {len(accuracy)} seeds."
    assert [line.split()[0] for line in lines[2:]] == list(METHODS)
    for row, line in enumerate(lines[2:]):
        columns = 100 * accuracy[:, row, column], found[:, row, 2, column]
        shares, far = (
            f"{middle:.3g} [{low:.3g}, {high:.3g}]"
            for low, middle, high in (quantiles(each, method="inclusive") for each in columns)
        )
        assert f" {shares} " in line and line.endswith(f" {far}")
    markdown = table._repr_markdown_().splitlines()
    assert len(markdown) == 2 + 2 + len(METHODS)
    assert {line.count("|") for line in markdown[2:]} == {7}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"layer": 7}, "layer must lie between 1 and 6, got 7"),
        ({"layer": 0}, "layer must lie between 1 and 6, got 0"),
        ({"step": 30}, "step must be one of 0, 25, 50"),
    ],
)
def test_a_layer_or_step_that_was_not_recorded_is_refused(result, given, message):
    refuses(ValueError, message, explorers.comparison_table, result, **given)
