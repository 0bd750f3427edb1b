import numpy as np
import pytest

from normtheory.theory.gradient_correlation import NETWORKS, coactivation, correlation_by_depth
from normtheory.theory.montecarlo import Estimate
from normtheory.theory.rectifier_networks import autocorrelation, circle_derivative, layers


def rng(seed=3):
    return np.random.default_rng(seed)


def estimate_of(draws):
    return Estimate(float(draws.mean()), float(draws.std(ddof=1) / np.sqrt(draws.size)), draws.size)


@pytest.mark.parametrize("network", ["plain", "residual"])
def test_tangent_is_the_derivative(network):
    x, u, step = rng(1).standard_normal((4, 6)), rng(2).standard_normal(6), 1e-6

    def output(x):
        # a rectifier network without biases is homogeneous: its output is its derivative along x
        *_, (_, tangent) = layers(x, x, depth=3, width=9, rng=rng(), network=network)
        return tangent

    *_, (_, tangent) = layers(x, u, depth=3, width=9, rng=rng(), network=network)
    numeric = (output(x + step * u) - output(x - step * u)) / (2 * step)
    np.testing.assert_allclose(tangent, numeric, atol=1e-7)


def test_first_layer_has_the_exact_coactivation_at_any_width():
    rho = 0.6
    x = np.array([[1.0, 0.0, 0.0], [rho, np.sqrt(1 - rho**2), 0.0]])
    inputs = np.broadcast_to(x, (20_000, 2, 3))
    active, _ = next(layers(inputs, inputs, depth=1, width=3, rng=rng()))
    coactive, share = active.all(axis=1).mean(-1), active.mean((1, 2))
    assert estimate_of(coactive).agrees(float(coactivation(rho)))
    assert estimate_of(share).agrees(0.5)
    assert not estimate_of(coactive).agrees(1.05 * float(coactivation(rho)))


def test_gradient_norm_is_kept_exactly_on_average():
    inputs = np.broadcast_to(np.eye(1, 16), (4000, 1, 16))
    *_, (_, tangent) = layers(inputs, np.eye(1, 16, 1), depth=3, width=16, rng=rng())
    assert estimate_of((tangent**2).sum(-1)).agrees(1.0)


@pytest.mark.parametrize("network", NETWORKS)
def test_wide_networks_approach_the_law(network):
    depth, width, networks = 3, 256, 40
    # of mean square 1, which is what the law of residual+BN starts from
    inputs = np.broadcast_to(np.sqrt(width) * np.eye(8, width), (networks, 8, width))
    run = layers(inputs, np.eye(1, width, 9), depth=depth, width=width, rng=rng(), network=network)
    *_, (_, tangent) = run
    square = np.square(tangent).sum(axis=(1, 2)) / 8
    pairs = (np.square(tangent.sum(axis=1)).sum(-1) - 8 * square) / 56
    got = pairs.mean() / square.mean()
    law = correlation_by_depth(-1 / 7 if network.endswith("BN") else 0.0, depth, network=network)
    # 1/width and, with BN, the small batch leave a few per cent
    assert got == pytest.approx(law[1][-1], rel=0.25)


def test_batch_norm_with_two_inputs_shares_nothing():
    inputs = rng().standard_normal((5, 2, 8))
    for active, _ in layers(inputs, inputs, depth=4, width=8, rng=rng(), network="plain+BN"):
        assert not active.all(axis=1).any() and (active.mean((1, 2)) == 0.5).all()


def test_a_width_of_eight_bits_is_a_width_in_full_precision():
    short, plain = (circle_derivative(8, 2, width, rng=rng()) for width in (np.uint8(6), 6))
    np.testing.assert_array_equal(short, plain)


def test_circle_derivative_is_the_derivative_along_the_circle():
    got = circle_derivative(512, 2, 6, rng=rng())
    assert got.shape == (512, 6)
    # integrating the derivative round the circle comes back to the start
    assert np.abs(got.sum(axis=0)).max() * 2 * np.pi / 512 < 0.1 * np.abs(got).max()


def test_autocorrelation_of_white_and_of_a_wave():
    white = rng().standard_normal((256, 400))
    assert abs(autocorrelation(white)[1]) < 0.02
    t = 2 * np.pi * np.arange(64) / 64
    np.testing.assert_allclose(autocorrelation(np.cos(t)[:, None]), np.cos(t), atol=1e-12)


def test_one_input_alone_is_no_batch():
    with pytest.raises(ValueError, match=r"inputs must have shape \(..., batch, d\), got \(3,\)"):
        next(layers(np.zeros(3), np.zeros(3), depth=1, width=2, rng=rng()))
