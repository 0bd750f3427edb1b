"""The rule that seeds decide by: its error at any time, and how many seeds it takes."""

import math

import numpy as np
import pytest

from normtheory.experiments.effects import Effect, above
from normtheory.experiments.findings import Finding
from normtheory.experiments.rule import LEVEL, evidence, least, likely, median_interval


def ever_won(rule, p, seeds=64):
    """The exact probability that a one-sided bet is won by some seed, and the seeds it takes."""
    open_, won, taken = {0: 1.0}, 0.0, 0.0
    for n in range(1, seeds + 1):
        after = {}
        for k, share in open_.items():
            after[k + 1] = after.get(k + 1, 0.0) + share * p
            after[k] = after.get(k, 0.0) + share * (1 - p)
        ends = {k for k in after if rule(k, n)}
        won += sum(after[k] for k in ends)
        taken += n * sum(after[k] for k in ends)
        open_ = {k: share for k, share in after.items() if k not in ends}
    return won, taken + seeds * (1 - won)


def crossed(k, n):
    return least(n) is not None and k >= least(n)


@pytest.mark.parametrize("p", [0.5, 0.4])
def test_a_median_that_holds_is_refused_at_any_time_with_a_twentieth_at_most(p):
    assert ever_won(crossed, p)[0] <= (1 - LEVEL) / 2


def test_looking_again_at_a_fixed_test_is_refused_by_the_same_calculation():
    from scipy.stats import binom

    def looks(k, n):
        return n >= 5 and binom.sf(k - 1, n, 0.5) <= (1 - LEVEL) / 2

    assert ever_won(looks, 0.5)[0] > 2 * (1 - LEVEL) / 2


def test_the_evidence_is_a_fair_bet_and_grows_with_the_seeds_above():
    for n in range(1, 30):
        shares = [math.comb(n, k) / 2**n for k in range(n + 1)]
        stakes = [evidence(k, n) for k in range(n + 1)]
        assert np.dot(shares, stakes) == pytest.approx(1)
        assert stakes == sorted(stakes)


def test_five_seeds_decide_and_no_test_at_this_level_decides_with_four():
    assert least(5) == 5 and least(4) is None
    assert 0.5**4 > (1 - LEVEL) / 2 >= 0.5**5


def test_clear_effects_take_fewer_seeds_than_by_the_spread_bet_alone():
    def spread(k, n):
        return 2**n * 2 / (n + 1) / math.comb(n, k) * _upper(k, n) >= 20

    for p, most in ((0.99, 5.5), (0.95, 7.1), (0.9, 9.8)):
        seeds = ever_won(crossed, p)[1]
        assert seeds < most and seeds < ever_won(spread, p)[1]


def _upper(k, n):
    """Share of the beta distribution with k + 1 and n - k + 1 above a half, by the binomial."""
    return sum(math.comb(n + 1, j) for j in range(k + 1)) / 2 ** (n + 1)


def test_the_interval_is_what_the_bets_leave():
    values = np.arange(1.0, 13.0)
    low, high = median_interval(values)[1]
    for m in (low - 1e-9, low + 1e-9, high - 1e-9, high + 1e-9):
        refused = crossed((values > m).sum(), 12) or crossed((values < m).sum(), 12)
        assert refused == (not low <= m <= high)


def test_less_than_five_values_leave_every_median():
    assert median_interval([1.0, 2.0, 3.0, 4.0]) == (2.5, (-math.inf, math.inf))


def test_likely_values_are_those_seen_and_more_of_their_spread():
    seen = [1.0, 2.0, 3.0, 4.0, 5.0]
    found = likely(seen, 405)
    assert list(found[:5]) == seen
    assert np.median(found) == pytest.approx(3) and np.std(found) == pytest.approx(1.58, rel=0.02)


def test_a_seed_that_dissents_is_among_those_that_decide():
    # with a one among them, eight seeds leave the whole of [0, 1], however the others lie
    region = above(Effect(1.0, "made up"))
    finding = Finding(
        name="x", sentence="x", quantity="x", measure=lambda arrays: arrays["x"], region=region
    )
    judged = finding.judge([{"x": x} for x in [0.0] * 6 + [1.0]], largest=64)
    assert judged.verdict == "open"
    assert judged.needed == 12 == next(n for n in range(8, 64) if least(n) < n)
