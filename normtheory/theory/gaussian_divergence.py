"""Divergence from a standard Gaussian beyond two moments: entropies, correlation, pairs of values.

KL(P || N(0, I)) = moments + correlation + shape; the standardization loss is the first part alone.
Distributions are scaled to variance 1 where a "shape" is meant.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import digamma

from normtheory.theory import arguments as require
from normtheory.theory.standardization import divergence


class Divergence(NamedTuple):
    """KL(P || N(0, I)) by what causes it; the standardization loss is the first part alone."""

    moments: float
    correlation: float
    shape: float

    @property
    def total(self):
        """The divergence itself."""
        return self.moments + self.correlation + self.shape


# negentropy: entropy of the normal law of equal variance minus the law's own, per unit
NORMAL_ENTROPY = float(np.log(2 * np.pi * np.e) / 2)
ENTROPIES = {
    "normal": NORMAL_ENTROPY,
    "logistic": float(2 + np.log(np.sqrt(3) / np.pi)),
    "Laplace": float(1 + np.log(2) / 2),
    "semicircle": float(np.log(2 * np.pi) - 0.5),
    "uniform": float(np.log(2 * np.sqrt(3))),
    "exponential": 1.0,
    "two-point": -np.inf,
}


def entropy(law: str) -> float:
    """Differential entropy (nats) of a distribution of variance 1; -inf for one with atoms.

    >>> round(entropy("normal"), 6), entropy("two-point")
    (1.418939, -inf)
    """
    require.choice("law", law, ENTROPIES)
    return ENTROPIES[law]


def divergence_parts(
    law: str, mean: float = 0.0, sigma: float = 1.0, correlation: ArrayLike | None = None
) -> Divergence:
    """KL(P || N(0, I)) of a distribution of given shape, split: moments + correlation + shape.

    moments is the standardization loss; correlation -1/2 log det R; shape the negentropy.

    Parameters
    ----------
    law : str
        Shape of one unit, a key of `ENTROPIES`; with a correlation only "normal".
    mean, sigma : float
        Of every unit.
    correlation : array_like of shape (d, d), optional
        Correlation matrix of the units; one unit without.

    Examples
    --------
    >>> divergence_parts("two-point")
    Divergence(moments=0.0, correlation=0.0, shape=inf)
    """
    shape = NORMAL_ENTROPY - entropy(law)
    mean, variance = require.number("mean", mean), require.positive("sigma", sigma) ** 2
    moments = float(divergence(mean, variance))
    if correlation is None:
        return Divergence(moments, 0.0, shape)
    matrix = require.covariance("correlation", correlation)
    if law != "normal":
        raise ValueError(f"law must be 'normal' when units are correlated, got {law!r}")
    if np.abs(np.diag(matrix) - 1).max() > 1e-12:
        raise ValueError(f"correlation must have a unit diagonal, got {np.diag(matrix).tolist()}")
    lost = -float(np.linalg.slogdet(matrix)[1]) / 2
    return Divergence(moments * len(matrix), lost, 0.0)


def pair_offset(alpha):
    """What a batch of *two* adds to the loss for the symmetric beta distribution Beta(alpha,
    alpha).

    (1/2) E[-log(s^2 / sigma^2)] = log 2 - E log|x_1 - x_2| at variance 1; the logarithm's mean is
    the derivative of Selberg's integral. alpha = 1/2 is the arcsine distribution, 1 the uniform
    one, 3/2 the semicircle, infinity the normal distribution.

    Parameters
    ----------
    alpha : float or array_like, positive

    Examples
    --------
    >>> round(float(pair_offset(1.5) - np.log(2)), 12)
    0.25
    """
    alpha = require.all_positive("alpha", alpha)
    on_unit_interval = (2 * digamma(alpha) + digamma(1.0) - 3 * digamma(2 * alpha)) / 2
    return np.log(2) - on_unit_interval - np.log(4 * (2 * alpha + 1)) / 2
