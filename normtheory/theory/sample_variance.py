"""The unbiased sample variance s^2 of n independent draws, and its own variance.

Letters: `n` sample size, `sigma2` the distribution's variance, `m4` its fourth central moment,
`kappa` its kurtosis m4 / sigma2^2. Source: Littwin & Wolf (2018), Eq. 1 to 6.
"""

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from normtheory.theory import arguments as require
from normtheory.theory.arguments import Numbers
from normtheory.theory.laws import Law
from normtheory.theory.montecarlo import Estimate, estimate


def variance_of_sample_variance(n: ArrayLike, m4: ArrayLike, sigma2: ArrayLike) -> Numbers:
    """Var(s^2) = m4 / n - sigma^4 (n - 3) / (n (n - 1)) for n independent draws.

    Littwin & Wolf (2018), Eq. 1.

    Parameters
    ----------
    n : int or array
        Sample sizes, at least 2; all arguments broadcast.
    m4, sigma2 : float or array
        Fourth central moment and variance of the distribution, in (units)^4 and (units)^2, at least
        0; no distribution has m4 < sigma2^2.

    Examples
    --------
    >>> float(variance_of_sample_variance(5, 3.0, 1.0))
    0.5
    >>> variance_of_sample_variance([2, 3], 1.0, 1.0).round(12).tolist()
    [1.0, 0.333333333333]
    """
    n, m4 = require.integers("n", n, minimum=2), require.finite("m4", m4)
    sigma2 = require.finite("sigma2", sigma2, at_least=0)
    # a few roundings of slack: m4 often arrives as kappa * sigma2**2 with kappa = 1
    if (m4 < sigma2**2 * (1 - 1e-12)).any():
        raise ValueError(f"m4 must be at least sigma2**2 = {(sigma2**2).max()}, got {m4.min()}")
    # the printed terms m4 / n and sigma^4 / n cancel where m4 is little more than sigma^4
    return (np.maximum(m4 - sigma2**2, 0) / n + 2 * sigma2**2 / (n * (n - 1)))[()]


def variance_constancy(n: ArrayLike, kappa: ArrayLike) -> Numbers:
    """L_s = E[(1 - s^2 / sigma^2)^2] = kappa / n - (n - 3) / (n (n - 1)), the same at any scale.

    Littwin & Wolf (2018), Eq. 6 with Eq. 1.

    Parameters
    ----------
    n : int or array
        Sample sizes, at least 2.
    kappa : float or array
        Kurtosis, at least 1.

    Examples
    --------
    >>> variance_constancy([2, 10], [1.0, 3.0]).round(12).tolist()
    [1.0, 0.222222222222]
    """
    kappa = require.finite("kappa", kappa)
    if (kappa < 1 - 1e-12).any():
        raise ValueError(f"kappa must be at least 1, got {kappa.min()}")
    return variance_of_sample_variance(n, kappa, 1.0)


def kurtosis(x: ArrayLike, axis: int | None = None) -> Numbers:
    """Kurtosis m4 / m2^2 of a sample along an axis (not the excess; 3 for normal data).

    A sample that is constant but for rounding has none.

    Parameters
    ----------
    x : array
    axis : int or None
        None uses all entries.

    Examples
    --------
    >>> float(kurtosis([-1.0, 1.0, 1.0, -1.0]))
    1.0
    """
    x = require.finite("x", x).astype(float)
    if axis is not None:
        require.choice("axis", axis, range(-x.ndim, x.ndim))
    # by a power of two, which changes no digit: fourth powers of large numbers overflow
    largest = np.abs(x).max(axis=axis, keepdims=True)
    x = np.ldexp(x, -np.frexp(largest)[1])
    # now within [-1, 1]; the rounded mean of equal numbers need not equal them
    if not (np.ptp(x, axis=axis) > 4 * np.finfo(float).eps).all():
        raise ValueError("x must vary along the axis, got constant values")
    squares = (x - x.mean(axis=axis, keepdims=True)) ** 2
    m2 = squares.mean(axis=axis)
    return ((squares**2).mean(axis=axis) / m2**2)[()]


