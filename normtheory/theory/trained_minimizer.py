"""What minimises the trained loss at n = 2, and where a mixture then separates.

E[L] of Littwin & Wolf (2018), Eq. 17, at batch size n = 2, over all distributions (searched) and
over projections of two-component Gaussian mixtures (closed form). `ratio` is sigma^2 / beta.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import wofz

from normtheory.theory import arguments as require
from normtheory.theory.arguments import Array, Numbers
from normtheory.theory.mixtures import EQUAL_VARIANCE_BOUNDARY
from normtheory.theory.sample_variance import sample_patterns
from normtheory.theory.two_batch_loss import best_ratio, combine


def mixture_loss(
    p: ArrayLike, separation: ArrayLike, var1: ArrayLike, var2: ArrayLike, ratio: ArrayLike
) -> Numbers:
    """E[L] at n = 2 of a Gaussian mixture on the line, in closed form.

    s^2 = d^2 / 2 for the difference d of two draws, itself a Gaussian mixture; E[1 / (d^2 + a^2)]
    under a Gaussian is Voigt's profile, the real part of Faddeeva's function.

    Parameters
    ----------
    p, separation, var1, var2 : float or array
        As in `best_between`; separation 0 with equal variances is the normal distribution.
    ratio : float or array
        sigma^2 / beta with sigma^2 the variance of the whole mixture, positive. All broadcast.

    Examples
    --------
    >>> round(float(mixture_loss(0.5, 0.0, 1.0, 1.0, 0.3815)), 6)
    0.686012
    """
    ratio = require.moderate("ratio", ratio, positive=True)
    p, separation = require.probabilities("p", p), require.moderate("separation", separation)
    var1 = require.moderate("var1", var1, positive=True)
    var2 = require.moderate("var2", var2, positive=True)
    return _mixture_loss(p, separation, var1, var2, ratio)


def _mixture_loss(p, separation, var1, var2, ratio):
    """The same of what has been checked: a root takes it a thousand times."""
    variance = p * (1 - p) * separation**2 + p * var1 + (1 - p) * var2
    beta = variance / ratio
    # the pair comes from (1, 1), (2, 2) or from both: weight, mean of d, variance of d
    weight = _stacked(p**2, (1 - p) ** 2, 2 * p * (1 - p), like=beta)
    mean = _stacked(0.0, 0.0, separation, like=beta)
    spread = _stacked(2 * var1, 2 * var2, var1 + var2, like=beta)
    inverse, square = ((weight * each).sum(0) for each in _inverse_moments(mean, spread, beta))
    fourth = (weight * (mean**4 + 6 * mean**2 * spread + 3 * spread**2)).sum(0) / 4
    return combine(ratio, 1.0, fourth / variance**2, inverse * beta, square * beta**2)[()]


def _stacked(*parts, like):
    """The parts, each in the shape of `like`, behind each other on a first axis."""
    found = np.empty((len(parts), *np.shape(like)))
    for k, part in enumerate(parts):
        found[k] = part
    return found


def _inverse_moments(mean, spread, beta):
    """E[1/(u + beta)] and E[1/(u + beta)^2] for u = d^2/2, d normal with that mean and variance."""
    a, width = np.sqrt(2 * beta), np.sqrt(2 * spread)
    z = (mean + 1j * a) / width
    w = wofz(z)
    slope = -2 * z * w + 2j / np.sqrt(np.pi)
    scale = np.sqrt(np.pi) / width
    # f(a) = E 1/(d^2 + a^2) and E 1/(d^2 + a^2)^2 = -f'(a) / (2 a)
    first = scale * w.real / a
    second = -(scale * (slope * 1j / width).real / a - first / a) / (2 * a)
    return 2 * first, 4 * second


def pair_functional(ratio: float | None = None) -> Callable[..., Any]:
    """``functional(atoms, weights, at)`` giving (E[L], IF(at), IF'(at)) at n = 2 of a discrete
    distribution, IF being its influence function.

    Parameters
    ----------
    ratio : float, optional
        Positive. Hold sigma^2 / beta there, so that only the shape of the distribution is free.
        Without it beta = 1 and the scale of the distribution is free, too.

    Examples
    --------
    >>> value, influence, _ = pair_functional(0.5)([-1.0, 1.0], [0.5, 0.5], [0.0])
    >>> float(value), influence.round(6).tolist()
    (0.5625, [0.055625])
    """
    if ratio is not None:
        ratio = require.positive("ratio", ratio)

    def functional(atoms, weights, at):
        atoms, weights, at = (np.asarray(x, float) for x in (atoms, weights, at))
        offsets = at - weights @ atoms
        variance = weights @ (atoms - weights @ atoms) ** 2
        beta = 1.0 if ratio is None else variance / ratio
        pairs = (atoms[:, None] - atoms) ** 2 / 2
        gaps = at[:, None] - atoms
        u = gaps**2 / 2

        def mean(values, at_values, at_slopes):
            total = weights @ values @ weights
            return total, 2 * (at_values @ weights - total), 2 * ((at_slopes * gaps) @ weights)

        first = mean(pairs, u, np.ones_like(u))
        second = mean(pairs**2, u**2, 2 * u)
        inverse = mean(1 / (pairs + beta), 1 / (u + beta), -1 / (u + beta) ** 2)
        square = mean(1 / (pairs + beta) ** 2, 1 / (u + beta) ** 2, -2 / (u + beta) ** 3)
        value = 1 - 2 * first[0] * inverse[0] + second[0] * square[0]
        influence, slope = (
            -2 * (first[j] * inverse[0] + first[0] * inverse[j])
            + second[j] * square[0]
            + second[0] * square[j]
            for j in (1, 2)
        )
        if ratio is not None:
            # beta follows the variance, whose own influence function is offset^2 - variance
            cube = weights @ (1 / (pairs + beta) ** 3) @ weights
            by_beta = (2 * first[0] * square[0] - 2 * second[0] * cube) / ratio
            influence = influence + by_beta * (offsets**2 - variance)
            slope = slope + by_beta * 2 * offsets
        return value, influence, slope

    return functional


def least_loss(n, k, rng, *, starts=5):
    """Least E[L] found over distributions with at most k atoms at any n and every scale (beta = 1),
    with the variance (its sigma^2 / beta) and kurtosis of the best distribution.

    All sample patterns are enumerated; gradients are differences, so keep n and k small.

    >>> value, ratio, kappa = least_loss(3, 3, np.random.default_rng(0), starts=3)
    >>> round(value, 5), round(ratio, 3), round(kappa, 3)
    (0.37281, 0.945, 1.0)
    """
    from scipy.optimize import minimize
    from scipy.special import gammaln

    counts = np.array(list(sample_patterns(n, k)))
    ways = np.exp(gammaln(n + 1) - gammaln(counts + 1).sum(axis=1))

    def unpack(z):
        weights = np.exp(z[k:] - z[k:].max())
        return z[:k], weights / weights.sum()

    def objective(z):
        atoms, weights = unpack(z)
        probability = ways * np.prod(weights**counts, axis=1)
        s = (counts @ atoms**2 - (counts @ atoms) ** 2 / n) / (n - 1)
        inverse = 1 / (s + 1)
        return combine(
            1.0,
            probability @ s,
            probability @ s**2,
            probability @ inverse,
            probability @ inverse**2,
        )

    found = [
        minimize(objective, np.concatenate([rng.normal(0, 3, k), rng.normal(0, 1, k)]))
        for _ in range(starts)
    ]
    best = min(found, key=lambda result: result.fun)
    atoms, weights = unpack(best.x)
    offsets = atoms - weights @ atoms
    variance = weights @ offsets**2
    return float(best.fun), float(variance), float(weights @ offsets**4 / variance**2)


def two_point_limit() -> float:
    """The largest sigma^2 / beta up to which the balanced two-point distribution minimises E[L] at
    n = 2 among distributions of that variance: there a point mass at the mean starts to pay.

    >>> round(two_point_limit(), 5)
    0.85528
    """
    from scipy.optimize import brentq

    def pays(ratio):
        return pair_functional(ratio)([-1.0, 1.0], [0.5, 0.5], [0.0])[1][0]

    return float(brentq(pays, 0.7, 1.0, xtol=1e-13))


def trained_boundary(separation: float, ratio: float | None = None) -> float:
    """Weight p < 1/2 from which full separation is locally best for the trained loss at n = 2; nan
    when it is so for no p.

    Equal variances 1: along a direction the means are between 0 (merged) and `separation` apart.
    Merging is locally best up to `EQUAL_VARIANCE_BOUNDARY`, whatever the separation and the ratio;
    between that and this weight the best direction lies between, and where this weight is the
    smaller one both ends are locally best.

    Parameters
    ----------
    separation : float
        Distance of the means in standard deviations of a component, positive.
    ratio : float, optional
        Positive. Hold sigma^2 / beta there. Without it each projection takes its own best scale.

    Examples
    --------
    >>> round(trained_boundary(5.0), 4), round(trained_boundary(3.0, ratio=5.0), 4)
    (0.2218, 0.3164)
    >>> trained_boundary(5.0, ratio=5.0)
    nan
    """
    from scipy.optimize import brentq

    separation = require.positive("separation", separation)
    if ratio is not None:
        ratio = require.positive("ratio", ratio)
    # so far out rounding decides: what is left falls as the square
    if separation > 100:
        at, half = trained_boundary(100, ratio), trained_boundary(50, ratio)
        return at + (at - half) / 3 * (1 - (100 / separation) ** 2)
    far, much, left = _kept(separation, ratio)
    ends = far * np.array([1 - 1e-4, 1 + 1e-4])

    def pays(p):
        # at its own best scale the loss is stationary in the ratio: it need not follow
        here = much or best_ratio(lambda t: _mixture_loss(p, far, 1.0, 1.0, t), high=1e3)[0]
        less, more = _mixture_loss(p, ends, 1.0, 1.0, here)
        return float(less - more)

    if pays(0.5) <= 0:
        return math.nan
    limit = EQUAL_VARIANCE_BOUNDARY[0]
    return float(limit + left * (brentq(pays, 0.05, 0.5, xtol=1e-9) - limit))


def trained_boundaries(separation: ArrayLike, ratio: float) -> Array:
    """`trained_boundary` at many separations, (n,), and one ratio: all are bisected at once.

    Examples
    --------
    >>> trained_boundaries([3.0, 5.0], 5.0).round(4).tolist()
    [0.3164, nan]
    """
    far = require.moderate("separation", separation, positive=True)
    ratio = require.positive("ratio", ratio)
    if (far > 100).any():
        near = trained_boundaries(np.minimum(far, 100), ratio)
        near[far > 100] = [trained_boundary(each, ratio) for each in far[far > 100]]
        return near
    far, much, left = _kept(far, ratio)
    ends = far * np.array([[1 - 1e-4], [1 + 1e-4]])

    def pays(p):
        less, more = _mixture_loss(p, ends, 1.0, 1.0, much)
        return less > more

    low, high = np.full(far.shape, 0.05), np.full(far.shape, 0.5)
    ever = pays(high)
    for _ in range(29):  # to 1e-9
        middle = (low + high) / 2
        above = pays(middle)
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    limit = EQUAL_VARIANCE_BOUNDARY[0]
    return np.where(ever, limit + left * ((low + high) / 2 - limit), np.nan)


def _kept(separation, ratio):
    """Separation and ratio no nearer to their limits than rounding allows, and what is then left of
    the way from there: it falls as the square, and in proportion."""
    far, much = np.maximum(separation, 0.1), ratio and max(ratio, 1e-3)
    return far, much, (separation / far) ** 2 * (ratio / much if ratio else 1)
