from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate

from normtheory.theory.gradient_correlation import (
    NETWORKS,
    arc_cosine,
    circle_kernel,
    coactivation,
    correlation_by_depth,
    derivative_kernel,
    plain_scaling,
    spectral_exponent,
    spectrum,
)
from tests.refused import refuses


@pytest.mark.parametrize("rho", [-0.9, -0.3, 0.0, 0.4, 0.95])
def test_kernels_are_the_gaussian_expectations(rho):
    def positive(u, power):
        # given u, the other is N(rho u, 1 - rho^2)
        s = np.sqrt(1 - rho**2)
        if power == 0:
            inner = integrate.quad(lambda v: np.exp(-(v**2) / 2), -rho * u / s, np.inf)[0]
        else:
            inner = integrate.quad(
                lambda v: (rho * u + s * v) * np.exp(-(v**2) / 2), -rho * u / s, np.inf
            )[0]
        return u**power * inner * np.exp(-(u**2) / 2) / (2 * np.pi)

    for power in (0, 1):
        value = 2 * integrate.quad(positive, 0, np.inf, args=(power,))[0]
        assert arc_cosine(rho, power) == pytest.approx(value, abs=1e-8)


@given(rho=st.floats(-1, 1))
def test_forward_map_raises_every_correlation(rho):
    assert arc_cosine(rho, 1) >= rho - 1e-15
    assert 0 <= coactivation(rho) <= 0.5


def test_textbook_values():
    assert coactivation(0.0) == 0.25
    assert arc_cosine([-1.0, 0.0, 1.0], 1) == pytest.approx([0, 1 / np.pi, 1], abs=1e-15)
    plain = correlation_by_depth(0.0, 2)[1]
    assert plain[2] == pytest.approx(0.5 * (1 - np.arccos(1 / np.pi) / np.pi), rel=1e-14)


@pytest.mark.parametrize("network", NETWORKS)
def test_correlations_stay_in_range_and_one_stays_one(network):
    forward, gradient = correlation_by_depth(np.linspace(-1, 1, 41), 80, network=network, beta=0.7)
    assert forward.shape == (80, 41) and gradient.shape == (81, 41)
    assert (np.abs(forward) <= 1).all()
    np.testing.assert_allclose(gradient[:, -1], 1, atol=1e-12)
    assert (np.diff(gradient, axis=0) <= 1e-15).all()


def test_small_residual_blocks_are_a_shorter_plain_network():
    beta = 0.1
    share = beta**2 / (1 + beta**2)
    double = 4 * beta**2 / (1 + 4 * beta**2)
    slow = correlation_by_depth(0.2, round(20 / share), network="residual", beta=beta)
    fast = correlation_by_depth(0.2, round(20 / double), network="residual", beta=2 * beta)
    assert slow[1][-1] == pytest.approx(fast[1][-1], rel=0.02)
    angle, depth = 0.05, 3000
    got = correlation_by_depth(np.cos(angle), depth, network="residual", beta=beta)[1][-1]
    assert got == pytest.approx(plain_scaling(angle, share * depth), rel=0.02)


def test_biases_keep_inputs_apart_or_alike():
    none = correlation_by_depth(0.0, 10)[0][-1]
    tiny = correlation_by_depth(0.0, 10, bias_variance=1e-9)[0][-1]
    large = correlation_by_depth(0.0, 10, bias_variance=1.0)[0][-1]
    assert tiny == pytest.approx(none, abs=1e-7) and large > none


@pytest.mark.parametrize(("network", "beta"), [("plain", 1.0), ("residual", 0.5)])
@pytest.mark.parametrize("depth", [1, 4, 15])
def test_derivative_kernel_is_minus_the_second_derivative(network, beta, depth):
    t, step = np.linspace(0.2, 3.0, 12), 1e-3

    def output_kernel(t):
        if network == "plain":
            forward, _ = correlation_by_depth(np.cos(t), depth + 1)
        else:
            forward, _ = correlation_by_depth(np.cos(t), depth + 1, network=network, beta=beta)
        return forward[-1]

    second = (output_kernel(t + step) - 2 * output_kernel(t) + output_kernel(t - step)) / step**2
    got = derivative_kernel(np.concatenate([[0.0], t]), depth, network=network, beta=beta)[1:]
    np.testing.assert_allclose(got, -second, atol=2e-5)


def test_circle_kernels_are_covariances():
    for depth in (1, 3, 24):
        kernel = circle_kernel(128, depth)
        assert kernel[0] == 1 and np.allclose(kernel[1:], kernel[:0:-1])
        assert np.fft.rfft(kernel).real.min() > -1e-10


def test_spectral_exponent_knows_white_and_brownian():
    frequency = np.arange(1, 128.0)
    assert spectral_exponent(np.ones(127)) == pytest.approx(0, abs=1e-12)
    assert spectral_exponent(5 * frequency**-2) == pytest.approx(-2)
    assert spectrum(circle_kernel(256, 1)).shape == (127,)


def test_bad_input_is_named():
    refused = partial(refuses, ValueError)
    refused(r"rho must lie in \[-1, 1\], got 1.1", arc_cosine, 1.1, 0)
    refused("depth must be an integer of at least 1, got 0", correlation_by_depth, 0.0, 0)
    refused("points must be even, got 7", circle_kernel, 7, 1)
    refused("band must hold at least two frequencies", spectral_exponent, [1.0])
