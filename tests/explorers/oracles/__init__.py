"""What every explorer draws and says, computed without its code.

An oracle has its explorer's name, takes the values of its sliders, and returns the numbers that its
text prints beyond those, by name, and for each panel the arrays of its layers, in drawing order. It
shares no function with the explorer, nor with what that calls, for any number: densities and
probabilities are scipy's, moments are sums of cumulants or integrals, minima are searched, layers
are simulated. What is random in a picture is drawn again, from the same seed.
"""

import functools
from typing import Any, NamedTuple

import numpy as np
from scipy.special import roots_legendre


class Near(NamedTuple):
    """Values that are known to a tolerance: a grid's, a quadrature's, or six standard errors."""

    values: Any
    rtol: float = 0.0
    atol: float = 0.0


def point(x, y, rtol=0.0, atol=0.0):
    """The arrays of one marker."""
    return [x], Near([y], rtol, atol) if rtol or atol else [y]


_nodes = functools.cache(roots_legendre)


def legendre(low, high, count=400):
    """Nodes and weights of an integral from low to high."""
    nodes, weights = _nodes(count)
    half = (high - low) / 2
    return low + half * (nodes + 1), half * weights


def quantiles(distribution, count=300):
    """Nodes and weights of an expectation, by quantiles that crowd at both ends."""
    t, weight = legendre(0, 1, count)
    both = np.r_[distribution.ppf(t**6 / 2), distribution.isf(t**6 / 2)]
    return both, np.tile(3 * t**5 * weight, 2)


def sphere(d, count=200):
    """First coordinates of uniform directions in d dimensions, as nodes and weights that add up to
    1; even functions alone."""
    if d == 1:
        return np.array([1.0]), np.array([1.0])
    # latitudes from the equator, beyond which cos^(d - 2) is less than 1e-17
    latitude, weight = legendre(0, min(np.pi / 2, 9 / np.sqrt(max(d - 2, 1))), count)
    weight = weight * np.cos(latitude) ** (d - 2)
    return np.sin(latitude), weight / weight.sum()
