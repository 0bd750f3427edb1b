"""The distribution of the relative sample variance u = s^2 / sigma^2 as nodes and weights.

With a rule (u, w) every expectation over one batch is w @ f(u), and over two independent batches
w @ f(u, u') @ w'. Exact for distributions with atoms; otherwise quadrature, to about 1e-12 for
functions that are smooth on the scale of log u, such as 1 / (t u + 1)^k at any t.
"""

import math
from functools import lru_cache

import numpy as np

from normtheory.theory import arguments as require
from normtheory.theory.arguments import Array
from normtheory.theory.laws import LAWS, law
from normtheory.theory.precision import exponential_remainder

# laws whose sample variance has a known law at every n; the others only at n = 2
ANY_SIZE = ("normal", "two-point")
# up to here every sample pattern of the two-point law is a node
_ENUMERATED = 1000


def has_rule(name: str, n: int) -> bool:
    """Whether `variance_rule` covers this distribution and batch size.

    >>> has_rule("normal", 7), has_rule("laplace", 7)
    (True, False)
    """
    require.choice("name", name, tuple(LAWS))
    n = require.integer("n", n, minimum=2)
    return name in ANY_SIZE or (n == 2 and name in LAWS)


def variance_rule(name: str, n: int) -> tuple[Array, Array]:
    """Nodes u and weights w of the distribution of s^2 / sigma^2 for n draws.

    Parameters
    ----------
    name : str
        One of `LAWS`; "normal" and "two-point" at any n, the others at n = 2.
    n : int, at least 2

    Returns
    -------
    (u, w) : float64 arrays of equal shape (k,)
        Read-only; w sums to 1.

    Examples
    --------
    >>> u, w = variance_rule("two-point", 2)
    >>> u.tolist(), w.tolist()
    ([0.0, 2.0, 0.0], [0.25, 0.5, 0.25])
    >>> u, w = variance_rule("laplace", 2)
    >>> round(float(w @ u), 10), round(float(w @ u**2), 10)  # 1 and 1 + (kappa + 1)/2
    (1.0, 4.5)
    """
    u, _, w = deviation_rule(name, n)
    return u, w


def deviation_rule(name, n):
    """(u, u - 1, w) of `variance_rule`, both to a few roundings: u near 0, and u - 1 near 1."""
    if not has_rule(name, n):
        raise ValueError(f"n must be 2 for the {name} law, got {n!r}")
    return _rule(name, int(n))


@lru_cache(maxsize=256)
def _rule(name, n):
    if name == "two-point":
        rule = _binomial(n)
    elif name == "normal":
        rule = _chi_square(n)
    else:
        u, w = _difference(name)
        rule = u, u - 1, w
    for array in rule:
        array.flags.writeable = False
    return rule


def _binomial(n):
    """At `ones` upper atoms among n, gap = n - 2 ones and u - 1 = (n - gap^2) / (n (n - 1))."""
    if n <= _ENUMERATED:
        ones = np.arange(n + 1)
        w = np.array([math.comb(n, int(j)) / 2**n for j in ones])
    else:
        # every so many atoms, half a standard deviation apart: the trapezoidal rule again
        stride = math.isqrt(n) // 4
        ones = n // 2 + stride * np.arange(-24, 25)
        w = np.exp(_log_binomial(n, (n - 2 * ones) / n))
        w = w / w.sum()
    gap = (n - 2 * ones).astype(float)
    return 4 * (ones / n) * ((n - ones) / (n - 1)), (1 - gap / n * gap) / (n - 1), w


def _log_binomial(n, x):
    """log of the binomial weight at n (1 - x) / 2, less a constant, by Stirling's formula."""
    distance = 2 * x * np.arctanh(x) + np.log1p(-x * x)
    correction = sum(1 / (6 * n * (1 + y)) - 1 / (45 * (n * (1 + y)) ** 3) for y in (x, -x))
    return -n / 2 * distance - np.log1p(-x * x) / 2 - correction


def _chi_square(n):
    """In y = log u the integrand is analytic in a strip and falls off at both ends, so the
    trapezoidal rule converges exponentially."""
    half = (n - 1) / 2
    step = min(0.2, 0.5 / math.sqrt(half))
    # the density is e^(-half (e^y - 1 - y)), below e^-42 of its peak past these ends
    right = math.sqrt(84 / half)
    # and few draws lie far to the left, where a fourth power of 1/(ratio u + 1) finds them
    left = right + 42 / half + 30 * (half < 10)
    y = step * np.arange(math.floor(-left / step), math.ceil(right / step) + 1)
    w = np.exp(-half * exponential_remainder(y))
    return np.exp(y), np.expm1(y), w / w.sum()


def _difference(name):
    """At n = 2, u = d^2 / (2 sigma^2) for the difference d of two draws."""
    if name == "uniform":
        # double-exponential rule on [0, 1]: the density of |d| has a corner at its end
        tau = np.arange(-4.4, 3.4, 0.02)
        lower = 1 / (1 + np.exp(-math.pi * np.sinh(tau)))
        jacobian = math.pi * np.cosh(tau) * lower / (1 + np.exp(math.pi * np.sinh(tau)))
        width = 2 * math.sqrt(3)
        return (width * lower) ** 2 / 2, 0.02 * 2 * (1 - lower) * jacobian
    step = 0.05
    d = np.exp(np.arange(-45.0, 5.0, step))
    if name == "laplace":
        scale = 1 / math.sqrt(2)
        density = (1 + d / scale) * np.exp(-d / scale) / (2 * scale)
    else:
        p, separation = 0.25, 3.0
        within = 1 / (p * (1 - p) * separation**2 + 1)
        gap = separation * math.sqrt(within)
        density = 2 * (p**2 + (1 - p) ** 2) * _gauss(d, 0.0, 2 * within)
        density = density + 2 * p * (1 - p) * (
            _gauss(d, gap, 2 * within) + _gauss(d, -gap, 2 * within)
        )
    return d**2 / (2 * law(name).variance), step * d * density


def _gauss(x, mean, variance):
    return np.exp(-((x - mean) ** 2) / (2 * variance)) / math.sqrt(2 * math.pi * variance)
