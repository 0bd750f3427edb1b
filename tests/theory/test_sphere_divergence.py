"""The sphere divergence against slices, quadrature, mpmath and finite differences."""

import mpmath
import numpy as np
import pytest
from scipy import special
from scipy.integrate import quad

from normtheory import theory
from tests.refused import refuses


def exact_kernel(z, d):
    """₁F₁(1/2; d/2; -z) and its derivative with 40 digits."""
    with mpmath.workdps(40):
        half, z = mpmath.mpf(1) / 2, mpmath.mpf(z)
        value = mpmath.hyp1f1(half, mpmath.mpf(d) / 2, -z)
        return value, -mpmath.hyp1f1(3 * half, mpmath.mpf(d) / 2 + 1, -z) / d


@pytest.mark.parametrize("d", [1, 2, 3, 5, 17, 64, 1000, 65536])
@pytest.mark.parametrize("share", [0, 1e-9, 1e-3, 0.3, 2, 50, 1e4])
def test_the_kernel_has_its_digits(d, share):
    value, slope = theory.sphere_kernel(share * d, d, gradient=True)
    exact, derivative = exact_kernel(share * d, d)
    assert value == pytest.approx(float(exact), rel=0, abs=1e-14)
    assert slope * d == pytest.approx(float(derivative * d), rel=1e-11, abs=1e-13)


@pytest.mark.parametrize("z", [1e6, 1e9, 1e14])
def test_the_kernel_of_the_plane_has_its_digits_far_out(z):
    # there K₂(z) = exp(-z/2) I₀(z/2)
    assert theory.sphere_kernel(z, 2) == pytest.approx(special.i0e(z / 2), rel=0, abs=2e-15)


def statistic(projected, s):
    """∫|φ_n(t) - exp(-t²/2)|² exp(-st²/2) dt of one slice, by quadrature."""

    def integrand(t):
        difference = np.exp(1j * t * projected).mean() - np.exp(-t * t / 2)
        return abs(difference) ** 2 * np.exp(-s * t * t / 2)

    return 2 * quad(integrand, 0, 12 / np.sqrt(s), limit=200)[0]


@pytest.mark.parametrize("s", [0.25, 1.0, 4.0])
def test_one_dimension_is_the_integral_itself(s):
    h = np.random.default_rng(1).gamma(2.0, size=(7, 1)) - 1
    assert theory.sphere_divergence(h, s) == pytest.approx(statistic(h[:, 0], s), rel=1e-9)


@pytest.mark.parametrize("d", [2, 3, 16])
def test_slices_average_to_it(d):
    rng = np.random.default_rng(d)
    h = rng.standard_normal((6, d)) * 1.4 + 0.3
    slices = [statistic(h @ theta, 1.0) for theta in theory.random_directions(d, 400, rng)]
    error = np.std(slices) / np.sqrt(len(slices))
    assert abs(np.mean(slices) - theory.sphere_divergence(h)) < 4.9 * error
    # 3 % off would be seen
    assert 4.9 * error < 0.2 * np.mean(slices)


@pytest.mark.parametrize("bandwidth", [None, 0.5, 1.0])
@pytest.mark.parametrize("unbiased", [False, True])
@pytest.mark.parametrize("d", [1, 2, 9])
def test_the_gradient_is_the_slope(d, unbiased, bandwidth):
    h = np.random.default_rng(d).standard_normal((5, d)) * 1.5 + 0.4

    def value(h):
        return theory.sphere_divergence(h, bandwidth, unbiased=unbiased)

    slope = theory.sphere_divergence(h, bandwidth, unbiased=unbiased, gradient=True)[1]
    for i in np.ndindex(h.shape):
        step = np.zeros_like(h)
        step[i] = 1e-5
        measured = (value(h + step) - value(h - step)) / 2e-5
        assert slope[i] == pytest.approx(measured, rel=1e-6, abs=1e-9)


def test_the_energy_distance_is_all_bandwidths_at_once():
    h = np.random.default_rng(3).standard_normal((5, 16)) * 0.6
    over_log_s = quad(
        lambda x: theory.sphere_divergence(h, np.exp(x)) * np.exp(x), -20, 30, epsrel=1e-7
    )[0]
    assert over_log_s / (4 * np.pi) == pytest.approx(theory.projected_energy(h), rel=1e-4)
    assert theory.sphere_divergence(h, None) == theory.projected_energy(h)


def test_pairs_of_different_activations_alone_have_no_bias():
    """At N(0, I) the mean is 0 without the pairs (j, j), and √(2π)(1 - 1/√3)/b with them."""
    b, runs = 4, 500
    rng = np.random.default_rng(5)
    draws = rng.standard_normal((runs, b, 3))
    for unbiased, mean in ((True, 0), (False, np.sqrt(2 * np.pi) * (1 - 1 / np.sqrt(3)) / b)):
        values = np.array([theory.sphere_divergence(h, unbiased=unbiased) for h in draws])
        assert abs(values.mean() - mean) < 4.9 * values.std() / np.sqrt(runs)
    values = [theory.sphere_divergence(h, None, unbiased=True) for h in draws]
    assert abs(np.mean(values)) < 4.9 * np.std(values) / np.sqrt(runs)


@pytest.mark.parametrize("scale", [0.0, 0.5, 2.0])
def test_of_a_scaled_normal_distribution(scale):
    s = 0.7
    integral = quad(
        lambda t: (
            (np.exp(-((scale * t) ** 2) / 2) - np.exp(-t * t / 2)) ** 2 * np.exp(-s * t * t / 2)
        ),
        -np.inf,
        np.inf,
    )[0]
    assert theory.scaled_normal_divergence(scale, s) == pytest.approx(integral, rel=1e-10)


def test_a_wide_bandwidth_sees_the_mean_alone():
    h = np.random.default_rng(7).standard_normal((50, 5)) + 1
    s = 1e7
    limit = np.sqrt(2 * np.pi) * s**-1.5 * (h.mean(axis=0) ** 2).sum() / 5
    assert theory.sphere_divergence(h, s) == pytest.approx(limit, rel=1e-4)


def test_one_activation_has_no_unbiased_divergence():
    wrong = r"at least 2 activations when unbiased, got shape \(1, 1\)"
    refuses(ValueError, wrong, theory.sphere_divergence, [[1.0]], unbiased=True)
