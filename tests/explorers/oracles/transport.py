"""Joo, Kang & Kim (2020) on distances: areas between distribution functions, lengths of normal
vectors."""

import functools
import math

import numpy as np
from scipy import integrate, interpolate, special, stats

from oracles import Near, legendre, point, sphere
from oracles.per import halfnormal, normal, one, over_sphere, unit


def to_point(r, d):
    """E‖Z - h‖, the integral of the probability that it is longer: a noncentral χ distribution."""
    around = np.sqrt(d + r**2)
    low = np.maximum(around - 10, 0)
    share, weight = legendre(0, 1, 120)
    length = low[:, None] + np.multiply.outer(around + 10 - low, share)
    longer = 1 - special.chndtr(length**2, d, (r**2)[:, None])
    return low + (around + 10 - low) * (longer @ weight)


def wasserstein_bound(nu, size, d):
    root, sizes = math.sqrt(d), np.linspace(0, 3, 121)
    every = np.r_[sizes, size]
    mean = stats.chi(d).mean()
    if nu == "normal":
        distance = np.abs(every - 1) * mean
        error, sliced = halfnormal(1 + every**2), np.abs(every - 1) * halfnormal(1)
    else:
        error, sliced = over_sphere(one, root * every, d), every * np.nan
        if nu == "sphere":
            low, high = max(root - 12, 0), root + 12
            t, weight = legendre(low, high, 4000)
            distance = np.abs(t - root * every[:, None]) @ (weight * stats.chi(d).pdf(t))
        else:
            distance, sliced = to_point(root * every, d), error
    factor = 1 / unit(d)
    numbers = {"distance": Near(distance[-1], 1e-4, 1e-5), "error": Near(error[-1], 1e-6)}
    numbers |= {"factor": factor, "bound": Near(factor * error[-1], 1e-6)}
    rows = [distance, error, factor * error, sliced]
    tolerances = [(1e-4, 1e-5), (1e-6,), (1e-6,), (1e-6,)]
    curves = [(sizes, Near(r[:-1], *t)) for r, t in zip(rows, tolerances, strict=True)]
    points = [point(size, distance[-1], 1e-4, 1e-5), point(size, error[-1], 1e-6)]
    return numbers, [[[size], *curves, *points]]


def to_normal(x):
    """W₁ of equal masses at x to N(0, 1): the area between the distribution functions."""
    y, weight = legendre(-9, 9, 4000)
    below = np.searchsorted(np.sort(x), y, side="right") / len(x)
    return weight @ np.abs(below - normal.cdf(y))


def sliced_wasserstein(points, d, angle):
    x = normal.ppf((2 * np.arange(points) + 1) / (2 * points))
    angles = np.linspace(0, 90, 61)
    cosines = np.cos(np.radians(np.r_[angles, angle])) * (np.r_[angles, angle] < 90)
    near = np.array([to_normal(c * x) for c in cosines])
    far = one(np.outer(cosines, x)).mean(axis=1)
    c, weight = sphere(d, 40)
    total = weight @ [to_normal(each * x) for each in c]
    crowd = np.sin(np.radians(angles)) ** (d - 2) if d > 1 else np.full(61, np.nan)
    error = weight @ one(np.outer(c, x)).mean(axis=1)
    line = np.linspace(-4, 4, 401)
    steps = (cosines[-1] * x <= line[:, None]).mean(axis=1)
    share = 0.3 * crowd / crowd.max() if d > 1 else crowd
    right = [
        (angles, Near(share, 1e-9, 1e-11)),
        (angles, far[:-1]),
        (angles, Near(near[:-1], 0, 1e-3)),
    ]
    right += [[angle], point(angle, far[-1]), point(angle, near[-1], 0, 1e-3)]
    numbers = {"sliced": Near(total, 0, 2e-3), "bound": Near(error, 1e-6)}
    numbers |= {"near": Near(near[-1], 0, 1e-3), "far": far[-1]}
    return numbers, [[(line, normal.cdf(line)), (line, steps)], right]


@functools.cache
def ripple():
    """W₁ between φ·(1 + sin(κx)) and φ, as a function of κ."""
    x = np.linspace(-9, 9, 6001)
    waves = 40 * np.linspace(0, 1, 201) ** 2
    apart = [
        integrate.cumulative_simpson(normal.pdf(x) * np.sin(k * x), x=x, initial=0) for k in waves
    ]
    return interpolate.CubicSpline(waves, integrate.simpson(np.abs(apart), x=x, axis=-1))


def ripple_ratio(wave, d):
    if d == 1:
        return 1.0
    angle, weight = legendre(0, math.pi / 2, 3000)
    damped = np.exp(-((wave * np.sin(angle)) ** 2) / 2) * ripple()(wave * np.cos(angle))
    with np.errstate(divide="ignore"):
        crowd = np.exp((d - 2) * np.log(np.sin(angle)) - special.betaln((d - 1) / 2, 0.5)) * 2
    return float(ripple()(wave) / ((damped * crowd) @ weight))


def sliced_equivalence(n, d, wave):
    sizes, waves = 2 ** np.arange(13), np.linspace(0.5, 39.5, 21)

    def nearest(n):
        """∫ max(0, 1 - n P(‖Z‖ <= t)) dt."""
        radius = stats.chi(d)
        t, weight = legendre(0, radius.ppf(1 / n) if n > 1 else math.sqrt(d) + 15, 600)
        return weight @ np.maximum(0, 1 - n * radius.cdf(t))

    y, weight = legendre(-30, 30, 2000)
    constant = weight @ np.sqrt(normal.cdf(y) * normal.sf(y))
    far, near = [nearest(k) for k in (*sizes, n)], constant / np.sqrt(np.r_[sizes, n])
    ratios = [ripple_ratio(k, d) for k in (*waves, wave)]
    left = [(sizes, Near(far[:-1], 1e-4)), (sizes, Near(near[:-1], 1e-6))]
    left += [point(n, far[-1], 1e-4), point(n, near[-1], 1e-6)]
    right = [(waves, Near(ratios[:-1], 2e-3)), point(wave, ratios[-1], 2e-3)]
    numbers = {"ratio": Near(far[-1] / near[-1], 1e-4), "ripple": Near(ratios[-1], 2e-3)}
    return numbers, [left, right]
