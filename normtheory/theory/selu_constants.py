r"""The constants of a self-normalizing network for any target, and alpha dropout.

Which :math:`\alpha, \lambda` make a (mean, variance) the fixed point of a layer of scaled ELUs, for
which targets there are any. Letters as in `normtheory.theory.selu`; which weights keep the fixed
point attractive is in `normtheory.theory.selu_stability`.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from normtheory.theory import arguments as require
from normtheory.theory.arguments import Numbers
from normtheory.theory.selu import ALPHA, LAMBDA, NARROW, exponential_moments, nodes, preactivation


class Constants(NamedTuple):
    """The slope of the exponential and the scale of a scaled ELU."""

    alpha: float
    lam: float


class Affine(NamedTuple):
    """The map x -> a x + b that follows alpha dropout."""

    a: float
    b: float


def fixed_point_constants(
    mean: float = 0.0, variance: float = 1.0, *, omega: float = 0.0, tau: float = 1.0
) -> Constants:
    r"""The :math:`\alpha, \lambda > 0` that make (mean, variance) a fixed point of one layer.

    With :math:`a = \lambda\alpha` the mean is linear in :math:`(\lambda, a)` and the second moment
    a positive form in their squares, so there is one solution or none (a ValueError); see
    `target_band`.

    Parameters
    ----------
    mean, omega : float
        The target, and the weight sum.
    variance, tau : float
        The target, and the squared norm of the weights; positive.

    Examples
    --------
    >>> alpha, lam = fixed_point_constants()
    >>> round(alpha, 12), round(lam, 12)
    (1.673263242354, 1.050700987355)
    >>> alpha, lam = fixed_point_constants(0.0, 4.0)
    >>> round(alpha, 4), round(lam, 4)
    (2.404, 1.0702)
    """
    mean, omega = require.number("mean", mean), require.number("omega", omega)
    variance, tau = require.positive("variance", variance), require.positive("tau", tau)
    found = solve_constants(mean, variance, omega=omega, tau=tau)
    if np.isnan(found.alpha):
        raise ValueError(
            f"mean must lie inside target_band for a fixed point to exist with alpha, lam > 0, "
            f"got mean={mean!r} with variance={variance!r}"
        )
    return Constants(float(found.alpha), float(found.lam))


def solve_constants(
    mean: ArrayLike, variance: ArrayLike, *, omega: ArrayLike = 0.0, tau: ArrayLike = 1.0
) -> Constants:
    """`fixed_point_constants` for arrays of targets: NaN where no positive pair exists.

    Parameters
    ----------
    mean, omega : array_like
    variance, tau : array_like
        Positive; all broadcast.

    Examples
    --------
    >>> solve_constants([0.0, 1.0], 1.0).alpha.round(4).tolist()
    [1.6733, nan]
    """
    m, v, *_ = preactivation(mean, variance, 1.0, 1.0, omega, tau)
    mean = np.broadcast_to(np.asarray(mean, float), m.shape)
    p1, p2, n1, n2 = _halves(m, v)
    target = mean**2 + np.broadcast_to(np.asarray(variance, float), m.shape)
    # with a = lam alpha: lam p1 - a n1 = mean and lam^2 p2 + a^2 n2 = target
    ratio = n2 / n1**2
    lead = p2 + ratio * p1**2
    disc = (ratio * p1 * mean) ** 2 - lead * (ratio * mean**2 - target)
    with np.errstate(invalid="ignore"):
        lam = (ratio * p1 * mean + np.sqrt(disc)) / lead
        a = (lam * p1 - mean) / n1
        good = (disc >= 0) & (lam > 0) & (a > 0)
    lam = np.where(good, lam, np.nan)
    return Constants(np.where(good, a / lam, np.nan), lam)


def target_band(variance: ArrayLike) -> tuple[Numbers, Numbers]:
    r"""The open interval of means that have a fixed point at `variance`, with weight sum 0, norm 1.

    It is :math:`(-\sigma/\sqrt{r - 1}, \sigma/\sqrt{\pi - 1})` with
    :math:`r = E[(e^z-1)^2; z<0] / E[e^z-1; z<0]^2`: at the upper end alpha = 0 (a ReLU), at the
    lower end lam = 0.

    Parameters
    ----------
    variance : array_like, positive

    Examples
    --------
    >>> low, high = target_band(1.0)
    >>> round(float(low), 4), round(float(high), 4)
    (-0.8033, 0.6833)
    """
    v = require.moderate("variance", variance, positive=True)
    _, _, n1, n2 = _halves(*preactivation(0.0, v, 1.0, 1.0, 0.0, 1.0)[:2])
    return -np.sqrt(v / (n2 / n1**2 - 1)), np.sqrt(v / (np.pi - 1))


def plain_constants(mean: float, variance: float) -> Constants:
    r"""`fixed_point_constants` for independent weights N(0, 1/n), for a mean within
    `plain_target_band`.

    Over the units of a wide layer the pre-activations are then :math:`N(0, \mu^2 + \nu)`.

    >>> alpha, lam = plain_constants(-0.4, 1.0)
    >>> round(alpha, 4), round(lam, 4)
    (4.7591, 0.5307)
    """
    mean, variance = require.number("mean", mean), require.positive("variance", variance)
    return fixed_point_constants(mean, variance, tau=1 + mean**2 / variance)


def plain_target_band(variance: float) -> tuple[float, float]:
    r"""The open interval of means that `plain_constants` has at a variance.

    With :math:`q = \mu^2 + \nu` and r as in `target_band` it is
    :math:`-\sqrt{q/r(q)} < \mu < \sqrt{q/\pi}`, where r is that of N(0, q).

    >>> low, high = plain_target_band(1.0)
    >>> round(low, 4), round(high, 4)
    (-0.825, 0.6833)
    """
    from scipy import optimize

    variance = require.positive("variance", variance)

    def excess(mean):
        q = mean**2 + variance
        _, _, n1, n2 = _halves(np.zeros(()), np.asarray(q))
        return float(mean**2 * n2 / n1**2 - q)

    low, high = -np.sqrt(variance), -1e-3 * np.sqrt(variance)
    while excess(low) < 0:
        low *= 2
    return float(optimize.brentq(excess, low, high)), float(np.sqrt(variance / (np.pi - 1)))


def alpha_dropout_affine(
    rate: float,
    mean: float = 0.0,
    variance: float = 1.0,
    *,
    alpha: float = ALPHA,
    lam: float = LAMBDA,
) -> Affine:
    r"""The affine map that undoes what dropping to :math:`-\lambda\alpha` does to the moments.

    Parameters
    ----------
    rate : float
        Probability in [0, 1) that a unit is set to :math:`-\lambda\alpha`.
    mean : float
    variance : float
        The moments to keep; a positive variance.
    alpha, lam : float, positive

    Returns
    -------
    Affine
        :math:`a = \sqrt{\nu/(q\nu + q(1-q)(\mu+\lambda\alpha)^2)}` and
        :math:`b = \mu - a(q\mu - (1-q)\lambda\alpha)`, with q = 1 - rate.

    Examples
    --------
    >>> a, b = alpha_dropout_affine(0.05)
    >>> round(float(a), 4), round(float(b), 4)
    (0.9548, 0.0839)
    """
    q = 1 - require.between("rate", rate, 0, 1, closed="low")
    mean = require.number("mean", mean)
    variance = require.positive("variance", variance)
    alpha, lam = require.positive("alpha", alpha), require.positive("lam", lam)
    floor = -lam * alpha
    a = np.sqrt(variance / (q * variance + q * (1 - q) * (mean - floor) ** 2))
    return Affine(float(a), float(mean - a * (q * mean + (1 - q) * floor)))


def constants_expression(variance):
    r"""Sympy expressions of alpha and lambda for the target (0, variance).

    >>> alpha, lam = constants_expression(1)
    >>> str(alpha.evalf(12)), str(lam.evalf(12))
    ('1.67326324235', '1.05070098736')
    """
    import sympy as sp

    v = sp.sympify(variance)
    s = sp.sqrt(v)
    once = sp.exp(v / 2) * sp.erfc(s / sp.sqrt(2)) / 2
    twice = sp.exp(2 * v) * sp.erfc(sp.sqrt(2) * s) / 2
    half = sp.Rational(1, 2)
    alpha = s / sp.sqrt(2 * sp.pi) / (half - once)
    return alpha, sp.sqrt(v / (v / 2 + alpha**2 * (twice - 2 * once + half)))


def _halves(m, v):
    """E[z; z>0], E[z^2; z>0], -E[e^z - 1; z<0] and E[(e^z - 1)^2; z<0]."""
    s = np.sqrt(v)
    below, once, twice, density = exponential_moments(m, v)
    above = special.ndtr(m / s)
    p1 = m * above + s * density
    p2 = (m**2 + v) * above + m * s * density
    n1, n2 = np.array(below - once), np.array(twice - 2 * once + below)
    narrow = s < NARROW
    if narrow.any():
        z, weight = nodes(m[narrow], s[narrow])
        left = np.where(z < 0, np.expm1(np.minimum(z, 0)), 0)
        n1[narrow], n2[narrow] = -(weight * left).sum(-1), (weight * left**2).sum(-1)
    return p1, p2, n1, n2
