from fractions import Fraction

import numpy as np
import pytest

from normtheory.theory import arguments
from tests.refused import refuses


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.uint8, np.int64])
def test_numbers_of_any_precision_are_taken_without_a_warning(kind):
    assert type(arguments.integer("n", kind(3), minimum=2)) is int
    assert arguments.moderate("x", np.array([kind(3)]), positive=True) == 3
    assert arguments.number("x", kind(3)) == 3.0


def test_finite_keeps_float32_and_widens_the_rest():
    assert arguments.finite("x", np.ones(2, np.float32)).dtype == np.float32
    assert arguments.finite("x", [1, 2]).dtype == np.float64
    refuses(TypeError, "real numbers", arguments.finite, "x", ["a"])


def test_a_refusal_names_argument_range_and_value():
    for p in (0, 1, -0.1, 1.5, np.nan, np.inf):
        wrong = r"^p must (lie in \(0, 1\)|be finite), got "
        refuses(ValueError, wrong, arguments.probability, "p", p)
    for n in (1, 2.5, -3, np.inf):
        wrong = "n must be an integer of at least 2, got"
        refuses(ValueError, wrong, arguments.integer, "n", n, minimum=2)
    for n in ("2", None, True):
        wrong = "n must be an integer, got"
        refuses(TypeError, wrong, arguments.integer, "n", n, minimum=2)
    for values, wrong in (
        ([], "must not be empty"),
        ([1, np.nan], "must be finite, got nan"),
        ([1, -np.inf], "must be finite, got -inf"),
        ([[1.0]], r"must have 1 axes, got shape \(1, 1\)"),
    ):
        refuses(ValueError, "x " + wrong, arguments.finite, "x", values, ndim=1)
    for matrix, wrong in (
        ([[1.0, 2.0], [0.0, 1.0]], "symmetric"),
        ([[1.0, 2.0], [2.0, 1.0]], "positive definite, got smallest eigenvalue -1"),
        ([[0.0, 0.0], [0.0, 1.0]], "positive definite"),
        ([[1.0, 0.0]], "square"),
        ([[np.nan, 0.0], [0.0, 1.0]], "finite"),
    ):
        refuses(ValueError, f"cov must be .*{wrong}", arguments.covariance, "cov", matrix)
    for value in (0, -1, np.nan):
        wrong = r"beta must be (positive|finite), got"
        refuses(ValueError, wrong, arguments.positive, "beta", value)
    allowed = "device must be one of cpu, cuda, got 'tpu'"
    refuses(ValueError, allowed, arguments.choice, "device", "tpu", ("cpu", "cuda"))
    wrong = r"x must lie in \[0, 1\], got 1.1"
    refuses(ValueError, wrong, arguments.between, "x", 1.1, 0, 1, closed=True)
    refuses(ValueError, "x must be finite, got a n", arguments.number, "x", 10**5000)
    refuses(TypeError, "x must be a number", arguments.number, "x", np.complex64(1))
    refuses(TypeError, "x must be a number, got True", arguments.number, "x", True)
    refuses(ValueError, "x must be at least 0", arguments.number, "x", -1, at_least=0)
    refuses(ValueError, r"in \[0, 1\)", arguments.between, "x", 1, 0, 1, closed="low")
    refuses(ValueError, "at most 2", arguments.integer, "n", 2**53 + 1, minimum=1)
    refuses(TypeError, "n must be an int", arguments.integer, "n", 1 + 0j, minimum=1)
    refuses(ValueError, "got 2.5", arguments.integers, "n", [2, 2.5], minimum=2)
    refuses(ValueError, "2, got 1", arguments.integers, "n", [3, 1], minimum=2)
    refuses(ValueError, "size must be an integer of", arguments.size, "size", (2, -1))
    refuses(TypeError, r"size must be .* got \[2\]", arguments.size, "size", [2])
    refuses(TypeError, "on must be True or False, got 1", arguments.flag, "on", 1)
    refuses(ValueError, "k must be one of 0, 1", arguments.choice, "k", True, (0, 1))
    refuses(ValueError, "k must be one of a", arguments.choice, "k", [], {"a": 1})
    refuses(TypeError, "d must be a dict, got 1", arguments.instance, "d", 1, dict)
    refuses(TypeError, "f must be callable, got 1", arguments.function, "f", 1)
    refuses(TypeError, r"rng must be .*default_rng\(0\), got 0", arguments.rng, 0)
    refuses(ValueError, "rows of one length", arguments.finite, "x", [[1], [1, 2]])
    refuses(TypeError, "x must hold real numbers", arguments.finite, "x", [1 + 0j])
    refuses(TypeError, "x must hold real numbers", arguments.finite, "x", True)
    refuses(ValueError, "got -1.0", arguments.finite, "x", [1, -1], at_least=0)
    refuses(ValueError, "got -inf", arguments.finite, "x", -np.inf, or_inf=True)
    refuses(ValueError, "be positive, got 0.0", arguments.all_positive, "x", [1, 0])
    refuses(ValueError, r"\(0, 1\), got 0", arguments.all_between, "x", [0, 1], 0, 1)
    shapes, wrong = {"a": np.ones(2), "b": np.ones(3)}, r"a, b must broadcast, got shapes \(2,\), "
    refuses(ValueError, wrong + r"\(3,\)", arguments.broadcast, **shapes)


def test_taken():
    assert arguments.between("x", 1, 0, 1, closed=True) == 1.0
    np.testing.assert_array_equal(arguments.covariance("cov", np.eye(3)), np.eye(3))
    assert arguments.number("x", Fraction(1, 2)) == 0.5
    assert arguments.between("x", 0, 0, 1, closed="low") == 0
    assert arguments.integer("n", np.float64(2**53), minimum=1) == 2**53
    assert arguments.size("size", 3) == (3,)
    assert arguments.flag("on", np.True_) is True
    assert arguments.finite("x", np.inf, or_inf=True) == np.inf
    assert arguments.all_between("x", [0, 1], 0, 1, closed=True).tolist() == [0, 1]
    assert [x.shape for x in arguments.broadcast(a=np.ones(2), b=np.ones(()))] == [(2,)] * 2


@pytest.mark.parametrize("sign", [1, -1])
def test_the_largest_moderate_number_is_let_through(sign):
    largest = sign * arguments.MODERATE
    assert arguments.number("x", largest) == largest
    refuses(ValueError, "in size, got", arguments.number, "x", 1.01 * largest)
