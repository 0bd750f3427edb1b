"""Runs to be watched: they train, repeat themselves, stop when nobody asks, and refuse nonsense."""

from itertools import islice

import numpy as np
import pytest
import torch

from normtheory.experiments import digits_run, law_run, unit_run
from normtheory.experiments.side_by_side import METHODS
from normtheory.experiments.systems import System, moments

VALUES = {"rate": 0.02, "depth": 2, "seed": 0}


def final(run, **values):
    """The last picture of a run."""
    *_, (fraction, scene) = run.train(**values)
    assert fraction == 1.0
    return scene


def curve(scene, panel, layer):
    return scene.panels[panel].layers[layer].y


def test_losses_fall_and_accuracies_rise_while_it_is_watched():
    scene = final(digits_run("none", "BN", quantity="kurtosis"), **VALUES, steps=60)
    for row in (0, 1):
        loss, accuracy = curve(scene, 0, row), curve(scene, 1, row)
        assert np.isnan(loss[0]) and loss[-1] < 0.8 * loss[1]
        assert accuracy[-1] > accuracy[0] + 0.3
    assert scene.text.startswith("Step 60 of 60: none accuracy ")


def test_the_same_values_give_the_same_pictures():
    run = digits_run("PER", "SELU")
    one, two = (final(run, **VALUES, steps=6) for _ in range(2))
    for name, values in one.arrays().items():
        np.testing.assert_array_equal(values, two.arrays()[name])
    other = final(run, **{**VALUES, "seed": 1}, steps=6)
    assert not np.array_equal(curve(one, 2, 1), curve(other, 2, 1))


def test_pictures_before_during_and_after_have_one_structure():
    for run, values in (
        (digits_run("none", "VCL"), VALUES),
        (unit_run(), {"p": 0.1, "n": 5, "seed": 0}),
        (law_run(), {"law": "uniform", "n": 5, "seed": 0}),
    ):
        scenes = [run.picture(**values), *(scene for _, scene in run.train(**values, steps=4))]
        kinds = {
            (scene.size, *(tuple(type(x).__name__ for x in p.layers) for p in scene.panels))
            for scene in scenes
        }
        assert len(kinds) == 1
        assert scenes[0].text.startswith("Not started")


def test_nothing_trains_until_it_is_asked_for(monkeypatch):
    steps = []
    step = System.step
    monkeypatch.setattr(System, "step", lambda self, *given: steps.append(1) or step(self, *given))
    pictures = digits_run("none").train(**VALUES, steps=50)
    assert not steps
    list(islice(pictures, 3))
    assert len(steps) == 2


def test_a_network_that_diverges_is_called_so():
    scene = final(digits_run("WN"), **{**VALUES, "rate": 9.9}, steps=40)
    assert "WN diverged" in scene.text
    assert np.isnan(curve(scene, 2, 1)[-1])


@pytest.mark.slow
def test_the_unit_turns_to_the_direction_of_the_theorem():
    run = unit_run()
    for p, panel_curve in ((0.1, 2), (0.35, 1)):
        scene = final(run, p=p, n=20, seed=0, steps=1200)
        assert curve(scene, 1, panel_curve)[-1] < 20, p


@pytest.mark.parametrize("law", ["normal", "laplace", "uniform", "mixture"])
@pytest.mark.parametrize("n", [2, 20])
def test_values_end_at_two_equally_likely_points(law, n):
    run = law_run()
    first = next(scene for _, scene in run.train(law=law, n=n, seed=0))
    last = final(run, law=law, n=n, seed=0)
    kurtosis = curve(last, 1, 2)
    assert kurtosis[0] > 1.7 and kurtosis[-1] == pytest.approx(1, abs=0.02)
    bars = last.panels[0].layers[0]
    centre = (bars.edges[:-1] + bars.edges[1:]) / 2
    for sign in (-1, 1):
        near = np.abs(centre - sign) < 0.3
        assert bars.heights[near].sum() == pytest.approx(0.5, abs=0.06)
        assert first.panels[0].layers[0].heights[near].sum() < 0.35
    # the batches agree with Eq. 1 all the way: they do not know the kurtosis
    formula, measured = curve(last, 2, 1), curve(last, 2, 2)
    assert np.median(measured / formula) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("method", METHODS)
def test_every_system_learns_and_leaves_its_network_alone_when_looked_at(method):
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(64, 5, generator=generator)
    y = (x[:, 0] > x[:, 1]).long()
    system = System(method, x, 2, width=16, depth=2, rate=0.02, momentum=0.9, generator=generator)
    first = system.step(x, y).item()
    before = {name: value.clone() for name, value in system.model.state_dict().items()}
    layers = system.activations(x)
    assert [h.shape for h in layers] == [(64, 16)] * 2
    for name, value in system.model.state_dict().items():
        if not name.endswith("num_batches_tracked"):
            assert torch.equal(value, before[name]), name
    for _ in range(80):
        last = system.step(x, y).item()
    assert last < first


def test_moments_are_those_of_the_law():
    rng = np.random.default_rng(0)
    h = np.column_stack([rng.uniform(-1, 1, 20000), rng.uniform(3, 5, 20000)])
    found = moments([h], np.eye(2))
    assert found["kurtosis"][0] == pytest.approx(9 / 5, rel=0.02)
    assert found["variance"][0] == pytest.approx(1 / 3, rel=0.02)
    assert found["mean"][0] == pytest.approx(2, abs=0.05)
    constant = moments([np.ones((10, 2))], np.eye(2))
    assert np.isnan(constant["kurtosis"][0]) and constant["variance"][0] == 0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: digits_run("GN"), "method must be one of"),
        (lambda: digits_run("none", quantity="skewness"), "quantity must be one of"),
        (lambda: digits_run("none", depth=0), "depth must lie"),
        (lambda: digits_run("none", depth=17), "depth must lie"),
        (lambda: digits_run("none", device="tpu"), "device must be one of"),
    ],
)
def test_nonsense_is_refused(make, message):
    assert digits_run("none", depth=1) and digits_run("none", depth=16)
    with pytest.raises(ValueError, match=message):
        make()
