"""How much a batch's mean and variance move the output (rho - mu_s) / sigma_s of batchnorm.

For normal activations mu_s and sigma_s are independent and everything has a closed form. `z` is
the input's activation in standard deviations from the mean; the input is not in the batch.
Source: Littwin & Wolf (2018), Sec. 2.3.
"""

import numpy as np

from normtheory.theory.arguments import require_finite, require_integer


def _inverse_moments(n):
    """E[sigma/sigma_s] and E[sigma^2/sigma_s^2] of the normal law."""
    from scipy.special import poch

    half = (n - 1) / 2
    # a difference of log-gammas would lose as many digits as n has
    first = np.sqrt(half) / poch(half - 0.5, 0.5)
    return first, (n - 1) / (n - 3)


def inverse_deviation_variance(n):
    """Var(sigma / sigma_s) of the normal law.

    Parameters
    ----------
    n : int
        Batch size, at least 4 (infinite below).

    Raises
    ------
    ValueError
        If n < 4.

    Examples
    --------
    >>> round(float(inverse_deviation_variance(20)), 6)
    0.032375
    """
    n = require_integer("n", n, minimum=4)
    first, second = _inverse_moments(n)
    return second - first**2


def output_variance(n, z):
    """Variance over batches of batchnorm's output at one input, normal law.

    Parameters
    ----------
    n : int
        Batch size, at least 4.
    z : float or array

    Examples
    --------
    >>> round(float(output_variance(20, 0.0)), 6)  # at the mean only the mean matters
    0.055882
    """
    n, z = require_integer("n", n, minimum=4), require_finite("z", z)
    first, second = _inverse_moments(n)
    return (second * (z**2 + 1 / n) - (z * first) ** 2)[()]
