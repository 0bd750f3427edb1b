"""Bad input is refused before any work starts: every message names the argument, its value and
what is allowed. Elsewhere the module is called `require`: ``require.positive("d", d)``.

A number is an integer, a float or a fraction, Python's or numpy's. A bool is none, and neither is a
complex number, whose imaginary part would be lost.
"""

import math
from numbers import Integral, Real

import numpy as np
from numpy.typing import NDArray

# what functions return, whatever they take; and what they return a number of for a number
Array = NDArray[np.float64]
Numbers = Array | float

# up to here every integer is a float
LARGEST_INTEGER = 2**53
# the fourth power of a number of this size, or of its reciprocal, is still a float
MODERATE = 1e70


def number(name, value, *, at_least=-math.inf):
    """Return `value` as float, or raise unless it is a finite number of at least `at_least`, and no
    larger in size than what can be raised to the fourth power."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number, got {value!r}")
    try:
        number = float(value)
    except OverflowError:  # and Python may refuse to print so many digits
        raise ValueError(f"{name} must be finite, got a number beyond all floats") from None
    if not math.isfinite(number):
        raise ValueError(f"{name} must be finite, got {value!r}")
    if number < at_least:
        raise ValueError(f"{name} must be at least {at_least}, got {value!r}")
    if abs(number) > MODERATE:
        raise ValueError(f"{name} must be at most {MODERATE:g} in size, got {value!r}")
    return number


def positive(name, value):
    """Return `value` as float, or raise ValueError unless it is positive and moderate in size."""
    size = number(name, value)
    if not size > 0:
        raise ValueError(f"{name} must be positive, got {value!r}")
    if size < 1 / MODERATE:
        raise ValueError(f"{name} must be at least {1 / MODERATE:g}, got {value!r}")
    return size


def between(name, value, low, high, *, closed=False):
    """Return `value` as float, or raise ValueError unless it lies between `low` and `high`
    (ends included when `closed`, the lower one for "low")."""
    at = number(name, value)
    if not (low < at < high or (closed and at == low) or (closed is True and at == high)):
        left, right = "[" if closed else "(", "]" if closed is True else ")"
        raise ValueError(f"{name} must lie in {left}{low}, {high}{right}, got {value!r}")
    return at


def probability(name, value):
    """Return `value` as float, or raise ValueError unless 0 < value < 1."""
    return between(name, value, 0, 1)


def integer(name, value, *, minimum):
    """Return `value` as int, or raise unless it is a whole number of at least `minimum`, and small
    enough to be exact as a float."""
    if isinstance(value, bool) or not isinstance(value, Real) or value != value:
        raise TypeError(f"{name} must be an integer, got {value!r}")
    if isinstance(value, np.generic):  # float16 cannot be compared with 2**53
        value = value.item()
    if LARGEST_INTEGER < abs(value) < math.inf:
        raise ValueError(f"{name} must be an integer of at most 2**53, got a larger one")
    if value < minimum or value == math.inf or int(value) != value:
        raise ValueError(f"{name} must be an integer of at least {minimum}, got {value!r}")
    return int(value)


def size(name, value):
    """Return a shape, an int or a tuple of them, as a tuple, or raise unless each is at least 0."""
    entries = value if isinstance(value, tuple) else (value,)
    return tuple(integer(name, entry, minimum=0) for entry in entries)


def flag(name, value):
    """Return `value` as bool, or raise TypeError unless it is True or False."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be True or False, got {value!r}")
    return bool(value)


def choice(name, value, choices):
    """Return `value`, or raise ValueError unless it is one of `choices`, words or integers."""
    # a bool or an array would be compared as well, a list not even looked up
    if isinstance(value, bool) or not isinstance(value, str | Integral) or value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(map(str, choices))}, got {value!r}")
    return value


def instance(name, value, kind):
    """Return `value`, or raise TypeError unless it is of the class `kind`."""
    if not isinstance(value, kind):
        raise TypeError(f"{name} must be a {kind.__name__}, got {value!r}")
    return value


def function(name, value):
    """Return `value`, or raise TypeError unless it can be called."""
    if not callable(value):
        raise TypeError(f"{name} must be callable, got {value!r}")
    return value


