"""Directions in which a two-component Gaussian mixture separates, merges, or is least peaked.

`mixture` is a `Mixture` in d dimensions; a direction is a unit vector theta of shape (d,). Letters
and source as in `normtheory.theory.mixtures`.
"""

import math

import numpy as np
from numpy.typing import ArrayLike

from normtheory.theory import arguments as require
from normtheory.theory.arguments import Array
from normtheory.theory.mixtures import Mixture
from normtheory.theory.precision import TOLERANCE

_ROUNDING = TOLERANCE["float64"]


def angle_between(theta: ArrayLike, phi: ArrayLike) -> float:
    """Angle of the lines through two vectors, in radians in [0, pi/2] (signs do not matter).

    >>> round(angle_between([1.0, 0.0], [-1.0, 0.0]), 12)
    0.0
    """
    theta, phi = require.finite("theta", theta, ndim=1), require.finite("phi", phi, ndim=1)
    if theta.shape != phi.shape:
        raise ValueError(f"phi must have shape {theta.shape}, got {phi.shape}")
    for name, vector in (("theta", theta), ("phi", phi)):
        if not vector.any():
            raise ValueError(f"{name} must not be 0, got {vector.tolist()}")
    # to entries of about 1 first: squares of very long and very short ones are no floats
    theta, phi = (x / np.abs(x).max() for x in (theta, phi))
    theta, phi = theta / np.linalg.norm(theta), phi / np.linalg.norm(phi)
    # arctan2 keeps small angles exact, where arccos of a cosine near 1 would not
    return float(
        2 * np.arctan2(*sorted([np.linalg.norm(theta - phi), np.linalg.norm(theta + phi)]))
    )


def _separated(mixture):
    """mu1 - mu2 up to its length, whose square may be below the smallest number."""
    require.instance("mixture", mixture, Mixture)
    gap = mixture.mu1 - mixture.mu2
    if not gap.any():
        raise ValueError(f"mu1 and mu2 must differ, got {mixture.mu1.tolist()} for both")
    return np.ldexp(gap, -np.frexp(np.abs(gap).max())[1])


def lda_direction(mixture: Mixture) -> Array:
    """The unit vector that minimises theta^T Sigma_w theta / theta^T Sigma_b theta.

    It is Sigma_w^-1 (mu1 - mu2) up to length, shape (d,).

    >>> from normtheory.theory import mixture
    >>> m = mixture(0.5, [1.0, 1.0], [-1.0, -1.0], [[1.0, 0.0], [0.0, 4.0]])
    >>> (lda_direction(m) * 17**0.5).round(12).tolist()
    [4.0, 1.0]
    """
    gap = _separated(mixture)
    theta = np.linalg.solve(mixture.within, gap)
    return theta / np.linalg.norm(theta)


def merging_directions(mixture: Mixture) -> Array:
    """Orthonormal basis, shape (d, d - 1), of all theta with theta^T (mu1 - mu2) = 0.

    Every vector of this hyperplane minimises theta^T Sigma_b theta / theta^T Sigma_w theta (at 0):
    the merging direction is unique for d = 2 only.

    >>> from normtheory.theory import mixture
    >>> m = mixture(0.5, [1.0, 0.0, 0.0], [-1.0, 0.0, 0.0], np.eye(3))
    >>> merging_directions(m).shape
    (3, 2)
    """
    gap = _separated(mixture)
    if gap.size < 2:
        raise ValueError(f"d must be at least 2 for a merging direction, got {gap.size}")
    return np.linalg.svd(gap[None, :])[2][1:].T


def merging_direction(mixture: Mixture) -> Array:
    """The unit vector orthogonal to mu1 - mu2 in the plane, shape (2,).

    >>> from normtheory.theory import mixture
    >>> np.abs(merging_direction(mixture(0.5, [1.0, 0.0], [-1.0, 0.0], np.eye(2)))).tolist()
    [0.0, 1.0]
    """
    basis = merging_directions(mixture)
    if basis.shape[1] != 1:
        raise ValueError(f"d must be 2 for one merging direction, got {basis.shape[0]}")
    return basis[:, 0]


def best_angle(mixture: Mixture, grid: int = 360) -> tuple[float, float]:
    """The angle in [0, pi) with the least kurtosis in the plane, and that kurtosis.

    Global: all angles of a grid, and ever finer ones around the best, the first where there are
    two; to about 1e-6, or to what rounding leaves of a flat minimum.

    Parameters
    ----------
    mixture : Mixture, in the plane
    grid : int
        Number of angles, at least 3.

    Examples
    --------
    >>> from normtheory.theory import mixture
    >>> angle, kurtosis = best_angle(mixture(0.5, [1.0, 0.0], [-1.0, 0.0], np.eye(2)))
    >>> round(math.cos(angle) ** 2, 6), round(kurtosis, 6)
    (1.0, 2.5)
    """
    require.instance("mixture", mixture, Mixture)
    step = math.pi / require.integer("grid", grid, minimum=3)
    angles = np.arange(grid) * step
    values = mixture.angle_kurtosis(angles)
    angle = angles[np.argmax(values <= (1 + 1e-14) * values.min())]
    for _ in range(4):
        angles, step = angle + np.linspace(-step, step, 33), step / 16
        values = mixture.angle_kurtosis(angles)
        # the middle of those that differ by rounding alone
        angle = angles[values <= values.min() + _ROUNDING].mean()
    return float(angle) % math.pi, float(values.min())