def simulate_variance_of_variance(
    law: Law, n: int, rng: np.random.Generator, *, replicates: int, draws_at_once: int = 1 << 15
) -> Estimate:
    """Monte Carlo mean of (s^2 - sigma^2)^2, in constant memory.

    Draws are float32 (float64 for distributions with atoms) in the layout (n, replicates), averages
    float64: several times faster than ``draws.var(axis=1, ddof=1)`` on one large array.

    Parameters
    ----------
    n : int
        Sample size, at least 2.
    replicates : int
        Number of independent samples of size n.
    draws_at_once : int
        Draws held in memory at a time, at least 1 (but never fewer than 64 samples).

    Examples
    --------
    >>> from normtheory.theory.laws import uniform
    >>> rng = np.random.default_rng(1)
    >>> simulate_variance_of_variance(uniform(), 5, rng, replicates=10**5).agrees(0.26)
    True
    """
    n = require.integer("n", n, minimum=2)
    draws_at_once = require.integer("draws_at_once", draws_at_once, minimum=1)
    require.instance("law", law, Law)
    one = np.float64 if law.has_atoms else np.float32

    def replicate(rng, size):
        x = law.draw(rng, (n, size), dtype=one)
        if n == 2:
            s2 = x[0] - x[1]
            s2 *= s2
            s2 *= one(0.5)
        else:
            mean = x.sum(axis=0)
            mean *= one(1 / n)
            x -= mean  # centred first: no cancellation, so single precision is enough
            x *= x
            s2 = x.sum(axis=0)
            s2 *= one(1 / (n - 1))
        s2 -= one(law.variance)
        s2 *= s2
        return s2

    chunk = max(draws_at_once // n, 64)
    return estimate(replicate, rng, replicates=replicates, chunk=chunk)


class SampleVarianceLaw(NamedTuple):
    """The exact distribution of s^2: its values and their probabilities (floats or Fractions)."""

    values: tuple
    probabilities: tuple

    def mean(self, function=lambda value: value):
        """Expectation of a function of s^2."""
        return sum(p * function(v) for v, p in zip(self.values, self.probabilities, strict=True))


def enumerate_sample_variance(
    atoms: Sequence[Fraction | float], weights: Sequence[Fraction | float], n: int
) -> SampleVarianceLaw:
    """Exact distribution of s^2 for n draws from a discrete distribution, by enumeration of all
    sample patterns.

    With `Fraction` atoms and weights everything is exact.

    Parameters
    ----------
    atoms : sequence of k numbers, finite
    weights : sequence of k numbers
        At least 0, with sum 1.
    n : int
        At least 2. The C(n + k - 1, n) patterns are all visited.

    Returns
    -------
    SampleVarianceLaw
        One entry per pattern (equal values are not merged), in lexicographic order of counts.

    Examples
    --------
    >>> half = Fraction(1, 2)
    >>> law = enumerate_sample_variance([-1, 1], [half, half], 3)
    >>> law.mean(), law.mean(lambda v: (v - 1) ** 2)
    (Fraction(1, 1), Fraction(1, 3))
    """
    n = require.integer("n", n, minimum=2)
    for name, entries in (("atoms", atoms), ("weights", weights)):
        if np.ndim(np.asarray(entries, dtype=object)) != 1:
            raise TypeError(f"{name} must be a sequence of numbers, got {entries!r}")
    if len(atoms) != len(weights) or not len(atoms):
        raise ValueError(f"weights must have the length of atoms {len(atoms)}, got {len(weights)}")
    for atom, weight in zip(atoms, weights, strict=True):
        require.number("atoms", atom)
        require.number("weights", weight, at_least=0)
    if not abs(sum(weights) - 1) <= 1e-9:
        raise ValueError(f"weights must sum to 1, got {float(sum(weights))}")
    values, probabilities = [], []
    for counts in sample_patterns(n, len(atoms)):
        total = sum(c * a for c, a in zip(counts, atoms, strict=True))
        squares = sum(c * a * a for c, a in zip(counts, atoms, strict=True))
        exact = isinstance(total, int | Fraction)
        mean_square = Fraction(total * total, n) if exact else total * total / n
        values.append((squares - mean_square) / (n - 1))
        ways = math.factorial(n) // math.prod(math.factorial(c) for c in counts)
        probabilities.append(ways * math.prod(w**c for w, c in zip(weights, counts, strict=True)))
    return SampleVarianceLaw(tuple(values), tuple(probabilities))


def enumerate_two_point(n: int, weight: Fraction | float = Fraction(1, 2)) -> SampleVarianceLaw:
    """Exact distribution of s^2 for n draws from the two-point distribution on {0, 1} with P(1) =
    `weight`: entry j is the pattern with j ones, s^2 = j (n - j) / (n (n - 1)).

    Parameters
    ----------
    n : int, at least 2
    weight : Fraction or float
        In (0, 1).

    Examples
    --------
    >>> enumerate_two_point(2).values
    (Fraction(0, 1), Fraction(1, 2), Fraction(0, 1))
    """
    require.between("weight", weight, 0, 1)
    return enumerate_sample_variance([1, 0], [weight, 1 - weight], n)


def sample_patterns(n: int, k: int) -> Iterator[tuple[int, ...]]:
    """All ways in which n unordered draws fall on k modes, as tuples of k counts.

    >>> list(sample_patterns(3, 2))
    [(0, 3), (1, 2), (2, 1), (3, 0)]
    """
    n, k = require.integer("n", n, minimum=1), require.integer("k", k, minimum=1)
    # stars and bars: k - 1 bars among n + k - 1 places
    for bars in combinations(range(n + k - 1), k - 1):
        edges = (-1, *bars, n + k - 1)
        yield tuple(right - left - 1 for left, right in pairwise(edges))
