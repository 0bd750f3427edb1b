"""Statistics of a batch of activations against scipy, direct formulas and known distributions."""

import numpy as np
import pytest
from scipy import stats

from normtheory.theory import (
    activation_statistics,
    random_directions,
    sliced_wasserstein_to_normal,
    sphere_divergence,
)
from normtheory.theory.activations import SLICES
from tests.refused import refuses


def seeded():
    return np.random.default_rng(3)


def batch(b=300, d=5):
    mix = np.tril(np.ones((d, d)))
    return seeded().standard_gamma(2.0, (b, d)) @ mix - 5


def test_moments_are_scipys():
    h = batch()
    found = activation_statistics(h, seeded())
    assert (found.samples, found.units) == h.shape
    np.testing.assert_allclose(found.mean, h.mean(axis=0))
    np.testing.assert_allclose(found.variance, h.var(axis=0, ddof=1))
    np.testing.assert_allclose(found.skewness, stats.skew(h))
    np.testing.assert_allclose(found.kurtosis, stats.kurtosis(h, fisher=False))
    np.testing.assert_allclose(found.positive, (h > 0).mean(axis=0))


def test_the_layer_as_a_whole_is_numpys():
    h = batch()
    found = activation_statistics(h, seeded())
    squares = (h**2).sum(axis=1) / 5
    assert found.square == pytest.approx(squares.mean())
    assert found.square_error == pytest.approx(squares.std(ddof=1) / np.sqrt(300))
    wanted = np.linalg.eigvalsh(h.T @ h / 300)[[0, -1]]
    np.testing.assert_allclose(found.second_moments, wanted)
    pairs = np.corrcoef(h.T)[np.triu_indices(5, 1)] ** 2
    assert found.correlation == pytest.approx(np.sqrt(pairs.mean() - 1 / 299))
    singular = np.linalg.svd(h - h.mean(axis=0), compute_uv=False)
    assert found.effective_rank == pytest.approx(np.exp(stats.entropy(singular)))


def test_distances_are_those_of_the_functions():
    h = batch()
    found = activation_statistics(h, seeded())
    theta = random_directions(5, SLICES, seeded())
    assert found.sliced_distance == sliced_wasserstein_to_normal(h, theta).mean
    assert found.divergence == sphere_divergence(h, unbiased=True)


def test_more_samples_than_are_compared_estimate_the_same_divergence(monkeypatch):
    h = 2 * seeded().standard_normal((600, 3))
    whole = activation_statistics(h, seeded()).divergence
    monkeypatch.setattr("normtheory.theory.activations._COMPARED", 200)
    part = activation_statistics(h, seeded()).divergence
    assert part != whole and part == pytest.approx(whole, rel=0.1)


@pytest.mark.parametrize("shape", [(7, 40), (40, 7)])
def test_the_rank_is_found_from_either_side(shape):
    one = np.outer(seeded().standard_normal(shape[0]), np.ones(shape[1])) + 3
    assert activation_statistics(one, seeded()).effective_rank == pytest.approx(1, abs=1e-5)
    found = activation_statistics(seeded().standard_normal(shape), seeded())
    assert 5 < found.effective_rank < 7
    assert (found.second_moments[0] == 0) == (shape[0] < shape[1])


def test_a_constant_unit_is_dead_and_has_no_shape():
    h = batch(50, 4)
    h[:, 1], h[:, 2] = 0.1, -abs(h[:, 2])
    found = activation_statistics(h, seeded())
    assert found.dead.tolist() == [False, True, True, False]
    assert found.variance[1] == 0 and np.isnan([found.skewness[1], found.kurtosis[1]]).all()
    alone = activation_statistics(np.full((9, 2), 0.7), seeded())
    assert alone.effective_rank == 0 and np.isnan(alone.correlation)


def test_float32_and_float64_agree():
    h = batch().astype(np.float32)
    one, other = (activation_statistics(h.astype(kind), seeded()) for kind in ("f4", "f8"))
    for name, a, b in zip(one._fields, one, other, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, err_msg=name)


def test_a_batch_that_has_no_statistics_is_refused():
    few, huge = np.ones((1, 3)), np.array([[1.0, 1e71], [1.0, 2.0]])
    refuses(
        ValueError, r"least 2 samples, got shape \(1, 3\)", activation_statistics, few, seeded()
    )
    refuses(ValueError, r"within ±1e\+70, got 1e\+71", activation_statistics, huge, seeded())
