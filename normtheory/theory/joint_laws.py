"""Joint distributions of two units with zero means and unit variances, and normal distributions
with correlation.

The four distributions are those of Joo et al. (2020), Fig. 1: y is standard normal in all of them;
x is independent of it and normal (a), normal and correlated with it (b), skewed (c), bimodal (d).
The document does not print their parameters: a correlation of 0.7, a gamma distribution of shape 2
and modes at ±0.9 are ours.
"""

from typing import NamedTuple

import numpy as np

from normtheory.theory import arguments as require
from normtheory.theory.arguments import Array
from normtheory.theory.precision import legendre

CORRELATION = 0.7
GAMMA_SHAPE = 2.0
MODE = 0.9


class JointLaw(NamedTuple):
    """Exact moments of (x, y): y has mean 0, variance 1, skewness 0 and kurtosis 3."""

    covariance: float
    skewness: float
    kurtosis: float


JOINT_LAWS = {
    "independent": JointLaw(0.0, 0.0, 3.0),
    "correlated": JointLaw(CORRELATION, 0.0, 3.0),
    "skewed": JointLaw(0.0, 2 / np.sqrt(GAMMA_SHAPE), 3 + 6 / GAMMA_SHAPE),
    # a two-point variable plus a normal one: cumulants add, the fourth is -2a⁴
    "bimodal": JointLaw(0.0, 0.0, 3 - 2 * MODE**4),
}


def draw_joint(law: str, n: int, rng: np.random.Generator) -> Array:
    """Draw n activations (x, y), an array (n, 2), from one of `JOINT_LAWS`.

    Parameters
    ----------
    n : int, at least 1

    Examples
    --------
    >>> h = draw_joint("skewed", 100_000, np.random.default_rng(0))
    >>> bool(np.allclose(np.cov(h.T), np.eye(2), atol=0.03))
    True
    """
    require.choice("law", law, tuple(JOINT_LAWS))
    n = require.integer("n", n, minimum=1)
    x, y = require.rng(rng).standard_normal((2, n))
    if law == "correlated":
        x = CORRELATION * y + np.sqrt(1 - CORRELATION**2) * x
    elif law == "skewed":
        x = (rng.gamma(GAMMA_SHAPE, size=n) - GAMMA_SHAPE) / np.sqrt(GAMMA_SHAPE)
    elif law == "bimodal":
        x = np.where(rng.random(n) < 0.5, -MODE, MODE) + np.sqrt(1 - MODE**2) * x
    return np.stack([x, y], axis=1)


def correlated_normal_error(rho: float, d: int, *, energy: bool = False) -> float:
    """PER of N(0, Σ), Σ having ones on the diagonal and `rho` elsewhere.

    Along a direction the distribution is N(0, q) with q = 1 - rho + d·rho·u², u being the cosine of
    its angle to the diagonal: the mean of √(2/π)·√(1 + q) over directions.

    Parameters
    ----------
    rho : float
        Correlation of each pair of units, in [-1/(d - 1), 1].
    d : int
        Dimension, at least 2.
    energy : bool
        With the repulsion of `projected_energy`: the mean of √(2/π)·√(1 + q) - (1 + √q)/√π.

    Examples
    --------
    >>> [round(correlated_normal_error(rho, 2), 4) for rho in (-0.9, 0.0, 0.9)]
    [1.1134, 1.1284, 1.1134]
    """
    require.flag("energy", energy)
    d = require.integer("d", d, minimum=2)
    rho = require.between("rho", rho, -1 / (d - 1), 1, closed=True)
    nodes, weights = legendre(200)
    angle = np.pi / 4 * (nodes + 1)
    density = weights * np.sin(angle) ** (d - 2)
    q = np.maximum(0, 1 - rho + d * rho * np.cos(angle) ** 2)
    value = np.sqrt(2 / np.pi * (1 + q))
    if energy:
        value = value - (1 + np.sqrt(q)) / np.sqrt(np.pi)
    return float(density @ value / density.sum())
