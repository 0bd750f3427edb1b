import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from normtheory.theory import selu


def exact_moments(m, v, alpha=selu.ALPHA):
    """The textbook closed form at 80 digits, where cancellation does not matter."""
    with mp.workdps(80):
        m, v, alpha = mp.mpf(m), mp.mpf(v), mp.mpf(alpha)
        s = mp.sqrt(v)

        def below(x):
            return mp.erfc(-x / mp.sqrt(2)) / 2

        density = mp.exp(-m * m / 2 / v) / mp.sqrt(2 * mp.pi)
        once = mp.exp(m + v / 2) * below(-(m + v) / s)
        twice = mp.exp(2 * m + 2 * v) * below(-(m + 2 * v) / s)
        mean = m * below(m / s) + s * density + alpha * (once - below(-m / s))
        square = (
            (m * m + v) * below(m / s)
            + m * s * density
            + alpha**2 * (twice - 2 * once + below(-m / s))
        )
        return float(mean), float(square - mean**2)


@pytest.mark.parametrize("m", [-20.0, -5.0, -1.0, -1e-3, 0.0, 1e-3, 0.1, 1.0, 5.0, 50.0])
@pytest.mark.parametrize("v", [1e-6, 1e-4, 2.4e-3, 2.6e-3, 0.1, 1.0, 10.0, 1e4])
def test_map_keeps_its_digits_from_tiny_to_huge_variances(m, v):
    mean, variance = selu.moment_map(m, v, lam=1.0, omega=1.0)
    expected = exact_moments(m, v)
    assert mean == pytest.approx(expected[0], rel=1e-11, abs=1e-15)
    # far left the variance is of e^2m: below 1e-19 its last digits are those of the cut at 9 sigma
    assert variance == pytest.approx(expected[1], rel=1e-8, abs=1e-19)


def test_selu_constants_fix_zero_and_one():
    mean, variance = selu.moment_map(0.0, 1.0)
    assert abs(mean) < 1e-15 and abs(variance - 1) < 1e-14
    assert float(mp.mpf("1.6732632423543772848170429916717")) == selu.ALPHA
    assert float(mp.mpf("1.0507009873554804934193349852946")) == selu.LAMBDA


@given(
    mean=st.floats(-3, 3),
    variance=st.floats(0.05, 20),
    omega=st.floats(-2, 2),
    tau=st.floats(0.2, 3),
)
def test_jacobian_is_the_derivative_of_the_map(mean, variance, omega, tau):
    def at(m, v):
        return np.stack(selu.moment_map(m, v, omega=omega, tau=tau))

    step = 1e-5
    numeric = np.stack(
        [
            (at(mean + step, variance) - at(mean - step, variance)) / (2 * step),
            (at(mean, variance + step) - at(mean, variance - step)) / (2 * step),
        ],
        axis=-1,
    )
    exact = selu.moment_jacobian(mean, variance, omega=omega, tau=tau)
    np.testing.assert_allclose(exact, numeric, rtol=1e-5, atol=1e-6)


def test_map_broadcasts_and_agrees_with_single_calls():
    mean, variance = np.array([[-1.0], [2.0]]), np.array([1e-4, 0.5, 3.0])
    together = selu.moment_map(mean, variance, omega=0.5, tau=1.2)
    assert together[0].shape == (2, 3)
    for i in range(2):
        for j in range(3):
            alone = selu.moment_map(mean[i, 0], variance[j], omega=0.5, tau=1.2)
            assert alone[0] == together[0][i, j] and alone[1] == together[1][i, j]
    assert selu.moment_jacobian(mean, variance).shape == (2, 3, 2, 2)


def test_scale_enters_linearly_and_weights_through_the_preactivation():
    mean, variance = selu.moment_map(0.7, 1.3, lam=1.0, omega=1.0)
    twice = selu.moment_map(0.7, 1.3, lam=2.0, omega=1.0)
    assert twice[0] == pytest.approx(2 * mean) and twice[1] == pytest.approx(4 * variance)
    moved = selu.moment_map(0.7, 1.3, omega=0.5, tau=2.0)
    same = selu.moment_map(0.35, 2.6, omega=1.0)
    assert moved[0] == same[0] and moved[1] == same[1]


def test_spectral_radius_of_the_published_jacobian():
    assert selu.spectral_radius(selu.moment_jacobian(0.0, 1.0)) == pytest.approx(0.7826, abs=5e-5)


def test_a_collapsed_layer_stays_finite():
    mean, variance = selu.iterate_moments(-2.0, 0.1, 400, omega=0.8)
    assert np.isfinite(mean).all() and variance[-1] < 1e-20
    assert mean[-1] == pytest.approx(selu.scaled_elu(0.8 * mean[-1]), abs=1e-12)
