"""Findings: intervals cover as they say, verdicts follow the interval, wrong data are rejected."""

import json
import math

import numpy as np
import pytest

from normtheory.experiments.findings import (
    LEVEL,
    Finding,
    exact_value,
    mean_interval,
    median_interval,
)
from normtheory.theory.montecarlo import estimate


def finding(**changes):
    fields = {
        "name": "x",
        "sentence": "x is positive",
        "quantity": "x",
        "measure": lambda arrays: arrays["x"],
        "region": (0.0, np.inf),
        "mutant": lambda arrays: {"x": -arrays["x"]},
    }
    return Finding(**fields | changes)


def seeds(values):
    return [{"x": value} for value in values]


def test_positive_numbers_are_reproduced_and_their_mutant_is_not():
    real = seeds([0.5, 1.0, 2.0, 0.1, 3.0])
    entry = finding()
    assert entry.judge(real).verdict == "reproduced"
    assert entry.judge([entry.mutant(arrays) for arrays in real]).verdict == "not reproduced"


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ([1.0, 1.0, 1.0, 1.0, -0.1], "undecided at this scale"),
        ([1.0, 1.0, 1.0, 1.0], "undecided at this scale"),  # too few seeds, however clear
        ([0.0] * 5, "reproduced"),  # ends belong to the region
        ([1.0] * 8 + [-5.0] + [2.0], "reproduced"),  # one bad seed of ten moves no median
        ([-1.0] * 9 + [5.0], "not reproduced"),
    ],
)
def test_verdict_follows_the_interval(values, verdict):
    assert finding().judge(seeds(values)).verdict == verdict


@pytest.mark.parametrize("count", [5, 6, 10, 17])
def test_median_interval_covers_at_least_at_its_level(count):
    # exponential: a skewed law whose median is not its mean
    def covers(rng, size):
        draws = [median_interval(rng.exponential(size=count))[1] for _ in range(size)]
        return np.array([low <= math.log(2) <= high for low, high in draws], dtype=float)

    found = estimate(covers, np.random.default_rng(count), replicates=2000)
    assert found.interval()[1] >= LEVEL
    # and it is no wider than it has to be: dropping one rank on each side would cover too rarely
    assert found.mean < 0.99


def test_median_interval_needs_five():
    assert all(math.isnan(end) for end in median_interval(np.arange(4.0))[1])
    assert median_interval(np.arange(5.0))[1] == (0.0, 4.0)


def test_mean_interval_covers_at_its_level():
    def covers(rng, size):
        draws = [mean_interval(rng.normal(3, 2, size=6))[1] for _ in range(size)]
        return np.array([low <= 3 <= high for low, high in draws], dtype=float)

    assert estimate(covers, np.random.default_rng(1), replicates=4000).agrees(LEVEL)


def test_exact_values_must_not_depend_on_the_seed():
    assert exact_value([3.0, 3.0]) == (3.0, (3.0, 3.0))
    with pytest.raises(ValueError, match="must not depend on the seed"):
        exact_value([3.0, 3.1])
    assert finding(statistic="exact").judge(seeds([1.0])).verdict == "reproduced"
    assert finding(statistic="exact").judge(seeds([-1.0])).verdict == "not reproduced"


def test_record_is_json_without_nan_or_infinity():
    text = json.dumps(finding().judge(seeds([1.0, 2.0])).record(), allow_nan=False)
    assert json.loads(text)["interval"] == [None, None]
    assert json.loads(text)["region"] == [0.0, None]


def test_line_tells_verdict_number_and_interval():
    line = finding(unit="cm").judge(seeds([1.0, 2.0, 3.0, 4.0, 5.0])).line()
    assert line == "reproduced: x is positive - x 3 cm [1, 5]"
    assert "no interval from 1 seed)" in finding().judge(seeds([1.0])).line()


def test_bad_input():
    with pytest.raises(ValueError, match="at least one seed"):
        finding().judge([])
    with pytest.raises(ValueError, match="measured NaN"):
        finding().judge(seeds([1.0, math.nan]))
    with pytest.raises(ValueError, match="statistic must be one of"):
        finding(statistic="mode")
    with pytest.raises(ValueError, match="region must be"):
        finding(region=(1.0, 0.0))
