r"""How far the sliced distance falls below the distance itself.

Letters: `n` points of a sample, `d` dimension, `k` wave number, γ the standard normal distribution,
Z a draw from it.

Two families show it. A sample of n draws from γ has sliced W₁ of at most C/√n on average in any
dimension, while no distribution with n atoms is nearer to γ than about n^(-1/d). And γ·(1 + sin(k
x₁)) differs from γ by ripples that a direction only sees if it is within 1/k of the first axis: its
W₁ falls like 1/k, its sliced W₁ like 1/k^d.
"""

from functools import lru_cache

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.special import gammainc, gammaincinv, ndtr, wofz

from normtheory.theory import arguments as require
from normtheory.theory.precision import legendre

_LARGEST_WAVE = 40.0


def nearest_point_bound(n: int, d: int) -> float:
    """A lower bound on W₁ between N(0, I) and any distribution with n atoms.

    E min_i ‖Z - h_i‖ >= ∫ max(0, 1 - n·P(‖Z‖ <= t)) dt, because no ball of radius t holds more of
    the normal distribution than the one around the origin.

    Parameters
    ----------
    n, d : int
        Number of atoms and dimension, at least 1.

    Examples
    --------
    >>> round(nearest_point_bound(1, 1), 3), round(nearest_point_bound(256, 64), 2)
    (0.798, 5.96)
    """
    n = require.integer("n", n, minimum=1)
    d = require.integer("d", d, minimum=1)
    nodes, weights = legendre(200)
    # the integrand is positive up to where one ball holds 1/n, and P(‖Z‖ > √d + 12) < 1e-30
    edge = min(np.sqrt(2 * gammaincinv(d / 2, 1 / n)), np.sqrt(d) + 12)
    t = edge * (nodes + 1) / 2
    return float(edge / 2 * weights @ np.maximum(0, 1 - n * gammainc(d / 2, t * t / 2)))


@lru_cache(maxsize=1)
def _sampling_constant():
    # ∫√(Φ(1 - Φ)); beyond 40 the integrand is below 1e-170
    nodes, weights = legendre(400)
    y = 20 * (nodes + 1)
    return float(2 * 20 * weights @ np.sqrt(ndtr(y) * ndtr(-y)))


def sample_sliced_bound(n: int) -> float:
    """An upper bound on the mean sliced W₁ of n independent draws from N(0, I) to N(0, I).

    ∫√(Φ(1 - Φ))/√n, whatever the dimension: the mean absolute deviation of a binomial share is at
    most its standard deviation.

    >>> round(sample_sliced_bound(1), 4), round(sample_sliced_bound(256), 4)
    (1.6147, 0.1009)
    """
    return float(_sampling_constant() / np.sqrt(require.integer("n", n, minimum=1)))


@lru_cache(maxsize=1)
def _ripple_spline():
    """W₁(φ(x)(1 + sin(κx)), φ) as a function of κ."""
    waves = np.linspace(0, _LARGEST_WAVE, 321)
    x = -np.linspace(0, 9, 3001)

    def distance(k):
        # ∫_{-∞}^x φ(t)e^{iκt}dt without overflow for x <= 0; its imaginary part is even in x
        z = (-k - 1j * x) / np.sqrt(2)
        primitive = np.imag(np.exp(-x * x / 2 + 1j * k * x) * wofz(z)) / 2
        return 2 * np.trapezoid(np.abs(primitive), -x)

    return CubicSpline(waves, [distance(k) for k in waves])


def ripple_distance(k: float) -> float:
    """W₁ between N(0, I) and the distribution γ·(1 + sin(k x₁)), in any dimension: the
    one-dimensional distance along x₁, as the other coordinates are independent of it.

    Parameters
    ----------
    k : float
        Wave number, in (0, 40].

    Examples
    --------
    >>> round(ripple_distance(20.0) * 20, 2)
    0.64
    """
    return float(_ripple_spline()(_require_wave(k)))


def ripple_sliced_distance(k: float, d: int) -> float:
    """Sliced W₁ between N(0, I) and the distribution γ·(1 + sin(k x₁)) in d dimensions.

    Along a direction at angle a to the first axis the ripple has wave number k·cos(a) and is damped
    by exp(-k²sin²(a)/2).

    Parameters
    ----------
    k : float
        Wave number, in (0, 40].
    d : int
        Dimension, at least 2.

    Examples
    --------
    >>> [round(ripple_distance(k) / ripple_sliced_distance(k, 2), 1) for k in (5.0, 10.0, 20.0)]
    [6.0, 12.4, 25.0]
    """
    k = _require_wave(k)
    d = require.integer("d", d, minimum=2)
    nodes, weights = legendre(400)
    # beyond sin(a) = 40/k the damping is below 1e-340
    end = np.arcsin(min(1.0, 40 / k))
    angle = end * (nodes + 1) / 2
    seen = np.exp(-((k * np.sin(angle)) ** 2) / 2) * _ripple_spline()(k * np.cos(angle))
    everywhere = np.pi / 4 * (nodes + 1)
    total = np.pi / 4 * weights @ np.sin(everywhere) ** (d - 2)
    return float(end / 2 * weights @ (seen * np.sin(angle) ** (d - 2)) / total)


def _require_wave(k):
    k = require.positive("k", k)
    if k > _LARGEST_WAVE:
        raise ValueError(f"k must lie in (0, {_LARGEST_WAVE:g}], got {k!r}")
    return k
