"""Bad input is refused before any work starts: every message names the argument, its value and
what is allowed."""

import math

import numpy as np


def require_probability(name, value):
    """Return `value` as float, or raise ValueError unless 0 < value < 1."""
    return require_between(name, value, 0, 1)


def require_between(name, value, low, high, *, closed=False):
    """Return `value` as float, or raise ValueError unless it lies between `low` and `high`
    (ends included when `closed`)."""
    number = _number(name, value)
    inside = low <= number <= high if closed else low < number < high
    if not inside:
        left, right = "[]" if closed else "()"
        raise ValueError(f"{name} must lie in {left}{low}, {high}{right}, got {value!r}")
    return number


def require_positive(name, value):
    """Return `value` as float, or raise ValueError unless it is finite and positive."""
    number = _number(name, value)
    if not number > 0:
        raise ValueError(f"{name} must be positive, got {value!r}")
    return number


def require_all_positive(name, values):
    """Return `values` as a float array, or raise ValueError unless all are finite and positive."""
    array = require_finite(name, values)
    if not (array > 0).all():
        raise ValueError(f"{name} must be positive, got {array.min()}")
    return array


def require_probabilities(name, values):
    """Return `values` as a float array, or raise ValueError unless all lie in (0, 1)."""
    array = require_finite(name, values)
    inside = (array > 0) & (array < 1)
    if not inside.all():
        raise ValueError(f"{name} must lie in (0, 1), got {array[~inside].flat[0]}")
    return array


def require_integer(name, value, *, minimum):
    """Return `value` as int, or raise ValueError unless it is an integer of at least `minimum`."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or value != value:
        raise TypeError(f"{name} must be an integer, got {value!r}")
    if math.isinf(value) or int(value) != value or value < minimum:
        raise ValueError(f"{name} must be an integer of at least {minimum}, got {value!r}")
    return int(value)


def require_choice(name, value, choices):
    """Return `value`, or raise ValueError unless it is one of `choices`."""
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(map(str, choices))}, got {value!r}")
    return value


def require_finite(name, values, *, ndim=None):
    """Return `values` as a float array (float32 stays float32), or raise ValueError if it is
    empty, holds NaN or inf, or has not `ndim` axes."""
    array = np.asarray(values)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name} must hold real numbers, got dtype {array.dtype}")
    if array.dtype != np.float32:
        array = array.astype(np.float64)
    if ndim is not None and array.ndim != ndim:
        raise ValueError(f"{name} must have {ndim} axes, got shape {array.shape}")
    if array.size == 0:
        raise ValueError(f"{name} must not be empty, got shape {array.shape}")
    if not np.isfinite(array).all():
        bad = array[~np.isfinite(array)].flat[0]
        raise ValueError(f"{name} must be finite, got {bad}")
    return array


def require_covariance(name, matrix, *, stacked=False):
    """Return `matrix` as a float array, or raise ValueError unless it is a symmetric positive
    definite matrix of shape (d, d), or when `stacked` a stack (..., d, d) of such."""
    array = require_finite(name, matrix, ndim=None if stacked else 2)
    if array.ndim < 2 or array.shape[-2] != array.shape[-1]:
        raise ValueError(f"{name} must be square, got shape {array.shape}")
    largest = np.abs(array).max(axis=(-2, -1), keepdims=True)
    if not np.allclose(array, np.swapaxes(array, -1, -2), rtol=1e-10, atol=1e-12 * largest):
        raise ValueError(f"{name} must be symmetric, got {array.tolist()}")
    smallest = np.linalg.eigvalsh(array)[..., 0].min()
    if not smallest > 0:
        raise ValueError(
            f"{name} must be positive definite, got smallest eigenvalue {smallest:.3g}"
        )
    return array


def _number(name, value):
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        raise TypeError(f"{name} must be a number, got {value!r}")
    if not math.isfinite(value):
        raise ValueError(f"{name} must be finite, got {value!r}")
    return float(value)
