"""Exact Wasserstein distances to the normal law, against quadrature and known values."""

import itertools
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import ndtr, ndtri

from normtheory.theory import (
    inner_integral,
    projected_error_loss,
    random_directions,
    sliced_wasserstein_to_normal,
    wasserstein_to_normal,
)
from normtheory.theory.montecarlo import estimate
from tests.refused import refuses


def area(x):
    """∫|F - Φ| by quadrature between all the places where the integrand has a kink or a jump."""
    x = np.sort(x)
    breaks = np.unique(np.concatenate([[-15, 15], x, ndtri(np.arange(1, len(x)) / len(x))]))

    def gap(y):
        return abs(ndtr(y) - np.searchsorted(x, y, side="right") / len(x))

    return sum(
        quad(gap, low, high, epsabs=1e-15, epsrel=1e-12)[0]
        for low, high in itertools.pairwise(breaks)
    )


@pytest.mark.parametrize("b", [1, 2, 3, 8, 33])
@pytest.mark.parametrize(("shift", "scale"), [(0, 1), (2, 0.1), (-1, 3)])
def test_the_distance_is_the_area_between_the_distribution_functions(b, shift, scale):
    x = shift + scale * np.random.default_rng(b).standard_normal(b)
    assert wasserstein_to_normal(x) == pytest.approx(area(x), abs=1e-12)


def test_a_point_mass_is_as_far_as_its_mean_distance():
    for c in (-4.0, 0.0, 0.3, 2.5):
        assert wasserstein_to_normal([c]) == pytest.approx(float(inner_integral(c)), rel=1e-14)
        assert wasserstein_to_normal([c] * 7) == pytest.approx(float(inner_integral(c)), rel=1e-13)


def test_weights_count_repetitions():
    x = np.array([0.3, -1.0, 2.0])
    repeated = np.repeat(x, [3, 1, 4])
    weighted = wasserstein_to_normal(x, weights=[3 / 8, 1 / 8, 4 / 8])
    assert weighted == pytest.approx(wasserstein_to_normal(repeated), rel=1e-13)


def test_quantile_medians_are_nearer_than_a_sample():
    b = 2000
    best = ndtri((np.arange(b) + 0.5) / b)
    sample = np.random.default_rng(0).standard_normal(b)
    assert wasserstein_to_normal(best) < 0.002 < wasserstein_to_normal(sample)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("b", [2, 10, 1000])
def test_weights_are_a_softmax_of_any_dtype(b, dtype):
    rng = np.random.default_rng(b)
    x, scores = rng.standard_normal(b), rng.standard_normal(b)
    weights = np.exp(scores) / np.exp(scores).sum()
    exact = wasserstein_to_normal(x, weights=weights)
    rounded = weights.astype(dtype)
    found = wasserstein_to_normal(x, weights=rounded)
    assert found == pytest.approx(exact, rel=20 * np.finfo(dtype).eps)
    # exactly that of the weights that sum to 1
    whole = rounded.astype(float) / rounded.astype(float).sum()
    assert found == pytest.approx(wasserstein_to_normal(x, weights=whole), rel=1e-13)


def test_points_without_weight_are_not_there():
    x = np.array([-50.0, 0.3, -1.0, 0.1, 2.0, 50.0])
    weights = np.array([0, 0.2, 0.5, 0, 0.3, 0])
    found, slope = wasserstein_to_normal(x, weights=weights, gradient=True)
    kept = weights > 0
    exact, wanted = wasserstein_to_normal(x[kept], weights=weights[kept], gradient=True)
    assert found == exact
    assert (slope[kept] == wanted).all()
    assert (slope[~kept] == 0).all()


@pytest.mark.parametrize("weights", [None, [0.1, 0.2, 0.3, 0.15, 0.25]])
def test_the_gradient_is_the_derivative(weights):
    x = np.array([0.3, -1.2, 2.0, 0.1, -0.4])
    _, slope = wasserstein_to_normal(x, weights=weights, gradient=True)
    for i in range(5):
        up, down = x.copy(), x.copy()
        up[i] += 1e-6
        down[i] -= 1e-6
        difference = wasserstein_to_normal(up, weights=weights) - wasserstein_to_normal(
            down, weights=weights
        )
        assert slope[i] == pytest.approx(difference / 2e-6, abs=1e-9)


@pytest.mark.parametrize(("b", "d"), [(2, 1), (5, 3), (256, 64), (1000, 20)])
def test_slices_agree_with_one_dimensional_distances(b, d):
    rng = np.random.default_rng(b)
    h = 1.3 * rng.standard_normal((b, d)) + 0.2
    theta = random_directions(d, 50, rng)
    found, slope = sliced_wasserstein_to_normal(h, theta, gradient=True)
    each = [wasserstein_to_normal(h @ t) for t in theta]
    assert found.mean == pytest.approx(np.mean(each), rel=1e-12)
    assert found.standard_error == pytest.approx(np.std(each, ddof=1) / np.sqrt(50), rel=1e-9)
    assert sliced_wasserstein_to_normal(h, theta) == pytest.approx(found)
    expected = np.mean(
        [np.outer(wasserstein_to_normal(h @ t, gradient=True)[1], t) for t in theta], axis=0
    )
    np.testing.assert_allclose(slope, expected, atol=1e-13)


