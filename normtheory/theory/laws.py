"""Distributions of one activation with exact central moments, for Monte Carlo to be held against.

Every distribution here is centred. `sigma` is its standard deviation, m_k its k-th central moment,
kappa = m4 / sigma^4 its kurtosis (3 for the normal distribution: not the excess).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from normtheory.theory import arguments as require
from normtheory.theory.normal_numbers import normal_draws

HIGHEST_MOMENT = 8


@dataclass(frozen=True)
class Law:
    """A centred distribution on the line: exact moments and draws.

    Parameters
    ----------
    name : str
        Any.
    moments : sequence of float, shape (9,)
        Central moments m_0 = 1, m_1 = 0, m_2 = variance, positive, ... m_8.
    sampler : callable
        ``sampler(rng, size, dtype)`` returns that many independent draws.
    has_atoms : bool
        Whether single points carry mass: then rounding to float32 moves every draw alike.

    Examples
    --------
    >>> signs = lambda rng, size, dtype: rng.choice([-1, 1], size).astype(dtype)
    >>> Law("sign", (1, 0, 1, 0, 1, 0, 1, 0, 1), signs, has_atoms=True)
    Law(sign, variance 1, kurtosis 1)
    """

    name: str
    moments: tuple[float, ...]
    sampler: Callable = field(repr=False, compare=False)
    has_atoms: bool = False

    def __post_init__(self):
        require.instance("name", self.name, str)
        require.function("sampler", self.sampler)
        require.flag("has_atoms", self.has_atoms)
        moments = require.finite("moments", self.moments, ndim=1)
        if len(moments) != HIGHEST_MOMENT + 1 or moments[0] != 1 or moments[1] or moments[2] <= 0:
            raise ValueError(f"moments must be 1, 0, m_2 > 0, ... m_8, got {self.moments!r}")

    def draw(
        self, rng: np.random.Generator, size: int | tuple[int, ...], dtype: DTypeLike = np.float64
    ) -> NDArray[np.floating]:
        """Independent draws.

        Parameters
        ----------
        size : int or tuple of int, each at least 0
        dtype : float32 or float64
            float32 draws cost about half; sums of their powers belong in float64.
        """
        size = require.size("size", size)
        if np.dtype(dtype) not in (np.float32, np.float64):
            raise ValueError(f"dtype must be float32 or float64, got {dtype!r}")
        return self.sampler(require.rng(rng), size, np.dtype(dtype))

    def moment(self, k: int) -> float:
        """The k-th central moment, 0 <= k <= 8."""
        k = require.integer("k", k, minimum=0)
        require.between("k", k, 0, HIGHEST_MOMENT, closed=True)
        return self.moments[k]

    @property
    def variance(self) -> float:
        """sigma^2."""
        return self.moments[2]

    @property
    def kurtosis(self) -> float:
        """m4 / sigma^4."""
        return self.moments[4] / self.moments[2] ** 2

    def __repr__(self) -> str:
        return f"Law({self.name}, variance {self.variance:.4g}, kurtosis {self.kurtosis:.4g})"


def _scaled(moments, sigma):
    return tuple(float(m) * sigma**k for k, m in enumerate(moments))


def _deviation(sigma):
    # so that the eighth moment is a float as well
    return require.between("sigma", sigma, 1e-35, 1e35)


def normal(sigma: float = 1.0) -> Law:
    """The centred normal distribution.

    >>> normal().moments
    (1.0, 0.0, 1.0, 0.0, 3.0, 0.0, 15.0, 0.0, 105.0)
    """
    sigma = _deviation(sigma)

    def sampler(rng, size, dtype):
        x = normal_draws(rng, size) if dtype == np.float32 else rng.standard_normal(size)
        return x if sigma == 1 else x * dtype.type(sigma)

    return Law("normal", _scaled((1, 0, 1, 0, 3, 0, 15, 0, 105), sigma), sampler)


def laplace(sigma: float = 1.0) -> Law:
    """The centred Laplace distribution, kurtosis 6.

    >>> laplace().kurtosis
    6.0
    """
    sigma = _deviation(sigma)
    moments = [math.factorial(k) / 2 ** (k // 2) if k % 2 == 0 else 0 for k in range(9)]

    def sampler(rng, size, dtype):
        x = rng.standard_exponential(size, dtype=dtype)
        x -= rng.standard_exponential(size, dtype=dtype)
        return x * dtype.type(sigma / math.sqrt(2))

    return Law("laplace", _scaled(moments, sigma), sampler)


def uniform(sigma: float = 1.0) -> Law:
    """The uniform distribution on [-sqrt(3) sigma, sqrt(3) sigma], kurtosis 9/5.

    >>> round(uniform().kurtosis, 12)
    1.8
    """
    sigma = _deviation(sigma)
    moments = [3.0 ** (k // 2) / (k + 1) if k % 2 == 0 else 0 for k in range(9)]

    def sampler(rng, size, dtype):
        width = dtype.type(2 * math.sqrt(3) * sigma)
        return (rng.random(size, dtype=dtype) - dtype.type(0.5)) * width

    return Law("uniform", _scaled(moments, sigma), sampler)


def two_point(sigma: float = 1.0, weight: float = 0.5) -> Law:
    """The centred distribution with two atoms, the upper one of probability `weight`.

    Its kurtosis is (1 - 3 alpha) / alpha with alpha = weight (1 - weight): 1 when balanced,
    unbounded as one atom becomes rare.

    >>> two_point().kurtosis, round(two_point(weight=0.1).kurtosis, 12)
    (1.0, 8.111111111111)
    """
    sigma = _deviation(sigma)
    weight = require.between("weight", weight, 1e-70, 1)  # its cube is in the eighth moment
    low, high = math.sqrt(weight / (1 - weight)), math.sqrt((1 - weight) / weight)
    return discrete((-sigma * low, sigma * high), (1 - weight, weight), name="two-point")


def discrete(atoms: ArrayLike, weights: ArrayLike, *, name: str = "discrete") -> Law:
    """The distribution with the given atoms and weights, moved to mean zero.

    Parameters
    ----------
    atoms : array_like of shape (k,)
        Not all equal.
    weights : array_like of shape (k,)
        At least 0, not all 0; divided by their sum.
    name : str
        Any.

    Examples
    --------
    >>> discrete([-1, 0, 1], [1, 1, 1]).kurtosis
    1.5
    """
    atoms = require.finite("atoms", atoms, ndim=1).astype(float)
    weights = require.finite("weights", weights, ndim=1).astype(float)
    if atoms.shape != weights.shape:
        raise ValueError(f"weights must have the shape {atoms.shape} of atoms, got {weights.shape}")
    if weights.min() < 0 or weights.sum() == 0:
        raise ValueError(f"weights must be non-negative and not all zero, got {weights.tolist()}")
    weights = weights / weights.sum()
    atoms = atoms - weights @ atoms
    moments = [float(weights @ atoms**k) for k in range(HIGHEST_MOMENT + 1)]
    if not moments[2] > 0:
        raise ValueError(f"atoms must not all be equal, got {atoms.tolist()}")
    moments[:2] = 1.0, 0.0
    edges = np.cumsum(weights)[:-1]

    def sampler(rng, size, dtype):
        u = rng.random(size, dtype=dtype)
        values = atoms.astype(dtype)
        if len(values) == 2:  # several times faster than the general search
            return np.where(u < dtype.type(edges[0]), values[0], values[1])
        return values[np.searchsorted(edges.astype(dtype), u, side="right")]

    return Law(name, tuple(moments), sampler, has_atoms=True)


def gaussian_mixture(
    p: float = 0.25, separation: float = 3.0, var1: float = 1.0, var2: float = 1.0
) -> Law:
    """The centred mixture p N(mu1, var1) + (1 - p) N(mu2, var2) with mu1 - mu2 = separation.

    >>> law = gaussian_mixture(p=0.5, separation=2.0)
    >>> law.variance, law.moment(4)
    (2.0, 10.0)
    """
    p = require.probability("p", p)
    separation = require.between("separation", separation, -1e35, 1e35)
    variances = {"var1": var1, "var2": var2}
    deviations = [math.sqrt(require.between(*v, 1e-70, 1e70)) for v in variances.items()]
    means = (1 - p) * separation, -p * separation
    first, second = zip(means, deviations, strict=True)
    moments = [
        p * _gaussian_moment(k, *first) + (1 - p) * _gaussian_moment(k, *second)
        for k in range(HIGHEST_MOMENT + 1)
    ]
    moments[1] = 0.0

    def sampler(rng, size, dtype):
        first = rng.random(size, dtype=dtype) < dtype.type(p)
        x = rng.standard_normal(size, dtype=dtype)
        x *= np.where(first, *(dtype.type(s) for s in deviations))
        x += np.where(first, *(dtype.type(m) for m in means))
        return x

    return Law("mixture", tuple(moments), sampler)


def _gaussian_moment(k, mean, deviation):
    even = range(0, k + 1, 2)
    # of a standard normal number E[Z^j] = (j - 1)!!
    normal = {j: math.prod(range(j - 1, 0, -2)) for j in even}
    return sum(math.comb(k, j) * mean ** (k - j) * deviation**j * normal[j] for j in even)


LAWS: dict[str, Callable[..., Law]] = {
    "normal": normal,
    "laplace": laplace,
    "uniform": uniform,
    "two-point": two_point,
    "mixture": gaussian_mixture,
}


def law(name: str, sigma: float = 1.0) -> Law:
    """One of the five test distributions by name, at standard deviation `sigma`.

    "mixture" is p = 1/4, means 3 standard deviations of a component apart: close to the phase
    boundary.

    >>> law("uniform", sigma=2.0).variance
    4.0
    """
    require.choice("name", name, tuple(LAWS))
    sigma = _deviation(sigma)
    if name == "mixture":
        scale = sigma**2 / gaussian_mixture().variance
        return gaussian_mixture(0.25, 3.0 * math.sqrt(scale), scale, scale)
    return LAWS[name](sigma)
