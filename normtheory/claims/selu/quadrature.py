"""What checks know of a scaled ELU: its integrals by quadrature, not by `theory`'s closed forms."""

import numpy as np

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)


def elu(z, alpha, lam):
    """The activation, written again."""
    return np.where(z > 0, lam * z, lam * alpha * np.expm1(np.minimum(z, 0)))


def expect(function, variance, mean=0.0):
    """E f(z) for z ~ N(mean, variance): Gauss-Legendre on panels that part at the kink at 0."""
    sigma = np.sqrt(variance)
    low, high = min(mean - 12 * sigma, 0.0), max(mean + 12 * sigma, 0.0)
    # half standard deviations, and the unit scale of the exponential left of 0
    far = [0.0, *(-(2.0**k) for k in range(-2, 7))]
    cuts = [mean + k * sigma / 2 for k in range(-24, 25)] + far
    cuts = np.unique([low, high, *(x for x in cuts if low < x < high)])
    half = np.diff(cuts)[:, None] / 2
    z = cuts[:-1, None] + half * (_NODES + 1)
    density = np.exp(-(((z - mean) / sigma) ** 2) / 2) / (sigma * np.sqrt(2 * np.pi))
    return float((half * _WEIGHTS * density * function(z)).sum())


def layer(mean, variance, alpha, lam, omega=0.0, tau=1.0):
    """Mean and variance after a layer of units with weight sum `omega` and squared norm `tau`."""
    at, spread = mean * omega, variance * tau
    first = expect(lambda z: elu(z, alpha, lam), spread, at)
    return first, expect(lambda z: (elu(z, alpha, lam) - first) ** 2, spread, at)


def halves(variance):
    """E[z; z>0], E[z^2; z>0], -E[e^z - 1; z<0] and E[(e^z - 1)^2; z<0]."""
    return (
        expect(lambda z: z * (z > 0), variance),
        expect(lambda z: z * z * (z > 0), variance),
        -expect(lambda z: np.expm1(np.minimum(z, 0)), variance),
        expect(lambda z: np.expm1(np.minimum(z, 0)) ** 2, variance),
    )
