"""Exact distances of radial and rippled laws against simulation and bounds."""

from functools import partial

import numpy as np
import pytest

from normtheory.theory import (
    mean_norm,
    nearest_point_bound,
    random_directions,
    ripple_distance,
    ripple_sliced_distance,
    sample_sliced_bound,
    sliced_wasserstein_to_normal,
    sphere_distance,
)
from normtheory.theory.montecarlo import Estimate, estimate
from tests.refused import refuses


def test_no_law_with_n_atoms_beats_the_nearest_point_bound():
    rng = np.random.default_rng(3)
    for n, d in [(1, 2), (4, 3), (16, 8)]:
        atoms = rng.standard_normal((n, d)) * 0.7

        def nearest(rng, size, atoms=atoms, d=d):
            z = rng.standard_normal((size, 1, d))
            return np.linalg.norm(z - atoms, axis=2).min(axis=1)

        found = estimate(nearest, rng, replicates=20_000)
        assert nearest_point_bound(n, d) <= found.interval()[1]
    assert nearest_point_bound(1, 5) == pytest.approx(mean_norm(5), rel=1e-4)


@pytest.mark.parametrize(("n", "d"), [(8, 1), (64, 4)])
def test_samples_stay_below_the_sliced_bound_on_average(n, d):
    rng = np.random.default_rng(n)
    theta = random_directions(d, 8, rng)
    values = np.array(
        [sliced_wasserstein_to_normal(rng.standard_normal((n, d)), theta).mean for _ in range(300)]
    )
    found = Estimate(values.mean(), values.std(ddof=1) / np.sqrt(300), 300)
    assert found.interval()[1] < sample_sliced_bound(n) * 1.05
    assert found.mean > 0.5 * sample_sliced_bound(n)


def test_ripples_by_their_densities():
    x = np.linspace(-9, 9, 200_001)
    density = np.exp(-x * x / 2) / np.sqrt(2 * np.pi)
    for k in (0.5, 3.0, 12.0):
        gap = np.cumsum(density * np.sin(k * x)) * (x[1] - x[0])
        assert ripple_distance(k) == pytest.approx(np.trapezoid(np.abs(gap), x), rel=2e-3)


def test_ripples_hide_from_slices():
    assert ripple_sliced_distance(1e-6, 3) / ripple_distance(1e-6) == pytest.approx(0.5, rel=1e-3)
    for d in (2, 3, 5):
        ratio = [ripple_distance(k) / ripple_sliced_distance(k, d) for k in (10.0, 20.0)]
        assert ratio[1] / ratio[0] == pytest.approx(2 ** (d - 1), rel=0.1)


def test_bad_input_is_named():
    refused = partial(refuses, ValueError)
    refused("r must be at least 0", sphere_distance, -1.0, 2)
    refused(r"k must lie in \(0, 40\]", ripple_distance, 50.0)
    refused("d must be an integer of at least 2", ripple_sliced_distance, 5.0, 1)
