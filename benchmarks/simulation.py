"""The variance of the sample variance by simulation, beside numpy in one line."""

import functools
import importlib.util
import tracemalloc

import numpy as np

from benchmarks.compiled_simulation import simulate_compiled
from benchmarks.row import Row, ratio_row
from benchmarks.timing import race
from normtheory.theory.laws import normal
from normtheory.theory.sample_variance import simulate_variance_of_variance

DRAWS = 1_000_000
SIZES = ((2, 6), (5, 3), (10, 3))


def naive(n, replicates, rng):
    """The one-liner: everything at once, in float64."""
    variances = rng.standard_normal((replicates, n)).var(axis=1, ddof=1)
    return np.mean((variances - 1) ** 2)


def rows(*, rounds=9, seconds=0.1):
    """CPU time by sample size, and the memory that the simulation takes as it grows."""
    rng, law, table = np.random.default_rng(0), normal(), []
    compiled = importlib.util.find_spec("numba") is not None
    for n, target in SIZES:
        size = {"replicates": DRAWS // n}
        contestants = {
            "ours": functools.partial(simulate_variance_of_variance, law, n, rng, **size),
            "naive": functools.partial(naive, n, rng=rng, **size),
        }
        if compiled:
            contestants["numba"] = functools.partial(simulate_compiled, n, rng, **size)
        found = race(contestants, rounds=rounds, seconds=seconds)
        table.append(
            ratio_row(
                f"simulation of Var(s²), n = {n}, 10⁶ draws",
                "naive numpy",
                found.ratio("naive", "ours"),
                sense="at least",
                target=target,
                milliseconds=1e3 * found.median("ours"),
            )
        )
        if compiled:
            table.append(
                ratio_row(
                    f"the same with numba, n = {n}",
                    "naive numpy",
                    found.ratio("naive", "numba"),
                    sense="at least",
                    target=20,
                    milliseconds=1e3 * found.median("numba"),
                )
            )
    small, large = (
        _peak(lambda k=k: simulate_variance_of_variance(law, 5, rng, replicates=k))
        for k in (100_000, 1_600_000)
    )
    growth = Row(
        "simulation of Var(s²): peak memory, 16 times the replicates",
        f"{small / 2**20:.2f} MiB",
        large / small,
        sense="at most",
        target=1.1,
    )
    return [*table, growth]


def _peak(call):
    call()
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
