"""The variance constancy loss as it is trained: two batches of n draws and beta > 0.

L = (1 - s1 / (s2 + beta))^2 with the unbiased sample variances s1, s2 of two independent batches
(Littwin & Wolf 2018, Eq. 17). Its expectation depends on the shape of the law and on the `ratio`
t = sigma^2 / beta only. With u = s^2 / sigma^2, a(k) = E[u^k] and r(k) = E[(t u + 1)^-k]:

    E[L] = 1 - 2 t a(1) r(1) + t^2 a(2) r(2).

At beta = 0 it is infinite for *every* law when n <= 5: n draws fall within h of each other with
probability at least of order h^(n-1), so E[s^-4] diverges. Atoms make it infinite at any n.
"""

import math
from typing import NamedTuple

import numpy as np

from normtheory.theory.arguments import require_finite, require_integer

LEAST_FINITE_SIZE = 6


class BestRatio(NamedTuple):
    """The ratio sigma^2 / beta with the least expected loss, and that loss."""

    ratio: float
    loss: float


def _ratios(ratio):
    ratio = require_finite("ratio", ratio)
    if not (ratio > 0).all():
        raise ValueError(f"ratio must be positive, got {ratio.min()}")
    return ratio.astype(float)


def two_point_loss(n, ratio):
    """E[L] of the balanced two-point law, exactly.

    Parameters
    ----------
    n : int
        Batch size, at least 2.
    ratio : float or array
        sigma^2 / beta.

    Raises
    ------
    ValueError
        If n < 2 or a ratio is not positive.

    Examples
    --------
    >>> float(two_point_loss(2, 0.5))  # 1/2 + (1 - 2t)^2/4 + 1/(4 (1 + 2t)^2)
    0.5625
    """
    n, ratio = require_integer("n", n, minimum=2), _ratios(ratio)
    ones = np.arange(n + 1)
    probability = np.array([math.comb(n, int(j)) for j in ones]) / 2.0**n
    u = 4 * ones * (n - ones) / (n * (n - 1))
    inverse = 1 / (ratio[..., None] * u + 1)
    return _combine(
        ratio,
        probability @ u,
        probability @ u**2,
        inverse @ probability,
        inverse**2 @ probability,
    )[()]


def normal_loss(n, ratio):
    """E[L] of the normal law: (n - 1) s^2 / sigma^2 is chi-square; quadrature to 1e-12.

    Parameters, raises
    ------------------
    As `two_point_loss`.

    Examples
    --------
    >>> round(float(normal_loss(2, 0.3815)), 6)  # close to its least value
    0.686012
    """
    from scipy.special import gammaln

    n, ratio = require_integer("n", n, minimum=2), _ratios(ratio)
    half = (n - 1) / 2
    # in y = log x all integrands are analytic in a strip and fall off at both ends, so the
    # trapezoidal rule converges exponentially; the closed form (Tricomi's U) overflows
    step = min(0.2, 0.5 / math.sqrt(half))
    y = np.arange(-80 / max(half, 1) - 3, math.log(half + 1) + 5, step)
    density = step * np.exp(half * y - np.exp(y) - gammaln(half))
    inverse = 1 / (ratio[..., None] * np.exp(y) / half + 1)
    return _combine(ratio, 1.0, 1 + 2 / (n - 1), inverse @ density, inverse**2 @ density)[()]


def mixture_loss(p, separation, var1, var2, ratio):
    """E[L] at n = 2 of a Gaussian mixture on the line, in closed form.

    s^2 = d^2 / 2 for the difference d of two draws, itself a Gaussian mixture; E[1 / (d^2 + a^2)]
    under a Gaussian is Voigt's profile, the real part of Faddeeva's function.

    Parameters
    ----------
    p, separation, var1, var2 : float or array
        As in `best_between`; separation 0 with equal variances is the normal law.
    ratio : float or array
        sigma^2 / beta with sigma^2 the variance of the whole mixture. All broadcast.

    Examples
    --------
    >>> round(float(mixture_loss(0.5, 0.0, 1.0, 1.0, 0.3815)), 6)
    0.686012
    """
    ratio = _ratios(ratio)
    p, separation = require_finite("p", p), require_finite("separation", separation)
    var1, var2 = require_finite("var1", var1), require_finite("var2", var2)
    variance = p * (1 - p) * separation**2 + p * var1 + (1 - p) * var2
    beta = variance / ratio
    # the pair comes from (1, 1), (2, 2) or from both: weight, mean of d, variance of d
    pairs = (
        (p**2, 0.0 * separation, 2 * var1),
        ((1 - p) ** 2, 0.0 * separation, 2 * var2),
        (2 * p * (1 - p), separation, var1 + var2),
    )
    inverse, square, fourth = 0.0, 0.0, 0.0
    for weight, mean, spread in pairs:
        first, second = _inverse_moments(mean, spread, beta)
        inverse, square = inverse + weight * first, square + weight * second
        fourth = fourth + weight * (mean**4 + 6 * mean**2 * spread + 3 * spread**2) / 4
    return _combine(ratio, 1.0, fourth / variance**2, inverse * beta, square * beta**2)[()]


