"""Digits that must not cancel, against 60 digits of mpmath, at sizes where they used to."""

import mpmath as mp
import numpy as np
import pytest

from normtheory import theory
from normtheory.theory import precision
from normtheory.theory.sliced_energy import scaled_normal_energy

RATIOS = (1e-6, 0.3, 10.0, 1e4)


@pytest.fixture(autouse=True)
def sixty_digits():
    with mp.workdps(60):
        yield


def error(value, exact):
    return abs(float((mp.mpf(float(value)) - exact) / exact))


def normal_rule(n):
    """u and weights of the normal law, on a finer and wider grid than the theory's."""
    half = mp.mpf(n - 1) / 2
    reach = mp.sqrt(120 / half)
    step = min(mp.mpf("0.1"), 1 / mp.sqrt(half) / 4)
    low, high = -(reach + 60 / half) * mp.mpf("1.3"), reach * mp.mpf("1.3")
    y = [k * step for k in range(int(low / step), int(high / step) + 1)]
    return [mp.exp(x) for x in y], [mp.exp(-half * (mp.expm1(x) - x)) for x in y]


def two_point_rule(n):
    """u and weights of the two-point law out to 12 standard deviations of the number of ones."""
    weight, u, w = mp.mpf(1), [], []
    for ones in range(n // 2, min(n, n // 2 + 6 * int(n**0.5) + 60) + 1):
        # the pattern with zeros and ones exchanged has the same variance
        u.append(4 * mp.mpf(ones) * (n - ones) / (mp.mpf(n) * (n - 1)))
        w.append(weight * (1 if 2 * ones == n else 2) if 2 * ones >= n else 0)
        weight *= mp.mpf(n - ones) / (ones + 1)
    return u, w


def exact_loss(u, w, ratio):
    """Mean of L, its standard deviation and slope, from raw moments."""
    t, total = mp.mpf(ratio), mp.fsum(w)
    w = [weight / total for weight in w]
    moments = [mp.fdot(w, [v**k for v in u]) for k in range(5)]
    inverse = [mp.fdot(w, [(t * v + 1) ** -k for v in u]) for k in range(5)]
    r = [t**k * moments[k] * inverse[k] for k in range(5)]
    loss = 1 - 2 * r[1] + r[2]
    square = 1 - 4 * r[1] + 6 * r[2] - 4 * r[3] + r[4]
    slope = 2 * t * (t * moments[2] * inverse[3] - inverse[2])
    return loss, mp.sqrt(square - loss**2), slope


@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize(
    ("name", "rule", "n"),
    [("normal", normal_rule, n) for n in (2, 40, 10**6, 10**9, 10**12)]
    + [("two-point", two_point_rule, n) for n in (2, 9, 1000, 1001, 10**5)],
)
def test_loss_at_every_size_to_the_stated_error(name, rule, n, ratio):
    found = [f(name, n, ratio) for f in (theory.expected_loss, theory.loss_deviation)]
    loss, deviation, slope = exact_loss(*rule(n), ratio)
    assert error(found[0], loss) < 1e-12
    assert error(found[1], deviation) < 1e-12
    # the slope has a zero, near which only its absolute error is small
    assert abs(theory.loss_slope(name, n, ratio) - slope) < 1e-12 * max(abs(slope), loss)


@pytest.mark.parametrize("ratio", RATIOS)
def test_loss_of_a_huge_two_point_batch_is_that_of_small_deviations(ratio):
    n, t = 10**12, mp.mpf(ratio)
    c, q = t / (1 + t), 1 / (1 + t)
    variance = mp.mpf(2) / (n * (n - 1))
    assert error(theory.expected_loss("two-point", n, ratio), q**2) < 1e-12
    deviation = 2 * q * c * mp.sqrt(variance * (1 + c**2))
    # the next order is a factor of 1 + (t + 1) / n
    assert error(theory.loss_deviation("two-point", n, ratio), deviation) < 2 * (ratio + 1) / n


@pytest.mark.parametrize("x", [0.5, 3.0, 29.9, 30.1, 1e3, 1e8, 1e12])
def test_gamma_differences(x):
    z = mp.mpf(x)
    ratio = mp.exp(2 * (mp.loggamma(z + 0.5) - mp.loggamma(z)))
    assert error(precision.gamma_ratio_excess(np.array(x)), ratio - z) < 2e-13
    assert error(precision.logarithm_less_digamma(np.array(x)), mp.log(z) - mp.digamma(z)) < 2e-14


@pytest.mark.parametrize("y", [1e-12, -1e-5, 0.1, -0.299, 0.301, -3.0, 5.0])
def test_exponential_remainder(y):
    assert error(precision.exponential_remainder(np.array(y)), mp.expm1(y) - mp.mpf(y)) < 1e-15


@pytest.mark.parametrize("n", [4, 5, 60, 64, 1000, 10**6, 10**12])
def test_batch_noise_of_large_batches(n):
    size = mp.mpf(n)
    squared = mp.exp(2 * (mp.loggamma((size - 1) / 2) - mp.loggamma((size - 2) / 2)))
    variance = (size - 1) / (size - 3) - (size - 1) / 2 / squared
    assert error(theory.inverse_deviation_variance(n), variance) < 1e-12
    shift = (size - 1) / (size - 3) / size
    assert error(theory.output_variance(n, 3.0), 9 * variance + shift) < 1e-12
    noise = (size - 2) / (size - 3) - 2 * (size - 2) / size * mp.sqrt(size / 2 / squared) + 1
    assert error(theory.full_noise(n), noise) < 1e-12
    offset = (mp.log(size / 2) - mp.digamma((size - 1) / 2)) / 2
    assert error(theory.batch_offset(n), offset) < 2e-14
    unbiased = 1 / (2 * size) + (mp.log((size - 1) / 2) - mp.digamma((size - 1) / 2)) / 2
    assert error(theory.expected_batch_loss(n, estimator="unbiased"), unbiased) < 2e-14


@pytest.mark.parametrize("kappa", [1.0, 1 + 1e-9, 1.8, 3.0])
@pytest.mark.parametrize("n", [2, 3, 10**12])
def test_variance_of_the_sample_variance(n, kappa):
    exact = mp.mpf(kappa) / n - mp.mpf(n - 3) / (mp.mpf(n) * (n - 1))
    assert error(theory.variance_constancy(n, kappa), exact) < 1e-15


@pytest.mark.parametrize("variance", [1 + 1e-9, 1 - 1e-6, 0.9, 1.3, 1e-300, 1e200])
def test_divergence_of_a_variance_close_to_1(variance):
    exact = (mp.mpf(variance) - 1 - mp.log(mp.mpf(variance))) / 2
    assert error(theory.divergence(0.0, variance), exact) < 1e-14


@pytest.mark.parametrize("s", [0.0, 1 + 1e-9, 3.0, 1e200])
def test_energy_of_a_deviation_close_to_1(s):
    exact = mp.sqrt(2 / mp.pi * (1 + mp.mpf(s) ** 2)) - (1 + mp.mpf(s)) / mp.sqrt(mp.pi)
    assert error(scaled_normal_energy(s), exact) < 1e-15


def test_units_alike_but_for_the_last_digits():
    spectrum = 1 + 1e-9 * np.array([-1.0, 1.0, -1.0, 1.0])
    values = [mp.mpf(x) for x in spectrum]
    total, square = mp.fsum(values), mp.fsum(x**2 for x in values)
    exact = mp.sqrt(2 * (4 * square - total**2) / (6 * total**2))
    assert error(theory.unit_scatter(np.zeros(4), spectrum)[1], exact) < 1e-7


def test_kurtosis_of_a_mixture_has_no_unit():
    plain = theory.mixture_kurtosis(0.3, 1.0, 0.0, 0.1, 1.0)
    for scale in (1e-150, 1e150):
        variances = 0.1 * scale**2, scale**2
        moved = theory.mixture_kurtosis(0.3, scale, 0.0, *variances)
        assert moved == pytest.approx(plain, rel=1e-14)
