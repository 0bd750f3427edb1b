import math
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from normtheory import theory
from normtheory.theory.laws import gaussian_mixture
from normtheory.theory.mixtures import (
    EQUAL_VARIANCE_BOUNDARY,
    directions,
    mixture,
    mixture_kurtosis,
    mixture_moments,
)
from normtheory.theory.phases import best_between, merging_limit, phase
from normtheory.theory.sample_variance import kurtosis
from tests.refused import refuses

weight = st.floats(0.01, 0.99)
variance = st.floats(0.05, 20)
mean = st.floats(-5, 5)


@given(p=weight, mu1=mean, mu2=mean, var1=variance, var2=variance)
def test_moments_equal_the_moments_of_the_law(p, mu1, mu2, var1, var2):
    found = mixture_moments(p, mu1, mu2, var1, var2)
    exact = gaussian_mixture(p, mu1 - mu2, var1, var2)
    assert found.mean == pytest.approx(p * mu1 + (1 - p) * mu2)
    assert found.variance == pytest.approx(exact.moment(2), rel=1e-11)
    assert found.m4 == pytest.approx(exact.moment(4), rel=1e-10)
    assert mixture_kurtosis(p, mu1, mu2, var1, var2) == pytest.approx(exact.kurtosis, rel=1e-10)


@given(p=weight, mu1=mean, var1=variance, var2=variance, scale=st.floats(0.1, 10))
def test_kurtosis_ignores_scale_shift_and_the_components_names(p, mu1, var1, var2, scale):
    value = mixture_kurtosis(p, mu1, 0.0, var1, var2)
    moved = mixture_kurtosis(p, scale * mu1 + 3, 3.0, scale**2 * var1, scale**2 * var2)
    assert moved == pytest.approx(value, rel=1e-9)
    assert mixture_kurtosis(1 - p, 0.0, mu1, var2, var1) == pytest.approx(value, rel=1e-9)


@given(p=weight, mu1=mean, var1=variance, var2=variance)
def test_density_integrates_to_the_moments(p, mu1, var1, var2):
    step = 0.02 * math.sqrt(min(var1, var2))
    reach = abs(mu1) + 9 * math.sqrt(max(var1, var2))
    x = np.arange(-reach, reach, step)
    density = p * norm.pdf(x, mu1, math.sqrt(var1)) + (1 - p) * norm.pdf(x, 0, math.sqrt(var2))
    exact = mixture_moments(p, mu1, 0.0, var1, var2)
    assert step * density.sum() == pytest.approx(1, rel=1e-9)
    assert step * density @ (x - exact.mean) ** 4 == pytest.approx(exact.m4, rel=1e-8)


def test_formulas_broadcast():
    p = np.linspace(0.1, 0.9, 5)[:, None]
    values = mixture_kurtosis(p, np.linspace(0, 3, 7), 0.0, 1.0, 2.0)
    assert values.shape == (5, 7)
    assert values[2, 3] == mixture_kurtosis(p[2, 0], 1.5, 0.0, 1.0, 2.0)


@given(p=weight, gap=st.floats(0.1, 5), tilt=st.floats(0, 3), corr=st.floats(-0.9, 0.9))
def test_equal_covariances_follow_the_theorem(p, gap, tilt, corr):
    if abs(6 * p * (1 - p) - 1) < 1e-3:
        return
    cov = [[1.0, corr], [corr, 1.5]]
    m = mixture(p, [gap, tilt], [0.0, 0.0], cov)
    low, high = EQUAL_VARIANCE_BOUNDARY
    named = theory.lda_direction(m) if low < p < high else theory.merging_direction(m)
    angle, least = theory.best_angle(m)
    assert m.kurtosis(named) == pytest.approx(least, abs=1e-9)
    assert theory.angle_between(named, directions(angle)) < 0.02


def test_sample_kurtosis_of_a_projection_is_near_the_formula():
    m = mixture(0.3, [2.0, 0.0], [0.0, 1.0], [[1.0, 0.3], [0.3, 2.0]], [[0.5, 0.0], [0.0, 0.5]])
    x, component = m.draw(np.random.default_rng(0), 400_000)
    theta = np.array([0.6, 0.8])
    assert kurtosis(x @ theta) == pytest.approx(m.kurtosis(theta), rel=0.01)
    assert set(component) == {1, 2}
    assert (component == 1).mean() == pytest.approx(0.3, abs=0.01)