def _inverse_moments(mean, spread, beta):
    """E[1/(u + beta)] and E[1/(u + beta)^2] for u = d^2/2, d normal with that mean and variance."""
    from scipy.special import wofz

    a, width = np.sqrt(2 * beta), np.sqrt(2 * spread)
    z = (mean + 1j * a) / width
    w = wofz(z)
    slope = -2 * z * w + 2j / np.sqrt(np.pi)
    scale = np.sqrt(np.pi) / width
    # f(a) = E 1/(d^2 + a^2) and E 1/(d^2 + a^2)^2 = -f'(a) / (2 a)
    first = scale * w.real / a
    second = -(scale * (slope * 1j / width).real / a - first / a) / (2 * a)
    return 2 * first, 4 * second


def _combine(ratio, mean, mean_square, inverse, square):
    return 1 - 2 * ratio * mean * inverse + ratio**2 * mean_square * square


def normal_loss_at_zero(n):
    """E[L] of the normal law at beta = 0: s1/s2 has Fisher's law; inf for n <= 5.

    Examples
    --------
    >>> normal_loss_at_zero(5), round(normal_loss_at_zero(10), 4)
    (inf, 1.2571)
    """
    n = require_integer("n", n, minimum=2)
    if n < LEAST_FINITE_SIZE:
        return math.inf
    return 1 - 2 * (n - 1) / (n - 3) + (n + 1) * (n - 1) / ((n - 3) * (n - 5))


def best_ratio(loss, *, low=1e-3, high=1e5):
    """The ratio sigma^2 / beta that minimises an expected loss: the variance it is drawn to.

    Parameters
    ----------
    loss : callable
        ``loss(ratio)`` for an array of ratios.
    low, high : float
        Where to look; the least of 400 ratios is refined.

    Raises
    ------
    ValueError
        If the least loss lies at an end of the range.

    Examples
    --------
    >>> round(best_ratio(lambda t: two_point_loss(2, t)).ratio, 5)
    0.55346
    """
    from scipy.optimize import minimize_scalar

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


def pair_functional(ratio=None):
    """E[L] at n = 2 of a discrete law with its influence function, for `minimize_over_laws`.

    Parameters
    ----------
    ratio : float, optional
        Hold sigma^2 / beta there, so that only the shape of the law is free. Without it beta = 1
        and the scale of the law is free, too.

    Returns
    -------
    callable
        ``functional(atoms, weights, at)`` giving (E[L], IF(at), IF'(at)).

    Examples
    --------
    >>> value, influence, _ = pair_functional(0.5)([-1.0, 1.0], [0.5, 0.5], [0.0])
    >>> float(value), influence.round(6).tolist()
    (0.5625, [0.055625])
    """
    if ratio is not None:
        ratio = float(_ratios(ratio))

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


def two_point_limit():
    """The largest sigma^2 / beta up to which the balanced two-point law minimises E[L] at n = 2
    among laws of that variance: there a point mass at the mean starts to pay.

    Examples
    --------
    >>> round(two_point_limit(), 5)
    0.85528
    """
    from scipy.optimize import brentq

    def pays(ratio):
        return pair_functional(ratio)([-1.0, 1.0], [0.5, 0.5], [0.0])[1][0]

    return float(brentq(pays, 0.7, 1.0, xtol=1e-13))


def trained_boundary(separation, ratio=None):
    """Weight p < 1/2 above which separating beats merging for the trained loss at n = 2.

    Equal variances 1; the projection is N(0, 1) when merged, the mixture when separated.

    Parameters
    ----------
    separation : float
        Distance of the means in within-component deviations, positive.
    ratio : float, optional
        Hold sigma^2 / beta there. Without it each projection takes its own best scale.

    Returns
    -------
    float
        nan when merging is better for every p.

    Examples
    --------
    >>> round(trained_boundary(5.0), 4), round(trained_boundary(5.0, ratio=5.0), 4)
    (0.2155, 0.3122)
    >>> trained_boundary(20.0, ratio=5.0)
    nan
    """
    from scipy.optimize import brentq

    separation = float(_ratios(separation))

    def least(p, delta):
        if ratio is not None:
            return float(mixture_loss(p, delta, 1.0, 1.0, ratio))
        return best_ratio(lambda t: mixture_loss(p, delta, 1.0, 1.0, t), high=1e3).loss

    merged = least(0.5, 0.0)
    if least(0.5, separation) >= merged:
        return math.nan
    return float(brentq(lambda p: least(p, separation) - merged, 0.02, 0.5, xtol=1e-9))


def loss_gradient(first, second, beta):
    """L and its gradient with respect to the two batches.

    Parameters
    ----------
    first, second : array of shape (..., n)
        Two batches of activations.
    beta : float
        At least 0.

    Returns
    -------
    (loss, d_first, d_second)
        Shapes (...), (..., n), (..., n).

    Examples
    --------
    >>> loss, one, two = loss_gradient([0.0, 2.0], [0.0, 1.0], 0.5)
    >>> float(loss), one.tolist(), two.tolist()
    (1.0, [-4.0, 4.0], [4.0, -4.0])
    """
    first, second = require_finite("first", first), require_finite("second", second)
    if not beta >= 0:
        raise ValueError(f"beta must be at least 0, got {beta!r}")
    s1, s2 = first.var(axis=-1, ddof=1), second.var(axis=-1, ddof=1)
    ratio = s1 / (s2 + beta)
    by_s1, by_s2 = -2 * (1 - ratio) / (s2 + beta), 2 * (1 - ratio) * ratio / (s2 + beta)
    gradients = (
        (2 * slope / (x.shape[-1] - 1))[..., None] * (x - x.mean(axis=-1, keepdims=True))
        for slope, x in ((by_s1, first), (by_s2, second))
    )
    return (1 - ratio) ** 2, *gradients
