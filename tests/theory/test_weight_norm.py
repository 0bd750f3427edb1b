from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from normtheory.theory.weight_norm import (
    data_dependent_scale,
    descend_unit,
    normalized_weight,
    unit_scatter,
    weight_norm_gradients,
)
from tests.refused import refuses


def rng():
    return np.random.default_rng(11)


def test_weight_has_length_g_and_ignores_the_length_of_v():
    v, g = rng().standard_normal((4, 7)), np.array([0.5, 1.0, 2.0, 3.0])
    w = normalized_weight(v, g)
    np.testing.assert_allclose(np.linalg.norm(w, axis=1), g, rtol=1e-14)
    np.testing.assert_allclose(normalized_weight(17 * v, g), w, rtol=1e-14)


@given(seed=st.integers(0, 10_000), eta=st.floats(1e-3, 1))
def test_gradient_of_v_is_orthogonal_and_only_lengthens(seed, eta):
    r = np.random.default_rng(seed)
    v, g, d = r.standard_normal((3, 5)), r.uniform(0.1, 2, 3), r.standard_normal((3, 5))
    grad_v, grad_g = weight_norm_gradients(d, v, g)
    np.testing.assert_allclose((grad_v * v).sum(1), 0, atol=1e-12)
    after = ((v - eta * grad_v) ** 2).sum(1)
    np.testing.assert_allclose(after, (v**2).sum(1) + eta**2 * (grad_v**2).sum(1), rtol=1e-12)
    # a move along (v, g) changes the loss as the same move of w does
    step = 1e-6
    dv, dg = r.standard_normal((3, 5)), r.standard_normal(3)
    change = normalized_weight(v + step * dv, g + step * dg) - normalized_weight(
        v - step * dv, g - step * dg
    )
    expected = (grad_v * dv).sum() + (grad_g * dg).sum()
    assert (d * change).sum() / (2 * step) == pytest.approx(expected, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("target", [0.5, 1.0, 3.0])
def test_descent_reaches_the_teacher_and_obeys_pythagoras(target):
    run = descend_unit(500, 0.1, target=target)
    assert run.loss[-1] < 1e-6 and run.length[-1] == pytest.approx(target, rel=1e-3)
    np.testing.assert_allclose(
        np.diff(run.squared_norm), 0.01 * run.squared_gradient[:-1], atol=1e-14
    )


def test_small_v_turns_fast_and_grows():
    small, large = (descend_unit(1, 0.1, start=s) for s in (0.1, 10.0))
    assert small.squared_norm[1] / small.squared_norm[0] > 50
    assert large.squared_norm[1] / large.squared_norm[0] < 1.001


def test_initialisation_standardises_every_unit():
    x = rng().standard_normal((50, 6)) * [1, 2, 3, 4, 5, 6] + 3
    v = rng().standard_normal((8, 6))
    g, b = data_dependent_scale(x, v)
    t = x @ normalized_weight(v, g).T + b
    np.testing.assert_allclose(t.mean(0), 0, atol=1e-12)
    np.testing.assert_allclose(t.std(0), 1, rtol=1e-12)
    g, b = data_dependent_scale(x, v, per="layer")
    t = x @ normalized_weight(v, g).T + b
    assert t.mean() == pytest.approx(0, abs=1e-12) and t.std() == pytest.approx(1)
    assert t.std(0).std() > 0.05


def test_scatter_of_random_directions():
    mean, spectrum = np.array([1.0, 0, 0, 2.0]), np.array([1.0, 2.0, 3.0, 4.0])
    u = rng().standard_normal((400_000, 4))
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    centre, variance = (u @ mean) ** 2, (u**2) @ spectrum
    share, spread = unit_scatter(mean, spectrum)
    assert share == pytest.approx(centre.mean() / (centre.mean() + variance.mean()), rel=5e-3)
    assert spread == pytest.approx(variance.std() / variance.mean(), rel=5e-3)


def test_bad_input_is_named():
    refused = partial(refuses, ValueError)
    refused("v must have no zero row", normalized_weight, np.zeros((1, 3)), [1.0])
    refused("v must have 2 axes", normalized_weight, np.ones(3), [1.0])
    refused("must make every unit vary", data_dependent_scale, np.ones((4, 2)), np.eye(2))
    refused(r"g must have shape \(2,\), got \(1,\)", normalized_weight, np.ones((2, 3)), [1.0])
    refused(r"g must have shape \(1,\)", normalized_weight, np.ones((1, 3)), [1.0, 2.0])
    refused("g must be finite, got nan", normalized_weight, np.ones((1, 3)), [np.nan])
    shape = r"weight_gradient must have shape \(1, 3\), got \(1, 2\)"
    refused(shape, weight_norm_gradients, np.ones((1, 2)), np.ones((1, 3)), [1.0])
    refused("covariance_spectrum must have a positive", unit_scatter, np.zeros(2), np.zeros(2))
    refused("spectrum must be at least 0, got -1.0", unit_scatter, np.zeros(2), [2.0, -1.0])


def test_equal_rows_do_not_vary_whatever_rounding_says():
    """Their products with v have a standard deviation of 1e-17: it was taken for a scale."""
    for rows in (np.full((7, 2), 0.1), 1e6 + np.zeros((9, 2)), [[0.1, 0.3]] * 7):
        for v in ([[1.0, 0.3]], [[0.3, -0.1]], [[1.0, -1.0]]):
            refuses(ValueError, "inputs must make every unit vary", data_dependent_scale, rows, v)
    x = 1e6 + rng().standard_normal((50, 2))
    assert data_dependent_scale(x, [[1.0, 0.0]]).g == pytest.approx(1 / x[:, 0].std(), rel=1e-6)
