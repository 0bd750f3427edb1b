import numpy as np
import pytest
from scipy import stats

from normtheory.theory.montecarlo import estimate
from normtheory.theory.normal_numbers import normal_draws


@pytest.mark.parametrize("size", [0, 1, 2, 7, (3, 5), (2, 1 << 14), (1 << 14) + 1])
def test_shape_and_dtype(size):
    x = normal_draws(np.random.default_rng(0), size)
    assert x.shape == (size if isinstance(size, tuple) else (size,))
    assert x.dtype == np.float32
    assert np.isfinite(x).all()


@pytest.mark.parametrize(("power", "moment"), [(1, 0), (2, 1), (3, 0), (4, 3), (6, 15)])
def test_moments_are_the_normal_law_s(power, moment):
    def draw(rng, size):
        return normal_draws(rng, size).astype(np.float64) ** power

    found = estimate(draw, np.random.default_rng(power), replicates=2_000_000)
    assert found.agrees(moment)


def test_whole_distribution_is_normal():
    x = normal_draws(np.random.default_rng(3), 1_000_000)
    # the distance that a sample of this size exceeds once in a million
    assert stats.kstest(x, "norm").pvalue > 1e-6


def test_partners_of_a_pair_and_neighbours_do_not_correlate():
    def products(shift):
        def draw(rng, size):
            x = normal_draws(rng, 2 * size)
            return x[:size] * np.roll(x, shift)[:size]

        return estimate(draw, np.random.default_rng(4), replicates=1 << 20, chunk=1 << 13)

    # 1 << 13 pairs are drawn at a time: a partner is that far away
    assert products(1).agrees(0)
    assert products(1 << 13).agrees(0)


def test_largest_draws_reach_the_tail():
    x = np.abs(normal_draws(np.random.default_rng(5), 20_000_000))
    expected = 20_000_000 * 2 * stats.norm.sf(5)
    assert abs((x > 5).sum() - expected) < 7 * np.sqrt(expected)
