"""Distributions that look alike from all sides: W₁ to N(0, I), sliced W₁ and PER are exact.

A distribution that does not change under rotations is transported best along rays: the norm is
1-Lipschitz, so W₁ is at least the one-dimensional distance between the distributions of the norms,
and moving each point along its ray attains it.

Letters: `r` radius of a sphere, `s` standard deviation of each coordinate, `d` dimension, Z a
standard normal vector.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammainc

from normtheory.theory import arguments as require
from normtheory.theory.arguments import Numbers
from normtheory.theory.sphere_average import mean_projection


def mean_norm(d: int) -> float:
    """E‖Z‖ in d dimensions: W₁ of a point mass at the origin to N(0, I).

    >>> round(mean_norm(1) ** 2 * 3.141592653589793, 12), round(mean_norm(64), 4)
    (2.0, 7.9688)
    """
    return float(np.sqrt(2 / np.pi) / mean_projection(d))


def sphere_distance(r: ArrayLike, d: int) -> Numbers:
    """W₁ of the uniform distribution on the sphere of radius r to N(0, I): E|‖Z‖ - r|.

    Parameters
    ----------
    r : array_like
        Radii, at least 0.
    d : int
        Dimension, at least 1.

    Examples
    --------
    >>> round(float(sphere_distance(8.0, 64)), 4)
    0.5642
    """
    r = require.finite("r", r, at_least=0)
    d = require.integer("d", d, minimum=1)
    below = gammainc(d / 2, r * r / 2)
    # E[‖Z‖; ‖Z‖ <= r] is E‖Z‖ times the same probability in d + 1 dimensions
    share = gammainc((d + 1) / 2, r * r / 2)
    return (r * (2 * below - 1) + mean_norm(d) * (1 - 2 * share))[()]


def scaled_normal_distance(s: ArrayLike, d: int) -> Numbers:
    """W₁ of N(0, s²I) to N(0, I): |s - 1|·E‖Z‖.

    Parameters
    ----------
    s : array_like
        Standard deviations, at least 0.
    d : int
        Dimension, at least 1.

    Examples
    --------
    >>> round(float(scaled_normal_distance(0.5, 1)), 4)
    0.3989
    """
    s = require.finite("s", s, at_least=0)
    return (np.abs(s - 1) * mean_norm(d))[()]


def scaled_normal_sliced_distance(s: ArrayLike) -> Numbers:
    """Sliced W₁ of N(0, s²I) to N(0, I), in any dimension: |s - 1|·√(2/π).

    Parameters
    ----------
    s : array_like
        Standard deviations, at least 0.

    Examples
    --------
    >>> round(float(scaled_normal_sliced_distance(0.5)), 4)
    0.3989
    """
    return (np.abs(require.finite("s", s, at_least=0) - 1) * np.sqrt(2 / np.pi))[()]


def scaled_normal_error(s: ArrayLike) -> Numbers:
    """PER of N(0, s²I), in any dimension: √(2/π)·√(1 + s²).

    Parameters
    ----------
    s : array_like
        Standard deviations, at least 0.

    Examples
    --------
    At the target it is 2/√π, more than the √(2/π) of a point mass at the origin.

    >>> round(float(scaled_normal_error(1.0)), 4), round(float(scaled_normal_error(0.0)), 4)
    (1.1284, 0.7979)
    """
    return (np.sqrt(2 / np.pi) * np.hypot(1, require.finite("s", s, at_least=0)))[()]