def rng(rng):
    """Return `rng`, or raise TypeError unless it is a generator: a seed is none."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"rng must be a numpy.random.Generator, e.g. numpy.random.default_rng(0), got {rng!r}"
        )
    return rng


def finite(name, values, *, ndim=None, at_least=None, or_inf=False):
    """Return `values` as a float array (float32 stays float32), or raise unless they are real
    numbers, finite (`or_inf`), not none at all, of at least `at_least` and on `ndim` axes."""
    try:
        array = np.asarray(values)
    except ValueError:
        raise ValueError(f"{name} must have rows of one length, got {values!r}") from None
    if array.dtype.kind not in "fiu":
        raise TypeError(f"{name} must hold real numbers, got dtype {array.dtype}")
    if array.dtype != np.float32:
        array = array.astype(np.float64)
    if ndim is not None and array.ndim != ndim:
        raise ValueError(f"{name} must have {ndim} axes, got shape {array.shape}")
    if array.size == 0:
        raise ValueError(f"{name} must not be empty, got shape {array.shape}")
    finite = np.isfinite(array) | (array == np.inf) if or_inf else np.isfinite(array)
    if not finite.all():
        raise ValueError(f"{name} must be finite, got {array[~finite].flat[0]}")
    if at_least is not None and not (array >= at_least).all():
        raise ValueError(f"{name} must be at least {at_least}, got {array.min()}")
    return array


def moderate(name, values, *, positive=False, limit=MODERATE):
    """Return `values` as a float array, or raise unless they are finite, `positive`, and at most
    `limit` in size; by default, what can be raised to the fourth power."""
    array = all_positive(name, values) if positive else finite(name, values)
    size = np.abs(array, dtype=np.float64)  # the limit is no float32
    wrong = (size > limit) | (positive & (size < 1 / limit))
    if wrong.any():
        least = f"at least {1 / limit:g} and " if positive else ""
        raise ValueError(
            f"{name} must be {least}at most {limit:g} in size, got {array[wrong].flat[0]}"
        )
    return array


def integers(name, values, *, minimum):
    """Return `values` as a float64 array, or raise unless all are whole numbers >= `minimum`."""
    array = finite(name, values).astype(float)
    wrong = (array < minimum) | (array != np.floor(array))
    if wrong.any():
        bad = array[wrong].flat[0]
        raise ValueError(f"{name} must hold whole numbers of at least {minimum}, got {bad:g}")
    return array


def all_positive(name, values, *, or_inf=False):
    """Return `values` as a float array, or raise ValueError unless all are finite and positive."""
    array = finite(name, values, or_inf=or_inf)
    if not (array > 0).all():
        raise ValueError(f"{name} must be positive, got {array.min()}")
    return array


def all_between(name, values, low, high, *, closed=False):
    """Return `values` as a float array, or raise ValueError unless all lie between `low` and `high`
    (ends included when `closed`)."""
    array = finite(name, values)
    inside = (low <= array) & (array <= high) if closed else (low < array) & (array < high)
    if not inside.all():
        left, right = "[]" if closed else "()"
        bad = array[~inside].flat[0]
        raise ValueError(f"{name} must lie in {left}{low}, {high}{right}, got {bad}")
    return array


def probabilities(name, values):
    """Return `values` as a float array, or raise ValueError unless all lie in (0, 1)."""
    return all_between(name, values, 0, 1)


def broadcast(**arrays):
    """Return the arrays broadcast against each other, or raise ValueError naming all of them."""
    try:
        return np.broadcast_arrays(*arrays.values())
    except ValueError:
        shapes = ", ".join(str(array.shape) for array in arrays.values())
        raise ValueError(f"{', '.join(arrays)} must broadcast, got shapes {shapes}") from None


def covariance(name, matrix, *, stacked=False):
    """Return `matrix` as a float array, or raise ValueError unless it is a symmetric positive
    definite matrix of shape (d, d), or when `stacked` a stack (..., d, d) of such."""
    array = finite(name, matrix, ndim=None if stacked else 2)
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
