import math
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from normtheory import theory
from normtheory.theory import ratio_bounds
from normtheory.theory.laws import law
from normtheory.theory.montecarlo import estimate
from normtheory.theory.sample_variance import enumerate_sample_variance, variance_constancy
from normtheory.theory.trained_minimizer import trained_boundaries, trained_boundary
from normtheory.theory.two_batch_loss import (
    best_ratio,
    expected_loss,
    loss_deviation,
    loss_gradient,
    loss_slope,
    normal_loss_at_zero,
)
from normtheory.theory.variance_rules import has_rule, variance_rule
from tests.refused import refuses

RULES = [("normal", 2), ("normal", 3), ("normal", 40), ("two-point", 2), ("two-point", 9)]
RULES += [(name, 2) for name in ("laplace", "uniform", "mixture")]


@pytest.mark.parametrize(("name", "n"), RULES)
def test_rules_carry_the_mean_and_the_variance_of_eq_1(name, n):
    u, w = variance_rule(name, n)
    assert w.sum() == pytest.approx(1, abs=1e-11)
    assert w @ u == pytest.approx(1, abs=1e-11)
    assert w @ (u - 1) ** 2 == pytest.approx(variance_constancy(n, law(name).kurtosis), rel=1e-10)
    assert not u.flags.writeable


