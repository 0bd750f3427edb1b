from fractions import Fraction
from functools import partial
from math import comb

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from normtheory import theory
from normtheory.theory import sample_variance_proofs
from normtheory.theory.laws import LAWS, discrete, law, two_point
from normtheory.theory.montecarlo import estimate
from normtheory.theory.precision import TOLERANCE
from tests.refused import refuses

weights = st.lists(st.integers(1, 20), min_size=2, max_size=4)


def generator(seed=0):
    return np.random.Generator(np.random.SFC64(seed))


@settings(max_examples=60)
@given(weights=weights, data=st.data(), n=st.integers(2, 6))
def test_formula_equals_enumeration_for_any_discrete_law(weights, data, n):
    k = len(weights)
    atoms = data.draw(st.lists(st.integers(-9, 9), min_size=k, max_size=k, unique=True))
    q = [Fraction(w, sum(weights)) for w in weights]
    mean = sum(a * w for a, w in zip(atoms, q, strict=True))
    m2, m4 = (sum((a - mean) ** j * w for a, w in zip(atoms, q, strict=True)) for j in (2, 4))
    exact = theory.enumerate_sample_variance(atoms, q, n)
    assert sum(exact.probabilities) == 1
    assert exact.mean() == m2
    spread = exact.mean(lambda v: (v - m2) ** 2)
    assert theory.variance_of_sample_variance(n, float(m4), float(m2)) == pytest.approx(
        float(spread), rel=1e-12
    )


def test_both_derivations_give_the_formula_and_the_mean_drops_out():
    centred, raw = sample_variance_proofs.derive_variance_of_variance()
    n, m4, sigma = sp.symbols("n m_4 sigma", positive=True)
    printed = m4 / n - sigma**4 * (n - 3) / (n * (n - 1))
    assert sp.factor(sp.together(centred - printed)) == 0
    assert sp.factor(sp.together(sample_variance_proofs.variance_by_projection() - centred)) == 0
    mu, mu2, mu3, mu4, c = sp.symbols("mu mu_2 mu_3 mu_4 c")
    shifted = {
        mu: mu + c,
        mu2: mu2 + 2 * c * mu + c**2,
        mu3: mu3 + 3 * c * mu2 + 3 * c**2 * mu + c**3,
        mu4: mu4 + 4 * c * mu3 + 6 * c**2 * mu2 + 4 * c**3 * mu + c**4,
    }
    assert sp.expand(raw.subs(shifted, simultaneous=True) - raw) == 0


@pytest.mark.parametrize("name", LAWS)
def test_normal_thresholds_are_fair_for_these_replicates(name):
    """The mean of R replicates is close to normal: its skewness stays small."""
    each, n, count = law(name), 6, 200_000
    draws = each.draw(generator(5), (n, count))
    replicates = (draws.var(axis=0, ddof=1) - each.variance) ** 2
    centred = replicates - replicates.mean()
    skewness = (centred**3).mean() / (centred**2).mean() ** 1.5
    assert skewness / np.sqrt(3e6) < 0.05  # the ledger runs up to 1e7 replicates


def test_simulation_agrees_and_rejects_two_percent():
    each = law("uniform", 2.0)
    exact = theory.variance_of_sample_variance(5, each.moment(4), each.variance)
    found = theory.simulate_variance_of_variance(each, 5, generator(1), replicates=2_000_000)
    assert found.agrees(exact)
    assert not found.agrees(1.02 * exact)
    assert found.replicates == 2_000_000


@pytest.mark.parametrize("n", [2, 4])
@pytest.mark.parametrize(("name", "dtype"), [("normal", "float32"), ("two-point", "float64")])
def test_simulation_equals_the_plain_computation_on_the_same_draws(name, dtype, n):
    each, size = law(name), 1000
    found = theory.simulate_variance_of_variance(each, n, generator(2), replicates=size)
    draws = each.draw(generator(2), (n, size), np.dtype(dtype)).astype(np.float64)
    plain = (draws.var(axis=0, ddof=1) - 1.0) ** 2
    # each replicate in the precision of the draws, their mean in float64
    assert found.mean == pytest.approx(plain.mean(), rel=TOLERANCE[dtype])


def test_two_point_at_n_2_has_no_spread_at_all():
    found = theory.simulate_variance_of_variance(two_point(), 2, generator(3), replicates=10_000)
    assert found.agrees(1.0)
    assert not found.agrees(1.001)


def test_least_variance_of_variance_is_that_of_the_balanced_two_point_law():
    n = np.arange(2, 40)
    assert np.allclose(theory.variance_constancy(n, 1.0), 2 / (n * (n - 1)), rtol=1e-12)
    assert np.allclose(theory.variance_constancy(n, 3.0), 2 / (n - 1), rtol=1e-12)


