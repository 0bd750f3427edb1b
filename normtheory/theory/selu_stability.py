r"""Weights with which a scaled ELU's layer keeps its fixed point: their sum and squared norm.

Letters as in `normtheory.theory.selu`.
"""

import numpy as np

from normtheory.theory import arguments as require
from normtheory.theory.selu import ALPHA, LAMBDA, moment_jacobian
from normtheory.theory.selu_constants import fixed_point_constants


def stable_weight_sums(mean: float = 0.0, variance: float = 1.0) -> tuple[float, float]:
    r"""The interval of weight sums for which (0, variance) attracts nearby moments, at tau = 1.

    With mean 0 the target is a fixed point for every omega, and the Jacobian is linear in omega, so
    the ends follow from Jury's conditions :math:`1 \mp \mathrm{tr} + \det > 0`. With another mean,
    which is refused, the fixed point itself depends on omega.

    >>> low, high = stable_weight_sums()
    >>> round(low, 3), round(high, 3)
    (-1.031, 0.902)
    """
    if require.number("mean", mean) != 0:
        raise ValueError(f"mean must be 0, got {mean!r}")
    variance = require.positive("variance", variance)
    alpha, lam = fixed_point_constants(0.0, variance)
    (a, b), (c, d) = moment_jacobian(0.0, variance, alpha=alpha, lam=lam, omega=1.0)
    det = a * d - b * c
    return (float(max(-(1 + d) / (a + det), -1 / det)), float(min((1 - d) / (a - det), 1 / det)))


def collapse_weight_sums(alpha: float = ALPHA, lam: float = LAMBDA) -> tuple[float, float]:
    r"""The two weight sums at tau = 1 beyond which some starts lose all variance.

    Without variance the mean follows :math:`\mu \to f(\omega\mu)` with the activation f. For
    positive omega it has a negative fixed point, which multiplies a small variance by
    :math:`(\mu + \lambda\alpha)^2`, below 1 exactly for
    :math:`\omega > \ln(\lambda\alpha)/(\lambda\alpha - 1)`. For negative omega it alternates
    between :math:`\mu < 0` and :math:`\lambda\omega\mu > 0`; the two layers multiply a small
    variance by :math:`\lambda^2(\mu + \lambda\alpha)^2`, below 1 exactly for
    :math:`\omega < -\sqrt{\ln(\lambda^2\alpha)/(\lambda^2\alpha - 1)}`. Both :math:`\lambda\alpha`
    and :math:`\lambda^2\alpha` have to exceed 1.

    >>> low, high = collapse_weight_sums()
    >>> round(low, 4), round(high, 4)
    (-0.8511, 0.7443)
    """
    alpha, lam = require.positive("alpha", alpha), require.positive("lam", lam)
    slope = alpha * lam
    if not min(slope, slope * lam) > 1:
        raise ValueError(
            f"alpha * lam and alpha * lam**2 must exceed 1, got {slope!r} and {slope * lam!r}"
        )
    low, high = np.log(slope * lam) / (slope * lam - 1), np.log(slope) / (slope - 1)
    return float(-np.sqrt(low)), float(high)


def surviving_norms(alpha: float = ALPHA, lam: float = LAMBDA) -> tuple[float, float]:
    r"""The squared weight norms, at weight sum 0, between which a layer has a fixed variance > 0.

    A layer multiplies a variance that goes to 0 by
    :math:`\tau\lambda^2(\frac{1+\alpha^2}2 - \frac{(1-\alpha)^2}{2\pi})`, one that goes to infinity
    by :math:`\tau\lambda^2(\frac12 - \frac1{2\pi})`, less for every positive alpha. The variance
    stays away from both ends where the first factor exceeds 1 and the second does not reach it.

    >>> low, high = surviving_norms()
    >>> round(low, 4), round(high, 4)
    (0.4956, 2.6576)
    """
    alpha, lam = require.positive("alpha", alpha), require.positive("lam", lam)
    small = lam**2 * ((1 + alpha**2) / 2 - (1 - alpha) ** 2 / (2 * np.pi))
    large = lam**2 * (1 - 1 / np.pi) / 2
    return float(1 / small), float(1 / large)
