"""The one table of floating-point tolerances, by dtype, and differences whose terms cancel.

Two independent routes to one number agree when their relative difference is below the entry of the
coarser dtype. Each entry is a few hundred units in the last place: what a sum of some thousand
well-conditioned terms loses, and far below any error of a formula.
"""

from functools import cache

import numpy as np

TOLERANCE = {"float64": 1e-12, "float32": 1e-5, "bfloat16": 2e-2}


@cache
def legendre(nodes):
    """Points and weights of Gauss-Legendre quadrature on [-1, 1], kept: they take milliseconds.

    >>> points, weights = legendre(5)
    >>> round(9 * float(weights @ points**8), 12)
    2.0
    """
    from scipy.special import roots_legendre

    found = roots_legendre(nodes)
    for each in found:
        each.flags.writeable = False
    return found


def exponential_remainder(y):
    """e^y - 1 - y for an array, with all digits near 0 as well.

    >>> round(float(exponential_remainder(np.array(1e-6))) * 1e12, 9)
    0.500000167
    """
    near, series = np.clip(y, -0.3, 0.3), 1.0
    for k in range(16, 2, -1):
        series = 1 + near / k * series
    return np.where(np.abs(y) < 0.3, near**2 / 2 * series, np.expm1(y) - y)


def logarithm_less_digamma(x):
    """log x - digamma(x), about 1 / (2 x), for an array of positive numbers.

    >>> round(float(logarithm_less_digamma(np.array(1e12))) * 1e12, 12)
    0.5
    """
    from scipy.special import digamma

    series = 1 / (2 * x) + (1 / 12 - (1 / 120 - (1 / 252 - 1 / 240 / x**2) / x**2) / x**2) / x**2
    return np.where(x > 30, series, np.log(x) - digamma(x))


def gamma_ratio_excess(z):
    """(Gamma(z + 1/2) / Gamma(z))^2 - z, about -1/4, for an array of positive numbers.

    >>> round(float(gamma_ratio_excess(np.array(1e6))), 9)
    -0.249999969
    """
    from scipy.special import gamma

    terms = (-1, 1 / 8, 1 / 32, -5 / 512, -23 / 2048, 53 / 16384, 593 / 65536, -5165 / 2097152)
    with np.errstate(divide="ignore"):
        series = sum(term / 4 / z**k for k, term in enumerate(terms))
    near = np.minimum(z, 30)
    return np.where(z > 30, series, (gamma(near + 0.5) / gamma(near)) ** 2 - z)
