import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from normtheory import theory
from normtheory.theory import selu_constants
from normtheory.theory.selu import ALPHA
from tests.refused import refuses


@given(share=st.floats(-0.98, 0.98), variance=st.floats(1e-4, 1e4))
def test_constants_inside_the_band_make_a_contracting_fixed_point(share, variance):
    low, high = selu_constants.target_band(variance)
    mean = share * (high if share > 0 else -low)
    alpha, lam = selu_constants.fixed_point_constants(mean, variance)
    got = theory.moment_map(mean, variance, alpha=alpha, lam=lam)
    assert got[0] == pytest.approx(mean, abs=1e-9 * np.sqrt(variance))
    assert got[1] == pytest.approx(variance, rel=1e-8)
    assert theory.spectral_radius(theory.moment_jacobian(mean, variance, alpha=alpha, lam=lam)) < 1


@pytest.mark.parametrize("variance", [0.01, 1.0, 50.0])
def test_constants_end_exactly_at_the_band(variance):
    low, high = selu_constants.target_band(variance)
    for edge in (low, high):
        assert np.isfinite(selu_constants.solve_constants(edge * (1 - 1e-9), variance).alpha)
        assert np.isnan(selu_constants.solve_constants(edge * (1 + 1e-9), variance).alpha)
    with pytest.raises(ValueError, match="mean must lie inside target_band"):
        selu_constants.fixed_point_constants(1.01 * high, variance)


@given(mean=st.floats(-0.3, 0.3), omega=st.floats(-0.5, 0.5), tau=st.floats(0.7, 1.5))
def test_constants_for_other_weights(mean, omega, tau):
    alpha, lam = selu_constants.fixed_point_constants(mean, 1.0, omega=omega, tau=tau)
    got = theory.moment_map(mean, 1.0, alpha=alpha, lam=lam, omega=omega, tau=tau)
    assert got[0] == pytest.approx(mean, abs=1e-10) and got[1] == pytest.approx(1, rel=1e-10)


@pytest.mark.parametrize("variance", [1e-3, 1.0, 4.0, 30.0])
def test_expression_and_numbers_agree(variance):
    numbers = selu_constants.fixed_point_constants(0.0, variance)
    symbols = [float(e.evalf(30)) for e in selu_constants.constants_expression(variance)]
    assert list(numbers) == pytest.approx(symbols, rel=1e-9)


def test_weight_sums_bound_stability():
    low, high = theory.stable_weight_sums()
    for inside, omega in ((True, low + 1e-6), (False, low - 1e-6), (True, high - 1e-6)):
        radius = theory.spectral_radius(theory.moment_jacobian(0.0, 1.0, omega=omega))
        assert (radius < 1) == inside
    assert theory.spectral_radius(theory.moment_jacobian(0.0, 1.0, omega=high + 1e-6)) > 1
    refuses(ValueError, r"mean must be 0, got 0\.5", theory.stable_weight_sums, 0.5)


@pytest.mark.parametrize("end", [0, 1])
def test_collapse_begins_where_the_dead_orbit_stops_repelling(end):
    omega = theory.collapse_weight_sums()[end] * np.array([0.999, 1.001])
    mean = np.array([-1.0, -1.0])
    for _ in range(20_000):
        mean = theory.scaled_elu(omega * mean)
    slope = np.ones(2)
    for _ in range(2):
        at = zip(mean, omega, strict=True)
        slope *= [theory.moment_jacobian(each, 1e-10, omega=w)[1, 1] for each, w in at]
        mean = theory.scaled_elu(omega * mean)
    assert list(slope < 1) == [False, True]


def test_surviving_norms_are_the_inverse_growths_of_extreme_variances():
    for alpha in (0.01, 0.5, 1.0, ALPHA):
        low, high = theory.surviving_norms(alpha)
        tiny, huge = (float(theory.moment_map(0.0, v, alpha=alpha)[1]) / v for v in (1e-14, 1e14))
        assert (low, high) == pytest.approx((1 / tiny, 1 / huge), rel=1e-6)
        norms = low * 0.9, np.sqrt(low * high), high * 1.1
        dead, kept, grown = (
            theory.iterate_moments(0.0, 1.0, 300, alpha=alpha, tau=tau)[1][-1] for tau in norms
        )
        assert dead < 1e-8 < 1e-5 < kept < 1e5 < 1e8 < grown


@given(
    rate=st.floats(0, 0.95),
    mean=st.floats(-1, 1),
    variance=st.floats(0.1, 5),
    floor=st.floats(-4, -0.5),
)
def test_dropout_keeps_both_moments_by_enumeration(rate, mean, variance, floor):
    a, b = selu_constants.alpha_dropout_affine(rate, mean, variance, alpha=-floor, lam=1.0)
    values = np.array([mean - np.sqrt(variance), mean + np.sqrt(variance), floor])
    weights = np.array([(1 - rate) / 2, (1 - rate) / 2, rate])
    after = a * values + b
    assert weights @ after == pytest.approx(mean, abs=1e-12)
    assert weights @ (after - mean) ** 2 == pytest.approx(variance, rel=1e-10)


@pytest.mark.parametrize("rate", [-0.1, 1.0, 2.0])
def test_dropout_rate_is_checked(rate):
    refuses(ValueError, "rate must lie in", selu_constants.alpha_dropout_affine, rate)


def test_dropout_variance_is_checked():
    with pytest.raises(ValueError, match=r"alpha \* lam and alpha \* lam\*\*2 must exceed 1"):
        theory.collapse_weight_sums(1.0, 1.0)
