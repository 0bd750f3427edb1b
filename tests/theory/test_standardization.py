from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from normtheory.theory.gaussian_divergence import ENTROPIES, divergence_parts, entropy, pair_offset
from normtheory.theory.group_normalization import group_normalize
from normtheory.theory.montecarlo import estimate
from normtheory.theory.standardization import (
    batch_loss,
    batch_offset,
    divergence,
    divergence_expression,
    expected_batch_loss,
    gradient_second_moment,
    minimising_variance,
)
from tests.refused import refuses


@given(mean=st.floats(-50, 50), sigma=st.floats(1e-3, 1e3))
def test_divergence_is_its_sympy_expression_and_never_negative(mean, sigma):
    expression, (mu, s) = divergence_expression()
    expected = float(expression.subs({mu: mean, s: sigma}))
    assert divergence(mean, sigma**2) == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert divergence(mean, sigma**2) >= -1e-12


def test_a_constant_unit_costs_inf():
    assert divergence(0.0, 0.0) == np.inf
    assert batch_loss([[1.0, 2.0], [1.0, 3.0]]) == np.inf


@given(
    st.integers(2, 30), st.integers(1, 4), st.sampled_from(["biased", "unbiased"]), st.integers(0)
)
def test_batch_loss_sums_units(b, d, estimator, seed):
    h = np.random.default_rng(seed).standard_normal((b, d)) + 0.3
    ddof = estimator == "unbiased"
    expected = sum(
        (u.mean() ** 2 + u.var(ddof=ddof) - 1 - np.log(u.var(ddof=ddof))) / 2 for u in h.T
    )
    assert batch_loss(h, estimator) == pytest.approx(expected)


@pytest.mark.parametrize("estimator", ["biased", "unbiased"])
def test_expected_loss_is_the_mean_over_batches(estimator):
    def draw(rng, size):
        h = 0.2 + 0.7 * rng.standard_normal((size, 5))
        return [batch_loss(batch[:, None], estimator) for batch in h]

    claimed = float(expected_batch_loss(5, 0.2, 0.7, estimator))
    assert estimate(draw, np.random.default_rng(0), replicates=4000).agrees(claimed)


@given(st.integers(2, 500))
def test_the_offset_falls_like_one_over_b(b):
    assert batch_offset(b) > batch_offset(b + 1) > 0
    # psi(x) < log x - 1/(2x) and psi(x) > log x - 1/(2x) - 1/(12x^2)
    x = (b - 1) / 2
    middle = (np.log(b / 2) - np.log(x)) / 2
    assert middle + 1 / (4 * x) < batch_offset(b) < middle + 1 / (4 * x) + 1 / (24 * x * x)


@given(b=st.integers(2, 200), estimator=st.sampled_from(["biased", "unbiased"]))
def test_the_minimising_variance_beats_its_neighbours(b, estimator):
    best = minimising_variance(b, estimator)
    low, middle, high = expected_batch_loss(
        b, 0.0, np.sqrt(best * np.array([0.9, 1, 1.1])), estimator
    )
    assert middle < min(low, high)


def test_one_value_has_no_finite_expectation():
    assert expected_batch_loss(1) == batch_offset(1) == np.inf


def test_gradient_moments_stop_existing_below_four_values():
    assert gradient_second_moment(2) == gradient_second_moment(3) == np.inf
    assert np.isfinite(gradient_second_moment(4))


@pytest.mark.parametrize("alpha", [0.5, 1.0, 1.5, 3.0])
def test_pair_offset_is_its_double_integral(alpha):
    """Angles instead of positions: x = half cos(t) keeps the arcsine law's ends integrable."""
    half = np.sqrt(2 * alpha + 1)
    t = (np.arange(2000) + 0.5) * np.pi / 2000
    x = half * np.cos(t)
    law = stats.beta(alpha, alpha, -half, 2 * half)
    weight = law.pdf(x) * half * np.sin(t) * np.pi / 2000
    # the offset grid keeps the logarithm finite: x against midpoints of the other grid
    s = np.arange(2001) * np.pi / 2000
    y = half * np.cos(s[1:-1])
    other = law.pdf(y) * half * np.sin(s[1:-1]) * np.pi / 2000
    # the end points of the trapezoid carry mass for the arcsine law only
    ends = 1 - other.sum()
    logs = np.log(np.abs(x[:, None] - y))
    edges = (np.log(np.abs(x - half)) + np.log(np.abs(x + half))) / 2
    value = np.log(2) - weight @ logs @ other - ends * (weight @ edges)
    assert pair_offset(alpha) == pytest.approx(value, abs=2e-3)


def test_pair_offset_tends_to_the_normal_laws_offset():
    assert pair_offset(1e7) == pytest.approx(batch_offset(2), abs=1e-6)


@pytest.mark.parametrize("law", ENTROPIES)
def test_no_law_of_variance_one_has_more_entropy_than_the_normal(law):
    assert entropy(law) <= entropy("normal") == pytest.approx(0.5 * np.log(2 * np.pi * np.e))


@given(st.floats(-0.95, 0.95), st.floats(-2, 2), st.floats(0.2, 3))
def test_divergence_of_correlated_normals_is_the_textbook_formula(rho, mean, sigma):
    correlation = np.array([[1, rho], [rho, 1]])
    covariance = sigma**2 * correlation
    expected = (np.trace(covariance) + 2 * mean**2 - 2 - np.linalg.slogdet(covariance)[1]) / 2
    parts = divergence_parts("normal", mean, sigma, correlation)
    assert parts.total == pytest.approx(expected, abs=1e-9)
    assert parts.correlation >= -1e-15


@given(st.integers(1, 4), st.integers(1, 5), st.integers(0, 10**6))
def test_group_normalization_standardizes_each_group(groups, members, seed):
    h = np.random.default_rng(seed).standard_normal((3, groups * members)) * 5 + 2
    y = group_normalize(h, groups).reshape(3, groups, members)
    np.testing.assert_allclose(y.mean(axis=2), 0, atol=1e-12)
    np.testing.assert_allclose(y.std(axis=2), 1 if members > 1 else 0, atol=1e-12)


def test_bad_input_names_the_argument():
    refused = partial(refuses, ValueError)
    refused("variance must be at least 0, got -1.0", divergence, 0.0, -1.0)
    refused("h must have at least 2 rows", batch_loss, [[1.0]], "unbiased")
    refused("b must be an integer of at least 1", expected_batch_loss, 0)
    refused("law must be 'normal'", divergence_parts, "uniform", correlation=np.eye(2))
    refused("unit diagonal", divergence_parts, "normal", correlation=2 * np.eye(2))
    refused("alpha must be positive", pair_offset, 0.0)
    refused("groups must divide 4, got 3", group_normalize, np.ones((2, 4)), 3)
