"""Two-component Gaussian mixtures seen through one direction: moments, kurtosis, phases.

Letters: component 1 has weight `p`, mean `mu1`, covariance `cov1` (variance `var1` on the line),
component 2 weight 1 - p. alpha = p (1 - p). For a direction theta: `between` B is the squared
distance of the projected means, `within` W = p var1 + (1 - p) var2, `difference` D = var1 - var2.
Source: Littwin & Wolf (2018), Eq. 7 to 10, whose formulas silently take D = 0.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from normtheory.theory import arguments as require
from normtheory.theory.arguments import Array, Numbers

# alpha = 1/6: the sign change of alpha (1 - 6 alpha)
EQUAL_VARIANCE_BOUNDARY = ((1 - math.sqrt(1 / 3)) / 2, (1 + math.sqrt(1 / 3)) / 2)


class MixtureMoments(NamedTuple):
    """Mean, variance and fourth central moment (floats or arrays)."""

    mean: np.ndarray
    variance: np.ndarray
    m4: np.ndarray


def mixture_moments(
    p: ArrayLike, mu1: ArrayLike, mu2: ArrayLike, var1: ArrayLike, var2: ArrayLike
) -> MixtureMoments:
    """Moments of p N(mu1, var1) + (1 - p) N(mu2, var2) on the line.

    m4 = alpha (1 - 3 alpha) B^2 + 6 alpha B W + 3 W^2, as in Littwin & Wolf (2018) after Eq. 8,
    plus 3 alpha D^2 + 6 alpha (1 - 2 p) D B, which they leave out.

    Parameters
    ----------
    p : float or array
        Weight of component 1, in (0, 1). All arguments broadcast.
    mu1, mu2 : float or array
        Means.
    var1, var2 : float or array
        Variances, not standard deviations, positive.

    Examples
    --------
    >>> mixture_moments(0.5, 1.0, -1.0, 1.0, 1.0)
    MixtureMoments(mean=np.float64(0.0), variance=np.float64(2.0), m4=np.float64(10.0))
    """
    p = require.probabilities("p", p)
    mu1, mu2 = require.moderate("mu1", mu1), require.moderate("mu2", mu2)
    var1 = require.moderate("var1", var1, positive=True)
    var2 = require.moderate("var2", var2, positive=True)
    alpha, between, difference = p * (1 - p), (mu1 - mu2) ** 2, var1 - var2
    within = p * var1 + (1 - p) * var2
    m4 = printed_fourth_moment(p, between, within) + 3 * alpha * difference * (
        difference + 2 * (1 - 2 * p) * between
    )
    return MixtureMoments(
        (p * mu1 + (1 - p) * mu2)[()], (alpha * between + within)[()], np.asarray(m4)[()]
    )


def printed_fourth_moment(p, between, within):
    """m4 as printed after Eq. 8: right when both components have the same variance."""
    alpha = p * (1 - p)
    return alpha * (1 - 3 * alpha) * between**2 + 6 * alpha * within * between + 3 * within**2


def printed_kurtosis(p, between, within):
    """kappa as printed in Eq. 9: right when both components have the same variance."""
    alpha = p * (1 - p)
    return 3 + alpha * (1 - 6 * alpha) * between**2 / (alpha * between + within) ** 2


def mixture_kurtosis(
    p: ArrayLike, mu1: ArrayLike, mu2: ArrayLike, var1: ArrayLike, var2: ArrayLike
) -> Numbers:
    """Kurtosis of p N(mu1, var1) + (1 - p) N(mu2, var2), both variances free.

    kappa = 3 + alpha ((1 - 6 alpha) B^2 + 6 (1 - 2 p) D B + 3 D^2) / (alpha B + W)^2

    Arguments as in `mixture_moments`.

    >>> float(mixture_kurtosis(0.5, 1.0, -1.0, 1.0, 1.0))
    2.5
    >>> float(mixture_kurtosis(0.5, 0.0, 0.0, 1.0, 3.0))  # equal means, still not normal
    3.75
    """
    p = require.probabilities("p", p)
    mu1, mu2 = require.moderate("mu1", mu1, limit=1e150), require.moderate("mu2", mu2, limit=1e150)
    var1, var2 = require.all_positive("var1", var1), require.all_positive("var2", var2)
    return _kurtosis(p, (mu1 - mu2) ** 2, p * var1 + (1 - p) * var2, var1 - var2)[()]


def _kurtosis(p, between, within, difference):
    alpha = p * (1 - p)
    # in units of the variance, whose square need not be a float
    variance = alpha * between + within
    between, difference = between / variance, difference / variance
    return 3 + alpha * (
        (1 - 6 * alpha) * between**2 + 6 * (1 - 2 * p) * difference * between + 3 * difference**2
    )


class Mixture(NamedTuple):
    """A two-component Gaussian mixture in d dimensions; `mixture` builds a checked one."""

    p: float
    mu1: np.ndarray  # (d,)
    mu2: np.ndarray  # (d,)
    cov1: np.ndarray  # (d, d)
    cov2: np.ndarray  # (d, d)

    @property
    def within(self):
        """Sigma_w = p Sigma_1 + (1 - p) Sigma_2, shape (d, d)."""
        return self.p * self.cov1 + (1 - self.p) * self.cov2

    @property
    def between(self):
        """Sigma_b = (mu1 - mu2)(mu1 - mu2)^T, shape (d, d)."""
        return np.outer(self.mu1 - self.mu2, self.mu1 - self.mu2)

    def project(self, theta):
        """(p, mu1, mu2, var1, var2) of theta^T x for directions theta of shape (..., d)."""
        theta = require.finite("theta", theta)
        if theta.shape[-1] != self.mu1.size:
            raise ValueError(f"theta must end in axis {self.mu1.size}, got shape {theta.shape}")
        variances = (np.einsum("...i,ij,...j", theta, c, theta) for c in (self.cov1, self.cov2))
        return self.p, theta @ self.mu1, theta @ self.mu2, *variances

    def kurtosis(self, theta):
        """Kurtosis of theta^T x for directions theta of shape (..., d); any length but zero."""
        return mixture_kurtosis(*self.project(theta))

    def angle_kurtosis(self, angles):
        """Kurtosis of cos(a) x_1 + sin(a) x_2 for angles a in radians; d = 2 only."""
        return self.kurtosis(directions(angles))

    def draw(self, rng, size):
        """Independent draws, shape (size, d), and which component each is from (1 or 2)."""
        size = require.integer("size", size, minimum=0)
        first = require.rng(rng).random(size) < self.p
        x = rng.standard_normal((size, self.mu1.size))
        one = self.mu1 + x @ np.linalg.cholesky(self.cov1).T
        two = self.mu2 + x @ np.linalg.cholesky(self.cov2).T
        return np.where(first[:, None], one, two), np.where(first, 1, 2)


def mixture(
    p: float, mu1: ArrayLike, mu2: ArrayLike, cov1: ArrayLike, cov2: ArrayLike | None = None
) -> Mixture:
    """A mixture in d dimensions, checked. With one covariance both components share it.

    Parameters
    ----------
    p : float
        Weight of component 1, in (0, 1).
    mu1, mu2 : array_like of shape (d,)
    cov1, cov2 : array_like of shape (d, d)
        Positive definite.

    Examples
    --------
    >>> m = mixture(0.5, [1.0, 0.0], [-1.0, 0.0], [[1.0, 0.0], [0.0, 1.0]])
    >>> m.kurtosis([[1.0, 0.0], [0.0, 1.0]]).tolist()
    [2.5, 3.0]
    """
    p = require.probability("p", p)
    mu1, mu2 = require.finite("mu1", mu1, ndim=1), require.finite("mu2", mu2, ndim=1)
    cov1 = require.covariance("cov1", cov1)
    cov2 = cov1 if cov2 is None else require.covariance("cov2", cov2)
    for name, array, shape in (
        ("mu2", mu2, mu1.shape),
        ("cov1", cov1, mu1.shape * 2),
        ("cov2", cov2, mu1.shape * 2),
    ):
        if array.shape != shape:
            raise ValueError(f"{name} must have shape {shape}, got shape {array.shape}")
    return Mixture(p, mu1, mu2, cov1, cov2)


def directions(angles: ArrayLike) -> Array:
    """Unit vectors (cos a, sin a), shape (..., 2).

    >>> directions([0.0, math.pi]).round(9).tolist()
    [[1.0, 0.0], [-1.0, 0.0]]
    """
    angles = require.finite("angles", angles)
    return np.stack([np.cos(angles), np.sin(angles)], axis=-1)