@pytest.mark.parametrize(("b", "d"), [(256, 64), (1024, 512), (4096, 64)])
def test_float32_errs_by_less_than_1e_8(b, d):
    rng = np.random.default_rng(7)
    h = rng.standard_normal((b, d)).astype(np.float32)
    theta = random_directions(d, 256, rng, dtype="float32")
    single = sliced_wasserstein_to_normal(h, theta).mean
    double = sliced_wasserstein_to_normal(h.astype(float), theta.astype(float)).mean
    assert abs(single - double) < 1e-8


def test_many_slices_and_points_go_through_in_blocks():
    rng = np.random.default_rng(3)
    h, theta = rng.standard_normal((30_000, 2)), random_directions(2, 7, rng)
    each = [wasserstein_to_normal(h @ t) for t in theta]
    assert sliced_wasserstein_to_normal(h, theta).mean == pytest.approx(np.mean(each), rel=1e-11)


@settings(max_examples=40)
@given(
    b=st.integers(1, 40),
    d=st.integers(1, 12),
    scale=st.floats(0, 50),
    seed=st.integers(0, 2**32 - 1),
)
def test_the_sliced_distance_is_below_per(b, d, scale, seed):
    rng = np.random.default_rng(seed)
    h = scale * rng.standard_normal((b, d))
    theta = random_directions(d, 400, rng)
    found = sliced_wasserstein_to_normal(h, theta)
    assert found.interval()[0] <= projected_error_loss(h) * (1 + 1e-12)


@pytest.mark.parametrize("orthogonal", [False, True])
@pytest.mark.parametrize(("d", "s"), [(1, 4), (3, 8), (40, 6)])
def test_directions_have_length_one(d, s, orthogonal):
    for dtype in ("float32", "float64"):
        theta = random_directions(
            d, s, np.random.default_rng(1), orthogonal=orthogonal, dtype=dtype
        )
        assert theta.shape == (s, d)
        assert theta.dtype == dtype
        np.testing.assert_allclose(np.linalg.norm(theta, axis=1), 1, atol=3e-7)


@pytest.mark.parametrize("d", [2, 3, 10])
def test_float32_directions_are_uniform(d):
    # moments of one coordinate of a uniform direction
    expected = {2: 1 / d, 4: 3 / (d * (d + 2)), 6: 15 / (d * (d + 2) * (d + 4))}
    for power, value in expected.items():
        found = estimate(
            lambda rng, size, p=power: random_directions(d, size, rng, dtype="float32")[:, -1] ** p,
            np.random.default_rng(power),
            replicates=200_000,
        )
        assert found.agrees(value)
    theta = random_directions(d, 200_000, np.random.default_rng(8), dtype="float32").astype(float)
    bound = 6.4 / np.sqrt(200_000 * d)
    assert np.abs(theta.mean(axis=0)).max() < bound
    products = theta.T @ theta / 200_000 - np.eye(d) / d
    assert np.abs(products).max() < bound


def test_on_a_line_there_are_two_directions():
    theta = random_directions(1, 1001, np.random.default_rng(1), dtype="float32")
    assert set(theta[:, 0].tolist()) == {-1.0, 1.0}


def test_orthogonal_blocks_are_orthogonal_and_uniform():
    theta = random_directions(4, 10, np.random.default_rng(1), orthogonal=True)
    for block in (theta[:4], theta[4:8], theta[8:]):
        np.testing.assert_allclose(block @ block.T, np.eye(len(block)), atol=1e-14)
    rng = np.random.default_rng(2)

    def fourth_power(rng, size):
        blocks = [random_directions(3, 1, rng, orthogonal=True) for _ in range(size)]
        return np.concatenate(blocks)[:, 0] ** 4

    assert estimate(fourth_power, rng, replicates=4000, chunk=1000).agrees(3 / 15)
    # without undoing QR's signs the first coordinate of the first direction is never positive
    first = [random_directions(3, 1, rng, orthogonal=True)[0, 0] > 0 for _ in range(400)]
    assert 120 < sum(first) < 280


def test_bad_input_is_named():
    refused = partial(refuses, ValueError)
    refused(r"weights must have shape \(1,", wasserstein_to_normal, [1.0], weights=[0.5, 0.5])
    refused("sum to 1", wasserstein_to_normal, [1.0, 2.0], weights=[0.5, 0.6])
    refused("must be at least 0", wasserstein_to_normal, [1.0, 2.0], weights=[-0.1, 1.1])
    least = r"sum to 1, got least 0\.5, sum 1\.00000001"
    refused(least, wasserstein_to_normal, [1.0, 2.0], weights=[0.5, 0.5 + 1e-8])
    refused("sum to 1, got", wasserstein_to_normal, [1.0, 2.0], weights=np.float32([0.5, 0.50001]))
    refused("theta must have shape", sliced_wasserstein_to_normal, np.ones((2, 3)), np.eye(2))
    refused("d must be an integer", random_directions, 0, 3, np.random.default_rng(0))
    refused("s must be an integer", random_directions, 3, 0, np.random.default_rng(0))
