"""Exact distances of radial and rippled laws against simulation and bounds."""

from functools import partial

import numpy as np
import pytest

from normtheory.theory import (
    mean_norm,
    nearest_point_bound,
    projected_error_loss,
    random_directions,
    ripple_distance,
    ripple_sliced_distance,
    sample_sliced_bound,
    scaled_normal_distance,
    scaled_normal_error,
    scaled_normal_sliced_distance,
    sliced_wasserstein_to_normal,
    sphere_distance,
    wasserstein_to_normal,
)
from normtheory.theory.montecarlo import Estimate, estimate
from tests.refused import refuses


@pytest.mark.parametrize(("r", "d"), [(0.0, 3), (1.0, 1), (2.0, 5), (8.0, 64)])
def test_the_sphere_is_as_far_as_the_norm_is_from_the_radius(r, d):
    found = estimate(
        lambda rng, size: np.abs(np.linalg.norm(rng.standard_normal((size, d)), axis=1) - r),
        np.random.default_rng(d),
        replicates=100_000,
    )
    assert found.agrees(sphere_distance(r, d))


def test_one_dimension_agrees_with_the_exact_distance_of_samples():
    assert sphere_distance(1.7, 1) == pytest.approx(wasserstein_to_normal([1.7, -1.7]), rel=1e-13)
    sample = 0.5 * np.random.default_rng(1).standard_normal(200_000)
    assert wasserstein_to_normal(sample) == pytest.approx(scaled_normal_distance(0.5, 1), abs=0.01)


def test_scaled_normals():
    rng = np.random.default_rng(2)
    h = 2.0 * rng.standard_normal((50_000, 3))
    theta = random_directions(3, 16, rng)
    sliced = sliced_wasserstein_to_normal(h, theta)
    assert sliced.mean == pytest.approx(scaled_normal_sliced_distance(2.0), abs=0.02)
    assert projected_error_loss(h) == pytest.approx(scaled_normal_error(2.0), abs=0.02)
    assert scaled_normal_distance(2.0, 3) == pytest.approx(mean_norm(3))


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
