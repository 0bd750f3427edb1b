import tracemalloc

import numpy as np
import pytest
from scipy.stats import norm, t

from normtheory.theory import montecarlo
from normtheory.theory.montecarlo import Estimate, estimate, threshold
from tests.refused import refuses


def rng():
    return np.random.default_rng(1)


def test_threshold_spends_the_false_alarm_budget_exactly():
    spent = 2 * norm.sf(montecarlo.THRESHOLD) * montecarlo.COMPARISONS
    assert spent == pytest.approx(montecarlo.FALSE_ALARM_RATE, rel=1e-6)


@pytest.mark.parametrize("replicates", [2, 8, 32, 300, 10**6])
def test_few_replicates_spend_the_same_budget(replicates):
    spent = 2 * t.sf(threshold(replicates), replicates - 1) * montecarlo.COMPARISONS
    assert spent == pytest.approx(montecarlo.FALSE_ALARM_RATE, rel=1e-6)


def test_the_threshold_of_many_replicates_is_the_normal_laws():
    assert threshold(10**9) == pytest.approx(montecarlo.THRESHOLD, rel=1e-6)
    refuses(ValueError, "replicates must be an integer of at least 2, got 1", threshold, 1)


def test_mean_and_standard_error_are_numpys():
    values = rng().exponential(size=10_000)
    parts = iter(np.split(values, [3000, 6000, 9000]))
    got = estimate(lambda rng, size: next(parts), rng(), replicates=10_000, chunk=3000)
    assert got.mean == pytest.approx(values.mean(), rel=1e-13)
    assert got.standard_error == pytest.approx(values.std(ddof=1) / 100, rel=1e-12)
    assert got.replicates == 10_000


def test_a_large_mean_does_not_cancel_the_spread():
    got = estimate(lambda rng, size: 1e9 + rng.random(size), rng(), replicates=100_000)
    assert got.standard_error == pytest.approx(np.sqrt(1 / 12 / 100_000), rel=1e-2)


def test_agreement_is_two_sided_and_two_percent_is_caught():
    got = estimate(lambda rng, size: rng.exponential(size=size), rng(), replicates=10**6)
    assert got.agrees(1.0)
    assert not got.agrees(1.02)
    assert not got.agrees(0.98)


def test_no_spread_leaves_only_rounding():
    constant = estimate(lambda rng, size: np.full(size, 0.1), rng(), replicates=10)
    assert constant.standard_error == pytest.approx(0, abs=1e-15)
    assert constant.agrees(0.1)
    assert not constant.agrees(0.1 + 1e-9)


def test_interval_is_what_agrees_accepts():
    low, high = Estimate(1.0, 0.1, 100).interval()
    assert Estimate(1.0, 0.1, 100).agrees(low + 1e-9)
    assert not Estimate(1.0, 0.1, 100).agrees(high + 1e-9)


def test_memory_is_constant():
    def peak(replicates):
        tracemalloc.start()
        estimate(lambda rng, size: rng.random(size), rng(), replicates=replicates)
        _, top = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return top

    assert peak(2_000_000) < 1.5 * peak(100_000)


def test_bad_input_is_refused():
    def refused(message, draw=lambda rng, size: rng.random(size), **given):
        refuses(ValueError, message, estimate, draw, rng(), **{"replicates": 10, **given})

    refused("replicates must be an integer of at least 2, got 1", replicates=1)
    refused("not finite", lambda rng, size: np.full(size, np.inf))
    for chunk in (0, -5):
        refused(f"chunk must be an integer of at least 1, got {chunk}", chunk=chunk)
    for shape in ((9,), (10, 1), ()):
        wrong = r"draw must return an array of shape \(10,\), got"
        refused(wrong, lambda rng, size, shape=shape: rng.random(shape))
