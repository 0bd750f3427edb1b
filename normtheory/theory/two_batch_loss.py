"""The variance constancy loss as it is trained: two batches of n draws and beta > 0.

L = (1 - s1 / (s2 + beta))^2 with the unbiased sample variances s1, s2 of two independent batches
(Littwin & Wolf 2018, Eq. 17). Its expectation depends on the shape of the distribution and on the
`ratio` t = sigma^2 / beta only. With u = s^2 / sigma^2:

    E[L] = 1 - 2 t E[u] E[1/(t u + 1)] + t^2 E[u^2] E[1/(t u + 1)^2].

These terms cancel in large batches, where L is all but (1 + t)^-2. With v = u - 1, whose moments
m_k are central, c = t / (1 + t) and q = 1 / (1 + t) nothing does (D = c u + q, A = c v + q):

    1 - s1 / (s2 + beta) = (A - c v') / D,   E[L] = E[(A^2 + c^2 m_2) / D^2].

At beta = 0 it is infinite for *every* distribution when n <= 5: n draws fall within h of each other
with probability at least of order h^(n-1), so E[s^-4] diverges. Atoms make it infinite at any n.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from normtheory.theory import arguments as require
from normtheory.theory.arguments import Array, Numbers
from normtheory.theory.variance_rules import deviation_rule

LEAST_FINITE_SIZE = 6


class BestRatio(NamedTuple):
    """The ratio sigma^2 / beta with the least expected loss, and that loss."""

    ratio: float
    loss: float


def expected_loss(name: str, n: int, ratio: ArrayLike) -> Numbers:
    """E[L] of a distribution, its shape given by name.

    Relative error at most 1e-12 for n up to 10^12, and that of `variance_rule` at n = 2.

    Parameters
    ----------
    name : str
    n : int
        A distribution and batch size that `variance_rule` covers, at least 2.
    ratio : float or array
        t = sigma^2 / beta, positive.

    Examples
    --------
    >>> float(expected_loss("two-point", 2, 0.5))  # 1/2 + (1 - 2t)^2/4 + 1/(4 (1 + 2t)^2)
    0.5625
    >>> round(float(expected_loss("normal", 2, 0.3815)), 6)
    0.686012
    """
    v, w, c, _, top, bottom = _parts(name, n, ratio)
    return (((top**2 + c**2 * (w @ v**2)) / bottom**2) @ w)[()]


def _parts(name, n, ratio):
    """v and its weights, and c, q, A and D with an axis for v."""
    ratio = require.all_positive("ratio", ratio).astype(float)[..., None]
    u, v, w = deviation_rule(name, n)
    q = 1 / (1 + ratio)
    c = ratio * q
    return v, w, c, q, q + c * v, q + c * u


def loss_slope(name: str, n: int, ratio: ArrayLike) -> Numbers:
    """d E[L] / d log t: the force on log sigma^2, negative where the variance is made to grow.

    Arguments as in `expected_loss`.

    >>> [round(float(loss_slope("two-point", 2, t)), 4) for t in (0.1, 0.55346, 2.0)]
    [-0.1379, 0.0, 5.984]
    """
    v, w, c, q, _, bottom = _parts(name, n, ratio)
    # d E(tu+1)^-k / d log t = -k (E(tu+1)^-k - E(tu+1)^-(k+1)): the rest cancels
    return ((2 * c * q * (c * (w @ v**2 - v) - q) / bottom**3) @ w)[()]


def loss_deviation(name: str, n: int, ratio: ArrayLike) -> Numbers:
    """Standard deviation of L, over the draws of both batches.

    Arguments, and the relative error, as in `expected_loss`.

    >>> round(float(loss_deviation("normal", 2, 1.0) / expected_loss("normal", 2, 1.0)), 2)
    3.65
    """
    v, w, c, q, top, bottom = _parts(name, n, ratio)
    square = v**2 - w @ v**2
    m2, m3, spread = w @ v**2, w @ (v * square), w @ square**2
    # given the second batch, L varies by c^2 within, and its mean is a constant + c shift
    within = (4 * top**2 * m2 - 4 * top * c * m3 + c**2 * spread) / bottom**4
    step = c * v / bottom
    shift = step * (2 * (q - c * m2) + c * (1 + m2) * step)
    between = (shift - (shift @ w)[..., None]) ** 2
    return (c[..., 0] * np.sqrt((within + between) @ w))[()]


def combine(ratio, mean, mean_square, inverse, square):
    """E[L] from E[u], E[u^2], E[1/(t u + 1)] and E[1/(t u + 1)^2]."""
    return 1 - 2 * ratio * mean * inverse + ratio**2 * mean_square * square


def normal_loss_at_zero(n):
    """E[L] of the normal distribution at beta = 0: s1/s2 has Fisher's distribution; inf for n <= 5.

    >>> normal_loss_at_zero(5), round(normal_loss_at_zero(10), 4)
    (inf, 1.2571)
    """
    n = require.integer("n", n, minimum=2)
    if n < LEAST_FINITE_SIZE:
        return math.inf
    return 4 * (n + 1) / ((n - 3) * (n - 5))


def best_ratio(loss: Callable[..., Any], *, low: float = 1e-3, high: float = 1e5) -> BestRatio:
    """The ratio sigma^2 / beta that minimises an expected loss: the variance it is drawn to.

    Parameters
    ----------
    loss : callable
        ``loss(ratio)`` for an array of ratios.
    low, high : float
        Where to look, positive; the least of 400 ratios is refined, and has to lie between.

    Examples
    --------
    >>> round(best_ratio(lambda t: expected_loss("two-point", 2, t)).ratio, 5)
    0.55346
    """
    from scipy.optimize import minimize_scalar

    require.function("loss", loss)
    low, high = require.positive("low", low), require.positive("high", high)
    if not low < high:
        raise ValueError(f"low must be below high, got {low!r} and {high!r}")
    logs = np.linspace(math.log(low), math.log(high), 400)
    index = int(np.argmin(loss(np.exp(logs))))
    if index in (0, logs.size - 1):
        raise ValueError(f"loss must have its least value inside [{low}, {high}], got an end")
    found = minimize_scalar(
        lambda x: float(loss(np.exp(x))),
        bounds=(logs[index - 1], logs[index + 1]),
        method="bounded",
        options={"xatol": 1e-10},
    )
    return BestRatio(math.exp(found.x), float(found.fun))


def loss_gradient(first: ArrayLike, second: ArrayLike, beta: float) -> tuple[float, Array, Array]:
    """L, (...), and its gradient with respect to the two batches.

    Parameters
    ----------
    first, second : array of shape (..., n)
        Two batches of activations, n at least 2.
    beta : float
        At least 0; more where `second` is constant.

    Examples
    --------
    >>> loss, one, two = loss_gradient([0.0, 2.0], [0.0, 1.0], 0.5)
    >>> float(loss), one.tolist(), two.tolist()
    (1.0, [-4.0, 4.0], [4.0, -4.0])
    """
    first, second = require.finite("first", first), require.finite("second", second)
    for name, batch in (("first", first), ("second", second)):
        if batch.ndim == 0 or batch.shape[-1] < 2:
            raise ValueError(f"{name} must hold batches of at least 2, got shape {batch.shape}")
    beta = require.number("beta", beta, at_least=0)
    s1, s2 = first.var(axis=-1, ddof=1), second.var(axis=-1, ddof=1)
    if not (s2 + beta > 0).all():
        raise ValueError("second must vary where beta is 0, got a batch of equal numbers")
    ratio = s1 / (s2 + beta)
    by_s1, by_s2 = -2 * (1 - ratio) / (s2 + beta), 2 * (1 - ratio) * ratio / (s2 + beta)
    gradients = (
        (2 * slope / (x.shape[-1] - 1))[..., None] * (x - x.mean(axis=-1, keepdims=True))
        for slope, x in ((by_s1, first), (by_s2, second))
    )
    return (1 - ratio) ** 2, *gradients
