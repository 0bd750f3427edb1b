import numpy as np
import pytest

from normtheory.theory.batchnorm_noise import inverse_deviation_variance, output_variance


@pytest.mark.parametrize("z", [0.0, 1.0, -2.0])
def test_output_variance_agrees_with_simulation(z):
    n = 16
    x = np.random.default_rng(0).standard_normal((n, 200_000))
    outputs = (z - x.mean(axis=0)) / x.std(axis=0, ddof=1)
    assert outputs.var() == pytest.approx(output_variance(n, z), rel=0.02)


def test_variance_alone_is_the_part_without_the_mean():
    n, z = 12, 1.5
    second = (n - 1) / (n - 3)
    alone = z**2 * inverse_deviation_variance(n) + second / n
    assert output_variance(n, z) == pytest.approx(alone, rel=1e-12)


def test_leading_order_for_large_batches():
    assert 1e4 * inverse_deviation_variance(10_000) == pytest.approx(0.5, rel=1e-3)


@pytest.mark.parametrize("n", [3, 2.5])
def test_small_batches_have_no_variance(n):
    with pytest.raises(ValueError, match="n must be an integer of at least 4"):
        inverse_deviation_variance(n)


@pytest.mark.parametrize("n", [10**4, 10**6, 10**8])
def test_huge_batches_lose_no_digits(n):
    # by the asymptotic series of the gamma functions' ratio, in powers of 1/n
    assert inverse_deviation_variance(n) == pytest.approx(1 / (2 * n) + 19 / (8 * n**2), rel=2e-6)
