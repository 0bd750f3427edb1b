"""Averages over directions and distances on the line by a second route, for the checks of PER."""

from functools import lru_cache

import numpy as np
import scipy
from scipy.special import ndtr, ndtri, roots_legendre


@lru_cache(maxsize=64)
def cosines(d, nodes=400):
    """(cosines, weights) of a uniform direction to an axis in d >= 2 dimensions, on one side."""
    points, weights = roots_legendre(nodes)
    # around the equator, where directions crowd: beyond 10/√d are fewer than 1e-20
    latitude = min(np.pi / 2, 10 / np.sqrt(d)) * (points + 1) / 2
    density = weights * np.cos(latitude) ** (d - 2)
    return np.sin(latitude), density / density.sum()


def directions(d, n, rng):
    """n random directions in d dimensions."""
    v = rng.standard_normal((n, d))
    return v / np.linalg.norm(v, axis=1, keepdims=True)


def over_sphere(function, d):
    """The mean of an even function of θ₁ over directions."""
    if d == 1:
        return float(function(np.ones(1))[0])
    points, weights = cosines(d)
    return float(weights @ function(points))


def mean_distance(c):
    """E|c - Z| of a standard normal Z, by its two one-sided parts."""
    density = np.exp(-(np.minimum(np.abs(c), 40.0) ** 2) / 2) / np.sqrt(2 * np.pi)
    return c * (ndtr(c) - ndtr(-c)) + 2 * density


@lru_cache(maxsize=4096)
def error_of_norm(r, d):
    """PER of one activation of length r."""
    return over_sphere(lambda u: mean_distance(r * u), d)


@lru_cache(maxsize=4096)
def distance_to_point(r, d):
    """E‖h - Z‖ of a point at distance r from the origin: the integral of its tail."""
    points, weights = roots_legendre(400)
    end = r + np.sqrt(d) + 12
    t = end * (points + 1) / 2
    return float(end / 2 * weights @ scipy.stats.ncx2.sf(t * t, d, max(r * r, 1e-300)))


def line_distance(x):
    """W₁ of points on the line to N(0, 1): ∫|F - Φ| between neighbours, piece by piece."""
    x = np.sort(np.asarray(x, float))
    edges = np.concatenate([[-40.0], x, [40.0]])
    level = np.arange(len(x) + 1) / len(x)

    def primitive(y, share):
        # of Φ - share
        return y * ndtr(y) + np.exp(-y * y / 2) / np.sqrt(2 * np.pi) - share * y

    low, high = edges[:-1], edges[1:]
    crossing = np.clip(ndtri(level), low, high)
    below = primitive(crossing, level) - primitive(low, level)
    above = primitive(high, level) - primitive(crossing, level)
    return float(np.sum(np.abs(below) + np.abs(above)))


def mean_root(transform, d):
    """E√S of a sum S of d independent terms X >= 0 with E e^{-tX} = transform(t), t an array."""
    # below, 1 - transform is lost to rounding and worth less than 1e-6
    log_t, step = np.linspace(-40, 60, 2001, retstep=True)
    # √y = (4π)^(-1/2) ∫ (1 - e^(-ty)) t^(-3/2) dt
    inside = (1 - transform(np.exp(log_t)) ** d) * np.exp(-log_t / 2)
    return float(inside.sum() * step / np.sqrt(4 * np.pi))
