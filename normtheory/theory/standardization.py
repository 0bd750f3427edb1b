"""The standardization loss: its KL divergence and its expectation in a batch of b.

Per unit the loss is (mu^2 + s^2 - 1 - log s^2) / 2 with the batch's mean mu and variance s^2, the
divergence of the normal distribution of those moments from N(0, 1). `h` are activations (b, d);
`sigma` is their standard deviation; distributions are scaled to variance 1 where a "shape" is
meant.
"""

import numpy as np
from numpy.typing import ArrayLike

from normtheory.theory import arguments as require
from normtheory.theory.arguments import Numbers
from normtheory.theory.precision import exponential_remainder, logarithm_less_digamma

ESTIMATORS = ("biased", "unbiased")


def divergence(mean: ArrayLike, variance: ArrayLike) -> Numbers:
    """KL(N(mean, variance) || N(0, 1)) = (mean^2 + variance - 1 - log variance) / 2 (Eq. 2).

    Parameters
    ----------
    mean : array_like
        One entry a unit; the loss of a layer is the sum.
    variance : array_like
        At least 0, which costs inf. Both broadcast.

    Examples
    --------
    >>> divergence([0.0, 1.0], [1.0, 1.0]).tolist()
    [0.0, 0.5]
    """
    mean, variance = require.broadcast(
        mean=require.finite("mean", mean), variance=require.finite("variance", variance, at_least=0)
    )
    with np.errstate(divide="ignore"):
        log = np.log(variance)
        cost = np.where(np.abs(log) < 0.2, exponential_remainder(log), variance - 1 - log)
    return (mean**2 + cost) / 2


def divergence_expression():
    """Eq. 2 for one unit, with its symbols: expression, (mu, sigma).

    >>> divergence_expression()[0]
    mu**2/2 + sigma**2/2 - log(sigma) - 1/2
    """
    import sympy

    mu = sympy.Symbol("mu", real=True)
    sigma = sympy.Symbol("sigma", positive=True)
    return mu**2 / 2 + sigma**2 / 2 - sympy.log(sigma) - sympy.Rational(1, 2), (mu, sigma)


def batch_loss(h: ArrayLike, estimator: str = "biased") -> float:
    """The standardization loss of a layer's activations, summed over units; inf when one does not
    vary.

    Parameters
    ----------
    h : array_like of shape (b, d)
    estimator : str
        "biased" divides by b (the maximum likelihood estimate of Sec. 3), "unbiased" by b - 1.

    Examples
    --------
    >>> batch_loss([[-1.0], [1.0], [-1.0], [1.0]])
    0.0
    """
    h = require.finite("h", h, ndim=2)
    require.choice("estimator", estimator, ESTIMATORS)
    ddof = 0 if estimator == "biased" else 1
    if h.shape[0] <= ddof:
        raise ValueError(f"h must have at least {ddof + 1} rows, got shape {h.shape}")
    return float(divergence(h.mean(axis=0), h.var(axis=0, ddof=ddof)).sum())


def expected_batch_loss(
    b: int, mean: ArrayLike = 0.0, sigma: ArrayLike = 1.0, estimator: str = "biased"
) -> Numbers:
    """E of the loss of one unit over batches of b independent N(mean, sigma^2) activations.

    biased: divergence(mean, sigma^2) + `batch_offset(b)`; unbiased: sigma^2 / (2 b) more and
    another offset. inf at b = 1, where the sample variance is 0 (or undefined).

    Parameters
    ----------
    b : int
        Batch size, at least 1.
    mean : float or array_like
    sigma : float or array_like, positive

    Examples
    --------
    >>> round(float(expected_batch_loss(2)), 6), float(expected_batch_loss(1))
    (0.981755, inf)
    """
    b = require.integer("b", b, minimum=1)
    require.choice("estimator", estimator, ESTIMATORS)
    sigma = require.moderate("sigma", sigma, positive=True)
    exact = divergence(mean, sigma**2)
    if b == 1:
        return exact + np.inf
    if estimator == "biased":
        return exact + batch_offset(b)
    return exact + sigma**2 / (2 * b) + logarithm_less_digamma(np.array((b - 1) / 2)) / 2


def batch_offset(b: int) -> float:
    """What a batch of b normal activations adds to the loss, whatever their mean and variance:
    (log(b / 2) - digamma((b - 1) / 2)) / 2.

    About 1 / b for large b, inf at b = 1.

    >>> round(batch_offset(2), 6), round(128 * batch_offset(128), 2)
    (0.981755, 1.01)
    """
    b = require.integer("b", b, minimum=1)
    if b == 1:
        return np.inf
    return float(logarithm_less_digamma(np.array((b - 1) / 2)) - np.log1p(-1 / b)) / 2


def minimising_variance(b: int, estimator: str = "biased") -> float:
    """The sigma^2 that minimises the expected loss, for any shape with a finite expectation.

    E[mu^2 + s^2] is the mean square for the biased variance and the mean square plus sigma^2 / b
    for the unbiased one; log s^2 only shifts with the scale. So 1, or b / (b + 1).

    >>> minimising_variance(2), round(minimising_variance(2, "unbiased"), 6)
    (1.0, 0.666667)
    """
    b = require.integer("b", b, minimum=2)
    require.choice("estimator", estimator, ESTIMATORS)
    return 1.0 if estimator == "biased" else b / (b + 1)


def gradient_second_moment(b, sigma=1.0):
    """E[(dL/dh_i)^2] for one of b independent N(0, sigma^2) activations, biased variance.

    dL/dh_i = (mu + (h_i - mu)(1 - 1 / s^2)) / b; the mean of 1 / s^2 needs b > 3, so that the
    second moment is inf for b = 2 and 3.

    >>> float(gradient_second_moment(3)), round(128**2 * float(gradient_second_moment(128)), 3)
    (inf, 0.024)
    """
    b = require.integer("b", b, minimum=2)
    variance = require.positive("sigma", sigma) ** 2
    if b <= 3:
        return np.inf
    # (h_i - mu)^2 averages s^2 over i, and mu is independent of s
    spread = variance * (b - 1) / b - 2 + b / ((b - 3) * variance)
    return (variance / b + spread) / b**2


def shape_cost(b, kurtosis):
    """Leading order in 1 / b of what a batch adds to the loss, for any distribution: (kurtosis + 1)
    / (4 b).

    From E[s^2] = (1 - 1/b) sigma^2 and Var(s^2) = (kurtosis - 1) sigma^4 / b in
    -E log(s^2 / sigma^2) / 2: a low kurtosis is cheap, whatever the divergence says.

    >>> shape_cost(128, 3), round(batch_offset(128), 4)
    (0.0078125, 0.0079)
    """
    return (kurtosis + 1) / (4 * b)
