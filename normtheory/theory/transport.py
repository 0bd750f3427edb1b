r"""Wasserstein distances to the standard normal distribution, exactly: no Gaussian sample on the
other side.

Letters: `x` sample (b,), `h` activations (b, d), `theta` unit directions (s, d), Φ and φ the
normal distribution function and density, z_i = Φ⁻¹(i/b).

The optimal plan in one dimension sends the bin (z_{i-1}, z_i) to the i-th smallest point, so with
c_i = clip(x_(i), z_{i-1}, z_i)

    W₁ = Σ_i x_(i)(2Φ(c_i) - (2i - 1)/b) + 2φ(c_i) - φ(z_{i-1}) - φ(z_i),
    ∂W₁/∂x_(i) = 2Φ(c_i) - (2i - 1)/b.

That sum cancels in float32. With the bin means m_i = b(φ(z_{i-1}) - φ(z_i)) it is the mean of
|x_(i) - m_i| but for the few points that lie inside their own bin, and those are corrected one by
one in float64. Sorting takes most of the time; float32 sorts fastest.
"""

from functools import lru_cache
from typing import Literal, NamedTuple, overload

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from normtheory.theory import arguments as require
from normtheory.theory.arguments import Array
from normtheory.theory.montecarlo import Estimate
from normtheory.theory.slices import require_slices, slice_mean

# projections taken at a time: every matrix product lays out all of h anew
_PRODUCT_ENTRIES = 1 << 20
# sorted projections handled at a time: they stay in the cache
_CACHE_ENTRIES = 1 << 17


class _Bins(NamedTuple):
    """The normal distribution cut into b bins of equal weight, each array (b,)."""

    low: np.ndarray
    high: np.ndarray
    mean: np.ndarray
    reach: np.ndarray  # from the mean to the farther edge
    edges_density: np.ndarray  # φ(z_{i-1}) + φ(z_i)
    ranks: np.ndarray  # (2i - 1)/b


def _density(z):
    return np.exp(-z * z / 2) / np.sqrt(2 * np.pi)