def test_two_point_enumeration_is_binomial():
    exact = theory.enumerate_two_point(5, Fraction(1, 3))
    ones = [comb(5, j) * Fraction(1, 3) ** j * Fraction(2, 3) ** (5 - j) for j in range(6)]
    assert list(exact.probabilities) == ones
    assert list(exact.values) == [Fraction(j * (5 - j), 20) for j in range(6)]


@given(n=st.integers(1, 8), k=st.integers(1, 5))
def test_patterns_are_all_multisets(n, k):
    patterns = list(theory.sample_patterns(n, k))
    assert len(patterns) == len(set(patterns)) == comb(n + k - 1, n)
    assert {sum(p) for p in patterns} == {n}


def test_kurtosis_along_an_axis_matches_the_definition():
    x = generator(4).normal(size=(50, 3))
    z = (x - x.mean(0)) / x.std(0)
    assert np.allclose(theory.kurtosis(x, axis=0), (z**4).mean(0))
    assert theory.kurtosis(x).shape == ()


@pytest.mark.parametrize("name", LAWS)
def test_moments_of_the_laws_match_their_draws(name):
    each = law(name, 1.7)
    for k in range(1, 5):
        found = estimate(
            lambda rng, size, k=k: each.draw(rng, size) ** k, generator(k), replicates=300_000
        )
        assert found.agrees(each.moment(k))
    single = each.draw(generator(), (3, 4), np.float32)
    assert single.shape == (3, 4)
    assert each.variance == pytest.approx(1.7**2)


@given(weight=st.floats(0.01, 0.99))
def test_two_point_kurtosis(weight):
    alpha = weight * (1 - weight)
    assert two_point(weight=weight).kurtosis == pytest.approx((1 - 3 * alpha) / alpha)


def test_bad_input_is_named():
    refused = partial(refuses, ValueError)
    refused("n must .* at least 2, got 1", theory.variance_of_sample_variance, 1, 3.0, 1.0)
    refused("n must .* got 2.5", theory.variance_of_sample_variance, 2.5, 3.0, 1.0)
    refused("m4 must be at least", theory.variance_of_sample_variance, 5, 0.5, 1.0)
    refused("sigma2 must be at least 0, got -1.0", theory.variance_of_sample_variance, 5, 3.0, -1.0)
    refused("kappa must be at least 1, got 0.9", theory.variance_constancy, 5, 0.9)
    refused("x must vary", theory.kurtosis, [2.0, 2.0])
    refused("x must vary", theory.kurtosis, [0.1] * 3)
    refused("x must vary", theory.kurtosis, np.full((1000, 2), 0.7), axis=0)
    refused("x must vary", theory.kurtosis, [0.0, 0.0])
    refused(r"weight must lie in \(0, 1\)", theory.enumerate_two_point, 3, Fraction(3, 2))
    refused("weights must have the length", theory.enumerate_sample_variance, [0, 1], [1], 2)
    refused("weights must sum to 1, got 2", theory.enumerate_sample_variance, [0, 1], [1, 1], 2)
    refused("weights must be at least 0", theory.enumerate_sample_variance, [0, 1], [1.5, -0.5], 2)
    refused(
        "weights must be finite, got nan", theory.enumerate_sample_variance, [0, 1], [np.nan, 1], 2
    )
    simulated, none = (law("normal"), 5, generator()), {"replicates": 10, "draws_at_once": 0}
    wrong = "draws_at_once must be an integer of at least 1, got 0"
    refused(wrong, theory.simulate_variance_of_variance, *simulated, **none)
    refused("n must be an integer of at least 1, got 0", theory.sample_patterns(0, 2).__next__)
    refused(r"sigma must lie in \(1e-35, 1e\+35\), got 0.0", law, "normal", 0.0)
    refused("k must lie in .* got 9", law("normal").moment, 9)
    refused("atoms must not all be equal", discrete, [1.0, 1.0], [0.5, 0.5])
    refused("weights must be non-negative", discrete, [0.0, 1.0], [-1.0, 2.0])
    refused("weights must have the shape", discrete, [0.0, 1.0], [1.0])


@pytest.mark.parametrize("scale", [1e-160, 1.0, 1e80, 1e300])
def test_kurtosis_at_any_scale(scale):
    assert theory.kurtosis([scale, -scale, 0.0]) == pytest.approx(1.5, rel=1e-14)
    rows = scale * np.array([[1.0, -1.0, 0.0], [1e-100, 2e-100, 4e-100]])
    assert theory.kurtosis(rows, axis=1) == pytest.approx([1.5, 1.5], rel=1e-12)


def test_scaling_in_kurtosis_changes_no_digit():
    x = generator().standard_normal((50, 7)) * 3 + 1
    squares = (x - x.mean(axis=0)) ** 2
    assert np.array_equal(
        theory.kurtosis(x, axis=0), (squares**2).mean(axis=0) / squares.mean(axis=0) ** 2
    )
