"""PER on batches and over the sphere, against mpmath's series, quadrature and differences."""

from functools import partial

import mpmath
import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import ndtr

from normtheory import theory
from normtheory.theory.error_function_loss import (
    DELTA_CURVATURE,
    DELTA_OFFSET,
    inner_integral_expression,
)
from normtheory.theory.montecarlo import estimate
from normtheory.theory.sphere_average import chebyshev_sum
from tests.refused import refuses

DIMENSIONS = [1, 2, 3, 5, 8, 16, 64, 512, 4096, 65536]
NORMS = np.concatenate([[0.0], np.logspace(-6, 6, 49), [0.7, 1.3, 2.9, 8.1, 30.0, 250.0]])


def reference(r, d):
    """L and g by mpmath's hypergeometric function; far beyond its series, by the expansion at
    infinity, whose terms fall as d/r^2."""
    with mpmath.workdps(30):
        b, x = mpmath.mpf(d) / 2, mpmath.mpf(float(r)) ** 2 / 2
        scale = mpmath.sqrt(2 / mpmath.pi)
        out = []
        for a, bottom, factor in ((-0.5, b, scale), (0.5, b + 1, scale / d)):
            if x > 1e3 * d and x > 1e4:
                total, term, k = mpmath.mpf(0), mpmath.mpf(1), 0
                while abs(term) > 1e-25 and k < 60:
                    total += term
                    term *= (a + k) * (a - bottom + 1 + k) / ((k + 1) * x)
                    k += 1
                value = mpmath.gammaprod([bottom], [bottom - a]) * x**-a * total
            else:
                value = mpmath.hyp1f1(a, bottom, -x, maxterms=10**7)
            out.append(factor * value)
        return out


def worst_error(found, expected):
    return max(
        abs(float(mpmath.mpf(float(f)) / e - 1)) for f, e in zip(found, expected, strict=True)
    )


@pytest.mark.parametrize("d", DIMENSIONS)
@pytest.mark.parametrize(("dtype", "bound"), [(np.float64, 1e-14), (np.float32, 3e-7)])
def test_the_exact_average_matches_mpmath_up_to_r_of_a_million(d, dtype, bound):
    r = NORMS.astype(dtype)
    expected = [reference(x, d) for x in r]
    value, factor = theory.projected_error_of_norm(r, d, gradient=True)
    assert value.dtype == factor.dtype == dtype
    assert worst_error(value, [e[0] for e in expected]) < bound
    assert worst_error(factor, [e[1] for e in expected]) < bound


@pytest.mark.parametrize("d", DIMENSIONS)
def test_the_float32_coefficients_suffice_when_all_arithmetic_is_float32(d):
    a, c = theory.projected_error_coefficients(d, "float32")
    r = NORMS.astype(np.float32)
    square = r * r + np.float32(d + 2)
    t = 1 - 2 * (np.float32(d + 2) / square)
    expected = [reference(x, d) for x in r]
    value = np.sqrt(square) * chebyshev_sum(a, t)
    factor = chebyshev_sum(c, t) / np.sqrt(square)
    assert value.dtype == factor.dtype == np.float32
    assert worst_error(value, [e[0] for e in expected]) < 5e-7
    assert worst_error(factor, [e[1] for e in expected]) < 5e-7


def test_coefficients_are_cached_and_read_only():
    a, _ = theory.projected_error_coefficients(7)
    assert theory.projected_error_coefficients(7)[0] is a
    with pytest.raises(ValueError, match="read-only"):
        a[0] = 1


@pytest.mark.parametrize("x", [-3.0, -0.4, 0.0, 1.1, 6.0])
def test_the_inner_integral_is_the_area_between_the_distribution_functions(x):
    area = quad(ndtr, -40, x, epsabs=1e-13)[0] + quad(lambda y: ndtr(-y), x, 40, epsabs=1e-13)[0]
    np.testing.assert_allclose(theory.inner_integral(x), area, rtol=1e-11)


def test_the_inner_integral_is_derived_by_sympy():
    assert sp.simplify(inner_integral_expression(False) - inner_integral_expression()) == 0


def test_huber_and_pseudo_huber_are_the_documents():
    x = np.linspace(-4, 4, 81)
    np.testing.assert_allclose(theory.pseudo_huber(x), np.sqrt(1 + x * x) - 1, atol=1e-15)
    np.testing.assert_allclose(
        theory.huber(x), np.where(np.abs(x) <= 1, x * x / 2, np.abs(x) - 0.5), atol=1e-15
    )
    assert theory.pseudo_huber(1e-9) == pytest.approx(5e-19, rel=1e-12)


@pytest.mark.parametrize(
    "loss", [theory.inner_integral, theory.shifted_error, theory.pseudo_huber, theory.huber]
)
def test_slopes_are_derivatives(loss):
    x = np.array([-5.0, -0.99, -0.3, 0.0, 0.2, 2.5])
    step = 1e-5
    np.testing.assert_allclose(
        loss(x, gradient=True)[1], (loss(x + step) - loss(x - step)) / (2 * step), atol=1e-9
    )


@pytest.mark.parametrize("gradient", [False, True])
def test_no_other_delta_matches_better(gradient):
    delta, gap = theory.best_matching_delta(gradient=gradient)
    assert DELTA_OFFSET < delta < DELTA_CURVATURE
    others = [theory.pseudo_huber_gap(v, gradient=gradient) for v in np.linspace(0.6, 1.5, 91)]
    assert gap <= min(others)
    assert theory.pseudo_huber_gap(delta, gradient=gradient) == pytest.approx(gap, rel=1e-9)


