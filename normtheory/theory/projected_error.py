"""The projected error function regularization (PER) of Joo, Kang & Kim (2020), on batches.

Letters: `h` activations (b, d), `theta` unit directions (s, d), `b` batch size, `d` dimension, `s`
slices. `projected_error_loss` is the document's expectation over the sphere in closed form (see
`sphere_average` for how), `projected_error_loss_mc` its Monte Carlo version, and
`projected_error_gaussian` what the expectation is when the projections are Gaussian.
"""

from typing import Literal, overload

import numpy as np
from numpy.typing import ArrayLike

from normtheory.theory import arguments as require
from normtheory.theory.arguments import Array
from normtheory.theory.error_function_loss import inner_integral
from normtheory.theory.montecarlo import Estimate
from normtheory.theory.slices import require_slices, slice_mean
from normtheory.theory.sphere_average import from_square

# entries whose squares are taken at a time in float64, so that the copy stays in the cache
_CACHE_ENTRIES = 1 << 15


def squared_norms(h):
    """Squared length of each row in float64, without a float64 copy of the whole array."""
    if h.dtype == np.float64:
        return np.linalg.vecdot(h, h)
    rows = max(1, _CACHE_ENTRIES // h.shape[1])
    out = np.empty(len(h))
    for i in range(0, len(h), rows):
        block = h[i : i + rows].astype(np.float64)
        out[i : i + rows] = np.linalg.vecdot(block, block)
    return out


@overload
def projected_error_loss(h: ArrayLike, *, gradient: Literal[False] = ...) -> float: ...
@overload
def projected_error_loss(h: ArrayLike, *, gradient: Literal[True]) -> tuple[float, Array]: ...
def projected_error_loss(h: ArrayLike, *, gradient: bool = False) -> float | tuple[float, Array]:
    """PER of a batch: its expectation over the sphere, in closed form.

    Joo et al. (2020), Eq. 5 and 6. The loss depends on the norms of the rows alone and is least
    when every row is 0.

    Parameters
    ----------
    h : array_like, (b, d)
        Activations, float32 or float64.
    gradient : bool
        Also return the gradient.

    Returns
    -------
    float, or (float, ndarray)
        The mean of L(‖h_i‖) over the batch; the gradient (b, d) in the dtype of `h`, which
        includes the factor 1/b.

    Examples
    --------
    >>> value, slope = projected_error_loss(np.eye(3), gradient=True)
    >>> round(value, 6), slope.shape
    (0.92466, (3, 3))
    """
    h = require.finite("h", h, ndim=2)
    require.flag("gradient", gradient)
    b, d = h.shape
    value, factor = from_square(squared_norms(h), d, h.dtype.name)
    loss = float(value.mean())
    if not gradient:
        return loss
    return loss, h * (factor / b).astype(h.dtype)[:, None]


@overload
def projected_error_loss_mc(
    h: ArrayLike, theta: ArrayLike, *, gradient: Literal[False] = ...
) -> Estimate: ...
@overload
def projected_error_loss_mc(
    h: ArrayLike, theta: ArrayLike, *, gradient: Literal[True]
) -> tuple[Estimate, Array]: ...
def projected_error_loss_mc(
    h: ArrayLike, theta: ArrayLike, *, gradient: bool = False
) -> Estimate | tuple[Estimate, Array]:
    """PER by Monte Carlo over given directions, as the document's Algorithm 1 computes it.

    Parameters
    ----------
    h : array_like, (b, d)
        Activations.
    theta : array_like, (s, d)
        Unit directions, at least two.
    gradient : bool
        Also return the gradient of the mean.

    Returns
    -------
    Estimate, or (Estimate, ndarray)
        Mean over the directions with its standard error; the gradient (b, d), with the factor 1/b
        of Eq. 6 that Algorithm 1 leaves out.

    Examples
    --------
    >>> from normtheory.theory import random_directions
    >>> rng = np.random.default_rng(0)
    >>> h = rng.standard_normal((64, 8))
    >>> found = projected_error_loss_mc(h, random_directions(8, 4096, rng))
    >>> found.agrees(projected_error_loss(h))
    True
    """
    h, theta = require_slices(h, theta)
    require.flag("gradient", gradient)
    value, slope = inner_integral(theta @ h.T, gradient=True)
    found = slice_mean(value.mean(axis=1, dtype=np.float64))
    if not gradient:
        return found
    return found, slope.T @ theta / h.dtype.type(value.size)


@overload
def projected_error_gaussian(h: ArrayLike, *, gradient: Literal[False] = ...) -> float: ...
@overload
def projected_error_gaussian(h: ArrayLike, *, gradient: Literal[True]) -> tuple[float, Array]: ...
def projected_error_gaussian(
    h: ArrayLike, *, gradient: bool = False
) -> float | tuple[float, Array]:
    """PER with projections from N(0, I/d) instead of the sphere: a Pseudo-Huber loss, exactly.

    It is the mean of √(2/π)·√(1 + ‖h_i‖²/d).

    Arguments as in `projected_error_loss`.

    >>> round(projected_error_gaussian(np.zeros((4, 9))) ** 2 * np.pi, 12)
    2.0
    """
    h = require.finite("h", h, ndim=2)
    require.flag("gradient", gradient)
    b, d = h.shape
    root = np.sqrt(2 / np.pi * (1 + squared_norms(h) / d))
    loss = float(root.mean())
    if not gradient:
        return loss
    return loss, h * (2 / np.pi / (root * (d * b))).astype(h.dtype)[:, None]
