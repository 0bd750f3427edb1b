"""Where in p, separation and variance ratio a mixture's least-kurtosis direction changes.

Isotropic components N(mu1, var1 I) and N(mu2, var2 I): every direction has the same within
variances, only B = (theta^T (mu1 - mu2))^2 varies, from 0 (merge) to |mu1 - mu2|^2 (the LDA
direction, separate). d kappa / dB has the sign of a *linear* function of B, so there is at most
one stationary point: besides "merge" and "separate" a third phase "between" can win, never more,
and only where |mu1 - mu2|^2 > 3 |var1 - var2|.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from normtheory.theory import arguments as require
from normtheory.theory.arguments import Numbers
from normtheory.theory.mixtures import mixture_kurtosis

PHASES = ("merge", "between", "separate", "indifferent")


def best_between(p: ArrayLike, separation: ArrayLike, var1: ArrayLike, var2: ArrayLike) -> Numbers:
    """The B in [0, separation^2] with the least kurtosis; NaN where every B has the same (equal
    variances and alpha = 1/6).

    Parameters
    ----------
    p : float or array
        Weight of component 1, in (0, 1). All arguments broadcast.
    separation : float or array
        Distance of the means; its sign does not matter.
    var1, var2 : float or array
        Variances, positive.

    Examples
    --------
    >>> [float(best_between(p, 2.0, 1.0, 1.0)) for p in (0.1, 0.5)]
    [0.0, 4.0]
    >>> round(float(best_between(0.1, 3.0, 0.5, 1.0)), 4)  # a narrow rare component: neither
    2.2156
    """
    given = {"p": p, "separation": separation, "var1": var1, "var2": var2}
    p, separation, var1, var2 = require.broadcast(
        **{name: require.moderate(name, value) for name, value in given.items()}
    )
    largest = separation**2
    at_ends = [mixture_kurtosis(p, np.sqrt(b), 0.0, var1, var2) for b in (0.0 * largest, largest)]
    slope, constant = _derivative(p, var1, var2)
    with np.errstate(divide="ignore", invalid="ignore"):
        root = np.where(slope > 0, 0.0 - constant / slope, np.nan)
    # slope > 0: one minimum; otherwise the stationary point is a maximum and an end is best
    best = np.where(
        slope > 0, np.clip(root, 0, largest), np.where(at_ends[0] <= at_ends[1], 0.0, largest)
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

    >>> [str(phase(p, 3.0, 0.5, 1.0)) for p in (0.1, 0.5, 0.95)]
    ['between', 'separate', 'merge']
    """
    best = np.asarray(best_between(p, separation, var1, var2))
    largest = np.broadcast_to(np.asarray(separation, float) ** 2, best.shape)
    names = np.array(PHASES)
    index = np.where(best <= 0, 0, np.where(best >= largest, 2, 1))
    return names[np.where(np.isnan(best), 3, index)]


def merging_limit(var1: float, var2: float) -> float:
    """The p at which merging stops or starts to be a local minimum: 1 / (1 + sqrt(var1 / var2)).

    There p sigma_1 = (1 - p) sigma_2. For var1 > var2 merging is locally best below it, for
    var1 < var2 above it: only while the *wider* component is the rare one.

    >>> merging_limit(4.0, 1.0)
    0.3333333333333333
    """
    var1, var2 = require.positive("var1", var1), require.positive("var2", var2)
    return float(1 / (1 + np.sqrt(var1 / var2)))