def test_no_delta_has_both_the_curvature_and_the_offset():
    far, near = 1e7, 1e-3
    np.testing.assert_allclose(
        theory.shifted_error(far) - theory.pseudo_huber(far, DELTA_OFFSET), 0, atol=1e-6
    )
    np.testing.assert_allclose(
        theory.shifted_error(near), theory.pseudo_huber(near, DELTA_CURVATURE), rtol=1e-5
    )
    assert DELTA_OFFSET * DELTA_CURVATURE == pytest.approx(1.0)


def test_mean_projection_is_an_expectation():
    rng = np.random.default_rng(5)
    for d in (1, 2, 9):
        found = estimate(
            lambda rng, size, d=d: np.abs(theory.random_directions(d, size, rng)[:, 0]),
            rng,
            replicates=100_000,
        )
        assert found.agrees(theory.mean_projection(d))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(1, 1), (7, 3), (40, 700)])
def test_the_batch_loss_is_the_mean_and_its_gradient_the_derivative(dtype, shape):
    rng = np.random.default_rng(1)
    h = (2 * rng.standard_normal(shape)).astype(dtype)
    value, slope = theory.projected_error_loss(h, gradient=True)
    each = theory.projected_error_of_norm(np.linalg.norm(h.astype(float), axis=1), shape[1])
    assert value == pytest.approx(each.mean(), rel=1e-6 if dtype == np.float32 else 1e-13)
    assert slope.dtype == dtype
    direction = rng.standard_normal(shape)
    step = 1e-5
    wide = h.astype(float)
    difference = theory.projected_error_loss(wide + step * direction) - theory.projected_error_loss(
        wide - step * direction
    )
    assert np.vdot(slope, direction) == pytest.approx(difference / (2 * step), rel=1e-4, abs=1e-9)


def test_huge_activations_do_not_overflow():
    h = np.full((3, 4), 1e30, dtype=np.float32)
    value, slope = theory.projected_error_loss(h, gradient=True)
    assert value == pytest.approx(2e30 * theory.mean_projection(4), rel=1e-6)
    np.testing.assert_allclose(slope, theory.mean_projection(4) / 6, rtol=1e-6)


def test_monte_carlo_agrees_in_value_and_gradient():
    rng = np.random.default_rng(2)
    h = rng.standard_normal((32, 5)) + 1
    exact, slope = theory.projected_error_loss(h, gradient=True)
    found, rough = theory.projected_error_loss_mc(
        h, theory.random_directions(5, 20_000, rng), gradient=True
    )
    assert found.agrees(exact)
    assert np.abs(rough - slope).max() < 6.4 / 32 / np.sqrt(20_000)


def test_gaussian_projections_give_a_pseudo_huber_loss():
    rng = np.random.default_rng(3)
    h = rng.standard_normal((1, 6)) * 2
    exact, slope = theory.projected_error_gaussian(h, gradient=True)
    found = estimate(
        lambda rng, size: theory.inner_integral(rng.standard_normal((size, 6)) @ h[0] / np.sqrt(6)),
        rng,
        replicates=200_000,
    )
    assert found.agrees(exact)
    r = np.linalg.norm(h)
    shifted = np.sqrt(2 / np.pi) * (theory.pseudo_huber(r, np.sqrt(6)) / np.sqrt(6) + 1)
    assert exact == pytest.approx(shifted, rel=1e-14)
    step = 1e-6
    up, down = theory.projected_error_gaussian(h + step), theory.projected_error_gaussian(h - step)
    assert slope.sum() == pytest.approx((up - down) / (2 * step), rel=1e-6)


@settings(max_examples=60)
@given(d=st.integers(1, 5000), r=st.floats(0, 1e8), more=st.floats(0.01, 10))
def test_per_grows_with_the_norm_between_its_asymptotes(d, r, more):
    value, factor = theory.projected_error_of_norm(r, d, gradient=True)
    assert theory.projected_error_of_norm(r + more * (1 + r), d) > value
    # Jensen: r <= E|h + Z| <= sqrt(r^2 + d)
    assert value >= max(r * theory.mean_projection(d), np.sqrt(2 / np.pi)) * (1 - 1e-13)
    assert value <= theory.mean_projection(d) * np.sqrt(r * r + d) * (1 + 1e-13)
    assert 0 < factor <= np.sqrt(2 / np.pi) / d * (1 + 1e-13)


def test_bad_input_is_named():
    refused = partial(refuses, ValueError)
    refused("d must be an integer of at least 1, got 0", theory.projected_error_coefficients, 0)
    refused("r must be at least 0, got -1", theory.projected_error_of_norm, -1.0, 3)
    refused(r"theta must have shape", theory.projected_error_loss_mc, np.ones((2, 3)), np.eye(2))
    refused("at least 2 directions", theory.projected_error_loss_mc, np.ones((2, 2)), np.eye(2)[:1])
    refused(
        "directions of length 1", theory.projected_error_loss_mc, np.ones((2, 2)), 2 * np.eye(2)
    )


@pytest.mark.parametrize("d", [1, 64, 4096])
def test_the_longest_vectors_have_a_finite_value_and_gradient(d):
    r = np.array([1e149, 1e151, 1e160, 1e300])
    value, factor = theory.projected_error_of_norm(r, d, gradient=True)
    np.testing.assert_allclose(value, r * theory.mean_projection(d), rtol=1e-13)
    np.testing.assert_allclose(factor * r, theory.mean_projection(d), rtol=1e-13)
    value = theory.projected_error_of_norm(np.float32(3e38), d)
    assert value.dtype == np.float32
    assert value == pytest.approx(3e38 * theory.mean_projection(d), rel=1e-6)
