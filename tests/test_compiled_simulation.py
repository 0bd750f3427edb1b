import sys

import numpy as np
import pytest

from benchmarks import compiled_simulation
from benchmarks.compiled_simulation import simulate_compiled
from normtheory.theory.laws import normal
from normtheory.theory.sample_variance import (
    simulate_variance_of_variance,
    variance_of_sample_variance,
)
from tests.refused import refuses


@pytest.mark.parametrize("n", [2, 5, 10, 100])
def test_agrees_with_the_formula_and_rejects_two_percent(n):
    exact = variance_of_sample_variance(n, 3.0, 1.0)
    found = simulate_compiled(n, np.random.default_rng(n), replicates=6_000_000 // (1 + n // 50))
    assert found.agrees(exact)
    assert not found.agrees(1.02 * exact)


def test_agrees_with_numpy_s_draws():
    mine = simulate_compiled(4, np.random.default_rng(0), replicates=10**6)
    other = simulate_variance_of_variance(normal(), 4, np.random.default_rng(1), replicates=10**6)
    assert abs(mine.mean - other.mean) < 6 * np.hypot(mine.standard_error, other.standard_error)
    assert mine.standard_error == pytest.approx(other.standard_error, rel=0.05)


def test_the_two_samples_of_a_pair_of_draws_are_independent():
    # else the means of many runs would scatter more than their standard errors say
    exact = variance_of_sample_variance(20, 3.0, 1.0)
    runs = [simulate_compiled(20, np.random.default_rng(k), replicates=1024) for k in range(400)]
    assert 0.9 < np.std([(run.mean - exact) / run.standard_error for run in runs]) < 1.1


def test_scale_and_count():
    one = simulate_compiled(3, np.random.default_rng(0), replicates=1000)
    two = simulate_compiled(3, np.random.default_rng(0), replicates=1000, sigma=2.0)
    assert one.replicates == 1024
    # the generator and the transformation are those of earlier results
    assert one.mean == pytest.approx(1.0065568, rel=1e-5)
    assert two.mean == pytest.approx(16 * one.mean)


@pytest.mark.parametrize(("name", "n", "replicates"), [("n", 1, 10), ("replicates", 2, 1)])
def test_two_samples_of_two_are_the_least(name, n, replicates):
    wrong = f"{name} must be an integer of at least 2, got 1"
    refuses(
        ValueError, wrong, simulate_compiled, n, np.random.default_rng(0), replicates=replicates
    )


def test_without_numba_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    compiled_simulation._kernel.cache_clear()
    with pytest.raises(ImportError, match=r"pip install 'normtheory\[bench\]'"):
        simulate_compiled(2, np.random.default_rng(0), replicates=10)
    monkeypatch.undo()
    compiled_simulation._kernel.cache_clear()
