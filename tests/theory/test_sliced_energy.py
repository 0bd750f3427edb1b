"""The divergence that PER would need to be, and joint laws of two units."""

from functools import partial

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import ndtr

from normtheory import theory
from normtheory.theory.montecarlo import estimate
from tests.refused import refuses


def test_on_the_line_it_is_the_squared_area_between_the_distribution_functions():
    x = np.array([-1.3, 0.2, 0.4, 2.5])

    def square(y):
        return (ndtr(y) - np.mean(x <= y)) ** 2

    area = quad(square, -12, 12, points=x.tolist(), limit=200, epsabs=1e-12)[0]
    assert theory.projected_energy(x[:, None]) == pytest.approx(area, abs=1e-9)


def test_in_space_it_is_the_mean_over_directions():
    rng = np.random.default_rng(0)
    h = rng.standard_normal((5, 3)) * 1.5
    found = estimate(
        lambda rng, size: np.array(
            [
                np.mean(theory.inner_integral(c))
                - np.abs(c[:, None] - c).mean() / 2
                - 1 / np.sqrt(np.pi)
                for c in theory.random_directions(3, size, rng) @ h.T
            ]
        ),
        rng,
        replicates=4000,
    )
    assert found.agrees(theory.projected_energy(h))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_its_gradient_is_the_derivative(dtype):
    rng = np.random.default_rng(1)
    h = rng.standard_normal((6, 4)).astype(dtype)
    value, slope = theory.projected_energy(h, gradient=True)
    assert value == theory.projected_energy(h)
    assert slope.dtype == dtype
    wide, direction = h.astype(float), rng.standard_normal((6, 4))
    change = theory.projected_energy(wide + 1e-5 * direction) - theory.projected_energy(
        wide - 1e-5 * direction
    )
    assert np.vdot(slope, direction) == pytest.approx(change / 2e-5, rel=1e-4)


def test_coinciding_activations_have_a_finite_gradient():
    value, slope = theory.projected_energy(np.ones((4, 2)), gradient=True)
    assert np.isfinite(slope).all()
    expected = theory.projected_error_loss(np.ones((4, 2)), gradient=True)[1]
    np.testing.assert_allclose(slope, expected)
    assert value > 0


def test_scaled_normals_are_best_at_one():
    grid = np.linspace(0, 3, 301)
    values = theory.scaled_normal_energy(grid)
    assert grid[values.argmin()] == pytest.approx(1.0)
    assert values.min() == pytest.approx(0, abs=1e-15)


@pytest.mark.parametrize("law", theory.JOINT_LAWS)
def test_joint_laws_have_their_moments(law):
    expected = theory.JOINT_LAWS[law]

    def moment(power, of=0):
        return estimate(
            lambda rng, size: theory.draw_joint(law, size, rng)[:, of] ** power,
            np.random.default_rng(power),
            replicates=300_000,
        )

    for of in (0, 1):
        assert moment(1, of).agrees(0)
        assert moment(2, of).agrees(1)
    assert moment(3).agrees(expected.skewness)
    assert moment(4).agrees(expected.kurtosis)
    found = estimate(
        lambda rng, size: theory.draw_joint(law, size, rng).prod(axis=1),
        np.random.default_rng(9),
        replicates=100_000,
    )
    assert found.agrees(expected.covariance)


@pytest.mark.parametrize(("rho", "d"), [(0.0, 2), (-0.6, 2), (0.8, 2), (0.5, 6), (-0.15, 6)])
def test_correlated_normals_by_simulation(rho, d):
    root = np.linalg.cholesky((1 - rho) * np.eye(d) + rho)

    def draw(rng, size):
        theta = theory.random_directions(d, size, rng)
        return theory.inner_integral(
            np.sum(theta * (rng.standard_normal((size, d)) @ root.T), axis=1)
        )

    found = estimate(draw, np.random.default_rng(2), replicates=100_000)
    assert found.agrees(theory.correlated_normal_error(rho, d))


def test_only_the_energy_penalises_correlation():
    rho = np.linspace(0, 0.99, 12)
    for d in (2, 5, 40):
        error = [theory.correlated_normal_error(r, d) for r in rho]
        energy = [theory.correlated_normal_error(r, d, energy=True) for r in rho]
        assert (np.diff(error) < 0).all()
        assert (np.diff(energy) > 0).all()
        assert energy[0] == pytest.approx(0, abs=1e-15)


def test_bad_input_is_named():
    refused = partial(refuses, ValueError)
    refused("n must be an integer", theory.draw_joint, "skewed", 0, None)
    refused(r"rho must lie in \[-0.5, 1\]", theory.correlated_normal_error, -0.6, 3)
    refused("d must be an integer of at least 2", theory.correlated_normal_error, 0.0, 1)
