from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from normtheory.theory import equinorm
from normtheory.theory.convolution import convolve
from tests.refused import refuses


def case(seed, channels=3, outputs=2):
    rng = np.random.default_rng(seed)
    x = np.maximum(rng.standard_normal((4, channels, 5, 6)), 0) + 0.01
    return x, rng.standard_normal((outputs, channels, 3, 3))


@given(seed=st.integers(0, 10**6), channels=st.integers(1, 5))
def test_the_update_written_out_with_loops(seed, channels):
    x, w = case(seed, channels)
    v = [float(x[:, c].sum()) for c in range(channels)]
    r = 4 * 5 * 6
    for d in range(2):
        sums = [float(w[d, c].sum()) for c in range(channels)]
        b = -sum(v[c] * sums[c] for c in range(channels)) / (9 * sum(v))
        below = sum(
            v[c] * sum(e + b for e in w[d, c].ravel() if e + b > 0) for c in range(channels)
        )
        found = equinorm.normalize(x, w)
        assert found.shift[d] == pytest.approx(b)
        assert found.denominator[d] == pytest.approx(below)
        np.testing.assert_allclose(found.weights[d], r / below * (w[d] + b), rtol=1e-9)


@given(seed=st.integers(0, 10**6), channels=st.integers(1, 5))
def test_balance_holds_for_the_batch(seed, channels):
    x, w = case(seed, channels)
    weights = equinorm.normalize(x, w).weights
    above, below = equinorm.contributions(x, weights)
    np.testing.assert_allclose(above, 120, rtol=1e-10)
    np.testing.assert_allclose(below, -120, rtol=1e-10)
    np.testing.assert_allclose(convolve(x, weights).mean(axis=(0, 2, 3)), 0, atol=1e-10)


@given(seed=st.integers(0, 10**6))
def test_weights_do_not_feel_scale_or_offset_of_the_kernel(seed):
    x, w = case(seed)
    once = equinorm.normalize(x, w).weights
    np.testing.assert_allclose(
        equinorm.normalize(x, 3 * w + 0.7).weights, once, rtol=1e-8, atol=1e-10
    )
    np.testing.assert_allclose(equinorm.normalize(x, once).weights, once, rtol=1e-8, atol=1e-10)


@given(seed=st.integers(0, 10**6), channels=st.integers(1, 4))
def test_one_pass_lies_between_zero_and_two_passes(seed, channels):
    x, w = case(seed, channels)
    v = equinorm.channel_sums(x)
    one, two = equinorm.denominator(w, v, passes=1), equinorm.denominator(w, v, passes=2)
    assert (one >= -1e-9).all()
    assert (one <= two * (1 + 1e-12)).all()


def test_one_pass_by_the_papers_formula():
    x, w = case(7)
    v, b = equinorm.channel_sums(x), equinorm.shift(w, equinorm.channel_sums(x))
    positive = np.maximum(w, 0).sum(axis=(2, 3))
    count = (w > 0).sum(axis=(2, 3))
    expected = (positive + b[:, None] * count) @ v
    np.testing.assert_allclose(equinorm.denominator(w, v, passes=1), expected)


@pytest.mark.parametrize(
    ("height", "stride", "expected"), [(6, 2, 36), (7, 2, 64), (7, 3, 81), (5, 1, 25)]
)
def test_the_target_rounds_the_output_up(height, stride, expected):
    assert equinorm.target_total(1, height, height, stride) == expected


@pytest.mark.parametrize("passes", [1, 2])
def test_a_vanishing_denominator_is_refused(passes):
    w = np.full((1, 1, 3, 3), 0.1)
    with pytest.raises(ValueError, match=f"with {passes} pass.* in channel 0"):
        equinorm.normalized_weights(w, [3.0], 9, passes=passes)


def test_all_positive_weights_are_harmless_in_two_passes_only():
    w = np.arange(1.0, 10).reshape(1, 1, 3, 3)
    assert equinorm.normalized_weights(w, [1.0], 9).scale[0] == pytest.approx(9 / 10)
    refuses(ValueError, "1 pass", equinorm.normalized_weights, w, [1.0], 9, passes=1)


def test_bad_input_names_the_argument():
    refused = partial(refuses, ValueError)
    refused("v must have 2 entries", equinorm.shift, np.ones((1, 2, 3, 3)), [1.0])
    refused("v must not add up to zero", equinorm.shift, np.ones((1, 2, 3, 3)), [1.0, -1.0])
    refused("w must have 4 axes", equinorm.shift, np.ones((3, 3)), [1.0])
    refused(
        "passes must be one of 1, 2", equinorm.denominator, np.ones((1, 1, 1, 2)), [1.0], passes=3
    )
    refused("batch must be an integer of at least 1", equinorm.target_total, 0, 3, 3)
    refused("x must be finite", equinorm.channel_sums, np.full((1, 1, 1, 1), np.inf))
