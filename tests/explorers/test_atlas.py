"""The explorer over the atlas: its pictures are the stored medians, at the nearest that was
measured."""

from types import SimpleNamespace

import numpy as np
import pytest
from refused import refuses

from normtheory import experiments, explorers
from normtheory.experiments.suite.batch_size import METHODS, SAMPLES, STEPS, own

MAPS = ("suite.atlas", "suite.depths", "suite.cnn")


@pytest.fixture(scope="module")
def sizes():
    return experiments.show("suite.batch-size")


@pytest.fixture(scope="module")
def maps():
    return [experiments.show(id) for id in MAPS]


def test_every_network_that_was_measured_can_be_chosen(sizes, maps):
    explorer = explorers.atlas(sizes, *maps)
    expected = ("6 layers", "12 layers", "24 layers", "48 layers", "12 convolutions")
    assert explorer.parameters["network"].choices == expected
    assert explorer.presets["the deepest without convolutions"]["network"] == "48 layers"
    ids = '("suite.batch-size", "suite.atlas", "suite.depths", "suite.cnn")'
    assert explorer.spec["given"] == f"*map(experiments.show, {ids})"


@pytest.mark.parametrize(
    ("network", "map", "row"), [("24 layers", 0, 1), ("12 convolutions", 2, 0)]
)
def test_curves_are_the_medians_over_seeds(sizes, maps, network, map, row):
    arrays = maps[map].arrays
    rates = arrays["rate"][0]
    scene = explorers.atlas(sizes, *maps).scene(method="SELU", network=network, rate=1.1 * rates[1])
    by_rate, ranking, by_size = scene.panels
    expected = 100 * np.median(arrays["accuracy"][:, :, row], axis=0)
    _, *curves, mark = by_rate.layers
    selu = METHODS.index("SELU")
    np.testing.assert_allclose([curve.y for curve in curves], [*expected, expected[selu]])
    assert (mark.x, mark.y) == (pytest.approx(rates[1]), pytest.approx(expected[selu, 1]))
    # each name stands beside its dot
    dots = {text.label: dot.x[0] for dot, text in zip(*[iter(ranking.layers[1:])] * 2, strict=True)}
    assert dots == pytest.approx(dict(zip(METHODS, expected[:, 1], strict=True)))
    numbers = scene.text.numbers
    better, alike = (expected[:, 1] > expected[selu, 1]).sum(), expected[:, 1] == expected[selu, 1]
    assert numbers["share"] == expected[selu, 1]
    assert better < numbers["place"] <= better + alike.sum()
    assert numbers["learns"] == (expected[selu] > 50).sum()
    assert 2.0 ** numbers["best"] == rates[expected[selu].argmax()]
    for layer, equal in zip(by_size.layers[2:], (STEPS, SAMPLES), strict=True):
        found = [
            np.median([own(seed, ["SELU"], size, equal) for seed in unstacked(sizes)])
            for size in sizes.arrays["size"][0]
        ]
        np.testing.assert_allclose(layer.y, found)


def unstacked(result):
    from normtheory.experiments.experiment import unstack

    return unstack(result.arrays)


def test_a_batch_is_named_with_what_it_gives(sizes, maps):
    explorer = explorers.atlas(sizes, *maps)
    found = {
        batch: explorer.scene(method="BN", batch=batch).text.numbers["steps"]
        for batch in ("2", "64")
    }
    for batch, steps in found.items():
        seeds = [own(seed, ["BN"], int(batch), STEPS) for seed in unstacked(sizes)]
        assert steps == pytest.approx(np.median(seeds))


def test_the_structure_of_the_picture_stays(sizes, maps):
    explorer = explorers.atlas(sizes, *maps)
    kinds = {
        tuple(
            type(layer) for panel in explorer.scene(network=name).panels for layer in panel.layers
        )
        for name in explorer.parameters["network"].choices
    }
    assert len(kinds) == 1
    assert "network = 12 convolutions" in repr(explorer.sweep())


def other(**changes):
    arrays = {name: np.ones((3, 2)) for name in ("accuracy", "rate")}
    plain = dict(content={"experiment": "vcl.fig1"}, arrays=arrays, document={"names": METHODS})
    return SimpleNamespace(**plain | changes)


def test_other_results_are_refused(sizes, maps):
    refuses(ValueError, "maps must hold at least one", explorers.atlas, sizes)
    refuses(ValueError, "maps must have depths, got vcl.fig1", explorers.atlas, sizes, other())
    refuses(ValueError, "sizes must have batch sizes, got suite.atlas", explorers.atlas, *maps)
    named = other(document={"names": ["BN"]})
    refuses(ValueError, "maps must be of the methods of sizes", explorers.atlas, sizes, named)
