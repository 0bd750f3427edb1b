"""The standardization loss: its KL divergence, its expectation in a batch of b, its blind spots.

Per unit the loss is (mu^2 + s^2 - 1 - log s^2) / 2 with the batch's mean mu and variance s^2, the
divergence of the normal law of those moments from N(0, 1). `h` are activations (b, d); `sigma` is
their standard deviation; laws are scaled to variance 1 where a "shape" is meant.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import digamma, gammaln

from normtheory.theory.arguments import (
    require_choice,
    require_covariance,
    require_finite,
    require_integer,
    require_positive,
)

ESTIMATORS = ("biased", "unbiased")


def divergence(mean, variance):
    """KL(N(mean, variance) || N(0, 1)) = (mean^2 + variance - 1 - log variance) / 2 (Eq. 2).

    Parameters
    ----------
    mean, variance : array_like of the same shape
        One entry a unit; the loss of a layer is the sum. A variance of 0 costs inf.

    Returns
    -------
    ndarray of that shape

    Raises
    ------
    ValueError
        If an entry is NaN or inf, or a variance is negative.

    Examples
    --------
    >>> divergence([0.0, 1.0], [1.0, 1.0]).tolist()
    [0.0, 0.5]
    """
    mean, variance = require_finite("mean", mean), require_finite("variance", variance)
    if (variance < 0).any():
        raise ValueError(f"variance must not be negative, got {variance.min()}")
    with np.errstate(divide="ignore"):
        return (mean**2 + variance - 1 - np.log(variance)) / 2


def divergence_expression():
    """Eq. 2 for one unit, with its symbols.

    Returns
    -------
    expression, (mu, sigma) : sympy objects

    Examples
    --------
    >>> divergence_expression()[0]
    mu**2/2 + sigma**2/2 - log(sigma) - 1/2
    """
    import sympy

    mu = sympy.Symbol("mu", real=True)
    sigma = sympy.Symbol("sigma", positive=True)
    return mu**2 / 2 + sigma**2 / 2 - sympy.log(sigma) - sympy.Rational(1, 2), (mu, sigma)


def batch_loss(h, estimator="biased"):
    """The standardization loss of a layer's activations, summed over units.

    Parameters
    ----------
    h : array_like of shape (b, d)
    estimator : str
        "biased" divides by b (the maximum likelihood estimate of Sec. 3), "unbiased" by b - 1.

    Returns
    -------
    float
        inf when a unit does not vary.

    Examples
    --------
    >>> batch_loss([[-1.0], [1.0], [-1.0], [1.0]])
    0.0
    """
    h = require_finite("h", h, ndim=2)
    require_choice("estimator", estimator, ESTIMATORS)
    ddof = 0 if estimator == "biased" else 1
    if h.shape[0] <= ddof:
        raise ValueError(f"h must have at least {ddof + 1} rows, got shape {h.shape}")
    return float(divergence(h.mean(axis=0), h.var(axis=0, ddof=ddof)).sum())


def expected_batch_loss(b, mean=0.0, sigma=1.0, estimator="biased"):
    """E of the loss of one unit over batches of b independent N(mean, sigma^2) activations.

    biased: divergence(mean, sigma^2) + `batch_offset(b)`; unbiased: sigma^2 / (2 b) more and
    another offset. inf at b = 1, where the sample variance is 0 (or undefined).

    Parameters
    ----------
    b : int
        Batch size, at least 1.
    mean, sigma : float or array_like
    estimator : str

    Returns
    -------
    ndarray, or float for scalars

    Examples
    --------
    >>> round(float(expected_batch_loss(2)), 6), float(expected_batch_loss(1))
    (0.981755, inf)
    """
    b = require_integer("b", b, minimum=1)
    require_choice("estimator", estimator, ESTIMATORS)
    mean, sigma = require_finite("mean", mean), require_finite("sigma", sigma)
    if not (sigma > 0).all():
        raise ValueError(f"sigma must be positive, got {sigma.min()}")
    exact = divergence(mean, sigma**2)
    if b == 1:
        return exact + np.inf
    if estimator == "biased":
        return exact + batch_offset(b)
    return exact + sigma**2 / (2 * b) + (np.log((b - 1) / 2) - digamma((b - 1) / 2)) / 2


def batch_offset(b):
    """What a batch of b normal activations adds to the loss, whatever their mean and variance:
    (log(b / 2) - digamma((b - 1) / 2)) / 2.

    About 1 / b for large b, inf at b = 1.

    Examples
    --------
    >>> round(batch_offset(2), 6), round(128 * batch_offset(128), 2)
    (0.981755, 1.01)
    """
    b = require_integer("b", b, minimum=1)
    if b == 1:
        return np.inf
    return float((np.log(b / 2) - digamma((b - 1) / 2)) / 2)


def minimising_variance(b, estimator="biased"):
    """The sigma^2 that minimises the expected loss, for any shape with a finite expectation.

    E[mu^2 + s^2] is the mean square for the biased variance and the mean square plus sigma^2 / b
    for the unbiased one; log s^2 only shifts with the scale. So 1, or b / (b + 1).

    Examples
    --------
    >>> minimising_variance(2), round(minimising_variance(2, "unbiased"), 6)
    (1.0, 0.666667)
    """
    b = require_integer("b", b, minimum=2)
    require_choice("estimator", estimator, ESTIMATORS)
    return 1.0 if estimator == "biased" else b / (b + 1)


def gradient_second_moment(b, sigma=1.0):
    """E[(dL/dh_i)^2] for one of b independent N(0, sigma^2) activations, biased variance.

    dL/dh_i = (mu + (h_i - mu)(1 - 1 / s^2)) / b; the mean of 1 / s^2 needs b > 3, so that the
    second moment is inf for b = 2 and 3.

    Examples
    --------
    >>> float(gradient_second_moment(3)), round(128**2 * float(gradient_second_moment(128)), 3)
    (inf, 0.024)
    """
    b = require_integer("b", b, minimum=2)
    variance = require_positive("sigma", sigma) ** 2
    if b <= 3:
        return np.inf
    # (h_i - mu)^2 averages s^2 over i, and mu is independent of s
    spread = variance * (b - 1) / b - 2 + b / ((b - 3) * variance)
    return (variance / b + spread) / b**2


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


def entropy(law):
    """Differential entropy (nats) of a law of variance 1; -inf for one with atoms.

    Examples
    --------
    >>> round(entropy("normal"), 6), entropy("two-point")
    (1.418939, -inf)
    """
    require_choice("law", law, ENTROPIES)
    return ENTROPIES[law]


def divergence_parts(law, mean=0.0, sigma=1.0, correlation=None):
    """KL(P || N(0, I)) of a law of given shape, split: moments + correlation + shape.

    Parameters
    ----------
    law : str
        Shape of one unit, a key of `ENTROPIES`; with a correlation only "normal".
    mean, sigma : float
        Of every unit.
    correlation : array_like of shape (d, d), optional
        Correlation matrix of the units; one unit without.

    Returns
    -------
    Divergence
        moments is the standardization loss; correlation -1/2 log det R; shape the negentropy.

    Examples
    --------
    >>> divergence_parts("two-point")
    Divergence(moments=0.0, correlation=0.0, shape=inf)
    """
    shape = NORMAL_ENTROPY - entropy(law)
    moments = float(divergence(mean, require_positive("sigma", sigma) ** 2))
    if correlation is None:
        return Divergence(moments, 0.0, shape)
    if law != "normal":
        raise ValueError(f"law must be 'normal' when units are correlated, got {law!r}")
    matrix = require_covariance("correlation", correlation)
    if np.abs(np.diag(matrix) - 1).max() > 1e-12:
        raise ValueError(f"correlation must have a unit diagonal, got {np.diag(matrix).tolist()}")
    lost = -float(np.linalg.slogdet(matrix)[1]) / 2
    return Divergence(moments * len(matrix), lost, 0.0)


def pair_offset(alpha):
    """What a batch of *two* adds to the loss for the symmetric beta law Beta(alpha, alpha).

    (1/2) E[-log(s^2 / sigma^2)] = log 2 - E log|x_1 - x_2| at variance 1; the logarithm's mean is
    the derivative of Selberg's integral. alpha = 1/2 is the arcsine law, 1 the uniform one, 3/2
    the semicircle, infinity the normal law.

    Parameters
    ----------
    alpha : float or array_like
        Positive.

    Returns
    -------
    ndarray, or float for scalars

    Examples
    --------
    >>> round(float(pair_offset(1.5) - np.log(2)), 12)
    0.25
    """
    alpha = require_finite("alpha", alpha)
    if not (alpha > 0).all():
        raise ValueError(f"alpha must be positive, got {alpha.min()}")
    on_unit_interval = (2 * digamma(alpha) + digamma(1.0) - 3 * digamma(2 * alpha)) / 2
    return np.log(2) - on_unit_interval - np.log(4 * (2 * alpha + 1)) / 2


def one_value_probability(b, weight=0.5):
    """Probability that a batch of b draws from a two-point law shows one value only: then the
    variance is 0 and the loss inf, so that its expectation is inf at every b.

    Examples
    --------
    >>> one_value_probability(2), one_value_probability(11)
    (0.5, 0.0009765625)
    """
    b = require_integer("b", b, minimum=1)
    return weight**b + (1 - weight) ** b


def beta_density(x, alpha):
    """Density of the symmetric beta law scaled to mean 0 and variance 1.

    Examples
    --------
    >>> round(float(beta_density(0.0, 1.5)) * np.pi, 12)
    1.0
    """
    x = require_finite("x", x)
    alpha = require_positive("alpha", alpha)
    half = np.sqrt(2 * alpha + 1)
    inside = np.clip(1 - (x / half) ** 2, 0, None)
    constant = gammaln(2 * alpha) - 2 * gammaln(alpha) - (2 * alpha - 1) * np.log(2)
    with np.errstate(divide="ignore"):
        density = np.where(inside > 0, inside ** (alpha - 1), 0)
    return np.exp(constant) / half * density
