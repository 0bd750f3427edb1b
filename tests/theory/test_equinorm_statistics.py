from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from normtheory.theory.convolution import convolve, retained_share
from normtheory.theory.equinorm import denominator, normalize
from normtheory.theory.equinorm_statistics import (
    WEIGHT_LAWS,
    batch_noise,
    mean_deviation,
    one_pass_ratio,
    padded_imbalance,
    positive_covariance,
    stride_magnitude,
    strided_imbalance,
)
from normtheory.theory.laws import laplace, normal, uniform
from normtheory.theory.montecarlo import estimate
from tests.refused import refuses

LAWS = dict(zip(WEIGHT_LAWS, (normal(), uniform(), laplace()), strict=True))


@given(n=st.integers(2, 5000), offset=st.floats(-3, 3))
def test_one_pass_ratio_of_normal_weights_in_closed_form(n, offset):
    expected = np.sqrt(1 - 1 / n) * np.exp(-(offset**2) / 2)
    assert one_pass_ratio(n, offset=offset) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("law", WEIGHT_LAWS)
@pytest.mark.parametrize("offset", [0.0, -0.8])
def test_one_pass_ratio_is_that_of_simulated_denominators(law, offset):
    ratio = one_pass_ratio(6, law, offset)

    def gap(rng, size):
        w = LAWS[law].draw(rng, (size, 1, 1, 6)) + offset
        v = np.array([2.0])
        return denominator(w, v, passes=1) - ratio * denominator(w, v, passes=2)

    assert estimate(gap, np.random.default_rng(1), replicates=40_000).agrees(0.0)


@given(law=st.sampled_from(WEIGHT_LAWS), n=st.integers(2, 500), offset=st.floats(-4, 4))
def test_one_pass_ratio_is_even_and_largest_for_centred_weights(law, n, offset):
    ratio = one_pass_ratio(n, law, offset)
    assert 0 <= ratio <= one_pass_ratio(n, law) <= 1
    assert ratio == one_pass_ratio(n, law, -offset)


def test_mean_deviation_of_two_laplace_weights():
    # |w1 - w2| / 2 for unit variance: 3 / (4 sqrt(2))
    assert mean_deviation(2, "Laplace") == pytest.approx(3 / (4 * np.sqrt(2)), rel=1e-10)


@pytest.mark.parametrize("law", WEIGHT_LAWS)
def test_positive_covariance_at_zero_is_half_the_mean_deviation(law):
    assert positive_covariance(law, 0.0) == pytest.approx(mean_deviation(10**5, law) / 2, rel=1e-4)


@given(
    size=st.integers(4, 40), stride=st.integers(1, 4), smoothness=st.floats(0, 3, allow_nan=False)
)
def test_strided_imbalance_is_a_share(size, stride, smoothness):
    found = strided_imbalance(size, stride, smoothness)
    assert 0 <= found <= 1
    if stride == 1:
        assert found < 1e-12
    elif size % stride == 0:
        assert strided_imbalance(size, stride, smoothness + 0.5) <= found + 1e-12


def test_stride_magnitude_is_what_a_flat_image_gets():
    x, w = np.ones((1, 1, 7, 7)), np.arange(9.0).reshape(1, 1, 3, 3)
    weights = np.maximum(normalize(x, w, stride=2).weights, 0)
    assert convolve(x, weights, stride=2).mean() == pytest.approx(stride_magnitude(7, 2))


def test_padded_imbalance_is_that_of_random_kernels():
    kept = retained_share(4, 3).ravel()

    def gap(rng, size):
        w = rng.standard_normal((size, 9))
        w -= w.mean(axis=1, keepdims=True)
        return (w @ kept) ** 2 - (padded_imbalance(4) * 9 * mean_deviation(9) / 2) ** 2

    assert estimate(gap, np.random.default_rng(2), replicates=200_000).agrees(0.0)
    assert padded_imbalance(4, 1) == 0.0


def test_batch_noise_of_independent_channels_in_closed_form():
    noise = batch_noise(10)
    assert noise.equilibrium_scale == pytest.approx((np.pi - 1) / 10, rel=1e-12)
    assert noise.equilibrium_shift == pytest.approx(1 + (np.pi - 1) / 10, rel=1e-12)
    m1, m2, m3, m4 = 1 / np.sqrt(2 * np.pi), 0.5, np.sqrt(2 / np.pi), 1.5
    fourth = m4 - 4 * m1 * m3 + 6 * m1**2 * m2 - 3 * m1**4
    variance = m2 - m1**2
    kurtosis = 3 + (fourth / variance**2 - 3) / 10
    assert noise.batchnorm_scale == pytest.approx((kurtosis - 1) / 4, rel=1e-12)


@given(half=st.integers(1, 200), correlation=st.floats(0, 0.9))
def test_more_channels_and_less_correlation_mean_less_noise(half, correlation):
    noise = batch_noise(2 * half, correlation)
    assert batch_noise(2 * half + 2, correlation).equilibrium_scale < noise.equilibrium_scale
    assert batch_noise(2 * half, correlation + 0.05).equilibrium_scale > noise.equilibrium_scale


def test_bad_input_names_the_argument():
    refused = partial(refuses, ValueError)
    refused("fan_in must be an integer of at least 2", one_pass_ratio, 1)
    refused(r"stride must lie in \[1, 3\]", strided_imbalance, 3, 4, 0.0)
    refused("smoothness must lie", strided_imbalance, 8, 2, -1.0)
    refused("channels must be even, got 3", batch_noise, 3)
    refused("correlation must lie", batch_noise, 4, 1.0)
