import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from normtheory.theory.law_search import FoundLaw, kurtosis_functional, minimize_over_laws


@settings(deadline=None)
@given(seed=st.integers(0, 10**6), k=st.integers(2, 6))
def test_influence_is_the_derivative_towards_a_point_mass(seed, k):
    rng = np.random.default_rng(seed)
    # atoms apart and none of them rare, so that the difference quotient is accurate
    atoms, x = np.arange(k) + rng.uniform(-0.2, 0.2, k), rng.uniform(-1, k)
    weights = (rng.random(k) + 0.5) / k
    weights = weights / weights.sum()
    _, influence, slope = kurtosis_functional(atoms, weights, np.array([x, x + 1e-6]))
    step = 1e-7

    def moved(t):
        return kurtosis_functional(np.append(atoms, x), np.append(weights * (1 - t), t), [0.0])[0]

    numeric = (moved(step) - moved(0.0)) / step
    assert influence[0] == pytest.approx(numeric, rel=1e-3, abs=1e-3 * abs(influence[0]) + 1e-3)
    assert (influence[1] - influence[0]) / 1e-6 == pytest.approx(slope[0], rel=1e-3, abs=1e-2)


@pytest.mark.parametrize("k", [2, 4, 6])
def test_search_ends_in_the_balanced_two_point_law(k):
    found = minimize_over_laws(kurtosis_functional, k, np.random.default_rng(k), starts=6)
    assert [law.value for law in found] == sorted(law.value for law in found)
    for law in found:
        merged = law.merged(1e-2)
        assert law.value == pytest.approx(1.0, abs=1e-9)
        assert merged.weights == pytest.approx([0.5, 0.5], abs=1e-4)


def test_merging_joins_close_atoms_and_drops_empty_ones():
    law = FoundLaw(0.0, np.array([-1.0, 0.0, 1.0, 1.0001]), np.array([0.5, 1e-9, 0.2, 0.3]))
    merged = law.merged()
    assert merged.atoms == pytest.approx([-1.0, 1.00006])
    assert merged.weights == pytest.approx([0.5, 0.5])


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_merging_ignores_scale_and_place(scale):
    law = FoundLaw(0.0, 1e3 + scale * np.array([0.0, 0.5, 0.5001]), np.array([0.5, 0.2, 0.3]))
    assert law.merged().weights == pytest.approx([0.5, 0.5])


def test_bad_input_is_named():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="k must be an integer of at least 2, got 1"):
        minimize_over_laws(kurtosis_functional, 1, rng)
    with pytest.raises(ValueError, match="starts must be an integer of at least 1, got 0"):
        minimize_over_laws(kurtosis_functional, 2, rng, starts=0)


def test_a_functional_that_always_fails_ends_the_search():
    calls = []

    def broken(atoms, weights, at):
        calls.append(1)
        raise FloatingPointError("overflow encountered in square")

    with pytest.raises(FloatingPointError, match="overflow encountered in square"):
        minimize_over_laws(broken, 2, np.random.default_rng(0), starts=2)
    assert len(calls) == 100


def test_starts_that_fail_now_and_then_are_replaced():
    draws = iter(range(10**6))

    def fragile(atoms, weights, at):
        if next(draws) % 50 == 0:
            raise FloatingPointError("by bad luck")
        return kurtosis_functional(atoms, weights, at)

    assert len(minimize_over_laws(fragile, 2, np.random.default_rng(0), starts=3)) == 3
