"""Sliders: where they stop, and what the browser is told."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from normtheory.claims.claim import Parameter
from normtheory.explorers import controls


def parameter(**changed):
    given = {"name": "x", "symbol": "x", "meaning": "a number", "default": 1.0}
    return Parameter(**{**given, "domain": (0, np.inf), "typical": (0.1, 10), **changed})


@given(low=st.floats(0.01, 5), span=st.floats(0.01, 500), share=st.floats(0, 1), log=st.booleans())
def test_positions_rise_within_the_domain_and_hold_the_default(low, span, share, log):
    given = parameter(typical=(low, low + span), default=low + share * span, log=log)
    stops = controls.positions(given)
    assert given.default in stops
    assert (np.diff(stops) > 0).all()
    assert 20 <= len(stops) <= 130
    assert all(given.validate(v) == v for v in stops)


def test_whole_numbers_stop_at_whole_numbers():
    stops = controls.positions(parameter(typical=(2, 50), integer=True, default=10))
    assert stops == list(range(2, 51))


def test_open_ends_are_left_out():
    stops = controls.positions(parameter(domain=(0, 1), typical=(0, 1), default=0.25))
    assert stops[0] > 0 and stops[-1] < 1 and len(stops) == 99


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"typical": None}, "finite typical range"),
        ({"typical": (0, 1), "log": True}, "start above 0"),
    ],
)
def test_a_range_without_ends_has_no_slider(changed, message):
    with pytest.raises(ValueError, match=message):
        controls.positions(parameter(**changed))


def test_choices_are_their_own_positions():
    law = parameter(choices=("normal", "laplace"), default="normal")
    assert controls.positions(law) == ["normal", "laplace"] == controls.milestones(law)


def test_the_browser_is_told_plain_values():
    told = controls.describe(parameter())
    assert json.loads(json.dumps(told)) == told
    assert (told["low"], told["high"]) == (0, None)


def test_a_domain_without_an_end_gets_one_and_an_excluded_zero_a_least_number():
    endless = parameter(typical=(0.1, 10), domain=(-np.inf, np.inf))
    assert controls.bounded(endless).domain == (-100, 100)
    positive = parameter(domain=(0, 50), typical=(0.1, 10))
    assert controls.bounded(positive).domain == (1e-30, 50)
    assert controls.bounded(parameter(domain=(0, 50), typical=(0.1, 10), closed=True)).domain == (
        0,
        50,
    )
