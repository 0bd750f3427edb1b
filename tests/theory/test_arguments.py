import numpy as np
import pytest

from normtheory.theory import arguments


@pytest.mark.parametrize("p", [0, 1, -0.1, 1.5, np.nan, np.inf])
def test_probability_names_argument_value_and_range(p):
    with pytest.raises(ValueError, match=r"^p must (lie in \(0, 1\)|be finite), got "):
        arguments.require_probability("p", p)


def test_closed_ends_are_included():
    assert arguments.require_between("x", 1, 0, 1, closed=True) == 1.0
    with pytest.raises(ValueError, match=r"x must lie in \[0, 1\], got 1.1"):
        arguments.require_between("x", 1.1, 0, 1, closed=True)


@pytest.mark.parametrize("n", [1, 2.5, -3, np.inf])
def test_integer_refuses_values(n):
    with pytest.raises(ValueError, match="n must be an integer of at least 2, got"):
        arguments.require_integer("n", n, minimum=2)


@pytest.mark.parametrize("n", ["2", None, True])
def test_integer_refuses_types(n):
    with pytest.raises(TypeError, match="n must be an integer, got"):
        arguments.require_integer("n", n, minimum=2)


@pytest.mark.parametrize(
    "values, message",
    [
        ([], "must not be empty"),
        ([1, np.nan], "must be finite, got nan"),
        ([1, -np.inf], "must be finite, got -inf"),
        ([[1.0]], r"must have 1 axes, got shape \(1, 1\)"),
    ],
)
def test_finite_refuses(values, message):
    with pytest.raises(ValueError, match="x " + message):
        arguments.require_finite("x", values, ndim=1)


def test_finite_keeps_float32_and_widens_the_rest():
    assert arguments.require_finite("x", np.ones(2, np.float32)).dtype == np.float32
    assert arguments.require_finite("x", [1, 2]).dtype == np.float64
    with pytest.raises(TypeError, match="real numbers"):
        arguments.require_finite("x", ["a"])


@pytest.mark.parametrize(
    "matrix, message",
    [
        ([[1.0, 2.0], [0.0, 1.0]], "symmetric"),
        ([[1.0, 2.0], [2.0, 1.0]], "positive definite, got smallest eigenvalue -1"),
        ([[0.0, 0.0], [0.0, 1.0]], "positive definite"),
        ([[1.0, 0.0]], "square"),
        ([[np.nan, 0.0], [0.0, 1.0]], "finite"),
    ],
)
def test_covariance_refuses(matrix, message):
    with pytest.raises(ValueError, match="cov must be .*" + message.split(",")[0]):
        arguments.require_covariance("cov", matrix)


def test_covariance_returns_the_array():
    np.testing.assert_array_equal(arguments.require_covariance("cov", np.eye(3)), np.eye(3))


@pytest.mark.parametrize("value", [0, -1, np.nan])
def test_positive_refuses(value):
    with pytest.raises(ValueError, match=r"beta must be (positive|finite), got"):
        arguments.require_positive("beta", value)


def test_choice_lists_what_is_allowed():
    with pytest.raises(ValueError, match="device must be one of cpu, cuda, got 'tpu'"):
        arguments.require_choice("device", "tpu", ("cpu", "cuda"))
