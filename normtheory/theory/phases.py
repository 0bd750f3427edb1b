"""Where in p, separation and variance ratio a mixture's least-kurtosis direction changes.

Isotropic components N(mu1, var1 I) and N(mu2, var2 I): every direction has the same within
variances, only B = (theta^T (mu1 - mu2))^2 varies, from 0 (merge) to |mu1 - mu2|^2 (the LDA
direction, separate). d kappa / dB has the sign of a *linear* function of B, so there is at most
one stationary point: besides "merge" and "separate" a third phase "between" can win, never more.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from normtheory.theory.arguments import (
    Array,
    require_all_positive,
    require_broadcast,
    require_integer,
    require_moderate,
    require_positive,
)
from normtheory.theory.mixtures import EQUAL_VARIANCE_BOUNDARY, mixture_kurtosis

PHASES = ("merge", "between", "separate", "indifferent")


def best_between(
    p: ArrayLike, separation: ArrayLike, var1: ArrayLike, var2: ArrayLike
) -> Array | float:
    """The B in [0, separation^2] with the least kurtosis.

    Parameters
    ----------
    p : float or array
        Weight of component 1, in (0, 1). All arguments broadcast.
    separation : float or array
        Distance of the means; its sign does not matter.
    var1, var2 : float or array
        Variances, positive.

    Returns
    -------
    float64 array or scalar
        NaN where every B has the same kurtosis (equal variances and alpha = 1/6).

    Raises
    ------
    ValueError
        As `mixture_kurtosis`.

    Examples
    --------
    >>> [float(best_between(p, 2.0, 1.0, 1.0)) for p in (0.1, 0.5)]
    [0.0, 4.0]
    >>> round(float(best_between(0.1, 3.0, 0.5, 1.0)), 4)  # a narrow rare component: neither
    2.2156
    """
    given = {"p": p, "separation": separation, "var1": var1, "var2": var2}
    p, separation, var1, var2 = require_broadcast(
        **{name: require_moderate(name, value) for name, value in given.items()}
    )
    largest = separation**2
    at_ends = [mixture_kurtosis(p, np.sqrt(b), 0.0, var1, var2) for b in (0.0 * largest, largest)]
    slope, constant = _derivative(p, var1, var2)
    with np.errstate(divide="ignore", invalid="ignore"):
        root = np.where(slope > 0, 0.0 - constant / slope, np.nan)
    # slope > 0: one minimum; otherwise the stationary point is a maximum and an end is best
    best = np.where(
        slope > 0,
        np.clip(root, 0, largest),
        np.where(at_ends[0] <= at_ends[1], 0.0, largest),
    )
    flat = (slope == 0) & (constant == 0)
    return np.where(flat, np.nan, best)[()]


def _derivative(p, var1, var2):
    """d kappa / dB is a positive multiple of slope * B + constant."""
    alpha, difference = p * (1 - p), var1 - var2
    within = p * var1 + (1 - p) * var2
    # 1 - 6 alpha up to rounding: at the boundary itself p cannot be represented exactly
    leading = 1 - 6 * alpha
    leading = np.where(np.abs(leading) < 4e-16, 0.0, leading)
    cross = 6 * (1 - 2 * p) * difference
    return 2 * leading * within - alpha * cross, cross * within - 6 * alpha * difference**2


def phase(
    p: ArrayLike, separation: ArrayLike, var1: ArrayLike, var2: ArrayLike
) -> NDArray[np.str_] | np.str_:
    """Which direction has the least kurtosis: an entry of `PHASES` for each setting, given as to
    `best_between`.

    Examples
    --------
    >>> [str(phase(p, 3.0, 0.5, 1.0)) for p in (0.1, 0.5, 0.95)]
    ['between', 'separate', 'merge']
    """
    best = np.asarray(best_between(p, separation, var1, var2))
    largest = np.broadcast_to(np.asarray(separation, float) ** 2, best.shape)
    names = np.array(PHASES)
    index = np.where(best <= 0, 0, np.where(best >= largest, 2, 1))
    return names[np.where(np.isnan(best), 3, index)]


def phase_boundary(
    separation: ArrayLike = np.inf,
    var1: ArrayLike = 1.0,
    var2: ArrayLike = 1.0,
    *,
    steps: int = 4000,
) -> tuple[Array | float, Array | float]:
    """The interval of p in which the LDA direction has the least kurtosis.

    Parameters
    ----------
    separation : float or array
        Distance of the means, positive; inf is the limit of far components.
    var1, var2 : float or array
        Variances of the isotropic components, positive. All broadcast.
    steps : int
        Values of p, evenly spaced, between which the ends are looked for; at least 1.

    Returns
    -------
    (low, high) : tuple of float, or of arrays
        For equal variances (1 -+ sqrt(1/3)) / 2 at every separation. (nan, nan) where the LDA
        direction is best for no p.

    Raises
    ------
    ValueError
        If a variance or the separation is not positive.

    Examples
    --------
    >>> [round(p, 4) for p in phase_boundary()]
    [0.2113, 0.7887]
    >>> [p.round(4).tolist() for p in phase_boundary([3.0, 30.0], var1=0.5, var2=1.0)]
    [[0.2276, 0.2613], [0.7683, 0.803]]
    """
    var1 = require_moderate("var1", var1, positive=True)
    var2 = require_moderate("var2", var2, positive=True)
    steps = require_integer("steps", steps, minimum=1)
    separation = require_all_positive("separation", separation, or_inf=True)
    # far apart: B beyond any variance, still finite so that the formula needs no limit
    far = np.minimum(separation, 1e5 * np.sqrt(np.maximum(var1, var2)))
    far, var1, var2 = require_broadcast(separation=far, var1=var1, var2=var2)
    ends = [np.full(far.shape, end) for end in EQUAL_VARIANCE_BOUNDARY]
    for at in zip(*np.nonzero(np.atleast_1d(var1 != var2)), strict=True):
        at = at if far.ndim else ()
        ends[0][at], ends[1][at] = _unequal_boundary(far[at], var1[at], var2[at], steps)
    return tuple(ends) if far.ndim else (float(ends[0]), float(ends[1]))


def _unequal_boundary(separation, var1, var2, steps):
    def separates(p):
        return phase(p, separation, var1, var2) == "separate"

    grid = (np.arange(steps) + 0.5) / steps
    inside = np.flatnonzero(separates(grid))
    if not inside.size:
        return np.nan, np.nan
    ends = []
    for index, outward in ((inside[0], -1), (inside[-1], 1)):
        good, bad = grid[index], min(max(grid[index] + outward / steps, 1e-12), 1 - 1e-12)
        for _ in range(45):
            middle = (good + bad) / 2
            good, bad = (middle, bad) if separates(middle) else (good, middle)
        ends.append(good)
    return tuple(ends)


def merging_limit(var1: float, var2: float) -> float:
    """The p at which merging stops or starts to be a local minimum: 1 / (1 + sqrt(var1 / var2)).

    There p sigma_1 = (1 - p) sigma_2. For var1 > var2 merging is locally best below it, for
    var1 < var2 above it: only while the *wider* component is the rare one.

    Examples
    --------
    >>> merging_limit(4.0, 1.0)
    0.3333333333333333
    """
    var1, var2 = require_positive("var1", var1), require_positive("var2", var2)
    return float(1 / (1 + np.sqrt(var1 / var2)))


def kurtosis_expression():
    """kappa of the two-component mixture as sympy expressions, derived and printed.

    Returns
    -------
    dict with sympy expressions in p, B, s_1, s_2 (variances)
        "derived" and "derived m4" from Gaussian moments about the common mean; "printed" and
        "printed m4" the document's; "variance"; "gap" = derived m4 - printed m4.
    """
    import sympy as sp

    p, delta, s1, s2 = sp.symbols("p delta s_1 s_2", positive=True)
    t = sp.Symbol("t")
    means = (1 - p) * delta, -p * delta
    # the moment generating function about the mean, term by term: no moment formula is assumed
    mgf = p * sp.exp(means[0] * t + s1 * t**2 / 2) + (1 - p) * sp.exp(means[1] * t + s2 * t**2 / 2)
    m2, m4 = (sp.expand(sp.diff(mgf, t, k).subs(t, 0)) for k in (2, 4))
    alpha, within = p * (1 - p), p * s1 + (1 - p) * s2
    printed_m4 = alpha * (1 - 3 * alpha) * delta**4 + 6 * alpha * within * delta**2 + 3 * within**2
    variance = alpha * delta**2 + within
    printed = 3 + alpha * (1 - 6 * alpha) * delta**4 / variance**2
    return {
        "derived": m4 / m2**2,
        "derived m4": m4,
        "derived variance": m2,
        "printed": printed,
        "printed m4": printed_m4,
        "variance": variance,
        "gap": 3 * alpha * (s1 - s2) ** 2 + 6 * alpha * (1 - 2 * p) * (s1 - s2) * delta**2,
    }