def test_lda_direction_minimises_its_ratio():
    rng = np.random.default_rng(1)
    root = rng.normal(size=(4, 4))
    m = mixture(0.4, rng.normal(size=4), rng.normal(size=4), root @ root.T + np.eye(4), np.eye(4))

    def ratio(theta):
        return (theta @ m.within @ theta) / (theta @ m.between @ theta)

    best = ratio(theory.lda_direction(m))
    assert all(ratio(theta) >= best for theta in rng.normal(size=(500, 4)))


def test_merging_directions_span_the_hyperplane():
    m = mixture(0.4, [1.0, 2.0, 3.0], [0.0, 0.0, 0.0], np.eye(3))
    basis = theory.merging_directions(m)
    assert basis.shape == (3, 2)
    assert np.allclose(basis.T @ basis, np.eye(2))
    assert np.allclose(basis.T @ m.mu1, 0)


@given(p=weight, separation=st.floats(0.1, 8), var1=variance, var2=variance)
def test_best_between_beats_a_grid_and_mirrors(p, separation, var1, var2):
    grid = np.linspace(0, separation**2, 301)
    best = best_between(p, separation, var1, var2)
    least = mixture_kurtosis(p, np.sqrt(grid), 0.0, var1, var2).min()
    assert mixture_kurtosis(p, np.sqrt(best), 0.0, var1, var2) <= least + 1e-9
    mirrored = best_between(1 - p, separation, var2, var1)
    chosen = mixture_kurtosis(p, np.sqrt(mirrored), 0.0, var1, var2)
    assert chosen == pytest.approx(least, abs=1e-2 * abs(least)) or chosen <= least + 1e-9


def test_small_clusters_are_projected_like_large_ones():
    large, small = best_between(0.1, 3.0, 0.5, 1.0), best_between(0.1, 3e-3, 0.5e-6, 1e-6)
    assert small == pytest.approx(1e-6 * large)


def test_best_angle_finds_the_third_phase():
    m = mixture(0.1, [3.0, 0.0], [0.0, 0.0], np.eye(2) / 4, np.eye(2))
    angle, least = theory.best_angle(m)
    between = best_between(0.1, 3.0, 0.25, 1.0)
    assert (3 * math.cos(angle)) ** 2 == pytest.approx(between, rel=1e-5)
    assert phase(0.1, 3.0, 0.25, 1.0) == "between"
    assert least < min(m.kurtosis([1.0, 0.0]), m.kurtosis([0.0, 1.0])) - 0.1


def test_boundary_is_that_of_the_theorem_when_variances_are_equal():
    roots = (1 - math.sqrt(1 / 3)) / 2, (1 + math.sqrt(1 / 3)) / 2
    assert phase(roots[0] - 1e-6, 2.0, 1.0, 1.0) == "merge"
    assert phase(roots[0] + 1e-6, 2.0, 1.0, 1.0) == "separate"
    assert phase(EQUAL_VARIANCE_BOUNDARY[0], 2.0, 1.0, 1.0) == "indifferent"


def test_merging_limit_weighs_deviations():
    assert merging_limit(4.0, 1.0) == pytest.approx(1 / 3)
    assert merging_limit(1.0, 1.0) == 0.5


PLANE = np.eye(2)


def test_means_that_all_but_coincide_have_their_directions():
    near = mixture(0.3, [3e-300, 4e-300], [0, 0], [[1.0, 0.0], [0.0, 2.0]])
    # the inverse covariance times (3, 4), and what is orthogonal to that
    assert theory.lda_direction(near) == pytest.approx(np.array([3, 2]) / math.sqrt(13))
    assert abs(theory.merging_direction(near) @ [0.8, -0.6]) == pytest.approx(1)


def test_bad_input_is_named():
    refused = partial(refuses, ValueError)
    refused("mu1 must be finite, got nan", mixture_kurtosis, 0.5, np.nan, 0.0, 1.0, 1.0)
    refused(r"mu2 must have shape \(3,\)", mixture, 0.5, [1, 0, 0], [0, 0], PLANE)
    refused("mu1 and mu2 must differ", theory.lda_direction, mixture(0.5, [1, 0], [1, 0], PLANE))
    refused("d must be 2", theory.merging_direction, mixture(0.5, [1, 0, 0], [0] * 3, np.eye(3)))
    refused("d must be at least 2", theory.merging_directions, mixture(0.5, [1], [0], [[1.0]]))
    refused("theta must end in axis 2", mixture(0.5, [1, 0], [0, 0], PLANE).kurtosis, [1.0])
    refused("theta must not be 0", theory.angle_between, [0.0, 0.0], [1.0, 0.0])
    refused("phi must not be 0", theory.angle_between, [1.0, 0.0], [0.0, 0.0])
    refused(r"phi must have shape \(2,\), got \(1,\)", theory.angle_between, [1.0, 0.0], [1.0])
