"""Interval certificates: what is covered, what is refuted, and what is left open."""

import numpy as np
import pytest

from normtheory.theory.certified import certify, turns


def test_a_positive_function_is_covered_and_one_that_dips_below_is_not():
    region = [(0.0, 2.0), (-1.0, 1.0)]
    assert certify(lambda x, y: (x - 1) ** 2 + y * y + 0.01, region).covered
    below = certify(lambda x, y: (x - 1) ** 2 + y * y - 0.01, region)
    assert not below.holds
    (low, high), _ = below.counterexample
    assert low < 1.1 and high > 0.9


def test_a_minimum_of_zero_stays_open_and_says_where():
    open_ = certify(lambda x: (x - 0.3) * (x - 0.3), [(0.0, 1.0)], boxes=200)
    assert open_.holds and not open_.covered
    assert all(low <= 0.3 <= high or abs(low - 0.3) < 0.02 for ((low, high),) in open_.left)
    assert str(open_).startswith("not sure in")


def test_a_function_that_is_not_defined_is_not_certified():
    assert not certify(lambda x: x.log(), [(-2.0, -1.0)], boxes=50).covered


def test_it_knows_the_error_function():
    # erf is concave on the right: it lies above its chord
    assert certify(lambda x: x.erf() - x * 0.84, [(0.05, 1.0)]).covered


@pytest.mark.parametrize("region", [[(1.0, 0.0)], [(0.0, np.inf)], [(np.nan, 1.0)]])
def test_a_region_has_finite_ends_in_order(region):
    with pytest.raises(ValueError, match="region must have finite ends in order"):
        certify(lambda x: x, region)


def test_the_signs_of_a_function_are_sure_or_not_told():
    def slope(x):
        return 3 * x * x - 1

    assert turns(lambda x: x**3 - x, slope, -2.0, 2.0) == (-1, 1, -1, 1)
    assert turns(lambda x: x**3 + x, lambda x: 3 * x * x + 1, 0.5, 2.0) == (1,)
    # a double zero, and a slope that is another function's
    assert turns(lambda x: (x - 0.3) ** 2, lambda x: 2 * (x - 0.3), 0.0, 1.0, boxes=200) == ()
    assert turns(lambda x: x**3 - x, lambda x: 0 * x, -2.0, 2.0, boxes=200) == ()