@pytest.mark.parametrize(("name", "n"), RULES)
def test_expected_loss_agrees_with_simulation(name, n):
    each, rng = law(name, 0.7), np.random.Generator(np.random.SFC64(n))
    beta = each.variance / 0.8

    def replicate(rng, size):
        s1, s2 = each.draw(rng, (2, n, size)).var(axis=1, ddof=1)
        return (1 - s1 / (s2 + beta)) ** 2

    found = estimate(replicate, rng, replicates=400_000 // n, chunk=4096)
    assert found.agrees(expected_loss(name, n, 0.8))
    spread = found.standard_error * math.sqrt(found.replicates)
    assert spread == pytest.approx(loss_deviation(name, n, 0.8), rel=0.25)


@given(ratio=st.floats(1e-3, 1e4))
def test_slope_is_the_derivative_of_the_loss(ratio):
    for name, n in (("normal", 2), ("two-point", 5), ("laplace", 2)):
        step = 1e-5
        high, low = (expected_loss(name, n, ratio * math.exp(s)) for s in (step, -step))
        slope = loss_slope(name, n, ratio)
        assert (high - low) / (2 * step) == pytest.approx(slope, rel=1e-4, abs=1e-6)


@given(
    p=st.floats(0.02, 0.98),
    separation=st.floats(0, 20),
    ratio=st.floats(0.01, 100),
    scale=st.floats(0.1, 10),
)
def test_mixture_loss_ignores_scale_and_reduces_to_the_normal_law(p, separation, ratio, scale):
    value = theory.mixture_loss(p, separation, 1.0, 2.0, ratio)
    moved = theory.mixture_loss(p, separation * scale, scale**2, 2.0 * scale**2, ratio)
    assert moved == pytest.approx(value, rel=1e-8)
    assert theory.mixture_loss(p, 0.0, 1.0, 1.0, ratio) == pytest.approx(
        expected_loss("normal", 2, ratio), rel=1e-8
    )


def test_mixture_loss_equals_the_rule_of_the_test_mixture():
    ratio = np.array([0.1, 1.0, 10.0])
    assert theory.mixture_loss(0.25, 3.0, 1.0, 1.0, ratio) == pytest.approx(
        expected_loss("mixture", 2, ratio), rel=1e-10
    )


@settings(max_examples=40)
@given(seed=st.integers(0, 10**6), held=st.booleans())
def test_pair_functional_is_the_enumerated_loss_with_its_derivative(seed, held):
    rng = np.random.default_rng(seed)
    k = int(rng.integers(2, 5))
    # atoms apart and none of them rare, so that the difference quotient is accurate
    atoms, x = np.arange(k) + rng.uniform(-0.2, 0.2, k), rng.uniform(-1, k)
    weights = (rng.random(k) + 0.5) / k
    weights = weights / weights.sum()
    functional = theory.pair_functional(1.5 if held else None)
    value, influence, slope = functional(atoms, weights, np.array([x, x + 1e-6]))

    exact = enumerate_sample_variance(atoms, weights, 2)
    s, w = np.array(exact.values), np.array(exact.probabilities)
    beta = exact.mean() / 1.5 if held else 1.0
    assert value == pytest.approx(w @ (1 - s[:, None] / (s + beta)) ** 2 @ w, rel=1e-9)

    step = 1e-6
    moved = functional(np.append(atoms, x), np.append(weights * (1 - step), step), [0.0])[0]
    size = max(1.0, abs(influence[0]))
    assert (moved - value) / step == pytest.approx(influence[0], abs=1e-2 * size)
    assert (influence[1] - influence[0]) / 1e-6 == pytest.approx(slope[0], rel=1e-3, abs=1e-2)


def least_law(functional, k, rng, starts):
    """Value, atoms and weights of the best law of at most k atoms, from so many random starts."""

    def unpack(z):
        weights = np.exp(z[k:] - z[k:].max())
        return z[:k], weights / weights.sum()

    def objective(z):
        atoms, weights = unpack(z)
        value, influence, slope = functional(atoms, weights, atoms)
        return value, np.concatenate([weights * slope, weights * (influence - weights @ influence)])

    found = [
        minimize(objective, rng.normal(0, 1, 2 * k), jac=True, options={"gtol": 1e-9})
        for _ in range(starts)
    ]
    best = min(found, key=lambda each: each.fun)
    return best.fun, *unpack(best.x)


def test_targets_at_n_2():
    x = 2 * best_ratio(lambda t: expected_loss("two-point", 2, t)).ratio
    assert (x - 1) * (1 + x) ** 3 == pytest.approx(1, rel=1e-6)
    _, atoms, weights = least_law(theory.pair_functional(), 4, np.random.default_rng(0), starts=4)
    offsets = atoms - weights @ atoms
    assert weights @ np.sign(offsets) == pytest.approx(0, abs=1e-3)
    held = np.abs(offsets[weights > 1e-3])
    assert held == pytest.approx(held[0], rel=1e-2)


def test_beyond_the_limit_another_law_wins():
    limit, rng = theory.two_point_limit(), np.random.default_rng(1)
    for ratio, wins in ((limit - 0.02, False), (limit + 0.05, True)):
        balanced = expected_loss("two-point", 2, ratio)
        found, _, _ = least_law(theory.pair_functional(ratio), 4, rng, starts=8)
        assert (found < balanced - 1e-6) == wins


def test_normal_loss_at_beta_zero_is_the_limit():
    for n in (7, 10, 30):
        assert expected_loss("normal", n, 1e9) == pytest.approx(normal_loss_at_zero(n), rel=1e-3)
    assert [normal_loss_at_zero(n) for n in (2, 5)] == [math.inf, math.inf]


@pytest.mark.parametrize("ratio, limit", [(0.1, 0.20610333), (0.3, 0.22084159), (None, 0.23407047)])
def test_far_apart_the_boundary_is_all_but_its_limit(ratio, limit):
    # of 1000, with 90 digits: tests/explorers/oracles/mixtures.py
    assert trained_boundary(1000, ratio) == pytest.approx(limit, abs=2e-6)
    assert trained_boundary(1e9, ratio) == pytest.approx(limit, abs=2e-6)


def test_full_separation_is_locally_best_from_the_boundary_on():
    p = trained_boundary(4.0, ratio=2.0)
    for nearby, better in ((p - 1e-4, False), (p + 1e-4, True)):
        less, here = theory.mixture_loss(nearby, np.array([3.999, 4.0]), 1.0, 1.0, 2.0)
        assert (here < less) == better


@pytest.mark.parametrize("ratio", [0.1, 0.3, 2.0, 5.0])
def test_boundaries_at_many_separations_are_those_of_each(ratio):
    # a bisection sees the rounding of far means
    for separations, atol in (
        (np.geomspace(0.5, 20, 12), 1e-8),
        ([40.0, 90.0, 110.0, 200.0], 1e-6),
    ):
        each = [trained_boundary(separation, ratio) for separation in separations]
        np.testing.assert_allclose(trained_boundaries(separations, ratio), each, atol=atol)
    assert np.isnan(each).any() == (ratio >= 2)


@given(seed=st.integers(0, 10**6), n=st.integers(2, 6), beta=st.floats(0.1, 5))
def test_gradient_equals_differences(seed, n, beta):
    rng = np.random.default_rng(seed)
    first, second = rng.normal(size=(2, n))
    _, one, two = loss_gradient(first, second, beta)
    step = 1e-6
    for index in range(n):
        shift = step * np.eye(n)[index]
        d1 = (
            loss_gradient(first + shift, second, beta)[0]
            - loss_gradient(first - shift, second, beta)[0]
        )
        d2 = (
            loss_gradient(first, second + shift, beta)[0]
            - loss_gradient(first, second - shift, beta)[0]
        )
        scale = 1 + np.abs([*one, *two]).max()
        assert d1 / (2 * step) == pytest.approx(one[index], abs=1e-5 * scale)
        assert d2 / (2 * step) == pytest.approx(two[index], abs=1e-5 * scale)


@given(n=st.integers(2, 200), kappa=st.floats(1, 30), epsilon=st.floats(0.02, 0.98))
def test_bounds_are_probabilities_and_ordered(n, kappa, epsilon):
    weak, strong = (
        ratio_bounds.chebyshev_bound(n, kappa, epsilon),
        ratio_bounds.cantelli_bound(n, kappa, epsilon),
    )
    assert 0 <= weak <= 1
    assert weak - 1e-12 <= strong <= 1
    assert ratio_bounds.printed_bound(n, kappa, epsilon) >= weak
    assert 0 <= ratio_bounds.far_event_bound(n, kappa, epsilon) <= 1


def test_normal_event_probability_agrees_with_simulation():
    rng, n, eps = np.random.default_rng(2), 6, 0.4
    s1, s2 = rng.standard_normal((2, n, 200_000)).var(axis=1, ddof=1)
    gap = (1 - s1 / s2) ** 2
    upper = gap <= 4 * eps**2 / (1 - eps) ** 2
    both = upper & (gap >= 4 * eps**2 / (1 + eps) ** 2)
    exact = ratio_bounds.normal_event_probability(n, eps)
    assert both.mean() == pytest.approx(exact[0], abs=0.006)
    assert upper.mean() == pytest.approx(exact[1], abs=0.006)


def test_discrete_event_counts_batches_without_spread_as_agreeing():
    spread = enumerate_sample_variance((0.0, 1.0), (0.5, 0.5), 2)
    both, upper = ratio_bounds.discrete_event_probability(spread, np.array([0.1, 0.9]))
    # s is 0 or 1/2: equal with probability 1/2, R = 0 inside once epsilon > 1/3
    assert upper == pytest.approx([0.5, 0.75])
    assert both == pytest.approx([0.0, 0.25])


def test_bad_input_is_named():
    refused = partial(refuses, ValueError)
    refused("n must be an integer of at least 2, got 1", expected_loss, "normal", 1, 1.0)
    refused("n must be 2 for the laplace law, got 3", expected_loss, "laplace", 3, 1.0)
    refused("beta must be at least 0", loss_gradient, [1.0, 2.0], [0.0, 1.0], -1.0)
    refused("first must hold batches of at least 2", loss_gradient, [1.0], [0.0, 1.0], 1.0)
    refused("second must hold batches of at least 2", loss_gradient, [1.0, 2.0], [2.0], 0.5)
    refused("beta must be finite, got inf", loss_gradient, [1.0, 2.0], [0.0, 1.0], np.inf)
    refused("second must vary where beta is 0", loss_gradient, [1.0, 2.0], [3.0, 3.0], 0.0)
    refused("loss must have its least value inside", best_ratio, lambda t: -t)
    refused("n must .* at least 2, got 1", ratio_bounds.cantelli_bound, 1, 3.0, 0.5)
    refused("separation must be positive, got -1.0", trained_boundary, -1.0)
    refused("separation must be positive", trained_boundaries, [1.0, -1.0], 1.0)


def test_has_rule_says_what_is_covered():
    assert has_rule("normal", 7)
    assert has_rule("laplace", 2)
    assert not has_rule("laplace", 3)


@pytest.mark.parametrize(("name", "n"), [("normal", 2), ("normal", 7), ("two-point", 2)])
def test_deviation_at_small_ratios_is_that_of_twice_the_variance(name, n):
    """L is all but 1 - 2 s1 / beta; its own moments cancelled to NaN."""
    ratio = np.array([1e-8, 1e-12, 1e-100])
    kappa = 3 if name == "normal" else 1
    spread = np.sqrt(kappa / n - (n - 3) / (n * (n - 1)))
    assert loss_deviation(name, n, ratio) == pytest.approx(2 * ratio * spread, rel=1e-6)
