"""Gradients along a line: the derivative is right, and the noises are told apart."""

import numpy as np
import pytest

from normtheory.experiments.catalogue import experiment
from normtheory.experiments.shattered import line
from normtheory.experiments.shattered.coactivation import run_coactivation
from normtheory.theory.montecarlo import Estimate

SETTING = {"width": 20, "points": 2001, "span": 2.0}


@pytest.mark.parametrize(("kind", "depth"), [("plain", 1), ("plain", 5), ("resnet", 4)])
def test_gradient_is_piecewise_constant_only_without_batch_statistics(kind, depth):
    gradient = line.gradients(kind, depth, 1.0, SETTING, 0, "cpu")
    steps = np.diff(gradient) != 0
    # a rectified network of one input is piecewise linear, with a bounded number of kinks
    assert (steps.mean() < 0.2) == (kind == "plain")


def test_first_layer_by_hand():
    import torch

    generator = torch.Generator().manual_seed(3)
    width = SETTING["width"]
    bias, weights, readout = (
        torch.randn(*shape, generator=generator, dtype=torch.float64).numpy()
        for shape in ((width,), (1, width), (width, 1))
    )
    weights, readout = weights * np.sqrt(2), readout * np.sqrt(2 / width)
    points = np.linspace(-2, 2, SETTING["points"])[:, None]
    expected = ((points @ weights + bias > 0) * weights) @ readout
    found = line.gradients("plain", 1, 1.0, SETTING, 3, "cpu")
    np.testing.assert_allclose(found, expected[:, 0], rtol=1e-12)


def test_autocorrelation_tells_white_from_brownian():
    rng = np.random.default_rng(0)
    white = np.array([line.autocorrelation(rng.standard_normal(256), 1)[1] for _ in range(400)])
    estimate = Estimate(white.mean(), white.std(ddof=1) / 20, 400)
    # the sample mean that is taken off makes it -1/256 to first order
    assert estimate.agrees(-1 / 256)
    walk = np.cumsum(rng.standard_normal(256))
    assert line.autocorrelation(walk, 1)[1] > 0.9


def test_controls_lie_where_the_findings_say():
    noise = np.random.default_rng(2).standard_normal((2000, 256))
    colours = {"white noise": noise, "Brownian motion": noise.cumsum(1)}
    for name, rows in colours.items():
        centred = rows - rows.mean(1, keepdims=True)
        colours[name] = (centred[:, 1:] * centred[:, :-1]).sum(1) / (centred**2).sum(1)
    for finding in experiment("shattered.fig1").findings:
        low, high, effect = finding.region
        share = {name: np.mean((low < v) & (v < high)) for name, v in colours.items()}
        inside, outside = sorted(share, key=share.get, reverse=True)
        assert share[inside] > 0.99 and share[outside] == 0
        assert (share[inside] == 1) != effect.because.startswith("99 draws")
        first, _, last = effect.because.partition("inside")
        assert inside in first and outside in last


def test_first_layer_of_normal_inputs_is_active_in_half_and_together_in_a_quarter():
    setting = {"width": 200, "depth": 2, "rows": 64, "readouts": 4}
    runs = [run_coactivation(setting, seed, "cpu") for seed in range(60)]
    for name, value in (("active", 1 / 2), ("coactive", 1 / 4), ("correlation", 1 / 2)):
        first = np.array([arrays[name][0, 0] for arrays in runs])
        found = Estimate(first.mean(), first.std(ddof=1) / np.sqrt(len(first)), len(first))
        assert found.agrees(value), (name, found)
        assert not found.agrees(1.1 * value), (name, found)