@lru_cache(maxsize=64)
def _bins(b):
    edges = ndtri(np.arange(b + 1) / b)
    # the upper half by reflection: 1 - i/b rounds, i/b for small i does not
    edges[b // 2 + 1 :] = -edges[: (b + 1) // 2][::-1]
    density = _density(edges)
    low, high = edges[:-1], edges[1:]
    mean = b * (density[:-1] - density[1:])
    reach = np.maximum(high - mean, mean - low)
    ranks = (2 * np.arange(b) + 1) / b
    return _Bins(low, high, mean, reach, density[:-1] + density[1:], ranks)


@overload
def wasserstein_to_normal(
    x: ArrayLike, *, weights: ArrayLike | None = ..., gradient: Literal[False] = ...
) -> float: ...
@overload
def wasserstein_to_normal(
    x: ArrayLike, *, weights: ArrayLike | None = ..., gradient: Literal[True]
) -> tuple[float, Array]: ...
def wasserstein_to_normal(
    x: ArrayLike, *, weights: ArrayLike | None = None, gradient: bool = False
) -> float | tuple[float, Array]:
    """W₁ of a one-dimensional sample, or discrete distribution, to N(0, 1), exactly.

    Joo et al. (2020), Eq. 4, for one direction.

    Parameters
    ----------
    x : array_like, (b,)
        Points.
    weights : array_like, (b,), optional
        At least 0, summing to 1 within the rounding of their dtype (1e-9 of integers and float64),
        such as a softmax in float32; what is left is divided out. Equal by default.
    gradient : bool
        Also return the derivative in each point (where points coincide, one subgradient).

    Returns
    -------
    float, or (float, ndarray)
        Computed in float64; the gradient (b,) has the dtype of `x`.

    Examples
    --------
    >>> round(wasserstein_to_normal([0.0]) ** 2 * 3.141592653589793, 12)
    2.0
    >>> value, slope = wasserstein_to_normal([2.0, -2.0], gradient=True)
    >>> round(value, 6), slope.round(4)
    (1.236078, array([ 0.4545, -0.4545]))
    """
    x = require.finite("x", x, ndim=1)
    require.flag("gradient", gradient)
    order = np.argsort(x, kind="stable")
    if weights is not None:
        weights = _require_weights(weights, len(x))
        # points without weight are not there
        order = order[weights[order] > 0]
    points = x[order].astype(np.float64)
    if weights is None:
        bins = _bins(len(x))
        low, high, ranks, edges_density = bins.low, bins.high, bins.ranks, bins.edges_density
    else:
        weights = weights[order]
        upper = np.cumsum(weights)
        ranks = 2 * upper - weights
        edges = ndtri(np.concatenate([[0.0], np.minimum(upper[:-1], 1.0), [1.0]]))
        low, high = edges[:-1], edges[1:]
        edges_density = _density(low) + _density(high)
    inside = np.minimum(np.maximum(points, low), high)
    slope = 2 * ndtr(inside) - ranks
    value = float(np.sum(points * slope + 2 * _density(inside) - edges_density))
    if not gradient:
        return value
    out = np.zeros_like(x)
    out[order] = slope
    return value, out


def _require_weights(weights, b):
    checked = require.finite("weights", weights, ndim=1).astype(np.float64)
    if len(checked) != b:
        raise ValueError(f"weights must have shape ({b},), got {checked.shape}")
    kind = np.asarray(weights).dtype
    # what each lacks is at most an eps of itself, and of the sum that it was divided by
    tolerance = max(1e-9, 8 * np.finfo(kind).eps) if kind.kind == "f" else 1e-9
    total = checked.sum()
    if (checked < 0).any() or abs(total - 1) > tolerance:
        raise ValueError(
            f"weights must be at least 0 and sum to 1, got least {checked.min()}, sum {total}"
        )
    return checked / total


@overload
def sliced_wasserstein_to_normal(
    h: ArrayLike, theta: ArrayLike, *, gradient: Literal[False] = ...
) -> Estimate: ...
@overload
def sliced_wasserstein_to_normal(
    h: ArrayLike, theta: ArrayLike, *, gradient: Literal[True]
) -> tuple[Estimate, Array]: ...
def sliced_wasserstein_to_normal(
    h: ArrayLike, theta: ArrayLike, *, gradient: bool = False
) -> Estimate | tuple[Estimate, Array]:
    """Sliced W₁ of a batch to N(0, I): the mean over directions of exact one-dimensional W₁.

    Joo et al. (2020), Eq. 4.

    Parameters
    ----------
    h : array_like, (b, d)
        Activations; float32 is fastest and errs by less than 1e-8 beyond the projections' rounding.
    theta : array_like, (s, d)
        Unit directions, at least two; see `random_directions`.
    gradient : bool
        Also return the gradient of the mean.

    Returns
    -------
    Estimate, or (Estimate, ndarray)
        Mean over the directions with its standard error (for independent directions; orthogonal
        ones err less than it says); the gradient (b, d).

    Examples
    --------
    >>> from normtheory.theory import random_directions
    >>> rng = np.random.default_rng(0)
    >>> theta = random_directions(16, 256, rng)
    >>> near = sliced_wasserstein_to_normal(rng.standard_normal((4096, 16)), theta)
    >>> far = sliced_wasserstein_to_normal(np.zeros((4096, 16)), theta)
    >>> bool(near.mean < 0.03), round(far.mean, 4)
    (True, 0.7979)
    """
    h, theta = require_slices(h, theta)
    if not require.flag("gradient", gradient):
        return slice_mean(_slice_distances(h, theta))
    projected = theta @ h.T  # (s, b)
    order = np.argsort(projected, axis=1)
    x = np.take_along_axis(projected, order, axis=1)
    slopes = np.empty_like(projected)
    np.put_along_axis(slopes, order, _slopes(x), axis=1)
    return slice_mean(_sorted_distances(x)), slopes.T @ theta / h.dtype.type(len(theta))


def _slice_distances(h, theta):
    """W₁ of each projection, (s,) float64, a cache's worth of slices at a time."""
    b, s = len(h), len(theta)
    values = []
    block = max(1, _PRODUCT_ENTRIES // b)
    for start in range(0, s, block):
        x = theta[start : start + block] @ h.T
        x.sort(axis=1)
        values.append(_sorted_distances(x))
    return np.concatenate(values)


def _sorted_distances(x):
    """W₁ to N(0, 1) of each sorted row of x, (k, b) -> (k,) float64."""
    k, b = x.shape
    bins = _bins(b)
    middle, reach = bins.mean.astype(x.dtype), bins.reach.astype(x.dtype)
    rows = min(k, max(1, _CACHE_ENTRIES // b))
    values, scratch = np.empty(k), np.empty((rows, b), dtype=x.dtype)
    for start in range(0, k, rows):
        part = x[start : start + rows]
        gap = np.subtract(part, middle, out=scratch[: len(part)])
        np.abs(gap, out=gap)
        values[start : start + rows] = gap.mean(axis=1, dtype=np.float64)
        near = np.flatnonzero(gap < reach)
        row = near // b
        i = near - row * b
        point = part.reshape(-1).take(near).astype(np.float64)
        slope, inside = _own_slope(point, i, bins)
        exact = point * slope + 2 * _density(inside) - bins.edges_density.take(i)
        correction = exact - gap.reshape(-1).take(near) / np.float64(b)
        values[start : start + rows] += np.bincount(row, correction, minlength=len(part))
    return values


def _own_slope(point, i, bins):
    """Derivative of W₁ in the i-th smallest points, float64; the points clipped to their bins."""
    inside = np.minimum(np.maximum(point, bins.low.take(i)), bins.high.take(i))
    return 2 * ndtr(inside) - bins.ranks.take(i), inside


def _slopes(x):
    """Derivative of each sorted row's W₁ in its points, in the dtype of x."""
    b = x.shape[1]
    bins = _bins(b)
    gap = x - bins.mean.astype(x.dtype)
    slope = np.sign(gap) / x.dtype.type(b)
    row, i = np.nonzero(np.abs(gap) < bins.reach.astype(x.dtype))
    slope[row, i] = _own_slope(x[row, i].astype(np.float64), i, bins)[0]
    return slope
